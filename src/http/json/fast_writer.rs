//! A JSON serializer that is fast for keys, short strings and integers.
//!
//! Its output equals that of `serde_json`, byte for byte. It exists because serialization dominates the cost of a page:
//! with `serde_json` a page of 1,000 pipelines takes twice the CPU time, and one of 1,000 ASM releases a quarter more.
//! Rare values go through `serde_json`: fractions, strings that need escapes, raw parts.

use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::Error;

use super::escaping::Escaping;
use crate::http::evidence::tree::{EvidenceTree, Part};

/// The name of the newtype around a part that is already JSON.
pub(super) const RAW_JSON: &str = "release_emulator::Verbatim";

/// Writes a view as JSON into a buffer of about the given size.
///
/// # Panics
/// If the view has a map whose keys are not strings, which no wire type has.
pub(crate) fn to_json(view: &impl Serialize, size: usize, evidence: &mut BodyEvidence) -> Vec<u8> {
    write(view, size, Escaping::Minimal, evidence).expect("keys are strings")
}

/// The same, with the characters escaped that are special in HTML or JavaScript, as Go's `encoding/json` does.
///
/// # Panics
/// If the view has a map whose keys are not strings, which no wire type has.
pub(crate) fn to_html_safe_json(
    view: &impl Serialize,
    size: usize,
    evidence: &mut BodyEvidence,
) -> Vec<u8> {
    write(view, size, Escaping::HtmlSafe, evidence).expect("keys are strings")
}

fn write(
    value: &impl Serialize,
    size: usize,
    escaping: Escaping,
    evidence: &mut BodyEvidence,
) -> Result<Vec<u8>, Error> {
    let mut writer = JsonWriter {
        text: Vec::with_capacity(size),
        escaping,
        tree: evidence.tree,
        parts: &mut evidence.parts,
    };
    value.serialize(&mut writer)?;
    let mut text = writer.text;
    if text.len() < size / 2 {
        // The journal keeps responses for a while.
        text.shrink_to_fit();
    }
    Ok(text)
}

/// The undocumented parts of a body: those that it may have, and those found in it while it was written.
#[derive(Debug, Default)]
pub(crate) struct BodyEvidence {
    pub tree: Option<&'static EvidenceTree>,
    pub parts: Vec<Part>,
}

struct JsonWriter<'p> {
    text: Vec<u8>,
    escaping: Escaping,
    /// The undocumented parts of the array or object that comes next.
    tree: Option<&'static EvidenceTree>,
    parts: &'p mut Vec<Part>,
}

impl<'p> JsonWriter<'p> {
    /// Begins an array or object.
    fn compound(&mut self, opening: &[u8], closing: &'static [u8]) -> Compound<'_, 'p> {
        self.text.extend_from_slice(opening);
        Compound {
            tree: self.tree.take(),
            writer: self,
            is_first: true,
            closing,
        }
    }

    /// Notes the undocumented parts of a value that begins at an offset and has just been written.
    ///
    /// Apart from the writing and not generic, so that it costs the writing of documented values nothing.
    #[cold]
    fn note_parts(&mut self, tree: &'static EvidenceTree, begin: usize) {
        let written = &self.text[begin..];
        // Nothing of the field is shown.
        if matches!(written, b"null" | b"[]") {
            return;
        }
        let word = written
            .strip_prefix(b"\"")
            .and_then(|rest| rest.strip_suffix(b"\""));
        let word = word.and_then(|word| tree.word_part(word));
        for part in tree.own_part().into_iter().chain(word) {
            if !self.parts.contains(&part) {
                self.parts.push(part);
            }
        }
    }

    /// Begins the array or object of an enum variant.
    fn variant(
        &mut self,
        name: &'static str,
        opening: &[u8],
        closing: &'static [u8],
    ) -> Compound<'_, 'p> {
        self.text.push(b'{');
        self.escaping.write_string(name, &mut self.text);
        self.text.push(b':');
        self.compound(opening, closing)
    }
}

/// An array or object that is being written.
struct Compound<'a, 'p> {
    writer: &'a mut JsonWriter<'p>,
    tree: Option<&'static EvidenceTree>,
    is_first: bool,
    closing: &'static [u8],
}

impl Compound<'_, '_> {
    fn separate(&mut self) {
        if !std::mem::take(&mut self.is_first) {
            self.writer.text.push(b',');
        }
    }

    fn element(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        self.separate();
        self.value(self.tree, value)
    }

    fn field(
        &mut self,
        name: &'static str,
        value: &(impl Serialize + ?Sized),
    ) -> Result<(), Error> {
        debug_assert!(
            !self.writer.escaping.may_apply(name),
            "{name} needs escapes"
        );
        // Each piece checks the capacity, so there are few.
        let text = &mut self.writer.text;
        if std::mem::take(&mut self.is_first) {
            text.push(b'"');
        } else {
            text.extend_from_slice(b",\"");
        }
        text.extend_from_slice(name.as_bytes());
        text.extend_from_slice(b"\":");
        self.value(self.tree.and_then(|tree| tree.field(name)), value)
    }

    /// Writes a value whose undocumented parts are those of the tree.
    fn value(
        &mut self,
        tree: Option<&'static EvidenceTree>,
        value: &(impl Serialize + ?Sized),
    ) -> Result<(), Error> {
        let Some(tree) = tree else {
            return value.serialize(&mut *self.writer);
        };
        let begin = self.writer.text.len();
        self.writer.tree = Some(tree);
        value.serialize(&mut *self.writer)?;
        // A scalar has not taken it.
        self.writer.tree = None;
        if tree.is_undocumented() {
            self.writer.note_parts(tree, begin);
        }
        Ok(())
    }

    fn close(self) {
        self.writer.text.extend_from_slice(self.closing);
    }
}

macro_rules! serialize_integers {
    ($($method:ident: $integer:ty,)*) => {
        $(fn $method(self, value: $integer) -> Result<(), Error> {
            self.text.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
            Ok(())
        })*
    };
}

impl<'a, 'p> Serializer for &'a mut JsonWriter<'p> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Compound<'a, 'p>;
    type SerializeTuple = Compound<'a, 'p>;
    type SerializeTupleStruct = Compound<'a, 'p>;
    type SerializeTupleVariant = Compound<'a, 'p>;
    type SerializeMap = Compound<'a, 'p>;
    type SerializeStruct = Compound<'a, 'p>;
    type SerializeStructVariant = Compound<'a, 'p>;

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        let literal: &[u8] = if value { b"true" } else { b"false" };
        self.text.extend_from_slice(literal);
        Ok(())
    }

    serialize_integers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        serde_json::to_writer(&mut self.text, &value)
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        serde_json::to_writer(&mut self.text, &value)
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.escaping.write_string(value, &mut self.text);
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
        self.text.extend_from_slice(b"null");
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
        self.escaping.write_string(variant, &mut self.text);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        if name == RAW_JSON {
            serde_json::to_writer(&mut self.text, value)
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
        let mut object = self.compound(b"{", b"}");
        object.field(variant, value)?;
        object.close();
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'a, 'p>, Error> {
        Ok(self.compound(b"[", b"]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound<'a, 'p>, Error> {
        Ok(self.compound(b"[", b"]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'a, 'p>, Error> {
        Ok(self.compound(b"[", b"]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'a, 'p>, Error> {
        Ok(self.variant(variant, b"[", b"]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'a, 'p>, Error> {
        Ok(self.compound(b"{", b"}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Compound<'a, 'p>, Error> {
        Ok(self.compound(b"{", b"}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'a, 'p>, Error> {
        Ok(self.variant(variant, b"{", b"}}"))
    }
}

macro_rules! serialize_parts {
    ($($kind:ident: $method:ident($($name:ident: $type:ty)?) by $write:ident,)*) => {
        $(impl $kind for Compound<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, $($name: $type,)? value: &T) -> Result<(), Error> {
                self.$write($($name,)? value)
            }

            fn end(self) -> Result<(), Error> {
                self.close();
                Ok(())
            }
        })*
    };
}

serialize_parts! {
    SerializeSeq: serialize_element() by element,
    SerializeTuple: serialize_element() by element,
    SerializeTupleStruct: serialize_field() by element,
    SerializeTupleVariant: serialize_field() by element,
    SerializeStruct: serialize_field(name: &'static str) by field,
    SerializeStructVariant: serialize_field(name: &'static str) by field,
}

impl SerializeMap for Compound<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), Error> {
        self.separate();
        let begin = self.writer.text.len();
        name.serialize(&mut *self.writer)?;
        if self.writer.text.get(begin) != Some(&b'"') {
            return Err(Error::custom("a key must be a string"));
        }
        self.writer.text.push(b':');
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(&mut *self.writer)
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
        String::from_utf8(to_json(value, 0, &mut BodyEvidence::default())).unwrap()
    }

    #[derive(Serialize)]
    enum Sample {
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
        fn assert_same(value: &impl Serialize) {
            assert_eq!(written(value), serde_json::to_string(value).unwrap());
        }
        assert_same(&(Sample::Unit, Sample::Newtype(7), Sample::Tuple(8, "x")));
        assert_same(&[Sample::Struct { field: true }, Sample::Unit]);
        assert_same(&(Unit, (), Newtype(Newtype("y")), Tuple(-1, 0.1), [0_u8; 0]));
        assert_same(&(
            i64::MIN,
            u64::MAX,
            1e300,
            f64::NAN,
            -0.0,
            Some(1_u16),
            None::<i16>,
        ));
        assert_same(&Flat {
            own: 1,
            rest: [("b\n", Some('"')), ("a", None), ("ü", Some('\u{7f}'))].into(),
            absent: None,
        });
        let raw: RawJson = serde_json::from_str(r#"{ "a" : 1.50, "b":[1e2, null] }"#).unwrap();
        assert_same(&Newtype([&raw, &raw]));
        assert_eq!(written(&raw), r#"{"a":1.50,"b":[1e2,null]}"#);
    }

    #[test]
    fn a_key_that_is_not_a_string_is_refused() {
        let map = BTreeMap::from([(vec![1_u8], 1)]);
        let error = write(&map, 0, Escaping::Minimal, &mut BodyEvidence::default()).unwrap_err();
        assert_eq!(error.to_string(), "a key must be a string");
    }

    #[test]
    fn html_safe_strings_and_keys_have_no_special_characters() {
        let view = BTreeMap::from([("<k>", "a&b<\"\u{2028}>\u{2029}ü\n"), ("plain", "text")]);
        let text =
            String::from_utf8(to_html_safe_json(&view, 0, &mut BodyEvidence::default())).unwrap();
        assert_eq!(
            text,
            r#"{"\u003ck\u003e":"a\u0026b\u003c\"\u2028\u003e\u2029ü\n","plain":"text"}"#
        );
        assert_eq!(
            serde_json::from_str::<BTreeMap<String, String>>(&text).unwrap(),
            view.into_iter()
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect()
        );
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
    }
}
