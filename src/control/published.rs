//! The files with the published OpenAPI documents, which are written from the attributes of the handlers.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::dialect::Control;
use super::routes;
use crate::http::Dialect;
#[cfg(test)]
use crate::http::attributes::Declare;
use crate::http::published::PublishedApi;
use crate::registry;

impl Declare for Control {}

/// The documents as the attributes declare them, with the published ones.
fn declared() -> impl Iterator<Item = (Value, &'static PublishedApi)> {
    let control = (routes().attributes(), Control::published());
    registry::declared().chain([control])
}

/// The text of a document, with each operation and each component on a line of its own.
fn text(document: &Value) -> String {
    let mut text = String::new();
    write_lines(&mut text, document, 3);
    text.push('\n');
    text
}

/// Writes a value, with the fields of its objects down to a depth on lines of their own.
fn write_lines(text: &mut String, value: &Value, depth: usize) {
    let fields = value.as_object().filter(|fields| !fields.is_empty());
    let Some(fields) = fields.filter(|_| depth > 0) else {
        write!(text, "{value}").unwrap();
        return;
    };
    text.push('{');
    for (n, (name, value)) in fields.iter().enumerate() {
        text.push_str(if n == 0 { "\n" } else { ",\n" });
        write!(text, "{}:", Value::from(name.as_str())).unwrap();
        write_lines(text, value, depth - 1);
    }
    text.push_str("\n}");
}

/// With `UPDATE_OPENAPI=1` in the environment the files are written, else they are compared.
#[test]
fn the_published_documents_are_those_of_the_attributes() {
    let is_update = std::env::var_os("UPDATE_OPENAPI").is_some();
    for (document, published) in declared() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src")
            .join(published.file);
        let text = text(&document);
        if is_update {
            fs::write(&file, text).unwrap();
            continue;
        }
        let stale = fs::read_to_string(&file).unwrap() != text;
        assert!(
            !stale,
            "src/{} is stale: UPDATE_OPENAPI=1 cargo test --lib published",
            published.file
        );
    }
}
