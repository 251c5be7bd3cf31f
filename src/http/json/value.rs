//! Any JSON value, with the keys of objects in the order of the document.
//!
//! `serde_json` has a feature for that, `preserve_order`, which would change the order of keys in every program that
//! uses this crate.

use std::fmt;

use indexmap::IndexMap;
use serde::Serialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum OrderedValue {
    Array(Vec<Self>),
    Object(IndexMap<String, Self>),
    /// Anything else.
    Scalar(Value),
}

impl<'de> Deserialize<'de> for OrderedValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

macro_rules! visit_scalars {
    ($($method:ident($type:ty);)*) => {
        $(fn $method<E: Error>(self, value: $type) -> Result<OrderedValue, E> {
            Ok(OrderedValue::Scalar(Value::from(value)))
        })*
    };
}

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = OrderedValue;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("any valid JSON value")
    }

    visit_scalars! {
        visit_bool(bool);
        visit_i64(i64);
        visit_u64(u64);
        visit_f64(f64);
        visit_str(&str);
        visit_string(String);
    }

    fn visit_none<E: Error>(self) -> Result<OrderedValue, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<OrderedValue, D::Error> {
        OrderedValue::deserialize(deserializer)
    }

    fn visit_unit<E: Error>(self) -> Result<OrderedValue, E> {
        Ok(OrderedValue::Scalar(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<OrderedValue, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(seq)).map(OrderedValue::Array)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OrderedValue, A::Error> {
        IndexMap::deserialize(MapAccessDeserializer::new(map)).map(OrderedValue::Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_their_order_and_of_a_repeated_one_the_last_value_counts() {
        let value: OrderedValue =
            serde_json::from_str(r#"{"b":1.50,"a":[{"d":null,"c":"x"},-1],"b":true}"#).unwrap();
        assert_eq!(
            serde_json::to_string(&value).unwrap(),
            r#"{"b":true,"a":[{"d":null,"c":"x"},-1]}"#
        );
    }
}
