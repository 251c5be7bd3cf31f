//! The operations of both generations, which differ in their bodies.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::answers::{PROJECT_HINT, ROW_SIZE, create, deliver, show_by_id, show_delivered_by_id};
use super::generation::CreationBody;
use super::messages::VersionError;
use super::messages_v4::DeliveryError;
#[cfg(test)]
use super::wire::choice::{HelmBodyChoice, K8sBodyChoice, VersionDetailChoice, VersionListChoice};
use super::wire::query;
use super::wire::request::{HelmBody, K8sBody};
use super::wire::request_v4::{HelmBodyV4, K8sBodyV4};
use super::wire::response::{VersionInfo, VersionList};
use super::wire::response_v4::{VersionItem, VersionListV4};
use crate::families::zadig::access::check_role;
use crate::families::zadig::dialect::Zadig;
use crate::families::zadig::error::Error;
#[cfg(test)]
use crate::families::zadig::error::{TypedError, UntypedError};
use crate::families::zadig::extract::Id;
use crate::families::zadig::query::Params;
#[cfg(test)]
use crate::families::zadig::response::ResultMessage;
use crate::families::zadig::response::{self, success};
use crate::http::Caller;
use crate::http::context::add_hint;
use crate::http::response::StreamedArray;
use crate::world::settings::ZadigGeneration;

/// The hint on the query of a list: the service's text has the fields of a Go struct.
const PAGE_HINT: &str =
    "the query parameters projectKey, pageNum and pageSize are required and must not be 0";

/// Lists the delivery versions of a project, newest first.
///
/// All three parameters are required; zero counts as absent, negative numbers mean the first page and 20
/// versions, and there is no upper limit. An unknown project has no versions. Without `--zadig v4` labels are always empty
/// and the progress is always null here. Errors: 400, 401, 403, 500.
#[cfg_attr(test, utoipa::path(get, path = "/openapi/delivery/releases", operation_id = "ListVersions", tag = "zadig",
    params(
        ("projectKey" = String, Query, description = "The project."),
        ("pageNum" = i64, Query, description = "The number of the page, from 1."),
        ("pageSize" = i64, Query, description = "The maximum number of versions on the page."),
    ),
    responses(
        (status = 200, body = VersionListChoice<'static>),
        (status = 400, body = TypedError, description = "A parameter is missing or not a number"),
        (status = 500, body = UntypedError, description = "The product of the parameters overflows"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v3.4 documentation, OpenAPI, Version Management, read 2026-08")),
        ("x-action" = json!("get_delivery")),
        ("x-differences" = json!("The time is create_time, as in the example and the service; the table says created_time. Errors and limits are those of the service's source."))
    )))]
pub async fn list_versions(
    State(Zadig(handle)): State<Zadig>,
    caller: Caller,
    params: Params,
) -> Result<Response, Error> {
    let page = query::page(&params).map_err(|text| Error::bad_query(text, PAGE_HINT))?;
    check_role(&caller, &page.project, "get_delivery")?;
    handle.show(|table, _, now, shown| {
        if let Some(skip) = page.overflow() {
            return Err(match table.generation() {
                ZadigGeneration::V3 => VersionError::PageOverflow { skip }.into(),
                ZadigGeneration::V4 => DeliveryError::PageOverflow { skip }.into(),
            });
        }
        let (versions, total) = table.versions.list(&page);
        if total == 0 {
            table
                .unknown_project_hint(&page.project)
                .into_iter()
                .for_each(add_hint);
        }
        let size = ROW_SIZE * page.size.min(total) + 64;
        let versions = versions.inspect(|stored| shown.note(stored));
        Ok(match table.generation() {
            ZadigGeneration::V3 => {
                let views =
                    versions.map(|stored| VersionInfo::listed(&stored.id, &stored.item, now));
                let list = StreamedArray::new(Box::new(views) as Box<dyn Iterator<Item = _>>);
                response::json(StatusCode::OK, &VersionList { list, total }, size)
            }
            ZadigGeneration::V4 => {
                let items = versions.map(|stored| VersionItem::new(&stored.id, &stored.item, now));
                let list = StreamedArray::new(Box::new(items) as Box<dyn Iterator<Item = _>>);
                response::json(StatusCode::OK, &VersionListV4 { list, total }, size)
            }
        })
    })
}

/// Shows a delivery version with its progress and its rows.
///
/// The id is looked up in all projects. An unknown, deleted or malformed id is a 500, not a 404. `projectKey` is the
/// project whose permissions apply; the document does not have it, and without it those of the version's own project
/// apply. With `--zadig v4` the version is that of `GetVersionByName`, and what is no id of a version is a 405. Errors:
/// 400, 401, 403, 405, 500.
#[cfg_attr(test, utoipa::path(get, path = "/openapi/delivery/releases/{id}", operation_id = "GetVersion", tag = "zadig",
    params(
        ("id" = String, Path, description = "The version's id. `k8s` and `helm` are read as ids too."),
        ("projectKey" = Option<String>, Query,
            description = "The project whose permissions apply. Required with --fidelity strict."),
    ),
    responses(
        (status = 200, body = VersionDetailChoice<'static>),
        (status = 400, body = TypedError, description = "With --fidelity strict: projectKey is missing"),
        (status = 405, body = str, content_type = "text/plain", description = "With --zadig v4: it is not the id of a version"),
        (status = 500, body = UntypedError, description = "The version does not exist"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v3.4 documentation, OpenAPI, Version Management, read 2026-08")),
        ("x-action" = json!("get_delivery")),
        ("x-differences" = json!("projectKey is optional as documented; without it the service answers 400, as does --fidelity strict. sub_distributes is an array, as in the example and the service. All rows of a Helm version exist from its creation; the service writes them when its watcher first runs. The documents of v4.0 to v5.0 still have this path, but the service answers 405, as does --zadig v4 with --fidelity strict."))
    )))]
pub async fn get_version(
    State(zadig): State<Zadig>,
    caller: Caller,
    params: Params,
    Id(id): Id,
) -> Result<Response, Error> {
    if zadig.generation() == ZadigGeneration::V4 {
        return show_delivered_by_id(&zadig, &caller, &params, &id);
    }
    show_by_id(&zadig, &caller, &params, &id)
}

/// Deletes a delivery version in any status.
///
/// The id is looked up in all projects; `projectKey` is only the project whose permissions apply. The deletion of an
/// unknown version succeeds, a malformed id is a 500. The name can be used again. Errors: 400, 401, 403, 500.
#[cfg_attr(test, utoipa::path(delete, path = "/openapi/delivery/releases/{id}", operation_id = "DeleteVersion", tag = "zadig",
    params(
        ("id" = String, Path, description = "The version's id. `k8s` and `helm` are read as ids too."),
        ("projectKey" = String, Query, description = "The project whose permissions apply."),
    ),
    responses(
        (status = 200, body = ResultMessage),
        (status = 400, body = TypedError, description = "projectKey is missing"),
        (status = 500, body = UntypedError, description = "The id is malformed"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v3.4 documentation, OpenAPI, Version Management, read 2026-08")),
        ("x-action" = json!("delete_delivery"))
    )))]
pub async fn delete_version(
    State(Zadig(handle)): State<Zadig>,
    caller: Caller,
    params: Params,
    Id(id): Id,
) -> Result<Response, Error> {
    let project = params
        .project()
        .map_err(|missing| Error::bad_query(missing, PROJECT_HINT))?;
    check_role(&caller, project, "delete_delivery")?;
    handle.write(|table, shared, now| {
        table
            .versions
            .delete(&id, now, &mut shared.log)
            .map_err(|malformed| {
                let hint = table.unknown_id_hint(Some(project), &id);
                Error::from(malformed).with_hint(hint)
            })
    })?;
    Ok(success())
}

/// Creates a delivery version of a K8s YAML project, or retries a failed one.
///
/// `retry` retries. With `--zadig v4` the images come from the request, an environment or another version, as `source`
/// says, and those with `push_image` are pushed. Each image gets a row, and images that are not disabled are pushed one after the other, each a step
/// on the world's clock; a version without such images succeeds at once. The answer does not have the id. A failure
/// after the version is stored (no registry to push to, two images for one container) answers 500, and the version is
/// `failed`. Errors: 400, 401, 403, 413, 500.
#[cfg_attr(test, utoipa::path(post, path = "/openapi/delivery/releases/k8s", operation_id = "CreateK8sVersion", tag = "zadig",
    request_body(content = K8sBodyChoice,
        example = json!({
            "project_key": "demo", "version_name": "v14", "env_name": "prod", "image_registry_id": "62ce6231e0281143de477e60",
            "yaml_datas": [{"service_name": "service1", "image_datas": [
                {"container_name": "service1", "image_name": "service1", "image_tag": "2.0"}]}]})),
    responses(
        (status = 200, body = ResultMessage),
        (status = 400, body = TypedError, description = "The body is not JSON or has a wrong type"),
        (status = 500, body = UntypedError, description = "Any other error; without a body if the service crashes"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v3.4 documentation, OpenAPI, Version Management, read 2026-08")),
        ("x-action" = json!("create_delivery")),
        ("x-differences" = json!("Unknown environments, services, containers and registries are accepted unless --references checked; images of an unknown registry go to registry.local/<project_key>. A retry follows the clock and its 60-minute limit; in the service it ends when its detail is read. Generation 2 is as of v4.3.0: yaml_content of from_env is a Deployment of the fixtures' containers, creations of the same second do not collide, and a retry always has a watcher."))
    )))]
pub async fn create_k8s_version(
    State(zadig): State<Zadig>,
    caller: Caller,
    body: CreationBody<K8sBody, K8sBodyV4>,
) -> Result<Response, Error> {
    match body {
        CreationBody::V3(body) => {
            let project = body.project_key.clone();
            create(&zadig, &caller, &project, body)
        }
        CreationBody::V4(body) => deliver(&zadig, &caller, &body.into()),
    }
}

/// Creates a delivery version of a Helm chart project, or retries a failed one.
///
/// `retry` retries. With `--zadig v4` the images come from the request, an environment or another version, as `source`
/// says, and the charts of a `manual` version are not pushed. The charts are packaged before the answer: a script that fails a chart (the step is its name) makes
/// the answer a 500, and the version is `failed`. Then images that are not disabled are pushed one after the other,
/// each a step on the world's clock (the step is the image's name). A retry pushes the remaining images. Errors: 400,
/// 401, 403, 413, 500.
#[cfg_attr(test, utoipa::path(post, path = "/openapi/delivery/releases/helm", operation_id = "CreateHelmVersion", tag = "zadig",
    request_body(content = HelmBodyChoice,
        example = json!({
            "project_key": "demo-helm", "version_name": "v5", "env_name": "prod", "image_registry_id": "62ce6231e0281143de477e60",
            "chart_repo_name": "test", "chart_datas": [{"service_name": "service1", "version": "1.77", "image_datas": [
                {"container_name": "service1", "image_name": "service1", "image_tag": "2.0"}]}]})),
    responses(
        (status = 200, body = ResultMessage),
        (status = 400, body = TypedError, description = "The body is not JSON or has a wrong type"),
        (status = 500, body = UntypedError, description = "Any other error; without a body if the service crashes"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v3.4 documentation, OpenAPI, Version Management, read 2026-08")),
        ("x-action" = json!("create_delivery")),
        ("x-differences" = json!("Images are pushed as documented; v3.1 to v3.4.1 refuse every image that is not disabled, as does --fidelity strict. Unknown environments, services, registries and chart repositories are accepted unless --references checked."))
    )))]
pub async fn create_helm_version(
    State(zadig): State<Zadig>,
    caller: Caller,
    body: CreationBody<HelmBody, HelmBodyV4>,
) -> Result<Response, Error> {
    match body {
        CreationBody::V3(body) => {
            let project = body.project_key.clone();
            create(&zadig, &caller, &project, body)
        }
        CreationBody::V4(body) => deliver(&zadig, &caller, &body.into()),
    }
}
