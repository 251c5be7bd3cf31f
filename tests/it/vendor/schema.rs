//! The keys and types of JSON, as both kinds of documents declare them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The keys and types of a value. Null is left out: the vendor's documents do not declare it.
#[derive(Clone, Debug, Default)]
pub(super) struct Schema {
    /// The type; empty if it is not declared.
    kind: String,
    properties: BTreeMap<String, Self>,
    required: BTreeSet<String>,
    items: Option<Box<Self>>,
}

/// The direction in which a body goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Request,
    Response,
}

impl Schema {
    /// The schema in a document, with what it refers to.
    pub(super) fn of(document: &Value, schema: &Value) -> Self {
        if let Some(reference) = schema["$ref"].as_str() {
            return Self::of(
                document,
                document.pointer(&reference[1..]).expect(reference),
            );
        }
        let choices = ["oneOf", "anyOf", "allOf"]
            .iter()
            .find_map(|key| schema[*key].as_array());
        if let Some(choices) = choices {
            let mut choices = choices.iter().filter(|choice| choice["type"] != "null");
            return choices
                .next()
                .map(|choice| Self::of(document, choice))
                .unwrap_or_default();
        }
        let properties = schema["properties"].as_object().into_iter().flatten();
        let required = schema["required"].as_array().into_iter().flatten();
        let items = &schema["items"];
        Self {
            kind: kind(schema),
            properties: properties
                .map(|(key, value)| (key.clone(), Self::of(document, value)))
                .collect(),
            required: required
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            items: items
                .is_object()
                .then(|| Box::new(Self::of(document, items))),
        }
    }
}

fn kind(schema: &Value) -> String {
    let declared = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null"),
        Value::Null => None,
        other => Some(other),
    };
    match declared.and_then(Value::as_str) {
        Some(kind) => kind.to_owned(),
        None if schema["properties"].is_object() => "object".to_owned(),
        None => String::new(),
    }
}

/// The differences of the emulator's schema from all of the vendor's, of which each is for some of the bodies.
pub(super) fn compare(own: &Schema, theirs: &[Schema], direction: Direction) -> Vec<String> {
    let place = match direction {
        Direction::Request => "request",
        Direction::Response => "answer",
    };
    let mut differences = Vec::new();
    let theirs: Vec<_> = theirs.iter().collect();
    if !theirs.is_empty() || !own.properties.is_empty() {
        walk(own, &theirs, direction, place, &mut differences);
    }
    differences
}

fn walk(
    own: &Schema,
    theirs: &[&Schema],
    direction: Direction,
    place: &str,
    differences: &mut Vec<String>,
) {
    for their in theirs {
        let same = own.kind == their.kind || own.kind.is_empty() && their.kind == "object";
        if !same && !their.kind.is_empty() {
            differences.push(format!("{place}: {} is {}", own.kind, their.kind));
            return;
        }
    }
    let keys: BTreeSet<&String> = theirs
        .iter()
        .flat_map(|their| their.properties.keys())
        .collect();
    for key in &keys {
        let place = format!("{place}.{key}");
        let with_key: Vec<_> = theirs
            .iter()
            .filter_map(|their| their.properties.get(*key))
            .collect();
        let Some(value) = own.properties.get(*key) else {
            // An object whose keys are not declared may have any.
            if !own.properties.is_empty() {
                differences.push(format!("{place}: missing"));
            }
            continue;
        };
        // A key of some of the bodies cannot be required of all.
        let required_by_all = theirs.iter().all(|their| their.required.contains(*key));
        let required = own.required.contains(*key);
        // An answer may have more than it must.
        let is_more = required && direction == Direction::Response;
        if required != required_by_all && !is_more {
            differences.push(format!(
                "{place}: required is {required}, not {required_by_all}"
            ));
        }
        walk(value, &with_key, direction, &place, differences);
    }
    if !keys.is_empty() {
        let extra = own.properties.keys().filter(|key| !keys.contains(key));
        differences.extend(extra.map(|key| format!("{place}.{key}: of the emulator alone")));
    }
    if let Some(own) = &own.items {
        let items: Vec<_> = theirs
            .iter()
            .filter_map(|their| their.items.as_deref())
            .collect();
        if !items.is_empty() {
            walk(own, &items, direction, &format!("{place}[]"), differences);
        }
    }
}
