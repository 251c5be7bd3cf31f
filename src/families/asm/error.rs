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

use crate::families::huawei::{self, GatewayError, StatusRow};
use crate::http::auth::Failure;
use crate::http::faults::rules::StubResponse;
use crate::http::middleware::instrument::Hint;
use crate::http::{Rejection, response};

/// The documented limit of `errorMsg`, in characters.
const LONGEST_MESSAGE: usize = 512;

/// What can go wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The gateway refused the request before the service saw it.
    #[error(transparent)]
    GatewayError(#[from] GatewayError),
    /// `ASM.01010001`, 400: says what is wrong and where.
    #[error("Invalid request. {0}")]
    InvalidRequest(String),
    /// `ASM.01000001`, 401: no credential, or one that does not hold. ASM documents a body for it, so it is
    /// not left to the gateway, whose reason it repeats.
    #[error("Authenticate error. {}", GatewayError::Unauthenticated(.0.clone()))]
    Unauthenticated(Failure),
    /// `ASM.01000002`, 403.
    #[error("Forbidden.")]
    Forbidden {
        /// Why.
        why: String,
    },
    /// `ASM.01010002`, 404.
    #[error("Resource not found.")]
    NotFound(Missing),
    /// `ASM.01010003`, 409.
    #[error("The resource already exists.")]
    AlreadyExists(Taken),
    /// `ASM.01040001`, 500: the emulator's own fault.
    #[error("Internal error.")]
    Internal,
    /// Any other, with what would have worked.
    #[error("{error}")]
    Hinted {
        /// The other.
        error: Box<Self>,
        /// What would have worked.
        hint: String,
    },
}

/// What was not found, and what comes near it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// A mesh, within the projects that the request reaches.
    Mesh {
        /// What was taken for its id.
        id: String,
        /// Where it is instead, or what was probably meant.
        suggestion: Option<String>,
    },
    /// A release by uid or name, within a namespace of a mesh.
    Release {
        /// The namespace.
        namespace: String,
        /// What was taken for a uid or a name.
        id: String,
        /// Where it is instead, or what was probably meant.
        suggestion: Option<String>,
    },
}

/// What is taken already, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The name of a mesh in its project.
    MeshName {
        /// The name.
        name: String,
        /// The mesh that has it.
        id: String,
    },
    /// The name of a release in its namespace.
    ReleaseName {
        /// The name.
        name: String,
        /// The task that has it.
        uid: String,
    },
    /// A service that has a grayscale version already.
    Service {
        /// The service.
        name: String,
        /// The task of it.
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
    /// A bad parameter or field: its place, and what is wrong with it.
    pub fn at(place: impl fmt::Display, wrong: impl fmt::Display) -> Self {
        Self::InvalidRequest(format!("{place}: {wrong}"))
    }

    /// A field that must be there.
    pub fn required(place: impl fmt::Display) -> Self {
        Self::at(place, "is required")
    }

    /// The same with what would have worked.
    #[must_use]
    pub fn with_hint(self, hint: String) -> Self {
        Self::Hinted {
            error: Box::new(self),
            hint,
        }
    }

    /// The service's code.
    fn code(&self) -> &'static str {
        match self {
            // Never asked for: the gateway writes its own body.
            Self::GatewayError(_) => "",
            Self::InvalidRequest(_) => "ASM.01010001",
            Self::Unauthenticated(_) => "ASM.01000001",
            Self::Forbidden { .. } => "ASM.01000002",
            Self::NotFound(_) => "ASM.01010002",
            Self::AlreadyExists(_) => "ASM.01010003",
            Self::Internal => "ASM.01040001",
            Self::Hinted { error, .. } => error.code(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::GatewayError(_) | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::InvalidRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::AlreadyExists(_) => StatusCode::CONFLICT,
            Self::Hinted { error, .. } => error.status(),
        }
    }

    /// What the documented text leaves out.
    fn hint(&self) -> Option<String> {
        match self {
            Self::GatewayError(_) | Self::InvalidRequest(_) | Self::Internal => None,
            Self::Unauthenticated(failure) => Some(huawei::hint(failure)),
            Self::Forbidden { why } => Some(why.clone()),
            Self::NotFound(missing) => Some(missing.to_string()),
            Self::AlreadyExists(taken) => Some(taken.to_string()),
            Self::Hinted { hint, .. } => Some(hint.clone()),
        }
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
                Self::InvalidRequest(wrong)
            }
            Rejection::Internal => Self::Internal,
        }
    }
}

/// The body of an error.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AsmErrorBody)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
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

/// What the service answers with a status, by its own table.
const STATUSES: [StatusRow; 6] = [
    (400, "ASM.01010001", "Invalid request."),
    (401, "ASM.01000001", "Authenticate error."),
    (403, "ASM.01000002", "Forbidden."),
    (404, "ASM.01010002", "Resource not found."),
    (409, "ASM.01010003", "The resource already exists."),
    (500, "ASM.01040001", "Internal error."),
];

/// What a fault asks for, in the family's words.
pub fn fault(answer: &StubResponse) -> Response {
    huawei::fault(answer, &STATUSES, |code, error_msg| {
        let error_code = code.into();
        let body = ErrorBody {
            error_code,
            error_msg,
        };
        response::to_json(&body, 128)
    })
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if let Self::GatewayError(gateway) = self {
            return gateway.into_response();
        }
        let body = ErrorBody {
            error_code: self.code().into(),
            error_msg: self.to_string().chars().take(LONGEST_MESSAGE).collect(),
        };
        let mut response = response::json(self.status(), response::to_json(&body, 128));
        if let Some(hint) = self.hint() {
            response.extensions_mut().insert(Hint(hint));
        }
        response
    }
}
