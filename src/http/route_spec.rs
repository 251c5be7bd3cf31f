//! The declarations of a path, from the attributes of its handlers.

use std::sync::OnceLock;

use axum::http::Method;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::Dialect;
use super::context::{RequestContext, add_hint};
use super::openapi::request_schema::{RequestSchema, request_schemas};
use super::operation::{Operation, operations};

/// Where the attributes of the handlers of a path are read.
pub type Source<D> = fn() -> UtoipaMethodRouter<D>;

/// What is declared at a path. It is large, so it is read when it is asked for first.
pub struct RouteSpec<D> {
    /// Absent: nothing is declared.
    source: Option<Source<D>>,
    operations: OnceLock<Vec<Operation>>,
    request_schemas: OnceLock<Vec<(Method, RequestSchema)>>,
}

impl<D: Dialect> RouteSpec<D> {
    /// What is to be read there, for as long as the process lives: routes are made once.
    #[must_use]
    pub fn by(source: Option<Source<D>>) -> &'static Self {
        Box::leak(Box::new(Self {
            source,
            operations: OnceLock::new(),
            request_schemas: OnceLock::new(),
        }))
    }

    #[must_use]
    pub fn source(&self) -> Option<Source<D>> {
        self.source
    }

    /// The operations, by method as OpenAPI orders these; none of a family that emulates nothing.
    ///
    /// # Panics
    /// If an attribute does not say what all of them must.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        let source = self.source.filter(|_| D::IS_EMULATED_SERVICE);
        let read = || operations(&document::<D>(source));
        self.operations.get_or_init(read)
    }

    /// The operation of a method; HEAD is looked up as GET.
    #[must_use]
    pub fn operation(&self, method: &Method) -> Option<&Operation> {
        let method = as_get(method).as_str();
        let mut own = self.operations().iter();
        own.find(|operation| operation.method == method)
    }

    /// What requests may be made of, by method.
    #[must_use]
    pub fn request_schemas(&self) -> &[(Method, RequestSchema)] {
        let read = || request_schemas(&document::<D>(self.source));
        self.request_schemas.get_or_init(read)
    }

    /// What a request of a method may be made of; HEAD is looked up as GET.
    #[must_use]
    pub fn request_schema(&self, method: &Method) -> Option<&RequestSchema> {
        let method = as_get(method);
        let mut own = self.request_schemas().iter();
        own.find(|(known, _)| known == method)
            .map(|(_, request_schema)| request_schema)
    }

    /// Tells a caller who has the wrong method which ones the path has.
    pub fn tell_methods(&'static self, context: &RequestContext) {
        let own = self.request_schemas().iter();
        let methods: Vec<&str> = own.map(|(method, _)| method.as_str()).collect();
        if !methods.is_empty() {
            add_hint(format!("this path has {}", methods.join(", ")));
        }
        if let Some(first) = self.operations().first() {
            context.details().nearest = Some(first);
        }
    }
}

/// What attributes declare, and what a gate adds.
pub fn document<D: Dialect>(sources: impl IntoIterator<Item = Source<D>>) -> OpenApi {
    let declared = sources.into_iter().map(|source| source());
    let (_, mut api) = declared
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
