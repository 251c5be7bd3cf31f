//! The operations on releases: HTTP in, one call on the table, HTTP out.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::model::release::ReleasePhase;
use super::wire::{CreateReleaseBody, DeleteQuery, ReleaseBody, ReleaseList, ReleaseView};
use crate::families::asm::Asm;
use crate::families::asm::error::{AsmErrorBody, Error};
use crate::families::asm::scope::{NamespaceRef, ProjectScope, UnknownMesh};
use crate::families::asm::table::WriteContext;
use crate::http::Caller;
use crate::http::context::add_hint;
use crate::http::extract::{Json, Path, Query};
use crate::http::response;
use crate::world::settings::References;

/// About what a release takes as text, in bytes.
const SIZE: usize = 2 << 10;

/// Starts a grayscale release task.
///
/// It is `Creating` for one step and then `Running`. Answers the whole task. Errors: 400 for a field that is
/// missing or wrong, and while the mesh is being deleted; 404 for a mesh that is not known, with
/// `--references checked` or if it belongs to a project out of reach; 409 for a name that the namespace has,
/// or a service that has a task already.
#[utoipa::path(post, path = "/v2/meshes/{mesh_id}/namespaces/{namespace}/releases", operation_id = "CreateRelease", tag = "asm",
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
        ("x-differences" = json!("The page was readable up to the request's spec. Inferred: 201 with the whole task; metadata.name, spec.serviceName and one spec.grayDeployments[].template are required, spec.type defaults to canary; the phases Creating, Running and Failed; 409 for the name or the service of another task; an unknown mesh becomes known unless --references checked."))))]
pub async fn create_release(
    State(Asm(handle)): State<Asm>,
    caller: Caller,
    Path((mesh, namespace)): Path<(String, String)>,
    Json(body): Json<ReleaseBody>,
) -> Result<Response, Error> {
    let spec = body.spec(&mesh, &namespace)?;
    let target = NamespaceRef {
        scope: ProjectScope::from_caller(&caller),
        mesh: &mesh,
        namespace: &namespace,
    };
    let unknown = match handle.settings().references {
        References::Lenient => UnknownMesh::MakeKnown {
            home: caller.default_project(),
        },
        References::Checked => UnknownMesh::Refuse,
    };
    let text = handle.write(|table, shared, now| {
        let mut context = WriteContext {
            scripts: &mut shared.scripts,
            ids: handle.ids(),
            log: &mut shared.log,
        };
        let uid = table.create_release(&mut context, target, unknown, spec, now)?;
        let release = &table.release(target, &uid)?.item;
        let view = ReleaseView::new(&mesh, &uid, release, now).in_phase(ReleasePhase::Creating);
        Ok::<_, Error>(response::to_json(&view, SIZE))
    })?;
    Ok(response::json(StatusCode::CREATED, text))
}

/// Lists the release tasks of a mesh.
///
/// Those of all its namespaces, in the order they were created; there is no paging. Errors: 404 for a mesh
/// that is not known.
#[utoipa::path(get, path = "/v2/meshes/{mesh_id}/releases", operation_id = "GetAllReleases", tag = "asm",
    params(("mesh_id" = String, Path, description = "The mesh")),
    responses((status = 200, body = ReleaseList), (status = 400, body = AsmErrorBody),
        (status = 401, body = AsmErrorBody), (status = 403, body = AsmErrorBody), (status = 404, body = AsmErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("https://support.huaweicloud.com/intl/en-us/api-asm/GetAllReleases.html, read 2026-08")),
        ("x-action" = json!("asm:mesh:listReleases")),
        ("x-differences" = json!("The page says 404 for a task that is not found; here only an unknown mesh is 404, and a mesh without tasks has the list []. The order and the words of status.phase are inferred."))))]
pub async fn list_releases(
    State(Asm(handle)): State<Asm>,
    caller: Caller,
    Path(mesh): Path<String>,
) -> Result<Response, Error> {
    let text = handle.read(|table, _, now| {
        let releases = table.releases(ProjectScope::from_caller(&caller), &mesh)?;
        let rows = releases.map(|entry| ReleaseView::new(&mesh, &entry.id, &entry.item, now));
        let size = 64 + SIZE * table.n_releases(&mesh);
        Ok::<_, Error>(response::to_json(&ReleaseList::new(rows), size))
    })?;
    Ok(response::json(StatusCode::OK, text))
}

/// Shows a release task.
///
/// `release_id` is its uid, or its name. Errors: 404 for the mesh or the task.
#[utoipa::path(get, path = "/v2/meshes/{mesh_id}/namespaces/{namespace}/releases/{release_id}", operation_id = "GetReleaseByName", tag = "asm",
    params(("mesh_id" = String, Path, description = "The mesh"), ("namespace" = String, Path, description = "The Kubernetes namespace"),
        ("release_id" = String, Path, description = "The task's uid, or its name")),
    responses((status = 200, body = ReleaseView), (status = 400, body = AsmErrorBody), (status = 401, body = AsmErrorBody),
        (status = 403, body = AsmErrorBody), (status = 404, body = AsmErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("https://support.huaweicloud.com/intl/en-us/api-asm/GetReleaseByName.html, read 2026-08")),
        ("x-action" = json!("asm:mesh:getRelease")),
        ("x-differences" = json!("The operation is called ByName and its parameter an id: a uid is looked up first, then a name. Inferred: the error section, which could not be read; the words of status.phase."))))]
pub async fn show_release(
    State(Asm(handle)): State<Asm>,
    caller: Caller,
    Path((mesh, namespace, id)): Path<(String, String, String)>,
) -> Result<Response, Error> {
    let target = NamespaceRef {
        scope: ProjectScope::from_caller(&caller),
        mesh: &mesh,
        namespace: &namespace,
    };
    handle.read(|table, _, now| {
        let entry = table.release(target, &id)?;
        let view = ReleaseView::new(&mesh, &entry.id, &entry.item, now);
        // No documented field says why.
        if let Some(why) = entry.item.failure(now) {
            add_hint(format!("the creation failed: {why}"));
        }
        Ok(response::json(
            StatusCode::OK,
            response::to_json(&view, SIZE),
        ))
    })
}

/// Updates the image version of a release task.
///
/// Takes a task as it is answered: `spec.version` and the images of the containers in
/// `spec.grayDeployments[].template` count, workloads by position and containers by name. Without a body
/// nothing changes. Answers nothing. Errors: 400 for another image repository, a workload or a container that
/// the task does not have, and a body that is meant for another task; 404 for the mesh or the task.
#[utoipa::path(put, path = "/v2/meshes/{mesh_id}/namespaces/{namespace}/releases/{release_id}", operation_id = "UpdateRelease", tag = "asm",
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
        ("x-differences" = json!("The page says that the image version is updated and documents no body. Inferred: the body, that only tags and digests may change, that every phase accepts it, and that other fields are left as they are."))))]
pub async fn update_release(
    State(Asm(handle)): State<Asm>,
    caller: Caller,
    Path((mesh, namespace, id)): Path<(String, String, String)>,
    Json(body): Json<ReleaseBody>,
) -> Result<Response, Error> {
    let (name, change) = body.change(&mesh, &namespace)?;
    let target = NamespaceRef {
        scope: ProjectScope::from_caller(&caller),
        mesh: &mesh,
        namespace: &namespace,
    };
    let in_vain = handle.write(|table, shared, now| {
        table.update_release(target, &id, name.as_deref(), &change, now, &mut shared.log)
    })?;
    if !in_vain.is_empty() {
        add_hint(format!("an update does not change {}", in_vain.join(", ")));
    }
    Ok(response::empty(StatusCode::OK))
}

/// Cancels or ends a release task.
///
/// The task is gone at once. Answers nothing. Errors: 400 for an `action` that is missing or unknown, and
/// where the traffic does not allow it: cancelling needs all of it on the original version, ending on the
/// grayscale one; 404 for the mesh or the task.
#[utoipa::path(delete, path = "/v2/meshes/{mesh_id}/namespaces/{namespace}/releases/{release_id}", operation_id = "DeleteRelease", tag = "asm",
    params(("mesh_id" = String, Path, description = "The mesh"), ("namespace" = String, Path, description = "The Kubernetes namespace"),
        ("release_id" = String, Path, description = "The task's uid, or its name"), DeleteQuery),
    responses((status = 200), (status = 400, body = AsmErrorBody), (status = 401, body = AsmErrorBody), (status = 403, body = AsmErrorBody),
        (status = 404, body = AsmErrorBody)),
    extensions(("x-evidence" = json!("inferred")),
        ("x-source" = json!("https://support.huaweicloud.com/api-asm/DeleteRelease.html, read 2026-08")),
        ("x-action" = json!("asm:mesh:deleteRelease")),
        ("x-differences" = json!("The page prints no values of action: cancel and end (or finish) are inferred. Traffic counts as shifted unless PUT /_emulator/v1/asm/{mesh_id}/{namespace}/{release_id}/traffic said otherwise. The console keeps a terminated entry, here the task is gone."))))]
pub async fn delete_release(
    State(Asm(handle)): State<Asm>,
    caller: Caller,
    Path((mesh, namespace, id)): Path<(String, String, String)>,
    Query(query): Query<DeleteQuery>,
) -> Result<Response, Error> {
    let termination = query.termination()?;
    let target = NamespaceRef {
        scope: ProjectScope::from_caller(&caller),
        mesh: &mesh,
        namespace: &namespace,
    };
    handle.write(|table, shared, now| {
        table.end_release(target, &id, termination, now, &mut shared.log)
    })?;
    Ok(response::empty(StatusCode::OK))
}
