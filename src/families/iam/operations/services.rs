//! The directory of services: catalog, services, endpoints, regions.

use axum::extract::State;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Deserialize;

use super::request::{bad, target};
#[cfg(test)]
use crate::families::iam::error::IamErrorBody;
use crate::families::iam::model::{SERVICES, catalog, endpoints, regions};
use crate::families::iam::wire::service::{
    IamCatalog, IamEndpoints, IamRegions, IamService, IamServices, PUBLIC,
};
use crate::families::iam::{Error, Iam};
use crate::http::context::note_inferred;
use crate::http::extract::Query;
use crate::http::{Caller, response};
use crate::world::identities::NameOrId;

/// Shows the services that the caller's credential can be used for.
///
/// `GET /v3/auth/catalog`. For a token of a project the services of that project, for a signature those of the project
/// in `X-Project-Id` or of its user's only one; without a project the account-level services. Errors: the gateway's.
#[cfg_attr(test, utoipa::path(get, path = "/v3/auth/catalog", operation_id = "ShowCatalog", tag = "iam",
    responses((status = 200, body = IamCatalog)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("the vendor's API document, KeystoneShowCatalog, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("the emulated services, ASM and ServiceStage under inferred names; a credential without a project is answered the account-level services, where the document wants a token of a project")))))]
pub(super) async fn show_catalog(
    State(Iam(handle)): State<Iam>,
    caller: Caller,
    parts: Parts,
) -> Result<Response, Error> {
    let base = handle.base_url(&parts.headers);
    let project = handle.read(|(), shared, _| {
        let id = caller.default_project()?;
        shared.identities.project(&caller.name, NameOrId::Id(id))
    });
    if project.is_none() {
        note_inferred("catalog");
    }
    let services = catalog(project.as_ref()).map(|endpoint| IamService::new(endpoint, &base));
    Ok(response::ok(
        &IamCatalog::new(services.collect(), &base),
        1 << 10,
    ))
}

/// The filter of a list of services.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(default)]
pub(super) struct ServiceFilter {
    /// The type, such as `identity`.
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// Lists the services.
///
/// `GET /v3/services`, with `?type=` for one of them. Errors: the gateway's.
#[cfg_attr(test, utoipa::path(get, path = "/v3/services", operation_id = "ListServices", tag = "iam", params(ServiceFilter),
    responses((status = 200, body = IamServices)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("the vendor's API document, KeystoneListServices, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("the emulated services, ASM and ServiceStage under inferred names")))))]
pub(super) async fn list_services(
    State(Iam(handle)): State<Iam>,
    Query(filter): Query<ServiceFilter>,
    parts: Parts,
) -> Result<Response, Error> {
    let (base, path) = (handle.base_url(&parts.headers), target(&parts));
    let kind = filter.kind.filter(|kind| !kind.is_empty());
    let services = SERVICES.iter();
    let listed = services.filter(|service| kind.as_ref().is_none_or(|kind| kind == service.kind));
    Ok(response::ok(
        &IamServices::new(listed, &base, &path),
        1 << 10,
    ))
}

/// The filter of a list of endpoints.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(default)]
pub(super) struct EndpointFilter {
    /// `public`, `internal` or `admin`; all endpoints are public.
    #[cfg_attr(test, param(value_type = Option<IamInterface>, inline))]
    interface: Option<String>,
    /// The id of the service.
    service_id: Option<String>,
}

/// An interface of endpoints.
#[cfg_attr(test, derive(utoipa::ToSchema), schema(rename_all = "lowercase"))]
#[expect(dead_code, reason = "only the schema uses it")]
enum IamInterface {
    Public,
    Internal,
    Admin,
}

/// Lists the endpoints of the services in the regions of the caller.
///
/// `GET /v3/endpoints`. Errors: 400 `IAM.0007` for another interface.
#[cfg_attr(test, utoipa::path(get, path = "/v3/endpoints", operation_id = "ListEndpoints", tag = "iam", params(EndpointFilter),
    responses((status = 200, body = IamEndpoints), (status = 400, body = IamErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("the vendor's API document, KeystoneListEndpoints, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("the emulated services in the regions of the projects that the caller may enter")))))]
pub(super) async fn list_endpoints(
    State(Iam(handle)): State<Iam>,
    Query(filter): Query<EndpointFilter>,
    caller: Caller,
    parts: Parts,
) -> Result<Response, Error> {
    let is_empty = match filter.interface.as_deref() {
        None | Some("" | PUBLIC) => false,
        Some("internal" | "admin") => true,
        Some(_) => return Err(bad("interface", "public, internal or admin")),
    };
    let (base, path) = (handle.base_url(&parts.headers), target(&parts));
    let projects = handle.read(|(), shared, _| shared.identities.projects(&caller.name));
    let regions = if is_empty {
        Vec::new()
    } else {
        regions(&projects)
    };
    let service_id = filter.service_id.filter(|id| !id.is_empty());
    let listed = endpoints(&regions).filter(|endpoint| {
        let id = endpoint.service.id();
        service_id.as_ref().is_none_or(|wanted| *wanted == id)
    });
    Ok(response::ok(
        &IamEndpoints::new(listed, &base, &path),
        1 << 10,
    ))
}

/// Lists the regions of the caller.
///
/// `GET /v3/regions`. Those of the projects that the caller may enter, and `cn-north-4` if there are none. Errors: the
/// gateway's.
#[cfg_attr(test, utoipa::path(get, path = "/v3/regions", operation_id = "ListRegions", tag = "iam",
    responses((status = 200, body = IamRegions)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("the vendor's API document, KeystoneListRegions, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("the regions of the projects that the caller may enter, called by their ids in every language")))))]
pub(super) async fn list_regions(
    State(Iam(handle)): State<Iam>,
    caller: Caller,
    parts: Parts,
) -> Result<Response, Error> {
    let (base, path) = (handle.base_url(&parts.headers), target(&parts));
    let projects = handle.read(|(), shared, _| shared.identities.projects(&caller.name));
    Ok(response::ok(
        &IamRegions::new(regions(&projects), &base, &path),
        512,
    ))
}
