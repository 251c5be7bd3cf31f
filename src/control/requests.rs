//! The journal: what was asked and answered.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use wildmatch::WildMatch;

use super::clock::time;
use super::dialect::Control;
use super::problem::Problem;
use crate::http::auth::redact;
use crate::http::extract::Query;
use crate::http::json::value::OrderedValue;
use crate::http::observe::exchange::{CapturedMessage, Exchange, ExchangeSummary, LONGEST_BODY};
use crate::http::observe::headers::Headers;
use crate::http::response;
use crate::registry::World;
use crate::sim::Millis;
use crate::world::time::rfc3339;

/// Which requests are meant: all that is given must hold. Texts are globs with `*` and `?`.
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
    status: Option<String>,
    /// The project, mesh or project key.
    scope: Option<String>,
    /// The caller's name.
    caller: Option<String>,
    /// The path, as it was sent.
    path: Option<String>,
    /// Not before this instant of the world's clock, RFC 3339.
    #[schema(format = DateTime)]
    since: Option<String>,
}

/// A text, or a number that stands for its digits.
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
    let given = Option::<TextOrNumber>::deserialize(deserializer)?;
    Ok(given.map(|given| match given {
        TextOrNumber::Text(text) => text,
        TextOrNumber::Number(number) => number.to_string(),
    }))
}

impl Filter {
    /// The instant that the filter begins at, if it is a time.
    pub(super) fn begin(&self) -> Result<Option<Millis>, Problem> {
        let since = self.since.as_deref().map(|since| time("since", since));
        since.transpose()
    }

    /// The fields in which a request differs from what is meant.
    pub(super) fn mismatched_fields(
        &self,
        summary: &ExchangeSummary,
        begin: Option<Millis>,
    ) -> Vec<&'static str> {
        let operation = summary.operation;
        let status = summary.status.to_string();
        let fields = [
            (
                "family",
                &self.family,
                operation.map(|operation| operation.family.as_str()),
            ),
            (
                "operation",
                &self.operation,
                operation.map(|operation| operation.id.as_str()),
            ),
            ("method", &self.method, Some(summary.method.as_str())),
            ("status", &self.status, Some(status.as_str())),
            ("scope", &self.scope, summary.scope.as_deref()),
            ("caller", &self.caller, summary.caller.as_deref()),
            ("path", &self.path, Some(summary.path.as_str())),
        ];
        let mut differs: Vec<_> = fields
            .into_iter()
            .filter(|(_, wanted, found)| match (wanted, found) {
                (None, _) => false,
                (Some(_), None) => true,
                (Some(wanted), Some(found)) => !WildMatch::new(wanted).matches(found),
            })
            .map(|(name, ..)| name)
            .collect();
        if begin.is_some_and(|begin| summary.time < begin) {
            differs.push("since");
        }
        differs
    }
}

/// Which requests are listed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(super) struct Listing {
    /// `iam`, `asm`, `plans`, `pipelines` or `zadig`; a glob, as the other texts.
    family: Option<String>,
    /// The operation's id.
    operation: Option<String>,
    /// The method.
    method: Option<String>,
    /// The status, such as `201` or `4*`.
    status: Option<String>,
    /// The project, mesh or project key.
    scope: Option<String>,
    /// The caller's name.
    caller: Option<String>,
    /// The path, as it was sent.
    path: Option<String>,
    /// Not before this instant of the world's clock, RFC 3339.
    #[param(format = DateTime)]
    since: Option<String>,
    /// At most so many: the newest.
    #[param(maximum = 18_446_744_073_709_551_615_u64)]
    limit: Option<usize>,
}

/// The journal, or what was asked for of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Journal)]
pub(super) struct JournalBody {
    /// How many requests fit, before `limit`.
    total: usize,
    /// How many requests were dropped from the journal since it was last empty.
    dropped: u64,
    /// Oldest first.
    requests: Vec<EntryBody>,
}

/// A request with its answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RequestEntry)]
pub(super) struct EntryBody {
    #[serde(flatten)]
    summary: SummaryBody,
    /// What was sent.
    request: PartBody,
    /// What was answered.
    response: PartBody,
}

/// A request, without headers and bodies.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RequestSummary)]
pub(super) struct SummaryBody {
    /// Its number in the life of the world.
    id: u64,
    /// When it was answered, by the world's clock, RFC 3339 in UTC.
    time: String,
    /// The same by the machine's.
    real_time: String,
    /// The family; null where no operation has the path and method.
    family: Option<&'static str>,
    /// The operation's id.
    operation: Option<&'static str>,
    /// The operation that comes nearest, where none has the path and method.
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<String>,
    /// The method.
    method: String,
    /// The path, as it was sent.
    path: String,
    /// The query, as it was sent, without secrets.
    query: Option<String>,
    /// The project, mesh or project key.
    scope: Option<String>,
    /// The caller's name, where that was found out.
    caller: Option<String>,
    /// The status.
    status: u16,
    /// How long it took, in microseconds of real time.
    duration_us: u64,
    /// The fault that hit it, else the first script that decided something while it was served.
    rule: Option<String>,
    /// All scripts that did.
    scripts: Vec<String>,
}

/// Headers and body.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RequestPart)]
struct PartBody {
    /// By name; several values are joined by commas, secrets are `***`.
    #[schema(value_type = serde_json::Map<String, Value>)]
    headers: IndexMap<String, String>,
    /// JSON as JSON, else a text; null: there is none. Cut at 16 KiB, and then always a text.
    #[schema(value_type = Value)]
    body: OrderedValue,
    /// How many bytes the body has.
    bytes: u64,
}

impl SummaryBody {
    pub(super) fn of(summary: &ExchangeSummary) -> Self {
        let operation = summary.operation;
        let rule = summary.fault.as_ref().or(summary.scripts.first());
        Self {
            id: summary.id,
            time: rfc3339(summary.time),
            real_time: rfc3339(summary.real_time),
            family: operation.map(|operation| operation.family.as_str()),
            operation: operation.map(|operation| operation.id.as_str()),
            nearest: summary
                .nearest
                .map(|nearest| format!("{} {}", nearest.method, nearest.path)),
            method: summary.method.to_string(),
            path: summary.path.clone(),
            query: summary.query.as_deref().map(redact::query),
            scope: summary.scope.clone(),
            caller: summary.caller.as_deref().map(str::to_owned),
            status: summary.status,
            duration_us: summary.duration_us,
            rule: rule.cloned(),
            scripts: summary.scripts.clone(),
        }
    }
}

impl EntryBody {
    fn of(exchange: &Exchange) -> Self {
        Self {
            summary: SummaryBody::of(&exchange.summary),
            request: PartBody::of(&exchange.request),
            response: PartBody::of(&exchange.response),
        }
    }
}

impl PartBody {
    fn of(part: &CapturedMessage) -> Self {
        let is_cut = part.length > LONGEST_BODY as u64;
        Self {
            headers: headers(&part.headers),
            body: body(&part.body, is_cut),
            bytes: part.length,
        }
    }
}

fn headers(headers: &Headers) -> IndexMap<String, String> {
    let mut shown: IndexMap<String, String> = IndexMap::new();
    for (name, value) in headers.iter() {
        if redact::is_secret_header(name) {
            shown.insert(name.to_owned(), redact::MASK.to_owned());
            continue;
        }
        let value = String::from_utf8_lossy(value);
        match shown.get_mut(name) {
            Some(values) => {
                values.push_str(", ");
                values.push_str(&value);
            }
            None => {
                shown.insert(name.to_owned(), value.into_owned());
            }
        }
    }
    shown
}

fn body(bytes: &Bytes, is_cut: bool) -> OrderedValue {
    if bytes.is_empty() {
        return OrderedValue::Scalar(Value::Null);
    }
    if !is_cut && let Ok(mut json) = serde_json::from_slice(bytes) {
        redact::body(&mut json);
        return json;
    }
    let text = String::from_utf8_lossy(bytes);
    // Where the secrets of a text are cannot be told.
    OrderedValue::Scalar(Value::from(if redact::sounds_secret(&text) {
        redact::MASK
    } else {
        &text
    }))
}

/// The journal's requests, or what is answered while it is off.
pub(super) fn entries(world: &World) -> Result<Vec<Exchange>, Problem> {
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
#[utoipa::path(get, path = "/_emulator/v1/requests", operation_id = "ListRequests", tag = "control", params(Listing),
    responses((status = 200, body = JournalBody),
    (status = 400, body = super::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = super::problem::ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn list_requests(
    State(Control(world)): State<Control>,
    Query(listing): Query<Listing>,
) -> Result<Response, Problem> {
    let filter = Filter {
        family: listing.family,
        operation: listing.operation,
        method: listing.method,
        status: listing.status,
        scope: listing.scope,
        caller: listing.caller,
        path: listing.path,
        since: listing.since,
    };
    let begin = filter.begin()?;
    let mut entries = entries(&world)?;
    entries.retain(|exchange| {
        filter
            .mismatched_fields(&exchange.summary, begin)
            .is_empty()
    });
    let total = entries.len();
    let skip = listing.limit.map_or(0, |limit| total.saturating_sub(limit));
    let requests = JournalBody {
        total,
        dropped: world.recorder().journal.stats().dropped,
        requests: entries.iter().skip(skip).map(EntryBody::of).collect(),
    };
    Ok(response::json(
        StatusCode::OK,
        response::to_json(&requests, 4 << 10),
    ))
}

/// Empties the journal.
#[utoipa::path(delete, path = "/_emulator/v1/requests", operation_id = "ClearRequests", tag = "control",
    responses((status = 204)))]
pub(super) async fn clear_requests(State(Control(world)): State<Control>) -> Response {
    world.recorder().journal.clear();
    response::empty(StatusCode::NO_CONTENT)
}
