//! The errors of the control plane: problem details as in RFC 9457.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::http::context::add_hint;
use crate::http::{Rejection, response};
use crate::sim::fuzzy::nearest;

/// How many known things are named at most.
const MOST_NAMED: usize = 5;

/// What can go wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// 400: the request cannot be understood; says where and why.
    #[error("{0}")]
    BadRequest(String),
    /// 404: no such path.
    #[error("there is no such path below /_emulator; see GET /_emulator/v1/openapi.json")]
    NoRoute,
    /// 404: no such thing.
    #[error("there is no {0}")]
    NotFound(String),
    /// 405: the path has no such method.
    #[error("the path exists, but not for this method")]
    WrongMethod,
    /// 409: it contradicts what is.
    #[error("{0}")]
    Conflict(String),
    /// 413: never of a state, which may be of any size.
    #[error("the body is too large")]
    TooLarge,
    /// 429: there is no room for another one.
    #[error("{0}")]
    TooMany(String),
    /// 500: the emulator's own fault.
    #[error("the emulator failed; its log says more")]
    Fault,
    /// 501: the world is not served by a process that could hold others.
    #[error("further worlds need a process that serves this one; here it is called directly")]
    NoHost,
    /// 503: the world is not open yet.
    #[error("the fixtures are not loaded yet")]
    NotReady,
}

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::NoRoute | Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Fault => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NoHost => StatusCode::NOT_IMPLEMENTED,
            Self::NotReady => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::NoRoute => Self::NoRoute,
            Rejection::WrongMethod => Self::WrongMethod,
            Rejection::TooLarge => Self::TooLarge,
            Rejection::BadPath(wrong) | Rejection::BadQuery(wrong) | Rejection::BadBody(wrong) => {
                Self::BadRequest(wrong)
            }
            // The control plane asks for no credential and has no projects; these cannot come.
            Rejection::Unauthenticated(_)
            | Rejection::Forbidden { .. }
            | Rejection::NoProject
            | Rejection::Internal => Self::Fault,
        }
    }
}

/// Tells which of those that are there comes near an id that is not, or names a few of them.
pub(super) fn note_known<'a>(noun: &str, id: &str, known: impl Iterator<Item = &'a str>) {
    let known: Vec<&str> = known.collect();
    let hint = match nearest(id, known.iter().copied()) {
        Some(near) => format!("did you mean the {noun} {near}?"),
        None => format!(
            "there are {} {noun}s{}",
            known.len(),
            if known.is_empty() {
                String::new()
            } else {
                format!(": {}", known[..known.len().min(MOST_NAMED)].join(", "))
            }
        ),
    };
    add_hint(hint);
}

/// The body of an error.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemBody {
    /// Always `about:blank`: the status says what kind it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status.
    status: u16,
    /// What is wrong, and where.
    detail: String,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let title = status.canonical_reason().unwrap_or("Error");
        let body = ProblemBody {
            kind: "about:blank",
            title,
            status: status.as_u16(),
            detail: self.to_string(),
        };
        response::answer(
            status,
            "application/problem+json",
            response::to_json(&body, 128),
        )
    }
}
