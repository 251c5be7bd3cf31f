//! The parts of an OpenAPI document as JSON, for changing.

use serde_json::{Map, Value};

/// The components that documents of families have.
const COMPONENTS: [&str; 2] = ["schemas", "securitySchemes"];

/// Adds the paths and components of a part to a document. What the document has already stays.
pub fn merge(document: &mut Value, mut part: Value) {
    add_fields(&mut document["paths"], part["paths"].take());
    for kind in COMPONENTS {
        let own = part["components"][kind].take();
        add_fields(&mut document["components"][kind], own);
    }
}

fn add_fields(to: &mut Value, added: Value) {
    let Value::Object(added) = added else {
        return;
    };
    if let Value::Object(known) = to {
        for (name, value) in added {
            known.entry(name).or_insert(value);
        }
    } else {
        *to = added.into();
    }
}

/// The operations of a path.
pub fn operations_of(item: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    fields(Some(item)).filter_map(Value::as_object_mut)
}

/// The operations of a document.
pub fn operations(document: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    fields(document.get_mut("paths")).flat_map(operations_of)
}

/// The operation with an id.
pub fn find_operation<'a>(document: &'a mut Value, id: &str) -> Option<&'a mut Map<String, Value>> {
    operations(document).find(|operation| operation.get("operationId").is_some_and(|own| own == id))
}

/// The bodies of requests and responses of an operation, each for a media type.
pub fn contents(operation: &mut Map<String, Value>) -> impl Iterator<Item = &mut Value> {
    let (mut bodies, mut responses) = (None, None);
    for (key, value) in operation {
        match key.as_str() {
            "requestBody" => bodies = Some(value),
            "responses" => responses = Some(value),
            _ => {}
        }
    }
    let bodies = bodies.into_iter().chain(fields(responses));
    bodies.flat_map(|body| fields(body.get_mut("content")))
}

/// The named schemas of a document.
pub fn schemas(document: &mut Value) -> Option<&mut Map<String, Value>> {
    document["components"]["schemas"].as_object_mut()
}

/// The values of the fields of an object.
pub fn fields(object: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    let fields = object.and_then(Value::as_object_mut);
    fields.into_iter().flat_map(Map::values_mut)
}
