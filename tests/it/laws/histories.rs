//! Random histories of runs, in which much falls on one instant.

use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use release_emulator::internals::sim::lifecycle::{
    Command, Node, Outcome, Phase, Run, RunRecord, StepPlan, StepRule, StepState,
};
use release_emulator::internals::sim::{Millis, NEVER};

pub(super) const START: Millis = 1_767_225_600_000;
/// Random lengths are multiples of this, so that much falls on one instant.
const BEAT: Millis = 500;
/// Number of looks at a history.
pub(super) const TICK: Millis = BEAT / 2;
/// Whatever ends by itself has ended by then: twelve steps of 5 s in a row, the lead, all waits.
pub(super) const LATE: Millis = START + 120_000;
/// The most steps that a random tree has.
pub(super) const MOST: usize = 12;

/// A run and its commands, with the wait before each.
#[derive(Clone, Debug)]
pub(super) struct History {
    pub(super) plan: RunRecord,
    said: Vec<(Millis, Saying)>,
}

/// A command before it is known which gates wait.
#[derive(Clone, Debug)]
enum Saying {
    Plain(Command),
    Approve(usize, Index),
    Refuse(usize, Index),
}

/// A command that was said, accepted or not, and the run before and after it.
pub(super) struct Told {
    pub(super) at: Millis,
    pub(super) command: Command,
    pub(super) accepted: bool,
    pub(super) before: Run,
    pub(super) after: Run,
}

/// Everything a reader sees of a run.
pub(super) type Sight = (Phase, Vec<StepState>);

pub(super) fn look(run: &Run, now: Millis) -> Sight {
    (run.phase(now), steps(run, now))
}

pub(super) fn steps(run: &Run, now: Millis) -> Vec<StepState> {
    let steps = 0..run.record().steps.len();
    steps.map(|step| run.step_state(step, now)).collect()
}

pub(super) fn ticks(from: Millis, to: Millis) -> impl Iterator<Item = Millis> {
    (0..(to - from + TICK - 1) / TICK).map(move |tick| from + tick * TICK)
}

impl Saying {
    /// Answers go to one of the waiting gates, or astray.
    fn command(&self, run: &Run, now: Millis) -> Command {
        let gate = |stray: usize, which: &Index| {
            let waiting = (0..run.record().steps.len()).filter(|step| run.waits_at(*step, now));
            *which.get(&waiting.chain([stray]).collect::<Vec<_>>())
        };
        match self {
            Self::Plain(command) => *command,
            Self::Approve(stray, which) => Command::Approve(gate(*stray, which)),
            Self::Refuse(stray, which) => Command::Refuse(gate(*stray, which)),
        }
    }
}

impl History {
    pub(super) fn told(&self) -> Vec<Told> {
        let mut run = Run::start(START, self.plan.clone());
        let mut at = START;
        let tell = |(wait, saying): &(Millis, Saying)| {
            at += wait;
            let command = saying.command(&run, at);
            let before = run.clone();
            let accepted = run.apply(at, command).is_ok();
            Told {
                at,
                command,
                accepted,
                before,
                after: run.clone(),
            }
        };
        self.said.iter().map(tell).collect()
    }

    /// The run after everything was said.
    pub(super) fn run(&self) -> Run {
        let last = self.told().pop().map(|told| told.after);
        last.unwrap_or_else(|| Run::start(START, self.plan.clone()))
    }

    /// The views of a reader at each tick, and just before and just after each command.
    pub(super) fn film(&self) -> Vec<(Millis, Sight)> {
        let mut film = Vec::new();
        let mut now = START;
        for told in self.told() {
            while now < told.at {
                film.push((now, look(&told.before, now)));
                now += TICK;
            }
            film.push((told.at, look(&told.before, told.at)));
            film.push((told.at, look(&told.after, told.at)));
        }
        let run = self.run();
        film.extend(ticks(now, LATE).map(|now| (now, look(&run, now))));
        film
    }
}

/// All nodes of a tree.
pub(super) fn nodes(tree: &Node) -> Vec<&Node> {
    let below = match tree {
        Node::Step(_) => &[][..],
        Node::Seq(nodes) | Node::Par(nodes) | Node::Pool { nodes, .. } => nodes,
    };
    let mut all = vec![tree];
    all.extend(below.iter().flat_map(nodes));
    all
}

pub(super) fn beats(n: Range<Millis>) -> impl Strategy<Value = Millis> + Clone {
    n.prop_map(|n| n * BEAT)
}

fn does() -> impl Strategy<Value = StepPlan> {
    let takes = prop_oneof![12 => beats(0..11), 1 => Just(NEVER)];
    let outcome = prop_oneof![
        5 => Just(Outcome::Succeed),
        1 => Just(Outcome::Fail("no such image".into())),
    ];
    let carried = (beats(0..9), beats(0..9)).prop_map(|(took, ago)| StepPlan::Inherited {
        begin: START - ago - took,
        end: START - ago,
    });
    prop_oneof![
        7 => (takes, outcome).prop_map(|(takes, outcome)| StepPlan::Work { takes, outcome }),
        3 => Just(StepPlan::Gate),
        1 => Just(StepPlan::Skip),
        1 => carried,
    ]
}

/// Up to `most` parts, in sequence, all at once, or some at once.
fn group(part: impl Strategy<Value = Node>, most: usize) -> impl Strategy<Value = Node> {
    (vec(part, 0..=most), 0..5_usize).prop_map(|(nodes, kind)| match kind {
        0 | 1 => Node::Seq(nodes),
        2 | 3 => Node::Par(nodes),
        _ => {
            let most = 1 + nodes.len() / 2;
            Node::Pool { most, nodes }
        }
    })
}

/// The rule of a step; most have none.
fn rule() -> impl Strategy<Value = Option<StepRule>> {
    let limit = prop_oneof![1 => Just(None), 1 => beats(0..9).prop_map(Some)];
    let rule =
        (limit, any::<bool>(), any::<bool>()).prop_map(|(limit, ignores_failure, fails_alone)| {
            StepRule {
                step: 0,
                limit,
                ignores_failure,
                fails_alone,
            }
        });
    prop_oneof![3 => Just(None), 1 => rule.prop_map(Some)]
}

/// A tree whose steps have no numbers yet.
fn shape() -> impl Strategy<Value = Node> {
    let step = Just(Node::Step(0));
    let part = prop_oneof![step.clone(), group(step.clone(), 2)];
    prop_oneof![1 => step, 15 => group(group(part, 2), 3)]
}

/// Numbers the steps of a tree.
fn number(tree: &mut Node, numbers: &mut dyn Iterator<Item = usize>) {
    match tree {
        Node::Step(step) => *step = numbers.next().unwrap(),
        Node::Seq(nodes) | Node::Par(nodes) | Node::Pool { nodes, .. } => {
            for node in nodes {
                number(node, numbers);
            }
        }
    }
}

pub(super) fn scripts() -> impl Strategy<Value = RunRecord> {
    let numbers = Just((0..MOST).collect::<Vec<_>>()).prop_shuffle();
    let continue_on_failure = prop_oneof![Just(false), Just(true)];
    let lead = prop_oneof![Just(0), beats(0..5)];
    let brake = prop_oneof![Just(0), beats(0..4)];
    let limit = prop_oneof![4 => Just(None), 1 => beats(0..31).prop_map(Some)];
    let parts = (
        shape(),
        vec((does(), rule()), MOST),
        numbers,
        continue_on_failure,
        lead,
        brake,
        limit,
    );
    parts.prop_map(
        |(mut tree, planned, numbers, continue_on_failure, lead, brake, limit)| {
            let (mut does, rules): (Vec<_>, Vec<_>) = planned.into_iter().unzip();
            does.truncate(
                nodes(&tree)
                    .iter()
                    .filter(|node| matches!(node, Node::Step(_)))
                    .count(),
            );
            let fitting = numbers.into_iter().filter(|step| *step < does.len());
            number(&mut tree, &mut fitting.collect::<Vec<_>>().into_iter());
            let rules = rules.into_iter().take(does.len()).enumerate();
            let rules = rules.filter_map(|(step, rule)| rule.map(|rule| StepRule { step, ..rule }));
            RunRecord {
                rules: rules.collect(),
                continue_on_failure,
                start_delay: lead,
                stop_delay: brake,
                limit,
                ..RunRecord::new(tree, does)
            }
        },
    )
}

/// Duration of an abort: possibly endless, possibly out of range.
fn winding_down() -> impl Strategy<Value = Millis> {
    prop_oneof![6 => beats(-1..4), 1 => Just(NEVER)]
}

pub(super) fn histories() -> impl Strategy<Value = History> {
    let answer = || (0..=MOST, any::<Index>());
    let saying = prop_oneof![
        3 => Just(Saying::Plain(Command::Stop)),
        4 => Just(Saying::Plain(Command::Continue)),
        6 => answer().prop_map(|(stray, which)| Saying::Approve(stray, which)),
        1 => answer().prop_map(|(stray, which)| Saying::Refuse(stray, which)),
        1 => winding_down().prop_map(|takes| Saying::Plain(Command::Abort(takes))),
    ];
    let wait = prop_oneof![2 => Just(0), 1 => Just(TICK), 6 => beats(1..9)];
    (scripts(), vec((wait, saying), 0..10)).prop_map(|(plan, said)| History { plan, said })
}
