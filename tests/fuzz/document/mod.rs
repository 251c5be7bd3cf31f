//! The OpenAPI document of the running emulator: its operations, and which of them a request is for.

mod schema;

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

/// A parsed document.
pub(crate) struct Document {
    pub(crate) operations: Vec<Operation>,
    /// By `#/components/schemas/…`.
    schemas: HashMap<String, Value>,
}

/// A declared operation.
pub(crate) struct Operation {
    pub(crate) id: String,
    /// In capitals.
    pub(crate) method: String,
    /// The path with `{parameters}`.
    pub(crate) template: String,
    pub(crate) is_control: bool,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<RequestBody>,
    responses: BTreeMap<u16, Response>,
}

/// A parameter in the query or a header. Those in the path are in the template.
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) is_header: bool,
    pub(crate) is_required: bool,
    pub(crate) schema: Value,
}

/// The body of a request.
pub(crate) struct RequestBody {
    pub(crate) is_required: bool,
    pub(crate) schema: Value,
    pub(crate) examples: Vec<Value>,
}

/// A declared answer: its media types, each with a schema or none.
type Response = BTreeMap<String, Option<Value>>;

impl Document {
    pub(crate) fn parse(text: &str) -> Self {
        let mut document: Value = serde_json::from_str(text).expect("the document is JSON");
        let paths = document["paths"].take();
        let operations = object(&paths).flat_map(|(template, item)| {
            object(item).map(move |(method, declared)| Operation::new(method, template, declared))
        });
        let schemas = object(&document["components"]["schemas"])
            .map(|(name, schema)| (format!("#/components/schemas/{name}"), schema.clone()));
        Self {
            operations: operations.collect(),
            schemas: schemas.collect(),
        }
    }

    /// The operation to which the router leads a request, if it is one of the document's.
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<&Operation> {
        let method = if method == "HEAD" { "GET" } else { method };
        let decoded;
        let is_zadig = ["/openapi/", "/api/aslan/"]
            .iter()
            .any(|prefix| path.starts_with(prefix));
        // Zadig's router takes the decoded path apart.
        let path = if is_zadig {
            decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
            &*decoded
        } else {
            path
        };
        let of_path = |operation: &&Operation| is_match(&operation.template, path);
        // Zadig's router has a tree for each method.
        let fitting = || {
            let of_path = self.operations.iter().filter(of_path);
            of_path.filter(|operation| !is_zadig || operation.method == method)
        };
        // A fixed part of a path comes before a parameter, elsewhere whatever the method.
        let nearest = fitting().min_by_key(|operation| variable_parts(&operation.template))?;
        fitting()
            .find(|operation| operation.method == method && operation.template == nearest.template)
    }

    /// The schema itself, behind a reference.
    pub(crate) fn resolve<'a>(&'a self, mut schema: &'a Value) -> &'a Value {
        while let Some(reference) = schema["$ref"].as_str() {
            schema = &self.schemas[reference];
        }
        schema
    }
}

impl Operation {
    fn new(method: &str, template: &str, declared: &Value) -> Self {
        let parameters = array(&declared["parameters"])
            .filter(|parameter| parameter["in"] != "path")
            .map(|parameter| Parameter {
                name: text(&parameter["name"]),
                is_header: parameter["in"] == "header",
                is_required: parameter["required"] == true,
                schema: parameter["schema"].clone(),
            });
        let body = &declared["requestBody"];
        let content = &body["content"]["application/json"];
        let mut examples: Vec<Value> = object(&content["examples"])
            .map(|(_, example)| example["value"].clone())
            .collect();
        examples.extend(content.get("example").cloned());
        let responses = object(&declared["responses"]).map(|(status, response)| {
            let content = object(&response["content"])
                .map(|(media_type, content)| (media_type.clone(), content.get("schema").cloned()));
            (status.parse().expect("a status"), content.collect())
        });
        Self {
            id: text(&declared["operationId"]),
            method: method.to_uppercase(),
            template: template.to_owned(),
            is_control: template.starts_with("/_emulator/"),
            parameters: parameters.collect(),
            body: body.is_object().then(|| RequestBody {
                is_required: body["required"] == true,
                schema: content["schema"].clone(),
                examples,
            }),
            responses: responses.collect(),
        }
    }

    pub(crate) fn response(&self, status: u16) -> Option<&Response> {
        self.responses.get(&status)
    }
}

/// The name in a part `{name}` of a path.
pub(crate) fn parameter_name(part: &str) -> Option<&str> {
    part.strip_prefix('{')?.strip_suffix('}')
}

fn is_match(template: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    template.split('/').all(|expected| {
        parts.next().is_some_and(|part| {
            part == expected || parameter_name(expected).is_some() && !part.is_empty()
        })
    }) && parts.next().is_none()
}

fn variable_parts(template: &str) -> Vec<bool> {
    let parts = template.split('/');
    parts.map(|part| parameter_name(part).is_some()).collect()
}

/// The entries of an object; none of anything else.
pub(crate) fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// The items of an array; none of anything else.
pub(crate) fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A text, or nothing.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
