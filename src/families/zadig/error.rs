//! Zadig's refusals: three shapes of JSON and text, and often an empty body.
//!
//! Source: Zadig v3.4.1, its error package and its middleware, read 2026-08. The published page describes
//! no errors.

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::messages::VersionError;
use super::wire::response::json;
use crate::http::auth::CredentialError;
use crate::http::context::add_hint;
use crate::http::faults::rules::StubResponse;
use crate::http::{Rejection, response};
use crate::world::hints::TOO_LARGE;

/// A refused request, with a hint for the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ZadigErrorKind,
    hint: Option<String>,
}

/// The reason for a refusal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZadigErrorKind {
    /// No token, or an invalid one.
    #[error("no valid token: {0:?}")]
    Unauthenticated(CredentialError),
    /// The user lacks a permission in the project.
    #[error("not allowed: {action}")]
    Forbidden { action: String },
    #[error("Invalid path: {path}")]
    NoRoute {
        /// The path, percent-decoded.
        path: String,
    },
    #[error("Method not allowed: {method} {path}")]
    WrongMethod {
        method: Method,
        /// The path, percent-decoded.
        path: String,
    },
    /// The status is inferred.
    #[error("the body is too large")]
    TooLarge,
    /// The query or the body could not be bound.
    #[error("{0}")]
    BadRequest(String),
    /// The service's own refusal.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// A failure of the emulator, which answers as the service does when it crashes.
    #[error("the emulator failed")]
    Internal,
}

/// The body of a refused query or body, and of a missing licence.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ZadigTypedError)]
pub struct TypedError<'a> {
    /// 400, or 7050 for a missing licence.
    pub code: u16,
    /// The mistake in the query or the body; empty for a missing licence.
    pub description: &'a str,
    /// Always empty.
    pub extra: Extra,
    /// `Bad Request`, or the text on the missing licence.
    pub message: &'a str,
    /// `error`.
    #[serde(rename = "type")]
    pub kind: &'a str,
}

/// Always empty.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = ZadigErrorExtra)]
pub struct Extra {}

/// The body of every other refusal by the service. It has neither `type` nor `extra`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ZadigUntypedError)]
pub struct UntypedError<'a> {
    /// 500.
    pub code: u16,
    /// The reason.
    pub description: &'a str,
    /// `Internal Error: `, with its trailing space.
    pub message: &'a str,
}

/// The shape of a refusal's body.
#[derive(Clone, Copy)]
enum Shape {
    Empty,
    Text,
    /// [`TypedError`] with its code.
    Typed(u16),
    /// [`UntypedError`].
    Untyped,
}

/// The shape that belongs to a status, of the service's own refusals and of faults. Only a crash has another.
fn shape_of(status: StatusCode) -> Shape {
    match status.as_u16() {
        401 | 403 | 413 => Shape::Empty,
        404 | 405 => Shape::Text,
        code @ 400..500 => Shape::Typed(code),
        _ => Shape::Untyped,
    }
}

/// The code and the text of a missing licence: "user licence unavailable, check it and try again". The emulator has
/// a licence, so only faults answer with it.
const UNLICENSED: (u16, &str) = (7050, "用户许可证不可用，请检查许可证后重试");

fn reason(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("Unknown")
}

/// Writes a refusal. Only a typed error has a message.
fn refuse(status: StatusCode, shape: Shape, description: &str, message: &str) -> Response {
    match shape {
        Shape::Empty => response::empty(status),
        Shape::Text => {
            response::answer(status, "text/plain; charset=utf-8", description.to_owned())
        }
        Shape::Typed(code) => {
            let body = TypedError {
                code,
                description,
                extra: Extra {},
                message,
                kind: "error",
            };
            json(status, &body, 256)
        }
        Shape::Untyped => {
            let body = UntypedError {
                code: 500,
                description,
                message: "Internal Error: ",
            };
            json(status, &body, 256)
        }
    }
}

/// The response to an injected fault: a code makes it a typed error, otherwise the status decides its shape.
pub fn fault(stub: &StubResponse) -> Response {
    let status = StatusCode::from_u16(stub.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let reason = reason(status);
    let message = stub.message.as_deref();
    if let Some(Ok(code)) = stub.code.as_deref().map(str::parse) {
        let (unlicensed, licence_text) = UNLICENSED;
        let known = if code == unlicensed {
            licence_text
        } else {
            reason
        };
        return refuse(status, Shape::Typed(code), "", message.unwrap_or(known));
    }
    let shape = shape_of(status);
    let known = match shape {
        Shape::Typed(_) => "",
        Shape::Empty | Shape::Text | Shape::Untyped => reason,
    };
    refuse(status, shape, message.unwrap_or(known), reason)
}

impl Error {
    /// Adds a hint, if there is one.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into();
        self
    }
}

impl ZadigErrorKind {
    fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::NoRoute { .. } => StatusCode::NOT_FOUND,
            Self::WrongMethod { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Version(_) | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn shape(&self) -> Shape {
        match self {
            Self::Version(VersionError::Crash(_)) | Self::Internal => Shape::Empty,
            other => shape_of(other.status()),
        }
    }

    /// The reason that an empty body does not give.
    fn hint(&self) -> Option<String> {
        match self {
            Self::Unauthenticated(CredentialError::Missing) => {
                Some("send Authorization: Bearer <token>, or ?token=<token>".to_owned())
            }
            Self::Unauthenticated(
                CredentialError::Malformed(why) | CredentialError::BadSignature(why),
            ) => Some(why.clone()),
            Self::Unauthenticated(
                CredentialError::UnknownToken
                | CredentialError::Expired { .. }
                | CredentialError::Revoked
                | CredentialError::UnknownKey { .. }
                | CredentialError::Skewed { .. },
            ) => {
                Some("with --auth strict the token must be among identities.zadig_users".to_owned())
            }
            Self::Forbidden { action } => Some(format!("the user needs {action}")),
            Self::Version(VersionError::Crash(cause)) => {
                Some(format!("the real service crashes on {cause}"))
            }
            Self::TooLarge => Some(TOO_LARGE.to_owned()),
            Self::Internal => Some("the emulator failed, which is a bug".to_owned()),
            Self::NoRoute { .. }
            | Self::WrongMethod { .. }
            | Self::BadRequest(_)
            | Self::Version(_) => None,
        }
    }
}

impl<K: Into<ZadigErrorKind>> From<K> for Error {
    fn from(kind: K) -> Self {
        Self {
            kind: kind.into(),
            hint: None,
        }
    }
}

impl From<Rejection> for ZadigErrorKind {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Unauthenticated(failure) => Self::Unauthenticated(failure),
            Rejection::Forbidden { action, .. } => Self::Forbidden { action },
            // The dialect words these two itself, since their texts hold the path.
            Rejection::NoRoute | Rejection::NoProject | Rejection::WrongMethod => Self::NoRoute {
                path: String::new(),
            },
            Rejection::BadPath(why) | Rejection::BadQuery(why) | Rejection::BadBody(why) => {
                Self::BadRequest(why)
            }
            Rejection::TooLarge => Self::TooLarge,
            Rejection::Internal => Self::Internal,
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        for hint in self.kind.hint().into_iter().chain(self.hint) {
            add_hint(hint);
        }
        let status = self.kind.status();
        let text = self.kind.to_string();
        refuse(status, self.kind.shape(), &text, reason(status))
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_missing_licence_is_a_400_with_its_own_code() {
        let response = fault(&StubResponse {
            status: 400,
            code: Some("7050".to_owned()),
            message: None,
        });
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(
            std::str::from_utf8(&body).unwrap(),
            r#"{"code":7050,"description":"","extra":{},"message":"用户许可证不可用，请检查许可证后重试","type":"error"}"#
        );
    }
}
