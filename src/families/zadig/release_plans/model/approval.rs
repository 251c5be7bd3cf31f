//! The approval of a plan. Approvers answer a native one; the others are answered in systems that the emulator does not
//! have, so it keeps them as they are.

use serde::{Deserialize, Serialize};

use crate::families::zadig::release_plans::messages::PlanError;
use crate::http::json::{RawJson, default_if_null};
use crate::sim::heap::heap_of;
use crate::sim::pack::pack_structs;

heap_of! {
    ZadigPlanApproval {
        status, kind, description, native_approval, lark_approval, dingtalk_approval, workwx_approval
    }
    ZadigNativeApproval { approve_users, flat_approve_users, reject_or_approve, instance_code }
    ZadigApprover { kind, user_id, user_name, group_id, group_name, reject_or_approve, comment }
}

pub const NATIVE: &str = "native";
const DINGTALK: &str = "dingtalk";
/// The status of an approval that enough users have approved.
pub const PASSED: &str = "passed";
/// The status of an approval that a user has rejected.
const REJECTED: &str = "reject";
/// The most nodes of an approval by `DingTalk`.
const MOST_NODES: usize = 20;

/// The approval of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(test, schema(as = ZadigApproval))]
pub struct ZadigPlanApproval {
    /// True if the plan can be executed only after the approval.
    #[cfg_attr(test, schema(required = true))]
    pub enabled: bool,
    /// `passed`, `reject`, or empty.
    #[cfg_attr(test, schema(required = true))]
    pub status: String,
    /// `native`, `lark`, `lark_intl`, `dingtalk` or `workwx`.
    #[serde(rename = "type")]
    #[cfg_attr(test, schema(required = true))]
    pub kind: String,
    /// The description.
    #[cfg_attr(test, schema(required = true))]
    pub description: String,
    /// The start, in seconds since the epoch; absent: 0.
    #[serde(skip_serializing_if = "is_zero")]
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("observed")))))]
    pub start_time: i64,
    /// The end, in seconds since the epoch; absent: 0.
    #[serde(skip_serializing_if = "is_zero")]
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("observed")))))]
    pub end_time: i64,
    /// The approval by users of Zadig.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    pub native_approval: Option<ZadigNativeApproval>,
    /// The approval by Lark, as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    pub lark_approval: Option<RawJson>,
    /// The approval by `DingTalk`, as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    pub dingtalk_approval: Option<RawJson>,
    /// The approval by `WeCom`, as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false, extensions(("x-evidence" = json!("observed")))))]
    pub workwx_approval: Option<RawJson>,
}

/// The approval by users of Zadig.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(test, schema(as = ZadigNativeApproval))]
pub struct ZadigNativeApproval {
    /// The time for the approval in minutes, which a release plan does not limit.
    #[cfg_attr(test, schema(required = true))]
    pub timeout: i64,
    /// The users who are asked.
    #[cfg_attr(test, schema(required = true))]
    pub approve_users: Vec<ZadigApprover>,
    /// Always empty here: the users with those of groups.
    #[serde(deserialize_with = "default_if_null")]
    #[cfg_attr(test, schema(required = false, extensions(("x-evidence" = json!("observed")))))]
    pub flat_approve_users: Vec<RawJson>,
    /// The number of users who must approve.
    #[cfg_attr(test, schema(required = true))]
    pub needed_approvers: i64,
    /// Always empty: the answers are those of the users.
    #[cfg_attr(test, schema(required = true))]
    pub reject_or_approve: String,
    /// The id of the present round of answers; empty before the first.
    #[cfg_attr(test, schema(required = true))]
    pub instance_code: String,
}

/// A user who is asked for an approval, with the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(test, schema(as = ZadigApprover))]
pub struct ZadigApprover {
    /// `user`, or `group` for a group of users.
    #[serde(rename = "type")]
    #[cfg_attr(test, schema(required = false, extensions(("x-evidence" = json!("observed")))))]
    pub kind: String,
    /// The user's id.
    #[cfg_attr(test, schema(required = true))]
    pub user_id: String,
    /// The user's name.
    #[cfg_attr(test, schema(required = true))]
    pub user_name: String,
    /// The group's id.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("observed")))))]
    pub group_id: String,
    /// The group's name.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("observed")))))]
    pub group_name: String,
    /// `approve`, `reject`, or empty.
    #[cfg_attr(test, schema(required = true))]
    pub reject_or_approve: String,
    /// The comment on the answer.
    #[cfg_attr(test, schema(required = true))]
    pub comment: String,
    /// The time of the answer, in seconds since the epoch, or 0.
    #[cfg_attr(test, schema(required = true))]
    pub operation_time: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// A node of an approval in another system, as far as it is checked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OutsideApproval {
    #[serde(deserialize_with = "default_if_null")]
    approval_nodes: Vec<ApprovalNode>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ApprovalNode {
    /// A word, or a number for `WeCom`.
    #[serde(rename = "type")]
    kind: serde_json::Value,
    #[serde(deserialize_with = "default_if_null")]
    approve_users: Vec<OutsideApprover>,
    #[serde(deserialize_with = "default_if_null")]
    users: Vec<OutsideApprover>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OutsideApprover {
    #[serde(deserialize_with = "default_if_null")]
    id: String,
    #[serde(deserialize_with = "default_if_null")]
    name: String,
}

impl ZadigPlanApproval {
    /// Checks an approval as the service does: only one that is enabled. The error is the service's text.
    pub fn lint(&self) -> Result<(), String> {
        if !self.enabled {
            return Ok(());
        }
        let outside = match &*self.kind {
            NATIVE => {
                let Some(native) = &self.native_approval else {
                    return Err("approval not found".to_owned());
                };
                let n_users = i64::try_from(native.approve_users.len()).unwrap_or(i64::MAX);
                return if n_users < native.needed_approvers {
                    Err("all approve users should not less than needed approvers".to_owned())
                } else {
                    Ok(())
                };
            }
            "lark" | "lark_intl" => &self.lark_approval,
            DINGTALK => &self.dingtalk_approval,
            "workwx" => &self.workwx_approval,
            kind => return Err(format!("invalid approval type {kind}")),
        };
        let Some(outside) = outside else {
            return Err("approval not found".to_owned());
        };
        self.lint_nodes(&outside.read::<OutsideApproval>().unwrap_or_default())
    }

    fn lint_nodes(&self, outside: &OutsideApproval) -> Result<(), String> {
        let nodes = &outside.approval_nodes;
        let is_dingtalk = self.kind == DINGTALK;
        if is_dingtalk && nodes.len() > MOST_NODES {
            return Err(format!(
                "num of approval-node should not exceed {MOST_NODES}"
            ));
        }
        if nodes.is_empty() {
            return Err("num of approval-node is 0".to_owned());
        }
        let is_workwx = self.kind == "workwx";
        let mut known: Vec<&str> = Vec::new();
        for (n, node) in nodes.iter().enumerate() {
            let users = if is_workwx {
                &node.users
            } else {
                &node.approve_users
            };
            if users.is_empty() {
                return Err(format!("num of approval-node {n} approver is 0"));
            }
            for user in users.iter().filter(|_| is_dingtalk) {
                if known.contains(&&*user.id) {
                    return Err(format!(
                        "Duplicate approvers {} should not appear in a complete approval process",
                        user.name
                    ));
                }
                known.push(&user.id);
            }
            if !is_workwx && node.kind != "AND" && node.kind != "OR" {
                return Err(format!("approval-node {n} type should be AND or OR"));
            }
        }
        Ok(())
    }

    /// The error of a plan that cannot ask its approvers; the texts name what the service does first.
    pub fn may_ask(approval: Option<&Self>) -> Result<(), PlanError> {
        let missing = |what: &str| Err(PlanError::ClearApproval(what.to_owned()));
        let Some(approval) = approval else {
            return missing("nil approval");
        };
        let (is_missing, what) = match &*approval.kind {
            NATIVE => (approval.native_approval.is_none(), "nil native approval"),
            "lark" | "lark_intl" => (approval.lark_approval.is_none(), "nil lark approval"),
            DINGTALK => (
                approval.dingtalk_approval.is_none(),
                "nil dingtalk approval",
            ),
            "workwx" => (approval.workwx_approval.is_none(), "nil workwx approval"),
            _ => {
                return Err(PlanError::CreateApproval(
                    "invalid approval type".to_owned(),
                ));
            }
        };
        if is_missing { missing(what) } else { Ok(()) }
    }

    /// Forgets the answers, and begins a round of answers with that code.
    pub fn ask(&mut self, instance_code: String) {
        self.status.clear();
        if let Some(native) = self
            .native_approval
            .as_mut()
            .filter(|_| self.kind == NATIVE)
        {
            native.instance_code = instance_code;
            for user in &mut native.approve_users {
                user.reject_or_approve.clear();
                user.comment.clear();
                user.operation_time = 0;
            }
        }
    }

    /// The native approval, if the plan's approval is one.
    pub fn native(&self) -> Option<&ZadigNativeApproval> {
        self.native_approval
            .as_ref()
            .filter(|_| self.kind == NATIVE)
    }

    /// Notes an answer, and returns the verdict if there is one now. Only after
    /// [`ZadigNativeApproval::may_answer`].
    pub fn answer(&mut self, user_id: &str, answer: &Answer, seconds: i64) -> Option<bool> {
        let native = self.native_approval.as_mut()?;
        let users = &mut native.approve_users;
        if let Some(user) = users.iter_mut().find(|user| user.user_id == user_id) {
            answer.word().clone_into(&mut user.reject_or_approve);
            user.comment.clone_from(&answer.comment);
            user.operation_time = seconds;
        }
        let n_of = |word| {
            users
                .iter()
                .filter(|user| user.reject_or_approve == word)
                .count()
        };
        let n_approved = i64::try_from(n_of("approve")).unwrap_or(i64::MAX);
        let verdict = if n_of("reject") > 0 {
            false
        } else if n_approved >= native.needed_approvers {
            true
        } else {
            return None;
        };
        let status = if verdict { PASSED } else { REJECTED };
        status.clone_into(&mut self.status);
        Some(verdict)
    }
}

/// The answer of a user who is asked for an approval.
#[derive(Clone, Debug)]
pub struct Answer {
    pub approve: bool,
    pub comment: String,
}

impl Answer {
    fn word(&self) -> &'static str {
        if self.approve { "approve" } else { "reject" }
    }
}

impl ZadigNativeApproval {
    /// Checks that a user is asked and has not answered yet. Texts show the name, but the id decides.
    pub fn may_answer(&self, user_id: &str, name: &str) -> Result<(), PlanError> {
        let mut users = self.approve_users.iter();
        let Some(user) = users.find(|user| user.user_id == user_id) else {
            return Err(PlanError::NoApprover(name.to_owned()));
        };
        if user.reject_or_approve.is_empty() {
            return Ok(());
        }
        Err(PlanError::AnsweredAlready {
            user: name.to_owned(),
            answer: user.reject_or_approve.clone(),
        })
    }
}

pack_structs! {
    ZadigPlanApproval {
        enabled, status, kind, description, start_time, end_time, native_approval, lark_approval,
        dingtalk_approval, workwx_approval,
    }
    ZadigNativeApproval {
        timeout, approve_users, flat_approve_users, needed_approvers, reject_or_approve,
        instance_code,
    }
    ZadigApprover {
        kind, user_id, user_name, group_id, group_name, reject_or_approve, comment,
        operation_time,
    }
}
