//! The page of a resource: chart, commands, causes.

use serde_json::{Value, json};

use super::{browse, html};
use crate::common::{App, CREDENTIALS, golden};
use release_emulator::ZadigGeneration;

const PIPELINES: &str = "/v3/p1/pipeline/pipelines";

/// The element with that id and everything in it, if it is the only one of its kind there.
fn element<'a>(page: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = page.split_once(begin).expect("its beginning");
    let (inner, _) = rest.split_once(end).expect("its end");
    inner
}

async fn create(app: &App) -> String {
    let body = json!({"name": "shop", "model_version": 2, "config_mode": "ui", "stages": [
        {"name": "build", "tasks": [{"name": "compile"}, {"name": "test"}]},
        {"name": "deploy", "approval_type": 1, "tasks": [{"name": "roll-out"}]}]});
    let created = app.post(PIPELINES, body).await.json();
    created["id"].as_str().unwrap().to_owned()
}

async fn act(app: &App, id: &str, action: &str, body: Value) {
    let path = format!("{PIPELINES}/{id}/action?action_id={action}");
    app.post(&path, body).await.assert_status(200);
}

async fn page(app: &App, id: &str) -> String {
    html(&browse(app, &format!("/_emulator/releases/pipelines/{id}")).await)
}

/// The golden parts are files beside this one.
#[track_caller]
fn assert_golden(name: &str, actual: &str) {
    // A line for each element, so that a difference is seen.
    let actual = actual.replace("><", ">\n<") + "\n";
    let file = format!(
        "{}/tests/it/dashboard/{name}.html",
        env!("CARGO_MANIFEST_DIR")
    );
    if std::env::var_os("UPDATE_DASHBOARD").is_some() {
        std::fs::write(&file, &actual).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        actual == expected,
        "{name}.html is not as rendered; UPDATE_DASHBOARD=1 writes it:\n{actual}"
    );
}

#[tokio::test]
async fn the_chart_of_a_pipeline_from_the_start_to_its_gate() {
    let app = App::new();
    let id = create(&app).await;
    act(&app, &id, "start", Value::Null).await;
    app.advance(1_000).await;
    let running = page(&app, &id).await;
    assert_golden(
        "running",
        element(&running, "<div class=\"gantt\"", "</svg></div></div>"),
    );
    app.advance(60_000).await;
    let waiting = page(&app, &id).await;
    assert_golden(
        "waiting",
        element(&waiting, "<div class=\"gantt\"", "</svg></div></div>"),
    );
}

#[tokio::test]
async fn the_buttons_are_the_commands_that_the_status_allows() {
    let app = App::new();
    let id = create(&app).await;
    let labels = |page: &str| {
        let commands = element(page, " id=\"commands\"", " id=\"edits\"");
        let labels = commands.split("<bdi>").skip(1);
        labels
            .map(|rest| rest.split('<').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(labels(&page(&app, &id).await), ["Start"]);
    act(&app, &id, "start", Value::Null).await;
    assert_eq!(labels(&page(&app, &id).await), ["Stop"]);
    app.advance(60_000).await;
    let waiting = page(&app, &id).await;
    assert_eq!(
        labels(&waiting),
        ["Stop", "Approve deploy", "Refuse deploy"]
    );
    let body =
        "{&quot;approval_type&quot;:&quot;agree&quot;,&quot;task_name&quot;:&quot;deploy&quot;}";
    assert!(waiting.contains(body), "{waiting}");

    let agree = json!({"approval_type": "agree", "task_name": "deploy"});
    act(&app, &id, "approval", agree).await;
    app.advance(60_000).await;
    assert_eq!(labels(&page(&app, &id).await), ["Start", "Roll back"]);
}

/// The requests of the buttons for commands: method and path, and body.
fn buttons(page: &str) -> Vec<(String, String)> {
    let commands = element(page, " id=\"commands\"", " id=\"edits\"");
    let buttons = commands.split("<button");
    let buttons = buttons.filter(|rest| rest.contains("data-send="));
    buttons
        .map(|button| {
            let value = |name| super::attributes(button, name).first().copied();
            let text = |name| {
                let escaped = value(name).unwrap_or_default();
                escaped.replace("&quot;", "\"").replace("&amp;", "&")
            };
            (text("data-send"), text("data-body"))
        })
        .collect()
}

#[tokio::test]
async fn the_services_accept_the_buttons_of_all_documented_examples() {
    let documented = golden("../documented.json");
    let listed = App::load(&documented).get("/_emulator/v1/resources").await;
    let mut pressed = Vec::new();
    for resource in listed.json()["resources"].as_array().unwrap() {
        let text = |name: &str| resource[name].as_str().unwrap();
        let path = format!("/_emulator/releases/{}/{}", text("family"), text("id"));
        let page = html(&browse(&App::load(&documented), &path).await);
        for (line, body) in buttons(&page) {
            let (method, path) = line.split_once(' ').unwrap();
            // Each in an emulator of its own.
            let app = App::load(&documented);
            let reply = app.send(method, path, CREDENTIALS, body.clone()).await;
            let is_accepted = (200..300).contains(&reply.status);
            assert!(is_accepted, "{line} {body}: {}", reply.text());
            pressed.push(format!(
                "{} {}",
                text("kind"),
                line.split_once('?').map_or(&*line, |(path, _)| path)
            ));
        }
    }
    for (kind, end) in [
        ("plan POST", "/rollback"),
        ("pipeline POST", "/action"),
        ("mesh DELETE", ""),
    ] {
        let is_there = pressed
            .iter()
            .any(|line| line.starts_with(kind) && line.ends_with(end));
        assert!(is_there, "{kind} {end}: {pressed:?}");
    }
}

/// The edits of a page: method and path, and the body that the form begins with.
fn edits(page: &str) -> Vec<(String, String)> {
    let edits = element(page, " id=\"edits\"", "</section>");
    let forms = edits.split("<form").skip(1);
    forms
        .map(|form| {
            let line = super::attributes(form, "data-send")[0];
            let body = element(form, "<textarea", "</textarea>");
            let (_, body) = body.split_once('>').expect("its text");
            (unescaped(line), unescaped(body))
        })
        .collect()
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&quot;", "\"").replace("&lt;", "<");
    text.replace("&gt;", ">").replace("&amp;", "&")
}

/// Sends the edits of everything in a state as they are; the kinds of what was edited.
async fn send_edits(load: impl Fn() -> App) -> Vec<String> {
    let listed = load().get("/_emulator/v1/resources").await;
    let mut edited = Vec::new();
    for resource in listed.json()["resources"].as_array().unwrap() {
        let text = |name: &str| resource[name].as_str().unwrap();
        let path = format!("/_emulator/releases/{}/{}", text("family"), text("id"));
        let page = html(&browse(&load(), &path).await);
        for (line, body) in edits(&page) {
            // The documents show plans without their components, of which an edit needs one.
            if body.contains("\"components\": []") {
                continue;
            }
            let app = load();
            let (method, path_of_edit) = line.split_once(' ').unwrap();
            let reply = app
                .send(method, path_of_edit, CREDENTIALS, body.clone())
                .await;
            let is_accepted = (200..300).contains(&reply.status);
            assert!(is_accepted, "{line} {body}: {}", reply.text());
            // It has changed nothing that people write.
            let page = html(&browse(&app, &path).await);
            assert_eq!(edits(&page), [(line, body)]);
            edited.push(text("kind").to_owned());
        }
    }
    edited
}

#[tokio::test]
async fn edits_begin_with_what_the_resource_is() {
    let documented = golden("../documented.json");
    let edited = send_edits(|| App::load(&documented)).await;
    assert!(edited.iter().any(|kind| kind == "pipeline"), "{edited:?}");

    let app = App::new();
    let plan = json!({"name": "spring", "desc": "d", "fail_strategy": "stop", "components": [
        {"seq": 1, "name": "web", "runtime_stack": {"name": "java"}, "labels": [{"key": "a", "value": "<&>"}]}]});
    let created = app.post("/v3/p1/cas/release-plans", plan).await;
    created.assert_status(200);
    let release = json!({"metadata": {"name": "reviews"}, "spec": {"serviceName": "reviews", "version": "v2", "grayDeployments": [
        {"template": {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "shop/reviews:2"}]}}}}}]}});
    let releases = "/v2/meshes/m1/namespaces/default/releases";
    app.post(releases, release).await.assert_status(201);
    let state = app.get("/_emulator/v1/state").await.json();
    let mut edited = send_edits(|| App::load(&state)).await;
    edited.sort_unstable();
    assert_eq!(edited, ["plan", "release"]);
}

#[tokio::test]
async fn an_edit_of_a_release_plan_begins_with_what_it_is() {
    let v4 =
        |state: &Value| App::build(|settings| settings.zadig = Some(ZadigGeneration::V4), state);
    let app = v4(&json!({}));
    let plans = "/openapi/release_plan/v1";
    let plan = json!({"name": "spring", "manager": "patrick"});
    let id = app.post(plans, plan).await.json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let edit = json!({"name": "spring", "manager": "patrick", "description": "of the \"year\"", "jobs": [
        {"name": "tell", "type": "text", "spec": {"content": "<b>", "remark": ""}}]});
    let path = format!("{plans}/{id}");
    let edited = app
        .send("PATCH", &path, CREDENTIALS, edit.to_string())
        .await;
    edited.assert_status(200);
    let state = app.get("/_emulator/v1/state").await.json();
    assert_eq!(send_edits(|| v4(&state)).await.len(), 1);
}

#[tokio::test]
async fn an_edit_that_is_long_or_has_secrets_says_so() {
    let app = App::new();
    let components = |n: usize| {
        let component =
            |n| json!({"seq": n, "name": format!("web-{n}x"), "runtime_stack": {"name": "java"}});
        (0..n).map(component).collect::<Vec<_>>()
    };
    let plans = "/v3/p1/cas/release-plans";
    let body = json!({"name": "many", "components": components(300)});
    let id = app.post(plans, body).await.json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let page = html(&browse(&app, &format!("/_emulator/releases/plans/{id}")).await);
    assert!(edits(&page).is_empty());
    assert!(
        page.contains("Also edit, with a body too long for a form."),
        "{page}"
    );

    let source = json!({"template_source": {"storage": "http", "url": "http://a/b", "http_username": "u", "http_password": "t0p-s3cret!"}});
    let body =
        json!({"name": "shop", "model_version": 2, "config_mode": "template", "sources": [source]});
    let created = app.post(PIPELINES, body).await.json();
    let page = self::page(&app, created["id"].as_str().unwrap()).await;
    assert!(!page.contains("t0p-s3cret!"), "{page}");
    assert!(page.contains("Secrets are masked"), "{page}");
}

#[tokio::test]
async fn a_failed_version_is_retried_by_its_creation() {
    let app = App::new();
    let fails = json!({"match": {"family": "zadig"}, "outcome": "fail", "times": 1});
    app.script(fails).await;
    let image = json!({"container_name": "web", "image_name": "web", "image_tag": "1.0"});
    let version = json!({"project_key": "shop", "version_name": "v1", "env_name": "prod", "image_registry_id": "r1",
        "yaml_datas": [{"service_name": "web", "image_datas": [image]}]});
    let versions = "/openapi/delivery/releases";
    let created = app.post(&format!("{versions}/k8s"), version).await;
    created.assert_status(200);
    app.advance(60_000).await;
    let listed = app.get("/_emulator/v1/resources").await.json();
    let id = listed["resources"][0]["id"].as_str().unwrap();
    let path = format!("/_emulator/releases/zadig/{id}");
    let page = html(&browse(&app, &path).await);
    let (line, body) = buttons(&page).remove(0);
    assert_eq!(line, "POST /openapi/delivery/releases/k8s");
    let retried = app.send("POST", &line[5..], CREDENTIALS, body).await;
    retried.assert_status(200);
    let page = html(&browse(&app, &path).await);
    assert!(page.contains("<bdi>retrying</bdi>"), "{page}");
}

#[tokio::test]
async fn every_command_of_a_button_is_accepted_by_its_service() {
    let app = App::new();
    let id = create(&app).await;
    let mut pressed = Vec::new();
    // Each press shows other buttons; the first that was not pressed yet is next.
    while pressed.len() < 6 {
        let page = page(&app, &id).await;
        let next = buttons(&page)
            .into_iter()
            .find(|button| !pressed.contains(button));
        let Some((line, body)) = next else {
            break;
        };
        let (method, path) = line.split_once(' ').unwrap();
        let reply = app.send(method, path, CREDENTIALS, body.clone()).await;
        assert_eq!(reply.status, 200, "{line} {body}: {}", reply.text());
        pressed.push((line, body));
        app.advance(60_000).await;
    }
    assert!(pressed.len() >= 4, "{pressed:?}");
}

#[tokio::test]
async fn each_change_tells_its_cause_and_the_ways_back_to_it() {
    let app = App::new();
    let id = create(&app).await;
    act(&app, &id, "start", Value::Null).await;
    app.advance(60_000).await;
    let page = page(&app, &id).await;
    assert!(page.contains("the clock"), "{page}");
    assert!(
        page.contains("the command <b><bdi>start</bdi></b>"),
        "{page}"
    );
    assert!(
        page.contains("aria-label=\"Go back to 2026-01-01T12:00:02Z\""),
        "{page}"
    );
    assert!(
        page.contains("aria-label=\"Fork a world at 2026-01-01T12:00:02Z\""),
        "{page}"
    );
}

#[tokio::test]
async fn all_kinds_of_resources_have_a_page_and_say_how_they_are_shown() {
    let documented = App::load(&golden("../documented.json"));
    let listed = documented.get("/_emulator/v1/resources").await.json();
    let resources = listed["resources"].as_array().unwrap();
    let mut kinds: Vec<&str> = Vec::new();
    for resource in resources {
        let text = |name: &str| resource[name].as_str().unwrap();
        let path = format!("/_emulator/releases/{}/{}", text("family"), text("id"));
        let page = html(&browse(&documented, &path).await);
        kinds.push(text("kind"));
        for load in super::attributes(&page, "data-load") {
            let (method, path) = load.split_once(' ').unwrap();
            let path = path.replace("&amp;", "&");
            let reply = documented.send(method, &path, CREDENTIALS, "").await;
            assert_eq!(reply.status, 200, "{load}: {}", reply.text());
        }
    }
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds, ["mesh", "pipeline", "plan", "version"]);
}

#[tokio::test]
async fn five_hundred_steps_fit_into_a_small_page() {
    let tasks: Vec<Value> = (0..500)
        .map(|n| json!({"name": format!("task-{n}")}))
        .collect();
    let stages: Vec<Value> = tasks
        .chunks(50)
        .enumerate()
        .map(|(n, tasks)| json!({"name": format!("stage-{n}"), "tasks": tasks}))
        .collect();
    let app = App::load(
        &json!({"servicestage": {"projects": [{"id": "p1", "pipelines": [{"id": "big", "name": "big", "pipeline_declaration": {"stages": stages}}]}]}}),
    );
    act(&app, "big", "start", Value::Null).await;
    app.advance(5_000).await;
    let page = page(&app, "big").await;
    assert!(page.contains("task-499"), "{page}");
    assert!(page.len() < 150_000, "{} bytes", page.len());
}

const PLANS: &str = "/v3/p1/cas/release-plans";

/// Creates a plan that fails once, and brings it to its failure, at which the clock stands. Returns its id.
async fn failed_plan(app: &App, message: &str) -> String {
    let fails =
        json!({"match": {"family": "plans"}, "outcome": "fail", "message": message, "times": 1});
    app.script(fails).await;
    let component = json!({"seq": 1, "name": "web", "runtime_stack": {"name": "java"}});
    let plan = json!({"name": "spring", "components": [component]});
    let created = app.post(PLANS, plan).await.json();
    let id = created["id"].as_str().unwrap().to_owned();
    execute(app, &id).await;
    let until_idle = json!({"until": "idle"});
    let advanced = app.post("/_emulator/v1/clock/advance", until_idle).await;
    advanced.assert_status(200);
    id
}

async fn execute(app: &App, id: &str) {
    let path = format!("{PLANS}/{id}/execute");
    app.post(&path, Value::Null).await.assert_status(200);
}

async fn failures(app: &App, id: &str) -> String {
    let page = html(&browse(app, &format!("/_emulator/releases/plans/{id}")).await);
    element(&page, " id=\"failures\"", "</div>").to_owned()
}

#[tokio::test]
async fn a_failure_tells_its_reason() {
    let app = App::new();
    let id = failed_plan(&app, "no <image>").await;
    let told = failures(&app, &id).await;
    assert!(told.contains("<bdi>no &lt;image&gt;</bdi>"), "{told}");
    assert!(!told.contains("Before, at"), "{told}");
    app.post("/_emulator/v1/reset", Value::Null).await;
    let id = create(&app).await;
    let page = page(&app, &id).await;
    assert!(page.contains("Nothing has failed."), "{page}");
}

#[tokio::test]
async fn the_reason_of_a_failure_can_be_asked_for_after_a_retry_at_its_instant() {
    let app = App::new();
    let id = failed_plan(&app, "no image").await;
    execute(&app, &id).await;
    let told = failures(&app, &id).await;
    assert!(!told.contains("no image"), "{told}");
    let load = super::attributes(&told, "data-load")[0];
    let asked = app.get(load.strip_prefix("GET ").unwrap()).await;
    assert_eq!(asked.text(), "web: no image\n");
    assert_eq!(asked.header("content-type"), "text/plain; charset=utf-8");

    let path = format!("/_emulator/releases/plans/{id}/failures/0");
    app.get(&path).await.assert_status(410);
}
