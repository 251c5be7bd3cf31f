//! A request with its answer, as the journal keeps it.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method};

use super::headers::Headers;
use crate::http::Operation;
use crate::sim::Millis;

/// The most bytes of a body that the journal keeps.
pub const LONGEST_BODY: usize = 16 << 10;

/// The approximate size of an exchange without its texts, headers and bodies.
const OVERHEAD: usize = 768;

/// A request with its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub summary: Arc<ExchangeSummary>,
    pub request: CapturedMessage,
    pub response: CapturedMessage,
}

impl Exchange {
    /// The approximate number of bytes that the exchange takes.
    pub(super) fn size(&self) -> usize {
        let ExchangeSummary {
            path,
            query,
            scope,
            caller,
            ..
        } = &*self.summary;
        OVERHEAD
            + path.len()
            + query.as_ref().map_or(0, String::len)
            + scope.as_ref().map_or(0, String::len)
            + caller.as_ref().map_or(0, |caller| caller.len())
            + self.request.size()
            + self.response.size()
    }
}

/// A request and the status of its answer, without headers and bodies.
#[derive(Clone, Debug)]
pub struct ExchangeSummary {
    /// The number of the request in its world, from 1.
    pub id: u64,
    /// The instant of the answer on the world's clock.
    pub time: Millis,
    /// The same instant on the machine's clock.
    pub real_time: Millis,
    /// The operation; absent if none has the path and method.
    pub operation: Option<&'static Operation>,
    /// The closest operation, for a request that matches none.
    pub nearest: Option<&'static Operation>,
    pub method: Method,
    /// The path, as it was sent.
    pub path: String,
    /// The query, as it was sent.
    pub query: Option<String>,
    /// The project, mesh or project key, if the request names one.
    pub scope: Option<String>,
    /// The caller's name, if known.
    pub caller: Option<Cow<'static, str>>,
    pub status: u16,
    /// The real time that the answer took, in microseconds.
    pub duration_us: u64,
    /// The id of the fault that hit the request.
    pub fault: Option<String>,
    /// The ids of the scripts that decided a step meanwhile.
    pub scripts: Vec<String>,
}

/// The headers and the beginning of the body of a request or an answer.
#[derive(Clone, Debug, Default)]
pub struct CapturedMessage {
    pub headers: Headers,
    /// The first [`LONGEST_BODY`] bytes of the body.
    pub body: Bytes,
    /// The length of the whole body.
    pub length: u64,
}

impl CapturedMessage {
    /// Captures an answer.
    pub fn from_response(headers: &HeaderMap, body: &Bytes) -> Self {
        Self {
            headers: Headers::from(headers),
            body: match body.get(..LONGEST_BODY) {
                // A slice would keep the whole body in memory.
                Some(beginning) => Bytes::copy_from_slice(beginning),
                None => body.clone(),
            },
            length: body.len() as u64,
        }
    }

    fn size(&self) -> usize {
        self.headers.size() + self.body.len()
    }
}

#[cfg(test)]
impl ExchangeSummary {
    /// A summary of a request for `/`.
    pub(super) fn bare(id: u64, time: Millis) -> Self {
        Self {
            id,
            time,
            real_time: time,
            operation: None,
            nearest: None,
            method: Method::GET,
            path: "/".to_owned(),
            query: None,
            scope: None,
            caller: None,
            status: 200,
            duration_us: 1,
            fault: None,
            scripts: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_size_is_that_of_all_texts_headers_and_bodies() {
        let headers =
            HeaderMap::from_iter([("x-a".parse().unwrap(), HeaderValue::from_static("answered"))]);
        let summary = ExchangeSummary {
            path: "/p".to_owned(),
            query: Some("q=1".to_owned()),
            scope: Some("s".to_owned()),
            caller: Some("ann".into()),
            ..ExchangeSummary::bare(1, 0)
        };
        let exchange = Exchange {
            summary: Arc::new(summary),
            request: CapturedMessage {
                headers: Headers::default(),
                body: Bytes::from_static(b"sent"),
                length: 7,
            },
            response: CapturedMessage::from_response(&headers, &vec![b'x'; 20_000].into()),
        };
        assert_eq!(
            exchange.size(),
            OVERHEAD + 2 + 3 + 1 + 3 + 4 + 13 + LONGEST_BODY
        );
    }

    #[test]
    fn a_long_body_is_cut_and_any_other_is_kept_whole() {
        for length in [0, 1, LONGEST_BODY - 1, LONGEST_BODY, 20_000] {
            let body = Bytes::from(vec![b'x'; length]);
            let response = CapturedMessage::from_response(&HeaderMap::new(), &body);
            assert_eq!(response.body, body[..length.min(LONGEST_BODY)]);
            assert_eq!(response.length, length as u64);
        }
    }
}
