//! Requests to an emulator from its own program, and their responses.

use axum::body::Bytes;
use axum::http::uri::InvalidUri;
use axum::http::{Method, Uri};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::InvalidValue;
use crate::http::auth::Secret;
use crate::server::http_client::{AnyError, TOKEN_HEADER, send};

/// The credentials that every family takes while `auth` is not strict.
const ANY_TOKEN: [(&str, &str); 2] = [("x-auth-token", "any"), ("authorization", "Bearer any")];

/// A request that got no response, or a response that is not as expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The URL is malformed, or the connection broke.
    #[error("{method} {url}: {cause}")]
    NoResponse {
        /// The method of the request.
        method: String,
        /// The URL of the request.
        url: String,
        /// The reason that there is no response.
        #[source]
        cause: AnyError,
    },
    /// The path does not begin with a slash.
    #[error(transparent)]
    Path(#[from] InvalidValue),
    /// The body of a request or of a response is not the JSON that was expected.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// The response is an error.
    #[error("{method} {path} returned {status}: {}{}", body.trim_end(), shown_hint(hint.as_deref()))]
    Status {
        /// The method of the request.
        method: String,
        /// The path of the request, with its query.
        path: String,
        /// The status code.
        status: u16,
        /// The body.
        body: String,
        /// The way to success, if it is known: the header `x-emulator-hint`, decoded.
        hint: Option<String>,
    },
}

fn shown_hint(hint: Option<&str>) -> String {
    hint.map_or_else(String::new, |hint| format!(" (hint: {hint})"))
}

/// A response of an emulator.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Response {
    /// The status code.
    pub status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
    method: Method,
    path: String,
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

    /// The hint of a refusal: the way to success, if it is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        self.header("x-emulator-hint").map(decoded_hint)
    }

    /// Returns the response if its status is below 400, and an error with the request, the body and the hint otherwise.
    pub fn ok(self) -> Result<Self, RequestError> {
        if self.status < 400 {
            return Ok(self);
        }
        Err(RequestError::Status {
            status: self.status,
            body: self.text(),
            hint: self.hint(),
            method: self.method.to_string(),
            path: self.path,
        })
    }
}

/// A hint as it was before it became a header.
pub(super) fn decoded_hint(hint: &str) -> String {
    percent_decode_str(hint).decode_utf8_lossy().into_owned()
}

/// Sends a request with a token that every family takes; a body of `null`, which `()` is, is left out.
pub(super) async fn request(
    method: Method,
    base_url: &str,
    path: &str,
    token: Option<&Secret>,
    body: Option<&(impl Serialize + ?Sized)>,
) -> Result<Response, RequestError> {
    if !path.starts_with('/') {
        return Err(InvalidValue(format!("path: must begin with /, not {path:?}")).into());
    }
    let url = format!("{base_url}{path}");
    let body = body.map(serde_json::to_vec).transpose()?;
    let body = body.filter(|body| body != b"null");
    let mut headers = ANY_TOKEN
        .map(|(name, value)| (name, value.to_owned()))
        .to_vec();
    headers.extend(token.map(|token| (TOKEN_HEADER, token.expose().to_owned())));
    if body.is_some() {
        headers.push(("content-type", "application/json".to_owned()));
    }
    let no_response = |cause: AnyError| RequestError::NoResponse {
        method: method.to_string(),
        url: url.clone(),
        cause,
    };
    let uri: Uri = url
        .parse()
        .map_err(|error: InvalidUri| no_response(error.into()))?;
    let body = Bytes::from(body.unwrap_or_default());
    let response = send(method.clone(), &uri, headers, body, usize::MAX, None).await;
    let response = response.map_err(no_response)?;
    let text =
        |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = response.headers.iter();
    Ok(Response {
        status: response.status.as_u16(),
        headers: headers
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect(),
        body: response.body,
        method,
        path: path.to_owned(),
    })
}
