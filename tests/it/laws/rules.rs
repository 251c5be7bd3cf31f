//! The laws of pools and of the rules of steps.

use proptest::prelude::*;

use release_emulator::internals::sim::lifecycle::{
    Command, Node, Outcome, Phase, Run, RunRecord, StepPlan, StepRule, StepState, Verdict,
};
use release_emulator::internals::sim::{Millis, NEVER};

use super::histories::{LATE, START, histories, nodes, steps, ticks};
use super::{has_failed, interrupts, is_over, own, rule, since};
use crate::common::cases;

fn is_open(seen: StepState) -> bool {
    matches!(seen, StepState::Open { .. })
}

/// The instant at which the run was interrupted.
fn cut(run: &Run) -> Millis {
    let RunRecord {
        commands, limit, ..
    } = run.record();
    let cuts = commands
        .iter()
        .filter(|event| interrupts(run, event.command));
    let cuts = cuts.map(|event| event.at);
    cuts.chain(limit.map(|limit| START + limit))
        .min()
        .unwrap_or(NEVER)
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn a_pool_never_has_more_under_way_than_its_places_and_lets_none_stand_empty(history in histories()) {
        let run = history.run();
        let RunRecord { tree, steps: does, .. } = run.record();
        for node in nodes(tree) {
            let Node::Pool { most, nodes } = node else {
                continue;
            };
            let parts: Vec<_> = nodes.iter().map(|node| own(node, does)).collect();
            for now in ticks(START, LATE) {
                let seen = steps(&run, now);
                let is_under_way = |part: &&Vec<usize>| part.iter().any(|step| is_open(seen[*step]));
                let n_open = parts.iter().filter(is_under_way).count();
                prop_assert!(n_open <= *most);
                let has_begun = |part: &Vec<usize>| part.iter().any(|step| since(seen[*step]).is_some());
                let is_waiting = parts.iter().any(|part| !part.is_empty() && !has_begun(part));
                if parts.iter().any(has_begun) && is_waiting && now < cut(&run) {
                    prop_assert_eq!(n_open, *most, "at {}", now);
                }
            }
        }
    }

    #[test]
    fn a_limit_is_kept_and_a_failure_within_it_is_its_own(history in histories()) {
        let mut history = history;
        history.plan.stop_delay = 0;
        let run = history.run();
        let is_stopped = run.record().commands.iter().any(|event| event.command == Command::Stop);
        for (step, seen) in steps(&run, LATE).into_iter().enumerate() {
            let own_limit = rule(&run, step).limit;
            match seen {
                StepState::Ended { verdict: Verdict::TimedOut, since, at } => {
                    let limit = own_limit.expect("only a limit ends it");
                    prop_assert!(at == since + limit || at > since + limit && is_stopped);
                    prop_assert_eq!(run.failure(step, LATE), None);
                }
                StepState::Ended { since, at, .. } if !matches!(run.record().steps[step], StepPlan::Inherited { .. }) => {
                    prop_assert!(is_stopped || own_limit.is_none_or(|limit| at <= since + limit));
                }
                StepState::Open { .. } => prop_assert!(is_stopped || own_limit.is_none()),
                StepState::Ended { .. } | StepState::Idle => {}
            }
        }
    }

    #[test]
    fn siblings_finish_what_a_refusal_that_stands_alone_leaves_open(history in histories()) {
        for told in history.told().iter().filter(|told| told.accepted) {
            let Command::Refuse(gate) = told.command else {
                continue;
            };
            if interrupts(&told.before, told.command) {
                continue;
            }
            let refused = told.after.step_state(gate, told.at);
            let failed = matches!(refused, StepState::Ended { at, verdict: Verdict::Failed, .. } if at == told.at);
            prop_assert!(failed);
            let open = steps(&told.before, told.at).into_iter().enumerate();
            for (step, _) in open.filter(|(step, seen)| *step != gate && is_open(*seen)) {
                prop_assert_eq!(told.after.span(step), told.before.span(step));
                let (was, is) = (told.before.step_state(step, LATE), told.after.step_state(step, LATE));
                prop_assert_eq!(was, is);
            }
        }
    }

    #[test]
    fn an_ignored_failure_looks_like_one_and_counts_as_a_success(history in histories(), step in 0..12_usize) {
        let ignores = |ignores_failure| {
            let mut plan = history.plan.clone();
            let step = step % plan.steps.len().max(1);
            let rules = plan.rules.iter().filter(|rule| rule.step != step).cloned();
            let mut rules: Vec<_> = rules.chain([StepRule { ignores_failure, ..StepRule::none(step) }]).collect();
            rules.sort_by_key(|rule| rule.step);
            plan.rules = rules.into();
            if let Some(work) = plan.steps.get_mut(step) {
                *work = StepPlan::Work {
                    takes: 1_000,
                    outcome: if ignores_failure { Outcome::Fail("no".into()) } else { Outcome::Succeed },
                };
            }
            plan
        };
        if history.plan.steps.is_empty() {
            return Ok(());
        }
        let step = step % history.plan.steps.len();
        let (failed, well) = (Run::start(START, ignores(true)), Run::start(START, ignores(false)));
        for now in ticks(START, LATE) {
            prop_assert_eq!(failed.phase(now), well.phase(now));
            let seen = failed.step_state(step, now);
            let others = |run: &Run| {
                let mut all = steps(run, now);
                all.remove(step);
                all
            };
            prop_assert_eq!(others(&failed), others(&well));
            prop_assert_eq!(is_over(seen), is_over(well.step_state(step, now)));
            prop_assert!(!is_over(seen) || has_failed(seen) || now >= cut(&failed));
        }
    }
}

fn work(seconds: Millis) -> StepPlan {
    StepPlan::Work {
        takes: seconds * 1_000,
        outcome: Outcome::Succeed,
    }
}

fn at(seconds: Millis) -> Millis {
    START + seconds * 1_000
}

#[test]
fn a_pool_of_two_takes_the_next_as_soon_as_one_has_ended() {
    let pool = Node::Pool {
        most: 2,
        nodes: (0..4).map(Node::Step).collect(),
    };
    let lengths = [5, 1, 2, 4].map(work);
    let run = Run::start(START, RunRecord::new(pool, lengths.to_vec()));

    let spans = [0, 1, 2, 3].map(|step| run.span(step));
    let expected = [(0, 5), (0, 1), (1, 3), (3, 7)];
    assert_eq!(spans, expected.map(|(begin, end)| (at(begin), at(end))));
    assert_eq!(run.ended(LATE), Some(at(7)));
}

#[test]
fn a_refusal_that_stands_alone_lets_its_siblings_finish_and_stops_what_follows() {
    let tree = Node::Seq(vec![
        Node::Par(vec![Node::Step(0), Node::Step(1)]),
        Node::Step(2),
    ]);
    let rules = [StepRule {
        limit: Some(60_000),
        fails_alone: true,
        ..StepRule::none(0)
    }];
    let plan = RunRecord {
        rules: rules.into(),
        ..RunRecord::new(tree, vec![StepPlan::Gate, work(5), work(1)])
    };
    let mut run = Run::start(START, plan.clone());
    run.apply(at(2), Command::Refuse(0)).unwrap();
    assert_eq!(
        [2, 4, 5].map(|seconds| run.phase(at(seconds))),
        [Phase::Running, Phase::Running, Phase::Failed]
    );
    assert_eq!(run.step_state(2, LATE), StepState::Idle);

    let run = Run::start(START, plan);
    assert_eq!(run.next_due(at(5)), at(60));
    assert_eq!(run.phase(at(60)), Phase::Failed);
    let timed_out = StepState::Ended {
        since: START,
        at: at(60),
        verdict: Verdict::TimedOut,
    };
    assert_eq!(run.step_state(0, LATE), timed_out);
}

#[test]
fn records_without_pools_and_rules_are_written_as_before() {
    let plan = RunRecord::new(Node::Step(0), vec![StepPlan::Gate]);
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(
        text,
        r#"{"started":0,"tree":{"step":0},"does":["gate"],"lead":0,"brake":0}"#
    );
    let pool = Node::Pool {
        most: 2,
        nodes: vec![Node::Step(0)],
    };
    let rules = [StepRule {
        limit: Some(5),
        ignores_failure: true,
        ..StepRule::none(0)
    }];
    let plan = RunRecord {
        rules: rules.into(),
        ..RunRecord::new(pool, vec![StepPlan::HANG])
    };
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<RunRecord>(&text).unwrap(), plan);
    assert!(
        text.contains(r#""rules":[{"step":0,"limit":5,"ignores_failure":true}]"#),
        "{text}"
    );
}
