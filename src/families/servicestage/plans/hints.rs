//! The refusal of a command, and the way to a status that allows it.

use super::model::plan::{InvalidState, Plan};
use super::model::vocabulary::{PlanCommand, PlanStatus};
use super::table::Table;
use crate::families::servicestage::error::{Error, ServiceStageErrorKind};
use crate::sim::Millis;
use crate::sim::collection::Resource;
use crate::world::hints::{self, StatusForecast};

impl Table {
    /// The project of a plan.
    pub fn home(&self, id: &str) -> Option<&str> {
        self.collection().find(id).map(|entry| &*entry.scope)
    }

    /// The hint for an unknown plan: its project, or a similar plan.
    pub fn not_found_hint(&self, project: &str, id: &str) -> String {
        hints::not_found_hint("release plan", self.collection(), project, id)
    }
}

impl Plan {
    /// The refusal of a command.
    pub(super) fn refusal(&self, invalid_state: InvalidState, now: Millis) -> Error {
        let InvalidState { command, status } = invalid_state;
        let allowed: Vec<_> = command
            .allowed_in()
            .iter()
            .map(|status| status.as_str())
            .collect();
        let wrong = format!(
            "{} is not allowed in status {status}, only in {}",
            command.as_str(),
            allowed.join(", ")
        );
        let forecast = StatusForecast {
            next: &|at| self.next_due(at),
            status: &|at| self.status(at),
            allows: &|at| self.check(command, at).is_ok(),
            advice: &|at| self.advice(command, at).to_owned(),
        };
        Error::from(ServiceStageErrorKind::ParameterInvalid(wrong))
            .with_hint(forecast.path_to_allowed(now))
    }

    /// The first step towards a status that allows a command, if time alone does not lead there.
    fn advice(&self, command: PlanCommand, at: Millis) -> &'static str {
        match (self.status(at), command) {
            (PlanStatus::Running, _) if self.check(PlanCommand::Abort, at).is_ok() => {
                "time alone does not end it: POST .../abort does"
            }
            (PlanStatus::Running | PlanStatus::Aborting | PlanStatus::RollingBack, _) => {
                "time alone does not end it: PATCH /_emulator/v1/state gives it another status"
            }
            (_, PlanCommand::Abort) => {
                "only an execution can be aborted: POST .../execute starts one"
            }
            (PlanStatus::Created | PlanStatus::Aborted, _) => {
                "nothing has been released: POST .../execute first"
            }
            (PlanStatus::RollbackSucceed, _) => {
                "it is already rolled back: POST .../execute releases it again"
            }
            (
                PlanStatus::Success
                | PlanStatus::Failed
                | PlanStatus::PartiallyFailed
                | PlanStatus::RollbackFailed,
                _,
            ) => "an edit (PUT) makes it CREATED again",
        }
    }
}
