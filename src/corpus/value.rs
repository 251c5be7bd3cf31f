//! A recorded value as it is read: data, or a mark in the place of what was not written.

use indexmap::IndexMap;
use serde_json::{Number, Value};

use crate::http::json::value::OrderedValue;

/// The key that tells a mark from an object. No object is written with it.
pub const MARK: &str = "$";

/// A value of a corpus.
#[derive(Clone, Debug, PartialEq)]
pub enum Recorded {
    Null,
    Boolean(bool),
    Number(Number),
    /// A word that the schema calls data, or an empty text.
    Word(String),
    /// The stand-in of a name.
    StandIn(String),
    /// An error text without its names and secrets.
    Message(String),
    /// The form of a text that was not written, and its length.
    Text {
        form: String,
        length: usize,
    },
    /// The form of a number that was not written.
    Numeric {
        form: String,
        digits: usize,
    },
    /// A boolean that was not written.
    Flag,
    /// A secret that was not written.
    Secret,
    /// A body that is not JSON, or that is too long.
    Opaque {
        form: String,
        length: usize,
    },
    Array(Vec<Self>),
    Object(IndexMap<String, Self>),
}

impl Recorded {
    /// Reads a value of a line. Anything that is no mark is data.
    pub fn read(value: OrderedValue) -> Self {
        match value {
            OrderedValue::Array(items) => Self::Array(items.into_iter().map(Self::read).collect()),
            OrderedValue::Object(fields) => match fields.get(MARK) {
                Some(OrderedValue::Scalar(Value::String(kind))) => Self::mark(kind, &fields),
                _ => Self::Object(
                    fields
                        .into_iter()
                        .map(|(key, value)| (key, Self::read(value)))
                        .collect(),
                ),
            },
            OrderedValue::Scalar(scalar) => match scalar {
                Value::Bool(flag) => Self::Boolean(flag),
                Value::Number(number) => Self::Number(number),
                Value::String(text) => Self::Word(text),
                _ => Self::Null,
            },
        }
    }

    fn mark(kind: &str, fields: &IndexMap<String, OrderedValue>) -> Self {
        let text = |name: &str| match fields.get(name) {
            Some(OrderedValue::Scalar(Value::String(text))) => text.clone(),
            _ => String::new(),
        };
        let number = |name: &str| match fields.get(name) {
            Some(OrderedValue::Scalar(Value::Number(number))) => number
                .as_u64()
                .and_then(|number| usize::try_from(number).ok())
                .unwrap_or_default(),
            _ => 0,
        };
        match kind {
            "name" => Self::StandIn(text("as")),
            "message" => Self::Message(text("text")),
            "text" => Self::Text {
                form: text("form"),
                length: number("length"),
            },
            "number" => Self::Numeric {
                form: text("form"),
                digits: number("digits"),
            },
            "boolean" => Self::Flag,
            "body" => Self::Opaque {
                form: text("form"),
                length: number("bytes"),
            },
            // An unknown mark of a later version is at least no data.
            _ => Self::Secret,
        }
    }

    /// The JSON type in words.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) | Self::Flag => "a boolean",
            Self::Number(_) | Self::Numeric { .. } => "a number",
            Self::Word(_)
            | Self::StandIn(_)
            | Self::Message(_)
            | Self::Text { .. }
            | Self::Secret => "a text",
            Self::Opaque { .. } => "no JSON",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// The field of an object.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(fields) => fields.get(key),
            _ => None,
        }
    }

    /// The text of a word or a stand-in.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Word(text) | Self::StandIn(text) => Some(text),
            _ => None,
        }
    }

    /// True if nothing but the shape of something within was written, so that a request cannot be sent again as it was.
    pub fn is_lossy(&self) -> bool {
        match self {
            Self::Text { .. }
            | Self::Numeric { .. }
            | Self::Flag
            | Self::Secret
            | Self::Opaque { .. }
            | Self::Message(_) => true,
            Self::Array(items) => items.iter().any(Self::is_lossy),
            Self::Object(fields) => fields.values().any(Self::is_lossy),
            _ => false,
        }
    }
}

impl<'de> serde::Deserialize<'de> for Recorded {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        OrderedValue::deserialize(deserializer).map(Self::read)
    }
}
