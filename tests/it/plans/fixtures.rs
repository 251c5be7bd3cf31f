//! The fixture format: what is pasted in comes back, and an export restores the same answers.

use serde_json::{Value, json};

use super::{Five, body, create, five, path};
use crate::common::{App, NOON, PROJECT, assert_same, golden};

/// A state that holds these plans.
fn state(plans: &Value) -> Value {
    json!({"servicestage": {"projects": [{"id": PROJECT, "release_plans": plans}]}})
}

/// The answers of every GET of the family about these plans.
async fn answers(app: &App, ids: &[String]) -> Vec<String> {
    let mut answers = vec![app.get(&path("")).await.text()];
    for id in ids {
        answers.push(app.get(&path(&format!("/{id}"))).await.text());
        answers.push(app.get(&path(&format!("/{id}/deploy-info"))).await.text());
    }
    answers
}

/// The error of a state that does not fit.
async fn assert_invalid(plans: Value) -> String {
    let app = App::new();
    create(&app, body("release-kept", &five())).await;
    let before = app.state().await;
    let problem = app
        .put("/_emulator/v1/state", state(&plans))
        .await
        .assert_status(400);
    assert_eq!(app.state().await, before);
    problem["detail"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn the_documented_list_comes_back_as_it_is() {
    let documented = golden("servicestage_release_plans.json");
    let app = App::load(&state(&documented["release_plans"]));

    assert_same(&app.get(&path("")).await.assert_status(200), &documented);
    app.advance(1_000_000).await;
    assert_same(&app.get(&path("")).await.assert_status(200), &documented);
}

#[tokio::test]
async fn a_list_row_has_the_detail_of_a_fresh_plan_for_the_rest() {
    let row = golden("servicestage_release_plans.json")["release_plans"][0].clone();
    let id = row["id"].as_str().unwrap();
    let app = App::load(&state(&json!([row])));

    assert_same(
        &app.get(&path(&format!("/{id}"))).await.assert_status(200),
        &json!({
            "id": id,
            "action": "create",
            "swimlane_id": "",
            "desc": "",
            "components": [],
            "name": "release-1zws2j",
            "fail_strategy": "stop",
            "status": "SUCCESS",
            "create_time": 1_711_952_860_132_i64,
            "modify_time": 0,
            "execute_time": 1_711_952_860_379_i64,
            "creator": "wzh",
        }),
    );
}

#[tokio::test]
async fn a_detail_comes_back_as_it_is() {
    let detail = json!({
        "id": "4cf4d39e-c11a-41b0-82eb-30defc376d52",
        "action": "upgrade",
        "swimlane_id": "lane-1",
        "desc": "All of it.",
        "components": [
            {"seq": 1, "component_id": "c-1", "name": "web", "unknown": {"b": 1, "a": 2}},
            {"seq": 0, "component_id": "c-2", "name": "db", "version": "2.0"},
        ],
        "name": "release-1zws2j",
        "fail_strategy": "continue",
        "status": "PARTIALLY_FAILED",
        "create_time": 1_711_952_860_132_i64,
        "modify_time": 1_711_952_860_200_i64,
        "execute_time": 1_711_952_860_379_i64,
        "creator": "wzh",
    });
    let app = App::load(&state(&json!([detail])));

    assert_same(
        &app.get(&path(&format!("/{}", detail["id"].as_str().unwrap())))
            .await
            .assert_status(200),
        &detail,
    );
}

#[tokio::test]
async fn a_plan_requires_nothing_but_an_id() {
    let app = App::load(&state(&json!([{"id": "4cf4d39e-c11a"}, {"id": "X"}])));

    let list = app.get(&path("")).await.assert_status(200);

    let row = |name: &str, id: &str| {
        json!({"name": name, "id": id, "action": "create", "create_time": NOON, "status": "CREATED",
            "creator": "emulator", "execute_time": 0})
    };
    let rows = [
        row("release-x00000", "X"),
        row("release-4cf4d3", "4cf4d39e-c11a"),
    ];
    assert_same(&list, &json!({"count": 2, "release_plans": rows}));
}

#[tokio::test]
async fn a_component_without_an_id_is_given_one() {
    let app = App::load(&state(
        &json!([{"id": "p", "components": [{"seq": 0, "name": "web"}]}]),
    ));

    let detail = app.get(&path("/p")).await.assert_status(200);

    let id = detail["components"][0]["component_id"]
        .as_str()
        .expect("an id");
    assert!(uuid::Uuid::parse_str(id).is_ok());
}

#[tokio::test]
async fn an_export_restores_the_same_answers_mid_run() {
    let mut plan = Five::new("continue").await;
    plan.script(
        "api",
        json!({"outcome": "fail", "message": "no image", "takes_ms": 500, "times": 1}),
    )
    .await;
    let given = json!([
        {"id": "g1", "status": "SUCCESS", "components": five(), "create_time": 7},
        {"id": "g2", "status": "RUNNING", "components": five(), "create_time": 7},
        {"id": "g3", "status": "ROLLING_BACK", "components": five(), "create_time": 7},
        {"id": "g4", "status": "FAILED", "create_time": 7},
    ]);
    plan.app
        .patch("/_emulator/v1/state", state(&given))
        .await
        .assert_status(204);
    let untouched = create(&plan.app, body("release-untouched", &five())).await;
    let ids: Vec<_> = [plan.id.as_str(), &untouched, "g1", "g2", "g3", "g4"]
        .map(str::to_owned)
        .to_vec();

    // Before each command some time passes, so that work is always under way.
    for (id, command) in [
        (0, "execute"),
        (2, "rollback"),
        (0, "abort"),
        (3, "abort"),
        (0, "execute"),
        (5, "execute"),
        (0, ""),
        (0, "rollback"),
        (0, ""),
        (0, "execute"),
    ] {
        if command.is_empty() {
            plan.app.advance(20_000).await;
        } else {
            let reply = plan
                .app
                .post(&path(&format!("/{}/{command}", ids[id])), Value::Null)
                .await;
            reply.assert_status(200);
        }
        plan.app.advance(1_300).await;
        plan.deploy_info().await;
        let export = plan.app.state().await;

        // Into another world at the same instant, and back into the same.
        let now = plan.app.world.clock().now;
        let restored = App::build(|settings| settings.freeze = Some(now), &export);
        assert_eq!(restored.state().await, export);
        assert_eq!(
            answers(&restored, &ids).await,
            answers(&plan.app, &ids).await
        );
        plan.app
            .put("/_emulator/v1/state", export.clone())
            .await
            .assert_status(204);
        assert_eq!(
            answers(&restored, &ids).await,
            answers(&plan.app, &ids).await
        );

        // The future is the same, too.
        let ahead = restored.advance(3_700).await;
        let replica = App::build(|settings| settings.freeze = Some(now), &export);
        let text = |changes: &[Value]| {
            changes
                .iter()
                .map(|it| (it["time"].clone(), it["to"].clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(text(&replica.advance(3_700).await), text(&ahead));
        assert_eq!(
            answers(&restored, &ids).await,
            answers(&replica, &ids).await
        );
    }
}

#[tokio::test]
async fn a_patch_replaces_the_plan_of_the_same_id() {
    let app = App::load(&state(
        &json!([{"id": "a", "name": "first"}, {"id": "b", "name": "second"}]),
    ));

    let patch = state(
        &json!([{"id": "a", "name": "third", "status": "ABORTED"}, {"id": "c", "name": "first"}]),
    );
    app.patch("/_emulator/v1/state", patch)
        .await
        .assert_status(204);

    let list = app
        .get(&path("?order_by=name&order=asc"))
        .await
        .assert_status(200);
    let rows: Vec<_> = list["release_plans"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["id"].as_str().unwrap(),
                row["name"].as_str().unwrap(),
                row["status"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("c", "first", "CREATED"),
            ("b", "second", "CREATED"),
            ("a", "third", "ABORTED")
        ]
    );
}

#[tokio::test]
async fn invalid_fixtures_are_refused_with_their_place() {
    let component = |key: &str, value: Value| {
        let mut component = json!({"seq": 0, "component_id": "c", "name": "web"});
        component[key] = value;
        json!([{"id": "a", "components": [component]}])
    };
    for (plans, why) in [
        (json!([{}]), ".id: is required"),
        (json!([{"id": ""}]), ".id: must not be empty"),
        (
            json!([{"id": "a", "nmae": "x"}]),
            ".nmae: is not a known field",
        ),
        (
            json!([{"id": "a", "name": "-"}]),
            ".name: must have 2 to 64 letters",
        ),
        (
            json!([{"id": "a", "desc": "d".repeat(129)}]),
            ".desc: must have at most 128 characters, not 129",
        ),
        (
            json!([{"id": "a", "status": "DONE"}]),
            ".status: must be CREATED, RUNNING, SUCCESS, ",
        ),
        (
            json!([{"id": "a", "action": "x"}]),
            ".action: must be create, upgrade or clone, not \"x\"",
        ),
        (
            json!([{"id": "a", "fail_strategy": "x"}]),
            ".fail_strategy: must be stop or continue, not \"x\"",
        ),
        (
            json!([{"id": "a", "create_time": -62_167_219_200_001_i64}]),
            ".create_time: must be milliseconds since the Unix epoch, in the years 0 to 9999, not -62167219200001",
        ),
        (
            json!([{"id": "a", "modify_time": 253_402_300_800_000_i64}]),
            ".modify_time: must be milliseconds since the Unix epoch, in the years 0 to 9999, not 253402300800000",
        ),
        (
            json!([{"id": "a", "execute_time": i64::MIN}]),
            ".execute_time: must be milliseconds since the Unix epoch, in the years 0 to 9999, not -9223372036854775808",
        ),
        (
            json!([{"id": "a", "create_time": "now"}]),
            ".create_time: must be an integer, not \"now\"",
        ),
        (
            component("seq", json!(-1)),
            ".components[0].seq: must be at least 0, not -1",
        ),
        (
            component("name", json!("-")),
            ".components[0].name: must have 2 to 64 letters",
        ),
        (
            component("labels", json!({})),
            ".components[0].labels: must be an array, not an object",
        ),
        (
            component("runtime_stack", json!(1)),
            ".components[0].runtime_stack: must be an object",
        ),
        (
            json!([{"id": "a", "emulator": {"x": 1}}]),
            ".emulator.x: is not a known field",
        ),
        (
            json!([{"id": "a", "emulator": []}]),
            ".emulator: must be an object, not an array",
        ),
    ] {
        let said = assert_invalid(plans).await;
        assert!(
            said.starts_with(&format!("servicestage.projects[0].release_plans[0]{why}")),
            "{said}"
        );
    }
    for (plans, why) in [
        (
            json!([{"id": "a"}, {"id": "a", "name": "other"}]),
            ".id: duplicate \"a\"",
        ),
        (
            json!([{"id": "a", "name": "same"}, {"id": "b", "name": "same"}]),
            ".name: \"same\" is already used in the project",
        ),
    ] {
        assert_eq!(
            assert_invalid(plans).await,
            format!("servicestage.projects[0].release_plans[1]{why}")
        );
    }
}

#[tokio::test]
async fn impossible_histories_are_refused_with_their_place() {
    let plan = Five::new("stop").await;
    plan.assert_accepted("execute").await;
    plan.app.advance(6_000).await;
    plan.assert_accepted("rollback").await;
    let export = plan.app.state().await["servicestage"]["projects"][0]["release_plans"][0].clone();
    let execution = export["emulator"]["execution"].clone();
    let rollback = export["emulator"]["rollback"].clone();
    let mut short = execution.clone();
    short["jobs"] = json!(["JOB"]);
    let mut few = execution.clone();
    few["run"]["tree"] = json!({"step": 0});
    few["run"]["does"] = json!([{"work": {"takes": 1}}]);
    let mut twice = execution.clone();
    twice["run"]["tree"] = json!({"par": [{"step": 0}, {"step": 0}]});

    for (emulator, why) in [
        (
            json!({"rollback": rollback}),
            "given: is required: the status before the rollback",
        ),
        (
            json!({"given": "SUCCESS", "execution": execution}),
            "given: must be absent beside an execution",
        ),
        (
            json!({"execution": short}),
            "execution.jobs: must have 5 entries, one per component",
        ),
        (
            json!({"execution": few}),
            "execution.run.does: must have 5 steps, one per component",
        ),
        (
            json!({"execution": twice}),
            "execution.run: must have a tree that names each step exactly once",
        ),
        (
            json!({"execution": execution, "rollback": few}),
            "rollback.run.does: must have 5 steps, one per component",
        ),
    ] {
        let mut plan = export.clone();
        plan["emulator"] = emulator;
        let said = assert_invalid(json!([plan])).await;
        assert!(
            said.starts_with(&format!(
                "servicestage.projects[0].release_plans[0].emulator.{why}"
            )),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_history_ahead_of_the_clock_is_refused() {
    let plan = Five::new("stop").await;
    plan.app.advance(60_000).await;
    plan.assert_accepted("execute").await;
    let export = plan.app.state().await;

    let earlier = App::new().put("/_emulator/v1/state", export).await;

    let said = earlier.assert_status(400)["detail"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        said.ends_with("run: must not be after the present instant, 2026-01-01T12:00:00Z"),
        "{said}"
    );
}
