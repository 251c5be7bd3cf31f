//! A request with its answer, as the journal keeps it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method};

use super::headers::{self, Headers};
use crate::http::Operation;
use crate::sim::Millis;

/// The most of a body that is kept.
pub const LONGEST_BODY: usize = 16 << 10;

/// The most of a body that is copied to what else is kept of an answer.
const SHORT: usize = 1 << 10;

/// What an entry takes beside its texts, about.
const OVERHEAD: usize = 768;

/// What is worth telling of a request, without its headers and bodies.
#[derive(Clone, Debug)]
pub struct ExchangeSummary {
    /// The number of the request in the life of the world, from 1.
    pub id: u64,
    /// When it was answered, on the world's clock.
    pub time: Millis,
    /// The same by the machine's.
    pub real_time: Millis,
    /// What it was for; absent: no operation has this path and method.
    pub operation: Option<&'static Operation>,
    /// The operation that comes nearest, where it was for none.
    pub nearest: Option<&'static Operation>,
    /// Its method.
    pub method: Method,
    /// Where it went, and who sent it.
    pub request_line: RequestLine,
    pub status: u16,
    /// How long that took, in microseconds of real time.
    pub duration_us: u64,
    /// The fault that hit it.
    pub fault: Option<String>,
    /// The scripts that decided something while it was served.
    pub scripts: Vec<String>,
}

/// Where a request went and who sent it, in one small piece of memory.
#[derive(Clone, Debug)]
pub struct RequestLine {
    /// All of them, one behind the other.
    all: String,
    path: usize,
    query: Option<usize>,
    scope: Option<usize>,
    caller: Option<usize>,
}

impl RequestLine {
    /// The path and the query, as they were sent.
    #[must_use]
    pub fn of(path: &str, query: Option<&str>) -> Self {
        Self {
            all: [path, query.unwrap_or_default()].concat(),
            path: path.len(),
            query: query.map(str::len),
            scope: None,
            caller: None,
        }
    }

    /// The same with the project, mesh or project key, where the request names one, and who sent it, where that was
    /// found out.
    #[must_use]
    pub fn with(mut self, scope: Option<&str>, caller: Option<&str>) -> Self {
        let rest = [scope, caller].map(Option::unwrap_or_default);
        let more = rest.iter().map(|text| text.len()).sum();
        self.all.reserve_exact(more);
        self.all.extend(rest);
        Self {
            scope: scope.map(str::len),
            caller: caller.map(str::len),
            ..self
        }
    }

    /// Its path, as it was sent.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.all[..self.path]
    }

    /// Its query, as it was sent.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.part(self.query, [None, None])
    }

    /// The project, mesh or project key, where it names one.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.part(self.scope, [self.query, None])
    }

    /// Who sent it, where that was found out.
    #[must_use]
    pub fn caller(&self) -> Option<&str> {
        self.part(self.caller, [self.query, self.scope])
    }

    fn part(&self, length: Option<usize>, before: [Option<usize>; 2]) -> Option<&str> {
        let begin = self.path + before.into_iter().flatten().sum::<usize>();
        Some(&self.all[begin..begin + length?])
    }
}

/// The headers and the beginning of the body of a request or an answer.
#[derive(Clone, Debug, Default)]
pub struct CapturedMessage {
    /// The headers.
    pub headers: Headers,
    /// The body, at most [`LONGEST_BODY`] of it.
    pub body: Bytes,
    pub length: u64,
}

/// A request with its answer, in few pieces of memory: as many are let go of later, when they are not at hand any more.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub summary: Arc<ExchangeSummary>,
    /// The headers that were sent, the beginning of the body, the headers that were answered, and the body if it is
    /// short.
    all: Bytes,
    /// Where the first three of these end.
    ends: [usize; 3],
    /// The body that was answered, or its beginning, unless it is short.
    answer: Option<Bytes>,
    /// How long the whole bodies were, as sent and as answered.
    lengths: [u64; 2],
}

impl Exchange {
    /// Copies what was sent, of which the headers, the beginning of the body and its length are known, and the headers
    /// that were answered. A body that was answered is copied too if it is short, and else kept as it is, unless it is
    /// too long.
    #[must_use]
    pub fn of(
        summary: Arc<ExchangeSummary>,
        (asked, sent, length): (&Headers, &[u8], u64),
        (answered, answer): (&HeaderMap, &Bytes),
    ) -> Self {
        let is_short = answer.len() <= SHORT;
        let short = if is_short { &answer[..] } else { &[] };
        let head = headers::size(answered);
        let mut all = Vec::with_capacity(asked.size() + sent.len() + head + short.len());
        all.extend_from_slice(asked.lines());
        all.extend_from_slice(sent);
        headers::write(answered, &mut all);
        all.extend_from_slice(short);
        let body = asked.size() + sent.len();
        // A slice of a long answer would keep all of it.
        let begin = || match answer.get(..LONGEST_BODY) {
            Some(begin) => Bytes::copy_from_slice(begin),
            None => answer.clone(),
        };
        Self {
            summary,
            all: all.into(),
            ends: [asked.size(), body, body + head],
            answer: (!is_short).then(begin),
            lengths: [length, answer.len() as u64],
        }
    }

    #[must_use]
    pub fn request(&self) -> CapturedMessage {
        let [head, body, _] = self.ends;
        CapturedMessage {
            headers: Headers::from_lines(self.all.slice(..head)),
            body: self.all.slice(head..body),
            length: self.lengths[0],
        }
    }

    #[must_use]
    pub fn response(&self) -> CapturedMessage {
        let [_, begin, head] = self.ends;
        let answer = self.answer.clone();
        CapturedMessage {
            headers: Headers::from_lines(self.all.slice(begin..head)),
            body: answer.unwrap_or_else(|| self.all.slice(head..)),
            length: self.lengths[1],
        }
    }

    /// About how many bytes it takes.
    pub(super) fn size(&self) -> usize {
        let answer = self.answer.as_ref().map_or(0, Bytes::len);
        OVERHEAD + self.summary.request_line.all.len() + self.all.len() + answer
    }
}

#[cfg(test)]
impl ExchangeSummary {
    /// One of a request of which there is little to tell.
    pub(super) fn bare(id: u64, time: Millis) -> Self {
        Self {
            id,
            time,
            real_time: time,
            operation: None,
            nearest: None,
            method: Method::GET,
            request_line: RequestLine::of("/", None),
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
    fn texts_are_found_again_and_what_is_absent_is_not_empty() {
        let all = RequestLine::of("/p", Some("q=1")).with(Some("s"), Some("ann"));
        let parts = (all.path(), all.query(), all.scope(), all.caller());
        assert_eq!(parts, ("/p", Some("q=1"), Some("s"), Some("ann")));
        let few = RequestLine::of("/p", Some("")).with(None, Some("ann"));
        let parts = (few.path(), few.query(), few.scope(), few.caller());
        assert_eq!(parts, ("/p", Some(""), None, Some("ann")));
    }

    #[test]
    fn an_entry_has_what_was_sent_and_answered_and_a_long_body_is_cut() {
        let headers = |value| {
            HeaderMap::from_iter([("x-a".parse().unwrap(), HeaderValue::from_static(value))])
        };
        let asked = Headers::of(&headers("asked"));

        let exchange = Exchange::of(
            Arc::new(ExchangeSummary::bare(1, 0)),
            (&asked, b"sent", 7),
            (&headers("answered"), &Bytes::from(vec![b'x'; 20_000])),
        );

        let (request, response) = (exchange.request(), exchange.response());
        assert_eq!((&*request.body, request.length), (&b"sent"[..], 7));
        assert_eq!(
            (response.body.len(), response.length),
            (LONGEST_BODY, 20_000)
        );
        let values = [&request, &response].map(|part| part.headers.get("x-a"));
        assert_eq!(values, [Some(&b"asked"[..]), Some(&b"answered"[..])]);
        assert_eq!(exchange.size(), OVERHEAD + 1 + 10 + 4 + 13 + LONGEST_BODY);
    }

    #[test]
    fn an_answer_of_any_length_is_kept() {
        let none = (&Headers::default(), &b""[..], 0);
        for length in [0, 1, SHORT, SHORT + 1, LONGEST_BODY] {
            let answer = Bytes::from(vec![b'x'; length]);
            let summary = Arc::new(ExchangeSummary::bare(1, 0));
            let exchange = Exchange::of(summary, none, (&HeaderMap::new(), &answer));
            let response = exchange.response();
            assert_eq!((response.body, response.length), (answer, length as u64));
        }
    }
}
