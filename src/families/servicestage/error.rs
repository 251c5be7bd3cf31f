//! The errors of ServiceStage: `{"error_code":"SVCSTG.…","error_msg":…}`.
//!
//! Source: ServiceStage API reference, error codes (page 0162), read 2026-08. The shape is that
//! of the service's general text on failed calls; no page of the two families prints a failing example.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::families::huawei::{self, GatewayError, StatusRow};
use crate::http::context::add_hint;
use crate::http::faults::rules::StubResponse;
use crate::http::json::ValidationError;
use crate::http::{Rejection, response};

/// A refused request, and what would have worked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    hint: Option<String>,
}

/// The reason for a refusal in either family.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// The gateway refused the request before the service saw it.
    #[error(transparent)]
    GatewayError(#[from] GatewayError),
    /// `SVCSTG.00100400`, 400: the place and the mistake. Also a command that does not fit the present
    /// status, and a name that is taken (inferred: only 400, 404 and 500 are documented here).
    #[error("{text}: {0}", text = PARAMETER_INVALID.2)]
    ParameterInvalid(String),
    /// `SVCSTG.00100433`, 404: no such plan or pipeline in the project.
    #[error("{}", RELEASE_NOT_FOUND.2)]
    ReleaseNotFound,
    /// `SVCSTG.00100500`, 500: the emulator's own fault (the code is a guess).
    #[error("{}", INTERNAL.2)]
    Internal,
}

impl Error {
    /// A bad parameter: its place, and the mistake.
    pub fn at(place: impl std::fmt::Display, wrong: impl std::fmt::Display) -> Self {
        ErrorKind::ParameterInvalid(format!("{place}: {wrong}")).into()
    }

    /// Adds what would have worked, if that is known.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into();
        self
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self { kind, hint: None }
    }
}

impl From<GatewayError> for Error {
    fn from(gateway_error: GatewayError) -> Self {
        ErrorKind::GatewayError(gateway_error).into()
    }
}

impl From<ValidationError> for Error {
    fn from(validation_error: ValidationError) -> Self {
        ErrorKind::ParameterInvalid(validation_error.to_string()).into()
    }
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Unauthenticated(failure) => GatewayError::Unauthenticated(failure).into(),
            Rejection::Forbidden { action, why } => GatewayError::Forbidden { action, why }.into(),
            Rejection::NoRoute => GatewayError::NoRoute.into(),
            Rejection::WrongMethod => GatewayError::WrongMethod.into(),
            Rejection::NoProject => GatewayError::NoProject.into(),
            Rejection::TooLarge => GatewayError::TooLarge.into(),
            Rejection::BadPath(wrong) | Rejection::BadQuery(wrong) | Rejection::BadBody(wrong) => {
                ErrorKind::ParameterInvalid(wrong).into()
            }
            Rejection::Internal => ErrorKind::Internal.into(),
        }
    }
}

/// The body of an error.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ServiceStageErrorBody {
    /// `SVCSTG.` and eight digits.
    pub error_code: Cow<'static, str>,
    /// What went wrong.
    pub error_msg: String,
}

const PARAMETER_INVALID: StatusRow = (400, "SVCSTG.00100400", "parameter invalid");
const RELEASE_NOT_FOUND: StatusRow = (404, "SVCSTG.00100433", "application release not found");
const INTERNAL: StatusRow = (500, "SVCSTG.00100500", "internal error");

/// The status, code and text of every error of the service's own.
const STATUSES: [StatusRow; 3] = [PARAMETER_INVALID, RELEASE_NOT_FOUND, INTERNAL];

/// The response to an injected fault.
pub fn fault(answer: &StubResponse) -> Response {
    huawei::fault(answer, &STATUSES, |code, error_msg| {
        let error_code = code.into();
        let body = ServiceStageErrorBody {
            error_code,
            error_msg,
        };
        response::to_json(&body, 128)
    })
}

impl IntoResponse for ErrorKind {
    fn into_response(self) -> Response {
        let (status, error_code, _) = match &self {
            Self::GatewayError(gateway_error) => return gateway_error.clone().into_response(),
            Self::ParameterInvalid(_) => PARAMETER_INVALID,
            Self::ReleaseNotFound => RELEASE_NOT_FOUND,
            Self::Internal => INTERNAL,
        };
        let status = StatusCode::from_u16(status).expect("the table has valid statuses");
        let body = ServiceStageErrorBody {
            error_code: error_code.into(),
            error_msg: self.to_string(),
        };
        response::json(status, response::to_json(&body, 128))
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if let Some(hint) = self.hint {
            add_hint(hint);
        }
        self.kind.into_response()
    }
}
