//! Failures on purpose: templates, forms with the words of the API, use counts.

use serde_json::{Value, json};

use super::texts::{EVIL, assert_tame, long};
use super::{attributes, browse, html};
use crate::common::App;

const FAILURES: &str = "/_emulator/failures";

async fn page(app: &App, path: &str) -> String {
    html(&browse(app, path).await)
}

/// A text as an attribute has it.
fn plain(attribute: &str) -> String {
    attribute.replace("&quot;", "\"").replace("&amp;", "&")
}

/// The requests of the templates: method, path and body.
fn templates(page: &str) -> Vec<(String, Value)> {
    let parts = page
        .split("<button")
        .filter(|part| part.contains("aria-label=\"Add: "));
    parts
        .map(|part| {
            let request = attributes(part, "data-send")[0].to_owned();
            let body = plain(attributes(part, "data-body")[0]);
            (request, serde_json::from_str(&body).unwrap())
        })
        .collect()
}

#[tokio::test]
async fn each_template_is_accepted_as_it_is_and_fills_a_form() {
    let app = App::new();
    let listed = page(&app, FAILURES).await;
    let templates = templates(&listed);
    assert_eq!(templates.len(), 5);
    for (request, body) in templates {
        let (method, path) = request.split_once(' ').unwrap();
        assert_eq!(method, "POST");
        app.post(path, body).await.assert_status(201);
    }
    let forms = attributes(&listed, "href").into_iter();
    let forms: Vec<String> = forms
        .filter(|link| link.contains("failures/") && link.contains('?'))
        .map(plain)
        .collect();
    assert_eq!(forms.len(), 5, "{forms:?}");
    let form = page(&app, &forms[0]).await;
    for part in [
        "<option value=\"plans\" selected>plans</option>",
        "name=\"match.stage\" value=\"2\"",
        "<option value=\"fail\" selected>fail</option>",
        "name=\"message\" value=\"no image\"",
        "name=\"times\" value=\"1\"",
        "data-send=\"POST /_emulator/v1/scripts\"",
    ] {
        assert!(form.contains(part), "{part}: {form}");
    }
    let form = page(&app, &forms[4]).await;
    for part in [
        "name=\"do.status\" value=\"503\"",
        "name=\"ttl_ms\" value=\"60000\"",
        "data-send=\"POST /_emulator/v1/faults\"",
    ] {
        assert!(form.contains(part), "{part}: {form}");
    }
}

#[tokio::test]
async fn rules_have_their_use_counts_and_the_unused_ones_are_marked() {
    let app = App::new();
    let fault = json!({"id": "throttle", "match": {"operation": "ListPipelines"}, "do": {"status": 429}, "times": 2});
    app.post("/_emulator/v1/faults", fault)
        .await
        .assert_status(201);
    let script = json!({"id": "nope", "match": {"family": "pipelines", "stage": "nope"}, "outcome": "fail", "message": "no"});
    app.script(script).await;
    let unused = page(&app, FAILURES).await;
    assert_eq!(
        unused
            .matches("<span class=\"badge unused\">unused</span>")
            .count(),
        2
    );
    assert!(unused.contains(
        "<p class=\"words\"><span class=\"word\"><b>match</b> <code>operation <bdi>ListPipelines</bdi></code> </span>\
         <span class=\"word\"><b>do</b> <code>status <bdi>429</bdi></code> </span>\
         <span class=\"word\"><b>times</b> <code><bdi>2</bdi></code></span></p>"
    ), "{unused}");
    assert!(
        unused.contains("Fits nothing that exists: <code>match."),
        "{unused}"
    );
    app.get("/v3/p1/pipeline/pipelines")
        .await
        .assert_status(429);
    let used = page(&app, FAILURES).await;
    assert!(
        used.contains("<span class=\"badge used\">used 1 time</span>"),
        "{used}"
    );

    // The button that turns a rule off sends the whole of it.
    let begin = used.find("aria-label=\"Turn off throttle\"").unwrap();
    let button = &used[used[..begin].rfind("<button").unwrap()..begin];
    let body: Value = serde_json::from_str(&plain(attributes(button, "data-body")[0])).unwrap();
    let path = attributes(button, "data-send")[0]
        .split_once(' ')
        .unwrap()
        .1;
    app.put(path, body).await.assert_status(200);
    app.get("/v3/p1/pipeline/pipelines")
        .await
        .assert_status(200);
    let off = page(&app, FAILURES).await;
    assert!(
        off.contains("<span class=\"badge off\">off</span>"),
        "{off}"
    );
    assert!(off.contains("aria-label=\"Turn on throttle\""), "{off}");
}

#[tokio::test]
async fn the_form_of_a_rule_has_its_values() {
    let app = App::new();
    let fault = json!({"id": "f", "match": {"query": {"action_id": "stop"}}, "do": {"delay_ms": {"min": 1, "max": 2},
        "drop": "midway", "garbage": true}, "after": 3});
    app.post("/_emulator/v1/faults", fault)
        .await
        .assert_status(201);
    let form = page(&app, "/_emulator/failures/fault/f").await;
    for part in [
        "data-send=\"PUT /_emulator/v1/faults/f\"",
        ">{&quot;action_id&quot;:&quot;stop&quot;}</textarea>",
        ">{&quot;min&quot;:1,&quot;max&quot;:2}</textarea>",
        "<option value=\"midway\" selected>midway</option>",
        "<option value=\"true\" selected>true</option>",
        "name=\"after\" value=\"3\"",
    ] {
        assert!(form.contains(part), "{part}: {form}");
    }
    app.script(json!({"id": "s", "sequence": [{"outcome": "fail"}]}))
        .await;
    let form = page(&app, "/_emulator/failures/script/s").await;
    assert!(
        form.contains("<textarea id=\"field-sequence\"")
            && form.contains("[{&quot;outcome&quot;:&quot;fail&quot;}]"),
        "{form}"
    );
    for path in [
        "/_emulator/failures/script/none",
        "/_emulator/failures/fault/none",
    ] {
        let missing = browse(&app, path).await;
        assert_eq!(missing.status, 404, "{path}");
        assert!(missing.text().contains("There is no "), "{path}");
    }
}

#[tokio::test]
async fn texts_of_rules_stay_texts() {
    let app = App::new();
    let script = json!({"id": "s", "match": {"name": EVIL}, "outcome": "fail", "message": long()});
    app.script(script).await;
    let fault = json!({"id": "f", "match": {"headers": {"x-a": EVIL}, "body": {"/name": EVIL}},
        "do": {"status": 500, "message": long(), "headers": {"x-b": "a\"'<script>"}}});
    app.post("/_emulator/v1/faults", fault)
        .await
        .assert_status(201);
    let evil = "%3C/textarea%3E%3Cscript%3E%22";
    for path in [
        FAILURES.to_owned(),
        "/_emulator/failures/script/s".to_owned(),
        "/_emulator/failures/fault/f".to_owned(),
        format!(
            "/_emulator/failures/script?message={evil}&sequence={evil}&outcome={evil}&id={evil}"
        ),
        format!("/_emulator/failures/fault?do.body={evil}&match.family={evil}"),
    ] {
        let page = page(&app, &path).await;
        assert!(page.contains("&lt;script&gt;"), "{path}");
        assert_tame(&page);
    }
    for path in ["script", "fault"] {
        let missing = browse(&app, &format!("{FAILURES}/{path}/%3Cscript%3E")).await;
        assert_tame(&missing.text());
    }
}
