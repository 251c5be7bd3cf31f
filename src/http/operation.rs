//! Operations, read from the one place that declares them: the attribute on the handler.

use std::collections::{BTreeMap, HashMap};

use axum::http::Method;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{OpenApi, PathItem, path};

/// How it is known that an operation behaves as it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// The service's own documentation says so.
    Documented,
    /// It was read in the source of the service or of an official client.
    Observed,
    /// It is an informed guess.
    Inferred,
}

impl Evidence {
    /// The word in headers and tables.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Observed => "observed",
            Self::Inferred => "inferred",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [Self::Documented, Self::Observed, Self::Inferred]
            .into_iter()
            .find(|known| known.word() == word)
    }
}

/// The action of an operation that needs no permission.
pub const NONE: &str = "none";

/// One operation of a family, as its handler declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Operation {
    /// Its unique name, `ListPipelines`.
    pub id: String,
    /// The family's tag.
    pub family: String,
    /// The method in capitals.
    pub method: String,
    /// The path template.
    pub path: String,
    /// One sentence.
    pub summary: String,
    /// The permission it needs; [`NONE`]: none.
    pub action: String,
    /// The older name of that permission, which also grants it; empty: there is none.
    pub alias: String,
    /// How its behaviour is known.
    pub evidence: Evidence,
    /// Where that can be read.
    pub source: String,
    /// What differs from the source and why; empty: nothing.
    pub differences: String,
}

/// The operations of a router, found by path template and method.
#[derive(Debug, Default)]
pub struct Operations {
    list: Vec<Operation>,
    by_path: HashMap<String, [Option<usize>; METHODS.len()]>,
}

const METHODS: [Method; 7] = [
    Method::GET,
    Method::PUT,
    Method::POST,
    Method::DELETE,
    Method::OPTIONS,
    Method::HEAD,
    Method::PATCH,
];

impl Operations {
    /// Reads the operations out of an OpenAPI document.
    ///
    /// # Panics
    /// If one lacks an id, a tag, or one of the extensions `x-evidence`, `x-source`, `x-action`: a mistake
    /// in its attribute, found by whatever test first builds the router.
    #[must_use]
    pub fn of(api: &OpenApi) -> Self {
        let mut operations = Self::default();
        for (path, item) in &api.paths.paths {
            for (method, operation) in methods(item) {
                let slot = METHODS
                    .iter()
                    .position(|known| *known == method)
                    .expect("a listed method");
                let number = operations.list.len();
                operations.list.push(read(path, &method, operation));
                operations.by_path.entry(path.clone()).or_default()[slot] = Some(number);
            }
        }
        operations
    }

    /// The operation that a method has at a path template; HEAD is looked up as GET.
    #[must_use]
    pub fn find(&self, template: &str, method: &Method) -> Option<&Operation> {
        let method = if *method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        let slot = METHODS.iter().position(|known| known == method)?;
        Some(&self.list[self.by_path.get(template)?[slot]?])
    }

    /// What methods a path template has.
    pub fn methods<'a>(&'a self, template: &str) -> impl Iterator<Item = &'a Operation> {
        let slots = self.by_path.get(template).into_iter().flatten();
        slots.flatten().map(|number| &self.list[*number])
    }

    /// All of them, by path and then by method as OpenAPI orders these.
    #[must_use]
    pub fn list(&self) -> &[Operation] {
        &self.list
    }
}

/// The operations of a path, for changing.
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

/// The operations of a path, with their methods.
pub(super) fn methods(item: &PathItem) -> impl Iterator<Item = (Method, &path::Operation)> {
    [
        (Method::GET, &item.get),
        (Method::POST, &item.post),
        (Method::PUT, &item.put),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

fn read(path: &str, method: &Method, operation: &path::Operation) -> Operation {
    let said: BTreeMap<_, _> = operation
        .extensions
        .iter()
        .flat_map(|all| all.iter())
        .filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
        .collect();
    let need = |key: &str| match said.get(key) {
        Some(value) => (*value).to_owned(),
        None => panic!("{method} {path} declares no {key}"),
    };
    let optional = |key: &str| said.get(key).copied().unwrap_or_default().to_owned();
    Operation {
        id: operation
            .operation_id
            .clone()
            .expect("an operation has an id"),
        family: operation
            .tags
            .iter()
            .flatten()
            .next()
            .expect("an operation has a tag")
            .clone(),
        method: method.to_string(),
        path: path.to_owned(),
        summary: operation.summary.clone().unwrap_or_default(),
        action: need("x-action"),
        alias: optional("x-alias"),
        evidence: Evidence::of(&need("x-evidence")).expect("documented, observed or inferred"),
        source: need("x-source"),
        differences: optional("x-differences"),
    }
}
