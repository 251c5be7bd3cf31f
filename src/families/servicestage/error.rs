//! The errors of ServiceStage: `{"error_code":"SVCSTG.…","error_msg":…}`.
//!
//! Source: ServiceStage API reference, error codes (page 0162), read 2026-08. The shape is that
//! of the service's general text on failed calls; no page of the two families prints a failing example.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::families::huawei::{self, GatewayError, StatusRow};
use crate::http::faults::rules::StubResponse;
use crate::http::json::ValidationError;
use crate::http::middleware::instrument::Hint;
use crate::http::{Rejection, response};

/// What can go wrong in either family.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The gateway refused the request before the service saw it.
    #[error(transparent)]
    GatewayError(#[from] GatewayError),
    /// `SVCSTG.00100400`, 400: says what is wrong and where. Also a command that does not fit the present
    /// status, and a name that is taken (inferred: only 400, 404 and 500 are documented here).
    #[error("parameter invalid: {0}")]
    ParameterInvalid(String),
    /// `SVCSTG.00100433`, 404: no such plan or pipeline in the project.
    #[error("application release not found")]
    ReleaseNotFound,
    /// `SVCSTG.00100500`, 500: the emulator's own fault (the code is a guess).
    #[error("internal error")]
    Internal,
    /// 501, gateway shape: what cannot be emulated.
    #[error("{0}")]
    NotEmulated(&'static str),
    /// Any other, with what would have worked.
    #[error("{error}")]
    Hinted {
        /// The other.
        error: Box<Self>,
        /// What would have worked.
        hint: String,
    },
}

impl Error {
    /// A bad parameter: its place, and what is wrong with it.
    pub fn at(place: impl std::fmt::Display, wrong: impl std::fmt::Display) -> Self {
        Self::ParameterInvalid(format!("{place}: {wrong}"))
    }

    /// The same with what would have worked, if that is known.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<Option<String>>) -> Self {
        match hint.into() {
            Some(hint) => Self::Hinted {
                error: Box::new(self),
                hint,
            },
            None => self,
        }
    }
}

impl From<ValidationError> for Error {
    fn from(validation_error: ValidationError) -> Self {
        Self::ParameterInvalid(validation_error.to_string())
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
                Self::ParameterInvalid(wrong)
            }
            Rejection::Internal => Self::Internal,
        }
    }
}

/// The body of an error.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ServiceStageErrorBody)]
pub struct ErrorBody {
    /// `SVCSTG.` and eight digits.
    pub error_code: Cow<'static, str>,
    /// What went wrong.
    pub error_msg: String,
}

/// What the service answers with a status, by its own table.
const STATUSES: [StatusRow; 3] = [
    (400, "SVCSTG.00100400", "parameter invalid"),
    (404, "SVCSTG.00100433", "application release not found"),
    (500, "SVCSTG.00100500", "internal error"),
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
        let (status, error_code) = match &self {
            Self::GatewayError(gateway) => return gateway.clone().into_response(),
            Self::ParameterInvalid(_) => (StatusCode::BAD_REQUEST, "SVCSTG.00100400"),
            Self::ReleaseNotFound => (StatusCode::NOT_FOUND, "SVCSTG.00100433"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "SVCSTG.00100500"),
            Self::NotEmulated(why) => {
                return hinted(GatewayError::NotEmulated.into_response(), (*why).to_owned());
            }
            Self::Hinted { error, hint } => {
                return hinted(error.clone().into_response(), hint.clone());
            }
        };
        let body = ErrorBody {
            error_code: error_code.into(),
            error_msg: self.to_string(),
        };
        response::json(status, response::to_json(&body, 128))
    }
}

fn hinted(mut response: Response, hint: String) -> Response {
    response.extensions_mut().insert(Hint(hint));
    response
}
