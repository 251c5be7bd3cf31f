//! The past of a world over HTTP: earlier instants shown, copies of them, the way back, snapshots and the history.

use release_emulator::Emulator;
use serde_json::{Value, json};

use crate::common::{App, CREDENTIALS, PROJECT};

const PLANS: &str = "/v3/0605767aee00d2562f3cc0123456789a/cas/release-plans";
const AT_NOON: &str = "2026-01-01T12:00:00Z";
const LATER: &str = "2026-01-01T12:00:05Z";

async fn create_plan(app: &App, name: &str) -> String {
    let component = json!({"seq": 0, "name": "web", "runtime_stack": {}});
    let body = json!({"name": name, "components": [component]});
    let created = app.post(PLANS, body).await.assert_status(200);
    created["id"].as_str().unwrap().to_owned()
}

/// A plan at noon, and another one five seconds later.
async fn two_plans() -> (App, [String; 2]) {
    let app = App::new();
    let first = create_plan(&app, "first").await;
    app.advance(5_000).await;
    let second = create_plan(&app, "second").await;
    (app, [first, second])
}

async fn names(app: &App) -> Vec<Value> {
    let listed = app.get(PLANS).await.assert_status(200);
    let plans = listed["release_plans"].as_array().unwrap().iter();
    let mut names: Vec<Value> = plans.map(|plan| plan["name"].clone()).collect();
    names.sort_by_key(Value::to_string);
    names
}

async fn detail(app: &App, path: &str) -> (u16, String) {
    let reply = app.get(path).await;
    let detail = reply.json()["detail"].as_str().unwrap().to_owned();
    (reply.status, detail)
}

#[tokio::test]
async fn the_state_and_a_timeline_are_shown_as_they_were() {
    let (app, [first, second]) = two_plans().await;
    let plans = async |query: &str| {
        let state = app.get(&format!("/_emulator/v1/state?{query}")).await;
        let state = state.assert_status(200);
        state["servicestage"]["projects"][0]["release_plans"]
            .as_array()
            .map_or(0, Vec::len)
    };
    assert_eq!(plans(&format!("at={AT_NOON}")).await, 1);
    assert_eq!(plans("command=1").await, 1);
    assert_eq!(plans("command=0").await, 0);
    assert_eq!(plans("secrets=false").await, 2);

    app.post(&format!("{PLANS}/{first}/execute"), json!({}))
        .await
        .assert_status(200);
    let timeline =
        |id: &str, at: &str| format!("/_emulator/v1/resources/plans/{id}/timeline?at={at}");
    let status = async |at: &str| {
        let shown = app.get(&timeline(&first, at)).await.assert_status(200);
        shown["status"].clone()
    };
    assert_eq!(status(AT_NOON).await, "CREATED");
    assert_eq!(status(LATER).await, "RUNNING");
    let gone = detail(&app, &timeline(&second, AT_NOON)).await;
    assert_eq!(
        gone,
        (404, format!("there is no resource {second} of plans"))
    );
}

#[tokio::test]
async fn a_past_that_cannot_be_reached_is_refused_with_the_reason() {
    let (app, _) = two_plans().await;
    let state = async |query: &str| detail(&app, &format!("/_emulator/v1/state?{query}")).await;
    assert_eq!(
        state("at=2026-01-01T11:59:59Z").await,
        (410, "the world begins at 2026-01-01T12:00:00Z".to_owned())
    );
    assert_eq!(
        state("at=2026-01-01T13:00:00Z").await,
        (
            409,
            format!("it is {LATER} in this world; the future cannot be shown")
        )
    );
    let (status, text) = state("command=99").await;
    assert_eq!(status, 404);
    assert!(
        text.starts_with("there is no command 99; the last one is "),
        "{text}"
    );
    let (status, text) = state("at=noon&command=1").await;
    assert_eq!(status, 400);
    assert!(
        text.starts_with("at: ") && text.ends_with("; command: goes without at"),
        "{text}"
    );

    let off = App::with(|settings| settings.history_bytes = 0);
    let refused = detail(&off, &format!("/_emulator/v1/state?at={AT_NOON}")).await;
    assert_eq!(
        refused,
        (
            409,
            "this world keeps no history (--history-bytes 0)".to_owned()
        )
    );
    off.post("/_emulator/v1/snapshots", json!({"name": "a"}))
        .await
        .assert_status(409);
}

#[tokio::test]
async fn nothing_else_of_the_control_plane_takes_at() {
    let app = App::new();
    for path in ["scripts", "resources", "clock", "history", "requests"] {
        let (status, text) = detail(&app, &format!("/_emulator/v1/{path}?at={AT_NOON}")).await;
        assert_eq!(status, 400, "{path}");
        assert!(
            text.starts_with("at: only GET /_emulator/v1/state"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_rewind_sets_the_world_back_and_tells_what_it_dropped() {
    let (app, [_, second]) = two_plans().await;
    app.script(json!({"id": "late", "match": {}, "outcome": "fail"}))
        .await;
    let rewound = app
        .post("/_emulator/v1/clock/rewind", json!({"to": AT_NOON}))
        .await
        .assert_status(200);
    assert_eq!(rewound["now"], AT_NOON);
    assert_eq!(rewound["command"], 1);
    let dropped = rewound["dropped"].as_array().unwrap();
    let operations: Vec<_> = dropped.iter().map(|one| one["operation"].clone()).collect();
    assert!(
        operations.contains(&json!("CreateReleasePlan"))
            && operations.contains(&json!("AddScript")),
        "{operations:?}"
    );
    assert_eq!(names(&app).await, ["first"]);
    let clock = app.get("/_emulator/v1/clock").await.assert_status(200);
    assert_eq!(clock["now"], AT_NOON);
    let scripts = app.get("/_emulator/v1/scripts").await.assert_status(200);
    assert_eq!(scripts["scripts"], json!([]));

    app.advance(5_000).await;
    assert_eq!(
        create_plan(&app, "second").await,
        second,
        "the ids went back too"
    );
    let refused = app
        .put("/_emulator/v1/clock", json!({"now": AT_NOON}))
        .await;
    refused.assert_status(409);
    app.post("/_emulator/v1/clock/rewind", json!({}))
        .await
        .assert_status(400);
}

#[tokio::test]
async fn a_snapshot_is_a_place_with_a_name() {
    let app = App::new();
    let snapshots = "/_emulator/v1/snapshots";
    create_plan(&app, "first").await;
    let added = app.post(snapshots, json!({"name": "before"})).await;
    let added = added.assert_status(201);
    assert_eq!(
        (&added["name"], &added["at"]),
        (&json!("before"), &json!(AT_NOON))
    );
    // All at one instant, which the number of its command tells apart.
    create_plan(&app, "second").await;
    app.post(snapshots, json!({"name": "before"}))
        .await
        .assert_status(409);
    app.post(snapshots, json!({"name": "a b"}))
        .await
        .assert_status(400);
    app.post(snapshots, json!({"name": "after"}))
        .await
        .assert_status(201);
    let listed = app.get(snapshots).await.assert_status(200);
    assert_eq!(listed["snapshots"].as_array().unwrap().len(), 2);

    let restored = app
        .send(
            "POST",
            &format!("{snapshots}/before/restore"),
            CREDENTIALS,
            "",
        )
        .await;
    assert_eq!(restored.assert_status(200)["command"], added["command"]);
    assert_eq!(names(&app).await, ["first"]);
    let listed = app.get(snapshots).await.assert_status(200);
    assert_eq!(
        listed["snapshots"],
        json!([added]),
        "later ones are dropped"
    );

    app.delete(&format!("{snapshots}/before"))
        .await
        .assert_status(204);
    let unknown = app.delete(&format!("{snapshots}/before")).await;
    assert_eq!(
        unknown.assert_status(404)["detail"],
        "there is no snapshot before"
    );
}

#[tokio::test]
async fn the_history_lists_what_changed_the_world_without_secrets() {
    let app = App::new();
    app.get(PLANS).await.assert_status(200);
    app.post(PLANS, json!({"name": "!"}))
        .await
        .assert_status(400);
    let id = create_plan(&app, "first").await;
    app.advance(1_000).await;
    let token = "sesame-open-the-door-4711";
    let headers = [("x-auth-token", token)];
    app.send(
        "POST",
        &format!("{PLANS}/{id}/execute?token={token}"),
        &headers,
        "",
    )
    .await
    .assert_status(200);

    let history = app.get("/_emulator/v1/history").await;
    assert!(!history.text().contains(token), "{}", history.text());
    let history = history.assert_status(200);
    let commands = history["commands"].as_array().unwrap();
    let first = &commands[0];
    assert_eq!(
        (
            &first["command"],
            &first["at"],
            &first["operation"],
            &first["family"],
            &first["scope"]
        ),
        (
            &json!(1),
            &json!(AT_NOON),
            &json!("CreateReleasePlan"),
            &json!("plans"),
            &json!(PROJECT)
        )
    );
    let last = commands.last().unwrap();
    assert_eq!(
        (&last["operation"], &last["resource"]),
        (&json!("ExecuteReleasePlan"), &json!(id))
    );
    assert_eq!(history["last"], last["command"]);
    assert_eq!(history["earliest"], json!({"command": 0, "at": AT_NOON}));

    let page = async |query: &str| {
        let page = app.get(&format!("/_emulator/v1/history?{query}")).await;
        let page = page.assert_status(200);
        page["commands"].as_array().unwrap().clone()
    };
    assert_eq!(page("since=1").await, commands[1..]);
    assert_eq!(page("limit=1").await, commands[..1]);
    assert_eq!(page("since=2026-01-01T12:00:00.500Z").await, commands[1..]);
    let (status, text) = detail(&app, "/_emulator/v1/history?since=x&limit=0").await;
    assert_eq!(status, 400);
    assert!(
        text.starts_with("since: ") && text.contains("limit: must be from 1 to 1000"),
        "{text}"
    );
}

#[tokio::test]
async fn a_world_begins_as_another_was_and_goes_its_own_way() {
    let emulator = Emulator::builder().freeze(AT_NOON).start().await.unwrap();
    let plan = |name: &str| {
        let component = json!({"seq": 0, "name": "web", "runtime_stack": {}});
        json!({"name": name, "components": [component]})
    };
    let count = async |emulator: &Emulator, base: &str| {
        let path = format!("{base}{PLANS}");
        let listed: Value = if base.is_empty() {
            emulator.get(&path).await.unwrap().json().unwrap()
        } else {
            Value::Null
        };
        listed["count"].clone()
    };
    emulator
        .post(PLANS, &plan("first"))
        .await
        .unwrap()
        .ok()
        .unwrap();
    emulator
        .clock()
        .advance(std::time::Duration::from_secs(5))
        .unwrap();
    emulator
        .post(PLANS, &plan("second"))
        .await
        .unwrap()
        .ok()
        .unwrap();

    let worlds = "/_emulator/v1/worlds";
    let post = async |body: Value| {
        let reply = emulator.post(worlds, &body).await.unwrap();
        (reply.status, reply.json::<Value>().unwrap())
    };
    let (status, world) = post(json!({"from": "main", "at": AT_NOON, "name": "noon"})).await;
    assert_eq!(status, 201, "{world}");
    let (status, _) = post(json!({"from": "noon"})).await;
    assert_eq!(status, 201, "a copy can be copied");
    let (status, problem) = post(json!({"from": "nobody"})).await;
    assert_eq!(
        (status, &problem["detail"]),
        (404, &json!("there is no world nobody"))
    );
    let (status, problem) = post(json!({"from": "main", "auth": "shape", "step": "1s"})).await;
    assert_eq!(
        (status, &problem["detail"]),
        (
            400,
            &json!("auth: goes without from; step: goes without from")
        )
    );
    let (status, problem) = post(json!({"at": AT_NOON})).await;
    assert_eq!(
        (status, &problem["detail"]),
        (400, &json!("at: goes with from"))
    );
    let (status, _) = post(json!({"from": "main", "at": "2020-01-01T00:00:00Z"})).await;
    assert_eq!(status, 410);

    let (past, present) = (emulator.at(AT_NOON).unwrap(), emulator.fork().unwrap());
    assert_eq!(count(&past, "").await, 1);
    assert_eq!(count(&present, "").await, 2);
    present
        .post(PLANS, &plan("third"))
        .await
        .unwrap()
        .ok()
        .unwrap();
    assert_eq!(count(&emulator, "").await, 2);
    assert!(emulator.at("2020-01-01T00:00:00Z").is_err());
    assert!(emulator.at("noon").is_err());
    assert!(emulator.rewind(AT_NOON).unwrap() >= 1);
    assert_eq!(count(&emulator, "").await, 1);
}
