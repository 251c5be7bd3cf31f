//! Unknown fields of a body that are close to a known one.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::field_tree::{FieldTree, Fields};
use crate::http::json::Place;

/// An unknown field, and the known one to which it is close, as paths.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misspelt {
    pub path: String,
    pub near: String,
}

/// Finds the misspelt fields of a JSON text; of a text that is not valid, those before the mistake. It reads without
/// allocating, since it also reads bodies in which nothing is misspelt.
pub(super) fn find_misspelt(tree: &FieldTree, text: &[u8]) -> Vec<Misspelt> {
    let mut misspelt = Vec::new();
    let mut json = serde_json::Deserializer::from_slice(text);
    // The handler has reported a mistake already.
    let _ = ValueSearch {
        tree,
        place: &Place::Root,
        misspelt: &mut misspelt,
    }
    .deserialize(&mut json);
    misspelt
}

/// The seed and visitor of a value.
struct ValueSearch<'a> {
    tree: &'a FieldTree,
    place: &'a Place<'a>,
    misspelt: &'a mut Vec<Misspelt>,
}

impl<'de> DeserializeSeed<'de> for ValueSearch<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.tree {
            FieldTree::Fields(_) => deserializer.deserialize_any(self),
            FieldTree::Any | FieldTree::Respelt => {
                deserializer.deserialize_ignored_any(IgnoredAny).map(|_| ())
            }
        }
    }
}

impl<'de> Visitor<'de> for ValueSearch<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        for n in 0.. {
            let item = ValueSearch {
                tree: self.tree,
                place: &Place::Item(self.place, n),
                misspelt: &mut *self.misspelt,
            };
            if items.next_element_seed(item)?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let FieldTree::Fields(fields) = self.tree else {
            return Ok(());
        };
        while let Some(field) = object.next_key_seed(FieldName(fields))? {
            match field {
                Ok((name, tree)) => object.next_value_seed(ValueSearch {
                    tree,
                    place: &Place::Field(self.place, name),
                    misspelt: &mut *self.misspelt,
                })?,
                Err(near) => {
                    self.misspelt.extend(near.map(|(name, near)| Misspelt {
                        path: Place::Field(self.place, &name).path(),
                        near: Place::Field(self.place, near).path(),
                    }));
                    object.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// The seed and visitor of a key, which looks its field up: a known one, or the name of an unknown one with the known
/// one that is nearest, if any is near.
struct FieldName<'a>(&'a Fields);

impl<'de, 'a> DeserializeSeed<'de> for FieldName<'a> {
    type Value = Result<(&'a str, &'a FieldTree), Option<(String, &'a str)>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'_> for FieldName<'a> {
    type Value = Result<(&'a str, &'a FieldTree), Option<(String, &'a str)>>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(match self.0.known.get_key_value(name) {
            Some((name, tree)) => Ok((name, tree)),
            None => Err(self.0.nearest(name).map(|near| (name.to_owned(), near))),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_compared_with_those_of_their_own_object() {
        let stage = json!({"type": "object", "additionalProperties": true, "properties": {
            "name": {"type": "string"}, "template": {"type": "object"}}});
        let schema = json!({"type": "object", "properties": {
            "name": {"type": "string"}, "stages": {"type": "array", "items": stage}}});
        let tree = FieldTree::new(&schema, &json!({}), &mut Vec::new());
        assert!(tree.has_open_objects());

        let text = r#"{"nmae": 1, "stages": [{"name": "a"}, {"nam": "b", "other": {"nam": 1}, "template": {"nam": 1}}], "x""#;
        let found = find_misspelt(&tree, text.as_bytes());
        let found: Vec<_> = found
            .iter()
            .map(|misspelt| (&*misspelt.path, &*misspelt.near))
            .collect();
        assert_eq!(
            found,
            [("nmae", "name"), ("stages[1].nam", "stages[1].name")]
        );
    }
}
