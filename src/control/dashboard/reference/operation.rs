//! An operation: parameters, bodies and answers, from the OpenAPI document.

use axum::Extension;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use super::schema::Schemas;
use super::{Entry, document, evidence, prose};
use crate::control::dashboard::parts::REFERENCE;
use crate::control::dashboard::text::{segment, short};
use crate::control::dashboard::{Visit, curl};
use crate::control::openapi::OpenApiSource;
use crate::http::extract::Path;
use crate::registry::operations;
use crate::sim::fuzzy::nearest;

pub(in crate::control::dashboard) async fn show_operation(
    visit: Visit,
    Extension(source): Extension<OpenApiSource>,
    Path(id): Path<String>,
) -> Response {
    let document = document(&visit, source);
    if let Some(entry) = Entry::all(&document).find(|entry| entry.id() == id) {
        return visit.page(REFERENCE, &id, &page(&entry, &document, &visit.url()));
    }
    let near = nearest(&id, Entry::all(&document).map(|entry| entry.id()));
    let main = html! {
        h1 { "No such operation" }
        p.lead {
            "There is no operation " (short(&id)) "."
            @if let Some(near) = near { " Did you mean " a href={ (REFERENCE.path) "/" (segment(near)) } { (near) } "?" }
        }
        p { a.button href=(REFERENCE.path) { "All operations" } }
    };
    visit.missing(REFERENCE, "No such operation", &main)
}

fn page(entry: &Entry, document: &Value, base: &str) -> Markup {
    let declared = entry.declared;
    let mut schemas = Schemas::new(document);
    html! {
        p.crumb { a href=(REFERENCE.path) { "Reference" } " / " a href={ (REFERENCE.path) "#" (entry.family()) } { (entry.family()) } }
        h1 { (entry.id()) " " (evidence(entry.text("x-evidence"))) }
        p.lead { code { (entry.method) " " (entry.path) } }
        (prose::paragraphs(entry.text("summary")))
        (prose::paragraphs(entry.text("description")))
        (facts(entry))
        (call(entry, base))
        (parameters(&declared["parameters"], &mut schemas))
        @if declared["requestBody"].is_object() {
            section aria-label="Body" {
                h2 { "Body" }
                (prose::paragraphs(declared["requestBody"]["description"].as_str().unwrap_or_default()))
                (content(&declared["requestBody"]["content"], "body", &mut schemas))
            }
        }
        section aria-label="Answers" {
            h2 { "Answers" }
            @for (status, answer) in declared["responses"].as_object().into_iter().flatten() {
                details.answer id={ "answer-" (status) } open[status.starts_with('2')] {
                    summary {
                        b { (status) } " " (prose::line(answer["description"].as_str().unwrap_or_default())) " "
                        (evidence(answer["x-evidence"].as_str().unwrap_or_default()))
                    }
                    (content(&answer["content"], &format!("answer-{status}"), &mut schemas))
                }
            }
        }
    }
}

fn facts(entry: &Entry) -> Markup {
    let undocumented = operations().find(|operation| operation.id == entry.id());
    let undocumented = undocumented.map(|operation| operation.undocumented.as_slice());
    let commands = entry.declared["x-commands"]["words"].as_array();
    html! {
        dl.facts-list {
            @for (field, label) in [("x-source", "Source"), ("x-differences", "Differences"), ("x-action", "Permission"), ("x-alias", "Older name of the permission")] {
                @let text = entry.text(field);
                @if !text.is_empty() { dt { (label) } dd { (prose::line(text)) } }
            }
            @if let Some(commands) = commands {
                dt { "Commands" } dd { @for command in commands { code { (command.as_str().unwrap_or_default()) } " " } }
            }
            @if let Some(undocumented @ [_, ..]) = undocumented {
                dt { "Undocumented" } dd { @for part in undocumented { (part) br; } }
            }
        }
        @if entry.family() != "control" {
            p.actions {
                a.button href={ "/_emulator/requests?operation=" (entry.id()) } { "Its requests" }
                a.button href={ "/_emulator/failures/fault?match.operation=" (entry.id()) "&do.status=503" } { "Make it fail" }
            }
        }
    }
}

/// The operation as a command, with the values of its examples.
fn call(entry: &Entry, base: &str) -> Markup {
    let mut path = entry.path.to_owned();
    let mut query = Vec::new();
    for parameter in entry.declared["parameters"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let name = parameter["name"].as_str().unwrap_or_default();
        let Some(example) = example_of(parameter) else {
            continue;
        };
        match parameter["in"].as_str() {
            Some("path") => path = path.replace(&format!("{{{name}}}"), &example),
            Some("query") if parameter["required"] == true => {
                query.push(format!("{name}={example}"));
            }
            _ => {}
        }
    }
    let query = if query.is_empty() {
        String::new()
    } else {
        format!("?{}", query.join("&"))
    };
    let credential = match entry.family() {
        "control" => None,
        "zadig" => Some("Authorization: Bearer any"),
        _ => Some("X-Auth-Token: any"),
    };
    let content = &entry.declared["requestBody"]["content"];
    let body = content.as_object().and_then(|kinds| kinds.values().next());
    let body = body.and_then(first_example).map(Value::to_string);
    let headers = credential.map(str::to_owned).into_iter();
    let command = curl::command(
        &entry.method,
        &format!("{base}{path}{query}"),
        headers,
        body.as_deref(),
    );
    html! {
        div.code-head { span { "curl" } button type="button" data-copy-from="call" { "Copy" } }
        pre.code id="call" tabindex="0" { (command) }
    }
}

fn example_of(parameter: &Value) -> Option<String> {
    let value = [&parameter["example"], &parameter["schema"]["example"]];
    let value = value.into_iter().find(|value| !value.is_null())?;
    Some(
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned),
    )
}

/// The first example of a media type.
fn first_example(media: &Value) -> Option<&Value> {
    if !media["example"].is_null() {
        return Some(&media["example"]);
    }
    let mut examples = media["examples"].as_object()?.values();
    examples.next().map(|example| &example["value"])
}

fn parameters(parameters: &Value, schemas: &mut Schemas) -> Markup {
    let Some(parameters @ [_, ..]) = parameters.as_array().map(Vec::as_slice) else {
        return html! {};
    };
    html! {
        section aria-label="Parameters" {
            h2 { "Parameters" }
            dl.parameters {
                @for parameter in parameters {
                    @let text = |field: &str| parameter[field].as_str().unwrap_or_default();
                    dt {
                        code { (text("name")) } " " span.type { (text("in")) ", " (schemas.type_of(&parameter["schema"])) }
                        @if parameter["required"] == true { " " b { "required" } }
                        " " (evidence(text("x-evidence")))
                    }
                    dd { (prose::line(text("description"))) (schemas.limits(&parameter["schema"])) }
                }
            }
        }
    }
}

/// The bodies by media type, with their schema and examples.
fn content<'a>(content: &'a Value, id: &str, schemas: &mut Schemas<'a>) -> Markup {
    html! {
        @for (n, (media_type, media)) in content.as_object().into_iter().flatten().enumerate() {
            p.hint { code { (media_type) } }
            (schemas.tree(&media["schema"]))
            @if let Some(example) = first_example(media) {
                @let id = format!("{id}-example-{n}");
                @let text = serde_json::to_string_pretty(example).unwrap_or_default();
                div.code-head { span { "Example" } button type="button" data-copy-from=(id) { "Copy" } }
                pre.code id=(id) tabindex="0" { (text) }
            }
        }
    }
}
