//! The operations on meshes, each one call on the table.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::wire::{MeshBody, MeshList, MeshView};
use crate::families::asm::Asm;
#[cfg(test)]
use crate::families::asm::error::AsmErrorBody;
use crate::families::asm::error::Error;
use crate::families::asm::scope::ProjectScope;
use crate::families::asm::table::Table;
use crate::http::Caller;
use crate::http::context::add_hint;
use crate::http::extract::{Json, Path};
use crate::http::response;
use crate::world::handle::Handle;

/// The usual size of a mesh in JSON, in bytes.
const SIZE: usize = 512;

fn answer(status: StatusCode, view: &MeshView) -> Response {
    response::json(status, response::to_json(view, SIZE))
}

/// Creates a mesh.
///
/// The mesh is `Creating` for one step and then `Running`, or `CreateFailed` if a script makes the creation fail.
/// Returns the mesh. Errors: 400 for a missing or invalid field; 409 for a name already used in the project.
#[cfg_attr(test, utoipa::path(post, path = "/v1/{project_id}/meshes", operation_id = "CreateMesh", tag = "asm",
    params(("project_id" = String, Path, description = "The project")), request_body = MeshBody,
    responses((status = 201, body = MeshView<'static>), (status = 400, body = AsmErrorBody), (status = 401, body = AsmErrorBody),
        (status = 403, body = AsmErrorBody), (status = 409, body = AsmErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("the vendor's API document, CreateMesh, read 2026-11; https://support.huaweicloud.com/intl/en-us/api-asm/CreateMesh.html, https://docs.otc.t-systems.com/application-service-mesh/api-ref/ and the official SDKs, read 2026-08")),
        ("x-action" = json!("asm:mesh:create")),
        ("x-differences" = json!("The version may lack its v, as in the documented examples, and is not compared with the versions there are; without one it is v1.18.7-r5. That names are unique is said of an account; here it holds in a project. Clusters need not exist.")))))]
pub async fn create_mesh(
    State(Asm(handle)): State<Asm>,
    Path(project): Path<String>,
    Json(body): Json<MeshBody>,
) -> Result<Response, Error> {
    let definition = body.definition()?;
    handle.check_room()?;
    handle.write(|table, shared, now| {
        let mesh = table.create_mesh(shared, handle.ids(), &project, definition, now)?;
        let view = MeshView::created(&mesh.id, &mesh.item, now);
        Ok(answer(StatusCode::CREATED, &view))
    })
}

/// Lists the meshes of a project.
///
/// Returns the meshes of the project, oldest first, then those that belong to every project. There is no paging.
#[cfg_attr(test, utoipa::path(get, path = "/v1/{project_id}/meshes", operation_id = "ListMeshes", tag = "asm",
    params(("project_id" = String, Path, description = "The project")),
    responses((status = 200, body = MeshList), (status = 400, body = AsmErrorBody),
        (status = 401, body = AsmErrorBody), (status = 403, body = AsmErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("the vendor's API document, ListMeshes, read 2026-11; https://docs.otc.t-systems.com/application-service-mesh/api-ref/ (the page prints an example) and the official SDKs, read 2026-08")),
        ("x-action" = json!("asm:mesh:list")))))]
pub async fn list_meshes(
    State(Asm(handle)): State<Asm>,
    Path(project): Path<String>,
) -> Result<Response, Error> {
    Ok(list(&handle, ProjectScope::project(&project)))
}

/// Lists the meshes that the credential can access.
///
/// Returns the meshes of the project in `X-Project-Id` or else of the credential's projects, oldest first in each, then
/// those that belong to every project. There is no paging.
#[cfg_attr(test, utoipa::path(get, path = "/v1/meshes", operation_id = "ListAccessibleMeshes", tag = "asm",
    responses((status = 200, body = MeshList), (status = 400, body = AsmErrorBody),
        (status = 401, body = AsmErrorBody), (status = 403, body = AsmErrorBody)),
    extensions(("x-evidence" = json!("observed")),
        ("x-source" = json!("the data source of meshes in the Terraform provider, read 2026-11")),
        ("x-action" = json!("asm:mesh:list")),
        ("x-differences" = json!("Inferred: the answer is that of ListMeshes.")))))]
pub async fn list_accessible_meshes(
    State(Asm(handle)): State<Asm>,
    caller: Caller,
) -> Result<Response, Error> {
    Ok(list(&handle, ProjectScope::from_caller(&caller)))
}

fn list(handle: &Handle<Table>, scope: ProjectScope) -> Response {
    handle.show(|table, _, now, shown| {
        let views = table.meshes(scope).map(|mesh| {
            shown.note(mesh);
            MeshView::new(&mesh.id, &mesh.item, now)
        });
        response::ok(&MeshList::new(views), 8 * SIZE)
    })
}

/// Shows a mesh.
///
/// Errors: 404 for a mesh that does not exist or belongs to another project.
#[cfg_attr(test, utoipa::path(get, path = "/v1/{project_id}/meshes/{mesh_id}", operation_id = "ShowMesh", tag = "asm",
    params(("project_id" = String, Path, description = "The project"), ("mesh_id" = String, Path, description = "The mesh")),
    responses((status = 200, body = MeshView<'static>), (status = 400, body = AsmErrorBody), (status = 401, body = AsmErrorBody),
        (status = 403, body = AsmErrorBody), (status = 404, body = AsmErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("the vendor's API document, ShowMesh, read 2026-11; https://support.huaweicloud.com/intl/ja-jp/api-asm/ShowMesh.html, the official SDKs and the Terraform provider, read 2026-08")),
        ("x-action" = json!("asm:mesh:get")))))]
pub async fn show_mesh(
    State(Asm(handle)): State<Asm>,
    Path((project, id)): Path<(String, String)>,
) -> Result<Response, Error> {
    handle.show(|table, _, now, shown| {
        let mesh = table.mesh(ProjectScope::project(&project), &id)?;
        shown.note(mesh);
        let view = MeshView::new(&mesh.id, &mesh.item, now);
        // No documented field has room for the message.
        if let Some(message) = mesh.item.failure(now) {
            add_hint(format!("the mesh failed: {message}"));
        }
        Ok(answer(StatusCode::OK, &view))
    })
}

/// Deletes a mesh.
///
/// The mesh is `Deleting` for one step and is then removed with its releases, or `DeleteFailed` if a script makes the
/// deletion fail. Returns the mesh as `Deleting`, even if its deletion already runs. Errors: 404.
#[cfg_attr(test, utoipa::path(delete, path = "/v1/{project_id}/meshes/{mesh_id}", operation_id = "DeleteMesh", tag = "asm",
    params(("project_id" = String, Path, description = "The project"), ("mesh_id" = String, Path, description = "The mesh")),
    responses((status = 200, body = MeshView<'static>), (status = 400, body = AsmErrorBody), (status = 401, body = AsmErrorBody),
        (status = 403, body = AsmErrorBody), (status = 404, body = AsmErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("the vendor's API document, DeleteMesh, read 2026-11; https://support.huaweicloud.com/intl/es-us/api-asm/DeleteMesh.html and the Terraform provider, which polls until 404, read 2026-08")),
        ("x-action" = json!("asm:mesh:delete")),
        ("x-differences" = json!("Inferred: a mesh that has releases can be deleted, and takes them with it when its step ends; deleting it twice is no error; a mesh that is still being created can be deleted.")))))]
pub async fn delete_mesh(
    State(Asm(handle)): State<Asm>,
    Path((project, id)): Path<(String, String)>,
) -> Result<Response, Error> {
    handle.write(|table, shared, now| {
        let mesh = table.delete_mesh(shared, &project, &id, now)?;
        Ok(answer(StatusCode::OK, &MeshView::deleted(&id, &mesh, now)))
    })
}
