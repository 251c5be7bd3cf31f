//! The reads of services that are deployed from YAML.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{NO_DOCUMENTS, project, unknown};
use crate::families::zadig::catalog::YamlService;
use crate::families::zadig::catalog::wire::services::{YamlServiceDetail, YamlServiceItem};
use crate::families::zadig::dialect::Zadig;
use crate::families::zadig::error::Error;
#[cfg(test)]
use crate::families::zadig::error::{TypedError, UntypedError};
use crate::families::zadig::extract::Id;
use crate::families::zadig::query::Params;
use crate::families::zadig::response;
use crate::http::context::add_hint;
use crate::world::hints::listed;

/// The approximate size of a service in the list, in bytes.
const ROW_SIZE: usize = 256;

const EMPTY: &str = "projectKey cannot be empty";

/// Lists the test services of a project that are deployed from YAML.
///
/// Every login may see them. The services of `service_templates` come first, in the order of the fixtures, then those
/// that only test environments have. Errors: 400, 401, 500.
#[cfg_attr(test, utoipa::path(get, path = "/openapi/service/yaml/services", operation_id = "ListYamlServices", tag = "zadig",
    params(("projectKey" = String, Query, description = "The project.")),
    responses(
        (status = 200, body = [YamlServiceItem]),
        (status = 400, body = TypedError, description = "projectKey is missing"),
        (status = 500, body = UntypedError, description = "With --references checked: the project does not exist"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v5.0 documentation, OpenAPI, Service, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("An array as in the service; the document has an object with the key service. An unknown project has no services unless --references checked. The service's order is random."))
    )))]
pub async fn list_yaml_services(
    State(zadig): State<Zadig>,
    params: Params,
) -> Result<Response, Error> {
    list(&zadig, &params, false)
}

/// Lists the production services of a project that are deployed from YAML.
///
/// As for test services. Errors: 400, 401, 500.
#[cfg_attr(test, utoipa::path(get, path = "/openapi/service/yaml/production/services", operation_id = "ListProductionYamlServices",
    tag = "zadig",
    params(("projectKey" = String, Query, description = "The project.")),
    responses(
        (status = 200, body = [YamlServiceItem]),
        (status = 400, body = TypedError, description = "projectKey is missing"),
        (status = 500, body = UntypedError, description = "With --references checked: the project does not exist"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v5.0 documentation, OpenAPI, Service, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("An unknown project has no services unless --references checked. The service's order is random."))
    )))]
pub async fn list_production_yaml_services(
    State(zadig): State<Zadig>,
    params: Params,
) -> Result<Response, Error> {
    list(&zadig, &params, true)
}

fn list(Zadig(handle): &Zadig, params: &Params, production: bool) -> Result<Response, Error> {
    let project = project(params, EMPTY)?;
    let checks = handle.settings().checks_references();
    handle.read(|table, _, _| {
        let hint = table.unknown_project_hint(project);
        if checks && hint.is_some() {
            let text = format!(
                "failed to list service from db, projectKey: {project}, error:列出模板失败: {NO_DOCUMENTS}"
            );
            return Err(unknown(text, hint));
        }
        hint.into_iter().for_each(add_hint);
        let services = table.catalog.yaml_services(project, production);
        let items: Vec<_> = services.map(YamlServiceItem::new).collect();
        Ok(response::json(StatusCode::OK, &items, ROW_SIZE * items.len() + 2))
    })
}

/// Shows a test service with its YAML.
///
/// Every login may see it. Errors: 400, 401, 500.
#[cfg_attr(test, utoipa::path(get, path = "/openapi/service/yaml/{name}", operation_id = "GetYamlService", tag = "zadig",
    params(
        ("name" = String, Path, description = "The service's name."),
        ("projectKey" = String, Query, description = "The project."),
    ),
    responses(
        (status = 200, body = YamlServiceDetail),
        (status = 400, body = TypedError, description = "projectKey is missing"),
        (status = 500, body = UntypedError, description = "The service does not exist"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v5.0 documentation, OpenAPI, Service, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("A service that only an environment has is shown without its YAML."))
    )))]
pub async fn get_yaml_service(
    State(zadig): State<Zadig>,
    params: Params,
    Id(name): Id,
) -> Result<Response, Error> {
    show(&zadig, &params, &name, false)
}

/// Shows a production service with its YAML.
///
/// As for test services. Errors: 400, 401, 500.
#[cfg_attr(test, utoipa::path(get, path = "/openapi/service/yaml/production/{name}", operation_id = "GetProductionYamlService",
    tag = "zadig",
    params(
        ("name" = String, Path, description = "The service's name."),
        ("projectKey" = String, Query, description = "The project."),
    ),
    responses(
        (status = 200, body = YamlServiceDetail),
        (status = 400, body = TypedError, description = "projectKey is missing"),
        (status = 500, body = UntypedError, description = "The service does not exist"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v5.0 documentation, OpenAPI, Service, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("A service that only an environment has is shown without its YAML."))
    )))]
pub async fn get_production_yaml_service(
    State(zadig): State<Zadig>,
    params: Params,
    Id(name): Id,
) -> Result<Response, Error> {
    show(&zadig, &params, &name, true)
}

fn show(
    Zadig(handle): &Zadig,
    params: &Params,
    name: &str,
    production: bool,
) -> Result<Response, Error> {
    let project = project(params, EMPTY)?;
    handle.read(|table, _, _| {
        let mut services = table.catalog.yaml_services(project, production);
        if let Some(service) = services.find(|service| service.name() == name) {
            let view = YamlServiceDetail::new(service, table.generation());
            let size = ROW_SIZE + view.yaml.len();
            return Ok(response::json(StatusCode::OK, &view, size));
        }
        let (of, cause) = if production {
            let cause = format!("获取模板失败: [ServiceTmpl.Find] {name} error: {NO_DOCUMENTS}");
            ("production service", cause)
        } else {
            ("service", NO_DOCUMENTS.to_owned())
        };
        let text = format!(
            "failed to get {of} from db, projectKey: {project}, serviceName: {name}, error: {cause}"
        );
        let hint = table.unknown_project_hint(project).unwrap_or_else(|| {
            let known = table.catalog.yaml_services(project, production);
            let known: Vec<&str> = known.map(YamlService::name).collect();
            if known.is_empty() {
                return format!("the fixtures have no {of} in project {project}");
            }
            listed(&format!("known {of}s:"), name, &known)
        });
        Err(unknown(text, Some(hint)))
    })
}
