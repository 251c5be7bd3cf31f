//! The errors of IAM, in two shapes: `{"error_msg":…,"error_code":"IAM.…"}`, and that of `OpenStack` Keystone,
//! `{"error":{"code":<status>,"message":…,"title":…}}`, where a login fails.
//!
//! Source: IAM API reference, error codes (page `iam_02_0006`), and its Open Telekom Cloud copy, read 2026-11. Pages
//! of operations print both shapes; which one a failed login has is inferred from the text that FAQ pages quote.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::families::huawei::{self, GatewayError, StatusRow};
use crate::http::context::add_hint;
use crate::http::faults::rules::StubResponse;
use crate::http::{Rejection, response};
use crate::world::hints::TOO_LARGE;

/// What can go wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The gateway refused the request before the service saw it.
    #[error(transparent)]
    GatewayError(#[from] GatewayError),
    /// `IAM.0007`, 400: a parameter of the query.
    #[error("Request parameter {name} is invalid.")]
    BadParameter {
        /// The parameter.
        name: String,
        /// What was expected.
        why: String,
    },
    /// `IAM.0009`, 400: the header that names the token in question is missing.
    #[error("X-Subject-Token is invalid in the request.")]
    BadSubject,
    /// `IAM.0011`, 400: the body is no JSON object.
    #[error("Request body is invalid.")]
    BadBody(String),
    /// `IAM.0011`, 413.
    #[error("Request body is invalid.")]
    TooLarge,
    /// `IAM.0072`, 400: a field that must be there.
    #[error("'{field}' is a required property.")]
    Required {
        /// The field's own name.
        field: &'static str,
        /// Where it should be.
        path: &'static str,
    },
    /// `IAM.0073`, 400: a field that is there and wrong.
    #[error("Invalid input for field '{field}'. The value is '{value}'.")]
    BadField {
        /// The field's own name.
        field: String,
        /// What it holds, unless that is secret.
        value: String,
        /// Where it is, and what was expected.
        why: String,
    },
    /// 401 in Keystone's shape: no such user, or not this password.
    #[error("The username or password is wrong.")]
    WrongLogin(String),
    /// 401 in Keystone's shape (the text is that of `IAM.0001`): the user may not have a token for this scope.
    #[error("The request you have made requires authentication.")]
    ForeignScope(String),
    /// `IAM.0002`, 403: somebody else's token.
    #[error("You are not authorized to perform the requested action.")]
    ForeignToken,
    /// `IAM.0003`, 403.
    #[error("Policy doesn't allow {action} to be performed.")]
    Forbidden {
        /// The permission that is missing.
        action: String,
        /// Why.
        why: String,
    },
    /// `IAM.0004`, 404: the token in question is not known, or holds no more. The text leaves out what was not
    /// found, since that would be a secret.
    #[error("Could not find token.")]
    NoSuchToken,
    /// `IAM.0006`, 500: the emulator's own fault.
    #[error("An unexpected error prevented the server from fulfilling your request.")]
    Internal,
}

impl Error {
    /// The service's code; `None` where the answer has Keystone's shape.
    fn code(&self) -> Option<&'static str> {
        match self {
            // Never asked for: the gateway writes its own body.
            Self::GatewayError(_) | Self::WrongLogin(_) | Self::ForeignScope(_) => None,
            Self::BadParameter { .. } => Some("IAM.0007"),
            Self::BadSubject => Some("IAM.0009"),
            Self::BadBody(_) | Self::TooLarge => Some("IAM.0011"),
            Self::Required { .. } => Some("IAM.0072"),
            Self::BadField { .. } => Some("IAM.0073"),
            Self::ForeignToken => Some("IAM.0002"),
            Self::Forbidden { .. } => Some("IAM.0003"),
            Self::NoSuchToken => Some("IAM.0004"),
            Self::Internal => Some("IAM.0006"),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::GatewayError(_) | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::BadParameter { .. }
            | Self::BadSubject
            | Self::BadBody(_)
            | Self::Required { .. }
            | Self::BadField { .. } => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::WrongLogin(_) | Self::ForeignScope(_) => StatusCode::UNAUTHORIZED,
            Self::ForeignToken | Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::NoSuchToken => StatusCode::NOT_FOUND,
        }
    }

    /// What the documented texts leave out.
    fn hint(&self) -> Option<String> {
        match self {
            Self::GatewayError(_) | Self::Internal => None,
            Self::TooLarge => Some(TOO_LARGE.to_owned()),
            Self::BadSubject => {
                Some("send the token in question in the header X-Subject-Token".to_owned())
            }
            Self::Required { path, .. } => Some(format!("{path} is missing")),
            Self::BadBody(why)
            | Self::BadParameter { why, .. }
            | Self::BadField { why, .. }
            | Self::WrongLogin(why)
            | Self::ForeignScope(why)
            | Self::Forbidden { why, .. } => Some(why.clone()),
            Self::ForeignToken => Some(
                "the token in question is somebody else's, which takes the permission Security Administrator"
                    .to_owned(),
            ),
            Self::NoSuchToken => Some(
                "the token in question was never issued, or it has expired, was revoked or forgotten in a reset"
                    .to_owned(),
            ),
        }
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
                // What is wrong with a parameter is told with its name in backticks.
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
    /// What went wrong: the documented text.
    #[schema(example = "Request body is invalid.")]
    pub error_msg: String,
    /// `IAM.` and four digits.
    #[schema(example = "IAM.0011")]
    pub error_code: Cow<'static, str>,
}

/// The body of a failed login.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct IamLoginErrorBody {
    /// What went wrong.
    pub error: IamLoginError,
}

/// What went wrong in a login.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct IamLoginError {
    /// The status.
    #[schema(example = 401)]
    pub code: u16,
    /// What went wrong: the documented text.
    #[schema(example = "The username or password is wrong.")]
    pub message: String,
    /// The status in words.
    #[schema(example = "Unauthorized")]
    pub title: &'static str,
}

/// What the service answers with a status, by its own table.
const STATUSES: [StatusRow; 7] = [
    (400, "IAM.0011", "Request body is invalid."),
    (
        401,
        "IAM.0001",
        "The request you have made requires authentication.",
    ),
    (
        403,
        "IAM.0002",
        "You are not authorized to perform the requested action.",
    ),
    (404, "IAM.0004", "Could not find token."),
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
    (
        500,
        "IAM.0006",
        "An unexpected error prevented the server from fulfilling your request.",
    ),
];

/// What a fault asks for, in the family's words.
pub fn fault(answer: &StubResponse) -> Response {
    huawei::fault(answer, &STATUSES, |code, error_msg| {
        let error_code = code.into();
        let body = IamErrorBody {
            error_msg,
            error_code,
        };
        response::to_json(&body, 128)
    })
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if let Self::GatewayError(gateway) = self {
            return gateway.into_response();
        }
        let (status, message) = (self.status(), self.to_string());
        let body = match self.code() {
            Some(error_code) => response::to_json(
                &IamErrorBody {
                    error_msg: message,
                    error_code: error_code.into(),
                },
                128,
            ),
            None => response::to_json(
                &IamLoginErrorBody {
                    error: IamLoginError {
                        code: status.as_u16(),
                        message,
                        title: status.canonical_reason().unwrap_or_default(),
                    },
                },
                128,
            ),
        };
        if let Some(hint) = self.hint() {
            add_hint(hint);
        }
        response::json(status, body)
    }
}
