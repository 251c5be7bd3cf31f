//! The required fields of a body, with the values that they may have.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::http::json::{either, field_path};

/// The most values that are listed.
const MOST_VALUES: usize = 16;

/// The required fields of a value and of the values within. An array has those of its items.
#[derive(Debug, Default)]
pub(super) struct RequiredFields {
    /// The names, each with the words for its values; empty: any of a type.
    required: Vec<(String, String)>,
    inner: BTreeMap<String, Self>,
}

impl RequiredFields {
    /// Reads a schema. `within` are the names of the schemas around it.
    pub(super) fn new<'a>(
        schema: &'a Value,
        components: &'a Value,
        within: &mut Vec<&'a str>,
    ) -> Self {
        if let Some(name) = reference(schema) {
            let named = &components["schemas"][name];
            if named.is_null() || within.contains(&name) {
                return Self::default();
            }
            within.push(name);
            let fields = Self::new(named, components, within);
            within.pop();
            return fields;
        }
        if let Some(items) = schema.get("items") {
            return Self::new(items, components, within);
        }
        let properties = &schema["properties"];
        let required = schema["required"].as_array().into_iter().flatten();
        let required = required.filter_map(Value::as_str).map(|name| {
            let words = values(resolve(&properties[name], components));
            (name.to_owned(), words)
        });
        let inner = properties.as_object().into_iter().flatten();
        Self {
            required: required.collect(),
            inner: inner
                .map(|(name, schema)| (name.clone(), Self::new(schema, components, within)))
                .filter(|(_, fields)| !fields.is_empty())
                .collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.required.is_empty() && self.inner.is_empty()
    }

    /// Adds the fields that a value lacks, each by its path with the values it may have.
    pub(super) fn find_missing(&self, value: &Value, path: &str, missing: &mut Vec<String>) {
        match value {
            Value::Array(items) => {
                for (n, item) in items.iter().enumerate() {
                    self.find_missing(item, &format!("{path}[{n}]"), missing);
                }
            }
            Value::Object(object) => {
                for (name, words) in &self.required {
                    // Readers take null for absence.
                    if object.get(name).is_none_or(Value::is_null) {
                        missing.push(format!("{}: is required{words}", field_path(path, name)));
                    }
                }
                for (name, value) in object {
                    if let Some(fields) = self.inner.get(name) {
                        fields.find_missing(value, &field_path(path, name), missing);
                    }
                }
            }
            _ => {}
        }
    }
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

fn resolve<'a>(schema: &'a Value, components: &'a Value) -> &'a Value {
    match reference(schema) {
        Some(name) => &components["schemas"][name],
        None => schema,
    }
}

/// The words for the values of an enum: `, a or b`, with their meanings where they have any.
fn values(schema: &Value) -> String {
    let Some(values) = schema["enum"].as_array() else {
        return String::new();
    };
    let meanings = &schema["x-enum-descriptions"];
    let words: Vec<String> = values
        .iter()
        .enumerate()
        .filter(|(_, value)| !value.is_null())
        .map(|(n, value)| {
            let word = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            match meanings[n].as_str() {
                Some(meaning) => format!("{word} ({meaning})"),
                None => word,
            }
        })
        .collect();
    if words.is_empty() || words.len() > MOST_VALUES {
        return String::new();
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    format!(", {}", either(&words))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_missing_fields_are_found_with_their_values() {
        let components = json!({"schemas": {
            "Mode": {"type": "string", "enum": ["ui", "code"]},
            "Status": {"type": "integer", "enum": [1, 2], "x-enum-descriptions": ["initialised", "succeeded"]},
            "Stage": {"type": "object", "required": ["name", "status"],
                "properties": {"name": {"type": "string"}, "status": {"$ref": "#/components/schemas/Status"}}}
        }});
        let schema = json!({"type": "object", "required": ["name", "mode", "stages"], "properties": {
            "name": {"type": "string"},
            "mode": {"$ref": "#/components/schemas/Mode"},
            "stages": {"type": "array", "items": {"$ref": "#/components/schemas/Stage"}}
        }});
        let fields = RequiredFields::new(&schema, &components, &mut Vec::new());
        let missing = |value: &Value| {
            let mut missing = Vec::new();
            fields.find_missing(value, "", &mut missing);
            missing.join("; ")
        };
        assert_eq!(
            missing(&json!({})),
            "name: is required; mode: is required, ui or code; stages: is required"
        );
        assert_eq!(
            missing(&json!({"name": "a", "mode": "ui", "stages": [{"name": "s"}]})),
            "stages[0].status: is required, 1 (initialised) or 2 (succeeded)"
        );
        assert_eq!(missing(&json!({"name": "a", "mode": "x", "stages": 1})), "");
    }
}
