//! Bodies of requests.

use crate::families::zadig::go_json::any_value::{AnyValue, go_objects};
use crate::families::zadig::go_json::decode::{GoInt, GoStruct, bind_tokens, go_structs};
use crate::families::zadig::release_plans::model::approval::{
    ZadigApprover, ZadigNativeApproval, ZadigPlanApproval,
};
use crate::families::zadig::release_plans::model::job::ZadigTaskRequest;
use crate::families::zadig::workflows::wire::request::{CustomTaskParam, JobInput};
use crate::http::json::RawJson;

go_structs! {
    /// The body of a request for a plan. Nothing is required when it is bound.
    #[cfg_attr(test, schema(as = ZadigCreateReleasePlan))]
    pub struct CreatePlanBody = "OpenAPICreateReleasePlanArgs" {
        /// The plan's name. It need not be unique.
        name: String as String,
        /// The account of the user who manages the plan.
        manager: String as String,
        /// The directory of the manager's account; absent: `system`.
        manager_identity_type: String as Option<String>,
        /// The start of the window in which jobs can be executed, in seconds since the epoch. Without a start and an end
        /// there is no window.
        start_time: i64 as Option<i64>,
        /// The end of the window, in seconds since the epoch.
        end_time: i64 as Option<i64>,
        /// The instant at which the workflows start by themselves, in seconds since the epoch. Only since v4.0.
        schedule_execute_time: i64 as Option<i64>,
        /// The description.
        description: String as Option<String>,
        /// The approval.
        approval: Option<ApprovalBody> as Option<ApprovalBody>,
    }

    /// The body of an edit, which replaces the whole plan: a field that is left out is cleared.
    #[cfg_attr(test, schema(as = ZadigUpdateReleasePlan))]
    pub struct UpdatePlanBody = "OpenAPIUpdateReleasePlanWithJobsArgs" {
        /// The plan's name.
        name: String as String,
        /// The account of the user who manages the plan.
        manager: String as String,
        /// The directory of the manager's account; absent: `system`.
        manager_identity_type: String as Option<String>,
        /// The start of the window, in seconds since the epoch.
        start_time: i64 as Option<i64>,
        /// The end of the window, in seconds since the epoch.
        end_time: i64 as Option<i64>,
        /// The instant at which the workflows start by themselves, in seconds since the epoch.
        schedule_execute_time: i64 as Option<i64>,
        /// The description.
        description: String as Option<String>,
        /// The approval.
        approval: Option<ApprovalBody> as Option<ApprovalBody>,
        /// The jobs. One of a type other than `text` and `workflow` is dropped.
        jobs: Vec<Option<PlanJobBody>> as Option<Vec<PlanJobBody>>,
    }

    /// A job of a plan.
    #[cfg_attr(test, schema(as = ZadigReleasePlanJobBody))]
    pub struct PlanJobBody = "OpenAPIReleasePlanJob" {
        /// The name.
        name: String as String,
        /// `text` or `workflow`.
        r#type: String as String,
        /// Of a text `{content, remark}`; of a workflow `{workflow_key, project_key, parameters, inputs, remark}`.
        #[cfg_attr(test, schema(required = false))]
        spec: AnyValue as RawJson,
    }

    /// An approval.
    #[cfg_attr(test, schema(as = ZadigApprovalBody))]
    pub struct ApprovalBody = "Approval" in "models" {
        /// True if the plan can be executed only after the approval.
        enabled: bool as Option<bool>,
        /// The status, which the service sets.
        status: String as Option<String>,
        /// `native`, `lark`, `lark_intl`, `dingtalk` or `workwx`. Only a native one can be answered here.
        r#type: String as Option<String>,
        /// The description.
        description: String as Option<String>,
        /// The start, in seconds since the epoch.
        start_time: i64 as Option<i64>,
        /// The end, in seconds since the epoch.
        end_time: i64 as Option<i64>,
        /// The approval by users of Zadig.
        native_approval: Option<NativeApprovalBody> as Option<NativeApprovalBody>,
        /// The approval by Lark, which is kept as it is.
        #[cfg_attr(test, schema(required = false))]
        lark_approval: LarkApproval as RawJson,
        /// The approval by `DingTalk`, which is kept as it is.
        #[cfg_attr(test, schema(required = false))]
        dingtalk_approval: DingTalkApproval as RawJson,
        /// The approval by `WeCom`, which is kept as it is.
        #[cfg_attr(test, schema(required = false))]
        workwx_approval: WorkWxApproval as RawJson,
    }

    /// An approval by users of Zadig.
    #[cfg_attr(test, schema(as = ZadigNativeApprovalBody))]
    pub struct NativeApprovalBody = "NativeApproval" in "models" {
        /// The time for the approval in minutes, which a release plan does not limit.
        timeout: GoInt as Option<i64>,
        /// The users who are asked.
        approve_users: Vec<Option<ApproverBody>> as Option<Vec<ApproverBody>>,
        /// The number of users who must approve.
        needed_approvers: GoInt as Option<i64>,
        /// Not used.
        reject_or_approve: String as Option<String>,
        /// Not used before the first round of answers.
        instance_code: String as Option<String>,
    }

    /// A user who is asked for an approval.
    #[cfg_attr(test, schema(as = ZadigApproverBody))]
    pub struct ApproverBody = "User" in "models" {
        /// `user`, or `group` for a group of users.
        r#type: String as Option<String>,
        /// The user's id.
        user_id: String as Option<String>,
        /// The user's name.
        user_name: String as Option<String>,
        /// The group's id.
        group_id: String as Option<String>,
        /// The group's name.
        group_name: String as Option<String>,
        /// The answer, which the service sets.
        reject_or_approve: String as Option<String>,
        /// The comment on the answer.
        comment: String as Option<String>,
        /// The time of the answer, in seconds since the epoch.
        operation_time: i64 as Option<i64>,
    }

    /// The answer to an approval.
    #[cfg_attr(test, schema(as = ZadigApproveReleasePlan))]
    pub struct ApprovePlanBody = "ApproveRequest" {
        /// True to approve, false to reject.
        approve: bool as Option<bool>,
        /// A comment.
        comment: String as Option<String>,
    }

    /// The job to execute.
    #[cfg_attr(test, schema(as = ZadigExecuteReleaseJob))]
    pub struct ExecuteJobBody = "ExecuteReleaseJobArgs" {
        /// The job's id.
        id: String as String,
        /// The job's name, for the log.
        name: String as Option<String>,
        /// The job's type.
        r#type: String as String,
        /// For a text: `{remark}`.
        #[cfg_attr(test, schema(required = false))]
        spec: AnyValue as RawJson,
    }

    /// The job to skip.
    #[cfg_attr(test, schema(as = ZadigSkipReleaseJob))]
    pub struct SkipJobBody = "SkipReleaseJobArgs" {
        /// The job's id.
        id: String as String,
        /// The job's name, for the log.
        name: String as Option<String>,
        /// The job's type.
        r#type: String as String,
        /// For a text: `{remark}`.
        #[cfg_attr(test, schema(required = false))]
        spec: AnyValue as RawJson,
    }

    /// The job to retry.
    #[cfg_attr(test, schema(as = ZadigRetryReleaseJob))]
    pub struct RetryJobBody = "RetryReleaseJobArgs" {
        /// The job's id.
        id: String as String,
        /// The job's name, for the log.
        name: String as Option<String>,
        /// The job's type, which must be `workflow`.
        r#type: String as String,
        /// Not used.
        #[cfg_attr(test, schema(required = false))]
        spec: AnyValue as RawJson,
    }

    /// The specification of a text, as an edit has it.
    #[cfg_attr(test, schema(as = ZadigReleasePlanText))]
    pub struct TextSpecBody = "OpenAPITextReleaseJobSpec" {
        /// The text.
        content: String as Option<String>,
        /// A remark.
        remark: String as Option<String>,
    }

    /// The specification of a text, as a command has it.
    #[cfg_attr(test, schema(as = ZadigReleasePlanRemark))]
    pub struct RemarkBody = "TextReleaseJobSpec" {
        /// A remark.
        remark: String as Option<String>,
    }

    /// The specification of a workflow, as an edit has it.
    #[cfg_attr(test, schema(as = ZadigReleasePlanWorkflow))]
    pub struct WorkflowSpecBody = "OpenAPIWorkflowReleaseJobSpec" {
        /// The workflow.
        workflow_key: String as String,
        /// The project of the workflow.
        project_key: String as String,
        /// The parameters to change.
        parameters: Vec<Option<CustomTaskParam>> as Option<Vec<CustomTaskParam>>,
        /// The jobs to run, with their inputs.
        inputs: Vec<Option<JobInput>> as Option<Vec<JobInput>>,
        /// A remark.
        remark: String as Option<String>,
    }

    /// The parts of the specification of a workflow that are kept as they are.
    pub struct KeptSpecBody = "OpenAPIWorkflowReleaseJobSpec" {
        /// The parameters to change.
        parameters: AnyValue as RawJson,
        /// The jobs to run, with their inputs.
        inputs: AnyValue as RawJson,
    }
}

go_objects! {
    /// An approval by Lark.
    pub struct LarkApproval = "models.LarkApproval";
    /// An approval by `DingTalk`.
    pub struct DingTalkApproval = "models.DingTalkApproval";
    /// An approval by `WeCom`.
    pub struct WorkWxApproval = "models.WorkWXApproval";
}

/// A plan as a request has it.
#[derive(Clone, Debug, Default)]
pub struct PlanRequest {
    pub name: String,
    pub manager: String,
    pub manager_identity_type: String,
    pub start_time: i64,
    pub end_time: i64,
    pub schedule_execute_time: i64,
    pub description: String,
    pub approval: Option<ZadigPlanApproval>,
}

/// A null on which the service crashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrashingNull(pub &'static str);

impl TryFrom<CreatePlanBody> for PlanRequest {
    type Error = CrashingNull;

    fn try_from(body: CreatePlanBody) -> Result<Self, CrashingNull> {
        Ok(Self {
            name: body.name,
            manager: body.manager,
            manager_identity_type: body.manager_identity_type,
            start_time: body.start_time,
            end_time: body.end_time,
            schedule_execute_time: body.schedule_execute_time,
            description: body.description,
            approval: body.approval.map(TryInto::try_into).transpose()?,
        })
    }
}

impl UpdatePlanBody {
    /// The plan and its jobs.
    pub fn request(self) -> Result<(PlanRequest, Vec<PlanJobBody>), CrashingNull> {
        let jobs = self.jobs.into_iter().collect::<Option<_>>();
        let jobs = jobs.ok_or(CrashingNull("a null in jobs"))?;
        let plan = CreatePlanBody {
            name: self.name,
            manager: self.manager,
            manager_identity_type: self.manager_identity_type,
            start_time: self.start_time,
            end_time: self.end_time,
            schedule_execute_time: self.schedule_execute_time,
            description: self.description,
            approval: self.approval,
        };
        Ok((plan.try_into()?, jobs))
    }
}

impl TryFrom<ApprovalBody> for ZadigPlanApproval {
    type Error = CrashingNull;

    fn try_from(body: ApprovalBody) -> Result<Self, CrashingNull> {
        Ok(Self {
            enabled: body.enabled,
            status: body.status,
            kind: body.r#type,
            description: body.description,
            start_time: body.start_time,
            end_time: body.end_time,
            native_approval: body.native_approval.map(TryInto::try_into).transpose()?,
            lark_approval: raw(&body.lark_approval.0),
            dingtalk_approval: raw(&body.dingtalk_approval.0),
            workwx_approval: raw(&body.workwx_approval.0),
        })
    }
}

impl TryFrom<NativeApprovalBody> for ZadigNativeApproval {
    type Error = CrashingNull;

    fn try_from(body: NativeApprovalBody) -> Result<Self, CrashingNull> {
        let users = body.approve_users.into_iter();
        let users: Option<Vec<_>> = users.map(|user| user.map(ZadigApprover::from)).collect();
        Ok(Self {
            timeout: body.timeout.0,
            approve_users: users.ok_or(CrashingNull("a null in approve_users"))?,
            flat_approve_users: Vec::new(),
            needed_approvers: body.needed_approvers.0,
            reject_or_approve: body.reject_or_approve,
            instance_code: body.instance_code,
        })
    }
}

impl From<ApproverBody> for ZadigApprover {
    fn from(body: ApproverBody) -> Self {
        Self {
            kind: body.r#type,
            user_id: body.user_id,
            user_name: body.user_name,
            group_id: body.group_id,
            group_name: body.group_name,
            reject_or_approve: body.reject_or_approve,
            comment: body.comment,
            operation_time: body.operation_time,
        }
    }
}

/// Reads the specification of a workflow. A job that names no inputs runs none.
pub fn workflow_specification(spec: &AnyValue) -> Result<ZadigTaskRequest, String> {
    let body: WorkflowSpecBody = specification(spec)?;
    let kept: KeptSpecBody = specification(spec)?;
    Ok(ZadigTaskRequest {
        workflow_key: body.workflow_key,
        project_key: body.project_key,
        parameters: raw(&kept.parameters),
        inputs: Some(raw(&kept.inputs).unwrap_or_else(RawJson::empty_list)),
        remark: body.remark,
    })
}

/// Reads a specification, as the service does it with a value of any type. The error is its text.
pub fn specification<T: GoStruct>(spec: &AnyValue) -> Result<T, String> {
    if spec.0.is_empty() {
        return Ok(T::default());
    }
    let read = bind_tokens::<T>(spec.0.clone(), |_| {});
    read.map(Option::unwrap_or_default)
        .map_err(|error| format!("unmarshal task error: {error}"))
}

fn raw(value: &AnyValue) -> Option<RawJson> {
    (!value.0.is_empty()).then(|| RawJson::new(&value.to_json()))
}
