//! The part of JSON Schema that the document uses.

use serde_json::{Map, Value};

use super::{Document, array, object};

impl Document {
    /// The places at which a value violates a schema. Keys that a schema does not declare count as violations, unless it
    /// says that there may be others.
    pub(crate) fn violations(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        self.look(schema, value, "$", &mut found);
        found
    }

    fn look(&self, schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
        let schema = self.resolve(schema);
        if let Some(choices) = schema["oneOf"].as_array() {
            let is_fit = |choice| self.violations(choice, value).is_empty();
            if !choices.iter().any(is_fit) {
                found.push(format!("{place}: {value} is none of the choices"));
            }
            return;
        }
        if !has_type(schema, value) {
            found.push(format!("{place}: {value} is no {}", schema["type"]));
            return;
        }
        if let Some(words) = schema["enum"].as_array()
            && !words.contains(value)
        {
            found.push(format!("{place}: {value} is none of {words:?}"));
        }
        match value {
            Value::Number(_) => check_number(schema, value, place, found),
            Value::String(text) => check_text(schema, text, place, found),
            Value::Array(items) => {
                let n_items = items.len() as u64;
                if schema["minItems"].as_u64().is_some_and(|min| n_items < min)
                    || schema["maxItems"].as_u64().is_some_and(|max| n_items > max)
                {
                    found.push(format!("{place}: has {n_items} items"));
                }
                for (n, item) in items.iter().enumerate() {
                    self.look(&schema["items"], item, &format!("{place}[{n}]"), found);
                }
            }
            Value::Object(fields) => self.look_into(schema, fields, place, found),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn look_into(
        &self,
        schema: &Value,
        fields: &Map<String, Value>,
        place: &str,
        found: &mut Vec<String>,
    ) {
        let properties = &schema["properties"];
        let others = &schema["additionalProperties"];
        if !properties.is_object() && others.is_null() {
            return;
        }
        for key in array(&schema["required"]).filter_map(Value::as_str) {
            if !fields.contains_key(key) {
                found.push(format!("{place}.{key}: missing"));
            }
        }
        for (key, value) in fields {
            let place = format!("{place}.{key}");
            match properties.get(key) {
                Some(schema) => self.look(schema, value, &place, found),
                None if *others == true => {}
                None if others.is_object() => self.look(others, value, &place, found),
                None => found.push(format!("{place}: not declared")),
            }
        }
    }

    /// The schemas of an object's fields.
    pub(crate) fn properties<'a>(
        &'a self,
        schema: &'a Value,
    ) -> impl Iterator<Item = (&'a String, &'a Value)> {
        object(&self.resolve(schema)["properties"])
    }
}

fn has_type(schema: &Value, value: &Value) -> bool {
    let is_of = |name: &Value| match name.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => false,
    };
    match &schema["type"] {
        Value::Null => true,
        Value::Array(names) => names.iter().any(is_of),
        name => is_of(name),
    }
}

fn check_number(schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    let number = value.as_f64().unwrap_or(f64::NAN);
    let bound = |name: &str| schema[name].as_f64();
    if bound("minimum").is_some_and(|minimum| number < minimum)
        || bound("maximum").is_some_and(|maximum| number > maximum)
        || bound("exclusiveMinimum").is_some_and(|minimum| number <= minimum)
    {
        found.push(format!("{place}: {value} is out of range"));
    }
}

fn check_text(schema: &Value, text: &str, place: &str, found: &mut Vec<String>) {
    let length = text.chars().count() as u64;
    if schema["minLength"].as_u64().is_some_and(|min| length < min)
        || schema["maxLength"].as_u64().is_some_and(|max| length > max)
    {
        found.push(format!("{place}: {text:?} has {length} characters"));
    }
    let is_instant = || chrono::DateTime::parse_from_rfc3339(text).is_ok();
    if schema["format"] == "date-time" && !is_instant() {
        found.push(format!("{place}: {text:?} is no instant"));
    }
}
