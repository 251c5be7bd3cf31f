//! The gateway's part of the OpenAPI document: credentials, and refusals of every operation.

use axum::http::StatusCode;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{PartialSchema, ToSchema};

use super::error::GatewayErrorBody;
use crate::http::attributes::gateway_responses::{AppliesTo, GatewayResponse, declare_gateway};

/// Adds the gateway's credentials and refusals to every operation.
pub fn declare(api: &mut OpenApi) {
    let header = |name, text| {
        let value = ApiKeyValue::with_description(name, text);
        SecurityScheme::ApiKey(ApiKey::Header(value))
    };
    let schemes = [
        ("huawei_token", header("X-Auth-Token", "An IAM token")),
        (
            "huawei_signature",
            header("Authorization", "An AK/SK signature"),
        ),
    ];
    let body = || Some(GatewayErrorBody::name().into_owned());
    let refusals = [
        GatewayResponse::new(StatusCode::BAD_REQUEST, body(), AppliesTo::Projects),
        GatewayResponse::new(StatusCode::UNAUTHORIZED, body(), AppliesTo::Every),
        GatewayResponse::new(StatusCode::FORBIDDEN, body(), AppliesTo::Permitted),
        GatewayResponse::new(StatusCode::PAYLOAD_TOO_LARGE, body(), AppliesTo::Bodies),
        GatewayResponse::new(StatusCode::TOO_MANY_REQUESTS, body(), AppliesTo::Every),
        GatewayResponse::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            body(),
            AppliesTo::Bodies,
        ),
    ];
    let schema = (
        GatewayErrorBody::name().into_owned(),
        GatewayErrorBody::schema(),
    );
    declare_gateway(api, schemes, Some(schema), &refusals);
}
