//! Timestamps as responses show them.

#[cfg(test)]
use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::sim::Millis;
use crate::sim::heap::Heap;
use crate::sim::pack::pack_enums;
use crate::sim::time::{parse_rfc3339, rfc3339};

/// An instant. On the wire: RFC 3339 in UTC with `Z`, because the Python SDK cannot read offsets. Timestamps
/// of fixtures keep their spelling, because the documents prescribe none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Timestamp {
    /// An instant of the virtual clock.
    At(Millis),
    /// The spelling of a fixture.
    Given(Box<str>),
}

impl Heap for Timestamp {
    fn heap(&self) -> usize {
        match self {
            Self::At(_) => 0,
            Self::Given(text) => text.heap(),
        }
    }
}

impl From<Timestamp> for String {
    fn from(timestamp: Timestamp) -> Self {
        match timestamp {
            Timestamp::At(at) => rfc3339(at),
            Timestamp::Given(text) => text.into(),
        }
    }
}

impl From<String> for Timestamp {
    fn from(text: String) -> Self {
        match parse_rfc3339(&text).filter(|at| rfc3339(*at) == text) {
            Some(at) => Self::At(at),
            None => Self::Given(text.into()),
        }
    }
}

#[cfg(test)]
impl utoipa::PartialSchema for Timestamp {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some(
                "An instant, in UTC with a Z unless a fixture spelt it otherwise",
            ))
            .into()
    }
}

#[cfg(test)]
impl utoipa::ToSchema for Timestamp {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("AsmInstant")
    }
}

pack_enums! {
    Timestamp { 0: At(length), 1: Given(message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spelling_that_is_not_ours_survives() {
        for text in [
            "2026-01-01T12:00:00Z",
            "2026-01-01T12:00:00.500Z",
            "2026-01-01T20:00:00+08:00",
            "2026-01-01 12:00:00",
        ] {
            let json = format!("\"{text}\"");
            let stamp: Timestamp = serde_json::from_str(&json).unwrap();
            assert_eq!(serde_json::to_string(&stamp).unwrap(), json);
        }
    }
}
