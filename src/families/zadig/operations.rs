//! The five operations.

use axum::extract::{FromRequest, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;

use super::dialect::{RELEASE_GET, Zadig};
use super::error::{Error, TypedError, UntypedError};
use super::go_json::decode::{GoStruct, bind};
use super::messages::VersionError;
use super::model::version_request::{Strictness, VersionRequest};
use super::table::{Table, ZadigWriteContext};
use super::wire::query;
use super::wire::query::Params;
use super::wire::request::{HelmBody, K8sBody};
use super::wire::response::{
    self, ResultMessage, SUCCESS, VersionDetail, VersionInfo, VersionList,
};
use crate::http::context::{RequestContext, note_scope};
use crate::http::extract::Body;
use crate::http::response::empty;
use crate::http::{Caller, Rejection};
use crate::world::settings::{Fidelity, References};

/// What the query of a list must have: the service names the fields of a struct of its own.
const PAGE: &str = "the query must have projectKey, pageNum and pageSize, which are no 0";

/// What the other queries must have.
const PROJECT: &str = "the query must have projectKey";

/// About how many bytes a version takes in the list.
const ROW: usize = 256;

/// Lists the delivery versions of a project, newest first.
///
/// All three parameters are required; zero counts as absent, negative numbers mean the first page and 20
/// versions, and there is no upper limit. Labels are always empty and the progress is always null here.
/// A project that nobody knows has no versions. Errors: 400, 401, 403.
#[utoipa::path(get, path = "/openapi/delivery/releases", operation_id = "ListVersions", tag = "zadig",
    params(
        ("projectKey" = String, Query, description = "The project."),
        ("pageNum" = i64, Query, description = "The number of the page, from 1."),
        ("pageSize" = i64, Query, description = "How many versions a page holds at most."),
    ),
    responses(
        (status = 200, body = VersionList),
        (status = 400, body = TypedError, description = "A parameter is missing or no number"),
        (status = 401, description = "No valid token; the body is empty"),
        (status = 403, description = "Not allowed; the body is empty"),
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
    let page = query::page(&params)
        .map_err(|wrong| Error::BadRequest(wrong).with_hint(PAGE.to_owned()))?;
    allow(&caller, &page.project, "get_delivery")?;
    Ok(handle.read(|table, _, now| {
        let (versions, total) = table.list(&page);
        let views = versions.map(|entry| VersionInfo::listed(&entry.id, &entry.item, now));
        let size = ROW * page.size.min(total) + 64;
        response::json(StatusCode::OK, &VersionList::new(views, total), size)
    }))
}

/// Shows a delivery version with its progress and what it delivers.
///
/// The id is looked up among all projects. One that is unknown, deleted or no id at all is a 500, not a 404.
/// `projectKey` says where the caller's rights are looked up; the document does not have it, and without it
/// they are looked up in the version's own project. Errors: 400, 401, 403, 500.
#[utoipa::path(get, path = "/openapi/delivery/releases/{id}", operation_id = "GetVersion", tag = "zadig",
    params(
        ("id" = String, Path, description = "The version's id. So are `k8s` and `helm`, but of no version."),
        ("projectKey" = Option<String>, Query,
            description = "The project whose rights count. With --fidelity strict it is required."),
    ),
    responses(
        (status = 200, body = VersionDetail),
        (status = 400, body = TypedError, description = "With --fidelity strict: projectKey is missing"),
        (status = 401, description = "No valid token; the body is empty"),
        (status = 403, description = "Not allowed; the body is empty"),
        (status = 500, body = UntypedError, description = "There is no such version"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v3.4 documentation, OpenAPI, Version Management, read 2026-08")),
        ("x-action" = json!("get_delivery")),
        ("x-differences" = json!("projectKey may be left out as documented; the service answers 400 then, and so does --fidelity strict. sub_distributes is an array, as in the example and the service. Rows of a Helm version are all there from its creation; the service writes them when its watcher first runs."))
    ))]
pub async fn get_version(
    State(Zadig(handle)): State<Zadig>,
    caller: Caller,
    params: Params,
    Id(id): Id,
) -> Result<Response, Error> {
    let project = params.project();
    if let (Err(missing), Fidelity::Strict) = (&project, handle.settings().fidelity) {
        return Err(Error::BadRequest(missing.clone()).with_hint(PROJECT.to_owned()));
    }
    handle.read(|table, _, now| {
        let named = params.get("projectKey");
        let found = table.find(&id).map_err(|unknown| {
            let hint = table.instead_of_id(named, &id);
            Error::from(unknown).with_hint(hint)
        });
        // Who follows the document names no project; then the version's own is what counts, if there is one.
        let project = match (project, &found) {
            (Ok(project), _) => project,
            (Err(_), Ok(entry)) => &entry.scope,
            (Err(_), Err(unknown)) => return Err(unknown.clone()),
        };
        if !caller.is_allowed(RELEASE_GET) {
            allow(&caller, project, "get_delivery")?;
        }
        let entry = found?;
        let view = VersionDetail::new(&entry.id, &entry.item, now);
        let rows = view.deploy_infos.len() + 2 * view.distribute_infos.len();
        Ok(response::json(StatusCode::OK, &view, ROW * (rows + 2)))
    })
}

/// Deletes a delivery version, whatever it is at.
///
/// The id is looked up among all projects; `projectKey` only says where the caller's rights are looked up. One
/// that is unknown or deleted already is a success, one that is no id a 500. The name can be given again.
/// Errors: 400, 401, 403, 500.
#[utoipa::path(delete, path = "/openapi/delivery/releases/{id}", operation_id = "DeleteVersion", tag = "zadig",
    params(
        ("id" = String, Path, description = "The version's id. So are `k8s` and `helm`, but of no version."),
        ("projectKey" = String, Query, description = "The project whose rights count."),
    ),
    responses(
        (status = 200, body = ResultMessage),
        (status = 400, body = TypedError, description = "projectKey is missing"),
        (status = 401, description = "No valid token; the body is empty"),
        (status = 403, description = "Not allowed; the body is empty"),
        (status = 500, body = UntypedError, description = "The id is none"),
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
        .map_err(|missing| Error::BadRequest(missing).with_hint(PROJECT.to_owned()))?;
    allow(&caller, project, "delete_delivery")?;
    handle.write(|table, shared, now| {
        table
            .delete(&id, now, &mut shared.log)
            .map_err(|malformed| {
                let hint = table.instead_of_id(Some(project), &id);
                Error::from(malformed).with_hint(hint)
            })
    })?;
    Ok(success())
}

/// Creates a delivery version of a K8s YAML project, or retries a failed one (`retry`).
///
/// One row per image is recorded, and the images that are not disabled are pushed one after the other, each a
/// step of the world's clock; a version without any succeeds at once. The answer does not tell the id.
/// What fails after the version was stored (no registry to push to, two images for one container) answers 500
/// and leaves it failed. Errors: 400, 401, 403, 413, 500.
#[utoipa::path(post, path = "/openapi/delivery/releases/k8s", operation_id = "CreateK8sVersion", tag = "zadig",
    request_body(content = K8sBody,
        example = json!({
            "project_key": "demo", "version_name": "v14", "env_name": "prod", "image_registry_id": "62ce6231e0281143de477e60",
            "yaml_datas": [{"service_name": "service1", "image_datas": [
                {"container_name": "service1", "image_name": "service1", "image_tag": "2.0"}]}]})),
    responses(
        (status = 200, body = ResultMessage),
        (status = 400, body = TypedError, description = "The body is no JSON or of a wrong type"),
        (status = 401, description = "No valid token; the body is empty"),
        (status = 403, description = "Not allowed; the body is empty"),
        (status = 413, description = "Over 12 MiB; the body is empty"),
        (status = 500, body = UntypedError, description = "Everything else; empty where the service crashes"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v3.4 documentation, OpenAPI, Version Management, read 2026-08")),
        ("x-action" = json!("create_delivery")),
        ("x-differences" = json!("Environments, services, containers and registries are accepted unknown unless --references checked; images then go to registry.local/<project_key>. A retry follows the clock and its 60-minute limit by itself; in the service it is settled when somebody reads the detail."))
    ))]
pub async fn create_k8s_version(
    State(zadig): State<Zadig>,
    caller: Caller,
    Bound(body): Bound<K8sBody>,
) -> Result<Response, Error> {
    let project = body.project_key.clone();
    create(
        &zadig,
        &caller,
        &project,
        || body.version_request(),
        Table::create_k8s,
    )
}

/// Creates a delivery version of a Helm chart project, or retries a failed one (`retry`).
///
/// The charts are packaged before the answer: a script that fails one (its step is the chart's name) makes it
/// a 500 and leaves the version failed. Then the images that are not disabled are pushed one after the other,
/// each a step of the world's clock (its step is the image's name). A retry pushes what was not pushed. Errors:
/// 400, 401, 403, 413, 500.
#[utoipa::path(post, path = "/openapi/delivery/releases/helm", operation_id = "CreateHelmVersion", tag = "zadig",
    request_body(content = HelmBody,
        example = json!({
            "project_key": "demo-helm", "version_name": "v5", "env_name": "prod", "image_registry_id": "62ce6231e0281143de477e60",
            "chart_repo_name": "test", "chart_datas": [{"service_name": "service1", "version": "1.77", "image_datas": [
                {"container_name": "service1", "image_name": "service1", "image_tag": "2.0"}]}]})),
    responses(
        (status = 200, body = ResultMessage),
        (status = 400, body = TypedError, description = "The body is no JSON or of a wrong type"),
        (status = 401, description = "No valid token; the body is empty"),
        (status = 403, description = "Not allowed; the body is empty"),
        (status = 413, description = "Over 12 MiB; the body is empty"),
        (status = 500, body = UntypedError, description = "Everything else; empty where the service crashes"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v3.4 documentation, OpenAPI, Version Management, read 2026-08")),
        ("x-action" = json!("create_delivery")),
        ("x-differences" = json!("Images are pushed as documented; v3.1 to v3.4.1 refuse every image that is not disabled, and so does --fidelity strict. Environments, services, registries and chart repositories are accepted unknown unless --references checked."))
    ))]
pub async fn create_helm_version(
    State(zadig): State<Zadig>,
    caller: Caller,
    Bound(body): Bound<HelmBody>,
) -> Result<Response, Error> {
    let project = body.project_key.clone();
    create(
        &zadig,
        &caller,
        &project,
        || body.version_request(),
        Table::create_helm,
    )
}

/// What both creations have in common.
fn create(
    Zadig(handle): &Zadig,
    caller: &Caller,
    project: &str,
    request: impl FnOnce() -> Result<VersionRequest, VersionError>,
    command: impl FnOnce(&mut Table, &VersionRequest, ZadigWriteContext) -> Result<(), VersionError>,
) -> Result<Response, Error> {
    note_scope(project);
    allow(caller, project, "create_delivery")?;
    let request = request()?;
    let settings = handle.settings();
    let strictness = Strictness {
        checked: settings.references == References::Checked,
        helm_defect: settings.fidelity == Fidelity::Strict,
    };
    handle.write(|table, shared, now| {
        let context = ZadigWriteContext {
            scripts: &mut shared.scripts,
            ids: handle.ids(),
            strictness,
            caller: &caller.name,
            now,
            log: &mut shared.log,
        };
        command(table, &request, context).map_err(|refusal| {
            let hint = table.suggest_for_request(&request, &refusal, now);
            Error::from(refusal).with_hint(hint)
        })
    })?;
    Ok(success())
}

fn success() -> Response {
    response::json(StatusCode::OK, &SUCCESS, 32)
}

/// Whether the caller may do something in a project; whoever administers it may do everything there.
fn allow(caller: &Caller, project: &str, role: &str) -> Result<(), Error> {
    let may =
        |role: &str| caller.actions.is_none() || caller.is_allowed(&format!("{role}@{project}"));
    if may(role) || may("project_admin") {
        return Ok(());
    }
    Err(Error::Forbidden {
        action: format!("{role} in project {project:?}"),
    })
}

/// Leads to another path with the same query: by GET with 301, by other methods, which are kept, with 307.
pub(super) fn redirect(request: &Parts, path: &str) -> Response {
    let to = match request.uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let status = if request.method == Method::GET {
        StatusCode::MOVED_PERMANENTLY
    } else {
        StatusCode::TEMPORARY_REDIRECT
    };
    let mut response = empty(status);
    if let Ok(to) = HeaderValue::from_str(&to) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}

/// The last segment of the path, which stands for an id whatever it is.
#[derive(Debug)]
pub struct Id(pub String);

impl axum::extract::FromRequestParts<Zadig> for Id {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Zadig) -> Result<Self, Self::Rejection> {
        let last = parts.uri.path().rsplit('/').next().unwrap_or_default();
        Ok(Self(query::decoded_path(last)))
    }
}

/// A body, bound as the service binds it.
#[derive(Debug)]
pub struct Bound<T>(pub T);

impl<T: GoStruct> FromRequest<Zadig> for Bound<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &Zadig) -> Result<Self, Error> {
        let request_context = request.extensions().get::<RequestContext>().cloned();
        let Body(body) = Body::from_request(request, state).await?;
        let mut unknown = Vec::new();
        let bound = bind::<T>(&body, |place| unknown.push(place));
        if let Some(request_context) = request_context {
            request_context.details().unknown_fields = unknown;
        }
        let bound = bound.map_err(Rejection::BadBody)?;
        bound.map(Self).ok_or(Error::Crash("a body of null"))
    }
}
