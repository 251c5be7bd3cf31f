//! The body of a request on its way to the handler: its limits, its size, and its unpacking.

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header;
use axum::http::request::Parts;

use crate::http::Rejection;
use crate::http::body::hold;
use crate::http::context::with_details;
use crate::http::encoding::{BodyEncoding, unpack};
use crate::http::extract::read_body;
use crate::sim::memory::Memory;

/// The limits of the body of a request.
#[derive(Clone, Copy)]
pub(super) struct BodyLimits<'a> {
    pub most: usize,
    pub memory: &'a Memory,
}

impl BodyLimits<'_> {
    pub(super) async fn read(self, body: Body) -> Result<Bytes, Rejection> {
        read_body(body, self.most, self.memory).await
    }

    pub(super) fn hold(self, body: Bytes) -> Result<Bytes, Rejection> {
        hold(body, self.memory).ok_or(Rejection::Busy)
    }
}

/// Unpacks a body that is packed. In place of one that cannot be unpacked, there is none.
pub(super) async fn decode(
    parts: &Parts,
    body: Body,
    limits: BodyLimits<'_>,
) -> (Body, Option<Rejection>) {
    if body.is_end_stream() || !parts.headers.contains_key(header::CONTENT_ENCODING) {
        return (body, None);
    }
    // In a box, since few requests need its room.
    let unpacked: Result<Body, Rejection> = Box::pin(async move {
        if BodyEncoding::of(&parts.headers)? == BodyEncoding::Identity {
            return Ok(body);
        }
        let packed = limits.read(body).await?;
        let unpacked = unpack(&packed, limits.most)?;
        let unpacked = limits.hold(unpacked)?;
        with_details(|details| details.unpacked_body = Some(unpacked.clone()));
        Ok(unpacked.into())
    })
    .await;
    match unpacked {
        Ok(body) => (body, None),
        Err(rejection) => (Body::empty(), Some(rejection)),
    }
}

/// The size of the body by its headers; 0 if they do not tell it.
pub(super) fn declared_size(parts: &Parts, body: &Body) -> u64 {
    let header = parts.headers.get(header::CONTENT_LENGTH);
    let length = header.and_then(|value| value.to_str().ok()?.parse().ok());
    length.unwrap_or_else(|| body.size_hint().lower())
}
