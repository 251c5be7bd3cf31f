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
