//! The OpenAPI document of a dialect as the attributes of its handlers declare it, for the file that is published. Only
//! tests have this code, and the attributes.

pub mod derived_schema;
pub mod evidence;
pub mod gateway_responses;
mod optional_bodies;

use serde_json::Value;
// Of the expanded attributes, for which there is no public name.
use utoipa::__dev::{SchemaReferences, Tags};
use utoipa::openapi::{HttpMethod, OpenApi, PathItem, path};

use self::evidence::declare_evidence;
use self::optional_bodies::require_bodies;
use super::Dialect;
use super::openapi::descriptions::describe_responses;
use super::openapi::document::operations;

/// A dialect that declares what its attributes do not.
pub trait Declare: Dialect {
    /// Adds the credential and the refusals of the guard to the operations of the document.
    fn declare(_api: &mut OpenApi) {}
}

/// Adds the attributes of the handlers of a path to a document.
pub type Attributes = fn(&mut OpenApi);

/// Adds the attribute of a handler to a document.
///
/// # Panics
/// If the attribute has another method or path than the route, which any test that makes the documents finds.
pub fn declare<P>(api: &mut OpenApi, method: &str, path: &str)
where
    P: utoipa::Path + SchemaReferences + for<'t> Tags<'t>,
{
    let mut operation = P::operation();
    let id = operation.operation_id.as_deref().unwrap_or_default();
    let methods: Vec<&str> = P::methods().iter().map(name).collect();
    assert_eq!(methods, [method], "{id}: the attribute and the route");
    assert_eq!(P::path(), path, "{id}: the attribute and the route");
    let tags = P::tags();
    if !tags.is_empty() {
        let all = operation.tags.get_or_insert_default();
        all.extend(tags.into_iter().map(str::to_owned));
    }
    api.paths
        .add_path_operation(P::path(), P::methods(), operation);
    let mut schemas = Vec::new();
    P::schemas(&mut schemas);
    let components = api.components.get_or_insert_default();
    components.schemas.extend(schemas);
}

/// The document of attributes, with what the dialect declares for all its operations.
///
/// # Panics
/// If it is not JSON, which cannot be.
pub fn document<D: Declare>(attributes: &[Attributes]) -> Value {
    let mut api = OpenApi::default();
    for declare in attributes {
        declare(&mut api);
    }
    D::declare(&mut api);
    declare_evidence(&mut api, &D::error_rows());
    api.paths
        .paths
        .values_mut()
        .flat_map(operations_of)
        .for_each(require_bodies);
    let mut document = serde_json::to_value(api).expect("keys are strings");
    operations(&mut document).for_each(describe_responses);
    document
}

/// The name of a method, as in attributes.
fn name(method: &HttpMethod) -> &'static str {
    match method {
        HttpMethod::Get => "get",
        HttpMethod::Post => "post",
        HttpMethod::Put => "put",
        HttpMethod::Delete => "delete",
        HttpMethod::Options => "options",
        HttpMethod::Head => "head",
        HttpMethod::Patch => "patch",
        HttpMethod::Trace => "trace",
    }
}

/// The operations of a path.
pub fn operations_of(item: &mut PathItem) -> impl Iterator<Item = &mut path::Operation> {
    let methods = [
        &mut item.get,
        &mut item.post,
        &mut item.put,
        &mut item.patch,
        &mut item.delete,
    ];
    methods.into_iter().flatten()
}
