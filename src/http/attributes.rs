//! The OpenAPI document of a dialect as the attributes of its handlers declare it, for the file that is published.

// Of the expanded attributes, for which there is no public name.
use utoipa::__dev::{SchemaReferences, Tags};
use utoipa::openapi::OpenApi;

use super::Dialect;
use super::evidence::error_row::declare_evidence;
use super::openapi::descriptions::describe_responses;
use super::openapi::optional_bodies::require_bodies;
use super::operation::operations_of;

/// A dialect that declares what its attributes do not.
pub trait Declare: Dialect {
    /// Adds the credential and the refusals of the guard to the operations of the document.
    fn declare(_api: &mut OpenApi) {}
}

/// Adds the attributes of the handlers of a path to a document.
pub type Attributes = fn(&mut OpenApi);

/// Adds the attribute of a handler to a document.
pub fn declare<P>(api: &mut OpenApi)
where
    P: utoipa::Path + SchemaReferences + for<'t> Tags<'t>,
{
    let mut operation = P::operation();
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
pub fn document<D: Declare>(attributes: &[Attributes]) -> OpenApi {
    let mut api = OpenApi::default();
    for declare in attributes {
        declare(&mut api);
    }
    D::declare(&mut api);
    declare_evidence(&mut api, &D::error_rows());
    for operation in api.paths.paths.values_mut().flat_map(operations_of) {
        require_bodies(operation);
        describe_responses(operation);
    }
    api
}
