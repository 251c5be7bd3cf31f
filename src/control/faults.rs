//! Faults: added, listed, shown, replaced and removed.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::dialect::{Control, json};
use super::rules::refused;
use crate::http::extract::{Json, Path};
use crate::http::faults::effect::FaultEffect;
use crate::http::faults::rules::{Fault, ListedFault};
use crate::http::matching::pattern::RequestPattern;
use crate::http::problem::Problem;
#[cfg(test)]
use crate::http::problem::ProblemWith;
use crate::http::response;
use crate::registry::World;
use crate::registry::rules::RuleError;
use crate::sim::Millis;

/// A fault that has been added.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ListedFault))]
pub(super) struct FaultView {
    /// The fault's id.
    id: String,
    /// The requests it applies to.
    #[serde(rename = "match")]
    pattern: RequestPattern,
    /// The effect on a request.
    #[serde(rename = "do")]
    effect: FaultEffect,
    /// Its priority: the highest decides, then the first added; absent: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    priority: Option<i32>,
    /// `false`: it hits nothing; absent: it is enabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    enabled: Option<bool>,
    /// The number of requests it hits; absent: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    times: Option<u64>,
    /// The number of matching requests that pass before the first is hit; absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    after: Option<u64>,
    /// The probability that a matching request is hit; absent: always.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    probability: Option<f64>,
    /// The seed of chance; absent: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    seed: Option<u64>,
    /// The real time that it is in force, in milliseconds; absent: until it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<i64>, nullable = false))]
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
            priority: fault.priority.filter(|priority| *priority != 0),
            enabled: fault.enabled.filter(|is_enabled| !is_enabled),
            times: fault.times,
            after: fault.after.filter(|after| *after > 0),
            probability: fault.probability.filter(|probability| *probability < 1.0),
            seed: fault.seed.filter(|seed| *seed > 0),
            ttl_ms: fault.ttl_ms,
            used: listed.used,
        }
    }
}

/// Adds a fault. Refuses one with a value out of range, without an effect, or that could never hit.
pub(crate) fn add(world: &World, fault: Fault) -> Result<ListedFault, Problem> {
    let added = world.add_fault(fault);
    added.map_err(|error| refused("fault", "", error, std::iter::empty()))
}

/// Puts a fault in the place of the one with that id, by the same rules.
pub(crate) fn replace(world: &World, id: &str, fault: Fault) -> Result<ListedFault, Problem> {
    let replaced = world.replace_fault(id, fault);
    replaced.map_err(|error| problem(world, id, error))
}

fn problem(world: &World, id: &str, error: RuleError) -> Problem {
    let faults = world.recorder().faults.list();
    let known = faults.iter().map(|listed| listed.id.as_str());
    refused("fault", id, error, known)
}

/// The faults that have been added.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = FaultList))]
pub(super) struct FaultsBody {
    /// In the order in which they are tried: by priority, then as they were added. The first that hits decides.
    faults: Vec<FaultView>,
}

/// Lists the faults with the number of requests that each has hit.
///
/// In the order in which they are tried: by priority, then as they were added. The first that hits a request decides.
#[cfg_attr(test, utoipa::path(get, path = "/_emulator/v1/faults", operation_id = "ListFaults", tag = "control",
    responses((status = 200, body = FaultsBody))))]
pub(super) async fn list_faults(State(Control(world)): State<Control>) -> Response {
    json(StatusCode::OK, &listed_faults(&world))
}

/// The faults with the number of requests that each has hit.
pub(super) fn listed_faults(world: &World) -> FaultsBody {
    let faults = world.recorder().faults.list().into_iter();
    FaultsBody {
        faults: faults.map(FaultView::from).collect(),
    }
}

/// Adds a fault behind those of the same priority.
///
/// It hits requests to emulated services that arrive from now on, never requests to `/_emulator` or unknown paths. The
/// header `x-emulator-fault` of an answer names the fault. Errors: 400 with all of them, each with the nearest that would
/// match; 409 for an id that another fault has.
#[cfg_attr(test, utoipa::path(post, path = "/_emulator/v1/faults", operation_id = "AddFault", tag = "control",
    request_body(content = Fault,
        example = json!({"match": {"operation": "ListPipelines"}, "do": {"status": 429}, "times": 1})), responses((status = 201, body = FaultView),
    ProblemWith::<400>, ProblemWith::<409>,
    ProblemWith::<429>, ProblemWith::<507>)))]
pub(super) async fn add_fault(
    State(Control(world)): State<Control>,
    Json(fault): Json<Fault>,
) -> Result<Response, Problem> {
    let view = FaultView::from(add(&world, fault)?);
    Ok(json(StatusCode::CREATED, &view))
}

/// Removes all faults.
///
/// Requests in progress keep the fault that hit them.
#[cfg_attr(test, utoipa::path(delete, path = "/_emulator/v1/faults", operation_id = "ClearFaults", tag = "control",
    responses((status = 204))))]
pub(super) async fn clear_faults(State(Control(world)): State<Control>) -> Response {
    world.clear_faults();
    response::empty(StatusCode::NO_CONTENT)
}

/// Shows a fault with the number of requests it has hit.
///
/// Errors: 404.
#[cfg_attr(test, utoipa::path(get, path = "/_emulator/v1/faults/{id}", operation_id = "ShowFault", tag = "control",
    responses((status = 200, body = FaultView), ProblemWith::<404>)))]
pub(super) async fn show_fault(
    State(Control(world)): State<Control>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    match world.recorder().faults.get(&id) {
        Some(listed) => Ok(json(StatusCode::OK, &FaultView::from(listed))),
        None => Err(problem(&world, &id, RuleError::Unknown)),
    }
}

/// Replaces a fault in its place.
///
/// The body is a fault as it is added or shown; with `"enabled": false` it hits nothing. Its counts stay, its time in
/// force (`ttl_ms`) begins anew, and with another priority it moves behind those that have it. Errors: 400; 404.
#[cfg_attr(test, utoipa::path(put, path = "/_emulator/v1/faults/{id}", operation_id = "ReplaceFault", tag = "control",
    request_body(content = Fault,
        example = json!({"match": {"operation": "ListPipelines"}, "do": {"status": 429}, "enabled": false})),
    responses((status = 200, body = FaultView), ProblemWith::<400>, ProblemWith::<404>)))]
pub(super) async fn replace_fault(
    State(Control(world)): State<Control>,
    Path(id): Path<String>,
    Json(fault): Json<Fault>,
) -> Result<Response, Problem> {
    let view = FaultView::from(replace(&world, &id, fault)?);
    Ok(json(StatusCode::OK, &view))
}

/// Removes a fault.
///
/// Errors: 404.
#[cfg_attr(test, utoipa::path(delete, path = "/_emulator/v1/faults/{id}", operation_id = "RemoveFault", tag = "control",
    responses((status = 204), ProblemWith::<404>)))]
pub(super) async fn remove_fault(
    State(Control(world)): State<Control>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    if world.remove_fault(&id) {
        Ok(response::empty(StatusCode::NO_CONTENT))
    } else {
        Err(problem(&world, &id, RuleError::Unknown))
    }
}
