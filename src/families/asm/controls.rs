//! The requests about meshes and releases, for people.

use serde::Serialize;
use serde_json::json;

use super::meshes::Mesh;
use super::meshes::model::mesh;
use super::releases::Release;
use super::releases::model::spec::GrayWorkload;
use super::scope::EVERY_PROJECT;
use super::table::Table;
use crate::sim::collection::{Resource, Stored};
use crate::world::controls::{ResourceControls, encoded};

/// The percentages of the grayscale version to choose from.
const TRAFFIC: [u8; 4] = [0, 20, 50, 100];

/// The project in the paths of a mesh that belongs to every project.
const ANY_PROJECT: &str = "any";

/// The body of an update.
#[derive(Serialize)]
struct ReleaseEdit<'a> {
    spec: SpecEdit<'a>,
}

/// The part of a specification that an update can change: the version, and the images of the workloads.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SpecEdit<'a> {
    version: &'a str,
    gray_deployments: &'a [GrayWorkload],
}

impl Table {
    /// The requests about a release or a mesh.
    pub(super) fn controls_of(&self, id: &str) -> Option<ResourceControls> {
        if let Some(stored) = self.releases.find(id) {
            return Some(of_release(stored));
        }
        self.meshes.find(id).map(of_mesh)
    }
}

fn of_release(stored: &Stored<Release>) -> ResourceControls {
    let release = &stored.item;
    let (mesh, namespace) = (encoded(&stored.scope), encoded(&release.namespace));
    let id = encoded(&stored.id);
    let path = format!("/v2/meshes/{mesh}/namespaces/{namespace}/releases/{id}");
    let mut controls = ResourceControls::new("X-Auth-Token")
        .reading("Detail", path.clone())
        .reading("List", format!("/v2/meshes/{mesh}/releases"));
    for command in release.allowed() {
        let label = match command {
            "cancel" => "Cancel (keep the original)",
            "end" => "End (keep the grayscale version)",
            _ => {
                let spec = SpecEdit {
                    version: release.spec.version(),
                    gray_deployments: &release.spec.gray,
                };
                let body = ReleaseEdit { spec };
                controls.edit(command, "Update", "PUT", path.clone(), &body);
                continue;
            }
        };
        let path = format!("{path}?action={command}");
        controls.add(command, label, "DELETE", path, None);
    }
    for gray in TRAFFIC {
        let path = format!("/_emulator/v1/asm/{mesh}/{namespace}/{id}/traffic");
        let label = format!("Grayscale traffic {gray} %");
        controls.add("traffic", label, "PUT", path, Some(json!({ "gray": gray })));
    }
    controls
}

fn of_mesh(stored: &Stored<Mesh>) -> ResourceControls {
    let is_of_all = *stored.scope == *EVERY_PROJECT;
    let project = if is_of_all {
        ANY_PROJECT
    } else {
        &stored.scope
    };
    let meshes = format!("/v1/{}/meshes", encoded(project));
    let path = format!("{meshes}/{}", encoded(&stored.id));
    let mut controls = ResourceControls::new("X-Auth-Token")
        .reading("Detail", path.clone())
        .reading("List", meshes)
        .reading(
            "Releases",
            format!("/v2/meshes/{}/releases", encoded(&stored.id)),
        );
    let label = format!("Delete the mesh {}", stored.item.name());
    controls.add(mesh::DELETE, label, "DELETE", path, None);
    controls
}
