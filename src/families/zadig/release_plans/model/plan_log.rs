//! The log of a plan: who did what.

use serde::{Deserialize, Serialize};

use crate::sim::heap::heap_of;
use crate::sim::pack::pack_structs;

heap_of! {
    ZadigPlanLog { id, plan_id, username, account, verb, target_name, target_type, before, after, detail }
}

/// The name that the service gives to itself.
pub const SYSTEM_USER: &str = "系统";

/// The words of the log.
pub mod words {
    pub const CREATE: &str = "新建";
    pub const UPDATE: &str = "更新";
    pub const EXECUTE: &str = "执行";
    pub const SKIP: &str = "跳过";
    pub const RETRY: &str = "重试";
    pub const PLAN: &str = "发布计划";
    pub const STATUS: &str = "发布计划状态";
    pub const JOB: &str = "发布内容";
    pub const APPROVED: &str = "审批通过";
    pub const REJECTED: &str = "审批被拒绝";
}

/// An entry in the log of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(test, schema(as = ZadigReleasePlanLog))]
pub struct ZadigPlanLog {
    /// The id, 24 hexadecimal digits.
    #[cfg_attr(test, schema(required = true))]
    pub id: String,
    /// The plan's id.
    #[cfg_attr(test, schema(required = true))]
    pub plan_id: String,
    /// The user, or the service itself.
    #[cfg_attr(test, schema(required = true))]
    pub username: String,
    /// The user's account.
    #[cfg_attr(test, schema(required = true))]
    pub account: String,
    /// The verb, in Chinese.
    #[cfg_attr(test, schema(required = true))]
    pub verb: String,
    /// The plan or the job.
    #[cfg_attr(test, schema(required = true))]
    pub target_name: String,
    /// The kind of target, in Chinese.
    #[cfg_attr(test, schema(required = true))]
    pub target_type: String,
    /// The status before, if that is the target; otherwise empty.
    #[cfg_attr(test, schema(required = true))]
    pub before: String,
    /// The status after, if that is the target; otherwise empty.
    #[cfg_attr(test, schema(required = true))]
    pub after: String,
    /// The result of an approval, or empty.
    #[cfg_attr(test, schema(required = true))]
    pub detail: String,
    /// The instant, in seconds since the epoch.
    #[cfg_attr(test, schema(required = true))]
    pub created_at: i64,
}

pack_structs! {
    ZadigPlanLog {
        id, plan_id, username, account, verb, target_name, target_type, before, after, detail,
        created_at,
    }
}
