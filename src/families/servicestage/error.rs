//! The errors of ServiceStage: `{"error_code":"SVCSTG.…","error_msg":…}`.
//!
//! Source: ServiceStage API reference, error codes (page 0162), read 2026-08. The shape is that
//! of the service's general text on failed calls; no page of the two families prints a failing example.

use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::refusal::{Refusal, RefusalCause};
use crate::families::huawei::{self, GatewayError, status_code};
use crate::http::context::{add_hint, note_error};
use crate::http::evidence::error_row::ErrorRow;
use crate::http::extract::complete;
use crate::http::faults::effect::StubResponse;
use crate::http::json::ValidationError;
use crate::http::{Rejection, response};

/// An error of either family. [`Error::into_response`] gives each its status, code and text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The gateway refused the request before the service saw it.
    GatewayError(GatewayError),
    /// An invalid parameter or field, by its place.
    ParameterInvalid(String),
    /// A command that the status does not allow, a name already in use, or an unknown stage or task. The code of the
    /// first two is inferred: only 400, 404 and 500 are documented here.
    Refused(Refusal),
    /// No such plan or pipeline in the project.
    ReleaseNotFound { hint: String },
    /// The emulator's own fault (the code is a guess).
    Internal,
}

impl From<GatewayError> for Error {
    fn from(gateway_error: GatewayError) -> Self {
        Self::GatewayError(gateway_error)
    }
}

impl From<ValidationError> for Error {
    fn from(validation_error: ValidationError) -> Self {
        Self::ParameterInvalid(complete(&validation_error))
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::MalformedHead(malformed) => GatewayError::MalformedHead(malformed).into(),
            Rejection::Unauthenticated(failure) => GatewayError::Unauthenticated(failure).into(),
            Rejection::Forbidden {
                action,
                why,
                evidence,
            } => GatewayError::Forbidden {
                action,
                why,
                evidence,
            }
            .into(),
            Rejection::NoRoute => GatewayError::NoRoute.into(),
            Rejection::WrongMethod => GatewayError::WrongMethod.into(),
            Rejection::NoProject => GatewayError::NoProject.into(),
            Rejection::TooLarge => GatewayError::TooLarge.into(),
            Rejection::UnsupportedEncoding(encoding) => {
                GatewayError::UnsupportedEncoding(encoding).into()
            }
            Rejection::BadPath(message)
            | Rejection::BadQuery(message)
            | Rejection::BadBody(message) => Self::ParameterInvalid(message),
            Rejection::NoRoom => GatewayError::NoRoom.into(),
            Rejection::Busy => GatewayError::Busy.into(),
            Rejection::NotStored(_) | Rejection::Internal => Self::Internal,
        }
    }
}

/// The body of an error.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ServiceStageErrorBody {
    /// `SVCSTG.` and eight digits.
    pub error_code: String,
    /// The reason.
    pub error_msg: String,
}

const PARAMETER_INVALID: ErrorRow =
    ErrorRow::documented(400, "SVCSTG.00100400", "parameter invalid");
const RELEASE_NOT_FOUND: ErrorRow =
    ErrorRow::documented(404, "SVCSTG.00100433", "application release not found");
const INTERNAL: ErrorRow = ErrorRow::inferred(500, "SVCSTG.00100500", "internal error");

/// The errors of the service's own. The first of a status answers an injected fault.
pub(super) const ROWS: [ErrorRow; 4] = [
    PARAMETER_INVALID,
    PARAMETER_INVALID.as_inferred(),
    RELEASE_NOT_FOUND,
    INTERNAL,
];

/// The response to an injected fault.
pub fn fault(stub: &StubResponse) -> Response {
    huawei::fault(stub, &ROWS, body)
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
        let (row, detail, hint) = match self {
            Self::GatewayError(gateway_error) => return gateway_error.into_response(),
            Self::ParameterInvalid(message) => (PARAMETER_INVALID, format!(": {message}"), None),
            Self::Refused(Refusal { error, hint, cause }) => {
                let row = match cause {
                    RefusalCause::Request => PARAMETER_INVALID,
                    RefusalCause::State => PARAMETER_INVALID.as_inferred(),
                };
                (row, format!(": {error}"), Some(hint))
            }
            Self::ReleaseNotFound { hint } => (RELEASE_NOT_FOUND, String::new(), Some(hint)),
            Self::Internal => (INTERNAL, String::new(), None),
        };
        if let Some(hint) = hint {
            add_hint(hint);
        }
        note_error(&row);
        response::json(
            status_code(row.status),
            body(row.code.to_owned(), format!("{}{detail}", row.text)),
        )
    }
}
