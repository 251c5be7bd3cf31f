//! The declarations of a path, read from the attributes of its handlers.

use std::sync::OnceLock;

use axum::http::Method;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::Dialect;
use super::context::{add_hint, with_details};
use super::evidence::error_row::declare_evidence;
use super::evidence::operation::OperationEvidence;
use super::matching::known::KnownOperation;
use super::openapi::request_schema::RequestSchema;
use super::operation::{Operation, OperationName, methods};

/// Reads the attributes of the handlers of a path.
pub type Source<D> = fn() -> UtoipaMethodRouter<D>;

/// The declaration of a method of a path.
struct MethodSpec {
    method: Method,
    /// The tag and the id of the operation.
    name: OperationName,
    /// Absent: the dialect is not that of an emulated service.
    operation: Option<Operation>,
    request_schema: RequestSchema,
    /// Absent: the dialect is not that of an emulated service.
    evidence: Option<OperationEvidence>,
}

/// The declarations of a path, read on first use because they are large.
pub struct RouteSpec<D> {
    /// Absent: nothing is declared.
    pub source: Option<Source<D>>,
    methods: OnceLock<Vec<MethodSpec>>,
}

impl<D: Dialect> RouteSpec<D> {
    /// Creates a declaration that lives as long as the process, in which routes are made once.
    pub fn new(source: Option<Source<D>>) -> &'static Self {
        Box::leak(Box::new(Self {
            source,
            methods: OnceLock::new(),
        }))
    }

    /// The declarations, ordered by method as in OpenAPI.
    ///
    /// # Panics
    /// If an attribute of an emulated service lacks a mandatory extension.
    fn declared(&self) -> &[MethodSpec] {
        self.methods.get_or_init(|| {
            let api = document::<D>(self.source);
            let components = serde_json::to_value(&api.components).expect("keys are strings");
            let read = |path: &str, method: Method, declared| {
                let evidence =
                    D::IS_EMULATED_SERVICE.then(|| OperationEvidence::new(declared, &components));
                MethodSpec {
                    name: OperationName::new(declared),
                    operation: evidence
                        .as_ref()
                        .map(|evidence| Operation::new(&method, path, declared, evidence.list())),
                    request_schema: RequestSchema::new(declared, &components),
                    evidence,
                    method,
                }
            };
            let paths = api.paths.paths.iter();
            paths
                .flat_map(|(path, item)| {
                    methods(item).map(|(method, declared)| read(path, method, declared))
                })
                .collect()
        })
    }

    pub fn methods(&self) -> impl Iterator<Item = &Method> {
        self.declared().iter().map(|declared| &declared.method)
    }

    /// The operations; none if the dialect is not that of an emulated service.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        let declared = self.declared().iter();
        declared.filter_map(|declared| declared.operation.as_ref())
    }

    /// The operations with the requests that each takes.
    pub fn known_operations(&'static self) -> impl Iterator<Item = KnownOperation> {
        self.declared().iter().filter_map(|declared| {
            Some(KnownOperation {
                operation: declared.operation.as_ref()?,
                request: &declared.request_schema,
                is_head_served: D::HEAD_IS_GET,
            })
        })
    }

    /// The operation of a method; HEAD counts as GET.
    pub fn operation(&self, method: &Method) -> Option<&Operation> {
        self.find(method)?.operation.as_ref()
    }

    /// The name of the operation of a method, of the control plane too; HEAD counts as GET.
    pub fn name(&self, method: &Method) -> Option<&OperationName> {
        Some(&self.find(method)?.name)
    }

    /// The fields and parameters of the requests of a method; HEAD counts as GET.
    pub fn request_schema(&self, method: &Method) -> Option<&RequestSchema> {
        Some(&self.find(method)?.request_schema)
    }

    fn find(&self, method: &Method) -> Option<&MethodSpec> {
        let is_head = *method == Method::HEAD;
        let method = if is_head { &Method::GET } else { method };
        let mut declared = self.declared().iter();
        declared.find(|declared| declared.method == *method)
    }

    /// The parts of requests and responses of a method that are not documented; HEAD counts as GET. `None` if no
    /// operation of a service has the method.
    pub fn evidence(&self, method: &Method) -> Option<&OperationEvidence> {
        self.find(method)?.evidence.as_ref()
    }

    /// Hints at the methods of the path, for a caller who used another.
    pub fn hint_at_methods(&'static self) {
        let methods: Vec<&str> = self.methods().map(Method::as_str).collect();
        if !methods.is_empty() {
            add_hint(format!("this path allows {}", methods.join(", ")));
        }
        if let Some(first) = self.operations().next() {
            with_details(|details| details.nearest = Some(first));
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
    declare_evidence(&mut api, &D::error_rows());
    api
}
