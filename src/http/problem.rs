//! Problem details as in RFC 9457: the errors of the control plane.

#[cfg(test)]
use std::collections::BTreeMap;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use super::context::add_hint;
use super::head::MalformedHead;
use super::{Rejection, response};
use crate::sim::fuzzy::nearest;

const PROBLEM_JSON: &str = "application/problem+json";

/// The most known names in a hint.
const MOST_NAMED: usize = 5;

/// The most known ids that an unknown one is compared with.
const MOST_COMPARED: usize = 1_000;

/// An error of the control plane.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// 400: the request cannot be understood; the text says where and why.
    #[error("{0}")]
    BadRequest(String),
    /// 400, 408, 414, 431 or 503: a head that is not valid HTTP, or that the server refuses.
    #[error("{}", .0.hint())]
    MalformedHead(MalformedHead),
    /// 401: the control token is missing or wrong.
    #[error("{0}")]
    Unauthorized(String),
    /// 403: the caller is a web page, or asks for a host, that is not let in.
    #[error("{0}")]
    Forbidden(String),
    /// 404: no such path.
    #[error("there is no such path under /_emulator; see GET /_emulator/v1/openapi.json")]
    NoRoute,
    /// 404: no such resource.
    #[error("there is no {0}")]
    NotFound(String),
    /// 405: the path has no such method.
    #[error("the path exists, but not for this method")]
    WrongMethod,
    /// 409: the request contradicts the state.
    #[error("{0}")]
    Conflict(String),
    /// 410: it was there, and is there no more.
    #[error("{0}")]
    Gone(String),
    /// 413: a body over the limit of its operation.
    #[error("the body is too large: the limit is 16 MiB, and for a state that of --max-state")]
    TooLarge,
    /// 415: a body in an encoding that is not read.
    #[error("{}", Rejection::encoding_hint(.0))]
    UnsupportedEncoding(String),
    /// 429: a limit is reached.
    #[error("{0}")]
    TooMany(String),
    /// 500: a bug of the emulator.
    #[error("the emulator failed; see its log")]
    Fault,
    /// 501: the world was opened without a process that can hold others.
    #[error("further worlds need a process that serves this one; here it is called directly")]
    NoHost,
    /// 503: the world is not open yet.
    #[error("the fixtures are not loaded yet")]
    NotReady,
    /// 503: too many bytes are under way.
    #[error("{}", Rejection::BUSY)]
    Busy,
    /// 507: the disk takes no further change.
    #[error("the data directory cannot be written: {0}; nothing has changed")]
    NotStored(String),
    /// 507: a part of the memory is full; the text says which.
    #[error("the memory for {0} is full: remove some, or start with a larger --memory")]
    NoRoom(&'static str),
}

impl Problem {
    /// 404 for an unknown id, with a hint at the closest known id or at a few of them.
    pub fn unknown<'a>(noun: &str, id: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.collect();
        add_hint(
            match nearest(id, known.iter().copied().take(MOST_COMPARED)) {
                Some(near) => format!("did you mean the {noun} {near}?"),
                None if known.is_empty() => format!("there are 0 {noun}s"),
                None => {
                    let named = known[..known.len().min(MOST_NAMED)].join(", ");
                    format!("there are {} {noun}s: {named}", known.len())
                }
            },
        );
        Self::NotFound(format!("{noun} {id}"))
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::MalformedHead(malformed) => malformed.status,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NoRoute | Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Gone(_) => StatusCode::GONE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedEncoding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Fault => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NoHost => StatusCode::NOT_IMPLEMENTED,
            Self::NotReady | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotStored(_) | Self::NoRoom(_) => StatusCode::INSUFFICIENT_STORAGE,
        }
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::MalformedHead(malformed) => Self::MalformedHead(malformed),
            Rejection::NoRoute => Self::NoRoute,
            Rejection::WrongMethod => Self::WrongMethod,
            Rejection::TooLarge => Self::TooLarge,
            Rejection::NoRoom => Self::NoRoom("resources"),
            Rejection::Busy => Self::Busy,
            Rejection::NotStored(reason) => Self::NotStored(reason),
            Rejection::UnsupportedEncoding(encoding) => Self::UnsupportedEncoding(encoding),
            Rejection::BadPath(error) | Rejection::BadQuery(error) | Rejection::BadBody(error) => {
                Self::BadRequest(error)
            }
            // The control plane needs no credential and has no projects, so these cannot occur.
            Rejection::Unauthenticated(_)
            | Rejection::Forbidden { .. }
            | Rejection::NoProject
            | Rejection::Internal => Self::Fault,
        }
    }
}

/// The body of an error.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Problem))]
pub struct ProblemBody {
    /// Always `about:blank`: the kind of problem is the status.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status.
    status: u16,
    /// The field or resource that is wrong, and the reason.
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
        let mut response =
            response::answer(status, PROBLEM_JSON, response::to_json_line(&body, 128));
        if self == Self::Busy {
            let soon = HeaderValue::from_static("1");
            response.headers_mut().insert(header::RETRY_AFTER, soon);
        }
        response
    }
}

/// The response with a problem, as OpenAPI documents declare it. Like others it is described by its status.
pub fn declared_problem() -> Value {
    json!({
        "description": "",
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    })
}

/// A problem with a status, as an operation's attribute lists it among its responses.
#[cfg(test)]
pub struct ProblemWith<const STATUS: u16>;

#[cfg(test)]
impl<const STATUS: u16> utoipa::IntoResponses for ProblemWith<STATUS> {
    fn responses() -> BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::Response>> {
        let response = serde_json::from_value(declared_problem());
        BTreeMap::from([(STATUS.to_string(), response.expect("a response"))])
    }
}
