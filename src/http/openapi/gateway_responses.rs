//! The gateway's part of the OpenAPI document: the credentials it asks for, and its refusals.

use axum::http::StatusCode;
use utoipa::openapi::path::Operation;
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::security::{SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, ResponseBuilder, Schema};

use crate::http::operation::{NONE, operations_of};

/// A refusal of a gate.
#[derive(Clone, Debug)]
pub struct Refusal {
    status: StatusCode,
    /// The name of its body's schema; absent: it has no body.
    schema: Option<String>,
    applies_to: AppliesTo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppliesTo {
    /// All of them.
    Every,
    /// Those that need a permission.
    Permitted,
    /// Those that take a body.
    Bodies,
    /// Those with a project in their path. The service may answer the same status in a shape of its own.
    Projects,
}

impl Refusal {
    /// A refusal with that status, and that schema of its body.
    #[must_use]
    pub fn new(status: StatusCode, schema: Option<String>, applies_to: AppliesTo) -> Self {
        Self {
            status,
            schema,
            applies_to,
        }
    }

    fn is_of(&self, path: &str, operation: &Operation) -> bool {
        match self.applies_to {
            AppliesTo::Every => true,
            AppliesTo::Permitted => {
                let mut said = operation.extensions.iter().flat_map(|all| all.iter());
                !said.any(|(key, value)| key == "x-action" && value == NONE)
            }
            AppliesTo::Bodies => operation.request_body.is_some(),
            AppliesTo::Projects => path.contains("/{project_id}/"),
        }
    }

    /// Adds the refusal to an operation. Where that says itself what the status means, its word goes, unless
    /// both may be answered.
    fn add_to(&self, operation: &mut Operation) {
        let responses = &mut operation.responses.responses;
        let status = self.status.as_str().to_owned();
        let known = responses
            .entry(status)
            .or_insert_with(|| self.response().into());
        if let (AppliesTo::Projects, RefOr::T(known), Some(schema)) =
            (self.applies_to, known, &self.schema)
        {
            also(known, schema);
        }
    }

    fn response(&self) -> Response {
        let reason = self.status.canonical_reason().unwrap_or_default();
        let response = ResponseBuilder::new().description(reason);
        match &self.schema {
            Some(schema) => {
                let body = Content::new(Some(Ref::from_schema_name(schema.as_str())));
                response.content("application/json", body).build()
            }
            None => response.build(),
        }
    }
}

/// Lets the body of an answer have another schema too.
fn also(response: &mut Response, schema: &str) {
    let other = Ref::from_schema_name(schema);
    for body in response.content.values_mut() {
        if let RefOr::T(Content {
            schema: Some(own), ..
        }) = body
            && *own != RefOr::Ref(other.clone())
        {
            // Not one of them alone: the gateway's shape has all that a service's has.
            let both = AnyOfBuilder::new().item(own.clone()).item(other.clone());
            *own = RefOr::T(Schema::AnyOf(both.build()));
        }
    }
}

/// Declares a gate: each operation asks for a credential of one of the schemes, and may answer the refusals
/// that concern it.
pub fn declare_gate(
    api: &mut OpenApi,
    schemes: impl IntoIterator<Item = (&'static str, SecurityScheme)>,
    refusals: &[Refusal],
) {
    let components = api.components.get_or_insert_default();
    let mut security = Vec::new();
    for (name, scheme) in schemes {
        security.push(SecurityRequirement::new(name, [] as [&str; 0]));
        components
            .security_schemes
            .insert(name.to_owned(), scheme.into());
    }
    for (path, item) in &mut api.paths.paths {
        for operation in operations_of(item) {
            operation.security = Some(security.clone());
            for refusal in refusals {
                if refusal.is_of(path, operation) {
                    refusal.add_to(operation);
                }
            }
        }
    }
}
