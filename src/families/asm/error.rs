//! The errors of ASM: `{"errorCode":"ASM.…","errorMsg":…}`.
//!
//! Source: ASM API reference, error codes (table of 2026-06-25), read 2026-08. The English pages of the
//! operations list only `errorCode`, the Chinese ones both keys; the page of the codes writes
//! `error_code` and `error_msg` in its prose. The emulator sends the two camel-case keys.

use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::families::huawei::{self, GatewayError, status_code};
use crate::http::Evidence;
use crate::http::auth::CredentialError;
use crate::http::context::{add_hint, note_error};
use crate::http::evidence::error_row::ErrorRow;
use crate::http::extract::complete;
use crate::http::faults::effect::StubResponse;
use crate::http::{Rejection, response};
use crate::world::fixture::ValidationError;

/// The documented limit of `errorMsg`, in characters.
const LONGEST_MESSAGE: usize = 512;

/// An error of the family. [`Error::into_response`] gives each its status, code and text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The gateway refused the request before the service saw it.
    GatewayError(GatewayError),
    /// An invalid parameter or field.
    InvalidRequest {
        /// The path of the field, and the reason.
        message: String,
        /// A request that would work.
        hint: Option<String>,
    },
    /// A missing or invalid credential. ASM documents a body for it, so the gateway does not answer it.
    Unauthenticated(CredentialError),
    /// A valid credential without the permission.
    Forbidden { hint: String, evidence: Evidence },
    /// An unknown mesh or release.
    NotFound(String),
    /// A name or service already in use.
    AlreadyExists(String),
    /// A fault of the emulator.
    Internal,
}

impl From<ValidationError> for Error {
    fn from(error: ValidationError) -> Self {
        Self::InvalidRequest {
            message: complete(&error),
            hint: None,
        }
    }
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::MalformedHead(malformed) => {
                Self::GatewayError(GatewayError::MalformedHead(malformed))
            }
            Rejection::Unauthenticated(failure) => Self::Unauthenticated(failure),
            Rejection::Forbidden { why, evidence, .. } => Self::Forbidden {
                hint: why,
                evidence,
            },
            Rejection::BadPath(message)
            | Rejection::BadQuery(message)
            | Rejection::BadBody(message) => Self::InvalidRequest {
                message,
                hint: None,
            },
            Rejection::NoRoom => Self::GatewayError(GatewayError::NoRoom),
            Rejection::Busy => Self::GatewayError(GatewayError::Busy),
            Rejection::NotStored(_) | Rejection::Internal => Self::Internal,
            Rejection::NoRoute => Self::GatewayError(GatewayError::NoRoute),
            Rejection::WrongMethod => Self::GatewayError(GatewayError::WrongMethod),
            Rejection::NoProject => Self::GatewayError(GatewayError::NoProject),
            Rejection::TooLarge => Self::GatewayError(GatewayError::TooLarge),
            Rejection::UnsupportedEncoding(encoding) => {
                Self::GatewayError(GatewayError::UnsupportedEncoding(encoding))
            }
        }
    }
}

/// The body of an error.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AsmErrorBody {
    /// `ASM.` and eight digits.
    #[cfg_attr(
        test,
        schema(example = "ASM.01010001", min_length = 8, max_length = 36)
    )]
    pub error_code: String,
    /// The documented text; for 400 and 401 followed by the field at fault and the reason.
    #[cfg_attr(
        test,
        schema(
            example = "Invalid request. metadata.name: is required",
            min_length = 2,
            max_length = 512
        )
    )]
    pub error_msg: String,
}

const INVALID_REQUEST: ErrorRow = ErrorRow::documented(400, "ASM.01010001", "Invalid request.");
const UNAUTHENTICATED: ErrorRow = ErrorRow::documented(401, "ASM.01000001", "Authenticate error.");
const FORBIDDEN: ErrorRow = ErrorRow::documented(403, "ASM.01000002", "Forbidden.");
const NOT_FOUND: ErrorRow = ErrorRow::documented(404, "ASM.01010002", "Resource not found.");
const ALREADY_EXISTS: ErrorRow =
    ErrorRow::documented(409, "ASM.01010003", "The resource already exists.");
const INTERNAL: ErrorRow = ErrorRow::documented(500, "ASM.01040001", "Internal error.");

/// The errors of the service's own, which also answer injected faults.
pub(super) const ROWS: [ErrorRow; 7] = [
    INVALID_REQUEST,
    UNAUTHENTICATED,
    FORBIDDEN,
    FORBIDDEN.as_inferred(),
    NOT_FOUND,
    ALREADY_EXISTS,
    INTERNAL,
];

/// The response of an injected fault, in the family's format.
pub fn fault(stub_response: &StubResponse) -> Response {
    huawei::fault(stub_response, &ROWS, body)
}

fn body(error_code: String, error_msg: String) -> Vec<u8> {
    let body = AsmErrorBody {
        error_code,
        error_msg,
    };
    response::to_json(&body, 128)
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (row, detail, hint) = match self {
            Self::GatewayError(error) => return error.into_response(),
            Self::InvalidRequest { message, hint } => (INVALID_REQUEST, Some(message), hint),
            Self::Unauthenticated(failure) => {
                let hint = huawei::hint(&failure);
                let detail = GatewayError::Unauthenticated(failure).to_string();
                (UNAUTHENTICATED, Some(detail), Some(hint))
            }
            Self::Forbidden { hint, evidence } => (FORBIDDEN.known_as(evidence), None, Some(hint)),
            Self::NotFound(hint) => (NOT_FOUND, None, Some(hint)),
            Self::AlreadyExists(hint) => (ALREADY_EXISTS, None, Some(hint)),
            Self::Internal => (INTERNAL, None, None),
        };
        let message = match detail {
            Some(detail) => format!("{} {detail}", row.text),
            None => row.text.to_owned(),
        };
        let message = message.chars().take(LONGEST_MESSAGE).collect();
        if let Some(hint) = hint {
            add_hint(hint);
        }
        note_error(&row);
        response::json(status_code(row.status), body(row.code.to_owned(), message))
    }
}
