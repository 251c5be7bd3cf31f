//! The errors of ASM: `{"errorCode":"ASM.…","errorMsg":…}`.
//!
//! Source: ASM API reference, error codes (table of 2026-06-25), read 2026-08. The English pages of the
//! operations list `errorCode` alone, the Chinese ones both keys; the page of the codes calls them
//! `error_code` and `error_msg` in its prose. We send the two camel-case keys.

use std::borrow::Cow;
use std::fmt;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::families::huawei::{self, ErrorRow, GatewayError};
use crate::http::auth::CredentialError;
use crate::http::context::add_hint;
use crate::http::faults::rules::StubResponse;
use crate::http::{Rejection, response};

/// The documented limit of `errorMsg`, in characters.
const LONGEST_MESSAGE: usize = 512;

/// An error of the family. [`Error::row`] gives each its status, code and text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The gateway refused the request before the service saw it.
    GatewayError(GatewayError),
    /// A bad parameter or field.
    InvalidRequest {
        /// The place, and the reason.
        message: String,
        /// A request that would have worked.
        hint: Option<String>,
    },
    /// A missing or invalid credential. ASM documents a body for it, so the gateway does not answer it.
    Unauthenticated(CredentialError),
    /// A valid credential without the permission.
    Forbidden {
        /// The reason.
        why: String,
    },
    /// An unknown mesh or release.
    NotFound(Missing),
    /// A name or service already in use.
    AlreadyExists(Taken),
    /// The emulator's own fault.
    Internal,
}

/// An unknown resource, with a suggestion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// A mesh, within the projects that the request reaches.
    Mesh {
        /// The requested id.
        id: String,
        /// Its actual place, or a similar id.
        suggestion: Option<String>,
    },
    /// A release by uid or name, within a namespace of a mesh.
    Release {
        namespace: String,
        /// The requested uid or name.
        id: String,
        /// Its actual place, or a similar id.
        suggestion: Option<String>,
    },
}

/// A name already in use, and its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The name of a mesh in its project.
    MeshName {
        name: String,
        /// The mesh of that name.
        id: String,
    },
    /// The name of a release in its namespace.
    ReleaseName {
        name: String,
        /// The task of that name.
        uid: String,
    },
    /// A service that already has a grayscale version.
    Service {
        name: String,
        /// Its release task.
        uid: String,
    },
}

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let suggestion = match self {
            Self::Mesh { id, suggestion } => {
                write!(
                    formatter,
                    "there is no mesh {id} in the projects this request reaches"
                )?;
                suggestion
            }
            Self::Release {
                namespace,
                id,
                suggestion,
            } => {
                write!(
                    formatter,
                    "there is no release task {id} in the namespace {namespace}"
                )?;
                suggestion
            }
        };
        match suggestion {
            Some(suggestion) => write!(formatter, ": {suggestion}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Taken {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::MeshName { name, id } => {
                write!(formatter, "the project has a mesh {name} already: {id}")
            }
            Self::ReleaseName { name, uid } => write!(
                formatter,
                "the namespace has a release task {name} already, {uid}; cancel or end it first"
            ),
            Self::Service { name, uid } => write!(
                formatter,
                "the service {name} has a release task already, {uid}; cancel or end it first"
            ),
        }
    }
}

impl Error {
    /// A bad request, with a message that names the place.
    pub fn invalid(message: String) -> Self {
        let hint = None;
        Self::InvalidRequest { message, hint }
    }

    /// A bad parameter or field.
    pub fn at(place: impl fmt::Display, wrong: impl fmt::Display) -> Self {
        Self::invalid(format!("{place}: {wrong}"))
    }

    /// A missing field.
    pub fn required(place: impl fmt::Display) -> Self {
        Self::at(place, "is required")
    }

    /// The status, code and text. Errors: the gateway's, which have a body of their own.
    fn row(&self) -> Result<ErrorRow, &GatewayError> {
        match self {
            Self::GatewayError(error) => Err(error),
            Self::InvalidRequest { .. } => Ok(INVALID_REQUEST),
            Self::Unauthenticated(_) => Ok(UNAUTHENTICATED),
            Self::Forbidden { .. } => Ok(FORBIDDEN),
            Self::NotFound(_) => Ok(NOT_FOUND),
            Self::AlreadyExists(_) => Ok(ALREADY_EXISTS),
            Self::Internal => Ok(INTERNAL),
        }
    }

    /// The reason, where the answer gives one behind the documented text.
    fn detail(&self) -> Option<String> {
        match self {
            Self::InvalidRequest { message, .. } => Some(message.clone()),
            Self::Unauthenticated(failure) => {
                Some(GatewayError::Unauthenticated(failure.clone()).to_string())
            }
            Self::GatewayError(_)
            | Self::Forbidden { .. }
            | Self::NotFound(_)
            | Self::AlreadyExists(_)
            | Self::Internal => None,
        }
    }

    /// Details that the documented body has no room for.
    fn hint(&self) -> Option<String> {
        match self {
            Self::GatewayError(_) | Self::Internal => None,
            Self::InvalidRequest { hint, .. } => hint.clone(),
            Self::Unauthenticated(failure) => Some(huawei::hint(failure)),
            Self::Forbidden { why } => Some(why.clone()),
            Self::NotFound(missing) => Some(missing.to_string()),
            Self::AlreadyExists(taken) => Some(taken.to_string()),
        }
    }
}

impl From<GatewayError> for Error {
    fn from(error: GatewayError) -> Self {
        Self::GatewayError(error)
    }
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Unauthenticated(failure) => Self::Unauthenticated(failure),
            Rejection::Forbidden { why, .. } => Self::Forbidden { why },
            Rejection::NoRoute => GatewayError::NoRoute.into(),
            Rejection::WrongMethod => GatewayError::WrongMethod.into(),
            Rejection::NoProject => GatewayError::NoProject.into(),
            Rejection::TooLarge => GatewayError::TooLarge.into(),
            Rejection::BadPath(wrong) | Rejection::BadQuery(wrong) | Rejection::BadBody(wrong) => {
                Self::invalid(wrong)
            }
            Rejection::Internal => Self::Internal,
        }
    }
}

/// The body of an error.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AsmErrorBody {
    /// `ASM.` and eight digits.
    #[schema(example = "ASM.01010001", min_length = 8, max_length = 36)]
    pub error_code: Cow<'static, str>,
    /// What went wrong: the documented text; for 400 and 401 also where and why.
    #[schema(
        example = "Invalid request. metadata.name: is required",
        min_length = 2,
        max_length = 512
    )]
    pub error_msg: String,
}

const INVALID_REQUEST: ErrorRow = (400, "ASM.01010001", "Invalid request.");
const UNAUTHENTICATED: ErrorRow = (401, "ASM.01000001", "Authenticate error.");
const FORBIDDEN: ErrorRow = (403, "ASM.01000002", "Forbidden.");
const NOT_FOUND: ErrorRow = (404, "ASM.01010002", "Resource not found.");
const ALREADY_EXISTS: ErrorRow = (409, "ASM.01010003", "The resource already exists.");
const INTERNAL: ErrorRow = (500, "ASM.01040001", "Internal error.");

/// The status, code and text of every documented error.
const STATUSES: [ErrorRow; 6] = [
    INVALID_REQUEST,
    UNAUTHENTICATED,
    FORBIDDEN,
    NOT_FOUND,
    ALREADY_EXISTS,
    INTERNAL,
];

/// The answer of an injected fault, in the family's format.
pub fn fault(answer: &StubResponse) -> Response {
    huawei::fault(answer, &STATUSES, |code, error_msg| {
        let error_code = code.into();
        let body = AsmErrorBody {
            error_code,
            error_msg,
        };
        response::to_json(&body, 128)
    })
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, code, text) = match self.row() {
            Ok(row) => row,
            Err(gateway_error) => return gateway_error.clone().into_response(),
        };
        let message = match self.detail() {
            Some(detail) => format!("{text} {detail}"),
            None => text.to_owned(),
        };
        let body = AsmErrorBody {
            error_code: code.into(),
            error_msg: message.chars().take(LONGEST_MESSAGE).collect(),
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Some(hint) = self.hint() {
            add_hint(hint);
        }
        response::json(status, response::to_json(&body, 128))
    }
}
