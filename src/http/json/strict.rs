//! A deserializer adapter that accepts only JSON objects for structs, and finds the path to a value at fault.
//!
//! Serde's derived types also accept an array of their fields in order, which no service does. The adapter wraps the
//! deserializer of a document, like `serde_ignored`, and reaches every struct within. Only the
//! parts that serde buffers (untagged enums, flattened fields) are out of reach: a struct there names [`deserialize`] in
//! its `deserialize_with`.

use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};

use super::error_path::{ErrorPath, NotedKey, ReadKey, Segment, forward_deserialize};

/// Reads a value in which every struct must be an object.
pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    deserialize_at(deserializer, &ErrorPath::default())
}

/// Reads a value in which every struct must be an object. After an error `path` leads to the value at fault.
pub fn deserialize_at<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
    path: &ErrorPath,
) -> Result<T, D::Error> {
    T::deserialize(Strict {
        inner: deserializer,
        path,
    })
}

/// A strict deserializer, visitor or access. Each passes the strictness on to the parts of a value.
struct Strict<'p, T> {
    inner: T,
    path: &'p ErrorPath,
}

impl<'p, T> Strict<'p, T> {
    /// Splits off what this wraps, and wraps another in its place.
    fn rewrap<U>(self, inner: U) -> (T, Strict<'p, U>) {
        let path = self.path;
        (self.inner, Strict { inner, path })
    }
}

/// The visitor of a struct, which must be an object.
struct StrictObject<'p, V>(Strict<'p, V>);

/// The elements of an array.
struct Elements<'p, A> {
    access: A,
    path: &'p ErrorPath,
    index: usize,
}

/// The fields of an object.
struct Fields<'p, 'de, A> {
    access: A,
    path: &'p ErrorPath,
    key: ReadKey<'de>,
}

/// The seed of a part of a container.
struct Part<'p, 'k, S> {
    seed: S,
    path: &'p ErrorPath,
    segment: Segment<&'k str>,
}

/// The content of a variant.
struct Variant<'p, 'de, A> {
    access: A,
    path: &'p ErrorPath,
    name: ReadKey<'de>,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<'_, D> {
    type Error = D::Error;

    forward_deserialize!();

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let (inner, visitor) = self.rewrap(visitor);
        inner.deserialize_map(StrictObject(visitor))
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for StrictObject<'_, V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(map)
    }
}

macro_rules! forward_scalars {
    ($($method:ident($($value:ident: $type:ty)?);)*) => {
        $(fn $method<E: serde::de::Error>(self, $($value: $type)?) -> Result<V::Value, E> {
            self.inner.$method($($value)?)
        })*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Strict<'_, V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        self.inner.expecting(formatter)
    }

    // The scalars of JSON.
    forward_scalars! {
        visit_none();
        visit_unit();
        visit_bool(value: bool);
        visit_i64(value: i64);
        visit_u64(value: u64);
        visit_f64(value: f64);
        visit_str(value: &str);
        visit_borrowed_str(value: &'de str);
        visit_string(value: String);
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        let (visitor, deserializer) = self.rewrap(deserializer);
        visitor.visit_some(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<V::Value, D::Error> {
        let (visitor, deserializer) = self.rewrap(deserializer);
        visitor.visit_newtype_struct(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.inner.visit_seq(Elements {
            access,
            path: self.path,
            index: 0,
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(Fields {
            access,
            path: self.path,
            key: None,
        })
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        let (visitor, access) = self.rewrap(access);
        visitor.visit_enum(access)
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Part<'_, '_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        let path = self.path;
        let value = self.seed.deserialize(Strict {
            inner: deserializer,
            path,
        });
        value.inspect_err(|_| path.push(self.segment))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Elements<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let segment = Segment::Index(self.index);
        self.index += 1;
        let path = self.path;
        self.access.next_element_seed(Part {
            seed,
            path,
            segment,
        })
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<'_, 'de, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.key = None;
        let key = self.access.next_key_seed(NotedKey {
            inner: seed,
            key: &mut self.key,
        });
        key.inspect_err(|_| {
            // An unknown field is at fault itself.
            if let Some(key) = &self.key {
                self.path.push(Segment::Key(key));
            }
        })
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.access.next_value_seed(Part {
            seed,
            path: self.path,
            segment: Segment::of_key(self.key.as_deref()),
        })
    }
}

impl<'p, 'de, A: EnumAccess<'de>> EnumAccess<'de> for Strict<'p, A> {
    type Error = A::Error;
    type Variant = Variant<'p, 'de, A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        let mut name = None;
        let (value, access) = self.inner.variant_seed(NotedKey {
            inner: seed,
            key: &mut name,
        })?;
        let path = self.path;
        Ok((value, Variant { access, path, name }))
    }
}

impl<'p, 'de, A: VariantAccess<'de>> Variant<'p, 'de, A> {
    /// Reads the content, which the variant's name leads to.
    fn read<T>(
        self,
        read: impl FnOnce(A, &'p ErrorPath) -> Result<T, A::Error>,
    ) -> Result<T, A::Error> {
        read(self.access, self.path)
            .inspect_err(|_| self.path.push(Segment::of_key(self.name.as_deref())))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Variant<'_, 'de, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.read(|access, _| access.unit_variant())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        // The seed adds the name.
        self.access.newtype_variant_seed(Part {
            seed,
            path: self.path,
            segment: Segment::of_key(self.name.as_deref()),
        })
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.read(|access, path| {
            let inner = visitor;
            access.tuple_variant(length, Strict { inner, path })
        })
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.read(|access, path| {
            let inner = visitor;
            access.struct_variant(fields, StrictObject(Strict { inner, path }))
        })
    }
}
