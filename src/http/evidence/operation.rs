//! The undocumented parts of the messages of an operation.

use serde_json::Value;

use super::level::Evidence;
use super::schema::EXTENSION;
use super::tree::{EvidenceTree, Part, evidence_of};
use crate::http::query::parameter_name;

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
