//! The fields and parameters of requests as their operations declare them, with hints on unknown names in a request.

use std::collections::HashSet;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::field_tree::{FieldTree, KnownField};
use super::misspelt::find_misspelt;
use super::required_fields::RequiredFields;
use crate::sim::fuzzy::{nearest, suggestion};

/// The largest body that is searched for misspelt fields, in bytes.
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
    /// True if objects of the body keep unknown fields.
    has_open_objects: bool,
    required: RequiredFields,
    /// True if a request may come without a body.
    pub is_body_optional: bool,
}

impl RequestSchema {
    /// Reads the request schema of an operation in a document with these components.
    ///
    /// # Panics
    /// If a map of the operation has keys that are not strings, which no OpenAPI document has.
    pub fn new(operation: &Value, components: &Value) -> Self {
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
        let body = schema.map(|schema| FieldTree::new(schema, components, &mut Vec::new()));
        Self {
            objects: query.iter().filter(is_object).filter_map(name).collect(),
            query: query.iter().filter_map(name).collect(),
            has_open_objects: body.as_ref().is_some_and(FieldTree::has_open_objects),
            body,
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

    /// Hints on all other fields of a body that are close to a known one. Of a refused body reading may have stopped
    /// before them; in any body they may be in an object that keeps unknown fields.
    pub fn on_misspelt(&self, body: &[u8], ignored: &[String], is_refused: bool) -> Vec<String> {
        let misspelt = match &self.body {
            Some(tree) if (is_refused || self.has_open_objects) && body.len() <= MAX_BODY => {
                find_misspelt(tree, body)
            }
            _ => return Vec::new(),
        };
        let ignored: HashSet<&str> = ignored.iter().map(String::as_str).collect();
        misspelt
            .into_iter()
            .filter(|misspelt| !ignored.contains(&*misspelt.path))
            .map(|misspelt| {
                let near = suggestion(Some(misspelt.near));
                format!("unknown field {}{near}", misspelt.path)
            })
            .collect()
    }
}
