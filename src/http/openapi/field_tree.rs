//! The fields that a request body may have, as its schema declares them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::http::evidence::schema::spellings;
use crate::http::json::{field_path, pointer};
use crate::sim::fuzzy::{is_same_word, nearest};

/// The standing of a JSON pointer in the body of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KnownField {
    /// A field may be there.
    Known,
    /// The operation takes no body.
    NoBody,
    /// The body has no such field; with the nearest pointer, if any is near.
    Unknown(Option<String>),
}

/// The fields of a value. An array has those of its items; a scalar has none.
#[derive(Debug)]
pub(super) enum FieldTree {
    Any,
    Fields(Fields),
    /// A field in another spelling, which is known and not suggested.
    Respelt,
}

/// The fields of an object.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) known: BTreeMap<String, FieldTree>,
    /// True if the object may have further ones, which the reader of the body accepts without a word.
    pub(super) is_open: bool,
}

impl Fields {
    /// The known field that is nearest to an unknown one.
    pub(super) fn nearest(&self, name: &str) -> Option<&str> {
        let names = self.known.iter();
        let names = names.filter(|(_, tree)| !matches!(tree, FieldTree::Respelt));
        nearest(name, names.map(|(name, _)| name.as_str()))
    }
}

impl FieldTree {
    /// Reads a schema. `within` are the names of the schemas around it.
    pub(super) fn new<'a>(
        schema: &'a Value,
        components: &'a Value,
        within: &mut Vec<&'a str>,
    ) -> Self {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap_or_default();
            let named = &components["schemas"][name];
            if named.is_null() || within.contains(&name) {
                return Self::Any;
            }
            within.push(name);
            let tree = Self::new(named, components, within);
            within.pop();
            return tree;
        }
        let combined = ["oneOf", "allOf", "anyOf"];
        if let Some(parts) = combined.iter().find_map(|key| schema[*key].as_array()) {
            return parts
                .iter()
                .map(|part| Self::new(part, components, within))
                .fold(Self::Fields(Fields::default()), Self::or);
        }
        match schema.get("items") {
            Some(Value::Bool(false)) => return Self::Fields(Fields::default()),
            Some(items) => return Self::new(items, components, within),
            None => {}
        }
        let additional = &schema["additionalProperties"];
        let may_be_object = match &schema["type"] {
            Value::Null => true,
            Value::Array(types) => types.iter().any(|one| one == "object"),
            one => one == "object",
        };
        match schema["properties"].as_object() {
            // Further keys of any kind may still be misspelt ones.
            _ if additional.is_object() => Self::Any,
            None if may_be_object => Self::Any,
            properties => Self::Fields(Fields {
                known: properties
                    .into_iter()
                    .flatten()
                    .map(|(name, schema)| (name.clone(), Self::new(schema, components, within)))
                    .chain(spellings(schema).map(|name| (name.to_owned(), Self::Respelt)))
                    .collect(),
                is_open: *additional == true,
            }),
        }
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Fields(mut fields), Self::Fields(more)) => {
                fields.known.extend(more.known);
                fields.is_open |= more.is_open;
                Self::Fields(fields)
            }
            _ => Self::Any,
        }
    }

    /// Looks a JSON pointer up. Names that differ in case, hyphens and underscores only are known too, since some
    /// services accept several spellings.
    pub(super) fn field(&self, pointer: &str) -> KnownField {
        let (mut tree, mut outer) = (self, String::new());
        for part in pointer::parts(pointer) {
            let Self::Fields(fields) = tree else {
                return KnownField::Known;
            };
            let known = fields
                .known
                .iter()
                .find(|(name, _)| is_same_word(name, &part));
            let is_item = part == "-" || part.bytes().all(|byte| byte.is_ascii_digit());
            match known {
                Some((_, field)) => tree = field,
                // The items of an array have the fields of the array.
                None if is_item => {}
                None => {
                    let names = fields.known.keys();
                    let near = nearest(&part, names.map(String::as_str));
                    return KnownField::Unknown(near.map(|near| format!("{outer}/{near}")));
                }
            }
            outer.extend(["/", &part]);
        }
        KnownField::Known
    }

    /// The path of the known field that is nearest to an unknown one.
    pub(super) fn nearest(&self, path: &str) -> Option<String> {
        let (outer, name) = path.rsplit_once('.').unwrap_or(("", path));
        let mut tree = self;
        for part in outer.split('.').filter(|part| !part.is_empty()) {
            let field = part.split('[').next().unwrap_or_default();
            let Self::Fields(fields) = tree else {
                return None;
            };
            tree = fields.known.get(field)?;
        }
        let Self::Fields(fields) = tree else {
            return None;
        };
        Some(field_path(outer, fields.nearest(name)?))
    }
    /// True if an object, or one within it, may have further fields.
    pub(super) fn has_open_objects(&self) -> bool {
        let Self::Fields(fields) = self else {
            return false;
        };
        fields.is_open || fields.known.values().any(Self::has_open_objects)
    }
}
