//! Faults: added, listed and removed.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::dialect::{Control, json};
use crate::http::context::add_hint;
use crate::http::extract::{Json, Path};
use crate::http::faults::rules::{
    Fault, FaultDelay, FaultEffect, ListedFault, LogNormalDelay, RequestPattern, UniformDelay,
};
use crate::http::observe::events::{RuleChange, WorldEvent};
use crate::http::problem::{Problem, ProblemWith};
use crate::http::response;
use crate::registry::{World, operations};
use crate::sim::Millis;
use crate::sim::fuzzy::nearest;

/// A fault that has been added.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ListedFault)]
pub(super) struct FaultView {
    /// The fault's id.
    id: String,
    /// The requests it applies to.
    #[serde(rename = "match")]
    pattern: RequestPattern,
    /// The effect on a request.
    #[serde(rename = "do")]
    effect: FaultEffect,
    /// The number of requests it hits; absent: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    times: Option<u64>,
    /// The number of matching requests that pass before the first is hit; absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    after: Option<u64>,
    /// The probability that a matching request is hit; absent: always.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    probability: Option<f64>,
    /// The seed of chance; absent: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    seed: Option<u64>,
    /// The real time that it is in force, in milliseconds; absent: until it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, nullable = false)]
    ttl_ms: Option<Millis>,
    /// The number of requests it has hit.
    used: u64,
}

impl From<ListedFault> for FaultView {
    fn from(listed: ListedFault) -> Self {
        let fault = listed.fault;
        Self {
            id: listed.id,
            pattern: fault.pattern,
            effect: fault.effect,
            times: fault.times,
            after: fault.after.filter(|after| *after > 0),
            probability: fault.probability.filter(|probability| *probability < 1.0),
            seed: fault.seed.filter(|seed| *seed > 0),
            ttl_ms: fault.ttl_ms,
            used: listed.used,
        }
    }
}

/// The methods of the operations.
const METHODS: [&str; 5] = ["GET", "HEAD", "POST", "PUT", "DELETE"];

/// The longest delay, in milliseconds.
const HOUR: u64 = 3_600_000;

/// The longest time that a fault is in force, in milliseconds.
const YEAR: Millis = 365 * 86_400_000;

/// Adds a fault behind the others. Refuses one with a value out of range, without an effect, or that could never hit.
pub(crate) fn add(world: &World, fault: Fault) -> Result<ListedFault, Problem> {
    let id = world.request_ids().uuid(|_| false);
    check(&fault).map_err(|error| Problem::BadRequest(error.to_owned()))?;
    check_pattern(&fault.pattern)?;
    let listed = world.recorder().faults.add(id, fault);
    tell(world, RuleChange::added(&listed.id));
    Ok(listed)
}

/// Removes a fault; returns false if none has that id.
pub(crate) fn remove(world: &World, id: &str) -> bool {
    let is_removed = world.recorder().faults.remove(id);
    if is_removed {
        tell(world, RuleChange::removed(Some(id)));
    }
    is_removed
}

/// Removes all faults.
pub(crate) fn clear(world: &World) {
    world.recorder().faults.clear();
    tell(world, RuleChange::removed(None));
}

fn tell(world: &World, change: RuleChange) {
    world.recorder().events.add(WorldEvent::Fault(change));
}

fn check(fault: &Fault) -> Result<(), &'static str> {
    let status = fault.effect.status;
    if status.is_some_and(|status| !(200..=599).contains(&status)) {
        return Err("do.status: must be from 200 to 599");
    }
    if fault.times == Some(0) {
        return Err("times: must be at least 1");
    }
    if fault.ttl_ms.is_some_and(|ttl| !(1..=YEAR).contains(&ttl)) {
        return Err("ttl_ms: must be from 1 to 31536000000, a year");
    }
    let probability = fault.probability;
    if probability.is_some_and(|probability| !(0.0..=1.0).contains(&probability)) {
        return Err("probability: must be from 0 to 1");
    }
    check_effect(&fault.effect)
}

fn check_effect(effect: &FaultEffect) -> Result<(), &'static str> {
    if effect.status.is_none() && effect.code.is_some() {
        return Err("do.code: goes with a status");
    }
    if effect.status.is_none() && effect.message.is_some() {
        return Err("do.message: goes with a status");
    }
    let is_delay = match effect.delay_ms {
        None => true,
        Some(FaultDelay::Fixed(ms)) => ms <= HOUR,
        Some(FaultDelay::Uniform(UniformDelay { min, max })) => min <= max && max <= HOUR,
        Some(FaultDelay::LogNormal(LogNormalDelay { median, sigma })) => {
            median <= HOUR && (0.0..=10.0).contains(&sigma)
        }
    };
    if !is_delay {
        return Err(
            "do.delay_ms: must be up to 3600000, as a number, as min and max, or as median and sigma (0 to 10)",
        );
    }
    if effect.slow_bytes_per_s == Some(0) {
        return Err("do.slow_bytes_per_s: must be at least 1");
    }
    if effect.status.is_none() && effect.delay_ms.is_none() && !effect.alters_response() {
        return Err(
            "do: must have at least one of status, delay_ms, drop, garbage, slow_bytes_per_s",
        );
    }
    Ok(())
}

/// Refuses a pattern that no request can match, which is probably misspelt.
fn check_pattern(pattern: &RequestPattern) -> Result<(), Problem> {
    let (families, ids): (Vec<&str>, Vec<&str>) = operations()
        .map(|operation| (operation.family.as_str(), operation.id.as_str()))
        .unzip();
    let fields = [
        ("family", "family", &pattern.family, &families[..]),
        ("operation", "operation", &pattern.operation, &ids),
        ("method", "operation's method", &pattern.method, &METHODS),
    ];
    for (field, noun, glob, known) in fields {
        let Some(glob) = glob else { continue };
        if known.iter().any(|known| glob.matches(known)) {
            continue;
        }
        if let Some(near) = nearest(glob.as_str(), known.iter().copied()) {
            add_hint(format!("did you mean {near}?"));
        }
        return Err(Problem::BadRequest(format!(
            "match.{field}: matches no {noun}; see GET /_emulator/v1/operations"
        )));
    }
    Ok(())
}

/// The faults that have been added.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Faults)]
pub(super) struct FaultsBody {
    /// In the order they were added; the first that hits a request decides.
    faults: Vec<FaultView>,
}

/// Lists the faults with the number of requests that each has hit.
#[utoipa::path(get, path = "/_emulator/v1/faults", operation_id = "ListFaults", tag = "control",
    responses((status = 200, body = FaultsBody)))]
pub(super) async fn list_faults(State(Control(world)): State<Control>) -> Response {
    let faults = world.recorder().faults.list().into_iter();
    let faults = faults.map(FaultView::from).collect();
    json(StatusCode::OK, &FaultsBody { faults })
}

/// Adds a fault behind the others. It hits requests to emulated services that arrive from now on, never requests to
/// `/_emulator`. The header `x-emulator-fault` of an answer names the fault. Errors: 400.
#[utoipa::path(post, path = "/_emulator/v1/faults", operation_id = "AddFault", tag = "control",
    request_body(content = Fault,
        example = json!({"match": {"operation": "ListPipelines"}, "do": {"status": 429}, "times": 1})), responses((status = 201, body = FaultView),
    ProblemWith::<400>))]
pub(super) async fn add_fault(
    State(Control(world)): State<Control>,
    Json(fault): Json<Fault>,
) -> Result<Response, Problem> {
    let view = FaultView::from(add(&world, fault)?);
    Ok(json(StatusCode::CREATED, &view))
}

/// Removes all faults.
#[utoipa::path(delete, path = "/_emulator/v1/faults", operation_id = "ClearFaults", tag = "control",
    responses((status = 204)))]
pub(super) async fn clear_faults(State(Control(world)): State<Control>) -> Response {
    clear(&world);
    response::empty(StatusCode::NO_CONTENT)
}

/// Removes a fault. Errors: 404.
#[utoipa::path(delete, path = "/_emulator/v1/faults/{id}", operation_id = "RemoveFault", tag = "control",
    responses((status = 204), ProblemWith::<404>))]
pub(super) async fn remove_fault(
    State(Control(world)): State<Control>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    if remove(&world, &id) {
        Ok(response::empty(StatusCode::NO_CONTENT))
    } else {
        let faults = world.recorder().faults.list();
        let known = faults.iter().map(|listed| listed.id.as_str());
        Err(Problem::unknown("fault", &id, known))
    }
}
