//! The fields and parameters of requests as their operations declare them, with hints on unknown names in a request.

use std::collections::{BTreeMap, HashSet};

use percent_encoding::percent_decode_str;
use serde_json::Value;
use utoipa::openapi::path::Operation;

use super::required_fields::RequiredFields;
use crate::http::evidence::schema::spellings;
use crate::http::json::value::OrderedValue;
use crate::http::json::{field_path, pointer};
use crate::sim::fuzzy::{is_same_word, nearest, suggestion};

/// The largest refused body that is searched for misspelt fields, in bytes.
const MAX_BODY: usize = 256 << 10;

/// The longest name of a parameter that is repeated in a hint: a longer one may be a secret without its name.
const MAX_NAME: usize = 32;

/// The fields and parameters that requests of an operation may have.
#[derive(Debug)]
pub struct RequestSchema {
    query: Vec<String>,
    /// Those of the parameters that are objects, whose parts are sent as `name.part` or `name[part]`.
    objects: Vec<String>,
    /// Absent: the operation takes no body.
    body: Option<FieldTree>,
    required: RequiredFields,
    /// True if a request may come without a body.
    pub is_body_optional: bool,
}

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
enum FieldTree {
    Any,
    Fields(BTreeMap<String, Self>),
    /// A field in another spelling, which is known and not suggested.
    Respelt,
}

impl RequestSchema {
    /// Reads the request schema of an operation in a document with these components.
    ///
    /// # Panics
    /// If a map of the operation has keys that are not strings, which no OpenAPI document has.
    pub fn new(operation: &Operation, components: &Value) -> Self {
        let operation = serde_json::to_value(operation).expect("keys are strings");
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let schemes = components["securitySchemes"].as_object().into_iter();
        let query: Vec<&Value> = parameters
            .chain(schemes.flat_map(|schemes| schemes.values()))
            .filter(|declared| declared["in"] == "query")
            .collect();
        let is_object = |declared: &&&Value| declared["style"] == "deepObject";
        let name = |declared: &&Value| declared["name"].as_str().map(str::to_owned);
        let content = operation["requestBody"]["content"].as_object();
        let schema = content.and_then(|content| content.values().next()?.get("schema"));
        Self {
            objects: query.iter().filter(is_object).filter_map(name).collect(),
            query: query.iter().filter_map(name).collect(),
            body: schema.map(|schema| FieldTree::new(schema, components, &mut Vec::new())),
            required: schema.map_or_else(RequiredFields::default, |schema| {
                RequiredFields::new(schema, components, &mut Vec::new())
            }),
            is_body_optional: operation["requestBody"]["required"] != true,
        }
    }

    /// The required fields that a body lacks, each with the values it may have.
    pub fn missing_fields(&self, body: &[u8]) -> Vec<String> {
        let mut missing = Vec::new();
        if body.len() <= MAX_BODY
            && let Ok(value) = serde_json::from_slice(body)
        {
            self.required.find_missing(&value, "", &mut missing);
        }
        missing
    }

    /// The parameters of the query.
    pub fn parameters(&self) -> &[String] {
        &self.query
    }

    /// Looks a JSON pointer up in the body.
    pub fn field(&self, pointer: &str) -> KnownField {
        match &self.body {
            None => KnownField::NoBody,
            Some(tree) => tree.field(pointer),
        }
    }

    /// Hints on the unknown parameters of a query.
    pub fn on_query(&self, query: &str) -> impl Iterator<Item = String> {
        let names = query.split('&').filter(|pair| !pair.is_empty());
        names.filter_map(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            let name = percent_decode_str(name).decode_utf8_lossy();
            let outer = name.split(['.', '[']).next().unwrap_or_default();
            if name.len() > MAX_NAME
                || self.query.iter().any(|known| *known == name)
                || self.objects.iter().any(|known| *known == outer)
            {
                return None;
            }
            let near = nearest(&name, self.query.iter().map(String::as_str));
            Some(format!(
                "unknown query parameter {name} was ignored{}",
                suggestion(near)
            ))
        })
    }

    /// A hint on a field of the body that was ignored. Paths are written as `a[0].b`, or as `a.b` by a family that does
    /// not count items.
    pub fn on_ignored(&self, path: &str) -> String {
        let near = self.body.as_ref().and_then(|tree| tree.nearest(path));
        format!("unknown field {path} was ignored{}", suggestion(near))
    }

    /// Hints on all other fields of a refused body that are close to a known one: reading may have stopped before them,
    /// or their type may accept unknown fields.
    pub fn on_refused(&self, body: &[u8], ignored: &[String]) -> Vec<String> {
        let mut misspelt = Vec::new();
        if let Some(tree) = &self.body
            && body.len() <= MAX_BODY
            && let Ok(value) = serde_json::from_slice(body)
        {
            tree.find_misspelt(&value, "", &mut misspelt);
        }
        let ignored: HashSet<&str> = ignored.iter().map(String::as_str).collect();
        misspelt
            .into_iter()
            .filter(|(path, _)| !ignored.contains(&**path))
            .map(|(path, near)| format!("unknown field {path}{}", suggestion(Some(near))))
            .collect()
    }
}

impl FieldTree {
    /// Reads a schema. `within` are the names of the schemas around it.
    fn new<'a>(schema: &'a Value, components: &'a Value, within: &mut Vec<&'a str>) -> Self {
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
                .fold(Self::Fields(BTreeMap::new()), Self::or);
        }
        match schema.get("items") {
            Some(Value::Bool(false)) => return Self::Fields(BTreeMap::new()),
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
            properties => Self::Fields(
                properties
                    .into_iter()
                    .flatten()
                    .map(|(name, schema)| (name.clone(), Self::new(schema, components, within)))
                    .chain(spellings(schema).map(|name| (name.to_owned(), Self::Respelt)))
                    .collect(),
            ),
        }
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Fields(mut fields), Self::Fields(more)) => {
                fields.extend(more);
                Self::Fields(fields)
            }
            _ => Self::Any,
        }
    }

    /// Looks a JSON pointer up. Names that differ in case, hyphens and underscores only are known too, since some
    /// services accept several spellings.
    fn field(&self, pointer: &str) -> KnownField {
        let (mut tree, mut outer) = (self, String::new());
        for part in pointer::parts(pointer) {
            let Self::Fields(fields) = tree else {
                return KnownField::Known;
            };
            let known = fields.iter().find(|(name, _)| is_same_word(name, &part));
            let is_item = part == "-" || part.bytes().all(|byte| byte.is_ascii_digit());
            match known {
                Some((_, field)) => tree = field,
                // The items of an array have the fields of the array.
                None if is_item => {}
                None => {
                    let near = nearest(&part, fields.keys().map(String::as_str));
                    return KnownField::Unknown(near.map(|near| format!("{outer}/{near}")));
                }
            }
            outer.extend(["/", &part]);
        }
        KnownField::Known
    }

    /// The path of the known field that is nearest to an unknown one.
    fn nearest(&self, path: &str) -> Option<String> {
        let (outer, name) = path.rsplit_once('.').unwrap_or(("", path));
        let mut tree = self;
        for part in outer.split('.').filter(|part| !part.is_empty()) {
            let field = part.split('[').next().unwrap_or_default();
            let Self::Fields(fields) = tree else {
                return None;
            };
            tree = fields.get(field)?;
        }
        let Self::Fields(fields) = tree else {
            return None;
        };
        let near = nearest(name, suggested(fields))?;
        Some(field_path(outer, near))
    }

    /// Finds the unknown fields of a value that are close to a known one, and adds both paths.
    fn find_misspelt(
        &self,
        value: &OrderedValue,
        path: &str,
        misspelt: &mut Vec<(String, String)>,
    ) {
        let Self::Fields(fields) = self else { return };
        match value {
            OrderedValue::Array(items) => {
                for (n, item) in items.iter().enumerate() {
                    self.find_misspelt(item, &format!("{path}[{n}]"), misspelt);
                }
            }
            OrderedValue::Object(object) => {
                for (name, value) in object {
                    if let Some(tree) = fields.get(name) {
                        tree.find_misspelt(value, &field_path(path, name), misspelt);
                    } else if let Some(near) = nearest(name, suggested(fields)) {
                        misspelt.push((field_path(path, name), field_path(path, near)));
                    }
                }
            }
            OrderedValue::Scalar(_) => {}
        }
    }
}

/// The names of fields, each in one spelling.
fn suggested(fields: &BTreeMap<String, FieldTree>) -> impl Iterator<Item = &str> {
    let names = fields.iter();
    names
        .filter(|(_, tree)| !matches!(tree, FieldTree::Respelt))
        .map(|(name, _)| name.as_str())
}
