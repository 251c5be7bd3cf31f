//! The cost of a forecast and of a status.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use release_emulator::internals::sim::Millis;
use release_emulator::internals::sim::lifecycle::{
    AcceptedCommand, Command, Node, Outcome, Run, RunRecord, StepPlan,
};

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

pub(crate) fn runs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fold of a run");
    for steps in [5_usize, 30, 200] {
        group.throughput(Throughput::Elements(steps as u64));
        // Stopped and continued in each of its first two steps.
        let events = [(1, Command::Stop), (2, Command::Continue)];
        let events = events.map(|(at, command)| AcceptedCommand { at, command });
        let history = RunRecord {
            commands: events.to_vec(),
            ..script(steps)
        };
        group.bench_with_input(
            BenchmarkId::new("history", steps),
            &history,
            |bencher, history| {
                bencher.iter(|| Run::restore(black_box(history).clone()).expect("a history"));
            },
        );
        let run = Run::restore(history).expect("a history");
        group.bench_with_input(BenchmarkId::new("look", steps), &run, |bencher, run| {
            bencher.iter(|| {
                let now = black_box(STEP);
                let seen =
                    (0..steps).filter(|step| run.step_state(*step, now) != run.step_state(0, now));
                (run.phase(now), seen.count())
            });
        });
    }
    group.finish();
}
