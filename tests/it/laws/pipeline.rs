//! The exact times of a pipeline, as an example of what a run does.

use release_emulator::internals::sim::lifecycle::{
    Command, Node, Outcome, Phase, Run, RunRecord, StepPlan, StepState, Verdict,
};
use release_emulator::internals::sim::{Millis, NEVER};

use super::histories::{LATE, START, steps};

const BUILD: usize = 0;
const GATE: usize = 1;
const IMAGE: usize = 2;
const DEPLOY: usize = 3;
const SMOKE: usize = 4;
const NOTIFY: usize = 5;

/// Three stages: a build; once approved, an image and its deployment beside a smoke test; a notice.
fn pipeline() -> RunRecord {
    let work = |seconds: Millis| StepPlan::Work {
        takes: seconds * 1_000,
        outcome: Outcome::Succeed,
    };
    let groups = vec![
        Node::Seq(vec![Node::Step(IMAGE), Node::Step(DEPLOY)]),
        Node::Step(SMOKE),
    ];
    RunRecord {
        tree: Node::Seq(vec![
            Node::Step(BUILD),
            Node::Seq(vec![Node::Step(GATE), Node::Par(groups)]),
            Node::Step(NOTIFY),
        ]),
        steps: vec![work(2), StepPlan::Gate, work(1), work(2), work(5), work(1)],
        continue_on_failure: false,
        start_delay: 1_000,
        stop_delay: 1_000,
        ..RunRecord::new(Node::Seq(Vec::new()), Vec::new())
    }
}

/// An instant of the pipeline, in seconds from its start.
fn at(seconds: Millis) -> Millis {
    START + seconds * 1_000
}

/// The pipeline after it was told these commands, at these seconds from its start.
fn told(plan: RunRecord, commands: &[(Millis, Command)]) -> Run {
    let mut run = Run::start(START, plan);
    for (seconds, command) in commands {
        run.apply(at(*seconds), *command).unwrap();
    }
    run
}

/// The steps' outcomes, in seconds from the start; steps that have not begun are left out.
fn ends(run: &Run) -> Vec<(usize, Millis, Millis, Verdict)> {
    let seconds = |instant: Millis| (instant - START) / 1_000;
    let ends = steps(run, LATE).into_iter().enumerate();
    ends.filter_map(|(step, seen)| match seen {
        StepState::Ended { since, at, verdict } => {
            Some((step, seconds(since), seconds(at), verdict))
        }
        StepState::Idle | StepState::Open { .. } => None,
    })
    .collect()
}

#[test]
fn a_pipeline_waits_at_its_gate_and_goes_on_from_the_approval() {
    let run = told(pipeline(), &[(10, Command::Approve(GATE))]);

    let phases = [0, 1, 3, 10, 15, 16].map(|seconds| run.phase(at(seconds)));
    assert_eq!(
        phases[..3],
        [Phase::Starting, Phase::Running, Phase::Waiting]
    );
    assert_eq!(
        phases[3..],
        [Phase::Running, Phase::Running, Phase::Succeeded]
    );
    assert_eq!(run.ended(LATE), Some(at(16)));
    assert_eq!(
        ends(&run),
        [
            (BUILD, 1, 3, Verdict::Succeeded),
            (GATE, 3, 10, Verdict::Succeeded),
            (IMAGE, 10, 11, Verdict::Succeeded),
            (DEPLOY, 11, 13, Verdict::Succeeded),
            (SMOKE, 10, 15, Verdict::Succeeded),
            (NOTIFY, 15, 16, Verdict::Succeeded),
        ]
    );
}

#[test]
fn a_gate_waits_for_ever_if_nobody_answers() {
    let run = Run::start(START, pipeline());

    assert_eq!(run.next_due(at(2)), at(3));
    assert_eq!(run.next_due(at(3)), NEVER);
    assert!(run.waits_at(GATE, LATE));
}

#[test]
fn a_pause_gives_each_group_the_time_it_still_needed() {
    let commands = [
        (10, Command::Approve(GATE)),
        (12, Command::Stop),
        (20, Command::Continue),
    ];
    let run = told(pipeline(), &commands);

    let phases = [12, 13, 20].map(|seconds| run.phase(at(seconds)));
    assert_eq!(phases, [Phase::Stopping, Phase::Paused, Phase::Running]);
    assert_eq!(
        ends(&run)[2..],
        [
            (IMAGE, 10, 11, Verdict::Succeeded),
            (DEPLOY, 11, 21, Verdict::Succeeded),
            (SMOKE, 10, 23, Verdict::Succeeded),
            (NOTIFY, 23, 24, Verdict::Succeeded),
        ]
    );
}

#[test]
fn a_refusal_ends_the_pipeline_at_once_even_if_failures_do_not() {
    let mut plan = pipeline();
    plan.continue_on_failure = true;
    let run = told(plan, &[(10, Command::Refuse(GATE))]);

    assert_eq!(run.phase(at(10)), Phase::Failed);
    assert_eq!(ends(&run)[1..], [(GATE, 3, 10, Verdict::Failed)]);
}

#[test]
fn an_abort_cuts_what_is_open_and_winds_down() {
    let commands = [(10, Command::Approve(GATE)), (12, Command::Abort(3_000))];
    let run = told(pipeline(), &commands);

    let phases = [12, 14, 15].map(|seconds| run.phase(at(seconds)));
    assert_eq!(phases, [Phase::Aborting, Phase::Aborting, Phase::Aborted]);
    assert_eq!(run.ended(LATE), Some(at(15)));
    assert_eq!(
        ends(&run)[3..],
        [
            (DEPLOY, 11, 12, Verdict::Interrupted),
            (SMOKE, 10, 12, Verdict::Interrupted)
        ]
    );
}

#[test]
fn a_failure_ends_its_group_and_the_later_stages_but_not_its_siblings() {
    let mut plan = pipeline();
    plan.steps[IMAGE] = StepPlan::Work {
        takes: 1_000,
        outcome: Outcome::Fail("no such image".into()),
    };
    let run = told(plan, &[(10, Command::Approve(GATE))]);

    assert_eq!(run.phase(at(15)), Phase::Failed);
    assert_eq!(run.failure(IMAGE, at(11)), Some("no such image"));
    assert_eq!(
        ends(&run)[2..],
        [
            (IMAGE, 10, 11, Verdict::Failed),
            (SMOKE, 10, 15, Verdict::Succeeded)
        ]
    );
}

#[test]
fn a_time_limit_cuts_a_pipeline_that_nobody_approves() {
    let mut plan = pipeline();
    plan.limit = Some(5_000);
    let run = Run::start(START, plan);

    assert_eq!(run.next_due(at(3)), at(5));
    assert_eq!(run.phase(at(5)), Phase::Failed);
    assert_eq!(ends(&run)[1..], [(GATE, 3, 5, Verdict::Interrupted)]);
}
