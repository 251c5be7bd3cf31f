//! The list of operations, searched by the server.

use axum::Extension;
use axum::response::Response;
use maud::{Markup, html};

use super::{Entry, document, evidence, prose};
use crate::control::dashboard::Visit;
use crate::control::dashboard::fields::{Field, Input};
use crate::control::dashboard::parts::REFERENCE;
use crate::control::dashboard::text::{counted, segment, short};
use crate::control::openapi::OpenApiSource;
use crate::docs::PAGES;
use crate::http::query::value_of;

const SEARCH: Field = Field::new(
    "q",
    "Search",
    Input::Text,
    "id, path, summary, source, difference, evidence",
);

/// The families in the order of the list, with their names.
const FAMILIES: [(&str, &str); 6] = [
    ("pipelines", "ServiceStage pipelines"),
    ("plans", "ServiceStage release plans"),
    ("asm", "ASM grayscale releases and meshes"),
    ("zadig", "Zadig"),
    ("iam", "IAM"),
    ("control", "The emulator's control plane"),
];

pub(in crate::control::dashboard) async fn show_reference(
    visit: Visit,
    Extension(source): Extension<OpenApiSource>,
) -> Response {
    let document = document(&visit, source);
    let query = value_of(&visit.query, "q").unwrap_or_default();
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let found: Vec<Entry> = Entry::all(&document)
        .filter(|entry| has_all(entry, &words))
        .collect();
    let main = html! {
        h1 { "Reference" }
        p.lead { "Every operation with its evidence, its source and its differences from the service." }
        form.filter method="get" action=(REFERENCE.path) role="search" id="search" {
            div.fields { (SEARCH.show(&query)) }
            p.actions {
                button.primary type="submit" { "Search" }
                @if !words.is_empty() { a.button href=(REFERENCE.path) { "All operations" } }
                a.button href="/_emulator/v1/openapi.json" { "OpenAPI document" }
                a.button href="#guides" { "Guides" }
            }
        }
        p.total role="status" {
            (counted(found.len(), "operation", "operations"))
            @if !words.is_empty() { " with " q { (short(&query)) } }
        }
        @for (family, name) in FAMILIES {
            @let entries: Vec<&Entry> = found.iter().filter(|entry| entry.family() == family).collect();
            @if !entries.is_empty() {
                section.family id=(family) aria-label=(name) {
                    h2 { (name) " " small { (entries.len()) } }
                    ul.operations { @for entry in entries { (listed(entry)) } }
                }
            }
        }
        section id="guides" aria-label="Guides" {
            h2 { "Guides" }
            @for section in PAGES.chunk_by(|one, other| one.section == other.section) {
                h3 { (section[0].section) }
                ul.guides {
                    @for page in section {
                        li { a href={ "/_emulator/docs/" (page.name) } { (page.title()) } ": " (prose::line(&page.summary())) }
                    }
                }
            }
        }
    };
    visit.page(REFERENCE, REFERENCE.name, &main)
}

/// True for an operation in whose texts all words are.
fn has_all(entry: &Entry, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let fields = [
        "summary",
        "x-evidence",
        "x-source",
        "x-differences",
        "x-action",
    ];
    let mut texts = vec![entry.id(), &entry.method, entry.path, entry.family()];
    texts.extend(fields.map(|field| entry.text(field)));
    let text = texts.join("\n").to_lowercase();
    words.iter().all(|word| text.contains(word))
}

fn listed(entry: &Entry) -> Markup {
    let (source, differences) = (entry.text("x-source"), entry.text("x-differences"));
    html! {
        li {
            a href={ (REFERENCE.path) "/" (segment(entry.id())) } { (entry.id()) } " "
            code { (entry.method) " " (entry.path) } " " (evidence(entry.text("x-evidence")))
            p { (prose::line(entry.text("summary"))) }
            @if !source.is_empty() { p.hint { "Source: " (prose::line(source)) } }
            @if !differences.is_empty() { p.hint { "Differs: " (prose::line(differences)) } }
        }
    }
}
