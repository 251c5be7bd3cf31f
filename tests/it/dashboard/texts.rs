//! Texts of users on every place that shows them: they stay texts, and take no more room than is theirs.

use serde_json::{Value, json};

use super::{attributes, browse, html};
use crate::common::App;

/// A text that could break out of an element, an attribute or a script, and turn the direction of the text behind it.
pub(super) const EVIL: &str =
    "</bdi></script><script>alert(1)</script><img src=x onerror=alert(2)>\"'`&amp;\u{202e}";

const PIPELINES: &str = "/v3/p1/pipeline/pipelines";

/// A text of 4,000 characters that begins like [`EVIL`].
pub(super) fn long() -> String {
    let mut text = EVIL.to_owned();
    text.extend(std::iter::repeat_n('ж', 4_000 - EVIL.chars().count()));
    text
}

/// Asserts that a page has no element, attribute or script of a user.
#[track_caller]
pub(super) fn assert_tame(page: &str) {
    assert!(page.len() < 150_000, "{} bytes", page.len());
    for broken in ["<script>", "<img", "</bdi></script>"] {
        assert!(!page.contains(broken), "{broken}");
    }
    assert_eq!(attributes(page, "onerror"), Vec::<&str>::new());
    // A name that turns the direction is isolated wherever it is shown as text.
    for (at, _) in page.match_indices('\u{202e}') {
        let before = &page[..at];
        let open = before.rfind('<').map_or("", |begin| &before[begin..]);
        let isolated = ["<bdi>", "<title>", "<textarea ", "<pre "];
        let is_isolated = isolated.iter().any(|tag| open.starts_with(tag));
        let is_attribute = open.contains('=') && !open.contains('>');
        assert!(is_isolated || is_attribute, "{open}");
    }
}

async fn pipeline(app: &App, name: &str, step: &str) -> String {
    let stages = json!([
        {"name": step, "tasks": [{"name": step}]},
        {"name": "gate", "approval_type": 1, "tasks": [{"name": "last"}]}
    ]);
    let body = json!({"name": name, "model_version": 2, "config_mode": "ui", "stages": stages});
    let created = app.post(PIPELINES, body).await;
    let id = created.json()["id"].as_str().unwrap().to_owned();
    let start = format!("{PIPELINES}/{id}/action?action_id=start");
    app.post(&start, Value::Null).await.assert_status(200);
    id
}

#[tokio::test]
async fn names_and_ids_stay_texts_on_the_page_of_each_resource() {
    // Names of pipelines and plans are limited by the service.
    let release = json!({"metadata": {"name": "reviews", "uid": "u", "namespace": "default"}, "spec": {"serviceName": "s"}});
    let mesh = json!({"id": EVIL, "name": long(), "releases": [release]});
    let job = json!({"id": "j", "name": long(), "type": "text", "status": "todo", "spec": {"content": long()}});
    let plan = json!({"id": "65f0d5b0b7a2a3a1f0e5d001", "name": long(), "status": "executing", "jobs": [job]});
    let stages = json!([{"name": long(), "jobs": [{"name": "build", "type": "freestyle"}]}]);
    let workflow = json!({"workflow_key": "release", "stages": stages});
    let app = App::load(&json!({
        "asm": {"meshes": [mesh]},
        "zadig": {"release_plans": [plan], "projects": [{"key": EVIL, "workflows": [workflow]}]}
    }));
    let task = json!({"workflow_key": "release", "project_key": EVIL,
        "inputs": [{"job_name": "build", "job_type": "freestyle"}]});
    let created = app.post("/openapi/workflows/custom/task", task).await;
    created.assert_status(200);
    let page = html(&browse(&app, "/_emulator/").await);
    assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
    assert_tame(&page);
    let listed = app.get("/_emulator/v1/resources").await.json();
    let resources = listed["resources"].as_array().unwrap();
    let kinds: Vec<&str> = resources
        .iter()
        .map(|one| one["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["mesh", "release", "task", "release_plan"]);
    for href in attributes(&page, "href") {
        if href.starts_with("/_emulator/releases/") {
            let page = html(&browse(&app, href).await);
            assert!(page.contains("&lt;script&gt;alert(1)"), "{href}");
            assert_tame(&page);
        }
    }
}

#[tokio::test]
async fn messages_of_failures_stay_texts() {
    let app = App::new();
    let script = json!({"match": {"step": "compile"}, "outcome": "fail", "message": long()});
    app.script(script).await;
    let id = pipeline(&app, "shop", "compile").await;
    app.advance(10_000).await;
    let page = html(&browse(&app, &format!("/_emulator/releases/pipelines/{id}")).await);
    assert!(page.contains("<h3>Failures</h3>"), "{page}");
    assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
    assert_tame(&page);
}

#[tokio::test]
async fn paths_and_callers_of_requests_stay_texts_and_secrets_are_masked() {
    let app = App::new();
    let id = pipeline(&app, "shop", "compile").await;
    let evil = "%3Cscript%3Ealert(1)%3C/script%3E";
    let path = format!("{PIPELINES}/{id}?x={evil}&X-Amz-Signature=5ec4e7&token=hush-4711");
    app.get(&path).await;
    let page = html(&browse(&app, &format!("/_emulator/releases/pipelines/{id}")).await);
    assert!(page.contains(evil), "{page}");
    assert!(!page.contains("hush-4711"), "{page}");
    assert_tame(&page);
}

#[tokio::test]
async fn ids_of_nothing_stay_texts() {
    let app = App::new();
    let evil = "%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    for path in [
        format!("/_emulator/releases/pipelines/{evil}"),
        format!("/_emulator/releases/{evil}/x"),
    ] {
        let reply = browse(&app, &path).await;
        assert_eq!(reply.status, 404, "{path}");
        let page = reply.text();
        assert!(page.contains("&lt;script&gt;"), "{page}");
        assert_tame(&page);
    }
}
