//! Proof of what was called.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dialect::Control;
use super::problem::Problem;
use super::requests::{Filter, entries};
use crate::http::extract::Json;
use crate::http::response;

/// The most near misses that are told.
const MOST: usize = 5;

/// What must have been called, and how often.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Verification)]
#[serde(deny_unknown_fields)]
pub(super) struct VerifyBody {
    /// Which requests are meant; absent: all.
    #[serde(default, rename = "match")]
    filter: Filter,
    /// Just so many; exactly one of the three must be given.
    #[schema(maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>)]
    exactly: Option<usize>,
    /// So many or more.
    #[schema(maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>)]
    at_least: Option<usize>,
    /// So many or fewer.
    #[schema(maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>)]
    at_most: Option<usize>,
}

/// It was so.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Verified)]
pub(super) struct Verified {
    /// How many requests fit.
    matched: usize,
}

/// It was not so, or cannot be known: problem details with what was found.
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
    /// What was expected, and what was found.
    detail: String,
    /// How many requests fit.
    matched: usize,
    /// Those that come nearest, with what differs; at most five.
    near_misses: Vec<NearMiss>,
}

/// A request that nearly fits.
#[derive(Debug, Serialize, ToSchema)]
struct NearMiss {
    /// Its number in the journal.
    id: u64,
    /// Its method.
    method: String,
    /// Its path.
    path: String,
    /// How it was answered.
    status: u16,
    /// The fields of `match` that do not fit it.
    differs: Vec<&'static str>,
}

/// Confirms that so many requests came. Where more may have come than the journal still holds, it confirms nothing
/// that these could change. Errors: 400; 409 if it was not so, if it cannot be known, and while the journal is off.
#[utoipa::path(post, path = "/_emulator/v1/requests/verify", operation_id = "VerifyRequests", tag = "control",
    request_body(content = VerifyBody,
        example = json!({"match": {"operation": "CreatePipeline", "scope": "p1"}, "at_most": 1})), responses((status = 200, body = Verified),
    (status = 400, body = super::problem::ProblemBody, content_type = "application/problem+json"),
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
                "give one of exactly, at_least, at_most".to_owned(),
            ));
        }
    };
    let begin = body.filter.begin()?;
    let entries = entries(&world)?;
    let stats = world.recorder().journal.stats();
    let (mut matched, mut near) = (0, Vec::new());
    for exchange in &entries {
        let summary = &exchange.summary;
        let differs = body.filter.mismatched_fields(summary, begin);
        if differs.is_empty() {
            matched += 1;
        } else {
            near.push(NearMiss {
                id: summary.id,
                method: summary.method.to_string(),
                path: summary.path.clone(),
                status: summary.status,
                differs,
            });
        }
    }
    // What was dropped before the filter begins does not matter.
    let lost = match (stats.last_dropped, begin) {
        (None, _) => 0,
        (Some(last), Some(begin)) if last < begin => 0,
        (Some(_), _) => stats.dropped,
    };
    let is_so = (least..=most).contains(&matched);
    if is_so && (lost == 0 || most == usize::MAX) {
        let text = response::to_json(&Verified { matched }, 32);
        return Ok(response::json(StatusCode::OK, text));
    }
    let doubt = match lost {
        0 => String::new(),
        n => format!("; {n} older requests were dropped from the journal, and might have fitted"),
    };
    near.sort_by_key(|miss| miss.differs.len());
    near.truncate(MOST);
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
