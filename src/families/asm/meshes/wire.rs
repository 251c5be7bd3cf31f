//! The requests and responses of meshes.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::model::mesh::{
    Cluster, EDITION, ExtendParams, Mesh, MeshDefinition, MeshPhase, MeshSpec, NEWEST_VERSION,
};
use super::model::mesh_config::{Injection, Installation, MeshConfig, Tag};
use crate::families::asm::fields::{check_name, check_version, ensure_like, fixed, required};
use crate::families::asm::timestamp::Timestamp;
use crate::http::json::RawJson;
use crate::http::response::StreamedArray;
use crate::sim::Millis;
use crate::world::fixture::ValidationError;

/// The fixed value of `apiVersion`.
pub const API_VERSION: &str = "v1";

/// A mesh to create.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmMeshBody))]
#[serde(rename_all = "camelCase")]
pub struct MeshBody {
    /// `v1`. Required.
    #[cfg_attr(test, schema(value_type = MeshApiVersion, required = true))]
    api_version: Option<String>,
    /// `Mesh`, or `mesh` as on another page. Required.
    #[cfg_attr(test, schema(value_type = MeshKind, required = true))]
    kind: Option<String>,
    /// Required.
    #[cfg_attr(test, schema(value_type = MeshMetadataBody, required = true))]
    metadata: Option<MeshMetadataBody>,
    /// Required.
    #[cfg_attr(test, schema(value_type = MeshSpecBody, required = true))]
    spec: Option<MeshSpecBody>,
    /// Has no effect.
    #[expect(dead_code, reason = "accepted, without effect")]
    #[cfg_attr(test, schema(value_type = RawJson, required = false))]
    status: Option<RawJson>,
}

/// The version of the API of meshes.
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmMeshApiVersion, rename_all = "lowercase"))]
#[expect(dead_code, reason = "only the schema uses it")]
enum MeshApiVersion {
    V1,
}

/// The kind of a mesh.
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmMeshKind))]
#[expect(dead_code, reason = "only the schema uses it")]
enum MeshKind {
    Mesh,
}

/// The type of a mesh.
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmMeshType))]
#[expect(dead_code, reason = "only the schema uses it")]
enum MeshType {
    InCluster,
}

/// The name and the labels of a mesh.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmMeshMetadataBody))]
#[serde(rename_all = "camelCase")]
pub struct MeshMetadataBody {
    /// Required: 4 to 64 lowercase letters, digits and hyphens, a letter first, no hyphen last.
    #[cfg_attr(test, schema(value_type = String, required = true, example = "mesh-test-api", pattern = "^[a-z][a-z0-9-]{2,62}[a-z0-9]$"))]
    name: Option<String>,
    /// Has no effect: the server assigns it.
    #[expect(dead_code, reason = "accepted, without effect")]
    uid: Option<String>,
    /// Annotations; accepted, but not shown in responses.
    #[cfg_attr(test, schema(value_type = Option<HashMap<String, String>>))]
    annotations: Option<RawJson>,
    /// Labels; accepted, but not shown in responses.
    #[cfg_attr(test, schema(value_type = Option<HashMap<String, String>>))]
    labels: Option<RawJson>,
    /// Has no effect: the server assigns it.
    #[expect(dead_code, reason = "accepted, without effect")]
    creation_timestamp: Option<String>,
}

/// The specification of a mesh.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmMeshSpecBody))]
#[serde(rename_all = "camelCase")]
pub struct MeshSpecBody {
    /// `InCluster`. Required.
    #[serde(rename = "type")]
    #[cfg_attr(test, schema(value_type = MeshType, required = true))]
    edition: Option<String>,
    /// The region, which the documented example has. Has no effect.
    #[expect(dead_code, reason = "accepted, without effect")]
    region: Option<String>,
    /// `vX.Y`, `vX.Y.Z` or `vX.Y.Z-rN`, with or without the `v`; the newest by default.
    #[cfg_attr(
        test,
        schema(
            example = "v1.18.7-r5",
            pattern = r"^v?[0-9]+\.[0-9]+(\.[0-9]+(-r[0-9]+)?)?$"
        )
    )]
    version: Option<String>,
    /// Required.
    #[cfg_attr(test, schema(value_type = ExtendParamsBody, required = true))]
    extend_params: Option<ExtendParamsBody>,
    /// True if the mesh supports IPv6.
    ipv6_enable: Option<bool>,
    /// Tags of the resource; accepted, but not shown in responses.
    tags: Option<Vec<Tag>>,
    /// The settings of data plane and telemetry.
    config: Option<MeshConfig>,
}

/// Further parameters.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmMeshExtendParamsBody))]
pub struct ExtendParamsBody {
    /// The clusters in the mesh. Required, at least one.
    #[cfg_attr(test, schema(value_type = Vec<ClusterBody>, required = true, min_items = 1))]
    clusters: Option<Vec<ClusterBody>>,
}

/// A cluster in a mesh.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmMeshClusterBody))]
pub struct ClusterBody {
    /// The cluster. Required.
    #[serde(rename = "clusterID")]
    #[cfg_attr(test, schema(value_type = String, required = true, min_length = 1))]
    cluster_id: Option<String>,
    /// The cluster's project, which older clients and Terraform send.
    #[serde(rename = "projectID")]
    project_id: Option<String>,
    /// The namespaces in which sidecars are injected.
    injection: Option<Injection>,
    /// The nodes on which the mesh's components are installed. Required.
    #[cfg_attr(test, schema(value_type = Installation, required = true))]
    installation: Option<Installation>,
}

impl MeshBody {
    /// Checks the request and takes the mesh's settings from it.
    pub fn definition(self) -> Result<MeshDefinition, ValidationError> {
        let api_version = required("apiVersion", self.api_version)?;
        fixed("apiVersion", Some(&api_version), API_VERSION)?;
        let kind = required("kind", self.kind)?;
        check_kind(&kind)?;
        let metadata = required("metadata", self.metadata)?;
        let name = required("metadata.name", metadata.name)?;
        check_name("metadata.name", &name)?;
        let spec = required("spec", self.spec)?.spec();
        let spec = spec.map_err(|error| error.nested_in("spec"))?;
        check_texts("metadata.annotations", metadata.annotations.as_ref())?;
        check_texts("metadata.labels", metadata.labels.as_ref())?;
        Ok(MeshDefinition {
            kind,
            name,
            annotations: metadata.annotations,
            labels: metadata.labels,
            spec,
        })
    }
}

impl MeshSpecBody {
    fn spec(self) -> Result<MeshSpec, ValidationError> {
        let edition = required("type", self.edition)?;
        fixed("type", Some(&edition), EDITION)?;
        let version = self.version.unwrap_or_else(|| NEWEST_VERSION.to_owned());
        check_version("version", &version)?;
        let clusters = required("extendParams", self.extend_params)?.clusters;
        let clusters = clusters.filter(|clusters| !clusters.is_empty());
        let clusters = required("extendParams.clusters", clusters)?;
        for (n, tag) in self.tags.iter().flatten().enumerate() {
            tag.check()
                .map_err(|error| error.nested_in(format_args!("tags[{n}]")))?;
        }
        if let Some(config) = &self.config {
            config.check().map_err(|error| error.nested_in("config"))?;
        }
        let clusters = clusters.into_iter().enumerate().map(|(n, cluster)| {
            cluster
                .cluster()
                .map_err(|error| error.nested_in(format_args!("extendParams.clusters[{n}]")))
        });
        Ok(MeshSpec {
            edition: Some(edition),
            version: Some(version),
            ipv6_enable: self.ipv6_enable,
            tags: self.tags.as_ref().map(RawJson::new),
            config: self.config.as_ref().map(RawJson::new),
            extend_params: ExtendParams {
                clusters: clusters.collect::<Result<_, _>>()?,
            },
        })
    }
}

impl ClusterBody {
    fn cluster(self) -> Result<Cluster, ValidationError> {
        let id = self.cluster_id.filter(|id| !id.is_empty());
        let id = required("clusterID", id)?;
        let installation = required("installation", self.installation)?;
        installation
            .check()
            .map_err(|error| error.nested_in("installation"))?;
        if let Some(injection) = &self.injection {
            injection
                .check()
                .map_err(|error| error.nested_in("injection"))?;
        }
        Ok(Cluster {
            id,
            project: self.project_id,
            installation: Some(RawJson::new(&installation)),
            injection: self.injection.as_ref().map(RawJson::new),
        })
    }
}

/// Checks the kind of a mesh, which the documents spell in two ways.
pub fn check_kind(kind: &str) -> Result<(), ValidationError> {
    let is_kind = matches!(kind, "Mesh" | "mesh");
    ensure_like(is_kind, "kind", "must be Mesh or mesh", kind)
}

fn check_texts(path: &str, map: Option<&RawJson>) -> Result<(), ValidationError> {
    let texts = map
        .map(RawJson::read::<HashMap<String, String>>)
        .transpose();
    texts.map(|_| ()).map_err(|error| error.nested_in(path))
}

type MeshItems<'a> = StreamedArray<Box<dyn Iterator<Item = MeshView<'a>> + 'a>>;

/// A list of meshes.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmMeshList))]
#[serde(rename_all = "camelCase")]
pub struct MeshList<'a> {
    /// Always `MeshList`.
    kind: &'static str,
    /// Always `v1`.
    api_version: &'static str,
    /// The meshes of the project, oldest first.
    #[cfg_attr(test, schema(value_type = Vec<MeshView>))]
    items: MeshItems<'a>,
}

impl<'a> MeshList<'a> {
    pub fn new(items: impl Iterator<Item = MeshView<'a>> + 'a) -> Self {
        Self {
            kind: "MeshList",
            api_version: API_VERSION,
            items: StreamedArray::new(Box::new(items)),
        }
    }
}

/// A mesh. Annotations, labels, tags and the settings of clusters are omitted, as in the documented responses and in
/// those of the service.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmMesh))]
#[serde(rename_all = "camelCase")]
pub struct MeshView<'a> {
    /// `Mesh` or `mesh`, as in the request.
    kind: &'a str,
    /// Always `v1`.
    api_version: &'static str,
    /// The name, the id and the creation time.
    metadata: MeshMetadataView<'a>,
    /// The specification.
    spec: MeshSpecView<'a>,
    /// The status.
    status: MeshStatusView,
}

/// The name, the id and the creation time of a mesh.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmMeshMetadata))]
#[serde(rename_all = "camelCase")]
pub struct MeshMetadataView<'a> {
    /// The name.
    name: &'a str,
    /// The id.
    uid: &'a str,
    /// The creation time.
    creation_timestamp: &'a Timestamp,
}

/// The specification of a mesh.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmMeshSpec))]
#[serde(rename_all = "camelCase")]
pub struct MeshSpecView<'a> {
    /// `InCluster`.
    #[serde(rename = "type")]
    edition: &'a str,
    /// The version of Istio.
    version: &'a str,
    /// True if the mesh supports IPv6; absent if the request did not specify it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = bool, required = false))]
    ipv6_enable: Option<bool>,
    /// The settings of data plane and telemetry; absent if the request did not specify them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = MeshConfig, required = false))]
    config: Option<&'a RawJson>,
    /// Further parameters.
    extend_params: ExtendParamsView<'a>,
}

/// Further parameters.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmMeshExtendParams))]
pub struct ExtendParamsView<'a> {
    /// The clusters in the mesh.
    clusters: Vec<ClusterView<'a>>,
}

/// A cluster in a mesh: its id alone, as in the documented responses.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmMeshCluster))]
pub struct ClusterView<'a> {
    /// The cluster.
    #[serde(rename = "clusterID")]
    cluster_id: &'a str,
}

/// The status of a mesh.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmMeshStatus))]
#[serde(rename_all = "camelCase")]
pub struct MeshStatusView {
    /// The phase. Those of upgrades and rollbacks come from fixtures only.
    phase: MeshPhase,
    /// The time of the last update; absent from the response to creating the mesh.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Timestamp, required = false))]
    update_timestamp: Option<Timestamp>,
}

impl<'a> MeshView<'a> {
    /// The mesh as lists and the operation that shows it describe it.
    pub fn new(id: &'a str, mesh: &'a Mesh, now: Millis) -> Self {
        let spec = &mesh.definition.spec;
        let clusters = spec.extend_params.clusters.iter();
        let clusters = clusters.map(|cluster| ClusterView {
            cluster_id: &cluster.id,
        });
        Self {
            kind: &mesh.definition.kind,
            api_version: API_VERSION,
            metadata: MeshMetadataView {
                name: &mesh.definition.name,
                uid: id,
                creation_timestamp: &mesh.created,
            },
            spec: MeshSpecView {
                edition: spec.edition.as_deref().unwrap_or(EDITION),
                version: spec.version.as_deref().unwrap_or(NEWEST_VERSION),
                ipv6_enable: spec.ipv6_enable,
                config: spec.config.as_ref(),
                extend_params: ExtendParamsView {
                    clusters: clusters.collect(),
                },
            },
            status: MeshStatusView {
                // Only the response to a deletion shows a mesh that is already deleted.
                phase: mesh.phase(now).unwrap_or(MeshPhase::Deleting),
                update_timestamp: Some(mesh.updated(now)),
            },
        }
    }

    /// The response to creating the mesh.
    pub fn created(id: &'a str, mesh: &'a Mesh, now: Millis) -> Self {
        let mut view = Self::new(id, mesh, now);
        view.status = MeshStatusView {
            phase: MeshPhase::Creating,
            update_timestamp: None,
        };
        view
    }

    /// The response to deleting the mesh.
    pub fn deleted(id: &'a str, mesh: &'a Mesh, now: Millis) -> Self {
        let mut view = Self::new(id, mesh, now);
        view.status.phase = MeshPhase::Deleting;
        view
    }
}
