//! The reads of registries.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{NO_DOCUMENTS, unknown};
use crate::families::zadig::access::forbidden;
use crate::families::zadig::catalog::wire::registries::RegistryView;
use crate::families::zadig::catalog::{Catalog, ImageRegistry};
use crate::families::zadig::dialect::Zadig;
use crate::families::zadig::error::Error;
#[cfg(test)]
use crate::families::zadig::error::UntypedError;
use crate::families::zadig::extract::Id;
use crate::families::zadig::response;
use crate::families::zadig::versions::table::is_id;
use crate::http::Caller;
use crate::world::hints::listed;
use crate::world::settings::Fidelity;

/// The approximate size of a registry, in bytes.
const ROW_SIZE: usize = 192;

/// Lists the image registries of the installation.
///
/// Every login may see them. The order is that of the projects' keys and of the fixtures. Errors: 401.
#[cfg_attr(test, utoipa::path(get, path = "/openapi/system/registry", operation_id = "ListRegistries", tag = "zadig",
    responses((status = 200, body = [RegistryView])),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v5.0 documentation, OpenAPI, Registry, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("The service lists them in the order of their creation."))
    )))]
pub async fn list_registries(State(Zadig(handle)): State<Zadig>) -> Response {
    handle.read(|table, _, _| {
        let registries = table.catalog.distinct_registries();
        let views: Vec<_> = registries.into_iter().map(RegistryView::new).collect();
        response::json(StatusCode::OK, &views, ROW_SIZE * views.len() + 2)
    })
}

/// Shows an image registry.
///
/// Only administrators may see it. Errors: 401, 403, 500.
#[cfg_attr(test, utoipa::path(get, path = "/openapi/system/registry/{id}", operation_id = "GetRegistry", tag = "zadig",
    params(("id" = String, Path, description = "The registry's id.")),
    responses(
        (status = 200, body = RegistryView),
        (status = 500, body = UntypedError, description = "The registry does not exist"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v5.0 documentation, OpenAPI, Registry, read 2026-11")),
        ("x-action" = json!("admin")),
        ("x-differences" = json!("A malformed id is unknown; the service answers with its first registry, as does --fidelity strict."))
    )))]
pub async fn get_registry(
    State(Zadig(handle)): State<Zadig>,
    caller: Caller,
    Id(id): Id,
) -> Result<Response, Error> {
    if caller.actions.is_some() {
        return Err(forbidden("to be an administrator"));
    }
    let is_strict = handle.settings().fidelity == Fidelity::Strict;
    handle.read(|table, _, _| {
        let registries = table.catalog.distinct_registries();
        let is_malformed = !is_id(&id);
        let found = registries.iter().find(|registry| registry.id == id);
        // The service drops an id that it cannot read, and finds the first.
        let first = registries.first().filter(|_| is_strict && is_malformed);
        let Some(registry) = found.or(first) else {
            let ids = registries.iter().map(|registry| registry.id.as_str());
            let ids: Vec<&str> = ids.collect();
            let hint = if ids.is_empty() {
                "the fixtures have no registries".to_owned()
            } else {
                listed("known registries:", &id, &ids)
            };
            return Err(unknown(NO_DOCUMENTS.to_owned(), Some(hint)));
        };
        let view = RegistryView::new(registry);
        Ok(response::json(StatusCode::OK, &view, ROW_SIZE))
    })
}

impl Catalog {
    /// The registries, each once although several projects may list it.
    fn distinct_registries(&self) -> Vec<&ImageRegistry> {
        let mut distinct: Vec<&ImageRegistry> = Vec::new();
        for registry in self.registries() {
            if !distinct.iter().any(|known| known.id == registry.id) {
                distinct.push(registry);
            }
        }
        distinct
    }
}
