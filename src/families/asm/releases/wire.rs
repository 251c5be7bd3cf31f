//! Releases as requests and answers spell them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{AllOfBuilder, ArrayBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::model::images::{self, ImageUpdate};
use super::model::release::{ImmutableFields, NOTHING, Release, ReleaseUpdate, Termination};
use super::model::spec::{GrayWorkload, ReleaseFields, ReleaseSpec};
use crate::families::asm::error::Error;
use crate::families::asm::names::{self, is_name};
use crate::families::asm::timestamp::Timestamp;
use crate::http::json::RawJson;
use crate::http::response::StreamedArray;
use crate::sim::Millis;

/// The fixed value of `kind`.
pub const KIND: &str = "Release";

/// The fixed value of `apiVersion`.
pub const API_VERSION: &str = "asm/v2";

/// A release task as it is sent, for creating and for updating. What is the server's (`metadata.uid`,
/// `status`) has no effect.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = AsmReleaseBody)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseBody {
    /// `Release`, if given.
    #[schema(example = "Release", pattern = "^Release$")]
    kind: Option<String>,
    /// `asm/v2`, if given.
    #[schema(example = "asm/v2", pattern = "^asm/v2$")]
    api_version: Option<String>,
    /// Required on create.
    metadata: Option<MetadataBody>,
    /// Required on create. An update takes `version` and the images of `grayDeployments` from it.
    spec: Option<SpecBody>,
    /// Has no effect; taken so that a task can be sent as it was answered.
    #[expect(dead_code, reason = "it is known, and has no effect")]
    #[schema(value_type = RawJson, required = false)]
    status: Option<RawJson>,
}

/// What a release task is called.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = AsmReleaseMetadataBody)]
pub struct MetadataBody {
    /// The mesh of the path, if given.
    #[serde(rename = "meshID")]
    mesh_id: Option<String>,
    /// Required on create: 4 to 64 lowercase letters, digits and hyphens, a letter first, no hyphen last.
    #[schema(example = "reviews-v2", pattern = "^[a-z][a-z0-9-]{2,62}[a-z0-9]$")]
    name: Option<String>,
    /// Has no effect: the server gives it.
    #[expect(dead_code, reason = "it is known, and has no effect")]
    uid: Option<String>,
    /// The namespace of the path, if given.
    namespace: Option<String>,
}

/// What is released.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = AsmReleaseSpecBody)]
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
    /// Any text that is not empty; `canary` if absent.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// The grayscale workloads; on create at least one.
    #[serde(rename = "grayDeployments")]
    gray_deployments: Option<Vec<GrayBody>>,
}

/// A grayscale workload.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = AsmGrayWorkloadBody)]
pub struct GrayBody {
    /// The cluster it runs in.
    #[serde(rename = "clusterID")]
    cluster_id: Option<String>,
    /// A Kubernetes Deployment, kept byte for byte. On create at least one workload must have one; `{}` if
    /// absent.
    #[schema(value_type = Option<Object>)]
    template: Option<RawJson>,
}

/// The schema of a creation's body: [`ReleaseBody`], and what it must have then.
#[derive(Debug)]
pub struct CreateReleaseBody;

impl PartialSchema for CreateReleaseBody {
    fn schema() -> RefOr<Schema> {
        let object = || ObjectBuilder::new().schema_type(Type::Object);
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let gray = ArrayBuilder::new()
            .items(RefOr::Ref(Ref::from_schema_name(GrayBody::name())))
            .min_items(Some(1));
        let metadata = object().required("name").property("name", text());
        let kind = text()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .min_length(Some(1));
        let spec = object()
            .required("serviceName")
            .required("grayDeployments")
            .property("serviceName", text().min_length(Some(1)))
            .property("type", kind)
            .property("grayDeployments", gray);
        let needed = object()
            .required("metadata")
            .required("spec")
            .property("metadata", metadata)
            .property("spec", spec);
        AllOfBuilder::new()
            .item(Ref::from_schema_name(ReleaseBody::name()))
            .item(needed)
            .description(Some("A release task to create"))
            .into()
    }
}

impl ToSchema for CreateReleaseBody {
    fn name() -> Cow<'static, str> {
        "AsmReleaseOrder".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((ReleaseBody::name().into_owned(), ReleaseBody::schema()));
        ReleaseBody::schemas(schemas);
    }
}

impl ReleaseBody {
    /// The order for a task in a namespace of a mesh. Errors: 400 with the JSON path.
    pub fn spec(self, mesh: &str, namespace: &str) -> Result<ReleaseSpec, Error> {
        self.check_frame(mesh, namespace)?;
        let metadata = self.metadata.ok_or_else(|| Error::required("metadata"))?;
        let name = metadata
            .name
            .ok_or_else(|| Error::required("metadata.name"))?;
        if !is_name(&name) {
            return Err(Error::at("metadata.name", names::NAME));
        }
        let spec = self.spec.ok_or_else(|| Error::required("spec"))?;
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        let service =
            filled(spec.service_name).ok_or_else(|| Error::required("spec.serviceName"))?;
        if spec.kind.as_deref() == Some("") {
            return Err(Error::at("spec.type", "must not be empty"));
        }
        let gray = spec.gray_deployments.unwrap_or_default();
        if gray.is_empty() {
            return Err(Error::required("spec.grayDeployments"));
        }
        if gray.iter().all(|gray| gray.template.is_none()) {
            return Err(Error::required("spec.grayDeployments[0].template"));
        }
        let gray = gray.into_iter().enumerate().map(|(n, gray)| gray.gray(n));
        let said = ReleaseFields {
            name,
            service,
            cluster: spec.cluster_id.unwrap_or_default(),
            deployment: spec.deployment_name.unwrap_or_default(),
            version: spec.version.unwrap_or_default(),
            kind: spec.kind,
        };
        Ok(ReleaseSpec::new(&said, gray.collect::<Result<_, _>>()?))
    }

    /// What an update asks for, and the name of the task it is meant for, if it says. Errors: 400 with the
    /// JSON path.
    pub fn change(
        self,
        mesh: &str,
        namespace: &str,
    ) -> Result<(Option<String>, ReleaseUpdate), Error> {
        self.check_frame(mesh, namespace)?;
        let spec = self.spec.unwrap_or_default();
        let gray = spec.gray_deployments.unwrap_or_default();
        let images = gray.into_iter().enumerate().map(|(n, gray)| gray.images(n));
        let change = ReleaseUpdate {
            version: spec.version,
            images: images.collect::<Result<_, _>>()?,
            immutable: ImmutableFields {
                service: spec.service_name,
                cluster: spec.cluster_id,
                deployment: spec.deployment_name,
                kind: spec.kind,
            },
        };
        Ok((self.metadata.unwrap_or_default().name, change))
    }

    /// What holds of every request: fixed values are these, and body and path agree.
    fn check_frame(&self, mesh: &str, namespace: &str) -> Result<(), Error> {
        let metadata = self.metadata.as_ref();
        let agreed = [
            ("kind", self.kind.as_ref(), KIND),
            ("apiVersion", self.api_version.as_ref(), API_VERSION),
            (
                "metadata.meshID",
                metadata.and_then(|metadata| metadata.mesh_id.as_ref()),
                mesh,
            ),
            (
                "metadata.namespace",
                metadata.and_then(|metadata| metadata.namespace.as_ref()),
                namespace,
            ),
        ];
        for (place, said, must) in agreed {
            if said.is_some_and(|said| said != must) {
                return Err(Error::at(place, format_args!("must be {must}")));
            }
        }
        Ok(())
    }
}

impl GrayBody {
    fn gray(self, n: usize) -> Result<GrayWorkload, Error> {
        let template = self.template.unwrap_or_else(|| NOTHING.clone());
        if !template.is_object() {
            let place = format_args!("spec.grayDeployments[{n}].template");
            return Err(Error::at(place, "must be an object"));
        }
        Ok(GrayWorkload {
            cluster: self.cluster_id.unwrap_or_default().into(),
            template,
        })
    }

    fn images(self, n: usize) -> Result<Vec<ImageUpdate>, Error> {
        let place = format!("spec.grayDeployments[{n}].template");
        let Some(template) = self.template else {
            return Ok(Vec::new());
        };
        if !template.is_object() {
            return Err(Error::at(place, "must be an object"));
        }
        images::updates_in(&template)
            .map_err(|error| Error::invalid(error.nested_in(place).to_string()))
    }
}

/// How a release task is to be taken away.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeleteQuery {
    /// `cancel` keeps the original version, `end` (or `finish`) the grayscale one; in any case of letters.
    /// The documents describe the two and print no words for them.
    #[param(value_type = String, required = true, example = "cancel",
        pattern = "^([Cc][Aa][Nn][Cc][Ee][Ll]|[Ee][Nn][Dd]|[Ff][Ii][Nn][Ii][Ss][Hh])$")]
    action: Option<String>,
}

impl DeleteQuery {
    /// The ending. Errors: 400 for none or another word.
    pub fn termination(&self) -> Result<Termination, Error> {
        let action = self.action.as_deref();
        let action = action.ok_or_else(|| Error::at("action", "is required: cancel or end"))?;
        match action.to_ascii_lowercase().as_str() {
            "cancel" => Ok(Termination::Cancel),
            "end" | "finish" => Ok(Termination::End),
            _ => Err(Error::at("action", "must be cancel or end")),
        }
    }
}

/// The items of a list, as they are written.
type ReleaseItems<'a> = StreamedArray<Box<dyn Iterator<Item = ReleaseView<'a>> + 'a>>;

/// A list of release tasks.
#[derive(Serialize, ToSchema)]
#[schema(as = AsmReleaseList)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseList<'a> {
    /// Always `ReleaseList`.
    kind: &'static str,
    /// Always `asm/v2`.
    api_version: &'static str,
    /// The tasks of all namespaces of the mesh, in the order they came.
    #[schema(value_type = Vec<ReleaseView>)]
    items: ReleaseItems<'a>,
}

impl<'a> ReleaseList<'a> {
    /// A list of these.
    pub fn new(items: impl Iterator<Item = ReleaseView<'a>> + 'a) -> Self {
        Self {
            kind: "ReleaseList",
            api_version: API_VERSION,
            items: StreamedArray::new(Box::new(items)),
        }
    }
}

/// A release task as it is answered.
#[derive(Serialize, ToSchema)]
#[schema(as = AsmRelease)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseView<'a> {
    /// Always `Release`.
    kind: &'static str,
    /// Always `asm/v2`.
    api_version: &'static str,
    /// What it is called.
    metadata: MetadataView<'a>,
    /// What is released.
    spec: SpecView<'a>,
    /// Where it stands.
    status: StatusView<'a>,
}

/// What a release task is called.
#[derive(Serialize, ToSchema)]
#[schema(as = AsmReleaseMetadata)]
pub struct MetadataView<'a> {
    /// The mesh it belongs to.
    #[serde(rename = "meshID")]
    mesh_id: &'a str,
    /// Its name.
    name: &'a str,
    /// Its id, a uuid.
    uid: &'a str,
    /// Its namespace.
    namespace: &'a str,
}

/// What is released.
#[derive(Serialize, ToSchema)]
#[schema(as = AsmReleaseSpec)]
pub struct SpecView<'a> {
    /// The Kubernetes Service.
    #[serde(rename = "serviceName")]
    service_name: &'a str,
    /// The cluster of the original workload; empty if it was not said.
    #[serde(rename = "clusterID")]
    cluster_id: &'a str,
    /// The original workload; empty if it was not said.
    #[serde(rename = "deploymentName")]
    deployment_name: &'a str,
    /// The label of the grayscale version; empty if it was not said. The English page calls it a mesh
    /// version, the Chinese one the version number of the task.
    version: &'a str,
    /// The type, as it was sent.
    #[serde(rename = "type")]
    kind: &'a str,
    /// The grayscale workloads.
    #[serde(rename = "grayDeployments")]
    gray_deployments: Vec<GrayView<'a>>,
}

/// A grayscale workload.
#[derive(Serialize, ToSchema)]
#[schema(as = AsmGrayWorkload)]
pub struct GrayView<'a> {
    /// The cluster it runs in; empty if it was not said.
    #[serde(rename = "clusterID")]
    cluster_id: &'a str,
    /// A Kubernetes Deployment.
    #[schema(value_type = Object)]
    template: &'a RawJson,
}

/// Where a release task stands.
#[derive(Serialize, ToSchema)]
#[schema(as = AsmReleaseStatus)]
#[serde(rename_all = "camelCase")]
pub struct StatusView<'a> {
    /// `Creating`, `Running` or `Failed` (a guess: the documents list no values), or what a fixture said.
    phase: &'a str,
    /// When it was started.
    start_time: &'a Timestamp,
    /// When it was updated last.
    update_time: Timestamp,
    /// The original workload, a Deployment; `{}` if it is not known.
    #[schema(value_type = Object)]
    deployment: &'a RawJson,
    /// The grayscale workloads as they run: bare Deployments.
    #[schema(value_type = Vec<Object>)]
    gray_deployments: Vec<&'a RawJson>,
}

impl<'a> ReleaseView<'a> {
    /// What can be seen of a task at an instant.
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
                phase: release.phase(now).as_str(),
                start_time: &release.started,
                update_time: release.updated(now),
                deployment: release.original(),
                gray_deployments: release.deployed().collect(),
            },
        }
    }

    /// The same in the phase that a command answers, whatever comes at the same instant.
    #[must_use]
    pub fn in_phase(mut self, phase: super::model::release::ReleasePhase<'a>) -> Self {
        self.status.phase = phase.as_str();
        self
    }
}
