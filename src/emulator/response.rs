//! Requests to an emulator from its own program, and their responses.

use axum::body::Bytes;
use axum::http::{Method, Uri};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::http::auth::Secret;
use crate::server::http_client::{TOKEN_HEADER, send};

/// The credentials that every family takes while `auth` is not strict.
const ANY_TOKEN: [(&str, &str); 2] = [("x-auth-token", "any"), ("authorization", "Bearer any")];

/// A request that got no response, or a response that is not as expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The URL is malformed, or the connection broke.
    #[error("{method} {url}: {reason}")]
    NoResponse {
        /// The method of the request.
        method: String,
        /// The URL of the request.
        url: String,
        /// The reason that there is no response.
        reason: String,
    },
    /// The body of a request or of a response is not the JSON that was expected.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// The response is an error: its status and body.
    #[error("{status}: {body}")]
    Status {
        /// The status code.
        status: u16,
        /// The body.
        body: String,
    },
}

/// A response of an emulator.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Response {
    /// The status code.
    pub status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
}

impl Response {
    /// The value of a header; the case of its name does not matter.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(value)
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Reads the body as JSON, whatever the status.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, RequestError> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// Returns the response if its status is below 400, and an error with its body otherwise.
    pub fn ok(self) -> Result<Self, RequestError> {
        if self.status < 400 {
            return Ok(self);
        }
        Err(RequestError::Status {
            status: self.status,
            body: self.text(),
        })
    }
}

/// Sends a request with a token that every family takes; a body of `null`, which `()` is, is left out.
pub(super) async fn request(
    method: Method,
    url: String,
    token: Option<&Secret>,
    body: Option<&(impl Serialize + ?Sized)>,
) -> Result<Response, RequestError> {
    let body = body.map(serde_json::to_vec).transpose()?;
    let body = body.filter(|body| body != b"null");
    let mut headers = ANY_TOKEN
        .map(|(name, value)| (name, value.to_owned()))
        .to_vec();
    headers.extend(token.map(|token| (TOKEN_HEADER, token.expose().to_owned())));
    if body.is_some() {
        headers.push(("content-type", "application/json".to_owned()));
    }
    let no_response = |reason: String| RequestError::NoResponse {
        method: method.to_string(),
        url: url.clone(),
        reason,
    };
    let uri: Uri = url
        .parse()
        .map_err(|error| no_response(format!("{error}")))?;
    let body = Bytes::from(body.unwrap_or_default());
    let response = send(method.clone(), &uri, headers, body, usize::MAX).await;
    let response = response.map_err(|error| no_response(error.to_string()))?;
    let text =
        |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = response.headers.iter();
    Ok(Response {
        status: response.status.as_u16(),
        headers: headers
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect(),
        body: response.body,
    })
}
