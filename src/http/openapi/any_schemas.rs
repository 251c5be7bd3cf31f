//! Schemas that any value fits, which `utoipa` writes without a type and reads only with one.

use serde_json::Value;

/// The keywords of which a schema of something has one.
const FORMS: [&str; 5] = ["type", "$ref", "oneOf", "anyOf", "allOf"];

/// Gives the schemas of a document that any value fits a type that `utoipa` reads.
pub fn mark_any(document: &mut Value) {
    let schemas = document.pointer_mut("/components/schemas");
    fields(schemas).for_each(mark);
    let items = fields(document.get_mut("paths"));
    for operation in items.flat_map(|item| fields(Some(item))) {
        elements(operation.get_mut("parameters"))
            .filter_map(|parameter| parameter.get_mut("schema"))
            .for_each(mark);
        mark_content(operation.get_mut("requestBody"));
        fields(operation.get_mut("responses")).for_each(|response| mark_content(Some(response)));
    }
}

/// Marks the schemas of a body.
fn mark_content(body: Option<&mut Value>) {
    let content = body.and_then(|body| body.get_mut("content"));
    fields(content)
        .filter_map(|media| media.get_mut("schema"))
        .for_each(mark);
}

fn mark(schema: &mut Value) {
    for (keyword, value) in schema.as_object_mut().into_iter().flatten() {
        match keyword.as_str() {
            "items" | "additionalProperties" | "propertyNames" => mark(value),
            "properties" => fields(Some(value)).for_each(mark),
            "oneOf" | "anyOf" | "allOf" => elements(Some(value)).for_each(mark),
            _ => {}
        }
    }
    if let Some(keywords) = schema.as_object_mut()
        && !FORMS.iter().any(|form| keywords.contains_key(*form))
    {
        keywords.insert("type".to_owned(), Value::Null);
    }
}

fn fields(object: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    let fields = object.and_then(Value::as_object_mut);
    fields.into_iter().flat_map(serde_json::Map::values_mut)
}

fn elements(array: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    array.and_then(Value::as_array_mut).into_iter().flatten()
}
