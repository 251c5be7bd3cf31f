//! A component of a plan: stored unchanged, parsed only as far as the emulator needs.

use std::borrow::Cow;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::families::servicestage::names::check_name;
use crate::http::json::{RawJson, ValidationError};

/// A component of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Its batch; lower ones are released first.
    pub seq: i64,
    /// The id of the application component; absent until a new component gets one.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// Its version; empty if none was given.
    pub version: String,
    /// The original text.
    pub text: RawJson,
}

/// A component in requests and in the detail. The page has some thirty more tables that could not be read: all other
/// fields are stored and returned byte for byte.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ReleasePlanComponent {
    /// The release batch, from 0. Lower batches come first; components of one batch are released together.
    #[schema(value_type = i64, required = true, minimum = 0)]
    seq: Option<i64>,
    /// The id of the application component. Required for upgrades and clones; generated for a new component if
    /// absent or empty.
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
    /// The creation mode; created and deployed if absent.
    #[serde(rename = "create_mode")]
    #[schema(value_type = Option<String>)]
    _create_mode: Option<String>,
    /// The runtime stack, an object. Required in requests.
    #[schema(value_type = Option<Object>)]
    runtime_stack: Option<RawJson>,
    /// The version of the component, which the deployment information shows.
    #[schema(value_type = Option<String>)]
    version: Option<String>,
}

/// The schema of a component in a request: [`ReleasePlanComponent`] with its required fields.
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
    /// Its key.
    #[serde(rename = "key")]
    _key: Option<String>,
    /// Its value.
    #[serde(rename = "value")]
    _value: Option<String>,
}

impl Component {
    /// Reads the components of a request. `runtime_stack` is required here.
    pub fn requested(texts: Vec<RawJson>) -> Result<Vec<Self>, ValidationError> {
        Self::all(texts, true)
    }

    /// Reads the components of a fixture, which may be as sparse as the documented detail.
    pub fn stored(texts: Vec<RawJson>) -> Result<Vec<Self>, ValidationError> {
        Self::all(texts, false)
    }

    fn all(texts: Vec<RawJson>, complete: bool) -> Result<Vec<Self>, ValidationError> {
        let read = |(n, text)| {
            Self::read(text, complete)
                .map_err(|error| error.nested_in(format_args!("components[{n}]")))
        };
        texts.into_iter().enumerate().map(read).collect()
    }

    fn read(text: RawJson, complete: bool) -> Result<Self, ValidationError> {
        let body: ReleasePlanComponent = text.read()?;
        let seq = body.seq.ok_or_else(|| required("seq"))?;
        if seq < 0 {
            return Err(ValidationError::new("seq", format!("{seq} is less than 0")));
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

    /// Gives an id to a component without one. Its text then begins with `seq`, `component_id` and `name`, in the order
    /// of the documented table, followed by its other fields unchanged.
    ///
    /// # Panics
    /// Never: the text has been parsed before.
    pub fn give_id(&mut self, id: String) {
        let given = self.text.text();
        let Members(mut rest) = serde_json::from_str(given).expect("it was read before");
        rest.retain(|(key, _)| !["seq", "component_id", "name"].contains(&key.as_str()));
        self.text = RawJson::new(&WithId {
            seq: self.seq,
            id: &id,
            name: &self.name,
            rest: &rest,
        });
        self.id = Some(id);
    }
}

/// A component with its id: keys are serialized again, values stay unchanged.
struct WithId<'a> {
    seq: i64,
    id: &'a str,
    name: &'a str,
    rest: &'a [(String, &'a RawValue)],
}

impl Serialize for WithId<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("seq", &self.seq)?;
        members.serialize_entry("component_id", self.id)?;
        members.serialize_entry("name", self.name)?;
        for (key, value) in self.rest {
            members.serialize_entry(key, value)?;
        }
        members.end()
    }
}

/// The error for a missing field.
pub fn required(path: &str) -> ValidationError {
    ValidationError::new(path, "is required")
}

/// The members of an object in their order, including repeated ones.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> serde::de::Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
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
