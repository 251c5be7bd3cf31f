//! The one deserializer of documents: it accepts only objects for structs, finds the path to a value at fault, and
//! reports unknown fields.
//!
//! Serde's derived types also accept an array of their fields in order, which no service does. All documents are read by
//! this one deserializer, not by adapters around that of `serde_json`, since each adapter is compiled for each type again.
//! Only the parts that serde buffers (untagged enums, flattened fields) are out of reach: a struct there names
//! [`object`](super::object()) in its `deserialize_with`.

use std::borrow::Cow;
use std::marker::PhantomData;

use serde::de::value::CowStrDeserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde_json::Error;

use super::cursor::{Cursor, Kind, Scalar};
use super::fast_writer::RAW_JSON;
use super::place::Place;

/// The deepest value that is understood. Deeper ones may be kept as raw parts.
pub(super) const MAX_DEPTH: usize = 128;

/// A document that is being read.
pub(super) struct Document<'de, 'i> {
    cursor: Cursor<'de>,
    depth: usize,
    /// Called with the path of each unknown field.
    ignored: &'i mut dyn FnMut(String),
    /// The path to the value at fault, after an error.
    error_path: Option<String>,
}

impl<'de, 'i> Document<'de, 'i> {
    /// Refuses a text that is not JSON.
    pub(super) fn new(text: &'de [u8], ignored: &'i mut dyn FnMut(String)) -> Result<Self, Error> {
        Ok(Self {
            cursor: Cursor::new(text)?,
            depth: 0,
            ignored,
            error_path: None,
        })
    }

    /// Reads all of it.
    pub(super) fn read<T: Deserialize<'de>>(&mut self) -> Result<T, Error> {
        T::deserialize(ValueReader {
            document: self,
            place: &Place::Root,
        })
    }

    /// Reads the value at a place.
    fn read_part<S: DeserializeSeed<'de>>(
        &mut self,
        place: &Place,
        seed: S,
    ) -> Result<S::Value, Error> {
        let value = seed.deserialize(ValueReader {
            document: self,
            place,
        });
        value.inspect_err(|_| self.note(place))
    }

    /// The path to the value at fault, after an error.
    pub(super) fn into_error_path(self) -> String {
        self.error_path.unwrap_or_default()
    }

    /// Keeps the place of an error. The innermost place, which is the first, counts.
    fn note(&mut self, place: &Place) {
        self.error_path.get_or_insert_with(|| place.path());
    }

    fn enter(&mut self) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Error::custom("nests too deeply"));
        }
        self.cursor.open();
        Ok(())
    }
}

/// The next value of a document.
struct ValueReader<'a, 'de, 'i> {
    document: &'a mut Document<'de, 'i>,
    place: &'a Place<'a>,
}

impl<'a, 'de, 'i> ValueReader<'a, 'de, 'i> {
    fn container(self) -> Result<Container<'a, 'de, 'i>, Error> {
        self.document.enter()?;
        Ok(Container {
            document: self.document,
            place: self.place,
            is_passed: false,
        })
    }

    fn misfit(self, expected: &dyn Expected) -> Error {
        match self.document.cursor.kind() {
            Kind::Array => Error::invalid_type(Unexpected::Seq, expected),
            Kind::Object => Error::invalid_type(Unexpected::Map, expected),
            _ => match self.document.cursor.scalar() {
                Ok(scalar) => Error::invalid_type(scalar.as_unexpected(), expected),
                Err(error) => error,
            },
        }
    }

    /// The name of a variant that has no content, or the object around a variant with content.
    fn variant(self) -> Result<Variant<'a, 'de, 'i>, Error> {
        let (name, has_content) = match self.document.cursor.kind() {
            Kind::String => (self.document.cursor.string()?, false),
            Kind::Object => {
                self.document.enter()?;
                if !self.document.cursor.advance() {
                    return Err(Error::custom(ONE_VARIANT));
                }
                (self.document.cursor.key()?, true)
            }
            _ => return Err(self.misfit(&"a string")),
        };
        Ok(Variant {
            document: self.document,
            place: self.place,
            name,
            has_content,
        })
    }
}

/// The error of an object that stands for a variant.
const ONE_VARIANT: &str = "must be a string, or an object with one field";

impl<'de> Deserializer<'de> for ValueReader<'_, 'de, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.document.cursor.kind() {
            Kind::Array => self.deserialize_seq(visitor),
            Kind::Object => self.deserialize_map(visitor),
            _ => match self.document.cursor.scalar()? {
                Scalar::Null => visitor.visit_unit(),
                Scalar::Bool(flag) => visitor.visit_bool(flag),
                Scalar::Unsigned(number) => visitor.visit_u64(number),
                Scalar::Negative(number) => visitor.visit_i64(number),
                Scalar::Float(number) => visitor.visit_f64(number),
                Scalar::String(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
                Scalar::String(Cow::Owned(text)) => visitor.visit_string(text),
            },
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.document.cursor.kind() == Kind::Null {
            self.document.cursor.raw();
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == RAW_JSON {
            return visitor.visit_borrowed_str(self.document.cursor.raw());
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.document.cursor.kind() != Kind::Array {
            return Err(self.misfit(&visitor));
        }
        let mut elements = Elements {
            container: self.container()?,
            index: 0,
        };
        let value = visitor.visit_seq(&mut elements)?;
        elements.end()?;
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.document.cursor.kind() != Kind::Object {
            return Err(self.misfit(&visitor));
        }
        let mut fields = Fields {
            container: self.container()?,
            key: Cow::Borrowed(""),
        };
        let value = visitor.visit_map(&mut fields)?;
        // All fields were asked for.
        fields.container.leave();
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.document.cursor.kind() != Kind::Object {
            return Err(self.misfit(&"an object"));
        }
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self.variant()?)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.document.cursor.raw();
        (self.document.ignored)(self.place.path());
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct identifier
    }
}

/// An array or object.
struct Container<'a, 'de, 'i> {
    document: &'a mut Document<'de, 'i>,
    place: &'a Place<'a>,
    is_passed: bool,
}

impl Container<'_, '_, '_> {
    /// Goes to the next element or key. False if there is none.
    fn advance(&mut self) -> bool {
        self.is_passed = !self.document.cursor.advance();
        !self.is_passed
    }

    /// Leaves it. True if there was more in it.
    fn leave(self) -> bool {
        let has_more = !self.is_passed && self.document.cursor.advance();
        self.document.depth -= 1;
        has_more
    }
}

/// The elements of an array.
struct Elements<'a, 'de, 'i> {
    container: Container<'a, 'de, 'i>,
    index: usize,
}

impl Elements<'_, '_, '_> {
    /// Leaves the array. Refuses elements that were not asked for.
    fn end(self) -> Result<(), Error> {
        if self.container.leave() {
            return Err(Error::custom(format_args!(
                "must be an array of {}, not of more",
                self.index
            )));
        }
        Ok(())
    }
}

impl<'de> SeqAccess<'de> for &mut Elements<'_, 'de, '_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        if !self.container.advance() {
            return Ok(None);
        }
        let place = Place::Item(self.container.place, self.index);
        self.index += 1;
        self.container.document.read_part(&place, seed).map(Some)
    }
}

/// The fields of an object.
struct Fields<'a, 'de, 'i> {
    container: Container<'a, 'de, 'i>,
    /// The last key.
    key: Cow<'de, str>,
}

impl<'de> MapAccess<'de> for &mut Fields<'_, 'de, '_> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        if !self.container.advance() {
            return Ok(None);
        }
        let Container {
            document, place, ..
        } = &mut self.container;
        self.key = document.cursor.key()?;
        let key = seed.deserialize(Key(self.key.clone()));
        // An unknown field is at fault itself.
        key.map(Some)
            .inspect_err(|_| document.note(&Place::Field(place, &self.key)))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let place = Place::Field(self.container.place, &self.key);
        self.container.document.read_part(&place, seed)
    }
}

/// A key of an object.
struct Key<'de>(Cow<'de, str>);

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Cow::Borrowed(key) => visitor.visit_borrowed_str(key),
            Cow::Owned(key) => visitor.visit_string(key),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(CowStrDeserializer::new(self.0))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

/// A variant of an enum.
struct Variant<'a, 'de, 'i> {
    document: &'a mut Document<'de, 'i>,
    place: &'a Place<'a>,
    name: Cow<'de, str>,
    /// True if the name is the key of an object, whose value is the content.
    has_content: bool,
}

impl<'de> Variant<'_, 'de, '_> {
    /// Reads the content, which the variant's name leads to.
    fn read<S: DeserializeSeed<'de>>(
        self,
        seed: S,
        expected: &'static str,
    ) -> Result<S::Value, Error> {
        if !self.has_content {
            return Err(Error::invalid_type(Unexpected::UnitVariant, &expected));
        }
        let place = Place::Field(self.place, &self.name);
        let value = self.document.read_part(&place, seed)?;
        if self.document.cursor.advance() {
            return Err(Error::custom(ONE_VARIANT));
        }
        self.document.depth -= 1;
        Ok(value)
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de, '_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let variant = seed.deserialize(Key(self.name.clone()))?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de, '_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        if self.has_content {
            return self.read(PhantomData, "");
        }
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        self.read(seed, "newtype variant")
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.read(TupleContent(visitor), "tuple variant")
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.read(StructContent(visitor), "struct variant")
    }
}

/// The seed of the content of a tuple variant.
struct TupleContent<V>(V);

/// The seed of the content of a struct variant.
struct StructContent<V>(V);

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for TupleContent<V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        deserializer.deserialize_seq(self.0)
    }
}

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for StructContent<V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        deserializer.deserialize_struct("", &[], self.0)
    }
}

#[cfg(test)]
mod tests;
