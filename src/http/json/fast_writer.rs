//! A serializer with the output of `serde_json`, byte for byte, made fast for keys, short texts and integers.
//!
//! It stays because pages are little else: without it a page of 1,000 pipelines takes twice the CPU time, and a page of
//! 1,000 ASM releases a quarter more. Rare values are left to `serde_json` itself: fractions, texts that need escapes,
//! raw parts.

use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::Error;

/// The name of the newtype that stands around a part in `serde_json`'s own form.
pub(in crate::http) const RAW_JSON: &str = "release_emulator::Verbatim";

/// Writes values behind what the text has already.
pub(in crate::http) struct Writer<'a>(&'a mut Vec<u8>);

/// Writes a value as JSON behind what the text has already. Errors: a map whose keys are no strings.
pub(in crate::http) fn write(value: &impl Serialize, text: &mut Vec<u8>) -> Result<(), Error> {
    value.serialize(Writer(text))
}

impl<'a> Writer<'a> {
    /// Begins what has members: `opened` before the first, `closed` after the last.
    fn members(self, opened: &[u8], closed: &'static [u8]) -> Members<'a> {
        self.0.extend_from_slice(opened);
        Members {
            text: self.0,
            is_first: true,
            closed,
        }
    }

    /// Begins the members of a variant that has a name.
    fn variant(self, name: &'static str, opened: &[u8], closed: &'static [u8]) -> Members<'a> {
        self.0.push(b'{');
        self::name(self.0, name);
        self.0.push(b':');
        self.members(opened, closed)
    }
}

/// A text in quotes.
fn quoted(text: &mut Vec<u8>, value: &str) {
    if may_need_escapes(value.as_bytes()) {
        serde_json::to_writer(text, value).expect("a text can be written");
    } else {
        plain(text, value);
    }
}

/// A text in quotes that needs no escapes.
fn plain(text: &mut Vec<u8>, value: &str) {
    text.push(b'"');
    text.extend_from_slice(value.as_bytes());
    text.push(b'"');
}

/// A name that the source code gives.
fn name(text: &mut Vec<u8>, name: &'static str) {
    debug_assert!(!may_need_escapes(name.as_bytes()), "{name} needs escapes");
    plain(text, name);
}

/// True if any byte is a control character, a quote or a backslash. Eight are looked at together; the last eight may
/// overlap with those before.
fn may_need_escapes(bytes: &[u8]) -> bool {
    let Some(last) = bytes.last_chunk() else {
        let mut bytes = bytes.iter();
        return bytes.any(|byte| matches!(byte, 0..0x20 | b'"' | b'\\'));
    };
    let (chunks, _) = bytes.as_chunks();
    let odd = chunks
        .iter()
        .fold(odd_bytes(*last), |odd, chunk| odd | odd_bytes(*chunk));
    odd != 0
}

/// Not 0 if one of eight bytes is a control character, a quote or a backslash: the highest bit of a byte tells that
/// it is, or that a lower one is.
fn odd_bytes(chunk: [u8; 8]) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let bytes = u64::from_ne_bytes(chunk);
    let below = |bytes: u64, bound: u8| bytes.wrapping_sub(ONES * u64::from(bound)) & !bytes;
    let are = |byte: u8| below(bytes ^ (ONES * u64::from(byte)), 1);
    (below(bytes, 0x20) | are(b'"') | are(b'\\')) & (ONES << 7)
}

/// The members of an array or an object that is being written.
pub(in crate::http) struct Members<'a> {
    text: &'a mut Vec<u8>,
    is_first: bool,
    closed: &'static [u8],
}

impl Members<'_> {
    fn separate(&mut self) {
        if !self.is_first {
            self.text.push(b',');
        }
        self.is_first = false;
    }

    fn element(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        self.separate();
        value.serialize(Writer(self.text))
    }

    fn field(
        &mut self,
        name: &'static str,
        value: &(impl Serialize + ?Sized),
    ) -> Result<(), Error> {
        debug_assert!(!may_need_escapes(name.as_bytes()), "{name} needs escapes");
        // Each piece is a look at the room that is left, so there are few.
        if std::mem::take(&mut self.is_first) {
            self.text.push(b'"');
        } else {
            self.text.extend_from_slice(b",\"");
        }
        self.text.extend_from_slice(name.as_bytes());
        self.text.extend_from_slice(b"\":");
        value.serialize(Writer(self.text))
    }

    fn close(self) {
        self.text.extend_from_slice(self.closed);
    }
}

macro_rules! integers {
    ($($method:ident: $integer:ty,)*) => {
        $(fn $method(self, value: $integer) -> Result<(), Error> {
            self.0.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
            Ok(())
        })*
    };
}

impl<'a> Serializer for Writer<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Members<'a>;
    type SerializeTuple = Members<'a>;
    type SerializeTupleStruct = Members<'a>;
    type SerializeTupleVariant = Members<'a>;
    type SerializeMap = Members<'a>;
    type SerializeStruct = Members<'a>;
    type SerializeStructVariant = Members<'a>;

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        let word: &[u8] = if value { b"true" } else { b"false" };
        self.0.extend_from_slice(word);
        Ok(())
    }

    integers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        serde_json::to_writer(self.0, &value)
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        serde_json::to_writer(self.0, &value)
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        quoted(self.0, value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.0.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        name(self.0, variant);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        if name == RAW_JSON {
            serde_json::to_writer(self.0, value)
        } else {
            value.serialize(self)
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let mut members = self.members(b"{", b"}");
        members.field(variant, value)?;
        members.close();
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Members<'a>, Error> {
        Ok(self.members(b"[", b"]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Members<'a>, Error> {
        Ok(self.members(b"[", b"]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Members<'a>, Error> {
        Ok(self.members(b"[", b"]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members<'a>, Error> {
        Ok(self.variant(variant, b"[", b"]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'a>, Error> {
        Ok(self.members(b"{", b"}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'a>, Error> {
        Ok(self.members(b"{", b"}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members<'a>, Error> {
        Ok(self.variant(variant, b"{", b"}}"))
    }
}

macro_rules! elements {
    ($($kind:ident: $method:ident,)*) => {
        $(impl $kind for Members<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.element(value)
            }

            fn end(self) -> Result<(), Error> {
                self.close();
                Ok(())
            }
        })*
    };
}

elements! {
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field,
}

macro_rules! fields {
    ($($kind:ident,)*) => {
        $(impl $kind for Members<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.field(name, value)
            }

            fn end(self) -> Result<(), Error> {
                self.close();
                Ok(())
            }
        })*
    };
}

fields! { SerializeStruct, SerializeStructVariant, }

impl SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), Error> {
        self.separate();
        let begin = self.text.len();
        name.serialize(Writer(self.text))?;
        if self.text.get(begin) != Some(&b'"') {
            return Err(Error::custom("a key must be a string"));
        }
        self.text.push(b':');
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(Writer(self.text))
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde::Serialize;
    use serde_json::{Value, json};

    use super::*;
    use crate::http::json::RawJson;

    fn written(value: &impl Serialize) -> String {
        let mut text = Vec::new();
        write(value, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[derive(Serialize)]
    enum Variant {
        Unit,
        Newtype(u8),
        Tuple(u8, &'static str),
        Struct { field: bool },
    }

    #[derive(Serialize)]
    struct Unit;

    #[derive(Serialize)]
    struct Newtype<T>(T);

    #[derive(Serialize)]
    struct Tuple(i8, f32);

    #[derive(Serialize)]
    struct Flat {
        own: i64,
        #[serde(flatten)]
        rest: BTreeMap<&'static str, Option<char>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        absent: Option<()>,
    }

    #[test]
    fn every_kind_of_value_is_written_as_serde_json_writes_it() {
        fn same(value: &impl Serialize) {
            assert_eq!(written(value), serde_json::to_string(value).unwrap());
        }
        same(&(Variant::Unit, Variant::Newtype(7), Variant::Tuple(8, "x")));
        same(&[Variant::Struct { field: true }, Variant::Unit]);
        same(&(Unit, (), Newtype(Newtype("y")), Tuple(-1, 0.1), [0_u8; 0]));
        same(&(
            i64::MIN,
            u64::MAX,
            1e300,
            f64::NAN,
            -0.0,
            Some(1_u16),
            None::<i16>,
        ));
        same(&Flat {
            own: 1,
            rest: [("b\n", Some('"')), ("a", None), ("ü", Some('\u{7f}'))].into(),
            absent: None,
        });
        let verbatim: RawJson = serde_json::from_str(r#"{ "a" : 1.50, "b":[1e2, null] }"#).unwrap();
        same(&Newtype([&verbatim, &verbatim]));
        assert_eq!(written(&verbatim), r#"{"a":1.50,"b":[1e2,null]}"#);
    }

    #[test]
    fn what_is_no_text_is_no_key() {
        let odd = BTreeMap::from([(vec![1_u8], 1)]);
        let wrong = write(&odd, &mut Vec::new()).unwrap_err();
        assert_eq!(wrong.to_string(), "a key must be a string");
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[a-z\"\\\\\u{0}-\u{1f} ]{0,80}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            let members = prop::collection::vec((any::<String>(), inner.clone()), 0..6);
            prop_oneof![
                prop::collection::vec(inner, 0..6).prop_map(Value::from),
                members.prop_map(|members| json!(
                    members.into_iter().collect::<serde_json::Map<_, _>>()
                )),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_document_is_written_as_serde_json_writes_it(value in value()) {
            prop_assert_eq!(written(&value), value.to_string());
        }

        #[test]
        fn a_byte_that_needs_an_escape_is_found_wherever_it_is(
            before in "[!#-\\[\\]-~ü]{0,20}", odd in "[\"\\\\\u{0}-\u{1f}]?", after in "[!#-\\[\\]-~]{0,20}",
        ) {
            let text = before + &odd + &after;
            prop_assert_eq!(may_need_escapes(text.as_bytes()), !odd.is_empty());
        }
    }
}
