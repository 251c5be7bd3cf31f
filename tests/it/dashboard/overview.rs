//! The overview: counts and lists of what there is, in time and size for a thousand resources.

use release_emulator::internals::sim::clock::Stopwatch;
use serde_json::{Value, json};

use super::{browse, html};
use crate::common::App;

const PIPELINES: &str = "/v3/p1/pipeline/pipelines";

/// The part of a page from the element with that id to the end of its list.
fn list<'a>(page: &'a str, id: &str) -> &'a str {
    let begin = page.find(&format!(" id=\"{id}\"")).expect("the list");
    let rest = &page[begin..];
    &rest[..rest.find("</ul>").expect("its end")]
}

async fn start(app: &App, name: &str, approval: u8) -> String {
    let body = json!({"name": name, "model_version": 2, "config_mode": "ui", "stages": [
        {"name": "build", "tasks": [{"name": "compile"}]},
        {"name": "deploy", "approval_type": approval, "tasks": [{"name": "roll-out"}]}]});
    let created = app.post(PIPELINES, body).await.json();
    let id = created["id"].as_str().unwrap().to_owned();
    let path = format!("{PIPELINES}/{id}/action?action_id=start");
    app.post(&path, Value::Null).await.assert_status(200);
    id
}

#[tokio::test]
async fn each_list_has_what_it_is_for() {
    let app = App::new();
    start(&app, "waits", 1).await;
    app.advance(5_000).await;
    start(&app, "runs", 0).await;
    let rule = json!({"match": {"name": "fails"}, "outcome": "fail"});
    app.script(rule).await;
    let fails = start(&app, "fails", 0).await;
    app.advance(1_000).await;
    let page = html(&browse(&app, "/_emulator/").await);
    assert!(list(&page, "runs").contains(">runs<"), "{page}");
    assert!(list(&page, "waits").contains(">waits<"), "{page}");
    assert!(!list(&page, "waits").contains(">runs<"), "{page}");
    assert!(list(&page, "due").contains(">runs<"), "{page}");
    assert!(!list(&page, "due").contains(">waits<"), "{page}");
    assert!(
        list(&page, "failed").contains("Nothing has failed."),
        "{page}"
    );

    app.advance(5_000).await;
    let page = html(&browse(&app, "/_emulator/").await);
    assert!(list(&page, "failed").contains(">fails<"), "{page}");
    let link = format!("href=\"/_emulator/releases/pipelines/{fails}\"");
    assert!(list(&page, "failed").contains(&link), "{page}");
    assert!(list(&page, "runs").contains("Nothing runs."), "{page}");
}

#[tokio::test]
async fn counts_have_the_statuses_in_words() {
    let app = App::new();
    start(&app, "one", 1).await;
    start(&app, "two", 1).await;
    app.advance(5_000).await;
    let page = html(&browse(&app, "/_emulator/").await);
    let counted = "<b>2</b> <span class=\"status-word waits\"><bdi>to be approved</bdi></span>";
    assert!(page.contains(counted), "{page}");
}

#[tokio::test]
async fn a_frozen_clock_says_so_and_can_be_moved() {
    let app = App::new();
    let page = html(&browse(&app, "/_emulator/").await);
    assert!(page.contains("data-mode=\"frozen\""), "{page}");
    assert!(
        page.contains("<time datetime=\"2026-01-01T12:00:00Z\">"),
        "{page}"
    );
    for body in [
        "{&quot;mode&quot;:&quot;running&quot;}",
        "{&quot;ms&quot;:3600000}",
        "{&quot;until&quot;:&quot;next&quot;}",
        "{&quot;until&quot;:&quot;idle&quot;}",
    ] {
        assert!(page.contains(&format!("data-body=\"{body}\"")), "{body}");
    }
}

#[tokio::test]
async fn every_button_sends_a_request_that_there_is() {
    let app = App::new();
    let id = start(&app, "shop", 1).await;
    app.post("/_emulator/v1/snapshots", json!({"name": "s"}))
        .await
        .assert_status(201);
    let document = app.get("/_emulator/v1/openapi.json").await.json();
    let paths = document["paths"].as_object().unwrap();
    for path in [
        "/_emulator/".to_owned(),
        format!("/_emulator/releases/pipelines/{id}"),
    ] {
        let page = html(&browse(&app, &path).await);
        let sent = super::attributes(&page, "data-send");
        assert!(sent.len() > 10, "{path}: {sent:?}");
        for request in sent {
            let (method, target) = request.split_once(' ').unwrap();
            let target = target.split('?').next().unwrap();
            let is_declared = paths.iter().any(|(declared, operations)| {
                fits(declared, target) && operations.get(method.to_lowercase()).is_some()
            });
            assert!(is_declared, "{path}: {request}");
        }
    }
}

/// True if a path has the form of a declared one.
fn fits(declared: &str, path: &str) -> bool {
    let (declared, path) = (declared.split('/'), path.split('/'));
    declared.clone().count() == path.clone().count()
        && declared
            .zip(path)
            .all(|(declared, part)| declared.starts_with('{') || declared == part)
}

#[tokio::test]
async fn a_thousand_resources_fit_into_a_small_page_that_is_soon_there() {
    let pipelines = (0..1_000).map(|n| {
        json!({"id": format!("{n:08}-4711-4711-4711-000000000000"), "name": format!("pipeline-{n}"),
            "status": if n % 3 == 0 { 3 } else { 2 }, "pipeline_declaration": {"stages": [{"name": "build", "tasks": [{"name": "compile"}]}]}})
    });
    let pipelines: Vec<Value> = pipelines.collect();
    let app =
        App::load(&json!({"servicestage": {"projects": [{"id": "p1", "pipelines": pipelines}]}}));
    let page = html(&browse(&app, "/_emulator/").await);
    assert!(page.len() < 150_000, "{} bytes", page.len());
    assert!(page.contains("294 more"), "{page}");
    // The fastest of some, since the machine does other things too.
    let mut fastest = std::time::Duration::MAX;
    for _ in 0..5 {
        let stopwatch = Stopwatch::start();
        html(&browse(&app, "/_emulator/").await);
        fastest = fastest.min(stopwatch.elapsed());
    }
    assert!(fastest.as_millis() < 100, "{fastest:?}");
}
