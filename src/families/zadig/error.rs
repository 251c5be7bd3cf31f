//! Zadig's refusals: three shapes of JSON and text, and often an empty body.
//!
//! Source: Zadig v3.4.1, its error package and its middleware, read 2026-08. The published page describes
//! no errors.

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::query::encoded_path;
use super::response::{json, redirect};
use crate::http::Evidence;
use crate::http::auth::CredentialError;
use crate::http::context::{add_hint, with_details};
use crate::http::evidence::error_row::ErrorRow;
use crate::http::faults::effect::StubResponse;
use crate::http::{Rejection, response};
use crate::world::hints::TOO_LARGE;

/// A refused request, with hints for the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    status: StatusCode,
    shape: Shape,
    /// The reason, which an empty body does not give.
    text: String,
    /// The message of a typed error; absent: the reason phrase of the status.
    message: Option<&'static str>,
    hints: Vec<String>,
    evidence: Evidence,
}

/// The body of a refused query or body, and of a missing licence.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigTypedError))]
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
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigErrorExtra))]
pub struct Extra {}

/// The body of every other refusal by the service. It has neither `type` nor `extra`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigUntypedError))]
pub struct UntypedError<'a> {
    /// 500.
    pub code: u16,
    /// The reason.
    pub description: &'a str,
    /// `Internal Error: `, with its trailing space.
    pub message: &'a str,
}

/// The shape of a refusal's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Empty,
    Text,
    /// [`TypedError`] with its code.
    Typed(u16),
    /// [`UntypedError`].
    Untyped,
    /// A redirect to the text, which is a location.
    Moved,
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

/// The errors of the service by their status, since their bodies have no codes. The refusals of a head that is not valid
/// HTTP and some of the texts of a 500 are inferred.
pub const ROWS: [ErrorRow; 13] = [
    ErrorRow::observed(400, "", "Bad Request"),
    ErrorRow::inferred(400, "", "Bad Request"),
    ErrorRow::observed(401, "", "Unauthorized"),
    ErrorRow::observed(403, "", "Forbidden"),
    ErrorRow::observed(404, "", "Not Found"),
    ErrorRow::observed(405, "", "Method Not Allowed"),
    ErrorRow::inferred(413, "", "Payload Too Large"),
    ErrorRow::inferred(414, "", "URI Too Long"),
    ErrorRow::inferred(431, "", "Request Header Fields Too Large"),
    ErrorRow::inferred(408, "", "Request Timeout"),
    ErrorRow::observed(500, "", "Internal Server Error"),
    ErrorRow::inferred(415, "", "Unsupported Media Type"),
    ErrorRow::inferred(500, "", "Internal Server Error"),
];

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
        Shape::Moved => redirect(status, description),
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
    let known = if matches!(shape, Shape::Typed(_)) {
        ""
    } else {
        reason
    };
    refuse(status, shape, message.unwrap_or(known), reason)
}

impl Error {
    fn new(status: StatusCode, text: String, hint: Option<String>) -> Self {
        Self {
            status,
            shape: shape_of(status),
            text,
            message: None,
            hints: hint.into_iter().collect(),
            evidence: Evidence::Observed,
        }
    }

    /// A refusal with a text and no code of its own, as most are.
    pub fn untyped(text: String, evidence: Evidence) -> Self {
        Self {
            evidence,
            ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, text, None)
        }
    }

    /// A refusal with a code and a message of its own.
    pub fn typed(code: u16, message: &'static str, text: String) -> Self {
        Self {
            shape: Shape::Typed(code),
            message: Some(message),
            ..Self::new(StatusCode::BAD_REQUEST, text, None)
        }
    }

    /// The same refusal with a text that is inferred.
    pub fn inferred(self) -> Self {
        Self {
            evidence: Evidence::Inferred,
            ..self
        }
    }

    /// A refused query, with the service's text and a hint.
    pub fn bad_query(text: String, hint: &str) -> Self {
        Self::from(Rejection::BadQuery(text)).with_hint(hint.to_owned())
    }

    /// A request that only the other generation of the service knows, which the emulator refuses of its own accord.
    pub fn other_generation(text: String) -> Self {
        Self {
            evidence: Evidence::Inferred,
            ..Self::new(StatusCode::BAD_REQUEST, text, None)
        }
    }

    /// A crash of the service, which dereferences a null pointer: the answer has no body.
    pub fn crash(cause: &str) -> Self {
        let hint = format!("the real service crashes on {cause}");
        Self {
            shape: Shape::Empty,
            ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, String::new(), Some(hint))
        }
    }

    /// A query that the service refuses without a body.
    pub fn unbound(hint: String) -> Self {
        Self {
            shape: Shape::Empty,
            ..Self::new(StatusCode::BAD_REQUEST, String::new(), Some(hint))
        }
    }

    /// A redirect to another path, percent-decoded, with the same query: of a GET with 301, of other methods with 307,
    /// which keeps the method.
    pub fn moved(method: &Method, path: &str, query: Option<&str>) -> Self {
        let status = if *method == Method::GET {
            StatusCode::MOVED_PERMANENTLY
        } else {
            StatusCode::TEMPORARY_REDIRECT
        };
        let mut location = encoded_path(path);
        if let Some(query) = query {
            location.extend(["?", query]);
        }
        Self {
            shape: Shape::Moved,
            ..Self::new(status, location, None)
        }
    }

    /// An unknown path, percent-decoded.
    pub fn no_route(path: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("Invalid path: {path}"), None)
    }

    /// A known path, percent-decoded, with another method.
    pub fn wrong_method(method: &Method, path: &str) -> Self {
        let text = format!("Method not allowed: {method} {path}");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, text, None)
    }

    /// The refusal of a service that has no words for a full memory.
    fn full(text: &str, hint: &str) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self {
            evidence: Evidence::Inferred,
            ..Self::new(status, text.to_owned(), Some(hint.to_owned()))
        }
    }

    /// The text as the cause of another refusal, in which the service puts the message of a code first.
    pub fn as_cause(&self) -> String {
        match self.message {
            Some(message) => format!("{message}: {}", self.text),
            None => self.text.clone(),
        }
    }

    /// Adds a hint, if there is one.
    pub fn with_hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hints.extend(hint.into());
        self
    }
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        let (status, hint) = match rejection {
            Rejection::MalformedHead(malformed) => {
                let hint = malformed.hint();
                return Self {
                    evidence: Evidence::Inferred,
                    ..Self::new(malformed.status, malformed.reason, Some(hint))
                };
            }
            Rejection::Unauthenticated(failure) => {
                (StatusCode::UNAUTHORIZED, credential_hint(failure))
            }
            Rejection::Forbidden { action, .. } => {
                (StatusCode::FORBIDDEN, format!("the user needs {action}"))
            }
            // The dialect words these itself, since their texts hold the path.
            Rejection::NoRoute | Rejection::NoProject | Rejection::WrongMethod => {
                return Self::no_route("");
            }
            Rejection::BadPath(why) | Rejection::BadQuery(why) | Rejection::BadBody(why) => {
                return Self::new(StatusCode::BAD_REQUEST, why, None);
            }
            Rejection::TooLarge => {
                return Self {
                    evidence: Evidence::Inferred,
                    ..Self::new(
                        StatusCode::PAYLOAD_TOO_LARGE,
                        String::new(),
                        Some(TOO_LARGE.to_owned()),
                    )
                };
            }
            Rejection::UnsupportedEncoding(encoding) => {
                return Self {
                    evidence: Evidence::Inferred,
                    ..Self::new(
                        StatusCode::UNSUPPORTED_MEDIA_TYPE,
                        format!("the Content-Encoding {encoding:?} is not read"),
                        Some(Rejection::encoding_hint(&encoding)),
                    )
                };
            }
            Rejection::NoRoom => {
                return Self::full("the memory for resources is full", Rejection::NO_ROOM);
            }
            Rejection::Busy => return Self::full("too many bytes are under way", Rejection::BUSY),
            // The guard adds the hint.
            Rejection::NotStored(reason) => {
                return Self::full(&reason, &Rejection::not_stored_hint(&reason));
            }
            // The answer is that of a service that crashes.
            Rejection::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "the emulator failed, which is a bug".to_owned(),
            ),
        };
        Self {
            shape: Shape::Empty,
            ..Self::new(status, String::new(), Some(hint))
        }
    }
}

fn credential_hint(failure: CredentialError) -> String {
    match failure {
        CredentialError::Missing => {
            "send Authorization: Bearer <token>, or ?token=<token>".to_owned()
        }
        CredentialError::Malformed(why) | CredentialError::BadSignature { why, .. } => why,
        CredentialError::UnknownToken
        | CredentialError::Expired { .. }
        | CredentialError::Revoked
        | CredentialError::UnknownKey { .. }
        | CredentialError::Skewed { .. } => {
            "with --auth strict the token must be among identities.zadig_users".to_owned()
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        self.hints.into_iter().for_each(add_hint);
        let reason = reason(self.status);
        if self.shape != Shape::Moved {
            // The bodies have no codes, so the status names the refusal.
            with_details(|details| details.evidence.note_error(self.evidence, reason));
        }
        let message = self.message.unwrap_or(reason);
        refuse(self.status, self.shape, &self.text, message)
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
