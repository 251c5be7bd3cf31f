//! A component of a plan: its JSON text, and the fields that the emulator uses.

#[cfg(test)]
use std::borrow::Cow;

use serde::Deserialize;
#[cfg(test)]
use serde_json::json;
#[cfg(test)]
use utoipa::openapi::{RefOr, Schema};
#[cfg(test)]
use utoipa::{PartialSchema, ToSchema};

use crate::families::servicestage::names::check_name;
#[cfg(test)]
use crate::http::attributes::derived_schema::with_required;
use crate::http::json::{RawFields, RawJson, ValidationError};
use crate::sim::heap::heap_of;
use crate::sim::pack::pack_structs;
use crate::sim::step_name::{StepName, Unit};

/// A component of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// The batch; lower batches are released first.
    pub seq: i64,
    /// The batch as a text, which names the stage of the component's step.
    pub batch: Box<str>,
    /// The id of the application component; absent if it has yet to be created.
    pub id: Option<String>,
    pub name: String,
    /// The version; may be empty.
    pub version: String,
    /// The JSON text, as given.
    pub text: RawJson,
}

/// A component in requests and in the detail. The page has some thirty more tables, which could not be read: other fields
/// are kept byte for byte and returned.
#[derive(Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[expect(
    dead_code,
    reason = "fields that are only returned are checked, then kept in the text"
)]
pub struct ReleasePlanComponent {
    /// The release batch, at least 0. Lower batches come first; the components of a batch are released together.
    #[cfg_attr(test, schema(value_type = i64, required = true, minimum = 0))]
    seq: Option<i64>,
    /// The id of the application component. Required for upgrade and clone; for create, an absent or empty id is
    /// generated.
    component_id: Option<String>,
    /// 2 to 64 letters, digits, `-` and `_`; the first a letter, the last a letter or a digit.
    #[cfg_attr(test, schema(value_type = String, required = true, pattern = "^[A-Za-z][A-Za-z0-9_-]{0,62}[A-Za-z0-9]$"))]
    name: Option<String>,
    /// The name of the workload.
    workload_name: Option<String>,
    /// Labels: of the workload in a container, of the microservice on a virtual machine.
    labels: Option<Vec<ReleasePlanLabel>>,
    /// The mode of creation; absent: create and deploy.
    create_mode: Option<String>,
    /// The runtime stack, an object. Required of requests.
    #[cfg_attr(test, schema(value_type = Option<Object>))]
    runtime_stack: Option<RawJson>,
    /// The version of the component, shown in the deployment information.
    version: Option<String>,
}

/// The schema of a component in a request: [`ReleasePlanComponent`] with its required fields.
pub struct RequestedComponent;

#[cfg(test)]
impl PartialSchema for RequestedComponent {
    fn schema() -> RefOr<Schema> {
        with_required::<ReleasePlanComponent>(
            "A component to release.",
            &["runtime_stack"],
            &json!({}),
        )
    }
}

#[cfg(test)]
impl ToSchema for RequestedComponent {
    fn name() -> Cow<'static, str> {
        "ReleasePlanRequestedComponent".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        ReleasePlanComponent::schemas(schemas);
    }
}

/// A label.
#[derive(Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[expect(dead_code, reason = "labels are checked, then kept in the text")]
pub struct ReleasePlanLabel {
    /// The key.
    key: Option<String>,
    /// The value.
    value: Option<String>,
}

heap_of! {
    Component { batch, id, name, version, text }
}

impl Component {
    /// The full name of the step that releases it.
    pub fn step_name(&self) -> StepName<&str> {
        StepName {
            unit: Unit::Stage(&self.batch),
            step: &self.name,
        }
    }

    /// Reads the components of a request, which require `runtime_stack`.
    pub fn requested(texts: Vec<RawJson>) -> Result<Vec<Self>, ValidationError> {
        Self::all(texts, true)
    }

    /// Reads the components of a fixture, which may lack the same fields as the documented detail.
    pub fn stored(texts: Vec<RawJson>) -> Result<Vec<Self>, ValidationError> {
        Self::all(texts, false)
    }

    fn all(texts: Vec<RawJson>, complete: bool) -> Result<Vec<Self>, ValidationError> {
        texts
            .into_iter()
            .enumerate()
            .map(|(n, text)| {
                Self::read(text, complete)
                    .map_err(|error| error.nested_in(format_args!("components[{n}]")))
            })
            .collect()
    }

    fn read(text: RawJson, complete: bool) -> Result<Self, ValidationError> {
        let body: ReleasePlanComponent = text.read()?;
        let seq = body.seq.ok_or_else(|| required("seq"))?;
        if seq < 0 {
            return Err(ValidationError::new(
                "seq",
                format!("must be at least 0, not {seq}"),
            ));
        }
        let name = body.name.ok_or_else(|| required("name"))?;
        check_name(&name)?;
        RawJson::require_object("runtime_stack", body.runtime_stack.as_ref())?;
        if complete && body.runtime_stack.is_none() {
            return Err(required("runtime_stack"));
        }
        Ok(Self {
            seq,
            batch: seq.to_string().into(),
            id: body.component_id.filter(|id| !id.is_empty()),
            name,
            version: body.version.unwrap_or_default(),
            text,
        })
    }

    /// Gives an id to a component without one. Its text then starts with `seq`, `component_id` and `name`, in the order of
    /// the documented table, followed by the other fields as given.
    ///
    /// # Panics
    /// Never: the text was read before.
    pub fn give_id(&mut self, id: String) {
        let RawFields(fields) = serde_json::from_str(self.text.text()).expect("it was read before");
        let mut ordered = vec![
            ("seq".to_owned(), RawJson::new(&self.seq)),
            ("component_id".to_owned(), RawJson::new(&id)),
            ("name".to_owned(), RawJson::new(&self.name)),
        ];
        for (key, value) in fields {
            if !ordered[..3].iter().any(|(first, _)| *first == key) {
                ordered.push((key, value));
            }
        }
        self.text = RawJson::new(&RawFields(ordered));
        self.id = Some(id);
    }
}

/// The error of a missing field.
pub fn required(path: &str) -> ValidationError {
    ValidationError::new(path, "is required")
}

pack_structs! {
    Component { seq, batch, id, name, version, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_put_behind_seq_and_the_rest_keeps_its_bytes_and_order() {
        let text = r#"{"z":1.50,"name":"web","component_id":null,"a":{"n":1e2},"seq":3,"z\n":"\u00e9","z":2}"#;
        let mut components = Component::stored(vec![serde_json::from_str(text).unwrap()]).unwrap();

        components[0].give_id("c-1".to_owned());

        assert_eq!(
            components[0].text.text(),
            r#"{"seq":3,"component_id":"c-1","name":"web","z":1.50,"a":{"n":1e2},"z\n":"\u00e9","z":2}"#
        );
    }
}
