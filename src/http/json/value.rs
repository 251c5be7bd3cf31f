//! Any JSON value, with the keys of objects in the order of the document.
//!
//! `serde_json` has a feature for that, `preserve_order`, which would change the order of keys in every program that
//! uses this crate.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum OrderedValue {
    Array(Vec<Self>),
    Object(IndexMap<String, Self>),
    /// Anything else.
    Scalar(Value),
}

impl OrderedValue {
    /// Equality as JSON has it: `1` and `1.0` are the same number, and objects have no order.
    pub fn is_equal(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Array(one), Self::Array(other)) => {
                let mut pairs = one.iter().zip(other);
                one.len() == other.len() && pairs.all(|(one, other)| one.is_equal(other))
            }
            (Self::Object(one), Self::Object(other)) => {
                let mut fields = one.iter();
                one.len() == other.len()
                    && fields.all(|(name, value)| {
                        let other = other.get(name);
                        other.is_some_and(|other| value.is_equal(other))
                    })
            }
            (Self::Scalar(Value::Number(one)), Self::Scalar(Value::Number(other))) => {
                one == other || one.as_f64().is_some_and(|one| Some(one) == other.as_f64())
            }
            (one, other) => one == other,
        }
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
