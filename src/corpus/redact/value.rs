//! A value without what may tell something. It is made by the redactor alone, and it cannot be read.

use indexmap::IndexMap;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Number;

use crate::corpus::forms::TextForm;
use crate::corpus::value::MARK;

/// A value that may be written.
#[derive(Debug)]
pub(super) enum Redacted {
    Null,
    Boolean(bool),
    Number(Number),
    Word(String),
    StandIn(String),
    Message(String),
    Text(TextForm, usize),
    Numeric(&'static str, usize),
    Flag,
    Secret,
    /// A body that is no JSON, with its form and its length.
    Opaque(&'static str, u64),
    Array(Vec<Self>),
    Object(IndexMap<String, Self>),
}

impl Redacted {
    /// The shape of a number.
    pub(super) fn shape_of(number: &Number) -> Self {
        let text = number.to_string();
        let whole = text.trim_start_matches('-').split(['.', 'e']).next();
        let form = if number.is_f64() {
            "fraction"
        } else {
            "integer"
        };
        Self::Numeric(form, whole.map_or(0, str::len))
    }

    /// The shape of a text.
    pub(super) fn shape_of_text(text: &str) -> Self {
        Self::Text(TextForm::of(text), text.chars().count())
    }
}

impl Serialize for Redacted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mark =
            |serializer: S, kind: &str, text: Option<(&str, &str)>, number: Option<(&str, u64)>| {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry(MARK, kind)?;
                if let Some((name, text)) = text {
                    map.serialize_entry(name, text)?;
                }
                if let Some((name, number)) = number {
                    map.serialize_entry(name, &number)?;
                }
                map.end()
            };
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Boolean(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => number.serialize(serializer),
            Self::Word(text) => serializer.serialize_str(text),
            Self::StandIn(text) => mark(serializer, "name", Some(("as", text)), None),
            Self::Message(text) => mark(serializer, "message", Some(("text", text)), None),
            Self::Text(form, length) => {
                let length = Some(("length", *length as u64));
                mark(serializer, "text", Some(("form", form.as_str())), length)
            }
            Self::Numeric(form, digits) => {
                let digits = Some(("digits", *digits as u64));
                mark(serializer, "number", Some(("form", form)), digits)
            }
            Self::Flag => mark(serializer, "boolean", None, None),
            Self::Secret => mark(serializer, "secret", None, None),
            Self::Opaque(form, length) => mark(
                serializer,
                "body",
                Some(("form", form)),
                Some(("bytes", *length)),
            ),
            Self::Array(items) => items.serialize(serializer),
            Self::Object(fields) => fields.serialize(serializer),
        }
    }
}
