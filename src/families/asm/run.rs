//! A creation or deletion: a single-step run that accepts no commands.

use crate::sim::heap::Heap;
use crate::sim::lifecycle::{Command, Node, Outcome, Phase, Run, RunRecord, StepPlan};
use crate::sim::pack::{pack_enums, pack_wrappers};
use crate::sim::scripts::{Scripts, StepQuery, Work};
use crate::sim::step_name::StepName;
use crate::sim::{Millis, NEVER};
use crate::world::fixture::ValidationError;
use crate::world::run_fixture::restore_run;

/// The family's name in scripts and transitions.
pub const FAMILY: &str = "asm";

/// The create command, as transitions name it.
pub const CREATE: &str = "create";

/// A creation or a deletion.
#[derive(Clone, Debug)]
pub struct SingleStepRun(Repr);

#[derive(Clone, Debug)]
enum Repr {
    /// One step of work, stored compactly because there are many.
    Step {
        started: Millis,
        takes: Millis,
        outcome: Outcome,
    },
    /// Any other run.
    Run(Box<Run>),
}

/// The state of a creation or deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    Open,
    Done,
    Failed,
}

impl Heap for SingleStepRun {
    fn heap(&self) -> usize {
        match &self.0 {
            Repr::Step {
                outcome: Outcome::Fail(message),
                ..
            } => message.heap(),
            Repr::Step { .. } => 0,
            Repr::Run(run) => run.heap(),
        }
    }
}

impl SingleStepRun {
    /// Starts a run of one step, with the duration and outcome that the scripts decide.
    pub fn start(
        scripts: &mut Scripts,
        work: Work,
        scope: &str,
        id: &str,
        name: &str,
        now: Millis,
    ) -> Self {
        let query = StepQuery {
            family: FAMILY,
            scope,
            id,
            name,
            step: StepName::whole(name),
            alias: None,
            work,
        };
        Self::from_step(now, scripts.decide(&query))
    }

    fn from_step(started: Millis, step: StepPlan) -> Self {
        match step {
            StepPlan::Work { takes, outcome } => Self(Repr::Step {
                started,
                takes,
                outcome,
            }),
            other => Self(Repr::Run(Box::new(one_step(started, other)))),
        }
    }

    /// Restores the run of a fixture, if there is one at the path.
    pub fn restore(
        record: Option<RunRecord>,
        path: &str,
        now: Millis,
    ) -> Result<Option<Self>, ValidationError> {
        let run = record.map(|record| restore_run(record, now)).transpose();
        let run = run.map_err(|error| error.nested_in(path))?;
        Ok(run.map(Self::from_run))
    }

    fn from_run(run: Run) -> Self {
        match &run.record().steps[..] {
            [step] if run == one_step(run.started(), step.clone()) => {
                Self::from_step(run.started(), step.clone())
            }
            _ => Self(Repr::Run(Box::new(run))),
        }
    }

    /// The equivalent run.
    pub fn run(&self) -> Run {
        match &self.0 {
            Repr::Run(run) => Run::clone(run),
            Repr::Step {
                started,
                takes,
                outcome,
            } => {
                let (takes, outcome) = (*takes, outcome.clone());
                one_step(*started, StepPlan::Work { takes, outcome })
            }
        }
    }

    /// Lets the own time of the run go forward.
    pub fn hasten(&mut self, now: Millis, by: Millis) {
        let mut run = self.run();
        let hastened = run.apply(now, Command::Forward(by));
        debug_assert_eq!(hastened, Ok(()), "a run that is under way has not ended");
        self.0 = Repr::Run(Box::new(run));
    }

    pub fn started(&self) -> Millis {
        match &self.0 {
            Repr::Step { started, .. } => *started,
            Repr::Run(run) => run.started(),
        }
    }

    /// The end, if it has been reached.
    pub fn ended(&self, now: Millis) -> Option<Millis> {
        match &self.0 {
            Repr::Step { started, takes, .. } => {
                let end = started.saturating_add(*takes);
                (end <= now).then_some(end)
            }
            Repr::Run(run) => run.ended(now),
        }
    }

    /// The next instant after `now` at which something changes, or [`NEVER`].
    pub fn next_due(&self, now: Millis) -> Millis {
        match &self.0 {
            Repr::Step { started, takes, .. } => {
                let edges = [*started, started.saturating_add(*takes)];
                edges.into_iter().find(|due| now < *due).unwrap_or(NEVER)
            }
            Repr::Run(run) => run.next_due(now),
        }
    }
    pub fn state(&self, now: Millis) -> JobState {
        match &self.0 {
            Repr::Step { outcome, .. } => match (self.ended(now), outcome) {
                (None, _) => JobState::Open,
                (Some(_), Outcome::Succeed) => JobState::Done,
                (Some(_), Outcome::Fail(_)) => JobState::Failed,
            },
            Repr::Run(run) => match run.phase(now) {
                Phase::Succeeded => JobState::Done,
                phase if phase.is_ended() => JobState::Failed,
                _ => JobState::Open,
            },
        }
    }

    /// The failure message of a script, if the run has failed.
    pub fn failure(&self, now: Millis) -> Option<&str> {
        let message = match &self.0 {
            Repr::Step { outcome, .. } => match (self.ended(now), outcome) {
                (Some(_), Outcome::Fail(message)) => Some(&**message),
                _ => None,
            },
            Repr::Run(run) => (0..run.record().steps.len()).find_map(|step| run.failure(step, now)),
        };
        message.filter(|message| !message.is_empty())
    }
}

fn one_step(started: Millis, step: StepPlan) -> Run {
    Run::start(started, RunRecord::new(Node::Step(0), vec![step]))
}

pack_wrappers!(SingleStepRun);

pack_enums! { Repr { 0: Step { started, takes, outcome }, 1: Run(run) } }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_behaves_as_its_run_does() {
        let outcomes = [
            Outcome::Succeed,
            Outcome::Fail("no quota".into()),
            Outcome::Fail("".into()),
        ];
        let steps = outcomes.into_iter().flat_map(|outcome| {
            let work = move |takes| StepPlan::Work {
                takes,
                outcome: outcome.clone(),
            };
            [0, 10, NEVER].map(work)
        });
        for step_plan in steps {
            let step = SingleStepRun::from_step(100, step_plan.clone());
            let run = SingleStepRun(Repr::Run(Box::new(one_step(100, step_plan))));
            assert_eq!(step.run(), run.run());
            assert!(matches!(
                SingleStepRun::from_run(run.run()).0,
                Repr::Step { .. }
            ));
            assert_eq!(step.started(), run.started());
            for now in [0, 99, 100, 109, 110, 1_000, NEVER - 1] {
                assert_eq!(step.state(now), run.state(now), "{step:?} at {now}");
                assert_eq!(step.ended(now), run.ended(now), "{step:?} at {now}");
                assert_eq!(step.next_due(now), run.next_due(now), "{step:?} at {now}");
                assert_eq!(step.failure(now), run.failure(now), "{step:?} at {now}");
            }
        }
    }

    #[test]
    fn other_runs_are_not_packed() {
        let mut plan = RunRecord::new(Node::Step(0), vec![StepPlan::Gate]);
        for continues in [false, true] {
            plan.continue_on_failure = continues;
            let run = Run::start(0, plan.clone());
            assert!(matches!(SingleStepRun::from_run(run).0, Repr::Run(_)));
        }
    }
}
