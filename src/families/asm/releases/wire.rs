//! The requests and responses of releases.

#[cfg(test)]
use std::borrow::Cow;

use serde::{Deserialize, Serialize};
#[cfg(test)]
use serde_json::json;
#[cfg(test)]
use utoipa::openapi::{Ref, RefOr, Schema};
#[cfg(test)]
use utoipa::{PartialSchema, ToSchema};

use super::model::images::{self, ImageUpdate};
use super::model::release::{Release, ReleaseUpdate, Termination};
use super::model::spec::{GrayWorkload, ReleaseFields, ReleaseSpec, unknown_deployment};
use crate::families::asm::fields::{check_name, ensure, fixed, required};
use crate::families::asm::timestamp::Timestamp;
#[cfg(test)]
use crate::http::attributes::derived_schema::with_required;
use crate::http::json::RawJson;
use crate::http::response::StreamedArray;
use crate::sim::Millis;
use crate::world::fixture::ValidationError;

/// The fixed value of `kind`.
pub const KIND: &str = "Release";

/// The fixed value of `apiVersion`.
pub const API_VERSION: &str = "asm/v2";

/// A release task to create or to update. `metadata.uid` and `status` have no effect: the server assigns them.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmReleaseBody))]
#[serde(rename_all = "camelCase")]
pub struct ReleaseBody {
    /// `Release`, if given.
    #[cfg_attr(test, schema(value_type = Option<ReleaseKind>))]
    kind: Option<String>,
    /// `asm/v2`, if given.
    #[cfg_attr(test, schema(value_type = Option<ReleaseApiVersion>))]
    api_version: Option<String>,
    /// Required on create.
    metadata: Option<MetadataBody>,
    /// Required on create. An update uses only `version` and the images of `grayDeployments`.
    spec: Option<SpecBody>,
    /// Has no effect. Accepted so that a task can be sent in the shape of a response.
    #[expect(dead_code, reason = "accepted, without effect")]
    #[cfg_attr(test, schema(value_type = RawJson, required = false))]
    status: Option<RawJson>,
}

/// The kind of a release task.
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmReleaseKind))]
#[expect(dead_code, reason = "only the schema uses it")]
enum ReleaseKind {
    Release,
}

/// The version of the API of release tasks.
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmReleaseApiVersion))]
#[expect(dead_code, reason = "only the schema uses it")]
enum ReleaseApiVersion {
    #[cfg_attr(test, schema(rename = "asm/v2"))]
    AsmV2,
}

/// The name of a release task.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmReleaseMetadataBody))]
pub struct MetadataBody {
    /// The mesh in the path, if given.
    #[serde(rename = "meshID")]
    mesh_id: Option<String>,
    /// Required on create: 4 to 64 lowercase letters, digits and hyphens, a letter first, no hyphen last.
    #[cfg_attr(
        test,
        schema(example = "reviews-v2", pattern = "^[a-z][a-z0-9-]{2,62}[a-z0-9]$")
    )]
    name: Option<String>,
    /// Has no effect: the server assigns it.
    #[expect(dead_code, reason = "accepted, without effect")]
    uid: Option<String>,
    /// The namespace in the path, if given.
    namespace: Option<String>,
}

/// The specification of a release task.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmReleaseSpecBody))]
pub struct SpecBody {
    /// The Kubernetes Service. Required on create.
    #[serde(rename = "serviceName")]
    service_name: Option<String>,
    /// The cluster of the original workload.
    #[serde(rename = "clusterID")]
    cluster_id: Option<String>,
    /// The original workload, a Deployment.
    #[serde(rename = "deploymentName")]
    deployment_name: Option<String>,
    /// The label of the grayscale version.
    version: Option<String>,
    /// Any non-empty text; `canary` by default.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// The grayscale workloads, at least one on create.
    #[serde(rename = "grayDeployments")]
    gray_deployments: Option<Vec<GrayBody>>,
}

/// A grayscale workload.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmGrayWorkloadBody))]
pub struct GrayBody {
    /// The cluster it runs in.
    #[serde(rename = "clusterID")]
    cluster_id: Option<String>,
    /// A Kubernetes Deployment, stored byte for byte; `{}` if absent. On create at least one workload must have
    /// one.
    #[cfg_attr(test, schema(value_type = Option<Object>))]
    template: Option<RawJson>,
}

/// The schema of a request that creates a release: [`ReleaseBody`] with its required fields.
#[derive(Debug)]
pub struct CreateReleaseBody;

/// The name of the schema of the metadata of a release to create.
#[cfg(test)]
const CREATE_METADATA: &str = "AsmReleaseOrderMetadata";

/// The name of the schema of the specification of a release to create.
#[cfg(test)]
const CREATE_SPEC: &str = "AsmReleaseOrderSpec";

#[cfg(test)]
impl PartialSchema for CreateReleaseBody {
    fn schema() -> RefOr<Schema> {
        let fields = json!({
            "metadata": Ref::from_schema_name(CREATE_METADATA),
            "spec": Ref::from_schema_name(CREATE_SPEC),
        });
        with_required::<ReleaseBody>("A release task to create.", &["metadata", "spec"], &fields)
    }
}

#[cfg(test)]
impl ToSchema for CreateReleaseBody {
    fn name() -> Cow<'static, str> {
        "AsmReleaseOrder".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        let metadata = with_required::<MetadataBody>(
            "The name of a release task to create.",
            &["name"],
            &json!({}),
        );
        let spec = with_required::<SpecBody>(
            "The specification of a release task to create.",
            &["serviceName", "grayDeployments"],
            &json!({
                "serviceName": {"minLength": 1},
                "type": {"minLength": 1},
                "grayDeployments": {"minItems": 1},
            }),
        );
        schemas.push((CREATE_METADATA.to_owned(), metadata));
        schemas.push((CREATE_SPEC.to_owned(), spec));
        ReleaseBody::schemas(schemas);
    }
}

impl ReleaseBody {
    /// Checks a request to create a task in a namespace of a mesh, and takes the specification from it.
    pub fn spec(self, mesh: &str, namespace: &str) -> Result<ReleaseSpec, ValidationError> {
        self.check_target(mesh, namespace)?;
        let metadata = required("metadata", self.metadata)?;
        let name = required("metadata.name", metadata.name)?;
        check_name("metadata.name", &name)?;
        let spec = required("spec", self.spec)?;
        let service = spec.service_name.filter(|service| !service.is_empty());
        let service = required("spec.serviceName", service)?;
        let has_kind = spec.kind.as_deref() != Some("");
        ensure(has_kind, "spec.type", "must not be empty")?;
        let gray = spec.gray_deployments.filter(|gray| !gray.is_empty());
        let gray = required("spec.grayDeployments", gray)?;
        let template = gray.iter().find_map(|gray| gray.template.as_ref());
        required("spec.grayDeployments[0].template", template)?;
        let gray = gray.into_iter().enumerate().map(|(n, gray)| {
            gray.check()
                .map_err(|error| error.nested_in(format_args!("spec.grayDeployments[{n}]")))?;
            Ok::<_, ValidationError>(GrayWorkload {
                cluster: gray.cluster_id.unwrap_or_default().into(),
                template: gray.template.unwrap_or_else(unknown_deployment),
            })
        });
        let fields = ReleaseFields {
            service,
            cluster: spec.cluster_id.unwrap_or_default(),
            deployment: spec.deployment_name.unwrap_or_default(),
            version: spec.version.unwrap_or_default(),
            kind: spec.kind,
            gray: gray.collect::<Result<_, _>>()?,
        };
        Ok(ReleaseSpec::new(&name, fields))
    }

    /// Checks a request to update a task in a namespace of a mesh, and takes the changes from it.
    pub fn update(self, mesh: &str, namespace: &str) -> Result<ReleaseUpdate, ValidationError> {
        self.check_target(mesh, namespace)?;
        let spec = self.spec.unwrap_or_default();
        let gray = spec.gray_deployments.unwrap_or_default();
        let images = gray.into_iter().enumerate().map(|(n, gray)| {
            gray.images()
                .map_err(|error| error.nested_in(format_args!("spec.grayDeployments[{n}]")))
        });
        Ok(ReleaseUpdate {
            name: self.metadata.and_then(|metadata| metadata.name),
            version: spec.version,
            images: images.collect::<Result<_, _>>()?,
            service: spec.service_name,
            cluster: spec.cluster_id,
            deployment: spec.deployment_name,
            kind: spec.kind,
        })
    }

    /// Checks the fixed values, and that body and path agree.
    fn check_target(&self, mesh: &str, namespace: &str) -> Result<(), ValidationError> {
        fixed("kind", self.kind.as_deref(), KIND)?;
        fixed("apiVersion", self.api_version.as_deref(), API_VERSION)?;
        let Some(metadata) = &self.metadata else {
            return Ok(());
        };
        fixed("metadata.meshID", metadata.mesh_id.as_deref(), mesh)?;
        let own_namespace = metadata.namespace.as_deref();
        fixed("metadata.namespace", own_namespace, namespace)
    }
}

impl GrayBody {
    fn check(&self) -> Result<(), ValidationError> {
        RawJson::require_object("template", self.template.as_ref())
    }

    fn images(&self) -> Result<Vec<ImageUpdate>, ValidationError> {
        self.check()?;
        let template = self.template.as_ref();
        template.map_or_else(
            || Ok(Vec::new()),
            |template| images::updates_in(template).map_err(|error| error.nested_in("template")),
        )
    }
}

/// The query of a request that removes a release task.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub struct DeleteQuery {
    /// `cancel` keeps the original version, `end` (or `finish`) the grayscale one; case-insensitive. The documents
    /// describe both actions but not their names.
    #[cfg_attr(test, param(value_type = ReleaseEnding, inline, required = true, example = "cancel"))]
    action: Option<String>,
}

/// The action that removes a release task.
#[cfg_attr(test, derive(utoipa::ToSchema), schema(rename_all = "lowercase"))]
#[expect(dead_code, reason = "only the schema uses it")]
enum ReleaseEnding {
    Cancel,
    End,
    Finish,
}

impl DeleteQuery {
    pub fn termination(&self) -> Result<Termination, ValidationError> {
        let action = self.action.as_deref().map(str::to_ascii_lowercase);
        match action.as_deref() {
            Some("cancel") => Ok(Termination::Cancel),
            Some("end" | "finish") => Ok(Termination::End),
            Some(other) => {
                let expected = "must be cancel or end";
                let actual = format_args!("{other:?}");
                Err(ValidationError::unlike("action", expected, actual))
            }
            None => Err(ValidationError::new("action", "is required: cancel or end")),
        }
    }
}

type ReleaseItems<'a> = StreamedArray<Box<dyn Iterator<Item = ReleaseView<'a>> + 'a>>;

/// A list of release tasks.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmReleaseList))]
#[serde(rename_all = "camelCase")]
pub struct ReleaseList<'a> {
    /// Always `ReleaseList`.
    kind: &'static str,
    /// Always `asm/v2`.
    api_version: &'static str,
    /// The tasks in all namespaces of the mesh, oldest first.
    #[cfg_attr(test, schema(value_type = Vec<ReleaseView>))]
    items: ReleaseItems<'a>,
}

impl<'a> ReleaseList<'a> {
    pub fn new(items: impl Iterator<Item = ReleaseView<'a>> + 'a) -> Self {
        Self {
            kind: "ReleaseList",
            api_version: API_VERSION,
            items: StreamedArray::new(Box::new(items)),
        }
    }
}

/// A release task.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmRelease))]
#[serde(rename_all = "camelCase")]
pub struct ReleaseView<'a> {
    /// Always `Release`.
    kind: &'static str,
    /// Always `asm/v2`.
    api_version: &'static str,
    /// The mesh, the namespace, the name and the id.
    metadata: MetadataView<'a>,
    /// The specification.
    spec: SpecView<'a>,
    /// The status.
    status: StatusView<'a>,
}

/// The mesh, the namespace, the name and the id of a release task.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmReleaseMetadata))]
pub struct MetadataView<'a> {
    /// The mesh.
    #[serde(rename = "meshID")]
    mesh_id: &'a str,
    /// The name.
    name: &'a str,
    /// The id, a UUID.
    uid: &'a str,
    /// The namespace.
    namespace: &'a str,
}

/// The specification of a release task.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmReleaseSpec))]
pub struct SpecView<'a> {
    /// The Kubernetes Service.
    #[serde(rename = "serviceName")]
    service_name: &'a str,
    /// The cluster of the original workload, or an empty text.
    #[serde(rename = "clusterID")]
    cluster_id: &'a str,
    /// The original workload, or an empty text.
    #[serde(rename = "deploymentName")]
    deployment_name: &'a str,
    /// The label of the grayscale version, or an empty text. The English page calls it a mesh version, the Chinese
    /// one the version number of the task.
    version: &'a str,
    /// The type, as in the request.
    #[serde(rename = "type")]
    kind: &'a str,
    /// The grayscale workloads.
    #[serde(rename = "grayDeployments")]
    gray_deployments: Vec<GrayView<'a>>,
}

/// A grayscale workload.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmGrayWorkload))]
pub struct GrayView<'a> {
    /// The cluster it runs in, or an empty text.
    #[serde(rename = "clusterID")]
    cluster_id: &'a str,
    /// A Kubernetes Deployment.
    #[cfg_attr(test, schema(value_type = Object))]
    template: &'a RawJson,
}

/// The status of a release task.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = AsmReleaseStatus))]
#[serde(rename_all = "camelCase")]
pub struct StatusView<'a> {
    /// `Creating`, `Running`, `Failed` (the documents list no values), or the phase in a fixture.
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("inferred")))))]
    phase: &'a str,
    /// The start time.
    start_time: &'a Timestamp,
    /// The time of the last update.
    update_time: Timestamp,
    /// The original workload, a Deployment; `{}` if unknown.
    #[cfg_attr(test, schema(value_type = Object))]
    deployment: &'a RawJson,
    /// The running grayscale workloads, each a Deployment.
    #[cfg_attr(test, schema(value_type = Vec<Object>))]
    gray_deployments: Vec<&'a RawJson>,
}

impl<'a> ReleaseView<'a> {
    pub fn new(mesh: &'a str, uid: &'a str, release: &'a Release, now: Millis) -> Self {
        let spec = &release.spec;
        let gray_deployments = spec.gray.iter().map(|gray| GrayView {
            cluster_id: &gray.cluster,
            template: &gray.template,
        });
        Self {
            kind: KIND,
            api_version: API_VERSION,
            metadata: MetadataView {
                mesh_id: mesh,
                name: spec.name(),
                uid,
                namespace: &release.namespace,
            },
            spec: SpecView {
                service_name: spec.service(),
                cluster_id: spec.cluster(),
                deployment_name: spec.deployment(),
                version: spec.version(),
                kind: spec.kind(),
                gray_deployments: gray_deployments.collect(),
            },
            status: StatusView {
                phase: release.phase(now),
                start_time: &release.started,
                update_time: release.updated(now),
                deployment: release.original(),
                gray_deployments: release.deployed(),
            },
        }
    }

    /// The same task in another phase, for the response to a command.
    pub fn in_phase(mut self, phase: &'a str) -> Self {
        self.status.phase = phase;
        self
    }
}
