//! An exchange as it passed, in memory only: it cannot be written.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode};

use crate::sim::Millis;

/// A request as it passed.
pub struct RawRequest {
    pub method: Method,
    /// The path and the query, as they were sent.
    pub target: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The length of the whole body, of which the beginning is kept.
    pub length: u64,
}

/// An answer as it passed.
pub struct RawAnswer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub length: u64,
}

/// An exchange as it passed.
pub struct RawExchange {
    /// The beginning of the request on the machine's clock.
    pub at: Millis,
    pub took: Millis,
    /// The scheme and the host of the service.
    pub upstream: String,
    pub request: RawRequest,
    pub answer: RawAnswer,
}
