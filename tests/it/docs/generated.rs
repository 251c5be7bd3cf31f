//! The generated parts of pages. `UPDATE_DOCS=1 cargo test docs` writes them.

use std::fmt::Write;

use release_emulator::internals::{Settings, control, docs, registry};
use serde_json::Value;

use super::{Page, is_updating};

/// Asserts that a part of a page, between its markers, is as generated; or writes it.
#[track_caller]
pub fn assert_generated(page: &str, part: &str, generated: &str) {
    let begin = format!("<!-- {part}: made by `UPDATE_DOCS=1 cargo test docs` -->\n");
    let end = format!("<!-- end of {part} -->\n");
    let page = Page::named(page);
    let (before, rest) = page.text.split_once(&begin).expect("the part's beginning");
    let (present, after) = rest.split_once(&end).expect("the part's end");
    if is_updating() {
        page.write(&format!("{before}{begin}{generated}{end}{after}"));
        return;
    }
    assert_eq!(present, generated, "run UPDATE_DOCS=1 cargo test docs");
}

/// A text with its addresses as links.
fn linked(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        if !word.starts_with("https://") {
            return word.to_owned();
        }
        let address = word.trim_end_matches([',', ';']);
        format!("<{address}>{}", &word[address.len()..])
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The coverage tables, from the same data as `GET /_emulator/v1/operations`.
fn coverage() -> String {
    let mut table = String::from(
        "| operation | request | evidence | undocumented parts | source | differences |\n|---|---|---|---|---|---|\n",
    );
    for operation in registry::operations() {
        let differences = if operation.differences.is_empty() {
            "none known"
        } else {
            &operation.differences
        };
        let _ = writeln!(
            table,
            "| {} | `{} {}` | {} | {} | {} | {} |",
            operation.id,
            operation.method,
            operation.path,
            operation.evidence.as_str(),
            operation.undocumented.join(", ").replace(" (inferred)", ""),
            linked(&operation.source),
            differences.replace('|', "\\|").replace('<', "&lt;")
        );
    }
    table.push_str(
        "\n## Refusals\n\n\
         A text may end with a detail. A code that is documented for some cases only has a row for the others.\n\n\
         | status | code | text | evidence |\n|---|---|---|---|\n",
    );
    for row in registry::error_rows() {
        let (status, code, text) = (row.status, row.code, row.text);
        let evidence = row.evidence.as_str();
        let _ = writeln!(table, "| {status} | {code} | {text} | {evidence} |");
    }
    table
}

#[test]
fn the_coverage_table_is_that_of_the_operations() {
    assert_generated("coverage", "coverage", &coverage());
}

/// The list of pages in the index.
fn listed_pages() -> String {
    let mut list = String::new();
    for section in docs::PAGES.chunk_by(|one, other| one.section == other.section) {
        let _ = writeln!(list, "**{}**\n", section[0].section);
        for page in section {
            let (title, name, summary) = (page.title(), page.name, page.summary());
            let _ = writeln!(list, "- [{title}][{name}]: {summary}");
        }
        list.push('\n');
    }
    list.pop();
    list
}

/// The operations of the control plane.
fn control_operations() -> String {
    let document = control::openapi(&Settings::default(), "http://127.0.0.1:4600");
    let document: Value = serde_json::from_str(&document).expect("a document");
    let mut table = String::from("| call | purpose |\n|---|---|\n");
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            if path.starts_with("/_emulator") && operation["operationId"].is_string() {
                let summary = operation["summary"].as_str().expect("a summary");
                let summary = summary.trim_end_matches('.');
                let method = method.to_uppercase();
                let _ = writeln!(table, "| `{method} {path}` | {summary} |");
            }
        }
    }
    table
}

#[test]
fn the_index_lists_the_pages() {
    assert_generated("index", "pages", &listed_pages());
}

#[test]
fn the_control_plane_is_listed() {
    assert_generated("control-plane", "control plane", &control_operations());
}
