//! Bodies of requests on the wire.

use serde_json::{Map, Value};

use crate::families::zadig::go_json::any_value::AnyValue;
use crate::families::zadig::go_json::decode::go_structs;
use crate::http::json::RawJson;

go_structs! {
    /// The body of a request for a task. Jobs that have no inputs do not run.
    #[cfg_attr(test, schema(as = ZadigCreateTask))]
    pub struct CustomTaskArgs = "OpenAPICreateCustomWorkflowTaskArgs" in "workflow" {
        /// The workflow.
        workflow_key: String as Option<String>,
        /// The project whose permissions apply.
        project_key: String as Option<String>,
        /// The variables of the workflow that get another value.
        parameters: Vec<Option<CustomTaskParam>> as Option<Vec<CustomTaskParam>>,
        /// The jobs that run, with their inputs.
        inputs: Vec<Option<JobInput>> as Option<Vec<JobInput>>,
        /// The notifications, which the emulator does not send.
        notify_inputs: AnyValue as Option<Vec<BTreeMap<String, Value>>>,
    }

    /// A variable of a workflow.
    #[cfg_attr(test, schema(as = ZadigTaskParam))]
    pub struct CustomTaskParam = "CreateCustomTaskParam" in "workflow" {
        /// The name.
        name: String as Option<String>,
        /// The type. The service takes that of the workflow.
        r#type: String as Option<String>,
        /// The value.
        value: String as Option<String>,
        /// The repository, for a variable of the type `repo`.
        repo: Option<RepoParam> as Option<RepoParam>,
    }

    /// A repository.
    #[cfg_attr(test, schema(as = ZadigRepoParam))]
    pub struct RepoParam = "CreateCustomTaskRepoArg" in "workflow" {
        /// The code host.
        codehost_name: String as Option<String>,
        /// The owner.
        repo_namespace: String as Option<String>,
        /// The name.
        repo_name: String as Option<String>,
        /// The branch.
        branch: String as Option<String>,
        /// The pull requests.
        prs: Vec<i64> as Option<Vec<i64>>,
    }

    /// A job that runs.
    #[cfg_attr(test, schema(as = ZadigJobInput))]
    pub struct JobInput = "CreateCustomTaskJobInput" in "workflow" {
        /// The job's name.
        job_name: String as Option<String>,
        /// The job's type. The service takes that of the workflow.
        job_type: String as Option<String>,
        /// The inputs, whose fields depend on the type.
        parameters: AnyValue as Option<Value>,
    }

    /// The body of an answer to an approval.
    #[cfg_attr(test, schema(as = ZadigApproveTask))]
    pub struct ApproveArgs = "OpenAPIApproveRequest" in "workflow" {
        /// The name of the job task that waits. The documents say the name of the stage.
        stage_name: String as Option<String>,
        /// The workflow.
        workflow_key: String as Option<String>,
        /// The number of the task.
        task_id: i64 as Option<i64>,
        /// True to approve; absent: false.
        approve: bool as Option<bool>,
        /// A comment.
        comment: String as Option<String>,
    }

    /// The body of a remark.
    #[cfg_attr(test, schema(as = ZadigTaskRemark))]
    pub struct RemarkArgs = "UpdateTaskRemark" in "workflow" {
        /// The remark.
        remark: String as Option<String>,
    }

    /// The body of a manual start.
    #[cfg_attr(test, schema(as = ZadigManualStart))]
    pub struct ManualExecArgs = "OpenAPIManualExecWorkflowTaskV4Request" in "workflow" {
        /// The stage that waits.
        stage_name: String as Option<String>,
    }

    /// The body of a decision on a failed job.
    #[cfg_attr(test, schema(as = ZadigHandleError))]
    pub struct HandleErrorArgs = "HandleJobErrorRequest" in "workflow" {
        /// The name of the job task.
        job_name: String as Option<String>,
        /// The workflow.
        workflow_name: String as Option<String>,
        /// The number of the task.
        task_id: i64 as Option<i64>,
        /// `ignore` or `reject`.
        decision: String as Option<String>,
    }

    /// The body of an answer to an approval, within the service's own pages.
    #[cfg_attr(test, schema(as = ZadigApproveJob))]
    pub struct ApproveJobArgs = "ApproveRequest" in "workflow" {
        /// The name of the job task.
        job_name: String as Option<String>,
        /// The workflow.
        workflow_name: String as Option<String>,
        /// The number of the task.
        task_id: i64 as Option<i64>,
        /// True to approve; absent: false.
        approve: bool as Option<bool>,
        /// A comment.
        comment: String as Option<String>,
    }
}

impl RepoParam {
    /// The repository as a task shows it.
    pub fn to_json(&self) -> RawJson {
        let fields = [
            ("codehost_name", self.codehost_name.clone().into()),
            ("repo_namespace", self.repo_namespace.clone().into()),
            ("repo_name", self.repo_name.clone().into()),
            ("branch", self.branch.clone().into()),
            ("prs", self.prs.clone().into()),
        ];
        let fields = fields.map(|(key, value): (&str, Value)| (key.to_owned(), value));
        RawJson::new(&Map::from_iter(fields))
    }
}
