//! Texts of users on every place that shows them: they stay texts, and take no more room than is theirs.

use serde_json::{Value, json};

use super::{attributes, browse, html};
use crate::common::App;

/// What could break out of an element, an attribute or a script, and turn the direction of what follows.
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
    for before in page
        .split('\u{202e}')
        .collect::<Vec<_>>()
        .iter()
        .rev()
        .skip(1)
    {
        let open = before
            .rfind('<')
            .map(|at| &before[at..])
            .unwrap_or_default();
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
async fn names_of_pipelines_stages_and_tasks_stay_texts() {
    // The service takes names of 64 characters; a state takes any.
    let stages = json!([{"name": long(), "tasks": [{"name": long()}]}]);
    let pipeline = json!({"id": "p", "name": long(), "pipeline_declaration": {"stages": stages}});
    let state = json!({"servicestage": {"projects": [{"id": EVIL, "pipelines": [pipeline]}]}});
    let app = App::new();
    let put = app.put("/_emulator/v1/state", state).await;
    assert_eq!(put.status, 204, "{}", put.text());
    for path in ["/_emulator/", "/_emulator/releases/pipelines/p"] {
        let page = html(&browse(&app, path).await);
        assert!(page.contains("&lt;script&gt;alert(1)"), "{path}");
        assert_tame(&page);
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
