//! The operations of a family, read from the attributes on their handlers.

use std::collections::HashMap;

use axum::http::Method;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::{OpenApi, PathItem, path};

use super::Evidence;
use super::commands::Commands;

/// The action of an operation that needs no permission.
pub const NONE: &str = "none";

/// An operation of a family, as its handler declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Operation {
    /// The unique name, such as `ListPipelines`.
    pub id: String,
    /// The family's tag.
    pub family: String,
    /// The method in capitals.
    pub method: String,
    /// The path template.
    pub path: String,
    /// One sentence.
    pub summary: String,
    /// The commands that `match.action` tells apart, such as `start` and `stop`; empty: there are none.
    #[schema(value_type = Vec<String>)]
    pub commands: Commands,
    /// The statuses from 500 on that the operation declares.
    #[serde(skip)]
    pub server_errors: Vec<u16>,
    /// The required permission; `none`: no permission is required.
    pub action: String,
    /// An older name of the permission, which also grants it; empty: there is none.
    pub alias: String,
    /// Of the permission and its older name those that are a guess.
    #[serde(skip)]
    pub inferred_permissions: Vec<String>,
    /// The grounds on which the operation behaves as it does.
    pub evidence: Evidence,
    /// The parts of requests and responses that are known less well than the operation, such as
    /// `field extend_info (inferred)`.
    pub undocumented: Vec<String>,
    /// The source of the evidence.
    pub source: String,
    /// The differences from the source, with reasons; empty: none.
    pub differences: String,
}

/// The name of an operation, of a service or of the control plane.
#[derive(Debug, Default)]
pub struct OperationName {
    pub tag: String,
    pub id: String,
}

impl OperationName {
    pub fn new(declared: &path::Operation) -> Self {
        let tag = declared.tags.iter().flatten().next();
        Self {
            tag: tag.cloned().unwrap_or_default(),
            id: declared.operation_id.clone().unwrap_or_default(),
        }
    }
}

impl Operation {
    /// Reads the declaration of an operation.
    ///
    /// # Panics
    /// If it lacks an id, a tag, or one of the extensions `x-evidence`, `x-source`, `x-action`, or if `x-commands` has
    /// another shape than [`Commands`]. That is a mistake in its
    /// attribute, which every test that lists the operations finds.
    pub(super) fn new(
        method: &Method,
        path: &str,
        declared: &path::Operation,
        undocumented: Vec<String>,
    ) -> Self {
        let none = HashMap::new();
        let extensions = declared.extensions.as_deref().unwrap_or(&none);
        let optional = |key: &str| {
            let value = extensions.get(key).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        let required = |key: &str| match optional(key) {
            value if value.is_empty() => panic!("{method} {path} declares no {key}"),
            value => value,
        };
        let inferred = extensions
            .get("x-inferred-permissions")
            .and_then(Value::as_array);
        let inferred = inferred.into_iter().flatten().filter_map(Value::as_str);
        let inferred_permissions: Vec<String> = inferred.map(str::to_owned).collect();
        let permissions = inferred_permissions.iter();
        let permissions = permissions.map(|name| format!("permission {name} (inferred)"));
        let undocumented = permissions.chain(undocumented).collect();
        let commands = extensions.get("x-commands").cloned().map(|commands| {
            serde_json::from_value(commands).expect("x-commands has words and their parameter")
        });
        let statuses = declared.responses.responses.keys();
        let tag = declared.tags.iter().flatten().next();
        Self {
            id: declared
                .operation_id
                .clone()
                .expect("an operation has an id"),
            family: tag.expect("an operation has a tag").clone(),
            method: method.to_string(),
            path: path.to_owned(),
            summary: declared.summary.clone().unwrap_or_default(),
            commands: commands.unwrap_or_default(),
            server_errors: statuses
                .filter_map(|status| status.parse().ok())
                .filter(|status| *status >= 500)
                .collect(),
            action: required("x-action"),
            alias: optional("x-alias"),
            inferred_permissions,
            evidence: serde_json::from_value(required("x-evidence").into())
                .expect("documented, observed or inferred"),
            undocumented,
            source: required("x-source"),
            differences: optional("x-differences"),
        }
    }

    /// The method and the path template.
    pub fn route(&self) -> (&str, &str) {
        (&self.method, &self.path)
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

/// The operation with an id, for changing.
pub fn find_operation<'a>(api: &'a mut OpenApi, id: &str) -> Option<&'a mut path::Operation> {
    let mut operations = api.paths.paths.values_mut().flat_map(operations_of);
    operations.find(|operation| operation.operation_id.as_deref() == Some(id))
}

/// The operations of a path, with their methods.
pub fn methods(item: &PathItem) -> impl Iterator<Item = (Method, &path::Operation)> {
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
