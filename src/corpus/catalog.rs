//! The emulated operations, found by the method and the path of a request, with the schemas of their messages.

use std::sync::LazyLock;

use axum::http::Method;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::schema::SchemaNode;
use crate::http::Operation;
use crate::registry;
use crate::world::settings::{PipelinesList, Settings, ZadigGeneration};

/// An operation with its declarations, one for each form that settings give it.
pub struct CatalogEntry {
    pub operation: &'static Operation,
    segments: Vec<Segment>,
    declared: Vec<Declared>,
    pub is_head_served: bool,
}

struct Declared {
    operation: &'static Value,
    components: &'static Value,
}

enum Segment {
    Literal(&'static str),
    Parameter(&'static str),
}

/// A request's operation with the parameters of its path, decoded.
pub struct Found {
    pub entry: &'static CatalogEntry,
    pub parameters: Vec<(&'static str, String)>,
}

/// The documents of all families in every form.
static DOCUMENTS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let other = Settings {
        pipelines_list: PipelinesList::Object,
        zadig: Some(ZadigGeneration::V4),
        ..Settings::default()
    };
    let settings = [Settings::default(), other];
    let documents = settings.iter().flat_map(registry::definitions);
    documents.collect()
});

/// All published documents.
pub fn documents() -> &'static [Value] {
    &DOCUMENTS
}

static CATALOG: LazyLock<Vec<CatalogEntry>> = LazyLock::new(|| {
    let known = registry::known_operations().iter();
    known
        .map(|known| {
            let operation = known.operation;
            let method = operation.method.to_ascii_lowercase();
            let declared = documents().iter().filter_map(|document| {
                let operation = document["paths"][&operation.path].get(&method)?;
                let components = &document["components"];
                Some(Declared {
                    operation,
                    components,
                })
            });
            CatalogEntry {
                operation,
                segments: segments(&operation.path),
                declared: declared.collect(),
                is_head_served: known.is_head_served,
            }
        })
        .collect()
});

fn segments(path: &'static str) -> Vec<Segment> {
    path.split('/')
        .skip(1)
        .map(|segment| {
            let name = segment
                .strip_prefix('{')
                .and_then(|rest| rest.strip_suffix('}'));
            name.map_or(Segment::Literal(segment), Segment::Parameter)
        })
        .collect()
}

/// All operations.
pub fn entries() -> &'static [CatalogEntry] {
    &CATALOG
}

/// The operation with an id.
pub fn entry(id: &str) -> Option<&'static CatalogEntry> {
    entries().iter().find(|entry| entry.operation.id == id)
}

/// Finds the operation of a request. A literal segment goes before a parameter.
pub fn find(method: &Method, path: &str) -> Option<Found> {
    let path = if path.len() > 1 {
        path.trim_end_matches('/')
    } else {
        path
    };
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let is_method = |entry: &CatalogEntry| {
        *method == *entry.operation.method.as_str()
            || *method == Method::HEAD && entry.is_head_served && entry.operation.method == "GET"
    };
    let candidates = entries().iter().filter(|entry| is_method(entry));
    let matching = candidates.filter_map(|entry| Some((entry, entry.parameters(&parts)?)));
    let (entry, parameters) = matching.min_by_key(|(_, parameters)| parameters.len())?;
    Some(Found { entry, parameters })
}

impl CatalogEntry {
    fn parameters(&self, parts: &[&str]) -> Option<Vec<(&'static str, String)>> {
        if parts.len() != self.segments.len() {
            return None;
        }
        let mut parameters = Vec::new();
        for (segment, part) in self.segments.iter().zip(parts) {
            match segment {
                Segment::Literal(literal) if literal == part => {}
                Segment::Parameter(name) if !part.is_empty() => {
                    let decoded = percent_decode_str(part).decode_utf8_lossy();
                    parameters.push((*name, decoded.into_owned()));
                }
                _ => return None,
            }
        }
        Some(parameters)
    }

    /// The schema of a parameter of the path or the query.
    pub fn parameter(&self, place: &str, name: &str) -> SchemaNode {
        let schemas = self.declared.iter().flat_map(|declared| {
            let parameters = declared.operation["parameters"].as_array();
            let named = parameters.into_iter().flatten();
            named
                .filter(|parameter| parameter["in"] == place && parameter["name"] == name)
                .filter_map(|parameter| Some((parameter.get("schema")?, declared.components)))
        });
        SchemaNode::new(schemas)
    }

    /// True if the query has a parameter of that name.
    pub fn has_query_parameter(&self, name: &str) -> bool {
        self.declared.iter().any(|declared| {
            let parameters = declared.operation["parameters"].as_array();
            let mut parameters = parameters.into_iter().flatten();
            parameters.any(|parameter| parameter["in"] == "query" && parameter["name"] == name)
        })
    }

    /// The schema of the body of the request.
    pub fn request_body(&self) -> SchemaNode {
        SchemaNode::new(self.declared.iter().filter_map(|declared| {
            Some((
                content_schema(&declared.operation["requestBody"])?,
                declared.components,
            ))
        }))
    }

    /// The schema of the body of an answer with that status.
    pub fn answer_body(&self, status: u16) -> SchemaNode {
        let status = status.to_string();
        SchemaNode::new(self.declared.iter().filter_map(|declared| {
            let responses = &declared.operation["responses"];
            Some((content_schema(&responses[&status])?, declared.components))
        }))
    }

    /// True if the operation declares the status.
    pub fn declares(&self, status: u16) -> bool {
        let status = status.to_string();
        let mut declared = self.declared.iter();
        declared.any(|declared| declared.operation["responses"].get(&status).is_some())
    }
}

/// The schema of the first media type of a message.
fn content_schema(message: &'static Value) -> Option<&'static Value> {
    message["content"]
        .as_object()?
        .values()
        .next()?
        .get("schema")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_goes_before_a_parameter() {
        let of = |method: Method, path: &str| {
            find(&method, path).map(|found| found.entry.operation.id.clone())
        };
        let named = |id: &str| Some(id.to_owned());
        assert_eq!(
            of(Method::GET, "/openapi/environments/production"),
            named("ListProductionEnvironments")
        );
        assert_eq!(
            of(Method::GET, "/openapi/environments/dev"),
            named("GetEnvironment")
        );
        assert_eq!(
            of(Method::GET, "/v3/p1/pipeline/pipelines/"),
            named("ListPipelines")
        );
        assert_eq!(of(Method::PATCH, "/v3/p1/pipeline/pipelines"), None);
        assert_eq!(of(Method::GET, "/elsewhere"), None);
    }
}
