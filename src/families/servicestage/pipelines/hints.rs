//! The path to a status in which a refused action is allowed, and other hints.

use super::model::action::ActionRefusal;
use super::model::pipeline::{Definition, Pipeline};
use super::model::stages::{SelectedStage, Step, UnknownName};
use super::model::status::Status;
use super::table::Table;
use crate::sim::Millis;
use crate::sim::fuzzy::{nearest, suggestion};
use crate::world::hints::{self, StatusForecast};

impl Table {
    /// The project that has a pipeline.
    pub fn home(&self, id: &str) -> Option<&str> {
        self.collection().find(id).map(|entry| &*entry.scope)
    }

    /// Where the pipeline is that a project does not have.
    pub fn not_found_hint(&self, project: &str, id: &str) -> String {
        hints::not_found_hint("pipeline", self.collection(), project, id)
    }

    /// What would have worked in place of what was refused for a pipeline. `selected` is what it selects.
    pub fn hint(
        &self,
        (project, id): (&str, &str),
        refused: &ActionRefusal,
        selected: Option<&[SelectedStage]>,
        now: Millis,
    ) -> Option<String> {
        self.get(project, id)?.hint(refused, selected, now)
    }

    /// Who has the name of a definition.
    pub fn hint_at_name(&self, project: &str, definition: &Definition) -> Option<String> {
        let id = self.named(project, definition)?;
        Some(format!("the pipeline {id} has that name"))
    }
}

impl Pipeline {
    fn hint(
        &self,
        refused: &ActionRefusal,
        selected: Option<&[SelectedStage]>,
        now: Millis,
    ) -> Option<String> {
        match refused {
            ActionRefusal::Status {
                action, allowed, ..
            } => Some(self.way(action, allowed, now)),
            ActionRefusal::Edit { allowed, .. } => Some(self.way("edit", allowed, now)),
            ActionRefusal::NothingSelected => {
                Some("leave selected_tasks out to run every task".to_owned())
            }
            ActionRefusal::UnknownName(unknown) => self.hint_at_selection(*unknown, selected?),
            ActionRefusal::NoGate(said) => Some(match self.gates(now).as_slice() {
                [] => "no approval waits".to_owned(),
                gates => format!(
                    "{}{}",
                    wait(gates),
                    suggestion(nearest(said, gates.iter().copied()))
                ),
            }),
        }
    }

    /// How to get to one of the statuses in which something is allowed.
    fn way(&self, action: &str, allowed: &[Status], now: Millis) -> String {
        let course = StatusForecast {
            next: &|at| self.run_due(at),
            status: &|at| self.status(at),
            allows: &|at| allowed.contains(&self.status(at)),
            advice: &|at| self.advice(action, at),
        };
        course.path_to_allowed(now)
    }

    /// What to do first with a pipeline that time alone leaves at a status which does not allow something.
    fn advice(&self, action: &str, at: Millis) -> String {
        use Status::{Paused, Releasing, Restarting, RollingBack, Stopping, ToBeApproved};
        let advice = match (self.status(at), action) {
            (ToBeApproved, _) => {
                return format!("{}: action_id=approval answers", wait(&self.gates(at)));
            }
            (Releasing, _) => "time alone does not end it: action_id=stop pauses it",
            (RollingBack | Stopping | Restarting, _) => {
                "time alone does not end it: PATCH /_emulator/v1/state gives it another status"
            }
            (Paused, "stop") => "it is paused already",
            (Paused, _) => "action_id=continue goes on with it",
            (_, "retry") => {
                "only what failed is retried: action_id=start begins anew, and a script \
                 (POST /_emulator/v1/scripts) lets a task of it fail"
            }
            (_, "approval") => {
                "an approval waits only at a stage or a task that asks for one: action_id=start begins anew"
            }
            (_, _) => "nothing is under way: action_id=start begins anew",
        };
        advice.to_owned()
    }

    /// The names under which approvals wait, or may: a fixture that gives the status does not tell.
    fn gates(&self, now: Millis) -> Vec<&str> {
        if let Some(execution) = self.current_execution() {
            return execution.waiting(now);
        }
        let steps = self.definition.stages.steps();
        steps.filter_map(Step::gate_name).collect()
    }

    fn hint_at_selection(
        &self,
        unknown: UnknownName,
        selected: &[SelectedStage],
    ) -> Option<String> {
        let stages = &self.definition.stages;
        let (UnknownName::Stage(n) | UnknownName::Task(n, _)) = unknown;
        let entry = selected.get(n)?;
        let (what, said, known): (&str, &str, Vec<&str>) = match unknown {
            UnknownName::Stage(_) => {
                let known = stages.iter().map(|stage| stage.name.as_str());
                ("the stages are", &entry.stage, known.collect())
            }
            UnknownName::Task(_, k) => {
                let stage = stages.iter().find(|stage| stage.name == entry.stage)?;
                let known = stage.tasks.iter().map(|task| task.name.as_str());
                ("the tasks are", entry.tasks.get(k)?, known.collect())
            }
        };
        Some(format!(
            "{what} {}{}",
            known.join(", "),
            suggestion(nearest(said, known.iter().copied()))
        ))
    }
}

fn wait(gates: &[&str]) -> String {
    format!("approvals wait under {}", gates.join(", "))
}
