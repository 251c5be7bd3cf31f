//! The specification of a release task. There may be very many, so it takes little memory.

use std::ops::{Deref, DerefMut};
use std::slice;

use crate::http::json::RawJson;

/// The type of a release task that names none. The documents list no values; the manual knows canary and
/// blue-green releases.
const DEFAULT_KIND: &str = "canary";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseSpec {
    texts: Texts,
    /// The grayscale workloads.
    pub gray: GrayWorkloads,
}

/// The texts of an order.
#[derive(Clone, Debug, Default)]
pub struct ReleaseFields {
    /// The name, unique in its namespace.
    pub name: String,
    /// The service that is released; it has one task at a time.
    pub service: String,
    /// The cluster of the original workload.
    pub cluster: String,
    /// The original workload.
    pub deployment: String,
    /// The label of the grayscale version.
    pub version: String,
    /// Canary or blue-green; the documents list no values. Absent: the first.
    pub kind: Option<String>,
}

impl ReleaseSpec {
    /// What was ordered.
    ///
    /// # Panics
    /// If the texts have more than 4 GiB.
    pub fn new(fields: &ReleaseFields, gray: Vec<GrayWorkload>) -> Self {
        let texts = [
            fields.name.as_str(),
            &fields.service,
            &fields.cluster,
            &fields.deployment,
            &fields.version,
        ];
        Self {
            texts: Texts::of(texts, fields.kind.as_deref()),
            gray: gray.into(),
        }
    }

    /// The name, unique in its namespace.
    pub fn name(&self) -> &str {
        self.texts.get(0)
    }

    /// The service that is released.
    pub fn service(&self) -> &str {
        self.texts.get(1)
    }

    /// The cluster of the original workload.
    pub fn cluster(&self) -> &str {
        self.texts.get(2)
    }

    /// The original workload.
    pub fn deployment(&self) -> &str {
        self.texts.get(3)
    }

    /// The label of the grayscale version.
    pub fn version(&self) -> &str {
        self.texts.get(4)
    }

    /// Canary, blue-green, or what else was said.
    pub fn kind(&self) -> &str {
        self.texts.kind().unwrap_or(DEFAULT_KIND)
    }

    /// Gives the grayscale version another label.
    ///
    /// # Panics
    /// If the texts then have more than 4 GiB.
    pub fn set_version(&mut self, version: &str) {
        let mut texts = std::array::from_fn(|n| self.texts.get(n));
        texts[4] = version;
        self.texts = Texts::of(texts, self.texts.kind());
    }
}

/// How many texts an order has, beside its type.
const TEXTS: usize = 5;

/// The texts of an order in one piece of memory.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Texts {
    /// One behind the other, the type last.
    all: Box<str>,
    ends: [u32; TEXTS],
    /// True if a type was said; hardly any order does.
    has_kind: bool,
}

impl Texts {
    fn of(texts: [&str; TEXTS], kind: Option<&str>) -> Self {
        let mut end = 0;
        let ends = texts.map(|text| {
            end += text.len();
            u32::try_from(end).expect("bodies are limited")
        });
        let mut all = texts.concat();
        all.push_str(kind.unwrap_or_default());
        Self {
            all: all.into(),
            ends,
            has_kind: kind.is_some(),
        }
    }

    fn get(&self, n: usize) -> &str {
        let begin = n.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.all[begin as usize..self.ends[n] as usize]
    }

    fn kind(&self) -> Option<&str> {
        let begin = self.ends[TEXTS - 1] as usize;
        self.has_kind.then(|| &self.all[begin..])
    }
}

/// A grayscale workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrayWorkload {
    /// The cluster it runs in.
    pub cluster: Box<str>,
    /// A Kubernetes Deployment.
    pub template: RawJson,
}

/// Grayscale workloads, in the order they were given. Nearly every order has one.
#[derive(Clone, Debug)]
pub enum GrayWorkloads {
    /// Just one.
    One(GrayWorkload),
    /// None, or several.
    Many(Box<[GrayWorkload]>),
}

impl From<Vec<GrayWorkload>> for GrayWorkloads {
    fn from(mut gray: Vec<GrayWorkload>) -> Self {
        match (gray.pop(), gray.is_empty()) {
            (Some(only), true) => Self::One(only),
            (last, _) => Self::Many(gray.into_iter().chain(last).collect()),
        }
    }
}

impl Deref for GrayWorkloads {
    type Target = [GrayWorkload];

    fn deref(&self) -> &[GrayWorkload] {
        match self {
            Self::One(only) => slice::from_ref(only),
            Self::Many(all) => all,
        }
    }
}

impl DerefMut for GrayWorkloads {
    fn deref_mut(&mut self) -> &mut [GrayWorkload] {
        match self {
            Self::One(only) => slice::from_mut(only),
            Self::Many(all) => all,
        }
    }
}

impl PartialEq for GrayWorkloads {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for GrayWorkloads {}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> ReleaseFields {
        ReleaseFields {
            name: "name".to_owned(),
            service: "a service".to_owned(),
            version: "v2".to_owned(),
            ..ReleaseFields::default()
        }
    }

    fn texts(spec: &ReleaseSpec) -> [&str; TEXTS + 1] {
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
        let mut spec = ReleaseSpec::new(&fields(), Vec::new());
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
    fn a_type_that_is_said_is_kept_even_if_it_says_nothing() {
        for kind in ["blue-green", ""] {
            let kind = Some(kind.to_owned());
            let spec = ReleaseSpec::new(
                &ReleaseFields {
                    kind: kind.clone(),
                    ..fields()
                },
                Vec::new(),
            );
            assert_eq!(Some(spec.kind().to_owned()), kind);
        }
    }

    #[test]
    fn any_number_of_workloads_comes_back_in_order() {
        let workload = |n: usize| GrayWorkload {
            cluster: n.to_string().into(),
            template: RawJson::new(&n),
        };
        for count in 0..4 {
            let given: Vec<_> = (0..count).map(workload).collect();
            assert_eq!(*GrayWorkloads::from(given.clone()), *given);
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
