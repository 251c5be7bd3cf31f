//! The family's refusals: three shapes of JSON and text, and often an empty body.
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

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// 401 without a body: no token, or one that does not hold.
    #[error("no valid token: {0:?}")]
    Unauthenticated(CredentialError),
    /// 403 without a body: the user may not do this in the project.
    #[error("not allowed: {action}")]
    Forbidden {
        /// What the user would have to be allowed.
        action: String,
    },
    /// 404 in plain text.
    #[error("Invalid path: {path}")]
    NoRoute {
        /// The path, its escapes read.
        path: String,
    },
    /// 405 in plain text.
    #[error("Method not allowed: {method} {path}")]
    WrongMethod {
        /// The method.
        method: Method,
        /// The path, its escapes read.
        path: String,
    },
    /// 413 without a body (inferred).
    #[error("the body is too large")]
    TooLarge,
    /// 400 with code 400, `Bad Request`: the query or the body could not be bound.
    #[error("{0}")]
    BadRequest(String),
    /// 400 with code 7050: the installation has no professional licence. The emulator's own has one, so no
    /// request provokes this; it is the wording that a fault takes.
    #[error("the installation has no usable licence")]
    Unlicensed,
    /// 500 with code 500, `Internal Error: `: whatever the service refuses after that.
    #[error(transparent)]
    Refused(VersionError),
    /// 500 without a body: the service crashed.
    #[error("the service crashes on {0}")]
    Crash(&'static str),
    /// Any other, with what would have worked.
    #[error("{error}")]
    Hinted {
        /// The other.
        error: Box<Self>,
        /// What would have worked.
        hint: String,
    },
}

/// The body of a refused query or body, and of a missing licence.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ZadigTypedError)]
pub struct TypedError<'a> {
    /// 400, or 7050 for a missing licence.
    pub code: u16,
    /// What could not be bound, and why; empty for a missing licence.
    pub description: &'a str,
    /// Always empty.
    pub extra: Extra,
    /// `Bad Request`, or that the licence is not usable.
    pub message: &'a str,
    /// `error`.
    #[serde(rename = "type")]
    pub kind: &'a str,
}

/// Always empty.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = ZadigErrorExtra)]
pub struct Extra {}

/// The body of everything the service itself refuses. It has neither `type` nor `extra`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ZadigUntypedError)]
pub struct UntypedError<'a> {
    /// 500.
    pub code: u16,
    /// What went wrong.
    pub description: &'a str,
    /// `Internal Error: `, with its trailing space.
    pub message: &'a str,
}

/// What the service says of a missing licence: "user licence unavailable, check it and try again".
const UNLICENSED: &str = "用户许可证不可用，请检查许可证后重试";

fn typed(status: StatusCode, code: u16, description: &str, message: &str) -> Response {
    let body = TypedError {
        code,
        description,
        extra: Extra {},
        message,
        kind: "error",
    };
    json(status, &body, 256)
}

/// What a fault asks for, in the family's words: a code makes it a typed error, else the status says which of the
/// shapes it has.
pub fn fault(answer: &StubResponse) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let message = answer.message.as_deref();
    let reason = status.canonical_reason().unwrap_or("Unknown");
    match (answer.code.as_deref().map(str::parse), answer.status) {
        (Some(Ok(7050_u16)), _) => typed(status, 7050, "", message.unwrap_or(UNLICENSED)),
        (Some(Ok(code)), _) => typed(status, code, "", message.unwrap_or(reason)),
        (_, 401 | 403 | 413) => response::empty(status),
        (_, 404 | 405) => {
            let text = message.unwrap_or(reason).to_owned();
            response::answer(status, "text/plain; charset=utf-8", text)
        }
        (_, code @ 400..500) => typed(status, code, message.unwrap_or_default(), reason),
        _ => json(
            status,
            &UntypedError {
                code: 500,
                description: message.unwrap_or(reason),
                message: "Internal Error: ",
            },
            256,
        ),
    }
}

impl Error {
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

    fn status(&self) -> StatusCode {
        match self {
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::NoRoute { .. } => StatusCode::NOT_FOUND,
            Self::WrongMethod { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BadRequest(_) | Self::Unlicensed => StatusCode::BAD_REQUEST,
            Self::Refused(_) | Self::Crash(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Hinted { error, .. } => error.status(),
        }
    }

    /// What the empty answers keep to themselves.
    fn hint(&self) -> Option<String> {
        match self {
            Self::Unauthenticated(failure) => Some(match failure {
                CredentialError::Missing => {
                    "send Authorization: Bearer <token>, or ?token=<token>".to_owned()
                }
                CredentialError::Malformed(why) | CredentialError::BadSignature(why) => why.clone(),
                CredentialError::UnknownToken
                | CredentialError::Expired { .. }
                | CredentialError::Revoked
                | CredentialError::UnknownKey { .. }
                | CredentialError::Skewed { .. } => {
                    "with --auth strict the token must be among identities.zadig_users".to_owned()
                }
            }),
            Self::Forbidden { action } => Some(format!("the user would need {action}")),
            Self::Crash(on) => Some(format!("the real service crashes on {on}")),
            Self::TooLarge => Some(TOO_LARGE.to_owned()),
            Self::Hinted { error, hint } => Some(match error.hint() {
                Some(inner) => format!("{inner}; {hint}"),
                None => hint.clone(),
            }),
            Self::NoRoute { .. }
            | Self::WrongMethod { .. }
            | Self::BadRequest(_)
            | Self::Unlicensed
            | Self::Refused(_) => None,
        }
    }

    fn answer(&self) -> Response {
        let status = self.status();
        let text = self.to_string();
        match self {
            Self::Unauthenticated(_) | Self::Forbidden { .. } | Self::TooLarge | Self::Crash(_) => {
                response::empty(status)
            }
            Self::NoRoute { .. } | Self::WrongMethod { .. } => {
                response::answer(status, "text/plain; charset=utf-8", text)
            }
            Self::BadRequest(_) => typed(status, 400, &text, "Bad Request"),
            Self::Unlicensed => typed(status, 7050, "", UNLICENSED),
            Self::Refused(_) => json(
                status,
                &UntypedError {
                    code: 500,
                    description: &text,
                    message: "Internal Error: ",
                },
                256,
            ),
            Self::Hinted { error, .. } => error.answer(),
        }
    }
}

impl From<Rejection> for Error {
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
            Rejection::Internal => Self::Crash("a fault of its own"),
        }
    }
}

impl From<VersionError> for Error {
    fn from(refusal: VersionError) -> Self {
        match refusal {
            VersionError::Crash(on) => Self::Crash(on),
            VersionError::UnknownVersion { .. }
            | VersionError::MalformedId { .. }
            | VersionError::UnknownEnvironment { .. }
            | VersionError::UnknownService { .. }
            | VersionError::UnknownContainer { .. }
            | VersionError::Create { .. } => Self::Refused(refusal),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if let Some(hint) = self.hint() {
            add_hint(hint);
        }
        self.answer()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_missing_licence_is_a_400_with_its_own_code() {
        let response = Error::Unlicensed.into_response();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(
            std::str::from_utf8(&body).unwrap(),
            r#"{"code":7050,"description":"","extra":{},"message":"用户许可证不可用，请检查许可证后重试","type":"error"}"#
        );
    }
}
