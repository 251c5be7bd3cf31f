//! The limits in bytes: of the memory and its parts, of bodies, of rules.

use release_emulator::Emulator;
use release_emulator::internals::Settings;
use release_emulator::internals::sim::memory::{Memory, MemoryPart};
use serde_json::{Value, json};

use crate::common::{App, PROJECT, Reply};

/// The smallest budget: 5 MiB for resources, and 7 MiB for bodies and answers under way.
const SMALL: usize = 16 << 20;

const RELEASES: &str = "/v2/meshes/mesh-one/namespaces/default/releases";
const PIPELINES: &str = "/v3/0605767aee00d2562f3cc0123456789a/pipeline/pipelines";
const PLANS: &str = "/v3/0605767aee00d2562f3cc0123456789a/cas/release-plans";

fn small(settings: &mut Settings) {
    settings.memory = Memory::new(SMALL, 4);
}

fn used(app: &App, part: MemoryPart) -> usize {
    app.world.settings().memory.used(part)
}

/// A release task with a template of about that length.
fn release(name: &str, length: usize) -> Value {
    let template =
        json!({"kind": "Deployment", "metadata": {"annotations": {"text": "x".repeat(length)}}});
    json!({"metadata": {"name": name}, "spec": {"serviceName": name, "grayDeployments": [{"template": template}]}})
}

fn pipeline(name: &str) -> Value {
    let stages = json!([{"name": "s", "tasks": [{"name": "t"}]}]);
    json!({"name": name, "model_version": 2, "config_mode": "ui", "stages": stages})
}

fn plan(name: &str, components: &[&str]) -> Value {
    let components = components
        .iter()
        .map(|name| json!({"seq": 0, "name": name, "runtime_stack": {"name": "java"}}));
    json!({"name": name, "components": components.collect::<Vec<_>>()})
}

fn version() -> Value {
    let image = json!({"container_name": "web", "image_name": "web", "image_tag": "1"});
    json!({"project_key": "demo", "version_name": "v1", "env_name": "dev", "image_registry_id": "r",
        "yaml_datas": [{"service_name": "web", "image_datas": [image]}]})
}

#[track_caller]
fn assert_over_limit(reply: &Reply) {
    let body = reply.assert_status(429);
    assert_eq!(body["error_code"], "APIGW.0308");
    assert_eq!(
        body["error_msg"],
        "The throttling threshold has been reached: the memory for resources is full"
    );
    assert!(reply.header("x-emulator-hint").contains("--memory"));
    let evidence = reply.header("x-emulator-evidence");
    assert!(evidence.starts_with("inferred") && evidence.contains("error=APIGW.0308"));
}

/// Adds releases until one is refused.
async fn fill(app: &App) {
    for n in 0..40 {
        let reply = app
            .post(RELEASES, release(&format!("filler-{n}"), 300_000))
            .await;
        if reply.status != 201 {
            assert_over_limit(&reply);
            assert!((12..20).contains(&n), "{n} were accepted");
            return;
        }
    }
    panic!("nothing was refused");
}

#[tokio::test]
async fn a_full_memory_refuses_creations_in_the_words_of_each_service_and_changes_nothing() {
    let app = App::with(small);
    let idle = app.post(PIPELINES, pipeline("idle")).await.json()["id"].clone();
    let waits = plan("waits", &["web"]);
    let waits = app.post(PLANS, waits).await.json()["id"].clone();
    let (idle, waits) = (idle.as_str().unwrap(), waits.as_str().unwrap());
    fill(&app).await;
    // The rest of the room, too.
    let room = SMALL / 32 * 10 - used(&app, MemoryPart::Resources);
    if room > 2_000 {
        app.post(RELEASES, release("rest", room - 1_500))
            .await
            .assert_status(201);
    }
    let before = app.state().await;

    let long = "x".repeat(2_000);
    let mut with_text = plan("other", &["web"]);
    with_text["components"][0]["text"] = json!(long);
    let mut described = pipeline("other");
    described["stages"][0]["text"] = json!(long);
    let nodes = json!({"fieldSelector": {"key": "UID", "operator": "In", "values": ["n1"]}});
    let mesh = json!({"kind": "Mesh", "apiVersion": "v1", "metadata": {"name": "mesh-two", "annotations": {"a": long}},
        "spec": {"type": "InCluster", "extendParams": {"clusters": [{"clusterID": "c1", "installation": {"nodes": nodes}}]}}});
    for (path, body) in [
        (RELEASES.to_owned(), release("other", 2_000)),
        (format!("/v1/{PROJECT}/meshes"), mesh),
        (PIPELINES.to_owned(), described.clone()),
        (PLANS.to_owned(), with_text.clone()),
    ] {
        assert_over_limit(&app.post(&path, body).await);
    }
    assert_over_limit(&app.put(&format!("{PLANS}/{waits}"), with_text).await);
    assert_over_limit(&app.put(&format!("{PIPELINES}/{idle}"), described).await);
    let mut long_version = version();
    long_version["desc"] = json!(long);
    let reply = app
        .post("/openapi/delivery/releases/k8s", long_version)
        .await;
    let body = reply.assert_status(500);
    assert_eq!(body["description"], "the memory for resources is full");
    assert!(reply.header("x-emulator-hint").contains("--memory"));
    assert_eq!(app.state().await, before);

    let first = format!("{RELEASES}/filler-0?action=cancel");
    app.delete(&first).await.assert_status(200);
    app.post(PIPELINES, pipeline("other"))
        .await
        .assert_status(200);
}

#[tokio::test]
async fn a_reset_gives_all_memory_back() {
    let app = App::with(small);
    let before = used(&app, MemoryPart::Resources);
    fill(&app).await;

    app.post("/_emulator/v1/reset", json!({"to": "empty"}))
        .await
        .assert_status(204);

    assert_eq!(used(&app, MemoryPart::Resources), before);
    app.post(RELEASES, release("again", 300_000))
        .await
        .assert_status(201);
}

#[tokio::test]
async fn the_memory_of_a_resource_is_given_back_whole_with_its_timeline() {
    let app = App::new();
    // The texts of statuses and commands stay.
    for n in 0..2 {
        let plan = plan("plan", &["web"]);
        let id = app.post(PLANS, plan).await.json()["id"].clone();
        let path = format!("{PLANS}/{}", id.as_str().unwrap());
        if n == 1 {
            app.delete(&path).await.assert_status(200);
        } else {
            app.post(&format!("{path}/execute"), json!({}))
                .await
                .assert_status(200);
            app.advance(2_000).await;
            app.delete(&path).await.assert_status(200);
        }
    }
    app.get("/_emulator/v1/clock").await.assert_status(200);
    app.post("/_emulator/v1/scripts", json!({})).await;
    let before = used(&app, MemoryPart::Resources);

    for n in 0..20 {
        let names = [format!("web-{n}"), format!("db-{n}")];
        let plan = plan("plan", &[&names[0], &names[1]]);
        let id = app.post(PLANS, plan).await.json()["id"].clone();
        let path = format!("{PLANS}/{}", id.as_str().unwrap());
        app.post(&format!("{path}/execute"), json!({}))
            .await
            .assert_status(200);
        app.advance(2_000).await;
        assert!(used(&app, MemoryPart::Resources) > before + 1_000);
        app.delete(&path).await.assert_status(200);
    }

    app.delete("/_emulator/v1/scripts").await.assert_status(204);
    assert_eq!(used(&app, MemoryPart::Resources), before);
}

#[tokio::test]
async fn scheduled_starts_go_on_in_a_full_memory_and_keep_the_newest_execution() {
    let app = App::with(small);
    let id = app.post(PIPELINES, pipeline("often")).await.json()["id"].clone();
    let path = format!("{PIPELINES}/{}", id.as_str().unwrap());
    let policy = json!({"strategy_type": 1, "hooks": [{"schedule": "0 * * * * ?"}]});
    app.post(&format!("{path}/hooks"), policy)
        .await
        .assert_status(200);
    app.advance(10 * 60_000).await;
    fill(&app).await;
    let room = SMALL / 32 * 10 - used(&app, MemoryPart::Resources);
    app.post(RELEASES, release("rest", room.saturating_sub(1_000)))
        .await
        .assert_status(201);
    assert!(used(&app, MemoryPart::Resources) > SMALL / 32 * 10 - 1_000);
    app.advance(60 * 60_000).await;

    let records = app.get(&format!("{path}/records")).await.assert_status(200);
    assert_eq!(records["count"], 70);
    assert!(records["records"].as_array().unwrap().len() < 20);
    assert!(used(&app, MemoryPart::Resources) < SMALL / 32 * 10 + 10_000);
}

#[tokio::test]
async fn a_state_that_does_not_fit_is_507_and_changes_nothing() {
    let app = App::build(
        |settings| {
            small(settings);
            settings.max_state = Some(8 << 20);
        },
        &json!({"asm": {"meshes": [{"id": "m1", "name": "mesh-one", "releases": []}]}}),
    );
    let before = app.state().await;
    let bytes = used(&app, MemoryPart::Resources);
    // Each takes much more than its text.
    let plans: Vec<_> = (0..20_000)
        .map(|n| json!({"id": format!("p{n}"), "name": format!("p-{n}")}))
        .collect();
    let state =
        json!({"servicestage": {"projects": [{"id": "p1", "release_plans": plans}]}}).to_string();
    assert!(state.len() < 1 << 20);

    for method in ["PUT", "PATCH"] {
        let reply = app
            .send(method, "/_emulator/v1/state", &[], state.clone())
            .await;
        let detail = reply.assert_status(507)["detail"].clone();
        assert!(detail.as_str().unwrap().contains("--memory"), "{detail}");
        assert_eq!(used(&app, MemoryPart::Resources), bytes);
    }
    assert_eq!(app.state().await, before);
}

#[tokio::test]
async fn bodies_for_the_control_plane_are_limited_and_states_by_a_setting() {
    let app = App::with(|settings| settings.max_state = Some(20 << 20));
    let spaces = |length: usize| " ".repeat(length);
    let send = async |method, path, length| app.send(method, path, &[], spaces(length)).await;

    for path in ["/_emulator/v1/reset", "/_emulator/v1/scripts"] {
        send("POST", path, 16 << 20).await;
        let over = send("POST", path, (16 << 20) + 1).await;
        let detail = over.assert_status(413)["detail"].clone();
        assert!(detail.as_str().unwrap().contains("--max-state"), "{detail}");
    }
    for method in ["PUT", "PATCH"] {
        let state = format!("{{}}{}", spaces((20 << 20) - 2));
        let reply = app.send(method, "/_emulator/v1/state", &[], state).await;
        assert_eq!(reply.status, 204, "{}", reply.text());
        send(method, "/_emulator/v1/state", (20 << 20) + 1)
            .await
            .assert_status(413);
    }
}

#[tokio::test]
async fn answers_that_nobody_takes_are_counted_and_more_are_refused() {
    let app = App::with(small);
    app.post(RELEASES, release("large", 1_000_000))
        .await
        .assert_status(201);
    let path = format!("{RELEASES}/large");

    let mut held = Vec::new();
    let refused = loop {
        let reply = app.get(&path).await;
        if reply.status != 200 {
            break reply;
        }
        held.push(reply);
    };
    let length = held[0].body.len();
    assert!(length > 2_000_000);
    assert_eq!(held.len(), SMALL / 32 * 14 / length);
    let body = refused.assert_status(429);
    assert_eq!(body["error_code"], "APIGW.0308");
    assert!(refused.header("x-emulator-hint").contains("--memory"));
    let busy = app.get("/_emulator/v1/state").await;
    busy.assert_status(503);
    assert_eq!(busy.header("retry-after"), "1");
    // Small answers pass.
    app.get("/_emulator/v1/clock").await.assert_status(200);
    app.delete("/_emulator/v1/requests")
        .await
        .assert_status(204);

    drop(held);
    assert_eq!(used(&app, MemoryPart::InFlight), 0);
    app.get(&path).await.assert_status(200);
}

#[tokio::test]
async fn bodies_under_way_are_counted() {
    let app = App::with(small);
    let body = " ".repeat(8 << 20);
    let reply = app
        .send("POST", "/_emulator/v1/requests/verify", &[], body.clone())
        .await;
    reply.assert_status(503);
    let reply = app
        .send("POST", RELEASES, crate::common::CREDENTIALS, body)
        .await;
    assert_eq!(reply.assert_status(429)["error_code"], "APIGW.0308");
    let reply = app
        .send(
            "POST",
            "/openapi/delivery/releases/k8s",
            crate::common::CREDENTIALS,
            " ".repeat(8 << 20),
        )
        .await;
    let description = reply.assert_status(500)["description"].clone();
    assert_eq!(description, "too many bytes are under way");
    assert_eq!(used(&app, MemoryPart::InFlight), 0);
}

#[tokio::test]
async fn rules_are_limited_in_number() {
    let faults: Vec<_> = (0..10_000)
        .map(|n| json!({"match": {"scope": format!("s{n}")}, "do": {"status": 503}}))
        .collect();
    let scripts: Vec<_> = (0..10_000).map(|_| json!({"outcome": "hang"})).collect();
    let app = App::load(&json!({"faults": faults, "scripts": scripts}));

    for (path, rule, kind) in [
        ("faults", json!({"do": {"status": 500}}), "fault"),
        ("scripts", json!({"outcome": "fail"}), "script"),
    ] {
        let reply = app
            .post(&format!("/_emulator/v1/{path}"), rule.clone())
            .await;
        let detail = reply.assert_status(429)["detail"].clone();
        assert_eq!(
            detail,
            format!("there are 10000 {kind}s, the limit; remove one")
        );
        let patch = json!({path: [rule]});
        let reply = app.patch("/_emulator/v1/state", patch).await;
        let detail = reply.assert_status(400)["detail"].clone();
        assert_eq!(detail, format!("{path}: there would be more than 10000"));
    }
    let one_more: Vec<_> = (0..10_001).map(|_| json!({"outcome": "hang"})).collect();
    let reply = app
        .put("/_emulator/v1/state", json!({"scripts": one_more}))
        .await;
    let detail = reply.assert_status(400)["detail"].clone();
    assert_eq!(
        detail,
        "scripts: must have at most 10000 entries, not 10001"
    );
}

#[tokio::test]
async fn rules_are_limited_in_bytes() {
    let app = App::with(small);
    let text = "x".repeat(120_000);
    let script = json!({"outcome": "fail", "message": text});
    let fault = json!({"do": {"status": 503, "message": text}});
    for (path, rule) in [("scripts", script), ("faults", fault)] {
        let path = format!("/_emulator/v1/{path}");
        let mut last = Value::Null;
        let refused = loop {
            let reply = app.post(&path, rule.clone()).await;
            if reply.status != 201 {
                break reply;
            }
            last = reply.json()["id"].clone();
        };
        let detail = refused.assert_status(507)["detail"].clone();
        assert!(detail.as_str().unwrap().contains("--memory"), "{detail}");
        let last = format!("{path}/{}", last.as_str().unwrap());
        app.delete(&last).await.assert_status(204);
        app.post(&path, rule).await.assert_status(201);
        app.delete(&path).await.assert_status(204);
        assert_eq!(used(&app, MemoryPart::Rules), 0);
    }
}

#[tokio::test]
async fn a_world_is_507_in_a_full_memory_and_a_closed_one_gives_its_memory_back() {
    let emulator = Emulator::builder().memory(SMALL).start().await.unwrap();
    let memory = &emulator.world().settings().memory;
    let before = memory.used(MemoryPart::Resources);
    let template = json!({"text": "x".repeat(1_000_000)});
    let release = json!({"metadata": {"name": "some", "uid": "u1", "namespace": "default"},
        "spec": {"serviceName": "s", "grayDeployments": [{"template": template}]}});
    let mesh = json!({"id": "m1", "name": "mesh-one", "releases": [release]});
    let world = |name: &str| json!({"name": name, "fixtures": {"asm": {"meshes": [mesh]}}});

    let mut opened = Vec::new();
    let refused = loop {
        let name = format!("w-{}", opened.len());
        let reply = emulator.post("/_emulator/v1/worlds", &world(&name)).await;
        let reply = reply.unwrap();
        if reply.status != 201 {
            break reply;
        }
        opened.push(name);
    };
    assert_eq!(refused.status, 507, "{}", refused.text());
    // Each has its fixtures twice: as they were given, and as resources.
    assert_eq!(opened.len(), 2);
    for name in opened {
        let path = format!("/_emulator/v1/worlds/{name}");
        emulator.delete(&path).await.unwrap().ok().unwrap();
    }
    assert_eq!(memory.used(MemoryPart::Resources), before);
}

#[tokio::test]
async fn the_metrics_tell_the_use_and_the_limit_of_each_part() {
    let app = App::with(small);
    app.post(RELEASES, release("some", 200_000))
        .await
        .assert_status(201);
    app.script(json!({"outcome": "hang"})).await;
    let text = app.get("/_emulator/v1/metrics").await.text();
    let value = |name: &str, part: &str| -> usize {
        let prefix = format!("release_emulator_{name}_bytes{{part=\"{part}\"}} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&prefix));
        line.unwrap_or_else(|| panic!("{prefix} in {text}"))
            .parse()
            .unwrap()
    };
    let parts = [
        "resources",
        "in_flight",
        "journal",
        "events",
        "rules",
        "identities",
        "history",
        "answers",
    ];
    let limits = parts.map(|part| value("memory_limit", part));
    assert_eq!(limits.iter().sum::<usize>(), SMALL);
    assert!(value("memory_used", "resources") > 200_000);
    for part in [
        "resources",
        "journal",
        "events",
        "rules",
        "identities",
        "history",
        "answers",
    ] {
        assert_eq!(
            value("memory_used", part),
            value("world_memory_used", part),
            "{part}"
        );
    }
    assert!(value("memory_used", "rules") > 0);
}

#[tokio::test]
async fn events_are_empty_after_a_reset_but_for_it() {
    let app = App::new();
    let events = &app.world.recorder().events;
    for _ in 0..3 {
        app.get(PIPELINES).await.assert_status(200);
    }
    assert_eq!(events.newest(), 3);

    app.delete("/_emulator/v1/requests")
        .await
        .assert_status(204);
    assert_eq!((events.newest(), events.bytes()), (3, 0));

    app.get(PIPELINES).await.assert_status(200);
    app.post("/_emulator/v1/reset", json!({}))
        .await
        .assert_status(204);
    let all = release_emulator::internals::http::observe::events::Most {
        events: 10,
        bytes: usize::MAX,
    };
    let since = events.since(0, all);
    let names: Vec<_> = since
        .events
        .iter()
        .map(|(number, event)| (*number, event.name()))
        .collect();
    assert_eq!((since.missed, names), (4, vec![(5, "reset")]));
}
