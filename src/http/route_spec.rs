//! The declarations of a path, as they are published.

use std::sync::OnceLock;

use axum::http::Method;

use super::Dialect;
use super::context::{add_hint, with_details};
use super::evidence::operation::OperationEvidence;
use super::matching::known::KnownOperation;
use super::openapi::request_schema::RequestSchema;
use super::operation::{Operation, OperationName};
use super::published::{MethodSpec, PublishedApi};

/// The declarations of a path.
pub struct RouteSpec {
    path: String,
    /// Absent: nothing is declared.
    published: Option<&'static PublishedApi>,
    is_emulated_service: bool,
    is_head_served: bool,
    /// The declarations, once they have been looked up.
    declared: OnceLock<&'static [MethodSpec]>,
}

impl RouteSpec {
    /// Creates a declaration that lives as long as the process, in which routes are made once.
    pub fn new<D: Dialect>(path: String, is_declared: bool) -> &'static Self {
        Box::leak(Box::new(Self {
            path,
            published: is_declared.then(D::published),
            is_emulated_service: D::IS_EMULATED_SERVICE,
            is_head_served: D::HEAD_IS_GET,
            declared: OnceLock::new(),
        }))
    }

    /// The declarations, ordered by method as in OpenAPI.
    ///
    /// # Panics
    /// If an attribute of an emulated service lacks a mandatory extension.
    fn declared(&self) -> &'static [MethodSpec] {
        self.declared.get_or_init(|| {
            self.published.map_or(&[], |published| {
                published.declared(&self.path, self.is_emulated_service)
            })
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
