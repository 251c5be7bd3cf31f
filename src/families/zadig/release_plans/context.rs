//! The context of a command on a plan: the caller, the instant, and the parts of the world that commands change.

use super::model::plan::ZadigPlan;
use super::model::plan_log::{SYSTEM_USER, ZadigPlanLog};
use crate::http::Caller;
use crate::sim::Millis;
use crate::sim::ids::Ids;
use crate::world::handle::Shared;
use crate::world::settings::Settings;

/// The context of a command on a plan.
pub struct PlanContext<'a> {
    pub shared: &'a mut Shared,
    pub ids: &'a Ids,
    pub settings: &'a Settings,
    pub caller: &'a Caller,
    pub now: Millis,
}

/// The user of a command.
#[derive(Clone, Debug)]
pub struct PlanUser {
    pub name: String,
    pub id: String,
    pub account: String,
    /// True for an administrator of the installation.
    pub is_admin: bool,
}

impl PlanUser {
    /// The service itself, which starts what is scheduled.
    pub fn system() -> Self {
        Self {
            name: SYSTEM_USER.to_owned(),
            id: String::new(),
            account: String::new(),
            is_admin: true,
        }
    }

    /// True if the user may do what only the plan's manager may.
    pub fn manages(&self, plan: &ZadigPlan) -> bool {
        self.is_admin || self.id == plan.manager_id
    }
}

impl PlanContext<'_> {
    /// The user of the request.
    pub fn user(&self) -> PlanUser {
        let id = self.caller.user_id();
        let mut users = self.shared.identities.zadig_users();
        let known = users.find(|user| user.uid() == id);
        PlanUser {
            name: self.caller.name.to_string(),
            id: id.to_owned(),
            account: known
                .map_or(&*self.caller.name, |user| user.account())
                .to_owned(),
            is_admin: self.caller.actions.is_none(),
        }
    }

    /// The present instant in seconds.
    pub fn seconds(&self) -> i64 {
        self.now.div_euclid(1_000)
    }
}

/// An event for the log of a plan.
#[derive(Clone, Debug, Default)]
pub struct PlanEvent<'a> {
    pub verb: &'static str,
    pub target_type: &'static str,
    pub target_name: &'a str,
    pub before: &'static str,
    pub after: &'static str,
    pub detail: &'static str,
}

/// The number of entries that a log keeps: the newest.
const MOST_LOGS: usize = 1_000;

impl ZadigPlan {
    /// Adds an event to the log. An id of the log follows from the plan's.
    pub fn note(&mut self, id: &str, user: &PlanUser, seconds: i64, event: &PlanEvent) {
        let own = id.get(8..).unwrap_or_default();
        let own = u64::from_str_radix(own, 16).unwrap_or_default();
        let newest = self.logs.last().and_then(|newest| newest.id.get(8..));
        let newest = newest.and_then(|newest| u64::from_str_radix(newest, 16).ok());
        let count = newest.unwrap_or(own).wrapping_add(1);
        let logged = ZadigPlanLog {
            id: format!("{:08x}{count:016x}", seconds & 0xffff_ffff),
            plan_id: id.to_owned(),
            username: user.name.clone(),
            account: user.account.clone(),
            verb: event.verb.to_owned(),
            target_name: event.target_name.to_owned(),
            target_type: event.target_type.to_owned(),
            before: event.before.to_owned(),
            after: event.after.to_owned(),
            detail: event.detail.to_owned(),
            created_at: seconds,
        };
        if self.logs.len() == MOST_LOGS {
            self.logs.remove(0);
        }
        self.logs.push(logged);
    }
}
