//! Timelines: the history of resources of each family, the commands they allow, their next change.

mod allowed;
mod next;
mod past;
mod resources;
mod stories;

use serde_json::{Value, json};

use crate::common::{App, PROJECT};

const MESHES: &str = "/v1/0605767aee00d2562f3cc0123456789a/meshes";
const RELEASES: &str = "/v2/meshes/mesh-demo/namespaces/default/releases";
const PLANS: &str = "/v3/0605767aee00d2562f3cc0123456789a/cas/release-plans";
const PIPELINES: &str = "/v3/0605767aee00d2562f3cc0123456789a/pipeline/pipelines";
const VERSIONS: &str = "/openapi/delivery/releases";

/// The timeline of a resource.
pub async fn timeline(app: &App, family: &str, id: &str) -> Value {
    let path = format!("/_emulator/v1/resources/{family}/{id}/timeline");
    app.get(&path).await.assert_status(200)
}

/// The history of a resource, in short: `<seconds past noon> [<step> ]<from>-<to> <cause>`.
async fn story(app: &App, family: &str, id: &str) -> Vec<String> {
    short(&timeline(app, family, id).await["transitions"])
}

fn short(transitions: &Value) -> Vec<String> {
    let transitions = transitions.as_array().expect("transitions").iter();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    transitions
        .map(|transition| {
            let (time, minute) = (text(&transition["time"]), "2026-01-01T12:00:");
            let seconds = time.strip_prefix(minute).expect("the first minute");
            let step = transition.get("step");
            let step = step.map_or(String::new(), |step| text(step) + " ");
            let (from, to) = (text(&transition["from"]), text(&transition["to"]));
            let cause = text(&transition["cause"]);
            format!(
                "{} {step}{from}-{to} {cause}",
                seconds.trim_end_matches('Z')
            )
        })
        .collect()
}

/// Asserts the invariants of every timeline: it is in the order of time and of numbers, each change of the resource
/// begins where the last one ended, and the last one ended where it is now.
#[track_caller]
pub fn assert_in_order(timeline: &Value) {
    let transitions = timeline["transitions"].as_array().expect("transitions");
    let own = |transition: &&Value| transition.get("step").is_none();
    // Without its `Z` a whole second comes before its fractions.
    let order = |transition: &Value| {
        let time = transition["time"].as_str().expect("a time");
        let time = time.trim_end_matches('Z').to_owned();
        (time, transition["id"].as_u64())
    };
    assert!(transitions.is_sorted_by_key(order), "{timeline:#}");
    let chain: Vec<_> = transitions.iter().filter(own).collect();
    for pair in chain.windows(2) {
        assert_eq!(pair[0]["to"], pair[1]["from"], "{timeline:#}");
    }
    let last = chain.last().expect("at least its creation");
    assert_eq!(last["to"], timeline["status"], "{timeline:#}");
}

fn id_of(answer: &Value) -> String {
    answer["id"].as_str().expect("an id").to_owned()
}

async fn create_pipeline(app: &App, name: &str, stages: Value) -> String {
    let body = json!({"name": name, "model_version": 2, "config_mode": "ui", "stages": stages});
    id_of(&app.post(PIPELINES, body).await.assert_status(200))
}

/// Says an action to a pipeline.
async fn act(app: &App, id: &str, action: &str, body: Value) {
    let path = format!("{PIPELINES}/{id}/action?action_id={action}");
    app.post(&path, body).await.assert_status(200);
}

fn component(seq: u8, name: &str) -> Value {
    json!({"name": name, "seq": seq, "runtime_stack": {"name": "java"}})
}

async fn create_plan(app: &App, name: &str, components: &[Value]) -> String {
    let body = json!({"name": name, "components": components});
    id_of(&app.post(PLANS, body).await.assert_status(200))
}

fn release(name: &str, service: &str) -> Value {
    let template = json!({"kind": "Deployment"});
    json!({"metadata": {"name": name}, "spec": {"serviceName": service, "grayDeployments": [{"template": template}]}})
}

/// Creates a release and answers its uid.
async fn create_release(app: &App, name: &str) -> String {
    let created = app
        .post(RELEASES, release(name, name))
        .await
        .assert_status(201);
    created["metadata"]["uid"]
        .as_str()
        .expect("a uid")
        .to_owned()
}

/// A K8s version of two images.
fn version(name: &str) -> Value {
    let image = |name: &str| json!({"container_name": name, "image_name": name, "image_tag": "1"});
    json!({"project_key": "demo", "version_name": name, "env_name": "dev", "image_registry_id": "r",
        "yaml_datas": [{"service_name": "web", "image_datas": [image("web"), image("proxy")]}]})
}

/// The id of the newest version.
async fn newest_version(app: &App) -> String {
    let list = format!("{VERSIONS}?projectKey=demo&pageNum=1&pageSize=1");
    id_of(&app.get(&list).await.assert_status(200)["list"][0])
}

/// A state with one pipeline.
fn pipeline_state(pipeline: &Value) -> Value {
    json!({"servicestage": {"projects": [{"id": PROJECT, "pipelines": [pipeline]}]}})
}

#[tokio::test]
async fn a_timeline_tells_past_present_and_future() {
    let app = App::new();
    let stages = json!([{"name": "deploy", "tasks": [{"name": "roll-out"}]}]);
    let id = create_pipeline(&app, "release-a", stages).await;
    app.advance(500).await;
    act(&app, &id, "start", json!({})).await;

    let timeline = timeline(&app, "pipelines", &id).await;

    let transition = |n: u64, time: &str, step: Option<&str>, (from, to): (&str, &str), cause| {
        let mut transition = json!({"id": n, "time": time, "family": "pipelines", "scope": PROJECT,
            "resource": id, "name": "release-a"});
        if let Some(step) = step {
            transition["stage"] = json!("deploy");
            transition["step"] = json!(step);
        }
        for (key, value) in [("from", from), ("to", to), ("cause", cause)] {
            transition[key] = json!(value);
        }
        transition
    };
    let started = "2026-01-01T12:00:00.500Z";
    crate::common::assert_same(
        &timeline,
        &json!({
            "family": "pipelines", "scope": PROJECT, "id": id, "name": "release-a", "kind": "pipeline",
            "status": "4", "code": 4, "word": "releasing",
            "transitions": [
                transition(1, "2026-01-01T12:00:00Z", None, ("", "1"), "create"),
                transition(2, started, None, ("1", "4"), "start"),
                transition(3, started, Some("roll-out"), ("", "4"), "start"),
            ],
            "truncated": 0,
            "allowed": ["stop"],
            "next": {"time": "2026-01-01T12:00:02.500Z", "to": "2"},
            "forecast": [{"stage": "deploy", "step": "roll-out", "status": "4", "began": started,
                "ends": "2026-01-01T12:00:02.500Z", "to": "2"}],
        }),
    );
}

#[tokio::test]
async fn an_unknown_resource_has_no_timeline() {
    let app = App::new();
    let assert_refused = async |path: &str| {
        let path = format!("/_emulator/v1/resources/{path}/timeline");
        let reply = app.get(&path).await;
        assert_eq!(reply.header("content-type"), "application/problem+json");
        reply.assert_status(404)["detail"]
            .as_str()
            .expect("a text")
            .to_owned()
    };
    assert_eq!(
        assert_refused("iam/x").await,
        "there is no family iam; there are asm, plans, pipelines and zadig"
    );
    for family in ["asm", "plans", "pipelines", "zadig"] {
        let expected = format!("there is no resource x of {family}");
        assert_eq!(assert_refused(&format!("{family}/x")).await, expected);
    }
    // Only a service takes it for a client without a project.
    assert_eq!(
        assert_refused("plans/%7Bproject_id%7D").await,
        "there is no resource {project_id} of plans"
    );
}
