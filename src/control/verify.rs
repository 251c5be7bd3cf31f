//! Verification: the number of matching requests in the journal, or their order, now or soon.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use super::apart::{apart, has_long_journal};
use super::dialect::{Control, json};
use super::requests::{compile, entries};
use super::rules::invalid;
use crate::http::auth::redact::Mask;
use crate::http::extract::Json;
use crate::http::json::{ValidationError, default_if_null};
use crate::http::matching::filter::RecordFilter;
use crate::http::matching::known::PatternError;
use crate::http::matching::pattern::{Difference, RequestFilter};
use crate::http::observe::record::RequestRecord;
use crate::http::problem::Problem;
#[cfg(test)]
use crate::http::problem::ProblemWith;
use crate::http::response;
use crate::registry::World;
use crate::sim::Millis;

/// The most near misses in an answer.
const MOST_NEAR_MISSES: usize = 5;

/// The most filters of requests in order.
const MOST_IN_ORDER: usize = 100;

/// The longest wait for requests, in milliseconds.
const LONGEST_WAIT: u64 = 60_000;

/// The expected number of matching requests, or their order: exactly one of `exactly`, `at_least`, `at_most` and
/// `in_order`.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Verification))]
#[serde(deny_unknown_fields)]
pub(crate) struct VerifyBody {
    /// The requests to count; absent: all.
    #[serde(default, deserialize_with = "default_if_null", rename = "match")]
    #[cfg_attr(test, schema(value_type = Option<RequestFilter>))]
    pub(crate) filter: RequestFilter,
    /// The exact number.
    #[cfg_attr(test, schema(maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>))]
    pub(crate) exactly: Option<usize>,
    /// The least number.
    #[cfg_attr(test, schema(maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>))]
    pub(crate) at_least: Option<usize>,
    /// The greatest number.
    #[cfg_attr(test, schema(maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>))]
    pub(crate) at_most: Option<usize>,
    /// Filters as in `match`: a request for each, in this order; others may come between them.
    #[cfg_attr(test, schema(min_items = 1, max_items = 100))]
    pub(crate) in_order: Option<Vec<RequestFilter>>,
    /// The longest wait in milliseconds of real time until the expectation holds: up to 60000. Not with `at_most`, which
    /// holds until it never does again.
    #[cfg_attr(test, schema(minimum = 1, maximum = 60_000))]
    pub(crate) within_ms: Option<u64>,
}

/// The expected requests were found.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct Verified {
    /// The number of requests that match.
    pub(crate) matched: usize,
}

/// Other requests were found, or it cannot be known: problem details with the findings.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(crate) struct NotVerified {
    /// Always `about:blank`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// `Conflict`.
    title: &'static str,
    /// 409.
    status: u16,
    /// The expected requests, and those found.
    pub(crate) detail: String,
    /// The number of requests that match.
    matched: usize,
    /// The requests that come nearest, with the fields that differ; at most five.
    near_misses: Vec<NearMiss>,
}

/// A request that nearly matches.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct NearMiss {
    /// Its number in the journal.
    id: u64,
    /// Its method.
    method: String,
    /// Its path.
    path: String,
    /// The status of its answer.
    status: u16,
    /// The fields of the filter that differ.
    differs: Vec<Difference>,
}

/// An expectation, checked.
struct Expectation {
    /// The filters: one, whose requests are counted, or one for each request in their order.
    filters: Vec<RecordFilter>,
    /// The bounds of a count, and their text; absent: the order is expected.
    count: Option<(usize, usize, String)>,
}

/// The state of an expectation.
struct VerificationResult {
    found: Result<Verified, NotVerified>,
    /// True if further requests could make it hold.
    may_yet_hold: bool,
}

impl VerificationResult {
    fn is_final(&self) -> bool {
        self.found.is_ok() || !self.may_yet_hold
    }
}

/// Verifies the number of matching requests, or their order.
///
/// With `within_ms` it waits until the expectation holds. If requests that the journal has dropped, or bodies that it has
/// cut, could change the result, it is not confirmed. Errors: 400, also for a filter that no request can match, with the
/// nearest that would; 409 for other requests, if it cannot be known, and while the journal is off.
#[cfg_attr(test, utoipa::path(post, path = "/_emulator/v1/requests/verify", operation_id = "VerifyRequests", tag = "control",
    request_body(content = VerifyBody,
        example = json!({"match": {"operation": "CreatePipeline", "scope": "p1"}, "at_most": 1})), responses((status = 200, body = Verified),
    ProblemWith::<400>,
    (status = 409, body = NotVerified, content_type = "application/problem+json"))))]
pub(super) async fn verify_requests(
    State(Control(world)): State<Control>,
    Json(body): Json<VerifyBody>,
) -> Result<Response, Problem> {
    let not_verified = match verify(&world, &body).await? {
        Ok(verified) => return Ok(json(StatusCode::OK, &verified)),
        Err(not_verified) => not_verified,
    };
    let text = response::to_json_line(&not_verified, 512);
    Ok(response::answer(
        StatusCode::CONFLICT,
        "application/problem+json",
        text,
    ))
}

/// Verifies requests. Waits if the body says so.
pub(crate) async fn verify(
    world: &World,
    body: &VerifyBody,
) -> Result<Result<Verified, NotVerified>, Problem> {
    let expectation = Arc::new(Expectation::new(body)?);
    let look = || {
        let takes_long = has_long_journal(world);
        let (expectation, world) = (Arc::clone(&expectation), world.clone());
        apart(takes_long, move || expectation.look(&world))
    };
    let mut added = world.recorder().journal.subscribe();
    let mut verification = look().await?;
    let Some(ms) = body.within_ms else {
        return Ok(masked(verification.found, world));
    };
    let wait = async {
        // Every addition is seen: the journal is read after the receiver has taken note of it.
        while !verification.is_final() && added.changed().await.is_ok() {
            verification = look().await?;
        }
        Ok::<(), Problem>(())
    };
    if let Ok(waited) = timeout(Duration::from_millis(ms), wait).await {
        waited?;
    }
    Ok(masked(verification.found, world))
}

/// Masks the secrets in what was found instead.
fn masked(found: Result<Verified, NotVerified>, world: &World) -> Result<Verified, NotVerified> {
    let mask = Mask::new(Some(&world.recorder().secrets));
    found.map_err(|mut not_verified| {
        for near_miss in &mut not_verified.near_misses {
            near_miss.path = mask.text(&near_miss.path).into_owned();
            near_miss
                .differs
                .iter_mut()
                .for_each(|differs| differs.mask(&mask));
        }
        not_verified
    })
}

impl Expectation {
    fn new(body: &VerifyBody) -> Result<Self, Problem> {
        let mut errors = Vec::new();
        let mut refuse = |path: &str, wrong: &str| {
            errors.push(PatternError::plain(ValidationError::new(path, wrong)));
        };
        if body
            .within_ms
            .is_some_and(|ms| !(1..=LONGEST_WAIT).contains(&ms))
        {
            refuse("within_ms", "must be from 1 to 60000");
        }
        let counts = [body.exactly, body.at_least, body.at_most];
        let n_given = counts.iter().flatten().count() + usize::from(body.in_order.is_some());
        if n_given != 1 {
            refuse(
                "",
                "must have exactly one of exactly, at_least, at_most, in_order",
            );
        }
        if body.within_ms.is_some() && (body.at_most.is_some() || body.exactly == Some(0)) {
            let wrong =
                "goes with at_least, in_order, and exactly from 1; an upper bound holds at once";
            refuse("within_ms", wrong);
        }
        if body.in_order.is_some() && body.filter != RequestFilter::default() {
            refuse("in_order", "goes without match");
        }
        if body.in_order.as_ref().is_some_and(Vec::is_empty) {
            refuse("in_order", "must have at least one filter");
        }
        if body
            .in_order
            .as_ref()
            .is_some_and(|filters| filters.len() > MOST_IN_ORDER)
        {
            refuse(
                "in_order",
                &format!("must have at most {MOST_IN_ORDER} filters"),
            );
        }
        let filter = compile("match", &body.filter, &mut errors);
        let in_order = body.in_order.iter().flatten().enumerate();
        let in_order: Vec<RecordFilter> = in_order
            .map(|(n, filter)| compile(&format!("in_order[{n}]"), filter, &mut errors))
            .collect();
        if !errors.is_empty() {
            return Err(invalid(&errors));
        }
        let (least, most, text) = match (body.exactly, body.at_least, body.at_most) {
            (Some(n), ..) => (n, n, format!("exactly {n}")),
            (_, Some(n), _) => (n, usize::MAX, format!("at least {n}")),
            (.., Some(n)) => (0, n, format!("at most {n}")),
            (None, None, None) => {
                return Ok(Self {
                    filters: in_order,
                    count: None,
                });
            }
        };
        Ok(Self {
            filters: vec![filter],
            count: Some((least, most, text)),
        })
    }

    /// Looks at the requests so far.
    fn look(&self, world: &World) -> Result<VerificationResult, Problem> {
        let entries = entries(world)?;
        let (filters, doubt) = (&self.filters[..], doubt(world, &entries, &self.filters));
        let (Some((least, most, text)), [filter]) = (&self.count, filters) else {
            return Ok(in_order(filters, &entries, doubt));
        };
        let matched = entries.iter().filter(|record| filter.matches(record));
        let matched = matched.count();
        let is_expected = (*least..=*most).contains(&matched);
        if is_expected && (doubt.is_none() || *most == usize::MAX) {
            return Ok(VerificationResult {
                found: Ok(Verified { matched }),
                may_yet_hold: false,
            });
        }
        let detail = with_doubt(format!("expected {text}, found {matched}"), doubt);
        Ok(VerificationResult {
            found: Err(NotVerified::new(detail, matched, near(filter, &entries))),
            may_yet_hold: matched < *least,
        })
    }
}

fn with_doubt(mut detail: String, doubt: Option<String>) -> String {
    if let Some(doubt) = doubt {
        detail.extend(["; ", &doubt]);
    }
    detail
}

/// Looks for a request for each filter, in their order.
fn in_order(
    filters: &[RecordFilter],
    entries: &[RequestRecord],
    doubt: Option<String>,
) -> VerificationResult {
    let (mut matched, mut last) = (0, None);
    for (n, record) in entries.iter().enumerate() {
        if filters
            .get(matched)
            .is_some_and(|filter| filter.matches(record))
        {
            (matched, last) = (matched + 1, Some(n));
        }
    }
    let Some(missing) = filters.get(matched) else {
        return VerificationResult {
            found: Ok(Verified { matched }),
            may_yet_hold: false,
        };
    };
    let (before, rest) = entries.split_at(last.map_or(0, |last| last + 1));
    let mut detail = format!(
        "expected {} requests in order, found {matched}",
        filters.len()
    );
    let after = match before.last() {
        None => String::new(),
        Some(record) => format!(" after request {}", record.summary.id),
    };
    detail.extend([&*format!("; none{after} matches in_order[{matched}]")]);
    if let Some(early) = before.iter().find(|record| missing.matches(record)) {
        detail.extend([&*format!(", but request {} does", early.summary.id)]);
    }
    let detail = with_doubt(detail, doubt);
    VerificationResult {
        found: Err(NotVerified::new(detail, matched, near(missing, rest))),
        may_yet_hold: true,
    }
}

/// The reason that other requests might match, if there is one.
fn doubt(world: &World, entries: &[RequestRecord], filters: &[RecordFilter]) -> Option<String> {
    let stats = world.recorder().journal.stats();
    let begin: Option<Millis> = filters.iter().map(RecordFilter::since).min().flatten();
    // Requests dropped before the filters begin do not matter.
    let is_lost = |last| begin.is_none_or(|begin| last >= begin);
    if stats.last_dropped.is_some_and(is_lost) {
        let n = stats.dropped;
        return Some(format!(
            "{n} older requests were dropped from the journal, and might match"
        ));
    }
    let is_undecided =
        |record: &&RequestRecord| filters.iter().any(|filter| filter.is_undecided(record));
    match entries.iter().filter(is_undecided).count() {
        0 => None,
        n => Some(format!(
            "{n} requests have bodies of which the journal keeps only the beginning, and might match"
        )),
    }
}

/// The requests that come nearest to a filter.
fn near(filter: &RecordFilter, entries: &[RequestRecord]) -> Vec<NearMiss> {
    let mut near: Vec<NearMiss> = Vec::new();
    for record in entries {
        let differs = filter.differences(record);
        if differs.is_empty() {
            continue;
        }
        let place = near.partition_point(|miss| miss.differs.len() <= differs.len());
        if place < MOST_NEAR_MISSES {
            let summary = &record.summary;
            let miss = NearMiss {
                id: summary.id,
                method: summary.method.to_string(),
                path: summary.path.to_string(),
                status: summary.status,
                differs,
            };
            near.insert(place, miss);
            near.truncate(MOST_NEAR_MISSES);
        }
    }
    near
}

/// The findings in a line, with the nearest request.
impl fmt::Display for NotVerified {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&self.detail)?;
        let Some(near) = self.near_misses.first() else {
            return Ok(());
        };
        let NearMiss {
            id,
            method,
            path,
            status,
            differs,
        } = near;
        write!(
            formatter,
            "; nearest: request {id}, {method} {path} ({status})"
        )?;
        for Difference { field, wanted, got } in differs {
            let text = |value| serde_json::to_string(value).unwrap_or_default();
            write!(
                formatter,
                ", {field}: wanted {}, got {}",
                text(wanted),
                text(got)
            )?;
        }
        Ok(())
    }
}

impl NotVerified {
    fn new(detail: String, matched: usize, near_misses: Vec<NearMiss>) -> Self {
        Self {
            kind: "about:blank",
            title: "Conflict",
            status: 409,
            detail,
            matched,
            near_misses,
        }
    }
}
