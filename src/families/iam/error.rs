//! The errors of IAM, in two shapes: that of `OpenStack` Keystone, `{"error":{"code":<status>,"message":…,"title":…}}`,
//! and `{"error_msg":…,"error_code":"IAM.…"}`.
//!
//! Sources: the vendor's API documents, whose examples have the shape of Keystone, read 2026-11; the IAM API reference,
//! error codes (page `iam_02_0006`), and its Open Telekom Cloud copy, read 2026-11. The shape of an error without an
//! example is inferred.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::families::huawei::{self, GatewayError, GatewayErrorBody, status_code};
use crate::http::context::{add_hint, note_error};
use crate::http::evidence::error_row::ErrorRow;
use crate::http::faults::effect::StubResponse;
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
    /// A body that is not a JSON object, or lacks what every login has.
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
    /// An unknown user, or a wrong password or one-time code.
    WrongLogin(String),
    /// An invalid token or access key of a login, or a scope for which its owner may have no token.
    Unauthenticated(String),
    /// No valid credential where the service itself wants one.
    BadToken(String),
    /// A valid credential without the permission.
    Forbidden(String),
    /// An unknown, expired or revoked token.
    NoSuchToken,
    /// An unknown project, or one that the caller may not enter.
    NoSuchProject {
        id: String,
        why: String,
    },
    /// An unknown agency.
    NoSuchAgency {
        name: String,
        why: String,
    },
    /// An operation of the service that is not emulated.
    NotEmulated(&'static str),
    /// The emulator's own fault.
    Internal,
}

/// Errors in the shape of Keystone have no code.
const NO_CODE: &str = "";

const BAD_BODY: ErrorRow = ErrorRow::documented(400, NO_CODE, "The request body is invalid");
const UNAUTHENTICATED: ErrorRow = ErrorRow::documented(
    401,
    "IAM.0001",
    "The request you have made requires authentication.",
);
const FORBIDDEN: ErrorRow =
    ErrorRow::documented(403, NO_CODE, "You have no right to do this action");
const INTERNAL: ErrorRow = ErrorRow::documented(
    500,
    "IAM.0006",
    "An unexpected error prevented the server from fulfilling your request.",
);

// The service names the token here, which is a secret.
const UNKNOWN_TOKEN: ErrorRow = ErrorRow::documented(404, "IAM.0004", "Could not find token.");
const BAD_PARAMETER: ErrorRow =
    ErrorRow::documented(400, "IAM.0007", "Request parameter %(key)s is invalid.");
const REQUIRED: ErrorRow =
    ErrorRow::documented(400, "IAM.0072", "'%(key)s' is a required property.");
const BAD_FIELD: ErrorRow = ErrorRow::documented(
    400,
    "IAM.0073",
    "Invalid input for field '%(key)s'. The value is '%(value)s'.",
);
const BAD_SUBJECT: ErrorRow = ErrorRow::documented(
    400,
    "IAM.0009",
    "X-Subject-Token is invalid in the request.",
);
const BAD_TOKEN: ErrorRow = ErrorRow::documented(401, NO_CODE, "The X-Auth-Token is invalid!");
const NO_SUCH_TOKEN: ErrorRow =
    ErrorRow::documented(404, NO_CODE, "X-Subject-Token is invalid in the request");
const WRONG_LOGIN: ErrorRow =
    ErrorRow::inferred(401, NO_CODE, "The username or password is wrong.");
const UNAUTHENTICATED_LOGIN: ErrorRow = ErrorRow::inferred(401, NO_CODE, UNAUTHENTICATED.text);
const NO_SUCH_PROJECT: ErrorRow =
    ErrorRow::inferred(404, NO_CODE, "Could not find project: %(key)s.");
const NO_SUCH_AGENCY: ErrorRow =
    ErrorRow::inferred(404, NO_CODE, "Could not find agency: %(key)s.");
const TOO_LARGE: ErrorRow = ErrorRow::inferred(413, "IAM.0011", "Request body is invalid.");
const NOT_EMULATED: ErrorRow = ErrorRow::inferred(
    501,
    NO_CODE,
    "The action you have requested has not been implemented.",
);

/// The errors of the service's own. The first of a status answers an injected fault. The shape of an error without an
/// example in the vendor's documents is inferred.
pub(super) const ROWS: [ErrorRow; 19] = [
    BAD_BODY,
    UNAUTHENTICATED,
    FORBIDDEN,
    UNKNOWN_TOKEN,
    ErrorRow::documented(
        409,
        "IAM.0005",
        "Conflict occurred when attempting to store token.",
    ),
    ErrorRow::documented(
        429,
        "IAM.0012",
        "The throttling threshold has been reached.",
    ),
    INTERNAL,
    BAD_PARAMETER,
    REQUIRED,
    BAD_FIELD,
    BAD_SUBJECT,
    BAD_TOKEN,
    NO_SUCH_TOKEN,
    WRONG_LOGIN,
    UNAUTHENTICATED_LOGIN,
    NO_SUCH_PROJECT,
    NO_SUCH_AGENCY,
    TOO_LARGE,
    NOT_EMULATED,
];

impl Error {
    fn row(&self) -> ErrorRow {
        match self {
            Self::BadParameter { .. } => BAD_PARAMETER,
            Self::Required(_) => REQUIRED,
            Self::BadField { .. } => BAD_FIELD,
            Self::NoSuchProject { .. } => NO_SUCH_PROJECT,
            Self::NoSuchAgency { .. } => NO_SUCH_AGENCY,
            Self::BadSubject => BAD_SUBJECT,
            Self::BadBody(_) => BAD_BODY,
            Self::TooLarge => TOO_LARGE,
            Self::WrongLogin(_) => WRONG_LOGIN,
            Self::Unauthenticated(_) => UNAUTHENTICATED_LOGIN,
            Self::BadToken(_) => BAD_TOKEN,
            Self::Forbidden(_) => FORBIDDEN,
            Self::NoSuchToken => NO_SUCH_TOKEN,
            Self::NotEmulated(_) => NOT_EMULATED,
            Self::GatewayError(_) | Self::Internal => INTERNAL,
        }
    }

    /// The text of the row, with its own part.
    fn text(&self) -> Cow<'static, str> {
        let text = self.row().text;
        let (key, value) = match self {
            Self::BadParameter { name: key, .. }
            | Self::NoSuchProject { id: key, .. }
            | Self::NoSuchAgency { name: key, .. } => (&**key, ""),
            Self::Required(path) => (path.rsplit('.').next().unwrap_or_default(), ""),
            Self::BadField { field, value, .. } => (&**field, &**value),
            _ => return text.into(),
        };
        text.replace("%(key)s", key)
            .replace("%(value)s", value)
            .into()
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
            | Self::Unauthenticated(why)
            | Self::BadToken(why)
            | Self::Forbidden(why)
            | Self::NoSuchProject { why, .. }
            | Self::NoSuchAgency { why, .. } => Some(why.clone()),
            Self::NoSuchToken => Some(
                "the token was never issued, has expired, was revoked, or was forgotten in a reset"
                    .to_owned(),
            ),
            Self::NotEmulated(instead) => Some((*instead).to_owned()),
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
            Rejection::MalformedHead(malformed) => {
                Self::GatewayError(GatewayError::MalformedHead(malformed))
            }
            Rejection::Unauthenticated(failure) => GatewayError::Unauthenticated(failure).into(),
            Rejection::Forbidden { why, .. } => Self::Forbidden(why),
            Rejection::NoRoute => GatewayError::NoRoute.into(),
            Rejection::WrongMethod => GatewayError::WrongMethod.into(),
            Rejection::NoProject => GatewayError::NoProject.into(),
            Rejection::TooLarge => Self::TooLarge,
            Rejection::UnsupportedEncoding(encoding) => {
                GatewayError::UnsupportedEncoding(encoding).into()
            }
            Rejection::BadPath(wrong) | Rejection::BadQuery(wrong) => {
                // The reason names the parameter in backticks.
                let name = wrong.split('`').nth(1).unwrap_or(&wrong).to_owned();
                Self::BadParameter { name, why: wrong }
            }
            Rejection::BadBody(wrong) => Self::BadBody(wrong),
            Rejection::NoRoom => GatewayError::NoRoom.into(),
            Rejection::Busy => GatewayError::Busy.into(),
            Rejection::NotStored(_) | Rejection::Internal => Self::Internal,
        }
    }
}

/// The body of an error with a code.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct IamErrorBody {
    /// The documented text.
    #[cfg_attr(test, schema(example = "Request parameter page is invalid."))]
    pub error_msg: String,
    /// `IAM.` and four digits.
    #[cfg_attr(test, schema(example = "IAM.0007"))]
    pub error_code: String,
}

/// The body of an error in the shape of Keystone.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct KeystoneErrorBody {
    /// The reason.
    pub error: KeystoneError,
}

/// The reason for a refusal in the shape of Keystone.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct KeystoneError {
    /// The status.
    #[cfg_attr(test, schema(example = 401))]
    pub code: u16,
    /// The documented text.
    #[cfg_attr(test, schema(example = "The username or password is wrong."))]
    pub message: String,
    /// The status in words.
    #[cfg_attr(test, schema(example = "Unauthorized"))]
    pub title: &'static str,
}

/// The bodies that a status may have.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum IamAnyErrorBody {
    Keystone(KeystoneErrorBody),
    Iam(IamErrorBody),
    /// The gateway in front of the service writes this itself.
    Gateway(GatewayErrorBody<'static>),
}

/// The response to an injected fault.
pub fn fault(stub: &StubResponse) -> Response {
    huawei::fault(stub, &ROWS, |code, text| body(stub.status, code, text))
}

/// A body in the shape that goes with the code.
fn body(status: u16, error_code: String, text: String) -> Vec<u8> {
    let body = if error_code == NO_CODE {
        let title = status_code(status).canonical_reason().unwrap_or_default();
        IamAnyErrorBody::Keystone(KeystoneErrorBody {
            error: KeystoneError {
                code: status,
                message: text,
                title,
            },
        })
    } else {
        IamAnyErrorBody::Iam(IamErrorBody {
            error_msg: text,
            error_code,
        })
    };
    response::to_json(&body, 128)
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if let Self::GatewayError(gateway_error) = self {
            return gateway_error.into_response();
        }
        let row = self.row();
        let body = body(row.status, row.code.to_owned(), self.text().into_owned());
        if let Some(hint) = self.hint() {
            add_hint(hint);
        }
        note_error(&row);
        response::json(status_code(row.status), body)
    }
}
