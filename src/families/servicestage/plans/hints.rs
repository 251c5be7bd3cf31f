//! The path to a status in which a refused command is allowed.

use super::model::plan::Plan;
use super::model::progress::InvalidState;
use super::model::vocabulary::{Command, Status};
use super::table::{Refusal, Table};
use crate::sim::Millis;
use crate::sim::collection::Resource;
use crate::world::hints::{self, StatusForecast};

impl Table {
    /// The project of a plan.
    #[must_use]
    pub fn home(&self, id: &str) -> Option<&str> {
        self.collection().find(id).map(|entry| &*entry.scope)
    }

    /// The hint for a plan that the project does not have.
    #[must_use]
    pub fn not_found_hint(&self, project: &str, id: &str) -> String {
        hints::not_found_hint("release plan", self.collection(), project, id)
    }

    /// The hint for a refused command or name.
    #[must_use]
    pub fn hint(&self, project: &str, id: &str, refusal: &Refusal, now: Millis) -> Option<String> {
        match refusal {
            Refusal::InvalidState(invalid_state) => Some(
                self.get(project, id)
                    .ok()?
                    .path_to_allowed(*invalid_state, now),
            ),
            Refusal::NameTaken(name) => {
                let named = self.named(project, name)?;
                Some(format!("the plan {} has that name", named.id))
            }
            Refusal::NoSuchPlan | Refusal::ValidationError(_) => None,
        }
    }
}

impl Plan {
    /// The path to a status that allows the command.
    fn path_to_allowed(&self, InvalidState { command, .. }: InvalidState, now: Millis) -> String {
        let course = StatusForecast {
            next: &|at| self.next_due(at),
            status: &|at| self.status(at),
            allows: &|at| self.fits(command, at),
            advice: &|at| self.advice(command, at).to_owned(),
        };
        course.path_to_allowed(now)
    }

    /// The first thing to do if time alone does not lead to a status that allows the command.
    fn advice(&self, command: Command, at: Millis) -> &'static str {
        match (self.status(at), command) {
            (Status::Running, _) if self.fits(Command::Abort, at) => {
                "time alone does not end it: POST .../abort does"
            }
            (Status::Running | Status::Aborting | Status::RollingBack, _) => {
                "time alone does not end it: PATCH /_emulator/v1/state gives it another status"
            }
            (_, Command::Abort) => "only an execution is aborted: POST .../execute begins one",
            (Status::Created | Status::Aborted, _) => {
                "nothing is released that could be taken back: POST .../execute comes first"
            }
            (Status::RollbackSucceed, _) => {
                "it is rolled back already: POST .../execute releases it again"
            }
            (
                Status::Success | Status::Failed | Status::PartiallyFailed | Status::RollbackFailed,
                _,
            ) => "an edit (PUT) makes it CREATED again",
        }
    }
}
