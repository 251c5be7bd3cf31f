//! Verification: the number of matching requests in the journal.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dialect::{Control, json};
use super::requests::{Filter, entries};
use crate::http::extract::Json;
use crate::http::problem::{Problem, ProblemWith};
use crate::http::response;

/// The most near misses in an answer.
const MOST_NEAR_MISSES: usize = 5;

/// The expected number of matching requests.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Verification)]
#[serde(deny_unknown_fields)]
pub(super) struct VerifyBody {
    /// The requests to count; absent: all.
    #[serde(default, rename = "match")]
    filter: Filter,
    /// The exact number; exactly one of the three fields must be given.
    #[schema(maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>)]
    exactly: Option<usize>,
    /// The least number.
    #[schema(maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>)]
    at_least: Option<usize>,
    /// The greatest number.
    #[schema(maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>)]
    at_most: Option<usize>,
}

/// The expected number was found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Verified)]
pub(super) struct Verified {
    /// The number of requests that match.
    matched: usize,
}

/// Another number was found, or it cannot be known: problem details with the findings.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NotVerified)]
pub(super) struct NotVerified {
    /// Always `about:blank`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// `Conflict`.
    title: &'static str,
    /// 409.
    status: u16,
    /// The expected number, and the number found.
    detail: String,
    /// The number of requests that match.
    matched: usize,
    /// The requests that come nearest, with the fields that differ; at most five.
    near_misses: Vec<NearMiss>,
}

/// A request that nearly matches.
#[derive(Debug, Serialize, ToSchema)]
struct NearMiss {
    /// Its number in the journal.
    id: u64,
    /// Its method.
    method: String,
    /// Its path.
    path: String,
    /// The status of its answer.
    status: u16,
    /// The fields of `match` that differ.
    differs: Vec<&'static str>,
}

/// Verifies the number of matching requests. If requests that the journal has dropped could change the result, it is
/// not confirmed. Errors: 400; 409 for another number, if it cannot be known, and while the journal is off.
#[utoipa::path(post, path = "/_emulator/v1/requests/verify", operation_id = "VerifyRequests", tag = "control",
    request_body(content = VerifyBody,
        example = json!({"match": {"operation": "CreatePipeline", "scope": "p1"}, "at_most": 1})), responses((status = 200, body = Verified),
    ProblemWith::<400>,
    (status = 409, body = NotVerified, content_type = "application/problem+json")))]
pub(super) async fn verify_requests(
    State(Control(world)): State<Control>,
    Json(body): Json<VerifyBody>,
) -> Result<Response, Problem> {
    let (least, most, expected) = match (body.exactly, body.at_least, body.at_most) {
        (Some(n), None, None) => (n, n, format!("exactly {n}")),
        (None, Some(n), None) => (n, usize::MAX, format!("at least {n}")),
        (None, None, Some(n)) => (0, n, format!("at most {n}")),
        _ => {
            return Err(Problem::BadRequest(
                "must have exactly one of exactly, at_least, at_most".to_owned(),
            ));
        }
    };
    let begin = body.filter.begin()?;
    let entries = entries(&world)?;
    let stats = world.recorder().journal.stats();
    let (mut matched, mut near) = (0, Vec::new());
    for record in &entries {
        let summary = &record.summary;
        let differs = body.filter.mismatched_fields(summary, begin);
        if differs.is_empty() {
            matched += 1;
        } else {
            near.push(NearMiss {
                id: summary.id,
                method: summary.method.to_string(),
                path: summary.path.to_string(),
                status: summary.status,
                differs,
            });
        }
    }
    // Requests dropped before the filter begins do not matter.
    let lost = match (stats.last_dropped, begin) {
        (None, _) => 0,
        (Some(last), Some(begin)) if last < begin => 0,
        (Some(_), _) => stats.dropped,
    };
    let is_expected = (least..=most).contains(&matched);
    if is_expected && (lost == 0 || most == usize::MAX) {
        return Ok(json(StatusCode::OK, &Verified { matched }));
    }
    let doubt = match lost {
        0 => String::new(),
        n => format!("; {n} older requests were dropped from the journal, and might match"),
    };
    near.sort_by_key(|miss| miss.differs.len());
    near.truncate(MOST_NEAR_MISSES);
    let body = NotVerified {
        kind: "about:blank",
        title: "Conflict",
        status: 409,
        detail: format!("expected {expected}, found {matched}{doubt}"),
        matched,
        near_misses: near,
    };
    let text = response::to_json(&body, 512);
    Ok(response::answer(
        StatusCode::CONFLICT,
        "application/problem+json",
        text,
    ))
}
