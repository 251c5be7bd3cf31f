//! Lifecycles as a pure fold from (history, now) to status.
//!
//! A [`Run`] stores only facts, its [`RunRecord`]: its start, its plan (frozen at the start), and the commands it accepted. The start and
//! each accepted command compute a *forecast*: one span per step, as they will be if no further command comes. A status
//! is computed by comparing an instant with the forecast; it is not stored anywhere.
//!
//! A run has a time of its own, which is the world's until a read brings it forward ([`Command::Forward`]): forecasts are
//! in own time, and everything that a caller hands in or gets back is in the world's.
//!
//! Changes that are due at an instant happen before a command of the same instant. A command never edits the
//! past: the forecasts before and after it agree on everything up to its instant.

mod forecast;
mod own_time;
mod plan;

use super::heap::Heap;
use super::memory::block;
use super::pack::{Pack, Packer, UnpackError, Unpacker};
use super::{Millis, NEVER};
use forecast::Forecast;
use own_time::OwnTime;
pub use plan::{
    AcceptedCommand, Command, Node, Outcome, RunRecord, Span, StepPlan, StepRule, Verdict,
};

/// The phase of a run as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// In its start delay.
    Starting,
    Running,
    /// At least one gate waits for an answer; other steps may be running.
    Waiting,
    /// Stopped, but not paused yet.
    Stopping,
    Paused,
    /// Winding down after an abort.
    Aborting,
    Succeeded,
    /// Ended by a failure that is not ignored, a refusal or its time limit.
    Failed,
    Aborted,
}

impl Phase {
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Aborted)
    }
}

/// The state of a step at some instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// It has not begun.
    Idle,
    /// It works, or waits.
    Open { since: Millis },
    Ended {
        since: Millis,
        at: Millis,
        verdict: Verdict,
    },
}

/// Refused: the phase of the run does not allow the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused(pub Phase);

/// One execution of a lifecycle. Equal runs have equal histories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    record: RunRecord,
    /// Derived from the record; stored because every read compares with it. In own time.
    forecast: Forecast,
    /// None while own time is the world's, as without `--progress reads` it always is.
    own_time: Option<Box<OwnTime>>,
}

impl Heap for Run {
    fn heap(&self) -> usize {
        let messages = self.record.steps.iter().map(|step| match step {
            StepPlan::Work {
                outcome: Outcome::Fail(message),
                ..
            } => message.heap(),
            _ => 0,
        });
        self.size() + messages.sum::<usize>()
    }
}

impl Run {
    /// Starts a run with the plan of a record.
    ///
    /// # Panics
    /// If the tree does not name each step exactly once, a length is negative, a pool has no place, the rules are not in the
    /// order of their steps or an inherited step ends after the start, which are mistakes of the caller. [`Run::restore`] is for records from outside.
    pub fn start(started: Millis, plan: RunRecord) -> Self {
        let record = RunRecord {
            started,
            commands: Vec::new(),
            ..plan
        };
        assert_eq!(check(&record), Ok(()), "the plan is valid");
        let forecast = Forecast::new(&record, &record.commands);
        Self {
            record,
            forecast,
            own_time: None,
        }
    }

    /// Rebuilds a run from an exported record, whose commands are checked like new ones.
    pub fn restore(mut record: RunRecord) -> Result<Self, &'static str> {
        check(&record)?;
        let mut last = record.started;
        let commands = std::mem::take(&mut record.commands);
        let mut run = Self::start(last, record);
        for AcceptedCommand { at, command } in commands {
            if at < last || run.apply(at, command).is_err() {
                return Err("must have commands in the order of time that the run accepts");
            }
            last = at;
        }
        Ok(run)
    }

    /// The approximate size of its parts without the messages of failures.
    fn size(&self) -> usize {
        const OF_STEP: usize = size_of::<StepPlan>()
            + size_of::<Span>()
            + 2 * size_of::<Node>()
            + 2 * size_of::<u32>();
        let own_time = self.own_time.as_ref().map_or(0, |_| 3);
        let of_command = (1 + own_time) * size_of::<AcceptedCommand>();
        let record = &self.record;
        let rules = block(size_of_val(&*record.rules));
        rules + block(record.steps.len() * OF_STEP) + block(record.commands.len() * of_command)
    }

    pub fn record(&self) -> &RunRecord {
        &self.record
    }

    pub fn started(&self) -> Millis {
        self.record.started
    }

    /// Applies a command at `now`. A refused one changes nothing.
    pub fn apply(&mut self, now: Millis, command: Command) -> Result<(), Refused> {
        debug_assert!(
            self.record
                .commands
                .last()
                .is_none_or(|last| last.at <= now),
            "time goes forward"
        );
        let phase = self.phase(now);
        let is_allowed = match (phase, command) {
            (Phase::Running | Phase::Waiting, Command::Stop)
            | (Phase::Paused, Command::Continue) => true,
            (Phase::Waiting, Command::Approve(step) | Command::Refuse(step)) => {
                self.waits_at(step, now)
            }
            (Phase::Running | Phase::Waiting, Command::Abort(takes)) => takes >= 0,
            (_, Command::Forward(by)) => !phase.is_ended() && (0..NEVER).contains(&by),
            _ => false,
        };
        if !is_allowed {
            return Err(Refused(phase));
        }
        let commands = &mut self.record.commands;
        commands.push(AcceptedCommand { at: now, command });
        self.own_time = OwnTime::new(&self.record.commands);
        self.forecast = Forecast::new(&self.record, self.commands());
        Ok(())
    }

    /// The accepted commands, at their instants in own time.
    fn commands(&self) -> &[AcceptedCommand] {
        match &self.own_time {
            Some(own_time) => own_time.commands(),
            None => &self.record.commands,
        }
    }

    /// The own time at an instant of the world's.
    fn own(&self, now: Millis) -> Millis {
        match &self.own_time {
            Some(own_time) => own_time.own(now),
            None => now,
        }
    }

    /// The instant of the world's time at which own time reaches `own`.
    fn world(&self, own: Millis) -> Millis {
        match &self.own_time {
            Some(own_time) => own_time.world(own),
            None => own,
        }
    }

    pub fn phase(&self, now: Millis) -> Phase {
        let now = self.own(now);
        if let Some((at, takes)) = self.aborted(now) {
            return if now >= at.saturating_add(takes) {
                Phase::Aborted
            } else {
                Phase::Aborting
            };
        }
        if now >= self.forecast.end {
            return if self.forecast.failed {
                Phase::Failed
            } else {
                Phase::Succeeded
            };
        }
        if let Some(at) = self.stopped(now) {
            return if now >= at.saturating_add(self.record.stop_delay) {
                Phase::Paused
            } else {
                Phase::Stopping
            };
        }
        if now < self.record.started.saturating_add(self.record.start_delay) {
            return Phase::Starting;
        }
        if self.forecast.is_waiting(now) {
            return Phase::Waiting;
        }
        Phase::Running
    }

    /// The state of a step at an instant.
    ///
    /// # Panics
    /// If there is no such step.
    pub fn step_state(&self, step: usize, now: Millis) -> StepState {
        let Span {
            begin,
            end,
            verdict,
        } = self.forecast.spans[step];
        let now = self.own(now);
        if end <= now {
            StepState::Ended {
                since: self.world(begin),
                at: self.world(end),
                verdict,
            }
        } else if begin <= now {
            StepState::Open {
                since: self.world(begin),
            }
        } else {
            StepState::Idle
        }
    }

    /// True if a step is a gate that waits for an answer. None does during a stop.
    pub fn waits_at(&self, step: usize, now: Millis) -> bool {
        matches!(self.record.steps.get(step), Some(StepPlan::Gate))
            && matches!(self.step_state(step, now), StepState::Open { .. })
            && self.stopped(self.own(now)).is_none()
    }

    /// The instant at which the run ended, if it has.
    pub fn ended(&self, now: Millis) -> Option<Millis> {
        let end = self.end();
        (end <= self.own(now)).then(|| self.world(end))
    }

    /// The instant at which the run ends if no command comes, or [`NEVER`].
    pub fn ends_at(&self) -> Millis {
        self.world(self.end())
    }

    /// The message of a step whose own work failed.
    pub fn failure(&self, step: usize, now: Millis) -> Option<&str> {
        match (&self.record.steps[step], self.step_state(step, now)) {
            (
                StepPlan::Work {
                    outcome: Outcome::Fail(message),
                    ..
                },
                StepState::Ended {
                    verdict: Verdict::Failed,
                    ..
                },
            ) => Some(message),
            _ => None,
        }
    }

    /// The next instant after `now` at which anything changes, or [`NEVER`]. For an instant in the past, later
    /// commands count. Nothing changes after the end. Costs a binary search, not a pass over the steps.
    pub fn next_due(&self, now: Millis) -> Millis {
        let now = self.own(now);
        let end = self.end();
        let start_delay = self.record.started.saturating_add(self.record.start_delay);
        self.control_instants(now)
            .chain([self.forecast.next_edge(now), start_delay, end])
            .filter(|due| now < *due && *due <= end)
            .min()
            .map_or(NEVER, |due| self.world(due))
    }

    /// The steps whose status may change at `due`, in ascending order: those that begin or end then, and all of
    /// them at a stop, a pause or a continuation.
    pub fn steps_changing_at(&self, due: Millis) -> Vec<usize> {
        let is_jump = self.own_time.as_ref().is_some_and(|own| own.jumps_at(due));
        let due = self.own(due);
        if is_jump || self.control_instants(due - 1).any(|mark| mark == due) {
            return (0..self.record.steps.len()).collect();
        }
        self.forecast.steps_changing_at(due)
    }

    /// The beginning and the end of a step if no further command comes, or [`NEVER`].
    ///
    /// # Panics
    /// If there is no such step.
    pub fn span(&self, step: usize) -> (Millis, Millis) {
        let Span { begin, end, .. } = self.forecast.spans[step];
        (self.world(begin), self.world(end))
    }

    /// The steps of a repetition: successes are inherited, skipped steps are skipped again, and `redo` plans the
    /// rest.
    pub fn repeat(&self, now: Millis, mut redo: impl FnMut(usize) -> StepPlan) -> Vec<StepPlan> {
        (0..self.record.steps.len())
            .map(|step| match self.step_state(step, now) {
                StepState::Ended {
                    since,
                    at,
                    verdict: Verdict::Succeeded,
                } => StepPlan::Inherited {
                    begin: since,
                    end: at,
                },
                StepState::Ended {
                    verdict: Verdict::Skipped,
                    ..
                } => StepPlan::Skip,
                _ => redo(step),
            })
            .collect()
    }

    /// The instants of commands and of the pauses that stops lead to, without those that are past at `now`. These and the
    /// following are in own time.
    fn control_instants(&self, now: Millis) -> impl Iterator<Item = Millis> {
        let stop_delay = self.record.stop_delay;
        let is_past = |accepted: &AcceptedCommand| accepted.at.saturating_add(stop_delay) <= now;
        let commands = self.commands();
        let recent = &commands[commands.partition_point(is_past)..];
        recent
            .iter()
            .flat_map(move |accepted| match accepted.command {
                Command::Stop => [accepted.at, accepted.at.saturating_add(stop_delay)],
                _ => [accepted.at; 2],
            })
    }

    /// The end of the run if no further command comes.
    fn end(&self) -> Millis {
        match self.last_command() {
            Some(AcceptedCommand {
                at,
                command: Command::Abort(takes),
            }) => at.saturating_add(*takes),
            _ => self.forecast.end,
        }
    }

    /// The last command that alters the course of the run.
    fn last_command(&self) -> Option<&AcceptedCommand> {
        let mut commands = self.commands().iter();
        commands.rfind(|accepted| !matches!(accepted.command, Command::Forward(_)))
    }

    /// The stop in force at `now`, if there is one.
    fn stopped(&self, now: Millis) -> Option<Millis> {
        let last = self.commands().iter().rfind(|accepted| {
            accepted.at <= now && matches!(accepted.command, Command::Stop | Command::Continue)
        })?;
        (last.command == Command::Stop).then_some(last.at)
    }

    /// The abort in force at `now` and how long it takes.
    fn aborted(&self, now: Millis) -> Option<(Millis, Millis)> {
        let last = self.last_command().filter(|accepted| accepted.at <= now)?;
        match last.command {
            Command::Abort(takes) => Some((last.at, takes)),
            _ => None,
        }
    }
}

/// Checks that the tree names each step exactly once, no length is negative and inherited steps have ended: one that
/// ends later would still be open when the run has passed it. Pools need a place, and rules a step.
fn check(record: &RunRecord) -> Result<(), &'static str> {
    fn count(node: &Node, named: &mut [u32]) -> bool {
        match node {
            Node::Step(step) => named.get_mut(*step).map(|n| *n += 1).is_some(),
            Node::Seq(nodes) | Node::Par(nodes) | Node::Pool { nodes, .. } => {
                nodes.iter().all(|node| count(node, named))
            }
        }
    }
    fn has_places(node: &Node) -> bool {
        match node {
            Node::Step(_) => true,
            Node::Pool { most: 0, .. } => false,
            Node::Seq(nodes) | Node::Par(nodes) | Node::Pool { nodes, .. } => {
                nodes.iter().all(has_places)
            }
        }
    }
    let mut named = vec![0; record.steps.len()];
    let lengths = record.steps.iter().all(|step| match step {
        StepPlan::Work { takes, .. } => *takes >= 0,
        StepPlan::Inherited { begin, end } => begin <= end && *end <= record.started,
        StepPlan::Gate | StepPlan::Skip => true,
    });
    let is_sound = count(&record.tree, &mut named)
        && named.iter().all(|n| *n == 1)
        && lengths
        && record.start_delay >= 0
        && record.stop_delay >= 0
        && record.limit.is_none_or(|limit| limit >= 0);
    if !is_sound {
        return Err(
            "must have a tree that names each step exactly once, no negative lengths, and carried \
             steps that ended before the start",
        );
    }
    if !has_places(&record.tree) {
        return Err("must have pools with at least one place");
    }
    let rules = &record.rules;
    let is_known = |rule: &StepRule| {
        rule.step < record.steps.len() && rule.limit.is_none_or(|limit| limit >= 0)
    };
    let in_order = rules.is_sorted_by(|one, next| one.step < next.step);
    if !in_order || !rules.iter().all(is_known) {
        return Err("must have rules of its steps, in their order, and no negative limits");
    }
    Ok(())
}

/// The record is all of it: the rest is derived. Its commands were accepted, so they are not checked again.
impl Pack for Run {
    fn pack(&self, packer: &mut Packer) {
        self.record.pack(packer);
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        let record = RunRecord::unpack(unpacker)?;
        check(&record).map_err(|_| UnpackError::Wrong("run"))?;
        let own_time = OwnTime::new(&record.commands);
        let commands = own_time
            .as_ref()
            .map_or(&*record.commands, |own| own.commands());
        let forecast = Forecast::new(&record, commands);
        Ok(Self {
            record,
            forecast,
            own_time,
        })
    }
}
