//! Hints beside the refusals of commands: the way to a status that allows one, and the names that exist.

use strum::VariantArray;

use super::model::action::{ActionKind, ActionRefusal};
use super::model::pipeline::Pipeline;
use super::model::selection::InvalidSelection;
use super::model::stages::Step;
use super::model::status::PipelineStatus;
use crate::sim::Millis;
use crate::sim::fuzzy::{nearest, suggestion};
use crate::world::hints::StatusForecast;

impl Pipeline {
    /// The commands that the present status allows.
    pub fn allowed(&self, now: Millis) -> Vec<&'static str> {
        let kinds = ActionKind::VARIANTS.iter();
        kinds
            .filter(|kind| self.check_allowed(**kind, now).is_ok())
            .map(|kind| kind.as_str())
            .collect()
    }

    /// The hint beside a refused command.
    pub fn hint(&self, action_refusal: &ActionRefusal, now: Millis) -> Option<String> {
        match action_refusal {
            ActionRefusal::Status(kind, _) => Some(self.path_to_allowed(*kind, now)),
            ActionRefusal::Selection(invalid_selection) => self.selection_hint(invalid_selection),
            ActionRefusal::NoGate(gate) => Some(match self.gates(now).as_slice() {
                [] => "no approval waits".to_owned(),
                gates => listed("approvals wait under", gate, gates),
            }),
        }
    }

    /// The way to a status that allows a command.
    fn path_to_allowed(&self, kind: ActionKind, now: Millis) -> String {
        let forecast = StatusForecast {
            next: &|at| self.run_due(at),
            status: &|at| self.status(at),
            allows: &|at| self.check_allowed(kind, at).is_ok(),
            advice: &|at| self.advice(kind, at),
        };
        forecast.path_to_allowed(now)
    }

    /// The first step out of a status that does not allow a command and that time does not end.
    fn advice(&self, kind: ActionKind, at: Millis) -> String {
        use PipelineStatus::{Paused, Releasing, Restarting, RollingBack, Stopping, ToBeApproved};
        let advice = match (self.status(at), kind) {
            (ToBeApproved, _) => {
                let gates = self.gates(at).join(", ");
                return format!("approvals wait under {gates}: answer with action_id=approval");
            }
            (Releasing, _) => "time alone does not end it: action_id=stop pauses it",
            (RollingBack | Stopping | Restarting, _) => {
                "time alone does not end it: PATCH /_emulator/v1/state gives it another status"
            }
            (Paused, ActionKind::Stop) => "it is already paused",
            (Paused, _) => "action_id=continue resumes it",
            (_, ActionKind::Retry) => {
                "only a failed release can be retried: action_id=start begins a new one, and a script \
                 (POST /_emulator/v1/scripts) can make a task fail"
            }
            (_, ActionKind::Approval) => {
                "only a stage or a task with an approval waits for one: action_id=start begins a new release"
            }
            (_, _) => "no release is running: action_id=start begins one",
        };
        advice.to_owned()
    }

    /// The names of the gates that wait; of all gates if a fixture gave the status and not the gate.
    fn gates(&self, now: Millis) -> Vec<&str> {
        if let Some(execution) = self.current_execution() {
            return execution.waiting(now);
        }
        let steps = self.definition.stages.steps();
        steps.filter_map(Step::gate_name).collect()
    }

    fn selection_hint(&self, invalid_selection: &InvalidSelection) -> Option<String> {
        let mut stages = self.definition.stages.as_slice().iter();
        match invalid_selection {
            InvalidSelection::Empty => Some("omit selected_tasks to run every task".to_owned()),
            InvalidSelection::UnknownStage { stage, .. } => {
                let names: Vec<&str> = stages.map(|stage| stage.name.as_str()).collect();
                Some(listed("the stages are", stage, &names))
            }
            InvalidSelection::UnknownTask { stage, name, .. } => {
                let tasks = &stages.find(|known| known.name == *stage)?.tasks;
                let names: Vec<&str> = tasks.iter().map(|task| task.name.as_str()).collect();
                Some(listed("the tasks are", name, &names))
            }
        }
    }
}

/// A list of names, and the one that was probably meant.
fn listed(intro: &str, unknown: &str, names: &[&str]) -> String {
    let suggestion = suggestion(nearest(unknown, names.iter().copied()));
    format!("{intro} {}{suggestion}", names.join(", "))
}
