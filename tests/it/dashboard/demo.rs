//! The demo: each of its requests is accepted, once and again, and the guided look leads through pages that exist.

use serde_json::Value;

use super::{attributes, browse, html};
use crate::common::{App, Reply};
use release_emulator::Auth;

const DEMO: &str = "/_emulator/demo";

/// Sends the requests of the demo as its page has them.
async fn load(app: &App) {
    let page = html(&browse(app, DEMO).await);
    let steps: Vec<&str> = page.split("<li class=\"step\">").skip(1).collect();
    assert!(steps.len() >= 11);
    for step in steps {
        let request = attributes(step, "data-send")[0];
        let (method, path) = request.split_once(' ').unwrap();
        let body = attributes(step, "data-body");
        let body = body.first().map(|body| body.replace("&quot;", "\""));
        let reply: Reply = app
            .send(
                method,
                path,
                // As the script does if nothing is entered.
                &[
                    ("x-auth-token", "dashboard"),
                    ("authorization", "Bearer dashboard"),
                ],
                body.unwrap_or_default(),
            )
            .await;
        assert!(reply.status < 300, "{request}: {}", reply.text());
    }
}

async fn statuses(app: &App) -> Vec<(String, String)> {
    let listed = app.get("/_emulator/v1/resources").await.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let resources = listed["resources"].as_array().unwrap().iter();
    resources
        .map(|one| (text(&one["name"]), text(&one["word"])))
        .collect()
}

#[tokio::test]
async fn the_demo_brings_its_credential_where_only_known_ones_pass() {
    let app = App::with(|settings| settings.auth = Auth::Strict);
    load(&app).await;
    let statuses = statuses(&app).await;
    assert!(statuses.contains(&("spring".to_owned(), "RUNNING".to_owned())));
}

#[tokio::test]
async fn the_demo_brings_releases_of_all_services_under_way() {
    let app = App::new();
    load(&app).await;
    let clock = app.get("/_emulator/v1/clock").await.json();
    assert_eq!(
        (&clock["mode"], &clock["pace"]),
        (&"running".into(), &10.0.into())
    );
    let statuses = statuses(&app).await;
    for (name, word) in [
        ("checkout", "releasing"),
        ("payments", "to be approved"),
        ("spring", "RUNNING"),
        ("autumn", "RUNNING"),
        ("v1", "creating"),
        ("reviews-v1", "Creating"),
        ("release-gn7mre", "initialised"),
    ] {
        let found = statuses.iter().find(|(known, _)| known == name);
        let found = found.map(|(_, word)| word.to_lowercase().replace('_', " "));
        assert_eq!(found, Some(word.to_lowercase()), "{name}: {statuses:?}");
    }
}

#[tokio::test]
async fn the_demo_fails_in_a_third_batch_once_and_comes_to_an_end() {
    let app = App::new();
    load(&app).await;
    app.advance(600_000).await;
    let path = "/v3/demo/cas/release-plans/demo-autumn";
    let timeline = "/_emulator/v1/resources/plans/demo-autumn/timeline";
    assert_eq!(app.get(timeline).await.json()["status"], "FAILED");
    app.post(&format!("{path}/execute"), Value::Null).await;
    app.advance(600_000).await;
    assert_eq!(app.get(timeline).await.json()["status"], "SUCCESS");
    let scripts = app.get("/_emulator/v1/scripts").await.json();
    assert_eq!(
        scripts["unused"].as_array().map(Vec::len),
        Some(0),
        "{scripts}"
    );
}

#[tokio::test]
async fn the_demo_is_added_to_what_there_is_and_can_be_loaded_again() {
    let app = App::new();
    let body = serde_json::json!({"name": "mine", "model_version": 2, "config_mode": "ui", "stages": [{"name": "s", "tasks": []}]});
    app.post("/v3/p1/pipeline/pipelines", body)
        .await
        .assert_status(200);
    load(&app).await;
    load(&app).await;
    let statuses = statuses(&app).await;
    let count = |name: &str| statuses.iter().filter(|(known, _)| known == name).count();
    assert_eq!(count("mine"), 1);
    assert_eq!(count("checkout"), 1);
    assert_eq!(
        (count("reviews-v1"), count("reviews-v2")),
        (1, 1),
        "{statuses:?}"
    );
    let page = html(&browse(&app, DEMO).await);
    assert!(page.contains("which stay"), "{page}");
}

#[tokio::test]
async fn the_look_leads_from_stop_to_stop_and_back() {
    let app = App::new();
    load(&app).await;
    let mut path = "/_emulator/?look=1".to_owned();
    let mut stops = vec![path.clone()];
    loop {
        let page = html(&browse(&app, &path).await);
        let look = page.split("<aside").nth(1).unwrap();
        let look = &look[..look.find("</aside>").unwrap()];
        let at = look.find("id=\"look-next\"").unwrap();
        let (before, behind) = look.split_at(at);
        assert_eq!(before.contains("id=\"look-back\""), stops.len() > 1);
        let next = attributes(behind, "href")[0].replace("&amp;", "&");
        let Some((next, target)) = next.split_once('#') else {
            assert_eq!(next, "/_emulator/");
            break;
        };
        let shown = html(&browse(&app, next).await);
        assert!(
            shown.contains(&format!(" id=\"{target}\"")),
            "{next} has no {target}"
        );
        path = next.to_owned();
        stops.push(path.clone());
    }
    assert_eq!(stops.len(), 6, "{stops:?}");
    for query in ["look=0", "look=7", "look=x", "look="] {
        let page = html(&browse(&app, &format!("/_emulator/?{query}")).await);
        assert!(!page.contains("<aside"), "{query}");
    }
}

#[tokio::test]
async fn an_empty_world_invites_to_the_demo() {
    let app = App::new();
    let invites = |page: &str| page.contains(">Try the demo</a>");
    assert!(invites(&html(&browse(&app, "/_emulator/").await)));
    load(&app).await;
    assert!(!invites(&html(&browse(&app, "/_emulator/").await)));
}
