//! A creation or deletion: a single-step run that accepts no commands.

use crate::sim::lifecycle::{Node, Outcome, Phase, Run, RunPlan, StepPlan};
use crate::sim::{Millis, NEVER};

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

impl SingleStepRun {
    /// Starts a run of one step.
    pub fn start(started: Millis, does: StepPlan) -> Self {
        match does {
            StepPlan::Work { takes, outcome } => Self(Repr::Step {
                started,
                takes,
                outcome,
            }),
            other => Self(Repr::Run(Box::new(one_step(started, other)))),
        }
    }

    /// Wraps the run of a fixture.
    pub fn from_run(run: Run) -> Self {
        match &run.plan().steps[..] {
            [does] if run == one_step(run.started(), does.clone()) => {
                Self::start(run.started(), does.clone())
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
                Phase::Starting
                | Phase::Running
                | Phase::Waiting
                | Phase::Stopping
                | Phase::Paused
                | Phase::Aborting => JobState::Open,
                Phase::Succeeded => JobState::Done,
                Phase::Failed | Phase::Aborted => JobState::Failed,
            },
        }
    }

    /// The failure message of a script, if the run has failed.
    pub fn failure(&self, now: Millis) -> Option<&str> {
        let why = match &self.0 {
            Repr::Step { outcome, .. } => match (self.ended(now), outcome) {
                (Some(_), Outcome::Fail(message)) => Some(&**message),
                _ => None,
            },
            Repr::Run(run) => (0..run.plan().steps.len()).find_map(|step| run.failure(step, now)),
        };
        why.filter(|message| !message.is_empty())
    }
}

fn one_step(started: Millis, does: StepPlan) -> Run {
    Run::start(started, RunPlan::new(Node::Step(0), vec![does]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::lifecycle::FailurePolicy;

    #[test]
    fn a_step_goes_as_its_run_does() {
        let outcomes = [
            Outcome::Succeed,
            Outcome::Fail("no quota".into()),
            Outcome::Fail("".into()),
        ];
        let works = outcomes.into_iter().flat_map(|outcome| {
            let work = move |takes| StepPlan::Work {
                takes,
                outcome: outcome.clone(),
            };
            [0, 10, NEVER].map(work)
        });
        for does in works {
            let step = SingleStepRun::start(100, does.clone());
            let run = SingleStepRun(Repr::Run(Box::new(one_step(100, does))));
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
    fn what_is_no_single_step_stays_a_run() {
        let mut plan = RunPlan::new(Node::Step(0), vec![StepPlan::Gate]);
        for fail in [FailurePolicy::Stop, FailurePolicy::Continue] {
            plan.fail = fail;
            let run = Run::start(0, plan.clone());
            assert!(matches!(SingleStepRun::from_run(run).0, Repr::Run(_)));
        }
    }
}
