//! The specification of a release task, in little memory, since there may be very many.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, Serialize};

use crate::http::json::RawJson;
use crate::sim::heap::heap_of;
use crate::sim::pack::{Pack, Packer, UnpackError, Unpacker, pack_structs};

/// The default type of a release task. The documents list no values; the manual describes canary and blue-green
/// releases.
const DEFAULT_KIND: &str = "canary";

/// An unknown Deployment, `{}`.
pub static UNKNOWN_DEPLOYMENT: LazyLock<RawJson> =
    LazyLock::new(|| RawJson::new(&BTreeMap::<&str, &str>::new()));

/// The number of texts in a specification.
const N_TEXTS: usize = 6;

/// The specification of a release task, with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct ReleaseSpec {
    /// All texts, one behind the other, in a single allocation.
    texts: Box<str>,
    ends: [u32; N_TEXTS],
    pub gray: Box<[GrayWorkload]>,
}

/// The fields of a specification, serialized as in fixtures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReleaseFields {
    #[serde(rename = "serviceName")]
    pub service: String,
    #[serde(rename = "clusterID")]
    pub cluster: String,
    #[serde(rename = "deploymentName")]
    pub deployment: String,
    pub version: String,
    /// [`DEFAULT_KIND`] if absent.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    #[serde(rename = "grayDeployments")]
    pub gray: Vec<GrayWorkload>,
}

/// A grayscale workload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrayWorkload {
    #[serde(rename = "clusterID", default)]
    pub cluster: Box<str>,
    /// A Kubernetes Deployment.
    #[serde(default = "unknown_deployment", deserialize_with = "unknown_if_null")]
    pub template: RawJson,
}

pub fn unknown_deployment() -> RawJson {
    UNKNOWN_DEPLOYMENT.clone()
}

fn unknown_if_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RawJson, D::Error> {
    Option::deserialize(deserializer).map(|template| template.unwrap_or_else(unknown_deployment))
}

heap_of! {
    ReleaseSpec { texts, gray }
    GrayWorkload { cluster, template }
}

impl ReleaseSpec {
    /// The specification of the task with that name.
    pub fn new(name: &str, fields: ReleaseFields) -> Self {
        let texts = [
            name,
            &fields.service,
            &fields.cluster,
            &fields.deployment,
            &fields.version,
            fields.kind.as_deref().unwrap_or(DEFAULT_KIND),
        ];
        Self::from_texts(texts, fields.gray.into())
    }

    fn from_texts(texts: [&str; N_TEXTS], gray: Box<[GrayWorkload]>) -> Self {
        let mut end = 0;
        Self {
            ends: texts.map(|text| {
                end += text.len();
                u32::try_from(end).expect("bodies are limited")
            }),
            texts: texts.concat().into(),
            gray,
        }
    }

    fn text(&self, n: usize) -> &str {
        let start = n.checked_sub(1).map_or(0, |previous| self.ends[previous]);
        &self.texts[start as usize..self.ends[n] as usize]
    }

    /// The name, unique in its namespace.
    pub fn name(&self) -> &str {
        self.text(0)
    }

    /// The released service, which has at most one task.
    pub fn service(&self) -> &str {
        self.text(1)
    }

    /// The cluster of the original workload.
    pub fn cluster(&self) -> &str {
        self.text(2)
    }

    /// The original workload.
    pub fn deployment(&self) -> &str {
        self.text(3)
    }

    /// The label of the grayscale version.
    pub fn version(&self) -> &str {
        self.text(4)
    }

    /// The type: canary, blue-green or any other text.
    pub fn kind(&self) -> &str {
        self.text(5)
    }

    /// Gives the grayscale version another label.
    pub fn set_version(&mut self, version: &str) {
        let mut texts = std::array::from_fn(|n| self.text(n));
        texts[4] = version;
        *self = Self::from_texts(texts, self.gray.clone());
    }

    /// The fields besides the name.
    pub fn fields(&self) -> ReleaseFields {
        ReleaseFields {
            service: self.service().to_owned(),
            cluster: self.cluster().to_owned(),
            deployment: self.deployment().to_owned(),
            version: self.version().to_owned(),
            kind: Some(self.kind().to_owned()),
            gray: self.gray.to_vec(),
        }
    }
}

pack_structs! {
    GrayWorkload { cluster, template }
}

/// The ends of the texts follow from the texts.
impl Pack for ReleaseSpec {
    fn pack(&self, packer: &mut Packer) {
        for n in 0..N_TEXTS {
            packer.text(self.text(n));
        }
        self.gray.pack(packer);
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        let mut texts = [""; N_TEXTS];
        for text in &mut texts {
            *text = unpacker.text()?;
        }
        Ok(Self::from_texts(texts, Pack::unpack(unpacker)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(kind: Option<&str>) -> ReleaseSpec {
        let fields = ReleaseFields {
            service: "a service".to_owned(),
            version: "v2".to_owned(),
            kind: kind.map(str::to_owned),
            ..ReleaseFields::default()
        };
        ReleaseSpec::new("name", fields)
    }

    fn texts(spec: &ReleaseSpec) -> [&str; N_TEXTS] {
        [
            spec.name(),
            spec.service(),
            spec.cluster(),
            spec.deployment(),
            spec.version(),
            spec.kind(),
        ]
    }

    #[test]
    fn texts_come_back_and_only_the_version_changes() {
        let mut spec = spec(None);
        assert_eq!(
            texts(&spec),
            ["name", "a service", "", "", "v2", DEFAULT_KIND]
        );
        spec.set_version("version 3");
        assert_eq!(
            texts(&spec),
            ["name", "a service", "", "", "version 3", DEFAULT_KIND]
        );
    }

    #[test]
    fn a_given_type_is_kept_even_if_it_is_empty() {
        for kind in ["blue-green", ""] {
            assert_eq!(spec(Some(kind)).kind(), kind);
        }
    }

    #[test]
    fn a_release_takes_little_memory() {
        use crate::families::asm::releases::Release;
        use crate::sim::collection::Stored;

        // With a workload, a text and two transitions beside it.
        assert!(size_of::<Stored<Release>>() <= 256);
    }
}
