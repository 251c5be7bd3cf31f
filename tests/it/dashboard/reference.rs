//! The reference: every operation, found by its texts, with its parameters, bodies and answers.

use release_emulator::internals::{Settings, control, docs};
use serde_json::Value;

use super::texts::assert_tame;
use super::{attributes, browse, html};
use crate::common::App;

const REFERENCE: &str = "/_emulator/reference";

async fn page(app: &App, path: &str) -> String {
    html(&browse(app, path).await)
}

/// The operations that a page lists.
fn listed(page: &str) -> Vec<&str> {
    let links = attributes(page, "href").into_iter();
    links
        .filter_map(|link| link.strip_prefix("/_emulator/reference/"))
        .collect()
}

/// The ids of all operations of the document.
fn all() -> Vec<String> {
    let text = control::openapi(&Settings::default(), "http://127.0.0.1:4600");
    let document: Value = serde_json::from_str(&text).unwrap();
    let paths = document["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|path| path.as_object().unwrap().values());
    let ids = operations.filter_map(|operation| operation["operationId"].as_str());
    ids.map(str::to_owned).collect()
}

#[tokio::test]
async fn every_operation_and_every_guide_is_listed() {
    let app = App::new();
    let page = page(&app, REFERENCE).await;
    let mut listed = listed(&page);
    listed.sort_unstable();
    let mut all = all();
    all.sort_unstable();
    assert!(all.len() > 100);
    assert_eq!(listed, all);
    for guide in docs::PAGES {
        assert!(
            page.contains(&format!("href=\"/_emulator/docs/{}\"", guide.name)),
            "{}",
            guide.name
        );
    }
    assert!(page.contains(
        "<a href=\"/_emulator/reference/ListPipelines\">ListPipelines</a> <code>GET /v3/{project_id}/pipeline/pipelines</code> \
         <span class=\"evidence documented\">documented</span><p>Obtains the release task list.</p>\
         <p class=\"hint\">Source: ServiceStage API reference, page 0246"
    ), "{page}");
    assert!(page.len() < 150_000, "{}", page.len());
}

#[tokio::test]
async fn the_search_looks_for_all_words_in_all_texts() {
    let app = App::new();
    for (query, expected) in [
        ("listpipelines", vec!["ListPipelines"]),
        ("bare+array+release+task", vec!["ListPipelines"]),
        ("PUT+faults", vec!["ReplaceFault"]),
        ("nothing-has-this", vec![]),
    ] {
        let page = page(&app, &format!("{REFERENCE}?q={query}")).await;
        assert_eq!(listed(&page), expected, "{query}");
    }
    let evil = page(&app, &format!("{REFERENCE}?q=%22%3E%3Cscript%3E")).await;
    assert!(
        evil.contains("value=\"&quot;&gt;&lt;script&gt;\""),
        "{evil}"
    );
    assert_tame(&evil);
}

#[tokio::test]
async fn every_operation_has_a_page_of_moderate_size() {
    let app = App::new();
    for id in all() {
        let page = page(&app, &format!("{REFERENCE}/{id}")).await;
        assert!(page.len() < 150_000, "{id}: {} bytes", page.len());
        assert!(page.contains("<h2>Answers</h2>"), "{id}");
        assert_tame(&page);
    }
}

#[tokio::test]
async fn an_operation_shows_parameters_bodies_answers_and_evidence() {
    let app = App::new();
    let list = page(&app, &format!("{REFERENCE}/ListPipelines")).await;
    for part in [
        "<dt>Source</dt><dd>ServiceStage API reference, page 0246",
        "<dt>Permission</dt><dd>servicestage:pipeline:list</dd>",
        "<code>limit</code> <span class=\"type\">query, integer</span> <span class=\"evidence inferred\">inferred</span>",
        "<code>project_id</code> <span class=\"type\">path, string</span> <b>required</b>",
        "<details class=\"answer\" id=\"answer-200\" open>",
        "curl &#x27;http",
    ] {
        let part = part.replace("&#x27;", "'");
        assert!(list.contains(&part), "{part}: {list}");
    }
    let create = page(&app, &format!("{REFERENCE}/CreatePipeline")).await;
    for part in [
        "<code>stages</code> <span class=\"type\">array of object or null</span>",
        "<details><summary>Fields of tasks</summary>",
        "&quot;config_mode&quot;: &quot;ui&quot;",
    ] {
        assert!(create.contains(part), "{part}: {create}");
    }
    let unknown = browse(&app, &format!("{REFERENCE}/ListPipelin")).await;
    assert_eq!(unknown.status, 404);
    assert!(
        unknown
            .text()
            .contains("Did you mean <a href=\"/_emulator/reference/ListPipelines\">")
    );
    let evil = browse(&app, &format!("{REFERENCE}/%3Cscript%3E")).await;
    assert_tame(&evil.text());
}
