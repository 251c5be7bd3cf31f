//! Meshes as requests and answers spell them.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::mesh::{Cluster, Mesh, MeshSpec};
use super::model::mesh_config::{Injection, Installation, MeshConfig, Tag};
use crate::families::asm::error::Error;
use crate::families::asm::names::{self, is_name, is_version};
use crate::families::asm::table::NEWEST_VERSION;
use crate::families::asm::timestamp::Timestamp;
use crate::http::json::RawJson;
use crate::http::response::StreamedArray;
use crate::sim::Millis;

/// The fixed value of `apiVersion`.
pub const API_VERSION: &str = "v1";

/// The two fixed values of `kind`.
pub const KINDS: [&str; 2] = ["Mesh", "mesh"];

/// The only type of a mesh.
pub const EDITION: &str = "InCluster";

/// A mesh as it is ordered.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = AsmMeshBody)]
#[serde(rename_all = "camelCase")]
pub struct MeshBody {
    /// `v1`. Required.
    #[schema(value_type = String, required = true, example = "v1", pattern = "^v1$")]
    api_version: Option<String>,
    /// `Mesh` or `mesh`. Required.
    #[schema(value_type = String, required = true, example = "Mesh", pattern = "^[Mm]esh$")]
    kind: Option<String>,
    /// Required.
    #[schema(value_type = MeshMetadataBody, required = true)]
    metadata: Option<MeshMetadataBody>,
    /// Required.
    #[schema(value_type = MeshSpecBody, required = true)]
    spec: Option<MeshSpecBody>,
    /// Has no effect.
    #[expect(dead_code, reason = "it is known, and has no effect")]
    #[schema(value_type = RawJson, required = false)]
    status: Option<RawJson>,
}

/// What a mesh is called.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = AsmMeshMetadataBody)]
#[serde(rename_all = "camelCase")]
pub struct MeshMetadataBody {
    /// Required: 4 to 64 lowercase letters, digits and hyphens, a letter first, no hyphen last.
    #[schema(value_type = String, required = true, example = "mesh-test-api", pattern = "^[a-z][a-z0-9-]{2,62}[a-z0-9]$")]
    name: Option<String>,
    /// Has no effect: the server gives it.
    #[expect(dead_code, reason = "it is known, and has no effect")]
    uid: Option<String>,
    /// Annotations; accepted, and not answered.
    #[schema(value_type = Option<HashMap<String, String>>)]
    annotations: Option<RawJson>,
    /// Labels; accepted, and not answered.
    #[schema(value_type = Option<HashMap<String, String>>)]
    labels: Option<RawJson>,
    /// Has no effect: the server gives it.
    #[expect(dead_code, reason = "it is known, and has no effect")]
    creation_timestamp: Option<String>,
}

/// What a mesh is made of.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = AsmMeshSpecBody)]
#[serde(rename_all = "camelCase")]
pub struct MeshSpecBody {
    /// `InCluster`. Required.
    #[serde(rename = "type")]
    #[schema(value_type = String, required = true, example = "InCluster", pattern = "^InCluster$")]
    edition: Option<String>,
    /// `vX.Y`, `vX.Y.Z` or `vX.Y.Z-rN`, the `v` being optional; absent: the newest.
    #[schema(
        example = "v1.18.7-r5",
        pattern = r"^v?[0-9]+\.[0-9]+(\.[0-9]+(-r[0-9]+)?)?$"
    )]
    version: Option<String>,
    /// Required.
    #[schema(value_type = ExtendParamsBody, required = true)]
    extend_params: Option<ExtendParamsBody>,
    /// Whether the mesh supports IPv6.
    ipv6_enable: Option<bool>,
    /// Tags of the resource; accepted, and not answered.
    tags: Option<Vec<Tag>>,
    /// How data plane and telemetry are set up.
    config: Option<MeshConfig>,
}

/// Further parameters.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = AsmMeshExtendParamsBody)]
pub struct ExtendParamsBody {
    /// The clusters in the mesh. Required, at least one.
    #[schema(value_type = Vec<ClusterBody>, required = true, min_items = 1)]
    clusters: Option<Vec<ClusterBody>>,
}

/// A cluster in a mesh.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = AsmMeshClusterBody)]
pub struct ClusterBody {
    /// The cluster. Required.
    #[serde(rename = "clusterID")]
    #[schema(value_type = String, required = true, min_length = 1)]
    cluster_id: Option<String>,
    /// The cluster's project, as older versions and Terraform send it.
    #[serde(rename = "projectID")]
    project_id: Option<String>,
    /// Where sidecars are injected.
    injection: Option<Injection>,
    /// Where the mesh's components are installed. Required.
    #[schema(value_type = Installation, required = true)]
    installation: Option<Installation>,
}

impl MeshBody {
    /// The order. Errors: 400 with the JSON path.
    pub fn spec(self) -> Result<MeshSpec, Error> {
        let api_version = self
            .api_version
            .ok_or_else(|| Error::required("apiVersion"))?;
        if api_version != API_VERSION {
            return Err(Error::at("apiVersion", "must be v1"));
        }
        let kind = self.kind.ok_or_else(|| Error::required("kind"))?;
        if !KINDS.contains(&kind.as_str()) {
            return Err(Error::at("kind", "must be Mesh or mesh"));
        }
        let metadata = self.metadata.ok_or_else(|| Error::required("metadata"))?;
        let name = metadata
            .name
            .ok_or_else(|| Error::required("metadata.name"))?;
        if !is_name(&name) {
            return Err(Error::at("metadata.name", names::NAME));
        }
        let spec = self.spec.ok_or_else(|| Error::required("spec"))?;
        let edition = spec.edition.ok_or_else(|| Error::required("spec.type"))?;
        if edition != EDITION {
            return Err(Error::at("spec.type", "must be InCluster"));
        }
        let version = spec.version.unwrap_or_else(|| NEWEST_VERSION.to_owned());
        if !is_version(&version) {
            return Err(Error::at("spec.version", names::VERSION));
        }
        let extended = spec
            .extend_params
            .ok_or_else(|| Error::required("spec.extendParams"))?;
        let clusters = extended.clusters.unwrap_or_default();
        if clusters.is_empty() {
            return Err(Error::required("spec.extendParams.clusters"));
        }
        for (n, tag) in spec.tags.iter().flatten().enumerate() {
            tag.check(n)?;
        }
        if let Some(config) = &spec.config {
            config.check()?;
        }
        let clusters = clusters.into_iter().enumerate();
        Ok(MeshSpec {
            kind,
            name,
            annotations: texts("metadata.annotations", metadata.annotations)?,
            labels: texts("metadata.labels", metadata.labels)?,
            edition,
            version,
            ipv6: spec.ipv6_enable,
            tags: spec.tags.as_ref().map(RawJson::new),
            config: spec.config.as_ref().map(RawJson::new),
            clusters: clusters
                .map(|(n, cluster)| cluster.cluster(n))
                .collect::<Result<_, _>>()?,
        })
    }
}

/// A map of texts, in the order it has.
fn texts(place: &str, map: Option<RawJson>) -> Result<Option<RawJson>, Error> {
    match map {
        Some(map) if map.read::<HashMap<String, String>>().is_err() => {
            Err(Error::at(place, "must be an object of texts"))
        }
        map => Ok(map),
    }
}

impl ClusterBody {
    fn cluster(self, n: usize) -> Result<Cluster, Error> {
        let place = format!("spec.extendParams.clusters[{n}]");
        let id = self.cluster_id.filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| Error::required(format_args!("{place}.clusterID")))?;
        let installation = self.installation;
        let installation =
            installation.ok_or_else(|| Error::required(format_args!("{place}.installation")))?;
        installation.check(&format!("{place}.installation"))?;
        if let Some(injection) = &self.injection {
            injection.check(&format!("{place}.injection"))?;
        }
        Ok(Cluster {
            id,
            project: self.project_id,
            installation: Some(RawJson::new(&installation)),
            injection: self.injection.as_ref().map(RawJson::new),
        })
    }
}

/// The items of a list, as they are written.
type MeshItems<'a> = StreamedArray<Box<dyn Iterator<Item = MeshView<'a>> + 'a>>;

/// A list of meshes.
#[derive(Serialize, ToSchema)]
#[schema(as = AsmMeshList)]
#[serde(rename_all = "camelCase")]
pub struct MeshList<'a> {
    /// Always `MeshList`.
    kind: &'static str,
    /// Always `v1`.
    api_version: &'static str,
    /// The meshes of the project, in the order they were created.
    #[schema(value_type = Vec<MeshView>)]
    items: MeshItems<'a>,
}

impl<'a> MeshList<'a> {
    /// A list of these.
    pub fn new(items: impl Iterator<Item = MeshView<'a>> + 'a) -> Self {
        Self {
            kind: "MeshList",
            api_version: API_VERSION,
            items: StreamedArray::new(Box::new(items)),
        }
    }
}

/// A mesh as it is answered. Annotations, labels and tags are not, as neither the documented answers nor the
/// service show them.
#[derive(Serialize, ToSchema)]
#[schema(as = AsmMesh)]
#[serde(rename_all = "camelCase")]
pub struct MeshView<'a> {
    /// `Mesh` or `mesh`, as it was ordered.
    kind: &'a str,
    /// Always `v1`.
    api_version: &'static str,
    /// What it is called.
    metadata: MeshMetadataView<'a>,
    /// What it is made of.
    spec: MeshSpecView<'a>,
    /// Where it stands.
    status: MeshStatusView,
}

/// What a mesh is called.
#[derive(Serialize, ToSchema)]
#[schema(as = AsmMeshMetadata)]
#[serde(rename_all = "camelCase")]
pub struct MeshMetadataView<'a> {
    /// Its name.
    name: &'a str,
    /// Its id.
    uid: &'a str,
    /// When it was created.
    creation_timestamp: &'a Timestamp,
}

/// What a mesh is made of.
#[derive(Serialize, ToSchema)]
#[schema(as = AsmMeshSpec)]
#[serde(rename_all = "camelCase")]
pub struct MeshSpecView<'a> {
    /// `InCluster`.
    #[serde(rename = "type")]
    edition: &'a str,
    /// The version of Istio.
    version: &'a str,
    /// Whether it supports IPv6; absent if it was not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    ipv6_enable: Option<bool>,
    /// How data plane and telemetry are set up; absent if it was not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MeshConfig, required = false)]
    config: Option<&'a RawJson>,
    /// Further parameters.
    extend_params: ExtendParamsView<'a>,
}

/// Further parameters.
#[derive(Serialize, ToSchema)]
#[schema(as = AsmMeshExtendParams)]
pub struct ExtendParamsView<'a> {
    /// The clusters in the mesh.
    clusters: Vec<ClusterView<'a>>,
}

/// A cluster in a mesh. Only the answer to creating the mesh tells more than its id.
#[derive(Serialize, ToSchema)]
#[schema(as = AsmMeshCluster)]
pub struct ClusterView<'a> {
    /// The cluster.
    #[serde(rename = "clusterID")]
    cluster_id: &'a str,
    /// The cluster's project.
    #[serde(rename = "projectID", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    project_id: Option<&'a str>,
    /// Where the mesh's components are installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Installation, required = false)]
    installation: Option<&'a RawJson>,
    /// Where sidecars are injected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Injection, required = false)]
    injection: Option<&'a RawJson>,
}

/// Where a mesh stands.
#[derive(Serialize, ToSchema)]
#[schema(as = AsmMeshStatus)]
#[serde(rename_all = "camelCase")]
pub struct MeshStatusView {
    /// `Running`, `Creating`, `CreateFailed`, `Deleting`, `DeleteFailed`, `Upgrading`, `UpgradeFailed`,
    /// `RollingBack` or `RollbackFailed`.
    phase: &'static str,
    /// When it was updated last; absent from the answer to creating the mesh.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Timestamp, required = false)]
    update_timestamp: Option<Timestamp>,
}

impl<'a> MeshView<'a> {
    /// What can be seen of a mesh at an instant, as lists and answers to showing it tell.
    pub fn new(id: &'a str, mesh: &'a Mesh, now: Millis) -> Self {
        let spec = &mesh.spec;
        let clusters = spec.clusters.iter().map(|cluster| ClusterView {
            cluster_id: &cluster.id,
            project_id: None,
            installation: None,
            injection: None,
        });
        // What is gone cannot be found, so this is only asked for by the command that let it go.
        let phase = mesh
            .phase(now)
            .unwrap_or(super::model::mesh::MeshPhase::Deleting);
        Self {
            kind: &spec.kind,
            api_version: API_VERSION,
            metadata: MeshMetadataView {
                name: &spec.name,
                uid: id,
                creation_timestamp: &mesh.created,
            },
            spec: MeshSpecView {
                edition: &spec.edition,
                version: &spec.version,
                ipv6_enable: spec.ipv6,
                config: spec.config.as_ref(),
                extend_params: ExtendParamsView {
                    clusters: clusters.collect(),
                },
            },
            status: MeshStatusView {
                phase: phase.as_str(),
                update_timestamp: Some(mesh.updated(now)),
            },
        }
    }

    /// A mesh as the answer to creating it tells: with its clusters as they were sent.
    pub fn created(id: &'a str, mesh: &'a Mesh, now: Millis) -> Self {
        let mut view = Self::new(id, mesh, now);
        let clusters = mesh.spec.clusters.iter().map(|cluster| ClusterView {
            cluster_id: &cluster.id,
            project_id: cluster.project.as_deref(),
            installation: cluster.installation.as_ref(),
            injection: cluster.injection.as_ref(),
        });
        view.spec.extend_params.clusters = clusters.collect();
        view.status = MeshStatusView {
            phase: super::model::mesh::MeshPhase::Creating.as_str(),
            update_timestamp: None,
        };
        view
    }

    /// A mesh as the answer to deleting it tells.
    pub fn deleted(id: &'a str, mesh: &'a Mesh, now: Millis) -> Self {
        let mut view = Self::new(id, mesh, now);
        view.status.phase = super::model::mesh::MeshPhase::Deleting.as_str();
        view
    }
}
