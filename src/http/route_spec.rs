//! The declarations of a path, read from the attributes of its handlers.

use std::sync::OnceLock;

use axum::http::Method;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::Dialect;
use super::context::{RequestContext, add_hint};
use super::openapi::request_schema::{RequestSchema, request_schemas};
use super::operation::{Operation, operations};

/// Reads the attributes of the handlers of a path.
pub type Source<D> = fn() -> UtoipaMethodRouter<D>;

/// The declarations of a path, read on first use because they are large.
pub struct RouteSpec<D> {
    /// Absent: nothing is declared.
    source: Option<Source<D>>,
    operations: OnceLock<Vec<Operation>>,
    request_schemas: OnceLock<Vec<(Method, RequestSchema)>>,
}

impl<D: Dialect> RouteSpec<D> {
    /// Creates a declaration that lives as long as the process, in which routes are made once.
    pub fn new(source: Option<Source<D>>) -> &'static Self {
        Box::leak(Box::new(Self {
            source,
            operations: OnceLock::new(),
            request_schemas: OnceLock::new(),
        }))
    }

    pub fn source(&self) -> Option<Source<D>> {
        self.source
    }

    /// The operations, ordered by method as in OpenAPI; none if the dialect is not that of an emulated service.
    ///
    /// # Panics
    /// If an attribute lacks a mandatory extension.
    pub fn operations(&self) -> &[Operation] {
        let source = self.source.filter(|_| D::IS_EMULATED_SERVICE);
        self.operations
            .get_or_init(|| operations(&document::<D>(source)))
    }

    /// The operation of a method; HEAD counts as GET.
    pub fn operation(&self, method: &Method) -> Option<&Operation> {
        let method = as_get(method).as_str();
        self.operations()
            .iter()
            .find(|operation| operation.method == method)
    }

    /// The fields and parameters of requests, by method.
    pub fn request_schemas(&self) -> &[(Method, RequestSchema)] {
        self.request_schemas
            .get_or_init(|| request_schemas(&document::<D>(self.source)))
    }

    /// The fields and parameters of the requests of a method; HEAD counts as GET.
    pub fn request_schema(&self, method: &Method) -> Option<&RequestSchema> {
        let method = as_get(method);
        self.request_schemas()
            .iter()
            .find(|(known, _)| known == method)
            .map(|(_, request_schema)| request_schema)
    }

    /// Hints at the methods of the path, for a caller who used another.
    pub fn hint_at_methods(&'static self, context: &RequestContext) {
        let request_schemas = self.request_schemas().iter();
        let methods: Vec<&str> = request_schemas.map(|(method, _)| method.as_str()).collect();
        if !methods.is_empty() {
            add_hint(format!("this path allows {}", methods.join(", ")));
        }
        if let Some(first) = self.operations().first() {
            context.details().nearest = Some(first);
        }
    }
}

/// The declarations of attributes and of the dialect as an OpenAPI document.
pub fn document<D: Dialect>(sources: impl IntoIterator<Item = Source<D>>) -> OpenApi {
    let (_, mut api) = sources
        .into_iter()
        .map(|source| source())
        .fold(OpenApiRouter::new(), OpenApiRouter::routes)
        .split_for_parts();
    D::declare(&mut api);
    api
}

fn as_get(method: &Method) -> &Method {
    if *method == Method::HEAD {
        &Method::GET
    } else {
        method
    }
}
