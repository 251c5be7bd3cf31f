//! The reference: every operation with its evidence, source and differences, and its entry in the OpenAPI document.

mod list;
mod operation;
mod prose;
mod schema;

use maud::{Markup, html};
use serde_json::Value;

use crate::control::openapi::OpenApiSource;

use super::layout::Visit;
pub(super) use list::show_reference;
pub(super) use operation::show_operation;

/// The OpenAPI document of the world that is visited.
fn document(visit: &Visit, OpenApiSource(openapi): OpenApiSource) -> Value {
    let text = openapi(&visit.world.settled_settings(), &visit.url());
    serde_json::from_str(&text).unwrap_or_default()
}

/// An operation of the document.
struct Entry<'a> {
    /// The method in capitals.
    method: String,
    path: &'a str,
    declared: &'a Value,
}

impl<'a> Entry<'a> {
    /// All operations, in the order of their paths.
    fn all(document: &'a Value) -> impl Iterator<Item = Self> {
        let paths = document["paths"].as_object().into_iter().flatten();
        paths.flat_map(|(path, item)| {
            let operations = item.as_object().into_iter().flatten();
            operations
                .filter(|(_, declared)| declared["operationId"].is_string())
                .map(|(method, declared)| Self {
                    method: method.to_uppercase(),
                    path,
                    declared,
                })
        })
    }

    fn text(&self, field: &str) -> &'a str {
        self.declared[field].as_str().unwrap_or_default()
    }

    fn id(&self) -> &'a str {
        self.text("operationId")
    }

    /// The family, or `control`.
    fn family(&self) -> &'a str {
        self.declared["tags"][0].as_str().unwrap_or_default()
    }
}

/// The evidence in a colour; nothing for operations of the control plane.
fn evidence(evidence: &str) -> Markup {
    html! {
        @if !evidence.is_empty() { span class={ "evidence " (evidence) } { (evidence) } }
    }
}
