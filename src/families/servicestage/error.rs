//! The errors of ServiceStage: `{"error_code":"SVCSTG.…","error_msg":…}`.
//!
//! Source: ServiceStage API reference, error codes (page 0162), read 2026-08. The shape is that
//! of the service's general text on failed calls; no page of the two families prints a failing example.

use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::families::huawei::{self, ErrorRow, GatewayError, status_code};
use crate::http::context::add_hint;
use crate::http::faults::rules::StubResponse;
use crate::http::json::ValidationError;
use crate::http::{Rejection, response};

/// A refused request, with a hint where a request that would have worked is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ServiceStageErrorKind,
    hint: Option<String>,
}

/// The reason for a refusal in either family. [`ServiceStageErrorKind::row`] gives each its status, code and text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceStageErrorKind {
    /// The gateway refused the request before the service saw it.
    #[error(transparent)]
    GatewayError(#[from] GatewayError),
    /// An invalid parameter or field, by its place. Also a command that the status does not allow, and a name already in
    /// use (inferred: only 400, 404 and 500 are documented here).
    #[error("{text}: {0}", text = PARAMETER_INVALID.2)]
    ParameterInvalid(String),
    /// No such plan or pipeline in the project.
    #[error("{}", RELEASE_NOT_FOUND.2)]
    ReleaseNotFound,
    /// The emulator's own fault (the code is a guess).
    #[error("{}", INTERNAL.2)]
    Internal,
}

impl ServiceStageErrorKind {
    /// The status, code and text. Errors: the gateway's, which have a body of their own.
    fn row(self) -> Result<ErrorRow, GatewayError> {
        match self {
            Self::GatewayError(gateway_error) => Err(gateway_error),
            Self::ParameterInvalid(_) => Ok(PARAMETER_INVALID),
            Self::ReleaseNotFound => Ok(RELEASE_NOT_FOUND),
            Self::Internal => Ok(INTERNAL),
        }
    }
}

impl Error {
    /// An invalid parameter or field, by its place.
    pub fn at(place: impl std::fmt::Display, wrong: impl std::fmt::Display) -> Self {
        ServiceStageErrorKind::ParameterInvalid(format!("{place}: {wrong}")).into()
    }

    /// Adds a hint, if there is one.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into();
        self
    }
}

impl From<ServiceStageErrorKind> for Error {
    fn from(kind: ServiceStageErrorKind) -> Self {
        Self { kind, hint: None }
    }
}

impl From<GatewayError> for Error {
    fn from(gateway_error: GatewayError) -> Self {
        ServiceStageErrorKind::GatewayError(gateway_error).into()
    }
}

impl From<ValidationError> for Error {
    fn from(validation_error: ValidationError) -> Self {
        ServiceStageErrorKind::ParameterInvalid(validation_error.to_string()).into()
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
                ServiceStageErrorKind::ParameterInvalid(wrong).into()
            }
            Rejection::Internal => ServiceStageErrorKind::Internal.into(),
        }
    }
}

/// The body of an error.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ServiceStageErrorBody {
    /// `SVCSTG.` and eight digits.
    pub error_code: String,
    /// The reason.
    pub error_msg: String,
}

const PARAMETER_INVALID: ErrorRow = (400, "SVCSTG.00100400", "parameter invalid");
const RELEASE_NOT_FOUND: ErrorRow = (404, "SVCSTG.00100433", "application release not found");
const INTERNAL: ErrorRow = (500, "SVCSTG.00100500", "internal error");

/// The status, code and text of every error of the service's own.
const STATUSES: [ErrorRow; 3] = [PARAMETER_INVALID, RELEASE_NOT_FOUND, INTERNAL];

/// The response to an injected fault.
pub fn fault(stub: &StubResponse) -> Response {
    huawei::fault(stub, &STATUSES, body)
}

fn body(error_code: String, error_msg: String) -> Vec<u8> {
    response::to_json(
        &ServiceStageErrorBody {
            error_code,
            error_msg,
        },
        128,
    )
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if let Some(hint) = self.hint {
            add_hint(hint);
        }
        let text = self.kind.to_string();
        match self.kind.row() {
            Ok((status, code, _)) => {
                response::json(status_code(status), body(code.to_owned(), text))
            }
            Err(gateway_error) => gateway_error.into_response(),
        }
    }
}
