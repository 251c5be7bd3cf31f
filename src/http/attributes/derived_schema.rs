//! Schemas that are derived from those of other types.

use serde_json::{Value, json};
use utoipa::PartialSchema;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::schema::{
    AdditionalProperties, KnownFormat, ObjectBuilder, SchemaFormat, Type,
};
use utoipa::openapi::{OpenApi, RefOr, Schema};

use crate::http::openapi::plain_schemas::remove_null;

/// The schema of an object like `T` in which optional fields are required. `keywords` adds to the schemas of fields, or
/// refers to another schema for one.
///
/// One request may need fields that another, with the same fields, may lack. A schema of its own says so in a way that
/// generators of clients understand; a refinement by `allOf` does not.
///
/// # Panics
/// If `T` lacks one of the fields or is no object: mistakes that any test with the document finds.
pub fn with_required<T: PartialSchema>(
    description: &str,
    required: &[&str],
    keywords: &Value,
) -> RefOr<Schema> {
    let mut schema = serde_json::to_value(T::schema()).expect("keys are strings");
    schema["description"] = description.into();
    let properties = schema["properties"].as_object_mut().expect("an object");
    for name in required {
        remove_null(properties.get_mut(*name).expect("a field"));
    }
    for (name, keywords) in keywords.as_object().into_iter().flatten() {
        let property = properties.get_mut(name).and_then(Value::as_object_mut);
        let keywords = keywords.as_object().cloned().unwrap_or_default();
        property.expect("a field").extend(keywords);
    }
    let known = schema["required"].as_array().cloned().unwrap_or_default();
    let added = required.iter().map(|name| json!(name));
    schema["required"] = known.into_iter().chain(added).collect();
    serde_json::from_value(schema).expect("it is a schema")
}

/// Declares that objects of these schemas may have further keys, which attributes cannot say. Without it, typed clients
/// drop such keys or refuse them.
pub fn declare_open(api: &mut OpenApi, names: &[&str]) {
    let schemas = api.components.iter_mut().flat_map(|all| &mut all.schemas);
    for (name, schema) in schemas {
        if names.contains(&name.as_str())
            && let RefOr::T(Schema::Object(object)) = schema
        {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(true)));
        }
    }
}

/// The schema of an enum of numbers, each with its name and its meaning, which generators of clients use in their enums.
pub fn numbers<'a>(
    description: &str,
    numbers: impl IntoIterator<Item = (u8, &'a str, &'a str)>,
) -> RefOr<Schema> {
    let numbers: Vec<_> = numbers.into_iter().collect();
    let listed = numbers
        .iter()
        .map(|(number, _, meaning)| format!("{number}: {meaning}"));
    let listed = listed.collect::<Vec<_>>().join("; ");
    let column = |text: fn(&(u8, &'a str, &'a str)) -> &'a str| -> Vec<&str> {
        numbers.iter().map(text).collect()
    };
    let extensions = ExtensionsBuilder::new()
        .add("x-enum-varnames", json!(column(|(_, name, _)| name)))
        .add(
            "x-enum-descriptions",
            json!(column(|(.., meaning)| meaning)),
        );
    ObjectBuilder::new()
        .description(Some(format!("{description} {listed}.")))
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
        .enum_values(Some(numbers.iter().map(|(number, ..)| *number)))
        .extensions(Some(extensions.build()))
        .into()
}
