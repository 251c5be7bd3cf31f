//! The undocumented parts of the messages of an operation.

use serde_json::{Value, json};
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::{OpenApi, RefOr, Schema};

use super::level::Evidence;
use super::schema::{EXTENSION, SPELLINGS, extension};
use super::tree::{EvidenceTree, Part, evidence_of};
use crate::http::operation::operations_of;
use crate::http::query::parameter_name;

/// Declares query parameters that are inferred wherever they are, since attributes cannot.
pub fn declare_inferred_parameters(api: &mut OpenApi, names: &[&str]) {
    for item in api.paths.paths.values_mut() {
        let parameters = operations_of(item).flat_map(|operation| &mut operation.parameters);
        for parameter in parameters.flatten() {
            if let RefOr::T(parameter) = parameter
                && names.contains(&&*parameter.name)
            {
                parameter.extensions = Some(extension(Evidence::Inferred));
            }
        }
    }
}

/// Declares further spellings of the fields of a schema, since attributes cannot. They are inferred.
pub fn declare_inferred_spellings(api: &mut OpenApi, schema: &str, spellings: &[&str]) {
    let components = api.components.as_mut();
    let schema = components.and_then(|components| components.schemas.get_mut(schema));
    if let Some(RefOr::T(Schema::Object(object))) = schema {
        let spellings = ExtensionsBuilder::new().add(SPELLINGS, json!(spellings));
        let extensions = object.extensions.get_or_insert_default();
        extensions.merge(spellings.build());
    }
}

/// The parts of requests and responses of an operation that are not documented.
#[derive(Debug, Default)]
pub struct OperationEvidence {
    /// The query parameters that are not documented.
    parameters: Vec<(String, Evidence)>,
    request: Option<EvidenceTree>,
    response: Option<EvidenceTree>,
}

impl OperationEvidence {
    /// Reads the declaration of an operation in an OpenAPI document.
    ///
    pub fn new(operation: &Value, components: &Value) -> Self {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let parameters = parameters
            .filter(|parameter| parameter["in"] == "query")
            .filter_map(|parameter| {
                let evidence = evidence_of(&parameter[EXTENSION])?;
                Some((parameter["name"].as_str()?.to_owned(), evidence))
            });
        let responses = operation["responses"].as_object().into_iter().flatten();
        let mut successes = responses.filter(|(status, _)| status.starts_with('2'));
        Self {
            parameters: parameters.collect(),
            request: EvidenceTree::new(&operation["requestBody"], components),
            response: successes.find_map(|(_, response)| EvidenceTree::new(response, components)),
        }
    }

    /// The parts of a successful response; `None` if all of it is documented.
    pub fn response(&'static self) -> Option<&'static EvidenceTree> {
        self.response.as_ref()
    }

    /// Lists all parts that are not documented, as texts for readers.
    pub fn list(&self) -> Vec<String> {
        let parameters = self.parameters.iter();
        let mut listed: Vec<String> = parameters
            .map(|(name, evidence)| format!("parameter {name} ({})", evidence.as_str()))
            .collect();
        if let Some(request) = &self.request {
            request.list("parameter", &mut listed);
        }
        if let Some(response) = &self.response {
            response.list("field", &mut listed);
        }
        listed
    }

    /// The parts of a request that are not documented.
    pub fn parts_of_request(
        &'static self,
        query: Option<&str>,
        body: &[u8],
    ) -> impl Iterator<Item = Part> {
        let query = query.unwrap_or_default();
        let is_sent = |name: &str| query.split('&').any(|pair| parameter_name(pair) == name);
        let parameters = self.parameters.iter();
        let parameters =
            parameters
                .filter(move |(name, _)| is_sent(name))
                .map(|(name, evidence)| Part {
                    path: name,
                    value: None,
                    evidence: *evidence,
                });
        let request = self.request.as_ref();
        parameters.chain(request.into_iter().flat_map(|tree| tree.parts_of(body)))
    }
}
