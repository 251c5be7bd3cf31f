//! The knowledge of the server about a request that it passes on: the faults of its head, and its way.
//!
//! All of it travels as extensions of the request. Requests that tests pass to a router directly have none.

use std::fmt;

use axum::http::StatusCode;

/// A head that is not valid HTTP, or that the server refuses for another reason. The request is passed on nevertheless,
/// with as much as could be read, so that its family refuses it in its own words, with a request id and an entry in the
/// journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MalformedHead {
    /// 400, 408, 414, 431 or 503.
    pub status: StatusCode,
    /// The rule that the head breaks.
    pub reason: String,
    /// True if the client speaks another protocol, so its user sees little of the answer.
    pub is_other_protocol: bool,
}

impl MalformedHead {
    /// A head that breaks a rule, with status 400.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            reason: reason.into(),
            is_other_protocol: false,
        }
    }

    /// The beginning of another protocol, with status 400.
    pub fn other_protocol(reason: impl Into<String>) -> Self {
        Self {
            is_other_protocol: true,
            ..Self::new(reason)
        }
    }

    /// A request on a port for TLS without it, with status 400.
    pub fn without_tls() -> Self {
        Self::other_protocol("this port speaks TLS; begin the URL with https://")
    }

    /// A head whose end did not come in time.
    pub fn unfinished() -> Self {
        Self {
            status: StatusCode::REQUEST_TIMEOUT,
            ..Self::new("the head of the request did not end in time, which is after an empty line")
        }
    }

    /// A target longer than a head may be.
    pub fn uri_too_long() -> Self {
        Self {
            status: StatusCode::URI_TOO_LONG,
            ..Self::new("the path and query are too long; a head has at most 64 KiB")
        }
    }

    /// Header fields that are more or longer than hyper reads.
    pub fn too_large() -> Self {
        Self {
            status: StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            ..Self::new("there are more than 100 header fields, or the head is longer than 64 KiB")
        }
    }

    /// A request on a connection beyond the limit.
    pub fn too_many_connections(limit: usize) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            ..Self::new(format!(
                "there are {limit} connections, the limit of --max-connections; close some, or raise it"
            ))
        }
    }

    /// True if another connection would have served the request.
    pub fn is_refused(&self) -> bool {
        self.status == StatusCode::SERVICE_UNAVAILABLE
    }

    /// The hint at the rule.
    pub fn hint(&self) -> String {
        match self.status {
            StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE => self.reason.clone(),
            _ if self.is_other_protocol && self.reason.starts_with("this port") => {
                self.reason.clone()
            }
            _ => format!("the request is not valid HTTP/1.1: {}", self.reason),
        }
    }
}

/// A request that has come within TLS, to this server or to a proxy in front of it that is trusted.
#[derive(Clone, Copy, Debug)]
pub struct WithinTls;

/// The header fields that were ignored since they cannot be read, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnreadableFields(pub Vec<UnreadableField>);

/// A header field that was ignored. Its value is not kept, since it may be a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableField {
    /// The name as it was sent; absent if the line has no colon.
    pub name: Option<String>,
    /// The number of the line, from 1 after the request line.
    pub line: usize,
    pub why: &'static str,
}

/// The hint at the field.
impl fmt::Display for UnreadableField {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match &self.name {
            Some(name) => write!(formatter, "the header {name} was ignored: {}", self.why),
            None => write!(
                formatter,
                "header line {} was ignored: {}",
                self.line, self.why
            ),
        }
    }
}
