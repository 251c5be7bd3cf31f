//! Responses, whose JSON is written straight from the stored resources while the read lock is held.

use std::cell::Cell;
use std::pin::Pin;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::ser::{Serialize, Serializer};

use super::context;
use super::json::fast_writer;

/// The future of a handler's response.
pub type ResponseFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

/// An iterator of views that serializes as a JSON array, once.
pub struct StreamedArray<I>(Cell<Option<I>>);

impl<I> StreamedArray<I> {
    pub fn new(views: I) -> Self {
        Self(Cell::new(Some(views)))
    }
}

impl<I: Iterator<Item: Serialize>> Serialize for StreamedArray<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.take().into_iter().flatten())
    }
}

/// Writes a view as JSON into a buffer of about the given size, and notes its undocumented parts for the evidence of the
/// answer.
///
/// # Panics
/// If the view has a map whose keys are not strings, which no wire type has.
pub fn to_json(view: &impl Serialize, size: usize) -> Vec<u8> {
    context::trace_body(|evidence| fast_writer::to_json(view, size, evidence))
}

/// The same with a line feed at the end, after which a prompt of a shell begins a line of its own. For the emulator's own
/// answers, and never for those of a service.
///
/// # Panics
/// If the view has a map whose keys are not strings, which no wire type has.
pub fn to_json_line(view: &impl Serialize, size: usize) -> Vec<u8> {
    let mut text = to_json(view, size);
    text.push(b'\n');
    text
}

/// The same as [`to_json`], with the characters escaped that are special in HTML or JavaScript, as Go's `encoding/json` does.
///
/// # Panics
/// If the view has a map whose keys are not strings, which no wire type has.
pub fn to_html_safe_json(view: &impl Serialize, size: usize) -> Vec<u8> {
    context::trace_body(|evidence| fast_writer::to_html_safe_json(view, size, evidence))
}

/// A response with a body of the given content type.
pub fn answer(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// A response in JSON.
pub fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    answer(status, "application/json", body)
}

/// The response 200 with a JSON body of approximately that size.
pub fn ok(body: &impl Serialize, size: usize) -> Response {
    json(StatusCode::OK, to_json(body, size))
}

/// A response without a body.
pub fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Marks an answer of the control plane that shows secrets on purpose, has none, or has been masked already.
#[derive(Clone, Copy, Debug)]
pub struct ShownAsIs;
