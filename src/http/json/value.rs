//! Any JSON value, with the keys of objects in the order of the document.
//!
//! `serde_json` has a feature for that, `preserve_order`, which would change the order of keys in every program that
//! uses this crate.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::sim::pack::{Pack, Packer, UnpackError, Unpacker};

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

/// A float stays one, and bit by bit the same.
impl Pack for Value {
    fn pack(&self, packer: &mut Packer) {
        match self {
            Self::Null => packer.number(0),
            Self::Bool(flag) => packer.number(1 + u64::from(*flag)),
            Self::Number(number) => {
                if let Some(number) = number.as_u64() {
                    packer.number(3);
                    number.pack(packer);
                } else if let Some(number) = number.as_i64() {
                    packer.number(4);
                    number.pack(packer);
                } else {
                    packer.number(5);
                    number.as_f64().unwrap_or(0.0).pack(packer);
                }
            }
            Self::String(text) => {
                packer.number(6);
                packer.text(text);
            }
            Self::Array(values) => {
                packer.number(7);
                values.pack(packer);
            }
            Self::Object(fields) => {
                packer.number(8);
                packer.number(fields.len() as u64);
                for (name, value) in fields {
                    packer.text(name);
                    value.pack(packer);
                }
            }
        }
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        Ok(match unpacker.number()? {
            0 => Self::Null,
            1 => Self::Bool(false),
            2 => Self::Bool(true),
            3 => u64::unpack(unpacker)?.into(),
            4 => i64::unpack(unpacker)?.into(),
            5 => {
                let number = Number::from_f64(f64::unpack(unpacker)?);
                Self::Number(number.ok_or(UnpackError::Wrong("number"))?)
            }
            6 => Self::String(String::unpack(unpacker)?),
            7 => Self::Array(Vec::unpack(unpacker)?),
            8 => {
                let mut fields = Map::new();
                for _ in 0..unpacker.count()? {
                    let name = String::unpack(unpacker)?;
                    fields.insert(name, Self::unpack(unpacker)?);
                }
                Self::Object(fields)
            }
            _ => return Err(UnpackError::Wrong("value")),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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

    #[test]
    fn a_packed_value_is_the_same_to_the_bit() {
        let float = f64::from_bits(0x3fb9_9999_9999_999b);
        let value = json!({"a": [null, true, false, -1, 1, u64::MAX, float, 0.5, "text"], "b": {}});
        let mut packer = Packer::new();
        value.pack(&mut packer);
        let bytes = packer.into_bytes();
        let mut unpacker = Unpacker::new(&bytes).unwrap();
        assert_eq!(Value::unpack(&mut unpacker), Ok(value));
        assert_eq!(unpacker.end(), Ok(()));
    }
}
