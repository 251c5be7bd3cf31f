//! The reads of environments.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{NO_DOCUMENTS, project, unknown};
use crate::families::zadig::access::has_role;
use crate::families::zadig::catalog::wire::environments::{EnvironmentDetail, EnvironmentItem};
use crate::families::zadig::dialect::Zadig;
use crate::families::zadig::error::Error;
#[cfg(test)]
use crate::families::zadig::error::{TypedError, UntypedError};
use crate::families::zadig::extract::Id;
use crate::families::zadig::query::Params;
use crate::families::zadig::response;
use crate::families::zadig::table::Table;
use crate::http::Caller;
use crate::http::context::add_hint;
use crate::world::hints::listed;
use crate::world::settings::Fidelity;

/// The approximate size of an environment in the list, and of a container, in bytes.
const ROW_SIZE: usize = 320;

const NAME_HINT: &str =
    "the service's own list has env_key; env_name is its document's name for it";

/// Lists the test environments of a project.
///
/// A caller without the permission sees none, and neither does one of an unknown project. The order is that of the
/// fixtures. Errors: 400, 401.
#[cfg_attr(test, utoipa::path(get, path = "/openapi/environments", operation_id = "ListEnvironments", tag = "zadig",
    params(("projectKey" = String, Query, description = "The project.")),
    responses(
        (status = 200, body = [EnvironmentItem]),
        (status = 400, body = TypedError, description = "projectKey is missing"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v5.0 documentation, OpenAPI, Environment, read 2026-11")),
        ("x-action" = json!("get_environment")),
        ("x-differences" = json!("The service has env_key in place of the documented env_name; both are there, under --fidelity strict env_key alone. The order is inferred."))
    )))]
pub async fn list_environments(
    State(zadig): State<Zadig>,
    caller: Caller,
    params: Params,
) -> Result<Response, Error> {
    list(&zadig, &caller, &params, false)
}

/// Lists the production environments of a project.
///
/// As for test environments, with a permission of its own. Errors: 400, 401.
#[cfg_attr(test, utoipa::path(get, path = "/openapi/environments/production", operation_id = "ListProductionEnvironments", tag = "zadig",
    params(("projectKey" = String, Query, description = "The project.")),
    responses(
        (status = 200, body = [EnvironmentItem]),
        (status = 400, body = TypedError, description = "projectKey is missing"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v5.0 documentation, OpenAPI, Environment, read 2026-11")),
        ("x-action" = json!("get_production_environment")),
        ("x-differences" = json!("The service has env_key in place of the documented env_name; both are there, under --fidelity strict env_key alone. The order is inferred."))
    )))]
pub async fn list_production_environments(
    State(zadig): State<Zadig>,
    caller: Caller,
    params: Params,
) -> Result<Response, Error> {
    list(&zadig, &caller, &params, true)
}

fn list(
    Zadig(handle): &Zadig,
    caller: &Caller,
    params: &Params,
    production: bool,
) -> Result<Response, Error> {
    let project = project(params, "projectKey is empty")?;
    let role = if production {
        "get_production_environment"
    } else {
        "get_environment"
    };
    let is_strict = handle.settings().fidelity == Fidelity::Strict;
    if !has_role(caller, project, role) {
        add_hint(format!("the user needs {role} in project {project:?}"));
        return Ok(response::json(StatusCode::OK, &[(); 0], 2));
    }
    Ok(handle.read(|table, _, _| {
        let project_catalog = table.catalog.0.get(project);
        let environments = project_catalog
            .into_iter()
            .flat_map(|known| &known.environments);
        let default_registry = table.catalog.default_registry();
        let items: Vec<_> = environments
            .filter(|environment| environment.production == production)
            .map(|environment| EnvironmentItem::new(environment, default_registry, is_strict))
            .collect();
        match table.unknown_project_hint(project) {
            Some(hint) => add_hint(hint),
            None if !items.is_empty() && !is_strict => add_hint(NAME_HINT.to_owned()),
            None => {}
        }
        response::json(StatusCode::OK, &items, ROW_SIZE * items.len() + 2)
    }))
}

/// Shows a test environment with its services and their containers.
///
/// Every login may see it. A production environment is unknown here. Errors: 400, 401, 500.
#[cfg_attr(test, utoipa::path(get, path = "/openapi/environments/{name}", operation_id = "GetEnvironment", tag = "zadig",
    params(
        ("name" = String, Path, description = "The environment's name."),
        ("projectKey" = String, Query, description = "The project."),
    ),
    responses(
        (status = 200, body = EnvironmentDetail),
        (status = 400, body = TypedError, description = "projectKey is missing; the template of a service is gone"),
        (status = 500, body = UntypedError, description = "The environment does not exist"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v5.0 documentation, OpenAPI, Environment, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("A service needs no template, unless --references checked and the project has some: the service refuses an environment with a service whose template is gone (6078). The status of a service comes from fixtures, running if they have none."))
    )))]
pub async fn get_environment(
    State(zadig): State<Zadig>,
    params: Params,
    Id(name): Id,
) -> Result<Response, Error> {
    show(&zadig, &params, &name, false)
}

/// Shows a production environment with its services and their containers.
///
/// As for test environments. Errors: 400, 401, 500.
#[cfg_attr(test, utoipa::path(get, path = "/openapi/environments/production/{name}", operation_id = "GetProductionEnvironment", tag = "zadig",
    params(
        ("name" = String, Path, description = "The environment's name."),
        ("projectKey" = String, Query, description = "The project."),
    ),
    responses(
        (status = 200, body = EnvironmentDetail),
        (status = 400, body = TypedError, description = "projectKey is missing; the template of a service is gone"),
        (status = 500, body = UntypedError, description = "The environment does not exist"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v5.0 documentation, OpenAPI, Environment, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("As for test environments."))
    )))]
pub async fn get_production_environment(
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
    let project = project(params, "projectKey can't be empty")?;
    handle.read(|table, _, _| {
        let found = table.catalog.environment(project, name, production);
        let Some(environment) = found else {
            let hint = table.unknown_environment_hint(project, name, production);
            return Err(unknown(NO_DOCUMENTS.to_owned(), Some(hint)));
        };
        if handle.settings().checks_references()
            && let Some(service) = table.catalog.service_without_template(project, environment)
        {
            return Err(template_gone(project, &service.name));
        }
        let view = EnvironmentDetail::new(project, environment, table.generation());
        let size = ROW_SIZE * (environment.services.len() + 1);
        Ok(response::json(StatusCode::OK, &view, size))
    })
}

/// The refusal of an environment with a service whose template is gone. The description is inferred from that of the
/// service.
fn template_gone(project: &str, service: &str) -> Error {
    let text = format!("[ServiceTmpl.Find] {service} error: {NO_DOCUMENTS}");
    let hint = format!("the service_templates of project {project} have no {service}");
    Error::typed(6078, "获取环境失败", text)
        .inferred()
        .with_hint(hint)
}

impl Table {
    /// The hint on an environment that a project does not have.
    fn unknown_environment_hint(&self, project: &str, name: &str, production: bool) -> String {
        if let Some(hint) = self.unknown_project_hint(project) {
            return hint;
        }
        let project_catalog = self.catalog.0.get(project).into_iter();
        let known = project_catalog.flat_map(|known| &known.environments);
        let known: Vec<_> = known
            .map(|known| (known.name.as_str(), known.production))
            .collect();
        if known.contains(&(name, !production)) {
            return if production {
                format!("{name} is a test environment: GET /openapi/environments/{name}")
            } else {
                format!(
                    "{name} is a production environment: GET /openapi/environments/production/{name}"
                )
            };
        }
        let kind = if production { "production" } else { "test" };
        let of_kind = known.iter().filter(|(_, of)| *of == production);
        let names: Vec<&str> = of_kind.map(|(known, _)| *known).collect();
        if names.is_empty() {
            return format!("the fixtures have no {kind} environment in project {project}");
        }
        listed(&format!("known {kind} environments:"), name, &names)
    }
}
