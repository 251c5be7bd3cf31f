//! A component of a plan: its JSON text, and the fields that the emulator uses.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::families::servicestage::names::check_name;
use crate::http::json::{RawJson, ValidationError};

/// A component of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// The batch; lower batches are released first.
    pub seq: i64,
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
#[derive(Debug, Deserialize, ToSchema)]
pub struct ReleasePlanComponent {
    /// The release batch, at least 0. Lower batches come first; the components of a batch are released together.
    #[schema(value_type = i64, required = true, minimum = 0)]
    seq: Option<i64>,
    /// The id of the application component. Required for upgrade and clone; for create, an absent or empty id is
    /// generated.
    #[schema(value_type = Option<String>)]
    component_id: Option<String>,
    /// 2 to 64 letters, digits, `-` and `_`; the first a letter, the last a letter or a digit.
    #[schema(value_type = String, required = true, pattern = "^[A-Za-z][A-Za-z0-9_-]{0,62}[A-Za-z0-9]$")]
    name: Option<String>,
    /// The name of the workload.
    #[serde(rename = "workload_name")]
    #[schema(value_type = Option<String>)]
    _workload_name: Option<String>,
    /// Labels: of the workload in a container, of the microservice on a virtual machine.
    #[serde(rename = "labels")]
    #[schema(value_type = Option<Vec<ReleasePlanLabel>>)]
    _labels: Option<Vec<ReleasePlanLabel>>,
    /// The mode of creation; absent: create and deploy.
    #[serde(rename = "create_mode")]
    #[schema(value_type = Option<String>)]
    _create_mode: Option<String>,
    /// The runtime stack, an object. Required of requests.
    #[schema(value_type = Option<Object>)]
    runtime_stack: Option<RawJson>,
    /// The version of the component, shown in the deployment information.
    #[schema(value_type = Option<String>)]
    version: Option<String>,
}

/// The schema of a component in a request: [`ReleasePlanComponent`] with the fields that are required there.
#[derive(Debug)]
pub struct RequestedComponent;

impl PartialSchema for RequestedComponent {
    fn schema() -> RefOr<Schema> {
        let stack = ObjectBuilder::new().schema_type(Type::Object);
        let needed = ObjectBuilder::new()
            .required("runtime_stack")
            .property("runtime_stack", stack);
        AllOfBuilder::new()
            .item(Ref::from_schema_name(ReleasePlanComponent::name()))
            .item(needed)
            .description(Some("A component to release"))
            .into()
    }
}

impl ToSchema for RequestedComponent {
    fn name() -> Cow<'static, str> {
        "ReleasePlanRequestedComponent".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((
            ReleasePlanComponent::name().into_owned(),
            ReleasePlanComponent::schema(),
        ));
        ReleasePlanComponent::schemas(schemas);
    }
}

/// A label.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ReleasePlanLabel {
    /// The key.
    #[serde(rename = "key")]
    _key: Option<String>,
    /// The value.
    #[serde(rename = "value")]
    _value: Option<String>,
}

impl Component {
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
        match body.runtime_stack {
            Some(stack) if !stack.is_object() => {
                return Err(ValidationError::new("runtime_stack", "must be an object"));
            }
            None if complete => return Err(required("runtime_stack")),
            Some(_) | None => {}
        }
        Ok(Self {
            seq,
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
        const FIRST: [&str; 3] = ["seq", "component_id", "name"];
        let Fields(fields) = serde_json::from_str(self.text.text()).expect("it was read before");
        let first = [
            RawJson::new(&self.seq),
            RawJson::new(&id),
            RawJson::new(&self.name),
        ];
        let rest = fields
            .into_iter()
            .filter(|(key, _)| !FIRST.contains(&key.as_str()));
        let first = FIRST.map(str::to_owned).into_iter().zip(first);
        self.text = RawJson::new(&Fields(first.chain(rest).collect()));
        self.id = Some(id);
    }
}

/// The error of a missing field.
pub fn required(path: &str) -> ValidationError {
    ValidationError::new(path, "is required")
}

/// The fields of an object in their order, repeated ones included.
struct Fields(Vec<(String, RawJson)>);

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Fields(fields))
    }
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
