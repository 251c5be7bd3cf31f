//! The path to a value at fault, and the keys from which it is put together.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, Visitor};

/// The path to a value at fault. It is put together while an error returns through the containers of the value, so
/// reading without errors records nothing.
#[derive(Debug, Default)]
pub struct ErrorPath {
    /// From the innermost outwards.
    segments: RefCell<Vec<Segment>>,
}

/// The place of a value in its container.
#[derive(Clone, Copy, Debug)]
pub(super) enum Segment<K = String> {
    Index(usize),
    Key(K),
    /// Of a map whose keys are no texts.
    UnknownKey,
}

impl<'k> Segment<&'k str> {
    pub(super) fn of_key(key: Option<&'k str>) -> Self {
        key.map_or(Self::UnknownKey, Self::Key)
    }
}

impl ErrorPath {
    /// Adds the place of what the path begins with so far.
    pub(super) fn push(&self, segment: Segment<&str>) {
        self.segments.borrow_mut().push(match segment {
            Segment::Index(index) => Segment::Index(index),
            Segment::Key(key) => Segment::Key(key.to_owned()),
            Segment::UnknownKey => Segment::UnknownKey,
        });
    }
}

impl fmt::Display for ErrorPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, segment) in self.segments.borrow().iter().rev().enumerate() {
            let separator = if n == 0 { "" } else { "." };
            match segment {
                Segment::Index(index) => write!(formatter, "[{index}]")?,
                Segment::Key(key) => write!(formatter, "{separator}{key}")?,
                Segment::UnknownKey => write!(formatter, "{separator}?")?,
            }
        }
        Ok(())
    }
}

/// A key as it was read.
pub(super) type ReadKey<'de> = Option<Cow<'de, str>>;

/// A seed, deserializer or visitor of a key, which notes it.
pub(super) struct NotedKey<'k, 'de, T> {
    pub(super) inner: T,
    pub(super) key: &'k mut ReadKey<'de>,
}

impl<'k, 'de, T> NotedKey<'k, 'de, T> {
    /// Splits off what this wraps, and wraps another in its place.
    fn rewrap<U>(self, inner: U) -> (T, NotedKey<'k, 'de, U>) {
        let key = self.key;
        (self.inner, NotedKey { inner, key })
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for NotedKey<'_, 'de, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        let (seed, deserializer) = self.rewrap(deserializer);
        seed.deserialize(deserializer)
    }
}

/// The methods of a deserializer that wraps another one and, by `rewrap`, its visitors; all but `deserialize_struct`.
macro_rules! forward_deserialize {
    () => {
        $crate::http::json::error_path::forward_deserialize! {
            deserialize_any();
            deserialize_bool();
            deserialize_i8();
            deserialize_i16();
            deserialize_i32();
            deserialize_i64();
            deserialize_u8();
            deserialize_u16();
            deserialize_u32();
            deserialize_u64();
            deserialize_f32();
            deserialize_f64();
            deserialize_char();
            deserialize_str();
            deserialize_string();
            deserialize_bytes();
            deserialize_byte_buf();
            deserialize_option();
            deserialize_unit();
            deserialize_unit_struct(name: &'static str);
            deserialize_newtype_struct(name: &'static str);
            deserialize_seq();
            deserialize_tuple(length: usize);
            deserialize_tuple_struct(name: &'static str, length: usize);
            deserialize_map();
            deserialize_enum(name: &'static str, variants: &'static [&'static str]);
            deserialize_identifier();
            deserialize_ignored_any();
        }
    };
    ($($method:ident($($argument:ident: $type:ty),*);)*) => {
        $(fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, Self::Error> {
            let (inner, visitor) = self.rewrap(visitor);
            inner.$method($($argument,)* visitor)
        })*
    };
}
pub(super) use forward_deserialize;

impl<'de, D: Deserializer<'de>> Deserializer<'de> for NotedKey<'_, 'de, D> {
    type Error = D::Error;

    forward_deserialize!();

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let (inner, visitor) = self.rewrap(visitor);
        inner.deserialize_struct(name, fields, visitor)
    }
}

macro_rules! note_scalars {
    ($($method:ident($value:ident: $type:ty);)*) => {
        $(fn $method<E: serde::de::Error>(self, $value: $type) -> Result<V::Value, E> {
            *self.key = Some(Cow::Owned($value.to_string()));
            self.inner.$method($value)
        })*
    };
}

macro_rules! forward_parts {
    ($($method:ident: $part:ident,)*) => {
        $(fn $method<P: $part<'de>>(self, part: P) -> Result<V::Value, P::Error> {
            self.inner.$method(part)
        })*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for NotedKey<'_, 'de, V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        self.inner.expecting(formatter)
    }

    note_scalars! {
        visit_bool(value: bool);
        visit_i64(value: i64);
        visit_u64(value: u64);
        visit_f64(value: f64);
        visit_str(value: &str);
        visit_string(value: String);
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, value: &'de str) -> Result<V::Value, E> {
        *self.key = Some(Cow::Borrowed(value));
        self.inner.visit_borrowed_str(value)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<V::Value, D::Error> {
        let (visitor, deserializer) = self.rewrap(deserializer);
        visitor.visit_newtype_struct(deserializer)
    }

    // Of keys that are no texts.
    forward_parts! {
        visit_some: Deserializer,
        visit_seq: SeqAccess,
        visit_map: MapAccess,
        visit_enum: EnumAccess,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde::de::DeserializeOwned;

    use super::*;
    use crate::http::json::strict::deserialize_at;

    #[expect(dead_code, reason = "only the errors of reading count")]
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Basket {
        #[serde(default)]
        lines: Vec<Entry>,
        #[serde(default)]
        by_day: BTreeMap<u8, Option<Entry>>,
        #[serde(default)]
        by_name: BTreeMap<String, u8>,
    }

    #[expect(dead_code, reason = "only the errors of reading count")]
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Entry {
        Item { count: u8 },
        Note(String),
        Pair(u8, u8),
    }

    #[track_caller]
    fn assert_path<T: DeserializeOwned + fmt::Debug>(text: &str, expected: &str) {
        let path = ErrorPath::default();
        let mut json = serde_json::Deserializer::from_str(text);
        let read: Result<T, _> = deserialize_at(&mut json, &path);
        assert!(read.is_err(), "{read:?}");
        assert_eq!(path.to_string(), expected, "{text}");
    }

    #[test]
    fn a_path_leads_to_the_value_at_fault() {
        for (text, path) in [
            ("7", ""),
            ("[]", ""),
            (r#"{"lines":7}"#, "lines"),
            (r#"{"lines":[{"note":"a"},7]}"#, "lines[1]"),
            (
                r#"{"lines":[{"item":{"count":300}}]}"#,
                "lines[0].item.count",
            ),
            (r#"{"lines":[{"item":{}}]}"#, "lines[0].item"),
            (r#"{"lines":[{"item":[1]}]}"#, "lines[0].item"),
            (r#"{"lines":[{"note":7}]}"#, "lines[0].note"),
            (r#"{"lines":[{"pair":[1,"x"]}]}"#, "lines[0].pair[1]"),
            (r#"{"lines":[{"other":7}]}"#, "lines[0]"),
            (r#"{"by_day":{"3":{"note":7}}}"#, "by_day.3.note"),
            (r#"{"by_name":{"a\tb":"x"}}"#, "by_name.a\tb"),
            (r#"{"lines":[],"unknown":7}"#, "unknown"),
            (r#"{"lines":[],"lines":[]}"#, ""),
        ] {
            assert_path::<Basket>(text, path);
        }
        assert_path::<Vec<Vec<u8>>>("[[1],[2,300]]", "[1][1]");
    }

    #[test]
    fn nothing_is_noted_without_an_error() {
        let path = ErrorPath::default();
        let text = r#"{"lines":[{"item":{"count":1}},{"pair":[1,2]}],"by_day":{"3":null}}"#;
        let mut json = serde_json::Deserializer::from_str(text);
        let order: Basket = deserialize_at(&mut json, &path).unwrap();
        assert_eq!((order.lines.len(), order.by_day.len()), (2, 1));
        assert_eq!(path.to_string(), "");
    }
}
