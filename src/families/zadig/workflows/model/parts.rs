//! The parts that workflows and tasks share, in the form of requests, answers and fixtures.

use serde::{Deserialize, Serialize};

use crate::http::json::RawJson;
use crate::sim::heap::heap_of;
use crate::sim::pack::{pack_enums, pack_structs};

/// A variable of a workflow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(test, schema(as = ZadigWorkflowParam))]
pub struct WorkflowParam {
    /// The name.
    #[cfg_attr(test, schema(required = true))]
    pub name: String,
    /// The description.
    #[cfg_attr(test, schema(required = true))]
    pub description: String,
    /// `string`, `text`, `choice`, `repo`, …
    #[serde(rename = "type")]
    #[cfg_attr(test, schema(required = true))]
    pub kind: String,
    /// The value.
    #[cfg_attr(test, schema(required = true))]
    pub value: String,
    /// The repository of a parameter of the type `repo`; otherwise null.
    #[cfg_attr(test, schema(required = true, value_type = Option<serde_json::Value>))]
    pub repo: Option<RawJson>,
    /// The values that a choice has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choice_option: Vec<String>,
    /// The values that were chosen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choice_value: Vec<String>,
    /// The value unless a task has another.
    #[cfg_attr(test, schema(required = true))]
    pub default: String,
    /// True if the value is a secret.
    #[cfg_attr(test, schema(required = true))]
    pub is_credential: bool,
    /// The source of the value.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
}

/// The manual start of a stage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(test, schema(as = ZadigManualExec))]
pub struct ManualExec {
    /// True if the stage waits for somebody to start it.
    #[cfg_attr(test, schema(required = true))]
    pub enabled: bool,
    /// True if whoever starts it may change inputs.
    #[cfg_attr(test, schema(required = true))]
    pub modify_params: bool,
    /// True once somebody has started it; the service spells it so.
    #[serde(rename = "excuted", skip_serializing_if = "std::ops::Not::not")]
    pub is_executed: bool,
    /// The users who may start it.
    #[cfg_attr(test, schema(required = true))]
    pub manual_exec_users: Vec<UserRef>,
    /// The id of who has started it.
    #[serde(rename = "manual_exector_id", skip_serializing_if = "String::is_empty")]
    pub executor_id: String,
    /// The name of who has started it.
    #[serde(
        rename = "manual_exector_name",
        skip_serializing_if = "String::is_empty"
    )]
    pub executor_name: String,
}

/// A user or a group, with the user's answer to an approval.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(test, schema(as = ZadigUserRef))]
pub struct UserRef {
    /// `user`, `group` or `task_creator`.
    #[serde(rename = "type")]
    #[cfg_attr(test, schema(required = true))]
    pub kind: String,
    /// The id of the user.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user_id: String,
    /// The name of the user.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user_name: String,
    /// The id of the group.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group_id: String,
    /// The name of the group.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group_name: String,
    /// `approve` or `reject`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reject_or_approve: String,
    /// The comment of the answer.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// In seconds since the epoch.
    #[serde(skip_serializing_if = "is_zero")]
    pub operation_time: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// The consequence of a job's failure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(test, schema(as = ZadigErrorPolicy))]
pub struct ErrorPolicy {
    /// The consequence.
    #[cfg_attr(test, schema(required = true))]
    pub policy: ErrorAction,
    /// The number of further tries, with `retry`.
    #[cfg_attr(test, schema(required = true))]
    pub maximum_retry: i64,
    /// The users who may decide, with `manual_check`.
    #[cfg_attr(test, schema(required = true))]
    pub approval_users: Vec<UserRef>,
}

/// The consequence of a failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, schema(as = ZadigErrorAction))]
pub enum ErrorAction {
    /// The jobs after it do not run.
    #[default]
    Stop,
    /// The job is `unstable`, and the task goes on.
    IgnoreError,
    /// The job is tried again.
    Retry,
    /// Somebody decides.
    ManualCheck,
}

heap_of! {
    WorkflowParam { name, description, kind, value, repo, choice_option, choice_value, default, source }
    ManualExec { manual_exec_users, executor_id, executor_name }
    UserRef { kind, user_id, user_name, group_id, group_name, reject_or_approve, comment }
    ErrorPolicy { approval_users }
}

impl UserRef {
    /// A single user.
    pub fn user(id: &str, name: &str) -> Self {
        Self {
            kind: "user".to_owned(),
            user_id: id.to_owned(),
            user_name: name.to_owned(),
            ..Self::default()
        }
    }

    /// True for a user who is listed, or for the creator of the task.
    pub fn includes(&self, user_id: &str, creator_id: &str) -> bool {
        match &*self.kind {
            "task_creator" => user_id == creator_id,
            _ => !self.user_id.is_empty() && self.user_id == user_id,
        }
    }
}

pack_enums! {
    ErrorAction { 0: Stop, 1: IgnoreError, 2: Retry, 3: ManualCheck }
}

pack_structs! {
    WorkflowParam {
        name, description, kind, value, repo, choice_option, choice_value, default, is_credential,
        source,
    }
    ManualExec {
        enabled, modify_params, is_executed, manual_exec_users, executor_id, executor_name,
    }
    UserRef {
        kind, user_id, user_name, group_id, group_name, reject_or_approve, comment,
        operation_time,
    }
    ErrorPolicy { policy, maximum_retry, approval_users }
}
