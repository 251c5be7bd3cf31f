//! The requests that an emulator has answered.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::time::instant;
use crate::http::observe::exchange::{CapturedMessage, Exchange};
use crate::registry::World;

/// The journal: requests to emulated services with their answers. It has secrets as they were sent; only the control
/// plane masks them.
#[derive(Clone, Copy)]
pub struct RequestsHandle<'a>(pub(super) &'a World);

impl RequestsHandle<'_> {
    /// Returns false if the journal is off (`journal_bytes(0)`): then it has no requests.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.recorder().journal.is_on()
    }

    /// All requests in the journal, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<RequestRecord> {
        let entries = self.0.recorder().journal.entries();
        entries.iter().map(RequestRecord::from_exchange).collect()
    }

    /// The requests for an operation, by its id.
    #[must_use]
    pub fn of(&self, operation: &str) -> Vec<RequestRecord> {
        let mut all = self.all();
        all.retain(|record| record.operation == Some(operation));
        all
    }

    /// The number of requests that the journal had no room for: it is complete only while this is 0.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.recorder().journal.stats().dropped
    }

    /// Empties the journal.
    pub fn clear(&self) {
        self.0.recorder().journal.clear();
    }
}

/// A request with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestRecord {
    /// Its number in the life of the world, from 1.
    pub id: u64,
    /// The end of the answer on the world's clock.
    pub time: DateTime<Utc>,
    /// The same on the machine's clock.
    pub real_time: DateTime<Utc>,
    /// The family; absent if no operation has the path and method.
    pub family: Option<&'static str>,
    /// The operation's id; absent like the family.
    pub operation: Option<&'static str>,
    /// Method and path of the closest operation, for a request that matches none.
    pub nearest: Option<String>,
    /// The method.
    pub method: String,
    /// The path, as it was sent.
    pub path: String,
    /// The query, as it was sent.
    pub query: Option<String>,
    /// The project, mesh or project key.
    pub scope: Option<String>,
    /// The caller's name, if known.
    pub caller: Option<String>,
    /// The status of the answer.
    pub status: u16,
    /// The real time that the answer took.
    pub duration: Duration,
    /// The id of the fault that hit the request.
    pub fault: Option<String>,
    /// The ids of the scripts that decided something meanwhile.
    pub scripts: Vec<String>,
    /// Headers and body of the request.
    pub request: Message,
    /// Headers and body of the answer.
    pub response: Message,
}

/// Headers and body of a request or an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// The headers in order; names are in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, up to its first 16 KiB.
    pub body: Vec<u8>,
    /// The length of the whole body.
    pub length: u64,
}

impl RequestRecord {
    fn from_exchange(exchange: &Exchange) -> Self {
        let summary = &exchange.summary;
        let operation = summary.operation;
        Self {
            id: summary.id,
            time: instant(summary.time),
            real_time: instant(summary.real_time),
            family: operation.map(|operation| operation.family.as_str()),
            operation: operation.map(|operation| operation.id.as_str()),
            nearest: summary
                .nearest
                .map(|nearest| format!("{} {}", nearest.method, nearest.path)),
            method: summary.method.to_string(),
            path: summary.path.clone(),
            query: summary.query.clone(),
            scope: summary.scope.clone(),
            caller: summary.caller.as_deref().map(str::to_owned),
            status: summary.status,
            duration: Duration::from_micros(summary.duration_us),
            fault: summary.fault.clone(),
            scripts: summary.scripts.clone(),
            request: Message::from_part(&exchange.request),
            response: Message::from_part(&exchange.response),
        }
    }
}

impl Message {
    fn from_part(part: &CapturedMessage) -> Self {
        let headers = part.headers.iter();
        Self {
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.to_vec()))
                .collect(),
            body: part.body.to_vec(),
            length: part.length,
        }
    }

    /// The first value of a header, by its name in lower case, if it is a text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(known, _)| known == name);
        header.and_then(|(_, value)| str::from_utf8(value).ok())
    }
}
