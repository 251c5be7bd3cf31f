//! The service's own texts for refused requests.

use super::model::status::{ZadigPlanJobStatus, ZadigPlanStatus};
use crate::families::zadig::error::Error;
use crate::http::Evidence;

/// The refusal of a request that was bound and allowed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// The id is unknown or malformed. `doing` is what the service was about to do.
    #[error("{doing}{why}")]
    Unknown { doing: &'static str, why: String },
    #[error("ListReleasePlans: {0}")]
    List(String),
    #[error("Required parameters are missing")]
    MissingParameters,
    #[error("lint release time range error: start time should not be greater than end time")]
    Window,
    #[error(
        "lint schedule execute time error: schedule execute time should be in the range of start time and end time"
    )]
    Schedule,
    #[error("User {0} not found")]
    UnknownUser(String),
    /// Several users have the account.
    #[error("User {0} search failed")]
    ManyUsers(String),
    #[error("lintApproval error: {0}")]
    Approval(String),
    #[error("release plan status is success, executing or wait for approve, can't update")]
    NotEditable,
    #[error("invalid spec: {0}")]
    InvalidSpec(String),
    #[error("update workflow param error: {0}")]
    Parameter(String),
    #[error("current status can not equal to target status {0}")]
    SameStatus(ZadigPlanStatus),
    #[error("only manager can update plan status")]
    NotManager,
    #[error("can't convert plan status {from} to {to}")]
    Convert { from: ZadigPlanStatus, to: String },
    #[error("plan must not have no jobs")]
    NoJobs,
    #[error("failed to lint release job, err: workflow cannot be empty")]
    EmptyWorkflow,
    #[error("clear approval data: {0}")]
    ClearApproval(String),
    #[error("create approval instance: {0}")]
    CreateApproval(String),
    #[error("approval status is {0}, can not execute")]
    NotApproved(String),
    #[error("failed cancel workflow task, workflow: {workflow}, taskID: {task_id}, err: {why}")]
    CancelTask {
        workflow: String,
        task_id: i64,
        why: String,
    },
    #[error("plan status is {0}, can not approve")]
    CannotApprove(ZadigPlanStatus),
    #[error("plan approval is nil or not native approval")]
    NotNative,
    #[error("do approval: user {0} has no authority to Approve")]
    NoApprover(String),
    #[error("do approval: {user} have {answer} already")]
    AnsweredAlready { user: String, answer: String },
    #[error("plan status is {0}, can not execute")]
    CannotExecute(ZadigPlanStatus),
    #[error("plan status is {0}, can not skip")]
    CannotSkip(ZadigPlanStatus),
    #[error("plan is not in the release time range")]
    OutsideWindow,
    #[error("job {0} not found")]
    UnknownJob(String),
    /// The body of a command on a job is wrong. `doing` is what the service was about to make of it.
    #[error("new release job {doing}: {cause}")]
    JobRequest { doing: &'static str, cause: String },
    /// A command on a job is refused.
    #[error("{doing}: {cause}")]
    Job {
        doing: &'static str,
        cause: JobRefusal,
    },
    /// A refusal of the workflow of a job in the words of workflows.
    #[error("the workflow is refused")]
    Workflow(Error),
}

/// The refusal of a command on a job.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobRefusal {
    #[error("job {0} not found")]
    Unknown(String),
    #[error("user {user} is not the manager of the plan {plan}")]
    NotManager { user: String, plan: String },
    #[error("job {0} status is not todo")]
    NotTodo(String),
    #[error("job {job} status {status} can't {command}")]
    Status {
        job: String,
        status: ZadigPlanJobStatus,
        command: &'static str,
    },
    #[error("workflow is nil")]
    NoWorkflow,
    #[error("workflow task not found")]
    NoTask,
    #[error("failed to {doing} workflow task {workflow}: {why}")]
    Task {
        doing: &'static str,
        workflow: String,
        why: String,
    },
}

impl PlanError {
    /// The refusal of an id that no plan has.
    pub fn unknown(doing: &'static str, id: &str) -> Self {
        let why = malformed_id(id).unwrap_or_else(|| "mongo: no documents in result".to_owned());
        Self::Unknown { doing, why }
    }

    /// The evidence for the text.
    fn evidence(&self) -> Evidence {
        match self {
            Self::List(_) | Self::CancelTask { .. } | Self::UnknownJob(_) => Evidence::Inferred,
            _ => Evidence::Observed,
        }
    }
}

/// The text on an id that is not an object id, as the driver of the database words it.
fn malformed_id(id: &str) -> Option<String> {
    if id.len() != 24 {
        return Some("the provided hex string is not a valid ObjectID".to_owned());
    }
    let byte = id.bytes().find(|byte| !byte.is_ascii_hexdigit())?;
    let shown = match byte {
        b' '..=b'~' => format!(" '{}'", char::from(byte)),
        _ => String::new(),
    };
    Some(format!("encoding/hex: invalid byte: U+{byte:04X}{shown}"))
}

impl From<PlanError> for Error {
    fn from(plan_error: PlanError) -> Self {
        match plan_error {
            PlanError::Workflow(error) => error,
            other => Self::untyped(other.to_string(), other.evidence()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::malformed_id;

    #[test]
    fn an_id_that_is_malformed_is_so_by_its_length_or_by_its_first_wrong_byte() {
        let length = Some("the provided hex string is not a valid ObjectID".to_owned());
        assert_eq!(malformed_id("x"), length);
        assert_eq!(malformed_id(""), length);
        assert_eq!(malformed_id("64f1a7cd1b7bd46ec353b50C"), None);
        let invalid = |what: &str| Some(format!("encoding/hex: invalid byte: {what}"));
        assert_eq!(
            malformed_id("64f1a7xd1b7bd46ec353b5yy"),
            invalid("U+0078 'x'")
        );
        assert_eq!(
            malformed_id("\u{1}4f1a7cd1b7bd46ec353b50c"),
            invalid("U+0001")
        );
    }
}
