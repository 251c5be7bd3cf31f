//! Schemas as trees of fields.

use maud::{Markup, html};
use serde_json::Value;

use super::{evidence, prose};

/// The most levels of a tree: deeper ones would not be read.
const DEEPEST: usize = 8;

/// The most fields of a page, which bounds its size.
const MOST_FIELDS: usize = 250;

/// The schemas of a document, and the room that is left on the page.
pub(super) struct Schemas<'a> {
    document: &'a Value,
    n_left: usize,
    /// The references above the present schema: it may contain itself.
    above: Vec<&'a str>,
}

impl<'a> Schemas<'a> {
    pub(super) fn new(document: &'a Value) -> Self {
        Self {
            document,
            n_left: MOST_FIELDS,
            above: Vec::new(),
        }
    }

    /// The name in a reference, and the schema that it leads to.
    fn resolved(&self, schema: &'a Value) -> (Option<&'a str>, &'a Value) {
        let Some(reference) = schema["$ref"].as_str() else {
            return (None, schema);
        };
        let name = reference.rsplit('/').next().unwrap_or_default();
        (Some(name), &self.document["components"]["schemas"][name])
    }

    /// The alternatives of a schema, without that of being null.
    fn alternatives(schema: &'a Value) -> impl Iterator<Item = &'a Value> {
        let kinds = ["oneOf", "anyOf", "allOf"].into_iter();
        let all = kinds.flat_map(|kind| schema[kind].as_array().into_iter().flatten());
        all.filter(|schema| schema["type"] != "null")
    }

    /// The type in a few words.
    pub(super) fn type_of(&self, schema: &'a Value) -> String {
        self.type_to(schema, DEEPEST)
    }

    fn type_to(&self, schema: &'a Value, levels: usize) -> String {
        let (_, schema) = self.resolved(schema);
        if levels == 0 {
            return "any".to_owned();
        }
        let of_items = || match &schema["items"] {
            Value::Null => "array".to_owned(),
            items => format!("array of {}", self.type_to(items, levels - 1)),
        };
        let named = |kind: &str| match kind {
            "array" => of_items(),
            kind => kind.to_owned(),
        };
        let types: Vec<String> = match &schema["type"] {
            Value::String(kind) => vec![named(kind)],
            Value::Array(kinds) => {
                let kinds = kinds.iter().filter_map(Value::as_str);
                kinds.map(named).collect()
            }
            _ => {
                let alternatives = Self::alternatives(schema);
                alternatives
                    .map(|one| self.type_to(one, levels - 1))
                    .collect()
            }
        };
        if types.is_empty() {
            return "any".to_owned();
        }
        types.join(" or ")
    }

    /// Words and bounds of a value.
    pub(super) fn limits(&self, schema: &'a Value) -> Markup {
        let (_, resolved) = self.resolved(schema);
        let mut alternatives = Self::alternatives(resolved).map(|one| self.resolved(one).1);
        let words = resolved["enum"].as_array();
        let words = words.or_else(|| alternatives.find_map(|one| one["enum"].as_array()));
        let bounds = [
            ("minimum", "from"),
            ("exclusiveMinimum", "over"),
            ("maximum", "to"),
            ("minLength", "at least this long:"),
            ("maxLength", "at most this long:"),
            ("minItems", "at least this many:"),
            ("maxItems", "at most this many:"),
            ("format", "format"),
            ("pattern", "pattern"),
        ];
        html! {
            @if let Some(words) = words {
                " " span.words { @for word in words { code { (plain(word)) } " " } }
            }
            @for (bound, name) in bounds {
                @if !resolved[bound].is_null() { " " span.type { (name) " " code { (plain(&resolved[bound])) } } }
            }
        }
    }

    /// The fields of a schema, level by level; nothing for one without fields.
    pub(super) fn tree(&mut self, schema: &'a Value) -> Markup {
        let fields = self.fields(schema, 0);
        let kind = self.type_of(schema);
        html! {
            @match fields {
                Some(fields) => { (fields) }
                None => { p { span.type { (kind) } (self.limits(schema)) } }
            }
        }
    }

    fn fields(&mut self, schema: &'a Value, level: usize) -> Option<Markup> {
        let (name, resolved) = self.resolved(schema);
        if level == DEEPEST || name.is_some_and(|name| self.above.contains(&name)) {
            return None;
        }
        self.above.extend(name);
        let fields = self.own_fields(resolved, level);
        if name.is_some() {
            self.above.pop();
        }
        fields
    }

    fn own_fields(&mut self, schema: &'a Value, level: usize) -> Option<Markup> {
        if let Some(properties) = schema["properties"].as_object() {
            let required = schema["required"].as_array();
            let is_required =
                |name: &String| required.is_some_and(|all| all.iter().any(|one| one == name));
            let mut items = Vec::new();
            for (name, property) in properties {
                if self.n_left == 0 {
                    items.push(html! { li.hint { "…and more, in the OpenAPI document" } });
                    break;
                }
                self.n_left -= 1;
                items.push(self.field(name, is_required(name), property, level));
            }
            return Some(html! { ul.schema { @for item in &items { (item) } } });
        }
        if schema["items"].is_object() {
            return self.fields(&schema["items"], level);
        }
        let alternatives: Vec<&Value> = Self::alternatives(schema).collect();
        let found: Vec<Markup> = alternatives
            .into_iter()
            .filter_map(|one| self.fields(one, level))
            .collect();
        match &found[..] {
            [] if schema["additionalProperties"].is_object() => {
                self.fields(&schema["additionalProperties"], level)
            }
            [] => None,
            found => Some(html! {
                @for (n, fields) in found.iter().enumerate() { @if n > 0 { p.hint { "or" } } (fields) }
            }),
        }
    }

    fn field(&mut self, name: &str, is_required: bool, schema: &'a Value, level: usize) -> Markup {
        let (_, resolved) = self.resolved(schema);
        let described = schema["description"]
            .as_str()
            .or(resolved["description"].as_str());
        let inner = self.fields(schema, level + 1);
        html! {
            li {
                code { (name) } " " span.type { (self.type_of(schema)) }
                @if is_required { " " b { "required" } }
                " " (evidence(schema["x-evidence"].as_str().unwrap_or_default()))
                (self.limits(schema))
                @if let Some(described) = described { p { (prose::line(described)) } }
                @if let Some(inner) = inner {
                    @if level == 0 { (inner) } @else { details { summary { "Fields of " (name) } (inner) } }
                }
            }
        }
    }
}

/// A text as it is, anything else as JSON.
fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
