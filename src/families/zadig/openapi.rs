//! The family's part of the OpenAPI document: credentials, and refusals of every operation.

use axum::http::StatusCode;
use utoipa::ToSchema;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};

use super::dialect::Zadig;
use super::error::TypedError;
use crate::http::attributes::Declare;
use crate::http::openapi::gateway_responses::{AppliesTo, GatewayResponse, declare_gateway};

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
    }
}
