//! The operations on meshes: HTTP in, one call on the table, HTTP out.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::wire::{MeshBody, MeshList, MeshView};
use crate::families::asm::Asm;
use crate::families::asm::error::{AsmErrorBody, Error};
use crate::families::asm::scope::ProjectScope;
use crate::families::asm::table::WriteContext;
use crate::http::context::add_hint;
use crate::http::extract::{Json, Path};
use crate::http::response;

/// About what a mesh takes as text, in bytes.
const SIZE: usize = 512;

/// Creates a mesh.
///
/// It is `Creating` for one step and then `Running`, or `CreateFailed` if a script says so. Answers the mesh.
/// Errors: 400 for a field that is missing or wrong; 409 for a name that the project has already.
#[utoipa::path(post, path = "/v1/{project_id}/meshes", operation_id = "CreateMesh", tag = "asm",
    params(("project_id" = String, Path, description = "The project")), request_body = MeshBody,
    responses((status = 201, body = MeshView<'static>), (status = 400, body = AsmErrorBody), (status = 401, body = AsmErrorBody),
        (status = 403, body = AsmErrorBody), (status = 409, body = AsmErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("https://support.huaweicloud.com/intl/en-us/api-asm/CreateMesh.html, https://docs.otc.t-systems.com/application-service-mesh/api-ref/ and the official SDKs, read 2026-08")),
        ("x-action" = json!("asm:mesh:create")),
        ("x-differences" = json!("The version may lack its v, as in the documented examples, and is not compared with the versions there are; without one it is v1.18.7-r5. That names are unique is said of an account; here it holds in a project. Clusters need not exist."))))]
pub async fn create_mesh(
    State(Asm(handle)): State<Asm>,
    Path(project): Path<String>,
    Json(body): Json<MeshBody>,
) -> Result<Response, Error> {
    let spec = body.spec()?;
    let text = handle.write(|table, shared, now| {
        let mut context = WriteContext {
            scripts: &mut shared.scripts,
            ids: handle.ids(),
            log: &mut shared.log,
        };
        let id = table.create_mesh(&mut context, &project, spec, now)?;
        let mesh = &table.mesh(ProjectScope::Project(&project), &id)?.item;
        Ok::<_, Error>(response::to_json(&MeshView::created(&id, mesh, now), SIZE))
    })?;
    Ok(response::json(StatusCode::CREATED, text))
}

/// Lists the meshes of a project.
///
/// In the order they were created, then those that belong to every project; there is no paging.
#[utoipa::path(get, path = "/v1/{project_id}/meshes", operation_id = "ListMeshes", tag = "asm",
    params(("project_id" = String, Path, description = "The project")),
    responses((status = 200, body = MeshList), (status = 400, body = AsmErrorBody),
        (status = 401, body = AsmErrorBody), (status = 403, body = AsmErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("https://docs.otc.t-systems.com/application-service-mesh/api-ref/ (the page prints an example) and the official SDKs, read 2026-08")),
        ("x-action" = json!("asm:mesh:list"))))]
pub async fn list_meshes(
    State(Asm(handle)): State<Asm>,
    Path(project): Path<String>,
) -> Result<Response, Error> {
    let text = handle.read(|table, _, now| {
        let rows = table
            .meshes(&project)
            .map(|entry| MeshView::new(&entry.id, &entry.item, now));
        response::to_json(&MeshList::new(rows), 8 * SIZE)
    });
    Ok(response::json(StatusCode::OK, text))
}

/// Shows a mesh.
///
/// Errors: 404 for a mesh that is not there, or belongs to another project.
#[utoipa::path(get, path = "/v1/{project_id}/meshes/{mesh_id}", operation_id = "ShowMesh", tag = "asm",
    params(("project_id" = String, Path, description = "The project"), ("mesh_id" = String, Path, description = "The mesh")),
    responses((status = 200, body = MeshView<'static>), (status = 400, body = AsmErrorBody), (status = 401, body = AsmErrorBody),
        (status = 403, body = AsmErrorBody), (status = 404, body = AsmErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("https://support.huaweicloud.com/intl/ja-jp/api-asm/ShowMesh.html, the official SDKs and the Terraform provider, read 2026-08")),
        ("x-action" = json!("asm:mesh:get"))))]
pub async fn show_mesh(
    State(Asm(handle)): State<Asm>,
    Path((project, id)): Path<(String, String)>,
) -> Result<Response, Error> {
    handle.read(|table, _, now| {
        let entry = table.mesh(ProjectScope::Project(&project), &id)?;
        let view = MeshView::new(&entry.id, &entry.item, now);
        // No documented field says why.
        if let Some(why) = entry.item.failure(now) {
            add_hint(format!("the mesh failed: {why}"));
        }
        Ok(response::json(
            StatusCode::OK,
            response::to_json(&view, SIZE),
        ))
    })
}

/// Deletes a mesh.
///
/// It is `Deleting` for one step, then it is gone with its releases, or `DeleteFailed` if a script says so.
/// Answers the mesh as `Deleting`, also if it was deleted before. Errors: 404.
#[utoipa::path(delete, path = "/v1/{project_id}/meshes/{mesh_id}", operation_id = "DeleteMesh", tag = "asm",
    params(("project_id" = String, Path, description = "The project"), ("mesh_id" = String, Path, description = "The mesh")),
    responses((status = 200, body = MeshView<'static>), (status = 400, body = AsmErrorBody), (status = 401, body = AsmErrorBody),
        (status = 403, body = AsmErrorBody), (status = 404, body = AsmErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("https://support.huaweicloud.com/intl/es-us/api-asm/DeleteMesh.html and the Terraform provider, which polls until 404, read 2026-08")),
        ("x-action" = json!("asm:mesh:delete")),
        ("x-differences" = json!("Inferred: a mesh that has releases can be deleted, and takes them with it when its step ends; deleting it twice is no error; a mesh that is still being created can be deleted."))))]
pub async fn delete_mesh(
    State(Asm(handle)): State<Asm>,
    Path((project, id)): Path<(String, String)>,
) -> Result<Response, Error> {
    let text = handle.write(|table, shared, now| {
        let mut context = WriteContext {
            scripts: &mut shared.scripts,
            ids: handle.ids(),
            log: &mut shared.log,
        };
        let scope = ProjectScope::Project(&project);
        let mesh = table.delete_mesh(&mut context, scope, &id, now)?;
        Ok::<_, Error>(response::to_json(&MeshView::deleted(&id, &mesh, now), SIZE))
    })?;
    Ok(response::json(StatusCode::OK, text))
}
