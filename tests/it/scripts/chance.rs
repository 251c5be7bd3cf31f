//! Scripts that leave something to chance: lengths, hits, choices.

use proptest::prelude::*;
use tokio::runtime::Builder;

use super::*;
use crate::common::cases;

/// Adds a script, and runs a pipeline of eight tasks at once and a plan of four components in turn, with looks in between.
/// Returns the transitions of steps, in short.
async fn course(script: &Value, seed: u64, n_looks: usize) -> Vec<String> {
    let app = App::with(|settings| settings.seed = seed);
    let look = async || {
        for _ in 0..n_looks {
            for path in [pipelines(""), plans(""), "/_emulator/v1/scripts".to_owned()] {
                app.get(&path).await.assert_status(200);
            }
        }
    };
    look().await;
    app.script(script.clone()).await;
    let id = create_pipeline(&app, "shop", &["a", "b", "c", "d", "e", "f", "g", "h"]).await;
    let plan = create_plan(&app, "spring", &["c1", "c2", "c3", "c4"]).await;
    look().await;
    act(&app, &id, "start").await.assert_status(200);
    tell(&app, &plan, "execute").await.assert_status(200);
    let mut course = Vec::new();
    for _ in 0..4 {
        look().await;
        for told in app.advance(30_000).await {
            if told.get("step").is_some() {
                let keys = ["/time", "/step", "/to"].map(|key| text(&told, key));
                course.push(keys.join(" "));
            }
        }
    }
    course
}

fn lengths() -> impl Strategy<Value = Value> {
    prop_oneof![
        (0..20_000_i64).prop_map(|ms| json!(ms)),
        (0..10_000_i64, 0..10_000_i64)
            .prop_map(|(min, width)| json!({"min": min, "max": min + width})),
        (1..10_000_i64, 0..20_u8).prop_map(
            |(median, sigma)| json!({"median": median, "sigma": f64::from(sigma) / 10.0})
        ),
    ]
}

/// Scripts of every kind.
fn scripts() -> impl Strategy<Value = Value> {
    let outcome = prop_oneof![Just("succeed"), Just("fail")];
    let plain = (outcome, lengths())
        .prop_map(|(outcome, length)| json!({"outcome": outcome, "takes_ms": length}));
    let sequence = (proptest::collection::vec(lengths(), 1..6), any::<bool>()).prop_map(
        |(lengths, has_weights)| {
            let step = |(n, length): (usize, &Value)| {
                let mut step = json!({ "takes_ms": length });
                if has_weights {
                    step["weight"] = json!(n + 1);
                }
                step
            };
            let steps: Vec<_> = lengths.iter().enumerate().map(step).collect();
            json!({ "sequence": steps })
        },
    );
    let chance = prop_oneof![
        Just(None),
        (0..=10_u8).prop_map(|tenths| Some(f64::from(tenths) / 10.0))
    ];
    (prop_oneof![plain, sequence], chance).prop_map(|(mut script, probability)| {
        if let Some(probability) = probability {
            script["probability"] = json!(probability);
        }
        script
    })
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn the_same_seed_brings_the_same_instants_whatever_is_read(
        script in scripts(),
        seed in any::<u64>(),
        given in proptest::option::of(0..1_000_000_u64),
        n_looks in 0..3_usize,
    ) {
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        let mut script = script;
        if let Some(given) = given {
            script["seed"] = json!(given);
        }
        let first = runtime.block_on(course(&script, seed, 0));
        let again = runtime.block_on(course(&script, seed, n_looks));
        prop_assert_eq!(&first, &again);
        if given.is_some() {
            // Its own seed makes the world's irrelevant.
            let elsewhere = runtime.block_on(course(&script, !seed, 0));
            prop_assert_eq!(first, elsewhere);
        }
    }
}

#[tokio::test]
async fn another_seed_brings_other_instants() {
    let script = |seed: u64| json!({"takes_ms": {"min": 0, "max": 10_000}, "seed": seed});
    assert_ne!(
        course(&script(1), 7, 0).await,
        course(&script(2), 7, 0).await
    );
    let script = json!({"takes_ms": {"median": 5_000, "sigma": 0.5}});
    assert_ne!(course(&script, 1, 0).await, course(&script, 2, 0).await);
}

#[tokio::test]
async fn each_step_draws_its_own_length() {
    let app = App::new();
    app.script(json!({"takes_ms": {"min": 1_000, "max": 9_000}, "seed": 7}))
        .await;
    let tasks: Vec<_> = (b'a'..=b'z').map(|c| char::from(c).to_string()).collect();
    let tasks: Vec<_> = tasks.iter().map(String::as_str).collect();
    let id = create_pipeline(&app, "shop", &tasks).await;
    act(&app, &id, "start").await.assert_status(200);

    assert_eq!(app.advance(999).await, Vec::<Value>::new());
    let told = app.advance(8_001).await;

    let mut times: Vec<_> = told.iter().map(|told| text(told, "/time")).collect();
    times.dedup();
    assert!(times.len() > 20, "{times:?}");
    assert_eq!(pipeline_status(&app, &id).await, 2);
}

#[tokio::test]
async fn a_probability_leaves_some_steps_to_the_scripts_behind() {
    let app = App::new();
    let sometimes = json!({"takes_ms": 1_000, "probability": 0.5, "seed": 7});
    app.script(sometimes).await;
    app.script(json!({"takes_ms": 3_000})).await;
    app.script(json!({"probability": 0.0})).await;
    for n in 0..50 {
        let id = create_pipeline(&app, &format!("shop-{n}"), &["a", "b"]).await;
        act(&app, &id, "start").await.assert_status(200);
    }
    let used = used(&app).await;
    assert_eq!((used[0] + used[1], used[2]), (100, 0));
    assert!((35..=65).contains(&used[0]), "{used:?}");
}

#[tokio::test]
async fn weights_choose_an_outcome_for_each_step() {
    let app = App::new();
    app.script(json!({"seed": 7, "times": 90, "sequence": [
        {"outcome": "fail", "message": "why", "weight": 1}, {"takes_ms": 500, "weight": 2.5}]}))
        .await;
    let mut failed = 0;
    for n in 0..100 {
        let id = create_pipeline(&app, &format!("shop-{n}"), &["a"]).await;
        act(&app, &id, "start").await.assert_status(200);
        app.advance(2_000).await;
        failed += usize::from(pipeline_status(&app, &id).await == 3);
    }
    assert_eq!(used(&app).await, [90]);
    assert!((15..=37).contains(&failed), "{failed}");
}

#[tokio::test]
async fn what_is_left_to_chance_is_listed_with_its_seed() {
    let app = App::new();
    let drawn = async |script: Value| {
        let added = app.post(SCRIPTS, script).await.assert_status(201);
        added.get("seed").cloned()
    };
    assert_eq!(drawn(json!({"takes_ms": 5})).await, None);
    assert_eq!(
        drawn(json!({"probability": 0.5, "seed": 7})).await,
        Some(json!(7))
    );
    let length = json!({"takes_ms": {"min": 1, "max": 5}});
    let first = drawn(length.clone()).await;
    let second = drawn(length.clone()).await;
    assert!(first.is_some() && second.is_some() && first != second);
    let script =
        json!({"sequence": [{"outcome": "succeed", "takes_ms": {"median": 5, "sigma": 0.5}}]});
    let added = app.post(SCRIPTS, script.clone()).await.assert_status(201);
    assert_same(&added["sequence"], &script["sequence"]);
    let choice = json!({"sequence": [{"outcome": "hang", "probability": 1}, {"outcome": "succeed", "weight": 2}]});
    let added = app.post(SCRIPTS, choice).await.assert_status(201);
    let expected =
        json!([{"outcome": "hang", "weight": 1.0}, {"outcome": "succeed", "weight": 2.0}]);
    assert_same(&added["sequence"], &expected);

    app.post("/_emulator/v1/reset", json!({}))
        .await
        .assert_status(204);
    drawn(json!({})).await;
    drawn(json!({})).await;
    assert_eq!(drawn(length).await, first, "a reset begins anew");
}

#[tokio::test]
async fn chance_that_makes_no_sense_is_refused() {
    let app = App::new();
    for (script, said) in [
        (
            json!({"takes_ms": "5"}),
            "takes_ms: must be an integer, min and max, or median and sigma, not \"5\"",
        ),
        (
            json!({"takes_ms": [1, 2]}),
            "takes_ms: must be an integer, min and max, or median and sigma, not an array",
        ),
        (
            json!({"takes_ms": {"min": 1}}),
            "takes_ms: must be an integer, min and max, or median and sigma",
        ),
        (
            json!({"takes_ms": {"mni": 1, "max": 2}}),
            "takes_ms.mni: is not a known field; known: min, max, median, sigma",
        ),
        (
            json!({"takes_ms": {"min": 2, "max": 1}}),
            "takes_ms: min must not be over max",
        ),
        (
            json!({"takes_ms": {"min": -2, "max": 1}}),
            "takes_ms: must not be negative",
        ),
        (
            json!({"takes_ms": {"median": 1, "sigma": 11}}),
            "takes_ms: sigma must be from 0 to 10",
        ),
        (
            json!({"takes_ms": 9.3e18}),
            "takes_ms: must be an integer, min and max, or median and sigma, not 9",
        ),
        (
            json!({"takes_ms": u64::MAX}),
            "takes_ms: is too long; a step that never ends has the outcome hang",
        ),
        (
            json!({"probability": 1.5, "times": 0}),
            "times: must be at least 1; probability: must be from 0 to 1",
        ),
        (json!({"weight": 1}), "weight: is not a known field"),
        (
            json!({"sequence": [{"weight": 1}, {}, {"weight": 0}]}),
            "sequence[1].weight: is required, since another outcome has one; \
             sequence[2].weight: must be over 0 and at most 1000000",
        ),
    ] {
        let refused = app.post(SCRIPTS, script.clone()).await.assert_status(400);
        let detail = text(&refused, "/detail");
        assert!(detail.starts_with(said), "{script}: {detail}");
    }
}
