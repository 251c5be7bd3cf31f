//! Writing answers straight from what is stored, while the read lock is held.

use std::cell::Cell;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::ser::{Serialize, Serializer};

use super::json::fast_writer;

/// An iterator of views, written once as a JSON array.
pub struct StreamedArray<I>(Cell<Option<I>>);

impl<I> StreamedArray<I> {
    /// Takes the views.
    pub fn of(views: I) -> Self {
        Self(Cell::new(Some(views)))
    }
}

impl<I: Iterator<Item: Serialize>> Serialize for StreamedArray<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.take().into_iter().flatten())
    }
}

/// The text of a view, in a buffer that was sized for it.
///
/// # Panics
/// If the view has keys that are no strings, which no wire type has.
#[must_use]
pub fn to_json(view: &impl Serialize, size: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(size);
    fast_writer::write(view, &mut text).expect("keys are strings");
    if text.len() < size / 2 {
        // The journal keeps answers for a while.
        text.shrink_to_fit();
    }
    text
}

/// An answer of that content type.
pub fn answer(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// An answer in JSON.
pub fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    answer(status, "application/json", body)
}

/// An answer without a body.
pub fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// The answer with one more header.
#[must_use]
pub fn with_header(mut response: Response, name: &'static str, value: &'static str) -> Response {
    let name = HeaderName::from_static(name);
    response
        .headers_mut()
        .insert(name, HeaderValue::from_static(value));
    response
}
