//! The family's part of the OpenAPI document: credentials, and refusals of every operation.

use axum::http::StatusCode;
use serde_json::json;
use strum::VariantArray;
use utoipa::ToSchema;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{OpenApi, RefOr, Schema};

use super::dialect::Zadig;
use super::error::TypedError;
use super::workflows::model::status::WorkflowStatus;
use crate::http::attributes::Declare;
use crate::http::attributes::gateway_responses::{AppliesTo, GatewayResponse, declare_gateway};

impl Declare for Zadig {
    fn declare(api: &mut OpenApi) {
        // The service takes any scheme, but every tool can send this one.
        let mut header = Http::new(HttpAuthScheme::Bearer);
        header.description = Some("The token, in the header Authorization".to_owned());
        let query = ApiKey::Query(ApiKeyValue::with_description(
            "token",
            "The token without a scheme",
        ));
        let schemes = [
            ("zadig_token", SecurityScheme::Http(header)),
            ("zadig_query_token", SecurityScheme::ApiKey(query)),
        ];
        let refusals = [
            GatewayResponse::new(StatusCode::UNAUTHORIZED, None, AppliesTo::Every),
            GatewayResponse::new(StatusCode::FORBIDDEN, None, AppliesTo::Permitted),
            GatewayResponse::new(StatusCode::PAYLOAD_TOO_LARGE, None, AppliesTo::Bodies),
            GatewayResponse::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                Some(TypedError::name().into_owned()),
                AppliesTo::Bodies,
            ),
        ];
        declare_gateway(api, schemes, None, &refusals);
        declare_empty_status(api);
    }
}

/// Declares the empty status of a workflow, which utoipa shows under its name in Rust.
fn declare_empty_status(api: &mut OpenApi) {
    let components = api.components.as_mut();
    let schema = components.and_then(|all| all.schemas.get_mut(&*WorkflowStatus::name()));
    if let Some(RefOr::T(Schema::Object(schema))) = schema {
        let statuses = WorkflowStatus::VARIANTS.iter();
        schema.enum_values = Some(statuses.map(|status| json!(status)).collect());
    }
}
