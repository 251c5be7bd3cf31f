//! The operations on releases, each one call on the table.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::model::release::CREATING;
#[cfg(test)]
use super::wire::CreateReleaseBody;
use super::wire::{DeleteQuery, ReleaseBody, ReleaseList, ReleaseView};
use crate::families::asm::Asm;
#[cfg(test)]
use crate::families::asm::error::AsmErrorBody;
use crate::families::asm::error::Error;
use crate::families::asm::scope::{EVERY_PROJECT, NamespaceRef, ProjectScope};
use crate::http::Caller;
use crate::http::context::add_hint;
use crate::http::extract::{Json, Path, Query};
use crate::http::response;
use crate::world::settings::References;

/// The usual size of a release in JSON, in bytes.
const SIZE: usize = 2 << 10;

fn answer(status: StatusCode, view: &ReleaseView) -> Response {
    response::json(status, response::to_json(view, SIZE))
}

/// Starts a grayscale release task.
///
/// The task is `Creating` for one step and then `Running`. Returns the whole task. Errors: 400 for a missing or invalid
/// field, and while the mesh is being deleted; 404 for an unknown mesh with `--references checked`, and for a mesh of an
/// inaccessible project; 409 for a name already used in the namespace, and for a service that already has a task.
#[cfg_attr(test, utoipa::path(post, path = "/v2/meshes/{mesh_id}/namespaces/{namespace}/releases", operation_id = "CreateRelease", tag = "asm",
    params(("mesh_id" = String, Path, description = "The mesh"), ("namespace" = String, Path, description = "The Kubernetes namespace")),
    request_body(content = CreateReleaseBody,
        example = json!({
            "metadata": {"name": "ratings-v2"},
            "spec": {"serviceName": "ratings", "version": "v2", "grayDeployments": [{"template": {
                "kind": "Deployment", "spec": {"template": {"spec": {"containers": [
                    {"name": "app", "image": "shop/ratings:2"}]}}}}}]}})),
    responses((status = 201, body = ReleaseView), (status = 400, body = AsmErrorBody), (status = 401, body = AsmErrorBody),
        (status = 403, body = AsmErrorBody), (status = 404, body = AsmErrorBody), (status = 409, body = AsmErrorBody)),
    extensions(("x-evidence" = json!("inferred")),
        ("x-source" = json!("https://support.huaweicloud.com/intl/en-us/api-asm/CreateRelease.html, read 2026-08")),
        ("x-action" = json!("asm:mesh:createRelease")),
        ("x-differences" = json!("The page was readable up to the request's spec. Inferred: 201 with the whole task; metadata.name, spec.serviceName and one spec.grayDeployments[].template are required, spec.type defaults to canary; the phases Creating, Running and Failed; 409 for the name or the service of another task; an unknown mesh becomes known unless --references checked.")))))]
pub async fn create_release(
    State(Asm(handle)): State<Asm>,
    caller: Caller,
    Path((mesh, namespace)): Path<(String, String)>,
    Json(body): Json<ReleaseBody>,
) -> Result<Response, Error> {
    let spec = body.spec(&mesh, &namespace)?;
    let target = NamespaceRef::new(&caller, &mesh, &namespace);
    let home = match handle.settings().references {
        References::Lenient => Some(caller.default_project().unwrap_or(EVERY_PROJECT)),
        References::Checked => None,
    };
    handle.check_room()?;
    handle.write(|table, shared, now| {
        let release = table.create_release(shared, handle.ids(), target, home, spec, now)?;
        let view = ReleaseView::new(&mesh, &release.id, &release.item, now).in_phase(CREATING);
        Ok(answer(StatusCode::CREATED, &view))
    })
}

/// Lists the release tasks of a mesh.
///
/// Returns the tasks in all its namespaces, oldest first. There is no paging. Errors: 404 for an unknown mesh.
#[cfg_attr(test, utoipa::path(get, path = "/v2/meshes/{mesh_id}/releases", operation_id = "GetAllReleases", tag = "asm",
    params(("mesh_id" = String, Path, description = "The mesh")),
    responses((status = 200, body = ReleaseList), (status = 400, body = AsmErrorBody),
        (status = 401, body = AsmErrorBody), (status = 403, body = AsmErrorBody), (status = 404, body = AsmErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("https://support.huaweicloud.com/intl/en-us/api-asm/GetAllReleases.html, read 2026-08")),
        ("x-action" = json!("asm:mesh:listReleases")),
        ("x-differences" = json!("The page says 404 for a task that is not found; here only an unknown mesh is 404, and a mesh without tasks has the list []. The order and the words of status.phase are inferred.")))))]
pub async fn list_releases(
    State(Asm(handle)): State<Asm>,
    caller: Caller,
    Path(mesh): Path<String>,
) -> Result<Response, Error> {
    handle.show(|table, _, now, shown| {
        let releases = table.releases(ProjectScope::from_caller(&caller), &mesh)?;
        let views = releases.map(|release| {
            shown.note(release);
            ReleaseView::new(&mesh, &release.id, &release.item, now)
        });
        let size = 64 + SIZE * table.n_releases(&mesh);
        Ok(response::ok(&ReleaseList::new(views), size))
    })
}

/// Shows a release task.
///
/// `release_id` is the task's uid or name. Errors: 404 for an unknown mesh or task.
#[cfg_attr(test, utoipa::path(get, path = "/v2/meshes/{mesh_id}/namespaces/{namespace}/releases/{release_id}", operation_id = "GetReleaseByName", tag = "asm",
    params(("mesh_id" = String, Path, description = "The mesh"), ("namespace" = String, Path, description = "The Kubernetes namespace"),
        ("release_id" = String, Path, description = "The task's uid, or its name")),
    responses((status = 200, body = ReleaseView), (status = 400, body = AsmErrorBody), (status = 401, body = AsmErrorBody),
        (status = 403, body = AsmErrorBody), (status = 404, body = AsmErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("https://support.huaweicloud.com/intl/en-us/api-asm/GetReleaseByName.html, read 2026-08")),
        ("x-action" = json!("asm:mesh:getRelease")),
        ("x-differences" = json!("The operation is called ByName and its parameter an id: a uid is looked up first, then a name. Inferred: the error section, which could not be read; the words of status.phase.")))))]
pub async fn show_release(
    State(Asm(handle)): State<Asm>,
    caller: Caller,
    Path((mesh, namespace, id)): Path<(String, String, String)>,
) -> Result<Response, Error> {
    let target = NamespaceRef::new(&caller, &mesh, &namespace);
    handle.show(|table, _, now, shown| {
        let release = table.release(target, &id)?;
        shown.note(release);
        let view = ReleaseView::new(&mesh, &release.id, &release.item, now);
        // No documented field has room for the message.
        if let Some(message) = release.item.failure(now) {
            add_hint(format!("the creation failed: {message}"));
        }
        Ok(answer(StatusCode::OK, &view))
    })
}

/// Updates the image version of a release task.
///
/// Accepts a task in the shape of a response. Changes `spec.version` and the images of the containers in
/// `spec.grayDeployments[].template`, where workloads are matched by position and containers by name. Without a body
/// nothing changes. The response is empty. Errors: 400 for another image repository, for a workload or container that the
/// task does not have, and for a body that names another task; 404 for an unknown mesh or task.
#[cfg_attr(test, utoipa::path(put, path = "/v2/meshes/{mesh_id}/namespaces/{namespace}/releases/{release_id}", operation_id = "UpdateRelease", tag = "asm",
    params(("mesh_id" = String, Path, description = "The mesh"), ("namespace" = String, Path, description = "The Kubernetes namespace"),
        ("release_id" = String, Path, description = "The task's uid, or its name")),
    request_body(content = Option<ReleaseBody>,
        example = json!({"spec": {
            "grayDeployments": [{"template": {"spec": {"template": {"spec": {"containers": [
                {"name": "app", "image": "shop/reviews:3"}]}}}}}]}})),
    responses((status = 200), (status = 400, body = AsmErrorBody), (status = 401, body = AsmErrorBody), (status = 403, body = AsmErrorBody),
        (status = 404, body = AsmErrorBody)),
    extensions(("x-evidence" = json!("inferred")),
        ("x-source" = json!("https://support.huaweicloud.com/api-asm/UpdateRelease.html, read 2026-08")),
        ("x-action" = json!("asm:mesh:updateRelease")),
        ("x-differences" = json!("The page says that the image version is updated and documents no body. Inferred: the body, that only tags and digests may change, that every phase accepts it, and that other fields are left as they are.")))))]
pub async fn update_release(
    State(Asm(handle)): State<Asm>,
    caller: Caller,
    Path((mesh, namespace, id)): Path<(String, String, String)>,
    Json(body): Json<ReleaseBody>,
) -> Result<Response, Error> {
    let update = body.update(&mesh, &namespace)?;
    let target = NamespaceRef::new(&caller, &mesh, &namespace);
    handle.check_room()?;
    let ignored = handle.write(|table, shared, now| {
        table.update_release(target, &id, &update, now, &mut shared.log)
    })?;
    if !ignored.is_empty() {
        add_hint(format!("an update does not change {}", ignored.join(", ")));
    }
    Ok(response::empty(StatusCode::OK))
}

/// Cancels or ends a release task.
///
/// The task is removed at once. The response is empty. Errors: 400 for a missing or unknown `action`, and if the traffic
/// does not allow it: cancelling needs all traffic on the original version, ending on the grayscale version; 404 for an
/// unknown mesh or task.
#[cfg_attr(test, utoipa::path(delete, path = "/v2/meshes/{mesh_id}/namespaces/{namespace}/releases/{release_id}", operation_id = "DeleteRelease", tag = "asm",
    params(("mesh_id" = String, Path, description = "The mesh"), ("namespace" = String, Path, description = "The Kubernetes namespace"),
        ("release_id" = String, Path, description = "The task's uid, or its name"), DeleteQuery),
    responses((status = 200), (status = 400, body = AsmErrorBody), (status = 401, body = AsmErrorBody), (status = 403, body = AsmErrorBody),
        (status = 404, body = AsmErrorBody)),
    extensions(("x-evidence" = json!("inferred")),
        ("x-source" = json!("https://support.huaweicloud.com/api-asm/DeleteRelease.html, read 2026-08")),
        ("x-action" = json!("asm:mesh:deleteRelease")),
        ("x-commands" = json!({"parameter": "action", "words": ["cancel", "end"],
            "aliases": {"finish": "end"}, "any_case": true})),
        ("x-differences" = json!("The page prints no values of action: cancel and end (or finish) are inferred. Traffic counts as shifted unless PUT /_emulator/v1/asm/{mesh_id}/{namespace}/{release_id}/traffic said otherwise. The console keeps a terminated entry, here the task is gone.")))))]
pub async fn delete_release(
    State(Asm(handle)): State<Asm>,
    caller: Caller,
    Path((mesh, namespace, id)): Path<(String, String, String)>,
    Query(query): Query<DeleteQuery>,
) -> Result<Response, Error> {
    let termination = query.termination()?;
    let target = NamespaceRef::new(&caller, &mesh, &namespace);
    handle.write(|table, shared, now| {
        table.end_release(target, &id, termination, now, &mut shared.log)
    })?;
    Ok(response::empty(StatusCode::OK))
}
