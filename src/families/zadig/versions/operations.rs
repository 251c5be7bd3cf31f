//! The five operations.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::creation::ZadigWriteContext;
use super::messages::VersionError;
use super::model::version_request::VersionRequest;
use super::wire::query;
use super::wire::request::{HelmBody, K8sBody};
use super::wire::response::{VersionDetail, VersionInfo, VersionList};
use crate::families::zadig::access::{RELEASE_GET, check_role};
use crate::families::zadig::dialect::Zadig;
use crate::families::zadig::error::{Error, TypedError, UntypedError};
use crate::families::zadig::extract::{Bound, Id};
use crate::families::zadig::query::Params;
use crate::families::zadig::response::{self, ResultMessage, success};
use crate::http::context::{add_hint, with_details};
use crate::http::response::StreamedArray;
use crate::http::{Caller, Rejection};
use crate::world::settings::Fidelity;

/// The hint on the query of a list: the service's text has the fields of a Go struct.
const PAGE_HINT: &str =
    "the query parameters projectKey, pageNum and pageSize are required and must not be 0";

const PROJECT_HINT: &str = "the query parameter projectKey is required";

/// The approximate size of a version in the list, in bytes.
const ROW_SIZE: usize = 256;

/// Lists the delivery versions of a project, newest first.
///
/// All three parameters are required; zero counts as absent, negative numbers mean the first page and 20
/// versions, and there is no upper limit. Labels are always empty and the progress is always null here.
/// An unknown project has no versions. Errors: 400, 401, 403.
#[utoipa::path(get, path = "/openapi/delivery/releases", operation_id = "ListVersions", tag = "zadig",
    params(
        ("projectKey" = String, Query, description = "The project."),
        ("pageNum" = i64, Query, description = "The number of the page, from 1."),
        ("pageSize" = i64, Query, description = "The maximum number of versions on the page."),
    ),
    responses(
        (status = 200, body = VersionList),
        (status = 400, body = TypedError, description = "A parameter is missing or not a number"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v3.4 documentation, OpenAPI, Version Management, read 2026-08")),
        ("x-action" = json!("get_delivery")),
        ("x-differences" = json!("The time is create_time, as in the example and the service; the table says created_time. Errors and limits are those of the service's source."))
    ))]
pub async fn list_versions(
    State(Zadig(handle)): State<Zadig>,
    caller: Caller,
    params: Params,
) -> Result<Response, Error> {
    let page = query::page(&params).map_err(|text| bad_request(text, PAGE_HINT))?;
    check_role(&caller, &page.project, "get_delivery")?;
    Ok(handle.show(|table, _, now, shown| {
        let (versions, total) = table.versions.list(&page);
        if total == 0 {
            table
                .unknown_project_hint(&page.project)
                .into_iter()
                .for_each(add_hint);
        }
        let views = versions.map(|stored| {
            shown.note(stored);
            VersionInfo::listed(&stored.id, &stored.item, now)
        });
        let list = VersionList {
            list: StreamedArray::new(Box::new(views)),
            total,
        };
        let size = ROW_SIZE * page.size.min(total) + 64;
        response::json(StatusCode::OK, &list, size)
    }))
}

/// Shows a delivery version with its progress and its rows.
///
/// The id is looked up in all projects. An unknown, deleted or malformed id is a 500, not a 404. `projectKey` is the
/// project whose permissions apply; the document does not have it, and without it those of the version's own project
/// apply. Errors: 400, 401, 403, 500.
#[utoipa::path(get, path = "/openapi/delivery/releases/{id}", operation_id = "GetVersion", tag = "zadig",
    params(
        ("id" = String, Path, description = "The version's id. `k8s` and `helm` are read as ids too."),
        ("projectKey" = Option<String>, Query,
            description = "The project whose permissions apply. Required with --fidelity strict."),
    ),
    responses(
        (status = 200, body = VersionDetail),
        (status = 400, body = TypedError, description = "With --fidelity strict: projectKey is missing"),
        (status = 500, body = UntypedError, description = "The version does not exist"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v3.4 documentation, OpenAPI, Version Management, read 2026-08")),
        ("x-action" = json!("get_delivery")),
        ("x-differences" = json!("projectKey is optional as documented; without it the service answers 400, as does --fidelity strict. sub_distributes is an array, as in the example and the service. All rows of a Helm version exist from its creation; the service writes them when its watcher first runs."))
    ))]
pub async fn get_version(
    State(Zadig(handle)): State<Zadig>,
    caller: Caller,
    params: Params,
    Id(id): Id,
) -> Result<Response, Error> {
    let project = params.project();
    if let (Err(missing), Fidelity::Strict) = (&project, handle.settings().fidelity) {
        return Err(bad_request(missing.clone(), PROJECT_HINT));
    }
    handle.show(|table, _, now, shown| {
        let found = table.versions.find(&id).map_err(|unknown| {
            let hint = table.unknown_id_hint(params.get("projectKey"), &id);
            Error::from(unknown).with_hint(hint)
        });
        // The documented request has no project, so the version's own applies.
        let project = match (project, &found) {
            (Ok(project), _) => project,
            (Err(_), Ok(stored)) => &stored.scope,
            (Err(_), Err(unknown)) => return Err(unknown.clone()),
        };
        if !caller.is_allowed(RELEASE_GET) {
            check_role(&caller, project, "get_delivery")?;
        }
        let stored = found?;
        shown.note(stored);
        let view = VersionDetail::new(&stored.id, &stored.item, now);
        let n_rows = view.deploy_infos.len() + 2 * view.distribute_infos.len();
        let size = ROW_SIZE * (n_rows + 2);
        Ok(response::json(StatusCode::OK, &view, size))
    })
}

/// Deletes a delivery version in any status.
///
/// The id is looked up in all projects; `projectKey` is only the project whose permissions apply. The deletion of an
/// unknown version succeeds, a malformed id is a 500. The name can be used again. Errors: 400, 401, 403, 500.
#[utoipa::path(delete, path = "/openapi/delivery/releases/{id}", operation_id = "DeleteVersion", tag = "zadig",
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
    ))]
pub async fn delete_version(
    State(Zadig(handle)): State<Zadig>,
    caller: Caller,
    params: Params,
    Id(id): Id,
) -> Result<Response, Error> {
    let project = params
        .project()
        .map_err(|missing| bad_request(missing, PROJECT_HINT))?;
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
/// `retry` retries. Each image gets a row, and images that are not disabled are pushed one after the other, each a step
/// on the world's clock; a version without such images succeeds at once. The answer does not have the id. A failure
/// after the version is stored (no registry to push to, two images for one container) answers 500, and the version is
/// `failed`. Errors: 400, 401, 403, 413, 500.
#[utoipa::path(post, path = "/openapi/delivery/releases/k8s", operation_id = "CreateK8sVersion", tag = "zadig",
    request_body(content = K8sBody,
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
        ("x-differences" = json!("Unknown environments, services, containers and registries are accepted unless --references checked; images of an unknown registry go to registry.local/<project_key>. A retry follows the clock and its 60-minute limit; in the service it ends when its detail is read."))
    ))]
pub async fn create_k8s_version(
    State(zadig): State<Zadig>,
    caller: Caller,
    Bound(body): Bound<K8sBody>,
) -> Result<Response, Error> {
    let project = body.project_key.clone();
    create(&zadig, &caller, &project, body)
}

/// Creates a delivery version of a Helm chart project, or retries a failed one.
///
/// `retry` retries. The charts are packaged before the answer: a script that fails a chart (the step is its name) makes
/// the answer a 500, and the version is `failed`. Then images that are not disabled are pushed one after the other,
/// each a step on the world's clock (the step is the image's name). A retry pushes the remaining images. Errors: 400,
/// 401, 403, 413, 500.
#[utoipa::path(post, path = "/openapi/delivery/releases/helm", operation_id = "CreateHelmVersion", tag = "zadig",
    request_body(content = HelmBody,
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
    ))]
pub async fn create_helm_version(
    State(zadig): State<Zadig>,
    caller: Caller,
    Bound(body): Bound<HelmBody>,
) -> Result<Response, Error> {
    let project = body.project_key.clone();
    create(&zadig, &caller, &project, body)
}

fn create(
    Zadig(handle): &Zadig,
    caller: &Caller,
    project: &str,
    body: impl TryInto<VersionRequest, Error = VersionError>,
) -> Result<Response, Error> {
    // Only the body names the project.
    with_details(|details| details.scope = Some(project.to_owned()));
    check_role(caller, project, "create_delivery")?;
    let request = body.try_into()?;
    handle.check_room()?;
    handle.write(|table, shared, now| {
        let mut context = ZadigWriteContext {
            shared,
            ids: handle.ids(),
            settings: handle.settings(),
            caller: &caller.name,
            now,
        };
        table.create(&request, &mut context).map_err(|refusal| {
            let hint = table.refusal_hint(&request, &refusal, now);
            Error::from(refusal).with_hint(hint)
        })
    })?;
    Ok(success())
}

fn bad_request(text: String, hint: &str) -> Error {
    Error::from(Rejection::BadQuery(text)).with_hint(hint.to_owned())
}
