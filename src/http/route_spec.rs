//! The declarations of a path, read from the attributes of its handlers.

use std::sync::OnceLock;

use axum::http::Method;
// Of the expanded attributes, for which there is no public name.
use utoipa::__dev::{SchemaReferences, Tags};
use utoipa::openapi::OpenApi;

use super::Dialect;
use super::context::{add_hint, with_details};
use super::evidence::error_row::declare_evidence;
use super::evidence::operation::OperationEvidence;
use super::matching::known::KnownOperation;
use super::openapi::request_schema::RequestSchema;
use super::operation::{Operation, OperationName, methods};

/// Adds the attributes of the handlers of a path to a document.
pub type Source = fn(&mut OpenApi);

/// Adds the attribute of a handler to a document.
///
/// `utoipa_axum` would do that too, but would also make a router of the handlers, which are compiled for it again.
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
pub struct RouteSpec {
    /// Absent: nothing is declared.
    pub source: Option<Source>,
    complete: Source,
    is_emulated_service: bool,
    is_head_served: bool,
    methods: OnceLock<Vec<MethodSpec>>,
}

impl RouteSpec {
    /// Creates a declaration that lives as long as the process, in which routes are made once.
    pub fn new<D: Dialect>(source: Option<Source>) -> &'static Self {
        Box::leak(Box::new(Self {
            source,
            complete: complete::<D>,
            is_emulated_service: D::IS_EMULATED_SERVICE,
            is_head_served: D::HEAD_IS_GET,
            methods: OnceLock::new(),
        }))
    }

    /// The declarations, ordered by method as in OpenAPI.
    ///
    /// # Panics
    /// If an attribute of an emulated service lacks a mandatory extension.
    fn declared(&self) -> &[MethodSpec] {
        self.methods.get_or_init(|| {
            let mut api = OpenApi::default();
            self.source.into_iter().for_each(|source| source(&mut api));
            (self.complete)(&mut api);
            let components = serde_json::to_value(&api.components).expect("keys are strings");
            let read = |path: &str, method: Method, declared| {
                let evidence = self
                    .is_emulated_service
                    .then(|| OperationEvidence::new(declared, &components));
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
                is_head_served: self.is_head_served,
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
pub fn document<D: Dialect>(sources: impl IntoIterator<Item = Source>) -> OpenApi {
    let mut api = OpenApi::default();
    sources.into_iter().for_each(|source| source(&mut api));
    complete::<D>(&mut api);
    api
}

/// Adds what a dialect declares for all its operations.
fn complete<D: Dialect>(api: &mut OpenApi) {
    D::declare(api);
    declare_evidence(api, &D::error_rows());
}
