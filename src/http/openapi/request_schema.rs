//! The fields that requests may have, as their operations declare them, and a word on those that are misspelt.

use std::collections::{BTreeMap, HashSet};

use axum::http::Method;
use percent_encoding::percent_decode_str;
use utoipa::openapi::path::{self, ParameterIn};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayItems, Components, Schema, SchemaType, Type,
};
use utoipa::openapi::security::{ApiKey, SecurityScheme};
use utoipa::openapi::{OpenApi, Ref, RefOr};

use crate::http::json::value::OrderedValue;
use crate::http::operation::methods;
use crate::sim::fuzzy::nearest;

/// The largest body that is read again for a word on its spelling, in bytes.
const LARGEST: usize = 256 << 10;

/// The longest name of a parameter that is repeated: what is longer may be a secret without its name.
const LONGEST: usize = 32;

/// What the request of an operation may be made of.
#[derive(Debug)]
pub struct RequestSchema {
    query: Vec<String>,
    /// Absent: the operation takes no body.
    body: Option<FieldTree>,
}

/// What fields a value has. An array has those of its items; what is neither an object nor an array has none.
#[derive(Debug)]
enum FieldTree {
    /// Whatever it is given.
    Any,
    /// These.
    Fields(BTreeMap<String, Self>),
}

/// Reads out of an OpenAPI document what the requests of its operations may be made of, each with its method.
#[must_use]
pub fn request_schemas(api: &OpenApi) -> Vec<(Method, RequestSchema)> {
    let none = Components::default();
    let components = api.components.as_ref().unwrap_or(&none);
    let operations = api.paths.paths.values().flat_map(methods);
    let spelt =
        operations.map(|(method, operation)| (method, RequestSchema::of(operation, components)));
    spelt.collect()
}

impl RequestSchema {
    fn of(operation: &path::Operation, components: &Components) -> Self {
        let parameters = operation.parameters.iter().flatten();
        let named = parameters.filter_map(|parameter| match parameter {
            RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query => {
                Some(parameter.name.clone())
            }
            RefOr::T(_) | RefOr::Ref(_) => None,
        });
        let schemes = components.security_schemes.values();
        let credentials = schemes.filter_map(|scheme| match scheme {
            RefOr::T(SecurityScheme::ApiKey(ApiKey::Query(key))) => Some(key.name.clone()),
            _ => None,
        });
        let body = operation.request_body.as_ref().and_then(|body| match body {
            RefOr::T(body) => body.content.values().next(),
            RefOr::Ref(_) => None,
        });
        let schema = body.and_then(|content| match content {
            RefOr::T(content) => content.schema.as_ref(),
            RefOr::Ref(_) => None,
        });
        Self {
            query: named.chain(credentials).collect(),
            body: schema.map(|schema| FieldTree::of(schema, components, &mut Vec::new())),
        }
    }

    /// A word on every parameter of a query that is not known.
    pub fn on_query(&self, query: &str) -> impl Iterator<Item = String> {
        let names = query.split('&').filter(|pair| !pair.is_empty());
        let names = names.filter_map(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            let name = percent_decode_str(name).decode_utf8_lossy();
            let is_known = self.query.iter().any(|known| *known == name);
            (!is_known && name.len() <= LONGEST).then_some(name)
        });
        names.map(|name| {
            let near = nearest(&name, self.query.iter().map(String::as_str));
            let meant = near.map(str::to_owned);
            format!(
                "the query's parameter {name} is not known and was ignored{}",
                question(meant)
            )
        })
    }

    /// A word on a field of the body that its type did not know. Places are spelt `a[0].b`, or `a.b` by a
    /// family that does not count.
    #[must_use]
    pub fn on_ignored(&self, place: &str) -> String {
        let near = self.body.as_ref().and_then(|tree| tree.near(place));
        format!(
            "the body's field {place} is not known and was ignored{}",
            question(near)
        )
    }

    /// A word on every other field of a refused body that comes near a known one: its type may not have come
    /// that far, or carries whatever it does not know.
    #[must_use]
    pub fn on_refused(&self, body: &[u8], ignored: &[String]) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(tree) = &self.body
            && body.len() <= LARGEST
            && let Ok(value) = serde_json::from_slice(body)
        {
            tree.walk(&value, "", &mut found);
        }
        let ignored: HashSet<&str> = ignored.iter().map(String::as_str).collect();
        let unheard = found
            .into_iter()
            .filter(|(place, _)| !ignored.contains(&**place));
        unheard
            .map(|(place, near)| {
                format!(
                    "the body's field {place} is not known{}",
                    question(Some(near))
                )
            })
            .collect()
    }
}

fn question(near: Option<String>) -> String {
    near.map_or_else(String::new, |near| format!(", did you mean {near}?"))
}

impl FieldTree {
    /// The shape that a schema describes. `within` are the names of the schemas around it.
    fn of(schema: &RefOr<Schema>, components: &Components, within: &mut Vec<String>) -> Self {
        let schema = match schema {
            RefOr::T(schema) => schema,
            RefOr::Ref(Ref { ref_location, .. }) => {
                let name = ref_location.rsplit('/').next().unwrap_or_default();
                let named = components.schemas.get(name);
                let (Some(named), false) = (named, within.iter().any(|outer| outer == name)) else {
                    return Self::Any;
                };
                within.push(name.to_owned());
                let tree = Self::of(named, components, within);
                within.pop();
                return tree;
            }
        };
        let mut all = |schemas: &[RefOr<Schema>]| {
            let trees = schemas
                .iter()
                .map(|schema| Self::of(schema, components, within));
            trees.fold(Self::Fields(BTreeMap::new()), Self::or)
        };
        match schema {
            Schema::OneOf(choice) => all(&choice.items),
            Schema::AllOf(parts) => all(&parts.items),
            Schema::AnyOf(choice) => all(&choice.items),
            Schema::Array(array) => match &array.items {
                ArrayItems::RefOrSchema(items) => Self::of(items, components, within),
                ArrayItems::False => Self::Fields(BTreeMap::new()),
            },
            Schema::Object(object) => {
                let takes_more = !matches!(
                    object.additional_properties.as_deref(),
                    None | Some(AdditionalProperties::FreeForm(false))
                );
                let may_be_object = match &object.schema_type {
                    SchemaType::Type(kind) => *kind == Type::Object,
                    SchemaType::Array(kinds) => kinds.contains(&Type::Object),
                    SchemaType::AnyValue => true,
                };
                if takes_more || (object.properties.is_empty() && may_be_object) {
                    return Self::Any;
                }
                let fields = object.properties.iter().map(|(name, schema)| {
                    let tree = Self::of(schema, components, within);
                    (name.clone(), tree)
                });
                Self::Fields(fields.collect())
            }
            _ => Self::Any,
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

    /// What the last part of a place was probably meant to be, at that place.
    fn near(&self, place: &str) -> Option<String> {
        let (outer, name) = match place.rsplit_once('.') {
            Some((outer, name)) => (Some(outer), name),
            None => (None, place),
        };
        let mut tree = self;
        for part in outer.iter().flat_map(|outer| outer.split('.')) {
            let field = part.split('[').next().unwrap_or_default();
            let Self::Fields(fields) = tree else {
                return None;
            };
            tree = fields.get(field)?;
        }
        let Self::Fields(fields) = tree else {
            return None;
        };
        let near = nearest(name, fields.keys().map(String::as_str))?;
        Some(join(outer.unwrap_or_default(), near))
    }

    /// Finds the fields of a value that come near a known one: where each is, and where it should be.
    fn walk(&self, value: &OrderedValue, place: &str, found: &mut Vec<(String, String)>) {
        let Self::Fields(fields) = self else { return };
        match value {
            OrderedValue::Array(items) => {
                for (n, item) in items.iter().enumerate() {
                    self.walk(item, &format!("{place}[{n}]"), found);
                }
            }
            OrderedValue::Object(object) => {
                for (name, value) in object {
                    if let Some(tree) = fields.get(name) {
                        tree.walk(value, &join(place, name), found);
                    } else if let Some(near) = nearest(name, fields.keys().map(String::as_str)) {
                        found.push((join(place, name), join(place, near)));
                    }
                }
            }
            OrderedValue::Scalar(_) => {}
        }
    }
}

fn join(outer: &str, name: &str) -> String {
    match outer {
        "" => name.to_owned(),
        outer => format!("{outer}.{name}"),
    }
}
