//! Raw parts of a document, which are stored and returned without being understood.

use std::fmt::{self, Display};

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::fast_writer::RAW_JSON;
use super::reader::{outside_strings, read_part};
use super::validation_error::ValidationError;
use crate::sim::heap::Heap;
use crate::sim::pack::{Pack, Packer, UnpackError, Unpacker};

/// A raw part of a document, byte for byte except for white space between tokens.
///
/// Numbers keep their spelling, objects the order of their keys and repeated keys.
#[derive(Clone, Debug)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// Writes a value.
    ///
    /// # Panics
    /// If the value has a map whose keys are not strings.
    pub fn new(value: &impl Serialize) -> Self {
        Self(serde_json::value::to_raw_value(value).expect("keys are strings"))
    }

    pub fn empty_list() -> Self {
        Self::new(&[(); 0])
    }

    pub fn text(&self) -> &str {
        self.0.get()
    }

    pub fn is_object(&self) -> bool {
        self.text().starts_with('{')
    }

    pub fn is_array(&self) -> bool {
        self.text().starts_with('[')
    }

    /// Refuses a part that is present but not an object.
    pub fn require_object(path: impl Display, part: Option<&Self>) -> Result<(), ValidationError> {
        match part {
            Some(part) if !part.is_object() => {
                let read = part.read::<Map<String, Value>>();
                read.map(|_| ()).map_err(|error| error.nested_in(path))
            }
            _ => Ok(()),
        }
    }

    /// Reads the part, in which unknown fields are permitted. Paths of errors begin at the part.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, ValidationError> {
        read_part(self.text())
    }
}

/// A raw part of a document, as it stands there.
#[derive(Clone, Copy, Debug)]
pub struct RawSlice<'a>(&'a str);

impl<'a> RawSlice<'a> {
    pub fn text(self) -> &'a str {
        self.0
    }

    /// Reads the part, in which unknown fields are permitted. Paths of errors begin at the part.
    pub fn read<T: Deserialize<'a>>(self) -> Result<T, ValidationError> {
        read_part(self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RawSlice<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(RAW_JSON, RawSliceVisitor)
    }
}

struct RawSliceVisitor;

impl<'de> Visitor<'de> for RawSliceVisitor {
    type Value = RawSlice<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("JSON")
    }

    /// Of the reader of documents.
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<RawSlice<'de>, E> {
        Ok(RawSlice(text))
    }
}

impl Heap for RawJson {
    fn heap(&self) -> usize {
        self.text().heap()
    }
}

impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for RawJson {}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(RAW_JSON, &self.0)
    }
}

impl<'de> Deserialize<'de> for RawJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(RAW_JSON, RawJsonVisitor)
    }
}

struct RawJsonVisitor;

impl<'de> Visitor<'de> for RawJsonVisitor {
    type Value = RawJson;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("JSON")
    }

    /// Of the reader of documents.
    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<RawJson, E> {
        json(compact(text).unwrap_or_else(|| text.to_owned()))
    }

    /// Of `serde_json`.
    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<RawJson, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        match compact(raw.get()) {
            None => Ok(RawJson(raw)),
            Some(text) => json(text),
        }
    }
}

fn json<E: Error>(text: String) -> Result<RawJson, E> {
    RawValue::from_string(text).map(RawJson).map_err(E::custom)
}

#[cfg(test)]
impl utoipa::PartialSchema for RawJson {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::SchemaType::AnyValue)
            .description(Some("Any JSON, returned as it was sent"))
            .into()
    }
}

#[cfg(test)]
impl utoipa::ToSchema for RawJson {
    // The name in the published document.
    fn name() -> std::borrow::Cow<'static, str> {
        "Verbatim".into()
    }
}

/// Removes white space between tokens; `None` if there is none.
fn compact(text: &str) -> Option<String> {
    // No other character of JSON is as low as white space.
    let lowest = text.bytes().fold(u8::MAX, u8::min);
    if lowest > b' ' {
        return None;
    }
    let mut compact = String::with_capacity(text.len());
    let mut begin = 0;
    for (at, byte) in outside_strings(text.as_bytes()) {
        if byte <= b' ' {
            compact.push_str(&text[begin..at]);
            begin = at + 1;
        }
    }
    compact.push_str(&text[begin..]);
    (begin > 0).then_some(compact)
}

impl Pack for RawJson {
    fn pack(&self, packer: &mut Packer) {
        packer.text(self.text());
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        let raw = RawValue::from_string(unpacker.text()?.to_owned());
        raw.map(Self).map_err(|_| UnpackError::Wrong("JSON"))
    }
}
