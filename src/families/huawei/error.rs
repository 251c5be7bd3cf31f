//! The gateway's refusals.
//!
//! Shape: `{"error_msg":…,"error_code":"APIGW.…","request_id":…}`; `request_id` repeats the header `X-Request-Id`.
//! Source: API Request Signing Guide, error codes; the texts of the 401s from it and from the services' FAQ pages;
//! read 2026-08. The texts of the others are inferred.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::http::auth::Failure;
use crate::http::context::add_hint;
use crate::http::faults::rules::StubResponse;
use crate::http::middleware::instrument::WithRequestId;
use crate::http::response;
use crate::world::hints::TOO_LARGE;

/// The prefix of the gateway's codes for calls to Huawei's own services.
const PREFIX: &str = "APIGW";

/// A refusal of the gateway.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// `.0101`, 404: no such path.
    #[error("The API does not exist or has not been published in the environment")]
    NoRoute,
    /// `.0101`, 405: no such method (inferred).
    #[error(
        "The API does not exist or has not been published in the environment: method not allowed"
    )]
    WrongMethod,
    /// `.0301`, 401; `.0307` for a token that was revoked.
    #[error("{}", unauthenticated(.0))]
    Unauthenticated(Failure),
    /// `.0302`, 403.
    #[error("The IAM user is not authorized to access the API: {action}")]
    Forbidden {
        /// The permission that is missing.
        action: String,
        /// The reason.
        why: String,
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

/// The documented text of a credential that does not hold.
fn unauthenticated(failure: &Failure) -> String {
    let reason = match failure {
        Failure::Revoked => return "The token must be updated.".to_owned(),
        Failure::Missing => "x-auth-token not found".to_owned(),
        Failure::Malformed(_) | Failure::BadSignature(_) => "verify aksk signature fail".to_owned(),
        Failure::UnknownToken => "decrypt token fail".to_owned(),
        Failure::Expired { at } => format!("token expires, expires_at: {at}"),
        Failure::UnknownKey { ak } => format!("Get secretKey failed,ak:{ak},err:ak not exist"),
        Failure::Skewed { signed, server } => format!(
            "calc aksk signature fail:signature expired, signature time:{signed},server time:{server}"
        ),
    };
    format!("Incorrect IAM authentication information: {reason}")
}

impl GatewayError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoRoute | Self::WrongMethod | Self::NotEmulated => "0101",
            Self::Unauthenticated(Failure::Revoked) => "0307",
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
            Self::Unauthenticated(failure) => Some(hint(failure)),
            Self::Forbidden { why, .. } => Some(why.clone()),
            Self::NoProject => Some(
                "the client was built without a project id: give its credentials one".to_owned(),
            ),
            Self::TooLarge => Some(TOO_LARGE.to_owned()),
            // The hint is given where the path and its methods are known.
            Self::NoRoute | Self::WrongMethod | Self::NotEmulated => None,
        }
    }
}

/// The reason a credential was refused, and the way to one that passes.
#[must_use]
pub fn hint(failure: &Failure) -> String {
    let hint = match failure {
        Failure::Missing => "send an X-Auth-Token, or sign with AK/SK",
        Failure::Malformed(why) | Failure::BadSignature(why) => why,
        Failure::UnknownToken => {
            "with --auth strict a token must be in the fixtures or issued by POST /v3/auth/tokens; \
             a reset forgets the issued ones"
        }
        Failure::UnknownKey { .. } => {
            "with --auth strict the access key must be among identities.access_keys"
        }
        Failure::Expired { .. } | Failure::Revoked => {
            "get a new token with POST /v3/auth/tokens; tokens end on the emulator's clock"
        }
        Failure::Skewed { .. } => {
            "a signature holds for 15 minutes before and after its X-Sdk-Date; with --auth strict and \
             --fidelity strict these are minutes of the emulator's clock, else of the machine's"
        }
    };
    hint.to_owned()
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

impl IntoResponse for GatewayError {
    fn into_response(self) -> Response {
        let code = format!("{PREFIX}.{}", self.code());
        if let Some(hint) = self.hint() {
            add_hint(hint);
        }
        refusal(self.status(), code, self.to_string())
    }
}

/// An answer in the gateway's shape.
fn refusal(status: StatusCode, code: String, text: String) -> Response {
    let mut response = response::json(status, axum::body::Body::empty());
    response
        .extensions_mut()
        .insert(WithRequestId::new(move |request_id| {
            let body = GatewayErrorBody {
                error_msg: text.clone(),
                error_code: code.clone(),
                request_id,
            };
            serde_json::to_string(&body).expect("keys are strings")
        }));
    response
}

/// A status with the code and the text that belong to it.
pub type StatusRow = (u16, &'static str, &'static str);

/// What the gateway itself answers with a status. Source: the code table of the API Gateway, read 2026-08; the texts
/// are inferred.
const STATUSES: [StatusRow; 9] = [
    (400, "0602", "Bad request"),
    (
        401,
        "0301",
        "Incorrect IAM authentication information: x-auth-token not found",
    ),
    (
        403,
        "0302",
        "The IAM user is not authorized to access the API",
    ),
    (
        404,
        "0101",
        "The API does not exist or has not been published in the environment",
    ),
    (413, "0201", "Request entity too large"),
    (429, "0308", "The throttling threshold has been reached"),
    (500, "0601", "Internal server error"),
    (502, "0202", "Backend unavailable"),
    (504, "0203", "Backend timeout"),
];

/// What a fault asks for, in the words of a service behind the gateway: in the service's own if it has any for the
/// status, or if the code is one of its own; else in the gateway's.
pub fn fault(
    answer: &StubResponse,
    own: &[StatusRow],
    body: impl FnOnce(String, String) -> Vec<u8>,
) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let of = |table: &[StatusRow]| {
        let mut table = table.iter();
        table.find(|(known, ..)| *known == answer.status).copied()
    };
    let by_gateway = match &answer.code {
        Some(code) => code.starts_with("APIG"),
        None => of(own).is_none(),
    };
    let reason = status.canonical_reason().unwrap_or("Unknown");
    if by_gateway {
        let rest = if status.is_server_error() {
            "0601"
        } else {
            "0602"
        };
        let (_, code, text) = of(&STATUSES).unwrap_or((answer.status, rest, reason));
        let given = answer.code.clone();
        return refusal(
            status,
            given.unwrap_or_else(|| format!("{PREFIX}.{code}")),
            answer.message.clone().unwrap_or_else(|| text.to_owned()),
        );
    }
    let (_, code, text) = of(own).unwrap_or((answer.status, "", reason));
    let code = answer.code.clone().unwrap_or_else(|| code.to_owned());
    let text = answer.message.clone().unwrap_or_else(|| text.to_owned());
    response::json(status, body(code, text))
}
