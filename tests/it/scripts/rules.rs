//! Scripts as they are added, listed, used up and removed.

use super::*;

/// Adds a rule; answers its id.
async fn add(app: &App, rule: Value) -> String {
    text(&app.post(SCRIPTS, rule).await.assert_status(201), "/id")
}

#[tokio::test]
async fn a_script_is_listed_with_how_often_it_was_used_and_taken_back() {
    let app = App::new();
    let rule = json!({"match": {"family": "pipelines", "scope": PROJECT, "name": "release-*", "step": "t?"},
        "outcome": "fail", "message": "no image", "takes_ms": 500, "times": 1});

    let added = app.post(SCRIPTS, rule).await.assert_status(201);

    let id = text(&added, "/id");
    let expected = |used: u8| {
        json!({"id": id, "match": {"family": "pipelines", "scope": PROJECT, "name": "release-*", "step": "t?",
            "work": "run"}, "outcome": "fail", "message": "no image", "takes_ms": 500, "times": 1, "used": used})
    };
    assert_same(&added, &expected(0));
    for name in ["release-a", "release-b"] {
        let pipeline = create_pipeline(&app, name, &["t0"]).await;
        act(&app, &pipeline, "start").await.assert_status(200);
    }
    assert_same(
        &app.get(SCRIPTS).await.assert_status(200),
        &json!({"scripts": [expected(1)], "unused": []}),
    );

    app.delete(&format!("{SCRIPTS}/{id}"))
        .await
        .assert_status(204);
    let none = json!({"scripts": [], "unused": []});
    assert_same(&app.get(SCRIPTS).await.assert_status(200), &none);
    app.script(json!({"takes_ms": 1})).await;
    app.delete(SCRIPTS).await.assert_status(204);
    assert_same(&app.get(SCRIPTS).await.assert_status(200), &none);
    let gone = app
        .delete(&format!("{SCRIPTS}/{id}"))
        .await
        .assert_status(404);
    assert_eq!(gone["detail"], format!("there is no script {id}"));
}

#[tokio::test]
async fn each_outcome_is_answered_as_it_was_given() {
    let app = App::new();
    for (given, answered) in [
        (json!({}), json!({"outcome": "succeed"})),
        (json!({"outcome": "hang"}), json!({"outcome": "hang"})),
        (
            json!({"outcome": "hang", "times": 2}),
            json!({"outcome": "hang", "times": 2}),
        ),
        (
            json!({"outcome": "fail", "message": ""}),
            json!({"outcome": "fail"}),
        ),
        (
            json!({"sequence": [{"outcome": "fail"}, {"takes_ms": 90_000}]}),
            json!({"sequence": [{"outcome": "fail"}, {"outcome": "succeed", "takes_ms": 90_000}]}),
        ),
        (
            json!({"sequence": [{"outcome": "fail", "message": "why", "takes_ms": 0}, {"outcome": "hang"}]}),
            json!({"sequence": [{"outcome": "fail", "message": "why", "takes_ms": 0}, {"outcome": "hang"}]}),
        ),
    ] {
        let mut added = app.post(SCRIPTS, given).await.assert_status(201);
        let added = added.as_object_mut().expect("an object");
        added.shift_remove("id").expect("an id");
        assert_eq!(added.shift_remove("used"), Some(json!(0)));
        assert_eq!(added.shift_remove("match"), Some(json!({"work": "run"})));
        assert_same(&json!(added), &answered);
    }
}

#[tokio::test]
async fn rules_that_decided_nothing_so_far_are_listed_as_unused() {
    let app = App::new();
    let once = add(&app, json!({"match": {"step": "t0"}, "times": 5})).await;
    let shadowed = add(&app, json!({"match": {"step": "t0"}, "outcome": "fail"})).await;
    let elsewhere = add(
        &app,
        json!({"match": {"family": "zadig"}, "outcome": "hang"}),
    )
    .await;
    let unused = async || app.get(SCRIPTS).await.assert_status(200)["unused"].clone();
    assert_eq!(unused().await, json!([once, shadowed, elsewhere]));

    let pipeline = create_pipeline(&app, "release-a", &["t0", "t1"]).await;
    act(&app, &pipeline, "start").await.assert_status(200);

    assert_eq!(unused().await, json!([shadowed, elsewhere]));
    assert_eq!(used(&app).await, [1, 0, 0]);
}

#[tokio::test]
async fn a_sequence_decides_one_start_after_the_other_and_is_used_up() {
    let app = App::new();
    app.script(
        json!({"match": {"family": "pipelines", "step": "t0"}, "sequence": [
        {"outcome": "fail", "message": "no image"}, {"outcome": "hang"}, {"takes_ms": 90_000}]}),
    )
    .await;
    let id = create_pipeline(&app, "release-a", &["t0", "t1"]).await;

    act(&app, &id, "start").await.assert_status(200);
    app.advance(2_000).await;
    assert_eq!(pipeline_status(&app, &id).await, 3, "the first fails");

    act(&app, &id, "retry").await.assert_status(200);
    app.advance(FURTHEST).await;
    assert_eq!(pipeline_status(&app, &id).await, 4, "the second hangs");
    act(&app, &id, "stop").await.assert_status(200);
    app.advance(2_000).await;

    act(&app, &id, "start").await.assert_status(200);
    app.advance(91_999).await;
    assert_eq!(pipeline_status(&app, &id).await, 4, "the third takes long");
    app.advance(1).await;
    assert_eq!(pipeline_status(&app, &id).await, 2);

    act(&app, &id, "start").await.assert_status(200);
    app.advance(4_000).await;
    assert_eq!(pipeline_status(&app, &id).await, 2, "the fourth is usual");
    assert_eq!(used(&app).await, [3]);
}

#[tokio::test]
async fn a_sequence_within_one_run_goes_by_the_steps_that_fit() {
    let app = App::new();
    app.script(json!({"match": {"family": "plans"}, "sequence": [{}, {"takes_ms": 500}, {"outcome": "fail"}]}))
        .await;
    let id = create_plan(&app, "spring", &["c1", "c2", "c3"]).await;

    tell(&app, &id, "execute").await.assert_status(200);
    app.advance(4_500).await;

    let expected = ["FAILED", "SUCCESS", "SUCCESS", "FAILED"];
    assert_eq!(plan_status(&app, &id).await, expected);
}

#[tokio::test]
async fn a_script_that_says_nothing_sensible_is_refused() {
    let app = App::new();
    let long = json!({"outcome": "fail", "takes_ms": i64::MAX});
    for (rule, said) in [
        (
            json!({"match": {"family": "iam"}}),
            "match.family: must be asm, plans, pipelines or zadig",
        ),
        (json!({"takes_ms": -1}), "takes_ms: must not be negative"),
        (
            long.clone(),
            "takes_ms: is too long; a step that never ends has the outcome hang",
        ),
        (json!({"times": 0}), "times: must be at least 1"),
        (json!({"message": "why"}), "message: goes with outcome fail"),
        (
            json!({"outcome": "hang", "message": "why"}),
            "message: goes with outcome fail",
        ),
        (
            json!({"outcome": "hang", "takes_ms": 5}),
            "takes_ms: goes with outcome succeed or fail",
        ),
        (
            json!({"outcome": "explode"}),
            "outcome: must be succeed, fail or hang, not \"explode\"",
        ),
        (
            json!({"match": {"work": "abort"}, "outcome": "fail"}),
            "outcome: an abort cannot fail",
        ),
        (
            json!({"match": [null, null]}),
            "match: must be an object, not an array",
        ),
        (
            json!({"sequence": [["hang"]]}),
            "sequence[0]: must be an object, not an array",
        ),
        (
            json!({"match": {"stpe": "x"}}),
            "match.stpe: is not a known field",
        ),
        (
            json!({"sequence": []}),
            "sequence: must have at least one outcome",
        ),
        (
            json!({"sequence": [{}, {"takes_ms": -1}]}),
            "sequence[1].takes_ms: must not be negative",
        ),
        (
            json!({"sequence": [long]}),
            "sequence[0].takes_ms: is too long; a step that never ends has the outcome hang",
        ),
        (
            json!({"sequence": [{"outcome": "hang", "takes_ms": 1}]}),
            "sequence[0].takes_ms: goes with outcome succeed or fail",
        ),
        (
            json!({"sequence": [{"message": "why"}]}),
            "sequence[0].message: goes with outcome fail",
        ),
        (
            json!({"match": {"work": "abort"}, "sequence": [{}, {"outcome": "fail"}]}),
            "sequence[1].outcome: an abort cannot fail",
        ),
        (
            json!({"sequence": [{"times": 1}]}),
            "sequence[0].times: is not a known field",
        ),
        (
            json!({"sequence": {}}),
            "sequence: must be an array, not an object",
        ),
        (json!({"id": "r/1"}), "id: must be 1 to 64 letters"),
    ] {
        let reply = app.post(SCRIPTS, rule.clone()).await;
        assert_eq!(reply.header("content-type"), "application/problem+json");
        let detail = text(&reply.assert_status(400), "/detail");
        assert!(detail.starts_with(said), "{rule}: {detail}");
    }
    for (key, value) in [
        ("outcome", json!("fail")),
        ("message", json!("why")),
        ("takes_ms", json!(5)),
        ("times", json!(1)),
    ] {
        let rule = json!({"sequence": [{"outcome": "fail"}], key: value});
        let refusal = app.post(SCRIPTS, rule).await.assert_status(400);
        let said = "sequence: goes without outcome, message, takes_ms and times";
        assert_eq!(refusal["detail"], said, "{key}");
    }
    let none = json!({"scripts": [], "unused": []});
    assert_same(&app.get(SCRIPTS).await.assert_status(200), &none);
}
