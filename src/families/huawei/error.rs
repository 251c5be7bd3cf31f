//! The gateway's refusals.
//!
//! Shape: `{"error_msg":…,"error_code":"APIGW.…","request_id":…}`; `request_id` repeats the header `X-Request-Id`.
//! Source: API Request Signing Guide, error codes; the texts of the 401s from it and from the services' FAQ pages;
//! read 2026-08. The texts of the others are inferred.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::http::Evidence;
use crate::http::auth::CredentialError;
use crate::http::context::{add_hint, note_error, request_id};
use crate::http::evidence::error_row::ErrorRow;
use crate::http::faults::effect::StubResponse;
use crate::http::head::MalformedHead;
use crate::http::{Rejection, response};
use crate::world::hints;

/// A refusal of the gateway. [`GatewayError::row`] gives each its status, code and text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// 400, 408, 414, 431 or 503: a head that is not valid HTTP, or that the server refuses.
    #[error("{}: {}", malformed(.0.status).text, .0.reason)]
    MalformedHead(MalformedHead),
    /// 404: an unknown path.
    #[error("{}", NO_ROUTE.text)]
    NoRoute,
    /// 405: an unknown method of a known path (inferred).
    #[error("{}: method not allowed", NO_ROUTE.text)]
    WrongMethod,
    /// 401: a missing or invalid credential.
    #[error("{}", unauthenticated(.0))]
    Unauthenticated(CredentialError),
    /// 403: a valid credential without the permission.
    #[error("{}: {action}", FORBIDDEN.text)]
    Forbidden {
        /// The missing permission.
        action: String,
        /// The reason.
        why: String,
        evidence: Evidence,
    },
    /// 413: a body of more than 12 MiB.
    #[error("{}", TOO_LARGE.text)]
    TooLarge,
    /// 415: a body in an encoding that is not read (inferred).
    #[error("{}: the Content-Encoding {:?} is not read", UNSUPPORTED_ENCODING.text, .0)]
    UnsupportedEncoding(String),
    /// 400: a path with a literal placeholder.
    #[error("{}: the path holds the literal {{project_id}}", BAD_REQUEST.text)]
    NoProject,
    /// 429: the memory for resources is full.
    #[error("{}: the memory for resources is full", OVER_LIMIT.text)]
    NoRoom,
    /// 429: too many bytes of bodies and answers are under way.
    #[error("{}: too many bytes are under way", OVER_LIMIT.text)]
    Busy,
    /// 501: an operation of the service that cannot be emulated (inferred).
    #[error("The API is not available in this environment")]
    NotEmulated,
}

/// The documented text for an invalid credential.
fn unauthenticated(failure: &CredentialError) -> String {
    let reason = match failure {
        CredentialError::Revoked => return REVOKED.text.to_owned(),
        CredentialError::Missing => return UNAUTHENTICATED.text.to_owned(),
        CredentialError::BadSignature {
            canonical: Some(canonical),
            ..
        } => format!("verify aksk signature fail,canonicalRequest:{canonical}"),
        CredentialError::Malformed(_) | CredentialError::BadSignature { .. } => {
            "verify aksk signature fail".to_owned()
        }
        CredentialError::UnknownToken => "decrypt token fail".to_owned(),
        CredentialError::Expired { at } => format!("token expires, expires_at: {at}"),
        CredentialError::UnknownKey { ak } => {
            format!("Get secretKey failed,ak:{ak},err:ak not exist")
        }
        CredentialError::Skewed { signed, server } => format!(
            "calc aksk signature fail:signature expired, signature time:{signed},server time:{server}"
        ),
    };
    format!("Incorrect IAM authentication information: {reason}")
}

/// The row for a head that is not valid HTTP. The source has fields that are too large under the status 494 of nginx.
fn malformed(status: StatusCode) -> ErrorRow {
    match status {
        StatusCode::URI_TOO_LONG => URI_TOO_LONG,
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => HEAD_TOO_LARGE,
        StatusCode::REQUEST_TIMEOUT => UNFINISHED,
        StatusCode::SERVICE_UNAVAILABLE => UNAVAILABLE,
        _ => MALFORMED,
    }
}

const BAD_REQUEST: ErrorRow = ErrorRow::documented(400, "APIGW.0602", "Bad request");
const UNAUTHENTICATED: ErrorRow = ErrorRow::documented(
    401,
    "APIGW.0301",
    "Incorrect IAM authentication information: x-auth-token not found",
);
/// The text is that of a report on an official SDK.
const SKEWED: ErrorRow = ErrorRow::observed(
    401,
    UNAUTHENTICATED.code,
    "Incorrect IAM authentication information: calc aksk signature fail:signature expired",
);
const REVOKED: ErrorRow = ErrorRow::documented(401, "APIGW.0307", "The token must be updated.");
const FORBIDDEN: ErrorRow = ErrorRow::documented(
    403,
    "APIGW.0302",
    "The IAM user is not authorized to access the API",
);
const NO_ROUTE: ErrorRow = ErrorRow::documented(
    404,
    "APIGW.0101",
    "The API does not exist or has not been published in the environment",
);
const WRONG_METHOD: ErrorRow = ErrorRow {
    status: 405,
    ..NO_ROUTE.as_inferred()
};
const TOO_LARGE: ErrorRow = ErrorRow::documented(413, "APIGW.0201", "Request entity too large");
const MALFORMED: ErrorRow = ErrorRow::documented(400, TOO_LARGE.code, "Bad request");
const URI_TOO_LONG: ErrorRow = ErrorRow::documented(414, TOO_LARGE.code, "Request URI too large");
const HEAD_TOO_LARGE: ErrorRow =
    ErrorRow::inferred(431, TOO_LARGE.code, "Request headers too large");
const UNFINISHED: ErrorRow = ErrorRow::inferred(408, TOO_LARGE.code, "Request timeout");
/// The emulator's own, so no row of the gateway's.
const UNAVAILABLE: ErrorRow = ErrorRow::inferred(503, TOO_LARGE.code, "Service unavailable");
const UNSUPPORTED_ENCODING: ErrorRow =
    ErrorRow::inferred(415, TOO_LARGE.code, "Unsupported media type");
/// The documents have it for too many requests. Its use for full memory is inferred.
const OVER_LIMIT: ErrorRow = ErrorRow::inferred(
    429,
    "APIGW.0308",
    "The throttling threshold has been reached",
);
const INTERNAL: ErrorRow = ErrorRow::documented(500, "APIGW.0601", "Internal server error");
const NOT_EMULATED: ErrorRow = ErrorRow {
    status: 501,
    ..NO_ROUTE.as_inferred()
};

/// The gateway's refusals. The first of a status answers an injected fault. Source: the code table of the API Gateway,
/// read 2026-08; the texts are inferred.
pub(super) const ROWS: [ErrorRow; 21] = [
    BAD_REQUEST,
    BAD_REQUEST.as_inferred(),
    MALFORMED,
    URI_TOO_LONG,
    HEAD_TOO_LARGE,
    UNFINISHED,
    UNAUTHENTICATED,
    SKEWED,
    REVOKED,
    FORBIDDEN,
    FORBIDDEN.as_inferred(),
    NO_ROUTE,
    WRONG_METHOD,
    TOO_LARGE,
    UNSUPPORTED_ENCODING,
    ErrorRow::documented(
        429,
        "APIGW.0308",
        "The throttling threshold has been reached: policy user over ratelimit,limit:200,time:5 minute",
    ),
    OVER_LIMIT,
    INTERNAL,
    NOT_EMULATED,
    ErrorRow::documented(502, "APIGW.0202", "Backend unavailable"),
    ErrorRow::documented(504, "APIGW.0203", "Backend timeout"),
];

impl GatewayError {
    fn row(&self) -> ErrorRow {
        match self {
            Self::MalformedHead(MalformedHead { status, .. }) => malformed(*status),
            Self::NoRoute => NO_ROUTE,
            Self::WrongMethod => WRONG_METHOD,
            Self::Unauthenticated(CredentialError::Revoked) => REVOKED,
            Self::Unauthenticated(CredentialError::Skewed { .. }) => SKEWED,
            Self::Unauthenticated(_) => UNAUTHENTICATED,
            Self::Forbidden { evidence, .. } => FORBIDDEN.known_as(*evidence),
            Self::TooLarge => TOO_LARGE,
            Self::UnsupportedEncoding(_) => UNSUPPORTED_ENCODING,
            Self::NoProject => BAD_REQUEST.as_inferred(),
            Self::NotEmulated => NOT_EMULATED,
            Self::NoRoom | Self::Busy => OVER_LIMIT,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::MalformedHead(malformed) => Some(malformed.hint()),
            Self::Unauthenticated(failure) => Some(hint(failure)),
            Self::Forbidden { why, .. } => Some(why.clone()),
            Self::NoProject => Some(
                "the client was built without a project id: give its credentials one".to_owned(),
            ),
            Self::TooLarge => Some(hints::TOO_LARGE.to_owned()),
            Self::NoRoom => Some(Rejection::NO_ROOM.to_owned()),
            Self::Busy => Some(Rejection::BUSY.to_owned()),
            Self::UnsupportedEncoding(encoding) => Some(Rejection::encoding_hint(encoding)),
            // The middleware adds the hint, since it knows the routes.
            Self::NoRoute | Self::WrongMethod | Self::NotEmulated => None,
        }
    }
}

/// The reason a credential was refused, or the way to a valid one.
pub fn hint(failure: &CredentialError) -> String {
    let hint = match failure {
        CredentialError::Missing => "send an X-Auth-Token, or sign with AK/SK",
        CredentialError::Malformed(why) | CredentialError::BadSignature { why, .. } => why,
        CredentialError::UnknownToken => {
            "with --auth strict a token must be in the fixtures or issued by POST /v3/auth/tokens; PATCH \
             /_emulator/v1/state adds users and tokens, --fixtures documented brings some, and a reset forgets the \
             issued ones"
        }
        CredentialError::UnknownKey { .. } => {
            "with --auth strict the access key must be among identities.access_keys; newer gateways word this as \
             `ak <AK> not exist`"
        }
        CredentialError::Expired { .. } | CredentialError::Revoked => {
            "get a new token with POST /v3/auth/tokens, or a new temporary access key with \
             POST /v3.0/OS-CREDENTIAL/securitytokens; they end on the emulator's clock"
        }
        CredentialError::Skewed { .. } => {
            "a signature holds for 15 minutes before and after its X-Sdk-Date; with --auth strict and \
             --fidelity strict these are minutes of the emulator's clock, else of the machine's"
        }
    };
    hint.to_owned()
}

/// The gateway's error body.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct GatewayErrorBody<'a> {
    /// The reason.
    pub error_msg: &'a str,
    /// `APIGW.` and four digits.
    pub error_code: &'a str,
    /// The same as the header `X-Request-Id`: 32 hexadecimal digits.
    pub request_id: &'a str,
}

impl IntoResponse for GatewayError {
    fn into_response(self) -> Response {
        let row = self.row();
        if let Some(hint) = self.hint() {
            add_hint(hint);
        }
        note_error(&row);
        refusal(row.status, row.code, &self.to_string())
    }
}

/// A response in the gateway's shape.
fn refusal(status: u16, error_code: &str, error_msg: &str) -> Response {
    let body = GatewayErrorBody {
        error_msg,
        error_code,
        request_id: &request_id(),
    };
    let body = serde_json::to_string(&body).expect("keys are strings");
    response::json(status_code(status), body)
}

/// The status of a row or a fault.
pub fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The response to an injected fault. A service answers a status or code of its own table `own` with `body`, which takes
/// code and text; the gateway answers the others.
pub fn fault(
    stub: &StubResponse,
    own: &[ErrorRow],
    body: impl FnOnce(String, String) -> Vec<u8>,
) -> Response {
    let find = |table: &[ErrorRow]| {
        let mut rows = table.iter().copied();
        rows.find(|row| row.status == stub.status)
    };
    let by_gateway = match &stub.code {
        Some(code) => code.starts_with("APIG"),
        None => find(own).is_none(),
    };
    let status = status_code(stub.status);
    let row = if by_gateway { find(&ROWS) } else { find(own) };
    let other_code = match (by_gateway, status.is_server_error()) {
        (true, true) => INTERNAL.code,
        (true, false) => BAD_REQUEST.code,
        (false, _) => "",
    };
    let reason = status.canonical_reason().unwrap_or("Unknown");
    let row = row.unwrap_or(ErrorRow::inferred(stub.status, other_code, reason));
    let code = stub.code.clone().unwrap_or_else(|| row.code.to_owned());
    let text = stub.message.clone().unwrap_or_else(|| row.text.to_owned());
    if by_gateway {
        refusal(stub.status, &code, &text)
    } else {
        response::json(status, body(code, text))
    }
}
