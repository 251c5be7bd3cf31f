//! The laws of lifecycles, each on thousands of random histories.

mod forward;
mod hanging;
mod histories;
mod pipeline;
mod rules;

use std::collections::HashSet;
use std::mem::{Discriminant, discriminant};

use proptest::array::uniform3;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use release_emulator::internals::sim::lifecycle::{
    AcceptedCommand, Command, Node, Outcome, Phase, Run, RunRecord, StepPlan, StepRule, StepState,
    Verdict,
};
use release_emulator::internals::sim::{Millis, NEVER};

use crate::common::cases;
use histories::{
    LATE, MOST, START, Sight, TICK, Told, beats, histories, look, nodes, scripts, steps, ticks,
};

/// The instants from `from` on that lead from one to the next by [`Run::next_due`].
fn walk(run: &Run, from: Millis) -> impl Iterator<Item = (Millis, Millis)> {
    let pair = move |now: Millis| (now < NEVER).then(|| (now, run.next_due(now)));
    std::iter::successors(pair(from), move |(_, due)| pair(*due))
}

/// The changes after `from` and until `to`.
fn changes(run: &Run, from: Millis, to: Millis) -> Vec<(Millis, Sight, Sight)> {
    walk(run, from)
        .take_while(|(_, due)| *due <= to)
        .map(|(now, due)| (due, look(run, now), look(run, due)))
        .filter(|(_, was, is)| was != is)
        .collect()
}

/// True if the run itself takes the step, rather than passing it.
fn is_own(does: &StepPlan) -> bool {
    matches!(does, StepPlan::Work { .. } | StepPlan::Gate)
}

/// The own steps below a node.
fn own(node: &Node, does: &[StepPlan]) -> Vec<usize> {
    match node {
        Node::Step(step) if is_own(&does[*step]) => vec![*step],
        Node::Step(_) => Vec::new(),
        Node::Seq(nodes) | Node::Par(nodes) | Node::Pool { nodes, .. } => {
            nodes.iter().flat_map(|node| own(node, does)).collect()
        }
    }
}

/// The own steps with which a node begins.
fn heads(node: &Node, does: &[StepPlan]) -> Vec<usize> {
    match node {
        // Of a pool, more may begin at once.
        Node::Seq(nodes) | Node::Pool { nodes, .. } => {
            let mut heads = nodes.iter().map(|node| heads(node, does));
            heads.find(|heads| !heads.is_empty()).unwrap_or_default()
        }
        Node::Par(nodes) => nodes.iter().flat_map(|node| heads(node, does)).collect(),
        Node::Step(_) => own(node, does),
    }
}

fn since(seen: StepState) -> Option<Millis> {
    match seen {
        StepState::Idle => None,
        StepState::Open { since } | StepState::Ended { since, .. } => Some(since),
    }
}

/// The rule of a step.
fn rule(run: &Run, step: usize) -> StepRule {
    let mut rules = run.record().rules.iter();
    let found = rules.find(|rule| rule.step == step).cloned();
    found.unwrap_or_else(|| StepRule::none(step))
}

/// True if a command ends the run.
fn interrupts(run: &Run, command: Command) -> bool {
    match command {
        Command::Refuse(gate) => !rule(run, gate).fails_alone,
        Command::Abort(_) => true,
        _ => false,
    }
}

/// True if a step has failed by itself.
fn has_failed(seen: StepState) -> bool {
    use Verdict::{Failed, TimedOut};
    matches!(
        seen,
        StepState::Ended {
            verdict: Failed | TimedOut,
            ..
        }
    )
}

/// True if a step has failed, and the run does not mind.
fn is_ignored(run: &Run, step: usize, seen: StepState) -> bool {
    let is_refused = run.record().steps[step] == StepPlan::Gate
        && matches!(
            seen,
            StepState::Ended {
                verdict: Verdict::Failed,
                ..
            }
        );
    has_failed(seen) && !is_refused && rule(run, step).ignores_failure
}

fn is_over(seen: StepState) -> bool {
    matches!(seen, StepState::Ended { .. })
}

fn is_well(seen: StepState) -> bool {
    use Verdict::{Skipped, Succeeded};
    matches!(
        seen,
        StepState::Ended {
            verdict: Succeeded | Skipped,
            ..
        }
    )
}

#[test]
fn the_random_histories_reach_everything_that_can_be_said_and_seen() {
    let mut runner = TestRunner::deterministic();
    let mut phases = HashSet::new();
    let mut verdicts = HashSet::new();
    let mut accepted: HashSet<Discriminant<Command>> = HashSet::new();
    let mut refused: HashSet<(Phase, Discriminant<Command>)> = HashSet::new();

    for _ in 0..2_000 {
        let history = histories().new_tree(&mut runner).unwrap().current();
        for (_, (phase, steps)) in history.film() {
            phases.insert(phase);
            verdicts.extend(steps.into_iter().filter_map(|seen| match seen {
                StepState::Ended { verdict, .. } => Some(discriminant(&verdict)),
                StepState::Idle | StepState::Open { .. } => None,
            }));
        }
        for told in history.told() {
            let command = discriminant(&told.command);
            if told.accepted {
                accepted.insert(command);
            } else {
                refused.insert((told.before.phase(told.at), command));
            }
        }
    }

    assert_eq!((phases.len(), verdicts.len(), accepted.len()), (9, 5, 5));
    // Every phase refuses every command, but running and waiting no stop, and paused no continue.
    // The former refuse an abort only for its length, waiting an answer only for its address.
    assert_eq!(refused.len(), 9 * 5 - 3);
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn reading_changes_nothing(
        history in histories(),
        instants in vec(START..LATE, 1..12),
    ) {
        let run = history.run();
        let untouched = run.clone();
        let read = |now: &Millis| (look(&run, *now), run.next_due(*now), run.ended(*now));

        let forth: Vec<_> = instants.iter().map(read).collect();
        let mut back: Vec<_> = instants.iter().rev().map(read).collect();

        back.reverse();
        prop_assert_eq!(forth, back);
        prop_assert_eq!(run, untouched);
    }

    #[test]
    fn a_finished_step_looks_the_same_for_ever(history in histories()) {
        let film = history.film();
        for pair in film.windows(2) {
            let (_, (_, was)) = &pair[0];
            let (_, (_, is)) = &pair[1];
            for (was, is) in was.iter().zip(is) {
                match was {
                    StepState::Idle => {}
                    StepState::Open { since: begin } => prop_assert_eq!(Some(*begin), since(*is)),
                    StepState::Ended { .. } => prop_assert_eq!(was, is),
                }
            }
        }
    }

    #[test]
    fn nothing_is_seen_before_it_happens(history in histories()) {
        for (now, (_, steps)) in history.film() {
            for seen in steps {
                prop_assert!(since(seen).is_none_or(|since| since <= now));
                if let StepState::Ended { since, at, .. } = seen {
                    prop_assert!(since <= at && at <= now);
                }
            }
        }
        let run = history.run();
        for now in ticks(START, LATE) {
            prop_assert_eq!(run.ended(now).is_some(), run.phase(now).is_ended());
            prop_assert!(run.ended(now).is_none_or(|end| end <= now));
        }
    }

    #[test]
    fn a_run_waits_exactly_while_a_gate_does(history in histories()) {
        let run = history.run();
        for now in ticks(START, LATE) {
            let waits = (0..history.plan.steps.len()).any(|step| run.waits_at(step, now));
            prop_assert_eq!(run.phase(now) == Phase::Waiting, waits);
        }
    }

    #[test]
    fn a_refused_command_leaves_the_history_equal(history in histories()) {
        for told in history.told() {
            let mut expected = told.before.record().commands.clone();
            if told.accepted {
                expected.push(AcceptedCommand { at: told.at, command: told.command });
            } else {
                prop_assert_eq!(&told.before, &told.after);
            }
            prop_assert_eq!(&told.after.record().commands, &expected);
        }
    }

    #[test]
    fn an_accepted_command_alters_only_what_was_unfinished(history in histories()) {
        for Told { at, before, after, .. } in history.told() {
            for now in ticks(START, at).chain((START < at).then_some(at - 1)) {
                prop_assert_eq!(look(&before, now), look(&after, now));
            }
            for (was, is) in steps(&before, at).into_iter().zip(steps(&after, at)) {
                prop_assert!(was == is || !is_over(was));
            }
        }
    }

    #[test]
    fn nothing_changes_until_the_next_due_instant_and_something_does_then(history in histories()) {
        let mut runs = vec![(START, history.run())];
        runs.extend(history.told().into_iter().map(|told| (told.at, told.after)));
        for (from, run) in runs {
            for (now, due) in walk(&run, from) {
                prop_assert!(now < due);
                let sight = look(&run, now);
                for between in [now + (due - now) / 3, now + (due - now) / 2, due - 1] {
                    prop_assert_eq!(&look(&run, between), &sight);
                    prop_assert_eq!(run.next_due(between), due);
                }
                // In hindsight the instant of a command counts too, and a stop that was at once
                // taken back has left no trace.
                let is_told = run.record().commands.iter().any(|event| event.at == due);
                prop_assert!(due == NEVER || is_told || look(&run, due) != sight);
            }
        }
    }

    #[test]
    fn what_has_ended_stays_so(history in histories()) {
        let film = history.film();
        for pair in film.windows(2) {
            let ((_, was), (_, is)) = (&pair[0], &pair[1]);
            prop_assert!(!was.0.is_ended() || was == is);
        }
        for told in history.told() {
            if told.before.phase(told.at).is_ended() {
                prop_assert!(!told.accepted);
                prop_assert_eq!(told.after.next_due(told.at), NEVER);
            }
        }
    }

    #[test]
    fn changes_compose_wherever_the_walk_is_split(
        history in histories(),
        mut instants in uniform3(0..LATE - START),
    ) {
        let run = history.run();
        instants.sort_unstable();
        // Most of what happens, happens early.
        let [a, b, c] = instants.map(|instant| START + instant / 4 / TICK * TICK);

        let whole = changes(&run, a, c);
        let split = [changes(&run, a, b), changes(&run, b, c)].concat();

        let last = whole.last().map_or_else(|| look(&run, a), |(_, _, is)| is.clone());
        prop_assert_eq!(last, look(&run, c));
        prop_assert_eq!(whole, split);
    }

    #[test]
    fn a_repetition_carries_what_succeeded_and_ends_well(
        history in histories(),
        (wait, gap) in (beats(0..41), beats(0..5)),
        takes in vec(beats(0..11), MOST),
    ) {
        let (run, now) = (history.run(), START + wait);
        let mut redone = Vec::new();

        let does = run.repeat(now, |step| {
            redone.push(step);
            StepPlan::Work { takes: takes[step], outcome: Outcome::Succeed }
        });
        let plan = RunRecord { steps: does.clone(), limit: None, rules: Box::default(), ..history.plan };
        let repetition = Run::start(now + gap, plan);

        for (step, does) in does.into_iter().enumerate() {
            let was = run.step_state(step, now);
            match was {
                StepState::Ended { since: begin, at: end, verdict: Verdict::Succeeded } => {
                    prop_assert_eq!(does, StepPlan::Inherited { begin, end });
                    prop_assert_eq!(repetition.step_state(step, now + gap), was);
                }
                StepState::Ended { verdict: Verdict::Skipped, .. } => prop_assert_eq!(does, StepPlan::Skip),
                _ => prop_assert_eq!(redone.remove(0), step),
            }
        }
        prop_assert!(redone.is_empty());
        prop_assert_eq!(repetition.phase(LATE + wait), Phase::Succeeded);
    }

    #[test]
    fn only_a_history_that_could_be_accepted_is_restored(history in histories()) {
        let restore = |events: &[AcceptedCommand]| Run::restore(RunRecord { started: START, commands: events.to_vec(), ..history.plan.clone() });
        let run = history.run();
        let events = &run.record().commands[..];

        prop_assert_eq!(restore(events), Ok(run.clone()));
        for told in history.told().iter().filter(|told| !told.accepted) {
            let refused = AcceptedCommand { at: told.at, command: told.command };
            prop_assert!(restore(&[&told.before.record().commands[..], &[refused]].concat()).is_err());
        }
        if let [first, .., last] = events && first.at < last.at {
            let reversed: Vec<_> = events.iter().rev().copied().collect();
            prop_assert!(restore(&reversed).is_err());
        }
        let early = AcceptedCommand { at: START - 1, command: Command::Stop };
        prop_assert!(restore(&[&[early], events].concat()).is_err());
    }

    #[test]
    fn an_unsound_script_is_not_restored(plan in scripts(), takes in Millis::MIN..0) {
        let unsound = |spoil: &dyn Fn(&mut RunRecord)| {
            let mut plan = plan.clone();
            spoil(&mut plan);
            Run::restore(RunRecord { started: START, ..plan }).is_err()
        };
        let future = StepPlan::Inherited { begin: START, end: START + 1 };

        let sound = RunRecord { started: START, ..plan.clone() };
        prop_assert!(Run::restore(sound).is_ok());
        // Step 0 is named twice, or is not there at all.
        let name_twice = |plan: &mut RunRecord| {
            plan.tree = Node::Seq(vec![plan.tree.clone(), Node::Step(0)]);
        };
        prop_assert!(unsound(&name_twice));
        prop_assert!(unsound(&|plan| plan.steps.push(StepPlan::Gate)));
        prop_assert!(unsound(&|plan| plan.start_delay = takes));
        prop_assert!(unsound(&|plan| plan.stop_delay = takes));
        prop_assert!(unsound(&|plan| plan.limit = Some(takes)));
        let rules = |rules: &[StepRule]| unsound(&|plan| plan.rules = rules.into());
        prop_assert!(rules(&[StepRule::none(plan.steps.len())]));
        prop_assert!(rules(&[StepRule::none(0), StepRule::none(0)]));
        let negative = StepRule { limit: Some(takes), ..StepRule::none(0) };
        prop_assert!(rules(&[negative]));
        let no_place = |plan: &mut RunRecord| {
            plan.tree = Node::Seq(vec![plan.tree.clone(), Node::Pool { most: 0, nodes: Vec::new() }]);
        };
        prop_assert!(unsound(&no_place));
        for step in 0..plan.steps.len() {
            let work = StepPlan::Work { takes, outcome: Outcome::Succeed };
            prop_assert!(unsound(&|plan| plan.steps[step] = work.clone()));
            prop_assert!(unsound(&|plan| plan.steps[step] = future.clone()));
        }
    }

    #[test]
    fn time_stopped_does_not_count(mut history in histories(), longer in beats(0..9)) {
        history.plan.limit = None;
        let pause = history.plan.stop_delay + longer;
        for Told { at, before: run, .. } in history.told() {
            let mut paused = run.clone();
            if paused.apply(at, Command::Stop).is_err() {
                continue;
            }
            prop_assert_eq!(paused.apply(at + pause, Command::Continue), Ok(()));

            let later = |instant: Millis| if instant > at { instant + pause } else { instant };
            let shifted = steps(&run, LATE).into_iter().map(|seen| match seen {
                StepState::Idle => StepState::Idle,
                StepState::Open { since } => StepState::Open { since: later(since) },
                StepState::Ended { since, at, verdict } => {
                    StepState::Ended { since: later(since), at: later(at), verdict }
                }
            });
            prop_assert_eq!(steps(&paused, LATE + pause), shifted.collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_sequence_goes_one_by_one_and_siblings_begin_together(history in histories()) {
        let run = history.run();
        let RunRecord { tree, steps: does, continue_on_failure, .. } = run.record();
        let seen = steps(&run, LATE);
        for node in nodes(tree) {
            match node {
                Node::Step(_) | Node::Pool { .. } => {}
                Node::Par(_) => {
                    let begins = heads(node, does).into_iter().map(|step| since(seen[step]));
                    prop_assert!(begins.collect::<HashSet<_>>().len() <= 1);
                }
                Node::Seq(nodes) => {
                    for (n, node) in nodes.iter().enumerate() {
                        let later = nodes[n + 1..].iter().flat_map(|node| own(node, does));
                        let Some(next) = later.filter_map(|step| since(seen[step])).min() else {
                            continue;
                        };
                        for step in own(node, does) {
                            let seen = run.step_state(step, next);
                            let goes_on = *continue_on_failure || is_ignored(&run, step, seen);
                            prop_assert!(is_well(seen) || has_failed(seen) && goes_on);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn an_end_leaves_nothing_open_and_begins_nothing(history in histories()) {
        let plan = &history.plan;
        for (_, (phase, steps)) in history.film() {
            if phase.is_ended() || phase == Phase::Aborting {
                prop_assert!(steps.iter().all(|seen| *seen == StepState::Idle || is_over(*seen)));
            }
            if phase.is_ended() {
                // With no step left to take, the limit can still come during the lead.
                let is_cut = plan.limit.is_some_and(|limit| limit < plan.start_delay);
                let run = history.run();
                let is_well = |(step, seen): (usize, StepState)| {
                    is_well(seen) || is_ignored(&run, step, seen)
                };
                let is_well = steps.into_iter().enumerate().all(is_well) && !is_cut;
                prop_assert_eq!(phase == Phase::Succeeded, is_well);
            }
        }
        for told in history.told().iter().filter(|told| told.accepted) {
            if interrupts(&told.before, told.command) {
                prop_assert!(!matches!(told.after.phase(told.at), Phase::Running | Phase::Waiting));
                for (was, is) in steps(&told.before, told.at).iter().zip(steps(&told.after, LATE)) {
                    prop_assert!(*was != StepState::Idle || is == StepState::Idle);
                }
            }
        }
        if let Some(limit) = plan.limit {
            let phase = history.run().phase(START + limit);
            prop_assert!(phase.is_ended() || phase == Phase::Aborting);
        }
    }
}
