//! The commands of plans and pipelines: each is allowed in some statuses, and refused alike in all others.

use std::fmt::Display;

use strum::VariantArray;

use super::refusal::{Refusal, RefusalCause};
use crate::http::json::ValidationError;
use crate::sim::Millis;
use crate::sim::collection::Resource;
use crate::world::hints::StatusForecast;

/// A resource with commands that its status allows or refuses.
pub trait Commanded: Resource {
    type ResourceCommand: VariantArray + Copy + Into<&'static str>;
    type ResourceStatus: PartialEq + Display + 'static;

    fn status(&self, now: Millis) -> Self::ResourceStatus;

    /// The statuses that allow a command.
    fn allowed_in(command: Self::ResourceCommand) -> &'static [Self::ResourceStatus];

    /// The next instant after `now` at which the current run changes, or [`crate::sim::NEVER`].
    fn run_due(&self, now: Millis) -> Millis;

    /// The first step towards a status that allows a command, if time alone does not lead there.
    fn advice(&self, command: Self::ResourceCommand, at: Millis) -> String;

    fn allows(&self, command: Self::ResourceCommand, now: Millis) -> bool {
        Self::allowed_in(command).contains(&self.status(now))
    }

    /// The names of the allowed commands.
    fn allowed(&self, now: Millis) -> Vec<&'static str> {
        let commands = Self::ResourceCommand::VARIANTS.iter().copied();
        commands
            .filter(|command| self.allows(*command, now))
            .map(Into::into)
            .collect()
    }

    /// Refuses a command that the present status does not allow. `parameter` names the command in the request; it may be
    /// empty.
    fn check(
        &self,
        parameter: &str,
        command: Self::ResourceCommand,
        now: Millis,
    ) -> Result<(), Refusal> {
        if self.allows(command, now) {
            return Ok(());
        }
        let (name, status): (&str, _) = (command.into(), self.status(now));
        let allowed = Self::allowed_in(command).iter().map(ToString::to_string);
        let allowed = allowed.collect::<Vec<_>>().join(", ");
        let wrong = format!("{name} is not allowed in status {status}, only in {allowed}");
        let forecast = StatusForecast {
            next: &|at| self.run_due(at),
            status: &|at| self.status(at),
            allows: &|at| self.allows(command, at),
            advice: &|at| self.advice(command, at),
        };
        Err(Refusal {
            error: ValidationError::new(parameter, wrong),
            hint: forecast.path_to_allowed(now),
            cause: RefusalCause::State,
        })
    }
}
