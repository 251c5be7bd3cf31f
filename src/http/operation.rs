//! The operations of a family, read from the attributes on their handlers.

use axum::http::Method;
use serde::Serialize;
use serde_json::Value;

use super::Evidence;
use super::commands::Commands;

/// The action of an operation that needs no permission.
pub const NONE: &str = "none";

/// An operation of a family, as its handler declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
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
    #[cfg_attr(test, schema(value_type = Vec<String>))]
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
    pub fn new(declared: &Value) -> Self {
        Self {
            tag: text(&declared["tags"][0]),
            id: text(&declared["operationId"]),
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
        declared: &Value,
        undocumented: Vec<String>,
    ) -> Self {
        let required = |key: &str| match text(&declared[key]) {
            value if value.is_empty() => panic!("{method} {path} declares no {key}"),
            value => value,
        };
        let inferred = declared["x-inferred-permissions"].as_array();
        let inferred = inferred.into_iter().flatten().filter_map(Value::as_str);
        let inferred_permissions: Vec<String> = inferred.map(str::to_owned).collect();
        let permissions = inferred_permissions.iter();
        let permissions = permissions.map(|name| format!("permission {name} (inferred)"));
        let undocumented = permissions.chain(undocumented).collect();
        let commands = declared.get("x-commands").cloned().map(|commands| {
            serde_json::from_value(commands).expect("x-commands has words and their parameter")
        });
        let responses = declared["responses"].as_object().into_iter().flatten();
        let OperationName { tag, id } = OperationName::new(declared);
        assert!(!tag.is_empty(), "{method} {path} has no tag");
        assert!(!id.is_empty(), "{method} {path} has no id");
        Self {
            id,
            family: tag,
            method: method.to_string(),
            path: path.to_owned(),
            summary: text(&declared["summary"]),
            commands: commands.unwrap_or_default(),
            server_errors: responses
                .filter_map(|(status, _)| status.parse().ok())
                .filter(|status| *status >= 500)
                .collect(),
            action: required("x-action"),
            alias: text(&declared["x-alias"]),
            inferred_permissions,
            evidence: serde_json::from_value(required("x-evidence").into())
                .expect("documented, observed or inferred"),
            undocumented,
            source: required("x-source"),
            differences: text(&declared["x-differences"]),
        }
    }

    /// The method and the path template.
    pub fn route(&self) -> (&str, &str) {
        (&self.method, &self.path)
    }
}

/// A text; empty if there is none.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
