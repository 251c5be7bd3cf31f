//! Requests: the journal as a page, the reasons of a refusal, assertions.

use serde_json::{Value, json};

use super::texts::{EVIL, assert_tame, long};
use super::{attributes, browse, html};
use crate::common::App;

const PIPELINES: &str = "/v3/p1/pipeline/pipelines";
const REQUESTS: &str = "/_emulator/requests";

/// An emulator with an accepted creation, a refused one, a list, and an unknown route in its journal.
async fn with_requests() -> App {
    let app = App::new();
    let stages = json!([{"name": "build", "tasks": [{"name": "compile"}]}]);
    let shop = json!({"name": "shop", "model_version": 2, "config_mode": "ui", "stages": stages});
    app.post(PIPELINES, shop).await.assert_status(200);
    let wrong = json!({"name": "shop", "model_version": 3, "config_mode": "ui"});
    app.post(PIPELINES, wrong).await.assert_status(400);
    app.get(&format!("{PIPELINES}?limit=5"))
        .await
        .assert_status(200);
    app.get("/v3/p1/pipeline/pipeline").await.assert_status(404);
    app
}

async fn page(app: &App, path: &str) -> String {
    html(&browse(app, path).await)
}

/// The numbers of the requests that a page lists.
fn listed(page: &str) -> Vec<u64> {
    let links = attributes(page, "href").into_iter();
    links
        .filter_map(|link| link.strip_prefix("/_emulator/requests/")?.parse().ok())
        .collect()
}

#[tokio::test]
async fn the_journal_is_listed_newest_first_with_hints_for_refusals() {
    let app = with_requests().await;
    let page = page(&app, REQUESTS).await;
    assert_eq!(listed(&page), [4, 3, 2, 1]);
    assert!(page.contains(
        "<li class=\"entry\"><a href=\"/_emulator/requests/4\"><span class=\"status-code refused\">404</span> \
         <b><bdi>GET</bdi></b> <code><bdi>/v3/p1/pipeline/pipeline</bdi></code></a>\
         <p class=\"line\"><span>#4</span><span class=\"why\"><bdi>did you mean GET /v3/{project_id}/pipeline/pipelines?</bdi></span></p></li>"
    ), "{page}");
    assert!(page.contains(
        "<span class=\"status-code good\">200</span> <b><bdi>GET</bdi></b> \
         <code><bdi>/v3/p1/pipeline/pipelines</bdi>?<bdi>limit=5</bdi></code></a>\
         <p class=\"line\"><span>#3</span><span>2026-01-01T12:00:00Z</span><span>ListPipelines</span>"
    ), "{page}");
    assert!(page.contains("4 requests"), "{page}");
}

#[tokio::test]
async fn the_list_takes_the_filters_of_the_api_and_ignores_empty_fields() {
    let app = with_requests().await;
    for (query, expected) in [
        ("family=&operation=&status=4*", vec![4, 2]),
        ("operation=CreatePipeline&scope=p1", vec![2, 1]),
        ("unknown_route=true", vec![4]),
        ("query.limit=5", vec![3]),
        ("query%5Blimit%5D=5", vec![3]),
        ("conditions=body.%2Fmodel_version%3D3%0D%0A%0D%0A", vec![2]),
        ("limit=1", vec![4]),
    ] {
        let page = page(&app, &format!("{REQUESTS}?{query}")).await;
        assert_eq!(listed(&page), expected, "{query}");
    }
    let filtered = page(&app, &format!("{REQUESTS}?query.limit=5&status=2*")).await;
    assert!(filtered.contains(">query.limit=5</textarea>"), "{filtered}");
    assert!(filtered.contains("value=\"2*\""), "{filtered}");
    let wrong = page(&app, &format!("{REQUESTS}?operation=ListPipelin")).await;
    assert!(
        wrong.contains("operation: matches no operation, did you mean ListPipelines?"),
        "{wrong}"
    );
}

#[tokio::test]
async fn a_filter_that_nothing_matches_shows_the_nearest_requests_with_what_differs() {
    let app = with_requests().await;
    let page = page(
        &app,
        &format!("{REQUESTS}?operation=ListPipelines&scope=p2"),
    )
    .await;
    assert!(page.contains("Nothing matches"), "{page}");
    assert!(page.contains(
        "<tr><th scope=\"row\"><code><bdi>scope</bdi></code></th><td><code><bdi>p2</bdi></code></td>\
         <td><code><bdi>p1</bdi></code></td></tr>"
    ), "{page}");
}

#[tokio::test]
async fn a_refused_request_shows_its_reasons_and_an_accepted_one_beside_it() {
    let app = with_requests().await;
    let refused = page(&app, "/_emulator/requests/2").await;
    for part in [
        "Why it was refused",
        "<dt>The service's words</dt><dd><bdi>parameter invalid: model_version",
        "<a href=\"/_emulator/requests/1\">#1</a>",
        "<code><bdi>body./model_version</bdi></code></th><td><code><bdi>2</bdi></code></td><td><code><bdi>3</bdi></code></td>",
        "<b><bdi>inferred</bdi></b>: an informed guess",
        "href=\"/_emulator/reference/CreatePipeline\"",
    ] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    let unknown = page(&app, "/_emulator/requests/4").await;
    for part in [
        "<dt>Nearest operation</dt><dd><code>GET /v3/{project_id}/pipeline/pipelines</code></dd>",
        "<code><bdi>segment 4 of the path</bdi></code></th><td><code><bdi>pipelines</bdi></code></td><td><code><bdi>pipeline</bdi></code></td>",
    ] {
        assert!(unknown.contains(part), "{part}: {unknown}");
    }
    // No fault hits an unknown route.
    assert!(!unknown.contains("Make this a fault"));
    let accepted = page(&app, "/_emulator/requests/1").await;
    assert!(!accepted.contains("Why it was refused"));
    let missing = browse(&app, "/_emulator/requests/77").await;
    assert_eq!(missing.status, 404);
    assert!(
        missing
            .text()
            .contains("The journal has no request <bdi>77</bdi>"),
        "{}",
        missing.text()
    );
    for (id, status) in [("%3Cscript%3E", 404), ("-1", 404), ("%FF", 400)] {
        let missing = browse(&app, &format!("/_emulator/requests/{id}")).await;
        assert_eq!(missing.status, status, "{id}");
        assert_tame(&missing.text());
    }
}

#[tokio::test]
async fn a_request_becomes_a_command_an_assertion_and_a_fault() {
    let app = with_requests().await;
    let page = page(&app, "/_emulator/requests/3").await;
    let copied = attributes(&page, "data-copy");
    assert_eq!(
        copied,
        [
            "curl 'http://localhost/v3/p1/pipeline/pipelines?limit=5' \\\n  -H 'x-auth-token: ***' \\\n  \
          -H 'authorization: ***'"
        ]
    );
    let links = attributes(&page, "href");
    for link in [
        "/_emulator/requests/verify?expect=at_least&amp;n=1&amp;operation=ListPipelines&amp;scope=p1",
        "/_emulator/failures/fault?match.operation=ListPipelines&amp;match.scope=p1&amp;do.status=503&amp;times=1",
    ] {
        assert!(links.contains(&link), "{links:?}");
    }
}

#[tokio::test]
async fn an_assertion_is_decided_and_shown_as_a_test_sends_it() {
    let app = with_requests().await;
    let verify = "/_emulator/requests/verify";
    let holds = page(
        &app,
        &format!("{verify}?operation=CreatePipeline&expect=exactly&n=2"),
    )
    .await;
    assert!(holds.contains("<b>Holds</b>: 2 requests match"), "{holds}");
    assert!(
        holds.contains("{&quot;match&quot;:{&quot;operation&quot;:&quot;CreatePipeline&quot;},&quot;exactly&quot;:2}"),
        "{holds}"
    );
    let fails = page(
        &app,
        &format!("{verify}?operation=CreatePipeline&scope=p2&expect=at_least&n=1"),
    )
    .await;
    assert!(
        fails.contains("<b>Does not hold</b>: <bdi>expected at least 1, found 0</bdi>"),
        "{fails}"
    );
    assert_eq!(listed(&fails), [1, 2, 3, 4]);
    let wrong = page(&app, &format!("{verify}?n=-1")).await;
    assert!(wrong.contains("is not a non-negative integer"), "{wrong}");
    // The API takes the assertion as it is shown.
    let shown = json!({"match": {"operation": "CreatePipeline"}, "exactly": 2});
    let verified = app.post("/_emulator/v1/requests/verify", shown).await;
    assert_eq!(verified.assert_status(200), json!({"matched": 2}));
}

#[tokio::test]
async fn texts_in_requests_stay_texts_and_secrets_are_masked() {
    let app = App::new();
    let body = json!({"name": long(), "password": "hush-4711", "description": EVIL});
    app.send(
        "POST",
        &format!("{PIPELINES}?x=%3Cscript%3E&token=hush-4712"),
        &[("x-auth-token", "hush-4713"), ("x-evil", "<script>\"'")],
        body.to_string(),
    )
    .await;
    for path in [
        REQUESTS,
        "/_emulator/requests/1",
        "/_emulator/requests?operation=CreatePipeline&scope=p2",
        "/_emulator/requests/verify?operation=CreatePipeline&scope=p2",
    ] {
        let page = page(&app, path).await;
        assert_tame(&page);
        for secret in ["hush-4711", "hush-4712", "hush-4713"] {
            assert!(!page.contains(secret), "{path}: {secret}");
        }
    }
    let entry = page(&app, "/_emulator/requests/1").await;
    assert!(entry.contains("&lt;script&gt;alert(1)"), "{entry}");
    let evil = "%3C/textarea%3E%3Cscript%3E%22";
    for path in [
        format!("{REQUESTS}?path={evil}&query.x={evil}&scope={evil}&limit={evil}"),
        format!("/_emulator/requests/verify?path={evil}&n={evil}&expect={evil}&conditions={evil}"),
    ] {
        let page = page(&app, &path).await;
        assert!(page.contains("&lt;script&gt;"), "{page}");
        assert_tame(&page);
    }
}

#[tokio::test]
async fn a_journal_that_is_off_says_so() {
    let app = App::with(|settings| settings.journal_bytes = 0);
    let page = page(&app, REQUESTS).await;
    assert!(page.contains("the journal is off"), "{page}");
}

#[tokio::test]
async fn a_long_journal_is_shown_in_part() {
    let app = App::new();
    for _ in 0..60 {
        app.get(PIPELINES).await.assert_status(200);
    }
    let page = page(&app, REQUESTS).await;
    assert_eq!(listed(&page).len(), 50);
    assert!(
        page.contains("60 requests; the newest 50 are shown"),
        "{page}"
    );
    assert_eq!(app.post(PIPELINES, Value::Null).await.status, 400);
}
