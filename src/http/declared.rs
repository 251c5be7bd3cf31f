//! What the attributes of the handlers of a path declare.

use std::sync::OnceLock;

use axum::http::Method;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::Dialect;
use super::notes::Notes;
use super::operation::{Operation, operations};
use super::spelling::{Spelling, spellings};

/// Where the attributes of the handlers of a path are read.
pub type Source<D> = fn() -> UtoipaMethodRouter<D>;

/// What is declared at a path. It is large, so it is read when it is asked for first.
pub struct Declared<D> {
    /// Absent: nothing is declared.
    source: Option<Source<D>>,
    operations: OnceLock<Vec<Operation>>,
    spellings: OnceLock<Vec<(Method, Spelling)>>,
}

impl<D: Dialect> Declared<D> {
    /// What is to be read there, for as long as the process lives: routes are made once.
    #[must_use]
    pub fn by(source: Option<Source<D>>) -> &'static Self {
        Box::leak(Box::new(Self {
            source,
            operations: OnceLock::new(),
            spellings: OnceLock::new(),
        }))
    }

    /// Where it is read.
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
        let source = self.source.filter(|_| D::EMULATES);
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
    pub fn spellings(&self) -> &[(Method, Spelling)] {
        let read = || spellings(&document::<D>(self.source));
        self.spellings.get_or_init(read)
    }

    /// What a request of a method may be made of; HEAD is looked up as GET.
    #[must_use]
    pub fn spelling(&self, method: &Method) -> Option<&Spelling> {
        let method = as_get(method);
        let mut own = self.spellings().iter();
        own.find(|(known, _)| known == method)
            .map(|(_, spelling)| spelling)
    }

    /// Tells a caller who has the wrong method which ones the path has.
    pub fn tell_methods(&'static self, notes: &Notes) {
        let own = self.spellings().iter();
        let methods: Vec<&str> = own.map(|(method, _)| method.as_str()).collect();
        if !methods.is_empty() {
            notes.hint(format!("this path has {}", methods.join(", ")));
        }
        if let Some(first) = self.operations().first() {
            notes.nearest(first);
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
