//! Operations, read from the one place that declares them: the attribute on the handler.

use std::collections::BTreeMap;

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

/// Reads the operations out of an OpenAPI document, by path and then by method as OpenAPI orders these.
///
/// # Panics
/// If one lacks an id, a tag, or one of the extensions `x-evidence`, `x-source`, `x-action`: a mistake in its
/// attribute, found by whatever test first lists the operations.
#[must_use]
pub fn operations(api: &OpenApi) -> Vec<Operation> {
    let paths = api.paths.paths.iter();
    let all = paths.flat_map(|(path, item)| {
        methods(item).map(move |(method, operation)| read(path, &method, operation))
    });
    all.collect()
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
