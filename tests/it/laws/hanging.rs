//! The laws of work that never ends by itself.

use std::collections::HashSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use release_emulator::internals::sim::NEVER;
use release_emulator::internals::sim::lifecycle::{
    AcceptedCommand, Command, Phase, RunRecord, StepPlan, StepState, Verdict,
};

use super::histories::{LATE, START, TICK, histories, look, steps};
use super::{interrupts, rule, walk};
use crate::common::cases;

fn is_open(seen: StepState) -> bool {
    matches!(seen, StepState::Open { .. })
}

#[test]
fn in_the_random_histories_work_hangs_in_every_phase_that_lasts() {
    let mut runner = TestRunner::deterministic();
    let mut phases = HashSet::new();
    for _ in 0..2_000 {
        let run = histories().new_tree(&mut runner).unwrap().current().run();
        let mut seen = run.record().steps.iter().zip(steps(&run, LATE));
        if seen.any(|(does, seen)| *does == StepPlan::HANG && is_open(seen)) {
            phases.insert(run.phase(LATE));
        }
    }
    let lasting = [Phase::Running, Phase::Waiting, Phase::Paused];
    assert_eq!(phases, HashSet::from(lasting));
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn what_hangs_has_no_due_instant_and_is_ended_by_nothing_but_a_cut(history in histories()) {
        let run = history.run();
        let RunRecord { steps: does, limit, .. } = run.record();
        let cut = |event: &AcceptedCommand| interrupts(&run, event.command).then_some(event.at);
        let cuts = run.record().commands.iter().filter_map(cut).chain(limit.map(|limit| START + limit));
        let cut = cuts.min();
        for (step, (does, seen)) in does.iter().zip(steps(&run, LATE)).enumerate() {
            if let (StepPlan::Work { takes: NEVER, .. }, StepState::Ended { at, verdict, .. }) = (does, seen) {
                if verdict == Verdict::TimedOut {
                    prop_assert!(rule(&run, step).limit.is_some());
                } else {
                    prop_assert_eq!((Some(at), verdict), (cut, Verdict::Interrupted));
                }
            }
        }
        // Whatever is open by now waits or hangs, so time alone does nothing more to the run.
        prop_assert_eq!(run.next_due(LATE), NEVER);
        prop_assert_eq!(look(&run, LATE), look(&run, NEVER - 1));
        // Each step begins and ends at most once; beside these there are the commands and what they take.
        let most = 2 * does.len() + 2 * run.record().commands.len() + 3;
        prop_assert!(walk(&run, START).count() <= most);
    }

    #[test]
    fn what_hangs_or_waits_can_be_stopped_aborted_and_refused(history in histories()) {
        let run = history.run();
        let told = |command| {
            let mut run = run.clone();
            run.apply(LATE, command).map(|()| run)
        };
        if !matches!(run.phase(LATE), Phase::Running | Phase::Waiting) {
            return Ok(());
        }
        let brake = run.record().stop_delay;
        let stopped = told(Command::Stop).expect("it runs");
        prop_assert_eq!(stopped.phase(LATE + brake), Phase::Paused);
        let aborted = told(Command::Abort(TICK)).expect("it runs");
        prop_assert_eq!(aborted.phase(LATE + TICK), Phase::Aborted);
        let aborting = told(Command::Abort(NEVER)).expect("it runs");
        prop_assert_eq!(aborting.phase(NEVER - 1), Phase::Aborting);
        prop_assert_eq!(aborting.next_due(LATE), NEVER);
        for run in [aborted, aborting] {
            prop_assert!(!steps(&run, LATE).into_iter().any(is_open));
        }
        for gate in (0..run.record().steps.len()).filter(|step| run.waits_at(*step, LATE)) {
            let refused = told(Command::Refuse(gate)).expect("it waits");
            let is_cut = refused.phase(LATE) == Phase::Failed;
            prop_assert!(is_cut || rule(&run, gate).fails_alone);
        }
    }
}
