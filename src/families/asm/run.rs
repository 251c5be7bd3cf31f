//! The work in this family: a single step that accepts no commands.

use crate::sim::lifecycle::{Node, Outcome, Phase, Run, RunPlan, StepPlan};
use crate::sim::{Millis, NEVER};

/// A creation or a deletion.
#[derive(Clone, Debug)]
pub struct SingleStepRun(Repr);

/// How it goes.
#[derive(Clone, Debug)]
enum Repr {
    /// As one step of work. There are many of these, so they take little.
    Step {
        started: Millis,
        takes: Millis,
        outcome: Outcome,
    },
    /// As a fixture said.
    Run(Box<Run>),
}

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// It goes on.
    Open,
    /// It is done.
    Done,
    /// It has failed.
    Failed,
}

impl SingleStepRun {
    /// Starts what one step does.
    #[must_use]
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

    /// What a fixture said.
    #[must_use]
    pub fn of(run: Run) -> Self {
        match &run.plan().steps[..] {
            [does] if run == one_step(run.started(), does.clone()) => {
                Self::start(run.started(), does.clone())
            }
            _ => Self(Repr::Run(Box::new(run))),
        }
    }

    /// All of it, as a run.
    #[must_use]
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

    /// When it started.
    #[must_use]
    pub fn started(&self) -> Millis {
        match &self.0 {
            Repr::Step { started, .. } => *started,
            Repr::Run(run) => run.started(),
        }
    }

    /// When it ended, if it has.
    #[must_use]
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
    #[must_use]
    pub fn next_due(&self, now: Millis) -> Millis {
        match &self.0 {
            Repr::Step { started, takes, .. } => {
                let edges = [*started, started.saturating_add(*takes)];
                edges.into_iter().find(|due| now < *due).unwrap_or(NEVER)
            }
            Repr::Run(run) => run.next_due(now),
        }
    }

    /// Where it stands.
    #[must_use]
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

    /// Why it failed, if it has and a script said why.
    #[must_use]
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
    Run::start(started, RunPlan::of(Node::Step(0), vec![does]))
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
            assert!(matches!(SingleStepRun::of(run.run()).0, Repr::Step { .. }));
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
        let mut plan = RunPlan::of(Node::Step(0), vec![StepPlan::Gate]);
        for fail in [FailurePolicy::Stop, FailurePolicy::Continue] {
            plan.fail = fail;
            let run = Run::start(0, plan.clone());
            assert!(matches!(SingleStepRun::of(run).0, Repr::Run(_)));
        }
    }
}
