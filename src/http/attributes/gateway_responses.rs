//! The gateway's part of the OpenAPI document: security schemes and error responses.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use utoipa::openapi::path::Operation;
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::security::{SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, Object, OpenApi, Ref, RefOr, ResponseBuilder, Schema};

use super::operations_of;
use crate::http::operation::NONE;

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
    fn add_to(&self, operation: &mut Operation, schemas: &mut Schemas) {
        let declared = operation
            .responses
            .responses
            .entry(self.status.as_str().to_owned())
            .or_insert_with(|| self.response().into());
        if let (AppliesTo::Projects, RefOr::T(declared), Some(schema)) =
            (self.applies_to, declared, &self.schema)
        {
            add_schema(declared, schema, schemas);
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

/// The named schemas of a document.
type Schemas = BTreeMap<String, RefOr<Schema>>;

/// Replaces the schema of a response by one that fits the bodies of another schema too.
fn add_schema(response: &mut Response, other: &str, schemas: &mut Schemas) {
    for body in response.content.values_mut() {
        if let RefOr::T(Content {
            schema: Some(RefOr::Ref(own)),
            ..
        }) = body
            && let Some(name) = own.ref_location.rsplit('/').next()
            && name != other
        {
            let both = format!("{}Or{other}", name.trim_end_matches("ErrorBody"));
            if let (Some(RefOr::T(Schema::Object(own))), Some(RefOr::T(Schema::Object(other)))) =
                (schemas.get(name), schemas.get(other))
            {
                let merged = either(own, other);
                schemas.insert(both.clone(), RefOr::T(merged.into()));
            }
            *own = Ref::from_schema_name(both);
        }
    }
}

/// One schema for the bodies of two. Generators of clients do not cope with a choice between objects with the same
/// fields, in particular in two spellings, so a field of the second that the first spells otherwise goes unmentioned.
fn either(first: &Object, second: &Object) -> Object {
    let mut either = first.clone();
    either.description = Some("The body of an error, of the service or of its gateway.".to_owned());
    either.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(true)));
    either
        .required
        .retain(|name| second.required.contains(name));
    for (name, property) in &second.properties {
        let spelling = |name: &str| name.replace('_', "").to_ascii_lowercase();
        if let Some(known) = either.properties.get_mut(name) {
            describe_both(known, property);
        } else if !(either.properties.keys()).any(|known| spelling(known) == spelling(name)) {
            either.properties.insert(name.clone(), property.clone());
        }
    }
    either
}

/// Adds the description of the gateway's property to that of the service's.
fn describe_both(own: &mut RefOr<Schema>, other: &RefOr<Schema>) {
    if let (RefOr::T(Schema::Object(own)), RefOr::T(Schema::Object(other))) = (own, other)
        && let (Some(text), Some(more)) = (&mut own.description, &other.description)
        && text != more
    {
        *text = format!("{text} From the gateway: {more}");
    }
}

/// Declares a gateway: each operation requires a credential of one of the schemes, and may answer the error responses
/// that apply to it. `body` is the schema of its errors with its name, if they have a body.
pub fn declare_gateway(
    api: &mut OpenApi,
    schemes: impl IntoIterator<Item = (&'static str, SecurityScheme)>,
    body: Option<(String, RefOr<Schema>)>,
    responses: &[GatewayResponse],
) {
    let components = api.components.get_or_insert_default();
    components.schemas.extend(body);
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
                    response.add_to(operation, &mut components.schemas);
                }
            }
        }
    }
}
