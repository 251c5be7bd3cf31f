//! The schemas of a document in the form that generators of clients understand.
//!
//! The derived schemas are valid, but have idioms that generators get wrong. Each is replaced by a plain one that means
//! the same.

use serde_json::{Map, Value, json};

use super::document::operations;

/// The prefix of a reference to a named schema.
const NAMED: &str = "#/components/schemas/";

/// Keys whose values are data, not descriptions of data.
const DATA: [&str; 2] = ["example", "examples"];

/// Makes all schemas of a document plain.
pub fn make_plain(document: &mut Value) {
    let named = document["components"]["schemas"].clone();
    let named = named.as_object().cloned().unwrap_or_default();
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas
            .values_mut()
            .for_each(|schema| plain(schema, &named));
    }
    visit_schemas(document, &mut |schema| plain(schema, &named));
    for operation in operations(document) {
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        let Some(parameters) = parameters else {
            continue;
        };
        // Few generators can send an object in a query; the description of the operation tells how.
        parameters.retain(|parameter| parameter["schema"]["type"] != "object");
        for parameter in parameters {
            // In a URL or a header there is no null.
            remove_null(&mut parameter["schema"]);
        }
    }
    remove_unused(document);
}

/// Removes the schemas that nothing refers to any more.
fn remove_unused(document: &mut Value) {
    let Some(Value::Object(all)) = document.pointer_mut("/components/schemas").map(Value::take)
    else {
        return;
    };
    let mut used = Map::new();
    let mut found = references(document);
    while let Some(name) = found.pop() {
        if let Some(schema) = all.get(&name)
            && !used.contains_key(&name)
        {
            found.extend(references(schema));
            used.insert(name, schema.clone());
        }
    }
    document["components"]["schemas"] = used.into();
}

/// The names of the schemas that a part of a document refers to.
fn references(part: &Value) -> Vec<String> {
    match part {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str);
            let own = own.and_then(|to| to.strip_prefix(NAMED)).map(str::to_owned);
            let inner = fields.values().flat_map(references);
            own.into_iter().chain(inner).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// Visits the schemas of parameters, headers and bodies.
fn visit_schemas(part: &mut Value, visit: &mut impl FnMut(&mut Value)) {
    match part {
        Value::Object(fields) => {
            for (key, value) in fields {
                match key.as_str() {
                    "schema" => visit(value),
                    // Those of the components have been visited.
                    "schemas" => {}
                    key if DATA.contains(&key) => {}
                    _ => visit_schemas(value, visit),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| visit_schemas(item, visit)),
        _ => {}
    }
}

fn plain(schema: &mut Value, named: &Map<String, Value>) {
    merge_parts(schema, named);
    merge_choices(schema, named);
    let Some(keywords) = schema.as_object_mut() else {
        return;
    };
    // A default says what an absent field means, but generators then expect the field in every request.
    keywords.remove("default");
    // An object without properties is one without any for generators.
    if is_object(keywords) && !keywords.contains_key("properties") {
        keywords
            .entry("additionalProperties")
            .or_insert(true.into());
    }
    describe_outside(keywords);
    for (key, value) in keywords {
        match (key.as_str(), value) {
            ("properties" | "patternProperties", Value::Object(properties)) => {
                for one in properties.values_mut() {
                    plain(one, named);
                }
            }
            ("oneOf" | "anyOf" | "allOf" | "prefixItems", Value::Array(parts)) => {
                for part in parts {
                    plain(part, named);
                }
            }
            ("items" | "additionalProperties" | "not", inner @ Value::Object(_)) => {
                plain(inner, named);
            }
            _ => {}
        }
    }
}

fn is_object(keywords: &Map<String, Value>) -> bool {
    match keywords.get("type") {
        Some(Value::Array(types)) => types.contains(&json!("object")),
        one => one == Some(&json!("object")),
    }
}

/// Replaces `allOf`: one reference stands by itself, beside what else is said of it, and objects become one object.
fn merge_parts(schema: &mut Value, named: &Map<String, Value>) {
    let Some(parts) = schema.get("allOf").and_then(Value::as_array).cloned() else {
        return;
    };
    let Some(keywords) = schema.as_object_mut() else {
        return;
    };
    keywords.remove("allOf");
    if let [part] = &parts[..] {
        for (key, value) in part.as_object().into_iter().flatten() {
            keywords.entry(key).or_insert_with(|| value.clone());
        }
        return;
    }
    let mut properties = Map::new();
    let mut required = Vec::new();
    for part in parts {
        let mut part = resolved(&part, named).clone();
        merge_parts(&mut part, named);
        properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
        required.extend(part["required"].as_array().cloned().unwrap_or_default());
    }
    keywords.insert("type".to_owned(), "object".into());
    keywords.insert("properties".to_owned(), properties.into());
    if !required.is_empty() {
        keywords.insert("required".to_owned(), required.into());
    }
}

/// Merges the objects of a choice into one with the fields of all of them: generators tell choices apart by the type of
/// JSON only.
fn merge_choices(schema: &mut Value, named: &Map<String, Value>) {
    for choice in ["oneOf", "anyOf"] {
        let Some(choices) = schema.get(choice).and_then(Value::as_array) else {
            continue;
        };
        let is_fields = |one: &Value| resolved(one, named)["properties"].is_object();
        let (objects, mut others): (Vec<_>, Vec<_>) = choices.iter().cloned().partition(is_fields);
        if objects.len() < 2 {
            continue;
        }
        let merged = objects.iter().map(|one| resolved(one, named)).cloned();
        let merged = merged
            .reduce(|first, second| merge_objects(first, &second))
            .unwrap_or_default();
        let Some(keywords) = schema.as_object_mut() else {
            continue;
        };
        keywords.remove(choice);
        if others.is_empty() {
            for (key, value) in merged.as_object().into_iter().flatten() {
                keywords.entry(key).or_insert_with(|| value.clone());
            }
        } else {
            others.push(merged);
            keywords.insert(choice.to_owned(), others.into());
        }
    }
}

/// The schema itself, or the one that it refers to.
fn resolved<'a>(schema: &'a Value, named: &'a Map<String, Value>) -> &'a Value {
    let name = schema["$ref"].as_str();
    let name = name.and_then(|to| to.strip_prefix(NAMED));
    name.and_then(|name| named.get(name)).unwrap_or(schema)
}

/// An object with the fields of two, of which those that both require are required.
fn merge_objects(mut first: Value, second: &Value) -> Value {
    let text = |schema: &Value| {
        schema["description"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    first["description"] = format!("{} Or: {}", text(&first), text(second)).into();
    let required = |schema: &Value| schema["required"].as_array().cloned().unwrap_or_default();
    let both = required(second);
    let required: Vec<Value> = required(&first)
        .into_iter()
        .filter(|name| both.contains(name))
        .collect();
    first["required"] = required.into();
    for (name, property) in second["properties"].as_object().into_iter().flatten() {
        let known = &mut first["properties"][name];
        *known = if known.is_null() || known == property {
            property.clone()
        } else {
            json!({"description": property["description"]})
        };
    }
    if first["additionalProperties"] != second["additionalProperties"] {
        first["additionalProperties"] = true.into();
    }
    if let Some(keywords) = first.as_object_mut() {
        keywords.retain(|_, value| !value.is_null() && *value != json!([]));
    }
    first
}

/// Moves the description of an optional value from the value to the choice between it and null: not every tool reads
/// what stands beside a reference.
fn describe_outside(keywords: &mut Map<String, Value>) {
    if keywords.contains_key("description") {
        return;
    }
    let Some(choices) = keywords.get_mut("oneOf").and_then(Value::as_array_mut) else {
        return;
    };
    let [value, other] = &mut choices[..] else {
        return;
    };
    if *other == json!({"type": "null"})
        && value.get("$ref").is_some()
        && let Some(description) = (value.as_object_mut()).and_then(|one| one.remove("description"))
    {
        keywords.insert("description".to_owned(), description);
    }
}

/// Turns the schema of an optional value into that of the value.
pub fn remove_null(schema: &mut Value) {
    if let Some(types) = schema.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|one| one != "null");
        if let [one] = &types[..] {
            schema["type"] = one.clone();
        }
    }
    if let Some(choices) = schema.get_mut("oneOf").and_then(Value::as_array_mut) {
        choices.retain(|choice| choice["type"] != "null");
        if let [one] = &choices[..] {
            *schema = one.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_plain(schema: &Value, expected: &Value) {
        let mut document = json!({
            "components": {"schemas": {
                "Named": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "default": ""}}},
                "Unused": {"type": "string"},
            }},
            "paths": {"/": {"get": {
                "parameters": [{"schema": {"type": ["integer", "null"]}}],
                "requestBody": {"schema": schema, "example": {"default": 1, "schema": {}}},
                "responses": {"schema": {"$ref": "#/components/schemas/Named"}},
            }}},
        });
        make_plain(&mut document);
        let operation = &document["paths"]["/"]["get"];
        let body = &operation["requestBody"];
        assert_eq!(body["schema"], *expected);
        assert_eq!(body["example"], json!({"default": 1, "schema": {}}));
        let parameter = &operation["parameters"][0]["schema"];
        assert_eq!(*parameter, json!({"type": "integer"}));
        let named =
            json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}});
        assert_eq!(document["components"]["schemas"], json!({"Named": named}));
    }

    #[test]
    fn parts_become_one_object_and_a_single_reference_stands_by_itself() {
        let part = json!({"$ref": "#/components/schemas/Named"});
        let more =
            json!({"type": "object", "required": ["b"], "properties": {"b": {"type": "integer"}}});
        assert_plain(
            &json!({"allOf": [part, more], "description": "Both."}),
            &json!({"type": "object", "description": "Both.", "required": ["a", "b"],
                "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}),
        );
        assert_plain(
            &json!({"allOf": [part], "x-evidence": "inferred"}),
            &json!({"$ref": "#/components/schemas/Named", "x-evidence": "inferred"}),
        );
    }

    #[test]
    fn objects_of_a_choice_become_one() {
        let object = |name: &str, required: Value| {
            json!({"type": "object", "description": "One.", "additionalProperties": false,
                "required": required, "properties": {"a": {"type": "string"}, name: {"type": "integer"}}})
        };
        let merged = json!({"type": "object", "description": "One. Or: One.", "additionalProperties": false,
            "required": ["a"], "properties": {
                "a": {"type": "string"}, "min": {"type": "integer"}, "median": {"type": "integer"}}});
        let (range, spread) = (
            object("min", json!(["a", "min"])),
            object("median", json!(["a"])),
        );
        assert_plain(
            &json!({"oneOf": [{"type": "integer"}, range, spread]}),
            &json!({"oneOf": [{"type": "integer"}, merged]}),
        );
        assert_plain(&json!({"anyOf": [range, spread]}), &merged);
    }

    #[test]
    fn an_object_without_properties_has_any() {
        assert_plain(
            &json!({"type": "array", "items": {"type": ["object", "null"]}}),
            &json!({"type": "array", "items": {"type": ["object", "null"], "additionalProperties": true}}),
        );
        let closed = json!({"type": "object", "additionalProperties": false});
        assert_plain(&closed, &closed);
    }

    #[test]
    fn a_property_may_be_called_default() {
        assert_plain(
            &json!({"type": "object", "properties": {"default": {"type": "string", "default": "x"}}}),
            &json!({"type": "object", "properties": {"default": {"type": "string"}}}),
        );
    }

    #[test]
    fn an_optional_value_is_described_beside_the_choice() {
        let named = "#/components/schemas/Named";
        assert_plain(
            &json!({"oneOf": [{"$ref": named, "description": "It."}, {"type": "null"}]}),
            &json!({"oneOf": [{"$ref": named}, {"type": "null"}], "description": "It."}),
        );
    }
}
