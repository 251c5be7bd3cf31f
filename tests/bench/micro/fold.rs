//! The cost of a forecast and of a status.

use std::hint::black_box;

use release_emulator::internals::sim::Millis;
use release_emulator::internals::sim::lifecycle::{
    AcceptedCommand, Command, Node, Outcome, Run, RunRecord, StepPlan,
};

use crate::suite::{SHORT_CALLS, Suite};

/// Duration of a step.
const STEP: Millis = 10;

/// A sequence of steps.
fn script(steps: usize) -> RunRecord {
    let work = StepPlan::Work {
        takes: STEP,
        outcome: Outcome::Succeed,
    };
    let tree = Node::Seq((0..steps).map(Node::Step).collect());
    RunRecord::new(tree, vec![work; steps])
}

pub(crate) fn runs(suite: &mut Suite) {
    for steps in [5_usize, 30, 200] {
        // Stopped and continued in each of its first two steps.
        let events = [(1, Command::Stop), (2, Command::Continue)];
        let events = events.map(|(at, command)| AcceptedCommand { at, command });
        let history = RunRecord {
            commands: events.to_vec(),
            ..script(steps)
        };
        suite.run(&format!("fold: history of {steps} steps"), || {
            Run::restore(black_box(&history).clone()).expect("a history")
        });
        let run = Run::restore(history).expect("a history");
        let name = format!("fold: {SHORT_CALLS} looks at {steps} steps");
        suite.run(&name, || {
            for _ in 0..SHORT_CALLS {
                let now = black_box(STEP);
                let seen =
                    (0..steps).filter(|step| run.step_state(*step, now) != run.step_state(0, now));
                black_box((run.phase(now), seen.count()));
            }
        });
    }
}
