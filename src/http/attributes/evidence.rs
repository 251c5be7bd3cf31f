//! Declarations of evidence that attributes cannot make.

use std::marker::PhantomData;

use serde_json::{Value, json};
use utoipa::openapi::extensions::{Extensions, ExtensionsBuilder};
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{OpenApi, Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::operations_of;
use crate::http::evidence::Evidence;
use crate::http::evidence::error_row::ErrorRow;
use crate::http::evidence::schema::{EXTENSION, SPELLINGS};

/// Declares query parameters that are inferred wherever they are, since attributes cannot.
pub fn declare_inferred_parameters(api: &mut OpenApi, names: &[&str]) {
    for item in api.paths.paths.values_mut() {
        let parameters = operations_of(item).flat_map(|operation| &mut operation.parameters);
        for parameter in parameters.flatten() {
            if let RefOr::T(parameter) = parameter
                && names.contains(&&*parameter.name)
            {
                parameter.extensions = Some(extension(Evidence::Inferred));
            }
        }
    }
}

/// Declares further spellings of the fields of a schema, since attributes cannot. They are inferred.
pub fn declare_inferred_spellings(api: &mut OpenApi, schema: &str, spellings: &[&str]) {
    let components = api.components.as_mut();
    let schema = components.and_then(|components| components.schemas.get_mut(schema));
    if let Some(RefOr::T(Schema::Object(object))) = schema {
        let spellings = ExtensionsBuilder::new().add(SPELLINGS, json!(spellings));
        let extensions = object.extensions.get_or_insert_default();
        extensions.merge(spellings.build());
    }
}

/// Declares the evidence for the error responses of all operations: that of the weakest row with the status.
pub fn declare_evidence(api: &mut OpenApi, rows: &[ErrorRow]) {
    for item in api.paths.paths.values_mut() {
        for operation in operations_of(item) {
            for (status, response) in &mut operation.responses.responses {
                let rows = rows.iter().filter(|row| row.status.to_string() == *status);
                if let Some(weakest) = rows.map(|row| row.evidence).max()
                    && let RefOr::T(response) = response
                {
                    let extensions = response.extensions.get_or_insert_default();
                    extensions.merge(extension(weakest));
                }
            }
        }
    }
}

/// The extension of a field, a parameter or a response.
pub(super) fn extension(evidence: Evidence) -> Extensions {
    ExtensionsBuilder::new()
        .add(EXTENSION, json!(evidence.as_str()))
        .build()
}

/// The schema of an inferred field whose type has a schema of its own, which no attribute can extend. Attributes need a
/// name without arguments: an alias, as in `#[schema(inline, value_type = Option<InferredTask>)]`. Other fields have the
/// attribute `#[schema(extensions(("x-evidence" = json!("inferred"))))]`.
pub struct Inferred<T>(PhantomData<T>);

impl<T: ToSchema> PartialSchema for Inferred<T> {
    fn schema() -> RefOr<Schema> {
        let extensions = extension(Evidence::Inferred);
        match T::schema() {
            // A name stays a name, so that generators of clients make one type of it.
            RefOr::T(Schema::Object(mut object))
                if object.properties.is_empty() && object.enum_values.is_none() =>
            {
                object.extensions = Some(extensions);
                RefOr::T(object.into())
            }
            RefOr::T(Schema::Array(mut array)) => {
                array.extensions = Some(extensions);
                RefOr::T(array.into())
            }
            RefOr::T(Schema::OneOf(mut one_of)) => {
                one_of.extensions = Some(extensions);
                RefOr::T(one_of.into())
            }
            _ => AllOfBuilder::new()
                .item(Ref::from_schema_name(T::name()))
                .extensions(Some(extensions))
                .into(),
        }
    }
}

impl<T: ToSchema> ToSchema for Inferred<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        T::name()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        if let RefOr::T(Schema::AllOf(_)) = Self::schema() {
            schemas.push((T::name().into_owned(), T::schema()));
        }
        T::schemas(schemas);
    }
}

/// The schema of an enum of words, each with its evidence.
pub fn words(
    description: &str,
    words: impl IntoIterator<Item = (&'static str, Evidence)>,
) -> RefOr<Schema> {
    let words: Vec<(&str, Evidence)> = words.into_iter().collect();
    let schema = known_words(description, words.iter().copied());
    let words = words.into_iter().map(|(word, _)| word);
    schema.enum_values(Some(words)).into()
}

/// The schema of a text that the service may also fill with other words than these, each of which has its evidence.
pub fn known_words(
    description: &str,
    words: impl IntoIterator<Item = (&'static str, Evidence)>,
) -> ObjectBuilder {
    let description: Vec<&str> = description.trim_end().lines().map(str::trim).collect();
    let undocumented: serde_json::Map<String, Value> = words
        .into_iter()
        .filter(|(_, evidence)| *evidence != Evidence::Documented)
        .map(|(word, evidence)| (word.to_owned(), json!(evidence.as_str())))
        .collect();
    let extensions = (!undocumented.is_empty()).then(|| {
        ExtensionsBuilder::new()
            .add(EXTENSION, Value::Object(undocumented))
            .build()
    });
    ObjectBuilder::new()
        .description(Some(description.join("\n")))
        .schema_type(Type::String)
        .extensions(extensions)
}
