//! Random pipelines, driven over HTTP and compared with a second telling of what they do after every call.

mod reference;
mod sequences;

use std::collections::HashSet;
use std::mem::discriminant;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::pipelines;
use crate::common::{App, Reply, cases};
use crate::timeline;
use reference::{Answer, Call, Definition, Reference, Rule, Sight};
use sequences::{Sequence, sequences};

/// The length of a tick of the reference.
const TICK: i64 = 500;

#[test]
fn the_random_sequences_reach_every_status_and_every_answer() {
    let mut runner = TestRunner::deterministic();
    let (mut statuses, mut answers, mut accepted) =
        (HashSet::new(), HashSet::new(), HashSet::new());

    for _ in 0..256 {
        let sequence = sequences().new_tree(&mut runner).unwrap().current();
        let mut reference = Reference::new(sequence.step, sequence.rules.clone());
        for n in 0..sequence.len() {
            let call = sequence.call(n, &reference);
            let answer = reference.hear(&call);
            answers.insert((discriminant(&call), discriminant(&answer)));
            if let Answer::Status(_, status) = answer {
                accepted.insert((discriminant(&call), status));
            }
            statuses.extend(
                reference
                    .pipelines
                    .iter()
                    .flatten()
                    .map(reference::Pipeline::status),
            );
        }
    }

    let mut statuses: Vec<u64> = statuses.into_iter().collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [1, 2, 3, 4, 5, 7, 10, 11, 12, 13, 14]);
    // Each call but an advance is done and refused; all but that and a creation come to nobody too.
    assert_eq!(answers.len(), 1 + 2 + 7 * 3);
    assert_eq!(accepted.len(), 7, "an approval answers both 3 and 4");
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn every_answer_and_every_sight_is_that_of_the_reference(sequence in sequences()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(play(&sequence))?;
    }
}

async fn play(sequence: &Sequence) -> Result<(), TestCaseError> {
    let app = App::with(|settings| settings.step = i64::from(sequence.step) * TICK);
    for rule in &sequence.rules {
        app.script(script(rule)).await;
    }
    let mut reference = Reference::new(sequence.step, sequence.rules.clone());
    let mut ids = [None, None];
    for n in 0..sequence.len() {
        let call = sequence.call(n, &reference);
        let expected = reference.hear(&call);

        let answer = say(&app, &mut ids, &call).await;

        prop_assert_eq!(answer, expected, "call {}: {:?}", n, call);
        let rows = app.get(&pipelines()).await.assert_status(200);
        for (pipeline, id) in reference.pipelines.iter().zip(&ids) {
            let row = rows
                .as_array()
                .expect("rows")
                .iter()
                .find(|row| row["id"].as_str() == id.as_deref());
            prop_assert_eq!(
                row.map(sight),
                pipeline.as_ref().map(reference::Pipeline::sight),
                "after call {}: {:?}",
                n,
                call
            );
            if let (Some(pipeline), Some(id)) = (pipeline, id) {
                let timeline = timeline::timeline(&app, "pipelines", id).await;
                timeline::assert_in_order(&timeline);
                prop_assert_eq!(&timeline["status"], &json!(pipeline.status().to_string()));
            }
        }
    }
    Ok(())
}

async fn say(app: &App, ids: &mut [Option<String>; 2], call: &Call) -> Answer {
    let path = |which: usize| {
        format!(
            "{}/{}",
            pipelines(),
            ids[which].as_deref().unwrap_or("nobody")
        )
    };
    let act = async |which: usize, action: &str, body: Value| {
        app.post(&format!("{}/action?action_id={action}", path(which)), body)
            .await
    };
    let reply = match call {
        Call::Advance(ticks) => {
            app.advance(i64::from(*ticks) * TICK).await;
            return Answer::Done;
        }
        Call::Create(which, definition) => {
            let reply = app.post(&pipelines(), body(*which, definition)).await;
            if reply.status == 200 {
                ids[*which] = reply.json()["id"].as_str().map(str::to_owned);
            }
            reply
        }
        Call::Edit(which, definition) => app.put(&path(*which), body(*which, definition)).await,
        Call::Start(which, None) => act(*which, "start", json!({})).await,
        Call::Start(which, Some(entries)) => {
            let entries = entries
                .iter()
                .map(|(stage, tasks)| json!({"stage_name": stage, "tasks": tasks}));
            let entries: Vec<Value> = entries.collect();
            act(*which, "start", json!({"selected_tasks": entries})).await
        }
        Call::Stop(which) => act(*which, "stop", json!({})).await,
        Call::Continue(which) => act(*which, "continue", json!({})).await,
        Call::Retry(which) => act(*which, "retry", json!({})).await,
        Call::Approval(which, name, agree) => {
            let answer = if *agree { "agree" } else { "refuse" };
            act(
                *which,
                "approval",
                json!({"task_name": name, "approval_type": answer}),
            )
            .await
        }
        Call::Rollback(which) => act(*which, "rollback", json!({})).await,
    };
    answer(&reply)
}

fn answer(reply: &Reply) -> Answer {
    match reply.status {
        400 => Answer::Refused,
        404 => Answer::Unknown,
        _ => {
            let body = reply.assert_status(200);
            match (body["id"].as_i64(), body["status"].as_u64()) {
                (Some(execution), Some(status)) => Answer::Status(execution, status),
                _ => Answer::Done,
            }
        }
    }
}

fn sight(row: &Value) -> Sight {
    let number = |value: &Value| value.as_u64().expect("a number");
    let state = &row["extend_info"]["latest_pipeline_state"];
    let run = state["stage_states"].as_array().map(|stages| {
        let stages = stages.iter().map(|stage| {
            let tasks = stage["task_states"].as_array().expect("tasks").iter();
            (
                number(&stage["approval_status"]),
                tasks.map(|task| number(&task["status"])).collect(),
            )
        });
        (
            state["id"].as_i64().expect("a number"),
            number(&state["version"]),
            stages.collect(),
        )
    });
    (number(&row["version"]), number(&row["status"]), run)
}

fn body(which: usize, definition: &Definition) -> Value {
    let stages: Vec<Value> = definition
        .stages
        .iter()
        .map(|stage| {
            let tasks = stage.tasks.iter().map(|task| {
                let category = if task.approval { "approval" } else { "deploy" };
                json!({"name": task.name, "task_group": task.group, "task_type_id": {"category": category}})
            });
            let tasks: Vec<Value> = tasks.collect();
            json!({"name": stage.name, "approval_type": u8::from(stage.gated), "tasks": tasks})
        })
        .collect();
    let mut body = super::body(&format!("release-{which}"), json!(stages));
    body["fail_mode"] = json!(if definition.careless {
        "continue"
    } else {
        "stop"
    });
    body
}

fn script(rule: &Rule) -> Value {
    let mut script = json!({"match": {"family": "pipelines", "work": if rule.rollback { "rollback" } else { "run" }}});
    if let Some(step) = rule.step {
        script["match"]["step"] = json!(step);
    }
    if let Some(ticks) = rule.ticks {
        script["takes_ms"] = json!(i64::from(ticks) * TICK);
    }
    if let Some(times) = rule.times {
        script["times"] = json!(times);
    }
    script["outcome"] = json!(if rule.fails { "fail" } else { "succeed" });
    script
}
