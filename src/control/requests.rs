//! The journal: requests to emulated services with their answers, listed and cleared.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use wildmatch::WildMatch;

use super::clock::time;
use super::dialect::Control;
use crate::http::extract::Query;
use crate::http::observe::record::{RequestRecord, RequestSummary};
use crate::http::problem::{Problem, ProblemWith};
use crate::http::response;
use crate::registry::World;
use crate::sim::Millis;
use crate::sim::time::instant;

/// A filter of requests; every field that is given must match. Texts are globs with `*` and `?`.
#[derive(Clone, Debug, Default, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
#[schema(as = RequestFilter)]
pub(super) struct Filter {
    /// `iam`, `asm`, `plans`, `pipelines` or `zadig`.
    family: Option<String>,
    /// The operation's id.
    operation: Option<String>,
    /// The method.
    method: Option<String>,
    /// The status, such as `201` or `4*`.
    #[serde(deserialize_with = "text_or_number")]
    #[schema(value_type = Option<TextOrNumber>)]
    #[param(value_type = Option<String>)]
    status: Option<String>,
    /// The project, mesh or project key.
    scope: Option<String>,
    /// The caller's name.
    caller: Option<String>,
    /// The path, as it was sent.
    path: Option<String>,
    /// The evidence for the answer, such as `inferred*` or `*error=SVCSTG.00100400*`.
    evidence: Option<String>,
    /// Not before this instant of the world's clock, RFC 3339.
    #[schema(format = DateTime)]
    #[param(format = DateTime)]
    since: Option<String>,
}

/// A text, or a number as its digits.
#[derive(Deserialize, ToSchema)]
#[schema(as = StatusPattern)]
#[serde(untagged)]
enum TextOrNumber {
    Text(String),
    Number(u16),
}

fn text_or_number<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let status = Option::<TextOrNumber>::deserialize(deserializer)?;
    Ok(status.map(|status| match status {
        TextOrNumber::Text(text) => text,
        TextOrNumber::Number(number) => number.to_string(),
    }))
}

impl Filter {
    /// The instant that the filter begins at.
    pub(super) fn begin(&self) -> Result<Option<Millis>, Problem> {
        let since = self.since.as_deref().map(|since| time("since", since));
        since.transpose()
    }

    /// The fields that do not match a request.
    pub(super) fn mismatched_fields(
        &self,
        summary: &RequestSummary,
        begin: Option<Millis>,
    ) -> Vec<&'static str> {
        let status = summary.status.to_string();
        let fields = [
            ("family", &self.family, summary.family),
            ("operation", &self.operation, summary.operation),
            ("method", &self.method, Some(&*summary.method)),
            ("status", &self.status, Some(status.as_str())),
            ("scope", &self.scope, summary.scope.as_deref()),
            ("caller", &self.caller, summary.caller.as_deref()),
            ("path", &self.path, Some(&*summary.path)),
            ("evidence", &self.evidence, summary.evidence.as_deref()),
        ];
        let mut differs: Vec<_> = fields
            .into_iter()
            .filter(|(_, glob, text)| match (glob, text) {
                (None, _) => false,
                (Some(_), None) => true,
                (Some(glob), Some(text)) => !WildMatch::new(glob).matches(text),
            })
            .map(|(name, ..)| name)
            .collect();
        if begin.is_some_and(|begin| summary.time < instant(begin)) {
            differs.push("since");
        }
        differs
    }
}

/// The query of a list: a filter, and a limit.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Listing {
    #[serde(flatten)]
    filter: Filter,
    limit: Option<usize>,
}

/// The requests of the journal that match.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Journal)]
pub(super) struct JournalBody {
    /// The number of requests that match, before `limit`.
    total: usize,
    /// The number of requests dropped from the journal since it was last empty.
    dropped: u64,
    /// Oldest first.
    requests: Vec<RequestRecord>,
}

/// The records in the journal; refused while it is off.
pub(super) fn entries(world: &World) -> Result<Vec<RequestRecord>, Problem> {
    let journal = &world.recorder().journal;
    if journal.is_on() {
        Ok(journal.entries())
    } else {
        Err(Problem::Conflict(
            "the journal is off (--journal-bytes 0)".to_owned(),
        ))
    }
}

/// Lists requests to emulated services with their answers, oldest first. Errors: 400; 409 while the journal is off.
#[utoipa::path(get, path = "/_emulator/v1/requests", operation_id = "ListRequests", tag = "control",
    params(Filter, ("limit" = Option<usize>, Query, description = "The most requests to list: the newest",
        maximum = 18_446_744_073_709_551_615_u64)),
    responses((status = 200, body = JournalBody),
    ProblemWith::<400>,
    ProblemWith::<409>))]
pub(super) async fn list_requests(
    State(Control(world)): State<Control>,
    Query(listing): Query<Listing>,
) -> Result<Response, Problem> {
    let Listing { filter, limit } = listing;
    let begin = filter.begin()?;
    let mut entries = entries(&world)?;
    entries.retain(|record| filter.mismatched_fields(&record.summary, begin).is_empty());
    let total = entries.len();
    let skip = limit.map_or(0, |limit| total.saturating_sub(limit));
    let body = JournalBody {
        total,
        dropped: world.recorder().journal.stats().dropped,
        requests: entries.split_off(skip),
    };
    Ok(response::json(
        StatusCode::OK,
        response::to_json(&body, 4 << 10),
    ))
}

/// Empties the journal.
#[utoipa::path(delete, path = "/_emulator/v1/requests", operation_id = "ClearRequests", tag = "control",
    responses((status = 204)))]
pub(super) async fn clear_requests(State(Control(world)): State<Control>) -> Response {
    world.recorder().journal.clear();
    response::empty(StatusCode::NO_CONTENT)
}
