//! Fixtures from what was seen.

use std::io::Write;
use std::process::Output;

use serde_json::{Value, json};

use super::session::Recording;
use crate::common::{App, PROJECT};
use crate::process::{command, scratch};

fn import(text: &str) -> (Value, String) {
    static NUMBER: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let n = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let folder = scratch(&format!("import-{n}"));
    let file = folder.join("seen");
    std::fs::File::create(&file)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output: Output = command(&["import", file.to_str().unwrap()])
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    (
        serde_json::from_str(&String::from_utf8_lossy(&output.stdout)).unwrap(),
        stderr,
    )
}

/// The answers of an app to these requests, as a browser would have saved them.
async fn har(app: &App, paths: &[&str]) -> String {
    let mut entries = Vec::new();
    for path in paths {
        let reply = app.get(path).await;
        entries.push(json!({
            "request": {"method": "GET", "url": format!("https://service.example{path}")},
            "response": {"status": reply.status, "content": {"mimeType": "application/json", "text": reply.text()}},
        }));
    }
    json!({"log": {"version": "1.2", "entries": entries}}).to_string()
}

fn documented() -> App {
    let state = release_emulator::internals::registry::fixtures::DOCUMENTED_STATE;
    App::load(&serde_json::from_str(state).unwrap())
}

#[tokio::test]
async fn lists_and_details_of_a_har_file_become_resources_that_answer_the_same() {
    let app = documented();
    let pipelines = format!("/v3/{PROJECT}/pipeline/pipelines");
    let paths = [
        &*pipelines,
        &format!("{pipelines}/4105b37a-947e-4aca-90d8-cec7c04c6f38"),
        &format!("{pipelines}/4105b37a-947e-4aca-90d8-cec7c04c6f38/hooks"),
        &format!("/v3/{PROJECT}/cas/release-plans"),
        &format!("/v1/{PROJECT}/meshes"),
        "/v2/meshes/mesh-demo/releases",
        "/openapi/delivery/releases?projectKey=demo&pageNum=1&pageSize=20",
        "/openapi/delivery/releases/66287b110b8b8a631910f5ae?projectKey=demo",
        "/openapi/delivery/releases/66287c000b8b8a631910f5b8?projectKey=demo-helm",
    ];
    let (fixtures, left_out) = import(&har(&app, &paths).await);
    assert_eq!(left_out, "");
    let imported = App::load(&fixtures);
    for path in paths {
        let [own, first] = [imported.get(path).await, app.get(path).await];
        assert_eq!(own.text(), first.text(), "{path}");
    }
}

#[tokio::test]
async fn what_cannot_be_used_is_listed() {
    let app = documented();
    let paths = [
        "/elsewhere",
        &format!("/v3/{PROJECT}/pipeline/pipelines/unknown"),
        "/v3/regions",
    ];
    let (fixtures, left_out) = import(&har(&app, &paths).await);
    assert_eq!(fixtures, json!({}));
    assert!(
        left_out.contains("entry 1: it belongs to no emulated operation"),
        "{left_out}"
    );
    assert!(
        left_out.contains("entry 2: ShowPipeline was answered with 404"),
        "{left_out}"
    );
    assert!(
        left_out.contains("entry 3: ListRegions shows no resource that a fixture can have"),
        "{left_out}"
    );

    let plan = json!({"id": "p", "name": "spring", "status": "NO_SUCH_STATUS", "surprise": 1});
    let body = json!({"count": 1, "release_plans": [plan]}).to_string();
    let entry = json!({"request": {"method": "GET", "url": "https://a.example/v3/p1/cas/release-plans"},
        "response": {"status": 200, "content": {"text": body}}});
    let (fixtures, left_out) = import(&json!({"log": {"entries": [entry]}}).to_string());
    let plan = &fixtures["servicestage"]["projects"][0]["release_plans"][0];
    assert_eq!(*plan, json!({"id": "p", "name": "spring"}));
    assert!(
        left_out.contains("surprise") && left_out.contains("status"),
        "{left_out}"
    );
    App::load(&fixtures);
}

#[tokio::test]
async fn a_corpus_becomes_fixtures_with_stand_ins() {
    let mut recording = Recording::documented();
    let pipelines = format!("/v3/{PROJECT}/pipeline/pipelines");
    recording.get(&pipelines).await;
    recording
        .get(&format!("{pipelines}/4105b37a-947e-4aca-90d8-cec7c04c6f38"))
        .await;
    let (fixtures, left_out) = import(&recording.lines);
    assert_eq!(left_out, "");
    let project = &fixtures["servicestage"]["projects"][0];
    let pipeline = &project["pipelines"][0];
    assert_eq!(pipeline["status"], 1);
    assert_ne!(pipeline["name"], "release-gn7mre");
    let app = App::load(&fixtures);
    let path = format!("/v3/{}/pipeline/pipelines", project["id"].as_str().unwrap());
    assert_eq!(app.get(&path).await.json()[0]["id"], pipeline["id"]);
}
