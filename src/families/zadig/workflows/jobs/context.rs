//! The surroundings of jobs, and the form of what they become.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::families::zadig::catalog::Catalog;
use crate::families::zadig::workflows::model::definition::WorkflowJob;
use crate::http::json::RawJson;
use crate::sim::Millis;
use crate::world::settings::ZadigGeneration;

/// The surroundings of the jobs of a task.
pub struct JobContext<'a> {
    pub catalog: &'a Catalog,
    pub checks_references: bool,
    pub is_strict: bool,
    pub generation: ZadigGeneration,
    pub project: &'a str,
    pub now: Millis,
}

/// A part of a job, with its name and its settings.
#[derive(Clone, Debug, PartialEq)]
pub struct JobPart {
    pub info: Vec<(String, String)>,
    pub spec: RawJson,
}

/// An object whose keys keep their order.
pub fn object<const N: usize>(fields: &[(&str, Value); N]) -> RawJson {
    struct OrderedFields<'a>(&'a [(&'a str, Value)]);

    impl serde::Serialize for OrderedFields<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
        }
    }

    RawJson::new(&OrderedFields(fields))
}

/// The settings of a job in its workflow; what cannot be read has its default.
pub fn settings_of<T: DeserializeOwned + Default>(job: &WorkflowJob) -> T {
    let spec = job.spec.as_ref();
    let read = spec.and_then(|spec| spec.read().ok());
    read.unwrap_or_default()
}
