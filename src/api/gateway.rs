//! The gateway in front of every Huawei service: its refusals, and how callers are recognised.
//!
//! Shape: `{"error_msg":…,"error_code":"APIGW.…","request_id":…}`, the id being that of `X-Request-Id`.
//! Source: API Request Signing Guide, error codes; the texts of the 401s from it and from the services' FAQ
//! pages; read 2026-08. The texts of the others are inferred.

use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{PartialSchema, ToSchema};

use super::settings::Auth;
use super::world::World;
use crate::http::auth::{Credential, Failure, huawei};
use crate::http::finish::{Hint, WithRequestId};
use crate::http::operation::{Refusal, declare_gate};
use crate::http::{Caller, Rejection, render};
use crate::sim::Ms;

/// The prefix of the gateway's codes for calls to Huawei's own services.
const PREFIX: &str = "APIGW";

/// What the gateway refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Gateway {
    /// `.0101`, 404: no such path.
    #[error("The API does not exist or has not been published in the environment")]
    NoRoute,
    /// `.0101`, 405: no such method (inferred).
    #[error(
        "The API does not exist or has not been published in the environment: method not allowed"
    )]
    WrongMethod,
    /// `.0301`, 401.
    #[error("Incorrect IAM authentication information: {}", reason(.0))]
    Unauthenticated(Failure),
    /// `.0302`, 403.
    #[error("The IAM user is not authorized to access the API: {action}")]
    Forbidden {
        /// The permission that is missing.
        action: String,
    },
    /// `.0201`, 413: the body is over 12 MiB.
    #[error("Request entity too large")]
    TooLarge,
    /// `.0602`, 400: the path holds a literal placeholder.
    #[error("Bad request: the path holds the literal {{project_id}}")]
    NoProject,
    /// `.0101`, 501: an operation that exists but cannot be emulated (inferred).
    #[error("The API is not available in this environment")]
    NotEmulated,
}

fn reason(failure: &Failure) -> String {
    match failure {
        Failure::Missing => "x-auth-token not found".to_owned(),
        Failure::Malformed => "verify aksk signature fail".to_owned(),
        Failure::UnknownToken => "decrypt token fail".to_owned(),
        Failure::Expired { at } => format!("token expires, expires_at: {at}"),
        Failure::UnknownKey { ak } => format!("Get secretKey failed,ak:{ak},err:ak not exist"),
    }
}

impl Gateway {
    fn code(&self) -> &'static str {
        match self {
            Self::NoRoute | Self::WrongMethod | Self::NotEmulated => "0101",
            Self::Unauthenticated(_) => "0301",
            Self::Forbidden { .. } => "0302",
            Self::TooLarge => "0201",
            Self::NoProject => "0602",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NoRoute => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NoProject => StatusCode::BAD_REQUEST,
            Self::NotEmulated => StatusCode::NOT_IMPLEMENTED,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Unauthenticated(failure) => hint(failure),
            Self::NoProject => Some(
                "the client was built without a project id: give its credentials one".to_owned(),
            ),
            _ => None,
        }
    }
}

/// What would make a refused credential pass.
#[must_use]
pub fn hint(failure: &Failure) -> Option<String> {
    let hint = match failure {
        Failure::Missing => "send any X-Auth-Token, or sign with AK/SK",
        Failure::Malformed => {
            "the signature header reads <algorithm> Access=<ak>, SignedHeaders=<a;b>, Signature=<64 hex>"
        }
        Failure::UnknownToken => "with --auth strict the token must be in the fixtures",
        Failure::UnknownKey { .. } => "with --auth strict the access key must be in the fixtures",
        Failure::Expired { .. } => return None,
    };
    Some(hint.to_owned())
}

/// The gateway's error body.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct GatewayErrorBody<'a> {
    /// What went wrong.
    pub error_msg: String,
    /// `APIGW.` and four digits.
    pub error_code: String,
    /// The same as the header `X-Request-Id`: 32 hexadecimal digits.
    pub request_id: &'a str,
}

impl IntoResponse for Gateway {
    fn into_response(self) -> Response {
        let mut response = render::json(self.status(), axum::body::Body::empty());
        let extensions = response.extensions_mut();
        if let Some(hint) = self.hint() {
            extensions.insert(Hint(hint));
        }
        extensions.insert(WithRequestId::new(move |request_id| {
            let error_code = format!("{PREFIX}.{}", self.code());
            let body = GatewayErrorBody {
                error_msg: self.to_string(),
                error_code,
                request_id,
            };
            serde_json::to_string(&body).expect("keys are strings")
        }));
        response
    }
}

/// Declares what the gateway does to every operation behind it.
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
        Refusal::new(StatusCode::UNAUTHORIZED, body()),
        Refusal::new(StatusCode::FORBIDDEN, body()),
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, body()),
    ];
    declare_gate(api, schemes, &refusals);
    let components = api.components.get_or_insert_default();
    let schema = GatewayErrorBody::schema();
    components
        .schemas
        .insert(GatewayErrorBody::name().into_owned(), schema);
}

/// Recognises who calls a Huawei service.
pub fn caller(world: &World, request: &Parts) -> Result<Caller, Rejection> {
    let strict = world.settings().auth == Auth::Strict;
    let credential = huawei(&request.headers).map_err(Rejection::Unauthenticated)?;
    let known = world.read(|tables, now| match credential {
        Credential::Token(token) => tables.identities.by_token(token, now),
        Credential::Signature { ak } => Ok(tables.identities.by_key(ak)),
    });
    let caller = match (known.map_err(Rejection::Unauthenticated)?, credential) {
        (Some(caller), _) => caller,
        (None, Credential::Token(_)) if strict => {
            return Err(Rejection::Unauthenticated(Failure::UnknownToken));
        }
        (None, Credential::Signature { ak }) if strict => {
            return Err(Rejection::Unauthenticated(Failure::UnknownKey {
                ak: ak.to_owned(),
            }));
        }
        (None, _) => Caller::named(UNKNOWN_CALLER),
    };
    let named = request
        .headers
        .get("x-project-id")
        .and_then(|value| value.to_str().ok());
    Ok(Caller {
        named_project: named.filter(|id| !id.is_empty()).map(str::to_owned),
        ..caller
    })
}

/// The name of a caller whose credential nobody knows.
pub const UNKNOWN_CALLER: &str = "emulator";

/// Whether the caller may use an operation, and may do so in the project that the path names.
pub fn permit(caller: &Caller, action: &str, project: Option<&str>) -> Result<(), Rejection> {
    let foreign = match (&caller.projects, project) {
        (Some(own), Some(project)) => !own.iter().any(|id| id == project),
        _ => false,
    };
    if foreign || !caller.may(action) {
        return Err(Rejection::Forbidden {
            action: action.to_owned(),
        });
    }
    Ok(())
}

/// An instant as RFC 3339 in UTC, with milliseconds only where there are any.
#[must_use]
pub fn rfc3339(at: Ms) -> String {
    let precision = if at.rem_euclid(1_000) == 0 {
        chrono::SecondsFormat::Secs
    } else {
        chrono::SecondsFormat::Millis
    };
    let time = chrono::DateTime::from_timestamp_millis(at)
        .unwrap_or(chrono::DateTime::<chrono::Utc>::MAX_UTC);
    time.to_rfc3339_opts(precision, true)
}
