//! The gateway's part of the OpenAPI document: security schemes and error responses.

use axum::http::StatusCode;
use utoipa::openapi::path::Operation;
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::security::{SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, ResponseBuilder, Schema};

use crate::http::operation::{NONE, operations_of};

/// An error response of a gateway.
#[derive(Clone, Debug)]
pub struct GatewayResponse {
    status: StatusCode,
    /// The name of the body's schema; absent: there is no body.
    schema: Option<String>,
    applies_to: AppliesTo,
}

/// The operations that an error response applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppliesTo {
    Every,
    /// Those that require a permission.
    Permitted,
    /// Those with a request body.
    Bodies,
    /// Those with a project in their path. The service may use the same status with a body of its own.
    Projects,
}

impl GatewayResponse {
    pub fn new(status: StatusCode, schema: Option<String>, applies_to: AppliesTo) -> Self {
        Self {
            status,
            schema,
            applies_to,
        }
    }

    fn applies(&self, path: &str, operation: &Operation) -> bool {
        match self.applies_to {
            AppliesTo::Every => true,
            AppliesTo::Permitted => {
                let mut extensions = operation.extensions.iter().flat_map(|all| all.iter());
                !extensions.any(|(key, value)| key == "x-action" && value == NONE)
            }
            AppliesTo::Bodies => operation.request_body.is_some(),
            AppliesTo::Projects => path.contains("/{project_id}/"),
        }
    }

    /// Adds the response to an operation. A response that the operation declares for the same status wins, unless both
    /// are possible.
    fn add_to(&self, operation: &mut Operation) {
        let declared = operation
            .responses
            .responses
            .entry(self.status.as_str().to_owned())
            .or_insert_with(|| self.response().into());
        if let (AppliesTo::Projects, RefOr::T(declared), Some(schema)) =
            (self.applies_to, declared, &self.schema)
        {
            add_schema(declared, schema);
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

/// Adds an alternative schema to the bodies of a response.
fn add_schema(response: &mut Response, schema: &str) {
    let other = Ref::from_schema_name(schema);
    for body in response.content.values_mut() {
        if let RefOr::T(Content {
            schema: Some(own), ..
        }) = body
            && *own != RefOr::Ref(other.clone())
        {
            // Not `oneOf`: a body of the service also fits the gateway's schema.
            let both = AnyOfBuilder::new().item(own.clone()).item(other.clone());
            *own = RefOr::T(Schema::AnyOf(both.build()));
        }
    }
}

/// Declares a gateway: each operation requires a credential of one of the schemes, and may answer the error responses
/// that apply to it.
pub fn declare_gateway(
    api: &mut OpenApi,
    schemes: impl IntoIterator<Item = (&'static str, SecurityScheme)>,
    responses: &[GatewayResponse],
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
            for response in responses {
                if response.applies(path, operation) {
                    response.add_to(operation);
                }
            }
        }
    }
}
