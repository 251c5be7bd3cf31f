//! The journal: requests to emulated services with their answers, listed and cleared.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use super::apart::{apart, has_long_journal};
use super::dialect::Control;

use super::rules::invalid;
use crate::http::json;
use crate::http::json::value::OrderedValue;
use crate::http::matching::filter::RecordFilter;
use crate::http::matching::known::{PatternError, check_filter};
use crate::http::matching::pattern::RequestFilter;
use crate::http::observe::record::RequestRecord;
use crate::http::problem::Problem;
#[cfg(test)]
use crate::http::problem::ProblemWith;
use crate::http::query::decoded_pairs;
use crate::http::response::{self, ShownAsIs};
use crate::registry::{World, known_operations};

/// The other parameters, of which each is a text. Any other parameter is ignored with a hint, as by every operation.
const PLAIN: [&str; 11] = [
    "action",
    "caller",
    "evidence",
    "family",
    "method",
    "operation",
    "path",
    "scope",
    "since",
    "status",
    "unknown_route",
];

/// The parameters that consist of conditions by name: `query.action_id=stop` or `query[action_id]=stop`.
const NESTED: [&str; 3] = ["query", "headers", "body"];

/// The checked form of a filter. All errors are collected, each with the filter's path.
pub(crate) fn compile(
    path: &str,
    filter: &RequestFilter,
    errors: &mut Vec<PatternError>,
) -> RecordFilter {
    let before = errors.len();
    errors.extend(check_filter(filter, known_operations()));
    let compiled = RecordFilter::new(filter);
    let compiled = compiled.unwrap_or_else(|error| {
        errors.push(PatternError::plain(error));
        RecordFilter::default()
    });
    for error in &mut errors[before..] {
        error.error = error.error.clone().nested_in(path);
    }
    compiled
}

/// The requests in the journal that match a filter, oldest first.
pub(crate) fn matching(
    world: &World,
    filter: &RequestFilter,
) -> Result<Vec<RequestRecord>, Problem> {
    matching_compiled(world, &compiled(filter)?)
}

fn compiled(filter: &RequestFilter) -> Result<RecordFilter, Problem> {
    let mut errors = Vec::new();
    let filter = compile("", filter, &mut errors);
    if errors.is_empty() {
        Ok(filter)
    } else {
        Err(invalid(&errors))
    }
}

fn matching_compiled(world: &World, filter: &RecordFilter) -> Result<Vec<RequestRecord>, Problem> {
    let mut entries = entries(world)?;
    entries.retain(|record| filter.matches(record));
    Ok(entries)
}

/// The filter and the limit in a query.
pub(super) fn read(query: &str) -> Result<(RequestFilter, Option<usize>), Problem> {
    let text = |text: &str| OrderedValue::Scalar(Value::from(text));
    let mut fields: IndexMap<String, OrderedValue> = IndexMap::new();
    let mut limit = None;
    for (name, value) in decoded_pairs(query) {
        let nested = NESTED.iter().find_map(|outer| {
            let rest = name.strip_prefix(outer)?;
            let bracketed = rest
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'));
            Some((*outer, rest.strip_prefix('.').or(bracketed)?))
        });
        if let Some((outer, inner)) = nested {
            let outer = fields.entry(outer.to_owned());
            if let OrderedValue::Object(conditions) =
                outer.or_insert_with(|| OrderedValue::Object(IndexMap::new()))
            {
                conditions
                    .entry(inner.to_owned())
                    .or_insert_with(|| text(&value));
            }
        } else if name == "limit" {
            // The first value of a parameter counts.
            limit.get_or_insert(value);
        } else if PLAIN.contains(&&*name) {
            fields
                .entry(name.into_owned())
                .or_insert_with(|| text(&value));
        }
    }
    let document = response::to_json(&OrderedValue::Object(fields), 256);
    let filter = json::read(&document, &mut |_| {})
        .map_err(|error| Problem::BadRequest(error.to_string()))?;
    let limit = limit.map(|limit| {
        let wrong = || format!("limit: {limit:?} is not a non-negative integer");
        limit.parse().map_err(|_| Problem::BadRequest(wrong()))
    });
    Ok((filter, limit.transpose()?))
}

/// The requests of the journal that match.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Journal))]
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

/// Lists requests to emulated services with their answers, oldest first.
///
/// Conditions on the query, on headers and on the body are given as `query.action_id=stop` or `query[action_id]=stop`.
/// Errors: 400 for a filter that no request can match, with the nearest that would; 409 while the journal is off.
#[cfg_attr(test, utoipa::path(get, path = "/_emulator/v1/requests", operation_id = "ListRequests", tag = "control",
    params(RequestFilter, ("limit" = Option<usize>, Query, description = "The most requests to list: the newest",
        maximum = 18_446_744_073_709_551_615_u64)),
    responses((status = 200, body = JournalBody),
    ProblemWith::<400>,
    ProblemWith::<409>)))]
pub(super) async fn list_requests(
    State(Control(world)): State<Control>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (filter, limit) = read(query.as_deref().unwrap_or_default())?;
    let filter = compiled(&filter)?;
    let takes_long = has_long_journal(&world);
    let list = move || {
        let mut matching = matching_compiled(&world, &filter)?;
        let total = matching.len();
        let skip = limit.map_or(0, |limit| total.saturating_sub(limit));
        let body = JournalBody {
            total,
            dropped: world.recorder().journal.stats().dropped,
            requests: matching.split_off(skip),
        };
        Ok::<_, Problem>(response::to_json_line(&body, 4 << 10))
    };
    let mut shown = response::json(StatusCode::OK, apart(takes_long, list).await?);
    // Each record masks itself.
    shown.extensions_mut().insert(ShownAsIs);
    Ok(shown)
}

/// Empties the journal and the log of events.
///
/// The number of dropped requests starts again at 0; the numbers of requests and events go on.
#[cfg_attr(test, utoipa::path(delete, path = "/_emulator/v1/requests", operation_id = "ClearRequests", tag = "control",
    responses((status = 204))))]
pub(super) async fn clear_requests(State(Control(world)): State<Control>) -> Response {
    world.recorder().forget();
    response::empty(StatusCode::NO_CONTENT)
}
