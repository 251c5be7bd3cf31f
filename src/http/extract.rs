//! Extractors whose refusals are worded by the dialect of the router.

use std::borrow::Cow;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use http_body_util::{LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use super::body::collect_within;
use super::context::with_details;
use super::json::ValidationError;
use super::query::without_repetitions;
use super::{Caller, Dialect, Rejection, json};
use crate::sim::memory::Memory;

/// A JSON body. The content type is ignored, and no body is read as `{}`: an empty one, and a literal `null` where the
/// operation needs none, which generated clients send for the body that their caller leaves out.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, D: Dialect> FromRequest<D> for Json<T> {
    type Rejection = D::Error;

    async fn from_request(request: Request, state: &D) -> Result<Self, D::Error> {
        let Body(bytes) = Body::from_request(request, state).await?;
        let is_absent = match bytes.trim_ascii() {
            b"" => true,
            b"null" => is_body_optional(),
            _ => false,
        };
        let text: &[u8] = if is_absent { b"{}" } else { &bytes };
        let mut ignored = Vec::new();
        let value = json::read(text, &mut |path| ignored.push(path));
        with_details(|details| {
            details.unknown_fields = ignored;
            details.body = bytes;
        });
        let refuse = |error| Rejection::BadBody(complete(&error)).into();
        value.map(Self).map_err(refuse)
    }
}

/// The text of an error in the body of the current request. A reader stops at the first missing field; the text names all
/// of them, each with the values it may have.
pub fn complete(error: &ValidationError) -> String {
    let missing = error.is_missing_field().then(all_missing).flatten();
    // The document may not know that the field is required.
    let is_known = |missing: &&Vec<String>| {
        let text = error.to_string();
        missing.iter().any(|field| field.starts_with(&text))
    };
    match missing.as_ref().filter(is_known) {
        Some(missing) => missing.join("; "),
        None => error.to_string(),
    }
}

/// The required fields that the body of the current request lacks.
fn all_missing() -> Option<Vec<String>> {
    let (declared, body) =
        with_details(|details| Some((details.request_schema?, details.body.clone()))).flatten()?;
    let is_absent = matches!(body.trim_ascii(), b"" | b"null");
    Some(declared.missing_fields(if is_absent { b"{}" } else { &body }))
}

/// True if the current request may come without a body.
fn is_body_optional() -> bool {
    let declared = with_details(|details| details.request_schema).flatten();
    declared.is_some_and(|declared| declared.is_body_optional)
}

/// The bytes of the body.
#[derive(Debug)]
pub struct Body(pub Bytes);

impl<D: Dialect> FromRequest<D> for Body {
    type Rejection = D::Error;

    async fn from_request(request: Request, state: &D) -> Result<Self, D::Error> {
        let most = state.max_body(request.uri().path());
        let memory = &state.recorder().memory;
        let bytes = read_body(request.into_body(), most, memory).await?;
        with_details(|details| {
            details.body_length = bytes.len();
            if let Some(command) = &mut details.command {
                command.note_body(&bytes);
            }
        });
        if let Some(encoding) = unread_encoding(&bytes) {
            with_details(|details| details.unread_encoding = Some(encoding));
        }
        Ok(Self(bytes))
    }
}

/// The reason that no family can read a body, if its first bytes tell it.
fn unread_encoding(body: &[u8]) -> Option<&'static str> {
    match body {
        [0x1f, 0x8b, ..] => {
            Some("the body is compressed with gzip; say so in the header Content-Encoding: gzip")
        }
        [0xef, 0xbb, 0xbf, ..] => Some(
            "the body begins with a byte order mark, which JSON forbids (RFC 8259, section 8.1); \
             send it without one",
        ),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            Some("the body is encoded in UTF-16, which is not read; send it in UTF-8")
        }
        _ => None,
    }
}

/// Reads a body of at most `limit` bytes, as far as the memory has room for it.
pub async fn read_body(
    body: axum::body::Body,
    limit: usize,
    memory: &Memory,
) -> Result<Bytes, Rejection> {
    match collect_within(Limited::new(body, limit), memory).await {
        Ok(Some(body)) => Ok(body),
        Ok(None) => Err(Rejection::Busy),
        Err(error) if error.is::<LengthLimitError>() => Err(Rejection::TooLarge),
        // The errors of the connection are in the words of a library.
        Err(_) => Err(Rejection::BadBody(
            "the body could not be read: it ended early, paused for too long, or has an invalid chunk"
                .to_owned(),
        )),
    }
}

/// The parameters of the path.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, D: Dialect> FromRequestParts<D> for Path<T> {
    type Rejection = D::Error;

    async fn from_request_parts(parts: &mut Parts, state: &D) -> Result<Self, D::Error> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0)).map_err(|rejection| {
            let text = rejection.body_text();
            Rejection::BadPath(text.trim_start_matches("Invalid URL: ").to_owned()).into()
        })
    }
}

/// The parameters of the query. The first value of each counts.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, D: Dialect> FromRequestParts<D> for Query<T> {
    type Rejection = D::Error;

    async fn from_request_parts(parts: &mut Parts, _: &D) -> Result<Self, D::Error> {
        let query = parts.uri.query().unwrap_or_default();
        let query = match without_repetitions(query) {
            Cow::Borrowed(_) => axum::extract::Query::<T>::try_from_uri(&parts.uri),
            // A part of a valid query is valid.
            Cow::Owned(first) => match format!("/?{first}").parse() {
                Ok(uri) => axum::extract::Query::<T>::try_from_uri(&uri),
                Err(_) => return Err(Rejection::Internal.into()),
            },
        };
        query.map(|query| Self(query.0)).map_err(|rejection| {
            let text = rejection.body_text();
            let error = text.trim_start_matches("Failed to deserialize query string: ");
            let (path, error) = error
                .split_once(": ")
                .filter(|(path, _)| !path.contains(' '))
                .unwrap_or(("", error));
            Rejection::BadQuery(json::at_field(&path, error).to_string()).into()
        })
    }
}

/// The caller, whom the guard has authorized before any extractor could refuse.
impl<D: Dialect> FromRequestParts<D> for Caller {
    type Rejection = D::Error;

    async fn from_request_parts(_: &mut Parts, _: &D) -> Result<Self, D::Error> {
        // Every route is behind the guard, and no handler takes the caller twice.
        let authorized = with_details(|details| details.authorized.take()).flatten();
        Ok(authorized.ok_or(Rejection::Internal)?)
    }
}
