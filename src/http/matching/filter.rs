//! Filters of recorded requests, ready to be compared with them.

use super::pattern::{Difference, RequestFilter, RequestPattern};
use super::request::{MatchedRequest, SentBody, SentHeaders};
use crate::http::json::ValidationError;
use crate::http::observe::record::RequestRecord;
use crate::sim::Millis;
use crate::sim::glob::Glob;
use crate::sim::time::{instant, not_rfc3339, parse_rfc3339, rfc3339};

/// A filter of recorded requests.
#[derive(Clone, Debug, Default)]
pub struct RecordFilter {
    sent: RequestPattern,
    status: Option<Glob>,
    evidence: Option<Glob>,
    unknown_route: Option<bool>,
    since: Option<Millis>,
}

impl RecordFilter {
    /// Reads the texts of a filter.
    pub fn new(filter: &RequestFilter) -> Result<Self, ValidationError> {
        let since = filter.since.as_deref().map(|since| {
            parse_rfc3339(since).ok_or_else(|| ValidationError::new("since", not_rfc3339(since)))
        });
        Ok(Self {
            sent: filter.sent(),
            status: filter.status.clone(),
            evidence: filter.evidence.clone(),
            unknown_route: filter.unknown_route,
            since: since.transpose()?,
        })
    }

    /// The instant that the filter begins at.
    pub fn since(&self) -> Option<Millis> {
        self.since
    }

    /// Returns true if it cannot be known whether a record matches: it lacks a part of the body that the filter looks at.
    pub fn is_undecided(&self, record: &RequestRecord) -> bool {
        let mut whole = self.clone();
        if !self.sent.needs_body() || !record.request.is_cut() {
            return false;
        }
        whole.sent.body = super::body::BodyPattern::default();
        whole.matches(record)
    }

    /// Returns true if a record matches.
    pub fn matches(&self, record: &RequestRecord) -> bool {
        self.of_answer(record).is_empty() && self.sent.matches(&sent_in(record))
    }

    /// The fields in which a record differs.
    pub fn differences(&self, record: &RequestRecord) -> Vec<Difference> {
        let mut differences = self.sent.differences(&sent_in(record));
        differences.extend(self.of_answer(record));
        differences
    }

    fn of_answer(&self, record: &RequestRecord) -> Vec<Difference> {
        let summary = &record.summary;
        let mut differences = Vec::new();
        if let Some(glob) = &self.status {
            let status = summary.status.to_string();
            if !glob.matches(&status) {
                differences.push(Difference::new("status", glob.as_str(), status));
            }
        }
        if let Some(glob) = &self.evidence {
            let evidence = summary.evidence.as_deref();
            if !evidence.is_some_and(|evidence| glob.matches(evidence)) {
                differences.push(Difference::new("evidence", glob.as_str(), evidence));
            }
        }
        if let Some(wanted) = self.unknown_route {
            let got = summary.operation.is_none();
            if wanted != got {
                differences.push(Difference::new("unknown_route", wanted, got));
            }
        }
        if let Some(since) = self.since
            && summary.time < instant(since)
        {
            let got = rfc3339(summary.time.timestamp_millis());
            differences.push(Difference::new("since", rfc3339(since), got));
        }
        differences
    }
}

/// The sent part of a record.
fn sent_in(record: &RequestRecord) -> MatchedRequest<'_> {
    let summary = &record.summary;
    MatchedRequest {
        family: summary.family,
        operation: summary.operation,
        action: summary.action,
        method: &summary.method,
        path: &summary.path,
        query: summary.query.as_deref(),
        headers: SentHeaders::Recorded(&record.request.headers),
        body: SentBody::new(&record.request.body, !record.request.is_cut()),
        scope: summary.scope.as_deref(),
        caller: summary.caller.as_deref(),
    }
}
