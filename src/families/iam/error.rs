//! The errors of IAM, in two shapes: `{"error_msg":…,"error_code":"IAM.…"}`, and for a failed login that of `OpenStack`
//! Keystone, `{"error":{"code":<status>,"message":…,"title":…}}`.
//!
//! Source: IAM API reference, error codes (page `iam_02_0006`), and its Open Telekom Cloud copy, read 2026-11. Pages
//! of operations print both shapes; the shape of a failed login is inferred from the text that FAQ pages quote.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::families::huawei::{self, ErrorRow, GatewayError, status_code};
use crate::http::context::add_hint;
use crate::http::faults::rules::StubResponse;
use crate::http::{Rejection, response};
use crate::world::hints;

/// An error of the family. [`Error::row`] gives each its status, code and text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The gateway refused the request before the service saw it.
    GatewayError(GatewayError),
    /// An invalid parameter of the query.
    BadParameter {
        name: String,
        /// The expected value.
        why: String,
    },
    /// No token in the header `X-Subject-Token`.
    BadSubject,
    /// A body that is not a JSON object.
    BadBody(String),
    TooLarge,
    /// A missing field, by its path.
    Required(&'static str),
    /// An invalid field.
    BadField {
        /// The last part of its path.
        field: String,
        /// Its value, unless that is secret.
        value: String,
        /// Its path, and the expected value.
        why: String,
    },
    /// An unknown user or a wrong password.
    WrongLogin(String),
    /// A scope for which the user may have no token.
    ForeignScope(String),
    /// Another user's token.
    ForeignToken,
    /// A valid credential without the permission.
    Forbidden {
        /// The missing permission.
        action: String,
        why: String,
    },
    /// An unknown, expired or revoked token.
    NoSuchToken,
    /// The emulator's own fault.
    Internal,
}

const BAD_BODY: ErrorRow = (400, "IAM.0011", "Request body is invalid.");
const UNAUTHENTICATED: ErrorRow = (
    401,
    "IAM.0001",
    "The request you have made requires authentication.",
);
const FORBIDDEN: ErrorRow = (
    403,
    "IAM.0002",
    "You are not authorized to perform the requested action.",
);
// The service names the token here, which is a secret.
const NOT_FOUND: ErrorRow = (404, "IAM.0004", "Could not find token.");
const INTERNAL: ErrorRow = (
    500,
    "IAM.0006",
    "An unexpected error prevented the server from fulfilling your request.",
);

/// The service's answer to an injected fault of a status.
const STATUSES: [ErrorRow; 7] = [
    BAD_BODY,
    UNAUTHENTICATED,
    FORBIDDEN,
    NOT_FOUND,
    (
        409,
        "IAM.0005",
        "Conflict occurred when attempting to store token.",
    ),
    (
        429,
        "IAM.0012",
        "The throttling threshold has been reached.",
    ),
    INTERNAL,
];

/// Errors in Keystone's shape have no code.
const NO_CODE: &str = "";

impl Error {
    /// The status, code and text.
    fn row(&self) -> (u16, &'static str, Cow<'static, str>) {
        let (status, code, text) = match self {
            Self::BadParameter { name, .. } => {
                let text = format!("Request parameter {name} is invalid.");
                return (400, "IAM.0007", text.into());
            }
            Self::Required(path) => {
                let field = path.rsplit('.').next().unwrap_or_default();
                let text = format!("'{field}' is a required property.");
                return (400, "IAM.0072", text.into());
            }
            Self::BadField { field, value, .. } => {
                let text = format!("Invalid input for field '{field}'. The value is '{value}'.");
                return (400, "IAM.0073", text.into());
            }
            Self::Forbidden { action, .. } => {
                let text = format!("Policy doesn't allow {action} to be performed.");
                return (403, "IAM.0003", text.into());
            }
            Self::BadSubject => (
                400,
                "IAM.0009",
                "X-Subject-Token is invalid in the request.",
            ),
            Self::BadBody(_) => BAD_BODY,
            Self::TooLarge => (413, BAD_BODY.1, BAD_BODY.2),
            Self::WrongLogin(_) => (401, NO_CODE, "The username or password is wrong."),
            Self::ForeignScope(_) => (401, NO_CODE, UNAUTHENTICATED.2),
            Self::ForeignToken => FORBIDDEN,
            Self::NoSuchToken => NOT_FOUND,
            Self::GatewayError(_) | Self::Internal => INTERNAL,
        };
        (status, code, text.into())
    }

    /// Details that the documented texts leave out.
    fn hint(&self) -> Option<String> {
        match self {
            Self::GatewayError(_) | Self::Internal => None,
            Self::TooLarge => Some(hints::TOO_LARGE.to_owned()),
            Self::BadSubject => Some("send the token in the header X-Subject-Token".to_owned()),
            Self::Required(path) => Some(format!("{path} is required")),
            Self::BadBody(why)
            | Self::BadParameter { why, .. }
            | Self::BadField { why, .. }
            | Self::WrongLogin(why)
            | Self::ForeignScope(why)
            | Self::Forbidden { why, .. } => Some(why.clone()),
            Self::ForeignToken => Some(
                "the token belongs to another user; the permission Security Administrator is required"
                    .to_owned(),
            ),
            Self::NoSuchToken => Some(
                "the token was never issued, has expired, was revoked, or was forgotten in a reset"
                    .to_owned(),
            ),
        }
    }
}

impl From<GatewayError> for Error {
    fn from(gateway_error: GatewayError) -> Self {
        Self::GatewayError(gateway_error)
    }
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Unauthenticated(failure) => GatewayError::Unauthenticated(failure).into(),
            Rejection::Forbidden { action, why } => Self::Forbidden { action, why },
            Rejection::NoRoute => GatewayError::NoRoute.into(),
            Rejection::WrongMethod => GatewayError::WrongMethod.into(),
            Rejection::NoProject => GatewayError::NoProject.into(),
            Rejection::TooLarge => Self::TooLarge,
            Rejection::BadPath(wrong) | Rejection::BadQuery(wrong) => {
                // The reason names the parameter in backticks.
                let name = wrong.split('`').nth(1).unwrap_or(&wrong).to_owned();
                Self::BadParameter { name, why: wrong }
            }
            Rejection::BadBody(wrong) => Self::BadBody(wrong),
            Rejection::Internal => Self::Internal,
        }
    }
}

/// The body of most errors.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct IamErrorBody {
    /// The documented text.
    #[schema(example = "Request body is invalid.")]
    pub error_msg: String,
    /// `IAM.` and four digits.
    #[schema(example = "IAM.0011")]
    pub error_code: String,
}

/// The body of a failed login.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct IamLoginErrorBody {
    /// The reason.
    pub error: IamLoginError,
}

/// The reason for a failed login.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct IamLoginError {
    /// The status.
    #[schema(example = 401)]
    pub code: u16,
    /// The documented text.
    #[schema(example = "The username or password is wrong.")]
    pub message: String,
    /// The status in words.
    #[schema(example = "Unauthorized")]
    pub title: &'static str,
}

/// The response to an injected fault.
pub fn fault(stub: &StubResponse) -> Response {
    huawei::fault(stub, &STATUSES, body)
}

fn body(error_code: String, error_msg: String) -> Vec<u8> {
    response::to_json(
        &IamErrorBody {
            error_msg,
            error_code,
        },
        128,
    )
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if let Self::GatewayError(gateway_error) = self {
            return gateway_error.into_response();
        }
        let (code, error_code, text) = self.row();
        let (status, message) = (status_code(code), text.into_owned());
        let body = if error_code == NO_CODE {
            let title = status.canonical_reason().unwrap_or_default();
            let error = IamLoginError {
                code,
                message,
                title,
            };
            response::to_json(&IamLoginErrorBody { error }, 128)
        } else {
            body(error_code.to_owned(), message)
        };
        if let Some(hint) = self.hint() {
            add_hint(hint);
        }
        response::json(status, body)
    }
}
