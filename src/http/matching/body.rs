//! Conditions on the parts of a JSON body, by JSON pointers.

use std::fmt;

use indexmap::IndexMap;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::condition::Condition;
use crate::http::json::pointer::is_pointer;
use crate::http::json::value::OrderedValue;

/// Conditions by pointer, all of which must hold. A list of objects with a `pointer` each is read too.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct BodyPattern(IndexMap<String, Condition>);

impl BodyPattern {
    /// Adds a condition.
    pub fn insert(&mut self, pointer: String, condition: Condition) {
        self.0.insert(pointer, condition);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The pointers with their conditions.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Condition)> {
        self.0
            .iter()
            .map(|(pointer, condition)| (pointer.as_str(), condition))
    }
}

/// The error of a pointer in another notation.
pub fn not_a_pointer(pointer: &str) -> String {
    format!("{pointer:?} is not a JSON pointer (example: /stages/0/name)")
}

impl<'de> Deserialize<'de> for BodyPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PatternVisitor)
    }
}

struct PatternVisitor;

impl<'de> Visitor<'de> for PatternVisitor {
    type Value = BodyPattern;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an object of JSON pointers with conditions")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<BodyPattern, A::Error> {
        let conditions = IndexMap::deserialize(MapAccessDeserializer::new(map))?;
        let pattern = BodyPattern(conditions);
        if let Some((wrong, _)) = pattern.iter().find(|(pointer, _)| !is_pointer(pointer)) {
            return Err(A::Error::custom(not_a_pointer(wrong)));
        }
        Ok(pattern)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<BodyPattern, A::Error> {
        let mut pattern = BodyPattern::default();
        while let Some(item) = list.next_element()? {
            let OrderedValue::Object(mut fields) = item else {
                return Err(A::Error::custom(
                    "must be an object with a pointer and a condition",
                ));
            };
            let Some(OrderedValue::Scalar(serde_json::Value::String(pointer))) =
                fields.shift_remove("pointer")
            else {
                return Err(A::Error::custom("pointer: is required"));
            };
            if !is_pointer(&pointer) {
                return Err(A::Error::custom(not_a_pointer(&pointer)));
            }
            let condition =
                Condition::new(OrderedValue::Object(fields)).map_err(A::Error::custom)?;
            if pattern.0.contains_key(&pointer) {
                return Err(A::Error::custom(format!("duplicate {pointer:?}")));
            }
            pattern.insert(pointer, condition);
        }
        Ok(pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<BodyPattern, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_list_means_the_same_as_a_map() {
        let list =
            r#"[{"pointer": "/name", "equals": "shop"}, {"pointer": "/id", "exists": false}]"#;
        let map = r#"{"/name": {"equals": "shop"}, "/id": {"exists": false}}"#;
        assert_eq!(read(list).unwrap(), read(map).unwrap());
        assert_eq!(
            serde_json::to_string(&read(list).unwrap()).unwrap(),
            map.replace(": ", ":").replace(", ", ",")
        );
    }

    #[test]
    fn a_pointer_in_another_notation_is_refused() {
        for (wrong, error) in [
            (r#"{"$.name": "x"}"#, "\"$.name\" is not a JSON pointer"),
            (
                r#"[{"pointer": "name", "equals": 1}]"#,
                "\"name\" is not a JSON pointer",
            ),
            (r#"[{"equals": 1}]"#, "pointer: is required"),
            (r#"[{"pointer": "/a"}]"#, "must be a value, or an object"),
            (
                r#"[{"pointer": "/a", "equals": 1}, {"pointer": "/a", "equals": 2}]"#,
                "duplicate \"/a\"",
            ),
        ] {
            let said = read(wrong).unwrap_err();
            assert!(said.starts_with(error), "{wrong}: {said}");
        }
    }
}
