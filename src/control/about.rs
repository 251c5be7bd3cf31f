//! What the emulator says of itself: health, coverage, OpenAPI.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder, PathItem, RefOr, Required};

use super::{Control, Problem};
use crate::api;
use crate::http::operation::operations_of;
use crate::http::{Operation, render};

/// Whether the process is alive.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Health {
    /// Always `ok`.
    status: &'static str,
}

/// Says that the process is alive.
#[utoipa::path(get, path = "/_emulator/v1/health", operation_id = "Health", tag = "control",
    responses((status = 200, body = Health)))]
pub(super) async fn health() -> Response {
    render::json(StatusCode::OK, render::text(&Health { status: "ok" }, 32))
}

/// Says whether the fixtures are loaded and the port is bound. Errors: 503 until then.
#[utoipa::path(get, path = "/_emulator/v1/ready", operation_id = "Ready", tag = "control",
    responses((status = 200, body = Health), (status = 503, body = super::problem::ProblemBody,
    content_type = "application/problem+json")))]
pub(super) async fn ready(State(Control(world)): State<Control>) -> Result<Response, Problem> {
    if world.is_ready() {
        Ok(render::json(
            StatusCode::OK,
            render::text(&Health { status: "ready" }, 32),
        ))
    } else {
        Err(Problem::NotReady)
    }
}

#[derive(Serialize)]
struct Coverage {
    operations: Vec<&'static Operation>,
}

/// Lists every emulated operation with its evidence, source, permission and differences.
#[utoipa::path(get, path = "/_emulator/v1/operations", operation_id = "ListOperations", tag = "control",
    responses((status = 200, description = "`{\"operations\":[{id, family, method, path, summary, action, \
    evidence, source, differences}]}`")))]
pub(super) async fn operations() -> Response {
    let coverage = Coverage {
        operations: api::operations().collect(),
    };
    render::json(StatusCode::OK, render::text(&coverage, 16 << 10))
}

/// The OpenAPI 3.1 document of all families and of the control plane.
#[utoipa::path(get, path = "/_emulator/v1/openapi.json", operation_id = "ShowOpenApi", tag = "control",
    responses((status = 200, description = "OpenAPI 3.1")))]
pub(super) async fn show_openapi() -> Response {
    render::json(StatusCode::OK, Bytes::from_static(openapi().as_bytes()))
}

/// The text of the OpenAPI document, the same in every process.
pub fn openapi() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let mut document = serde_json::to_value(document()).expect("keys are strings");
        // Extensions live in a hash map, whose order differs from run to run.
        document.sort_all_objects();
        document.to_string()
    });
    &TEXT
}

fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("release-emulator")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(env!("CARGO_PKG_DESCRIPTION")))
        .build();
    let mut document = OpenApiBuilder::new().info(info).build();
    for part in api::families().into_iter().chain([super::sealed().api()]) {
        document.merge(part.clone());
    }
    for (path, item) in &mut document.paths.paths {
        name_parameters(path, item);
        describe_responses(item);
    }
    document
}

/// Says of every answer without a description what its status means: the document must have one.
fn describe_responses(item: &mut PathItem) {
    for operation in operations_of(item) {
        for (status, response) in &mut operation.responses.responses {
            let status = status.parse::<StatusCode>().ok();
            if let RefOr::T(response) = response
                && response.description.is_empty()
            {
                let reason = status.and_then(|status| status.canonical_reason());
                reason
                    .unwrap_or("An answer")
                    .clone_into(&mut response.description);
            }
        }
    }
}

/// Adds a text parameter for every `{name}` of the path that an attribute did not list, and describes those
/// that it did not describe.
fn name_parameters(path: &str, item: &mut PathItem) {
    let names: Vec<&str> = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .collect();
    for operation in operations_of(item) {
        let listed = operation.parameters.get_or_insert_default();
        for name in &names {
            let meant = listed.iter_mut().find_map(|known| match known {
                RefOr::T(known)
                    if known.name == *name && known.parameter_in == ParameterIn::Path =>
                {
                    Some(known)
                }
                _ => None,
            });
            let described = Some(match name.strip_suffix("_id") {
                Some(owner) => format!("The id of the {}", owner.replace('_', " ")),
                None => format!("The {name}"),
            });
            if let Some(known) = meant {
                known.description = known.description.take().or(described);
            } else {
                let text = ObjectBuilder::new().schema_type(Type::String);
                let parameter = ParameterBuilder::new()
                    .name(*name)
                    .parameter_in(ParameterIn::Path)
                    .required(Required::True)
                    .description(described)
                    .schema(Some(text));
                listed.push(RefOr::T(parameter.build()));
            }
        }
    }
}
