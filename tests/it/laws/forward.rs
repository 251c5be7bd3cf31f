//! The laws of a run whose own time goes forward.

use proptest::prelude::*;

use release_emulator::internals::sim::lifecycle::{Command, Phase, Run, StepState, Verdict};
use release_emulator::internals::sim::{Millis, NEVER};

use super::histories::{LATE, START, Sight, TICK, beats, histories, look, ticks};
use crate::common::cases;

/// A sight without its instants.
fn shape((phase, steps): &Sight) -> (Phase, Vec<(bool, Option<Verdict>)>) {
    let step = |step: &StepState| match step {
        StepState::Idle => (false, None),
        StepState::Open { .. } => (true, None),
        StepState::Ended { verdict, .. } => (true, Some(*verdict)),
    };
    (*phase, steps.iter().map(step).collect())
}

/// The instants in a sight.
fn instants((_, steps): &Sight) -> Vec<Millis> {
    let step = |step: &StepState| match step {
        StepState::Idle => vec![],
        StepState::Open { since } => vec![*since],
        StepState::Ended { since, at, .. } => vec![*since, *at],
    };
    steps.iter().flat_map(step).collect()
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn what_is_to_come_is_earlier_and_what_has_been_stays(
        history in histories(),
        jumps in proptest::collection::vec((prop_oneof![Just(0), Just(TICK), beats(0..6)], beats(0..12)), 1..4),
    ) {
        let mut before = history.run();
        let told = history.told();
        let mut now = told.last().map_or(START, |told| told.at);
        for (wait, by) in jumps {
            now += wait;
            let mut after = before.clone();
            let accepted = after.apply(now, Command::Forward(by)).is_ok();
            prop_assert_eq!(accepted, !before.phase(now).is_ended());
            if !accepted {
                prop_assert_eq!(after, before);
                return Ok(());
            }
            for at in ticks(START, now) {
                prop_assert_eq!(look(&after, at), look(&before, at));
                let due = before.next_due(at);
                if due < now {
                    prop_assert_eq!(after.next_due(at), due);
                }
            }
            let earlier = |at: Millis| match at {
                NEVER => NEVER,
                at if at <= now => at,
                at => (at - by).max(now),
            };
            for at in ticks(now, LATE) {
                let (is, would) = (look(&after, at), look(&before, at + by));
                prop_assert_eq!(shape(&is), shape(&would));
                let moved: Vec<_> = instants(&would).into_iter().map(earlier).collect();
                prop_assert_eq!(instants(&is), moved);
                prop_assert_eq!(after.next_due(at), earlier(before.next_due(at + by)));
                prop_assert_eq!(after.ended(at), before.ended(at + by).map(earlier));
            }
            for step in 0..before.record().steps.len() {
                let (begin, end) = before.span(step);
                prop_assert_eq!(after.span(step), (earlier(begin), earlier(end)));
            }
            let restored = Run::restore(after.record().clone());
            prop_assert_eq!(restored, Ok(after.clone()));
            before = after;
        }
    }

    #[test]
    fn the_steps_that_change_at_a_jump_are_told(history in histories(), by in beats(0..20)) {
        let before = history.run();
        let now = history.told().last().map_or(START, |told| told.at) + TICK;
        let mut after = before;
        if after.apply(now, Command::Forward(by)).is_err() {
            return Ok(());
        }
        for at in ticks(START, LATE) {
            let (_, was) = look(&after, at - 1);
            let (_, is) = look(&after, at);
            let told = after.steps_changing_at(at);
            for (step, (was, is)) in was.iter().zip(&is).enumerate() {
                prop_assert!(was == is || told.contains(&step), "{step} at {at}");
            }
        }
    }
}
