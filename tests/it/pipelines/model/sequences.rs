//! Random pipelines and random sequences of what is said to them.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use super::reference::{Call, Definition, Pipeline, Reference, Rule, Stage, Task};

/// A bench and what happens on it.
#[derive(Clone, Debug)]
pub(super) struct Sequence {
    /// The length of a step, in ticks.
    pub(super) step: u32,
    pub(super) rules: Vec<Rule>,
    first: Definition,
    said: Vec<Saying>,
}

/// A command whose pipeline is chosen once the existing ones are known.
#[derive(Clone, Debug)]
enum Saying {
    Plain(Call),
    /// One of the calls that lead on from where the pipeline is.
    Fitting(usize, Index),
    /// The tasks whose bits are set.
    Select(usize, u16),
    /// Any name, of a gate that waits if some does.
    Answer(usize, Index, bool),
}

const STAGES: [&str; 3] = ["s0", "s1", "s2"];
/// A task may be called like a stage, so that gates of one name occur.
const TASKS: [&str; 4] = ["t0", "t1", "t2", "s1"];

fn stages() -> impl Strategy<Value = Vec<Stage>> {
    let kind = (
        option::of(select(vec!["a", "b"])),
        prop::bool::weighted(0.25),
    );
    let tasks = subsequence(&TASKS, 0..=4).prop_shuffle();
    let stage = (prop::bool::weighted(0.25), tasks, vec(kind, 4));
    vec(stage, 1..=3).prop_map(|stages| {
        let stages = stages.into_iter().zip(STAGES);
        let stage = |((gated, names, kinds), name): ((bool, Vec<&'static str>, Vec<_>), _)| Stage {
            name,
            gated,
            tasks: names
                .into_iter()
                .zip(kinds)
                .map(|(name, (group, approval))| Task {
                    name,
                    group,
                    approval,
                })
                .collect(),
        };
        stages.map(stage).collect()
    })
}

fn definitions() -> impl Strategy<Value = Definition> {
    (stages(), any::<bool>()).prop_map(|(stages, careless)| Definition { stages, careless })
}

fn rules() -> impl Strategy<Value = Rule> {
    let step = option::weighted(0.8, select(TASKS.to_vec()));
    let parts = (
        prop::bool::weighted(0.2),
        step,
        prop::bool::weighted(0.6),
        option::of(0_u32..6),
        option::weighted(0.8, 1_u32..3),
    );
    parts.prop_map(|(rollback, step, fails, ticks, times)| Rule {
        rollback,
        step: step.filter(|_| !rollback),
        fails,
        ticks,
        times,
    })
}

fn sayings() -> impl Strategy<Value = Saying> {
    let which = || prop_oneof![3 => Just(0_usize), 1 => Just(1_usize)];
    let plain = |call: fn(usize) -> Call| which().prop_map(move |which| Saying::Plain(call(which)));
    let defined = |call: fn(usize, Definition) -> Call| {
        (which(), definitions())
            .prop_map(move |(which, definition)| Saying::Plain(call(which, definition)))
    };
    let unknown = prop_oneof![
        Just(vec![]),
        Just(vec![("s0".to_owned(), vec![])]),
        Just(vec![("s9".to_owned(), vec!["t0".to_owned()])]),
        Just(vec![("s0".to_owned(), vec!["t9".to_owned()])]),
    ];
    prop_oneof![
        20 => (which(), any::<Index>()).prop_map(|(which, one)| Saying::Fitting(which, one)),
        8 => (1_u32..9).prop_map(|ticks| Saying::Plain(Call::Advance(ticks))),
        4 => plain(|which| Call::Start(which, None)),
        2 => (which(), any::<u16>()).prop_map(|(which, bits)| Saying::Select(which, bits)),
        1 => (which(), unknown).prop_map(|(which, selection)| Saying::Plain(Call::Start(which, Some(selection)))),
        3 => plain(Call::Stop),
        3 => plain(Call::Continue),
        4 => plain(Call::Retry),
        6 => (which(), any::<Index>(), prop::bool::weighted(0.75))
            .prop_map(|(which, name, agree)| Saying::Answer(which, name, agree)),
        2 => plain(Call::Rollback),
        1 => defined(Call::Create),
        1 => defined(Call::Edit),
    ]
}

pub(super) fn sequences() -> impl Strategy<Value = Sequence> {
    let step = prop_oneof![1 => Just(0_u32), 1 => Just(1), 4 => Just(4)];
    let parts = (
        step,
        vec(rules(), 0..4),
        definitions(),
        vec(sayings(), 1..30),
    );
    parts.prop_map(|(step, rules, first, said)| Sequence {
        step,
        rules,
        first,
        said,
    })
}

impl Sequence {
    /// Number of calls.
    pub(super) fn len(&self) -> usize {
        self.said.len() + 1
    }

    /// The n-th call, addressed by what there is when it comes.
    pub(super) fn call(&self, n: usize, reference: &Reference) -> Call {
        let Some(saying) = n.checked_sub(1).map(|n| &self.said[n]) else {
            return Call::Create(0, self.first.clone());
        };
        match saying {
            Saying::Plain(call) => call.clone(),
            Saying::Fitting(which, one) => {
                let pipeline = reference.pipelines[*which].as_ref();
                let calls = pipeline.map(|pipeline| fitting(*which, pipeline));
                let nobody = vec![Call::Start(*which, None)];
                one.get(&calls.unwrap_or(nobody)).clone()
            }
            Saying::Select(which, bits) => {
                let stages = reference.pipelines[*which]
                    .iter()
                    .flat_map(|pipeline| &pipeline.definition.stages);
                let mut bits = *bits;
                let mut next = || {
                    bits = bits.rotate_right(1);
                    bits & 1 == 1
                };
                let entry = |stage: &Stage| {
                    let tasks = stage.tasks.iter().filter(|_| next());
                    let tasks: Vec<String> = tasks.map(|task| task.name.to_owned()).collect();
                    let named = !tasks.is_empty() || next();
                    named.then(|| (stage.name.to_owned(), tasks))
                };
                Call::Start(*which, Some(stages.filter_map(entry).collect()))
            }
            Saying::Answer(which, name, agree) => {
                let mut names = reference.pipelines[*which]
                    .as_ref()
                    .map(Pipeline::waiting)
                    .unwrap_or_default();
                // Waiting gates count many times.
                names = names.repeat(6);
                names.extend(STAGES.iter().chain(&TASKS));
                Call::Approval(*which, (*name.get(&names)).to_owned(), *agree)
            }
        }
    }
}

/// The calls that lead on.
fn fitting(which: usize, pipeline: &Pipeline) -> Vec<Call> {
    match pipeline.status() {
        3 => vec![
            Call::Retry(which),
            Call::Rollback(which),
            Call::Start(which, None),
        ],
        4 => vec![Call::Advance(1), Call::Advance(3), Call::Stop(which)],
        5 => {
            let gates = pipeline.waiting().into_iter();
            let agree = gates.map(|name| Call::Approval(which, name.to_owned(), true));
            agree.chain([Call::Advance(1), Call::Stop(which)]).collect()
        }
        7 => vec![
            Call::Advance(1),
            Call::Continue(which),
            Call::Continue(which),
        ],
        10 | 13 | 14 => vec![Call::Advance(1), Call::Advance(4)],
        _ => vec![Call::Start(which, None)],
    }
}
