//! Scripts: outcomes of coming work, added, listed and removed.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::dialect::{Control, json};
use crate::http::extract::{Json, Path};
use crate::http::problem::{Problem, ProblemWith};
use crate::http::response;
use crate::registry::{World, family_names};
use crate::sim::scripts::{ListedScript, Script, ScriptedOutcome, ScriptedStep, StepPattern, Work};
use crate::sim::{Millis, NEVER};

/// A script in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ListedScript)]
pub(super) struct ScriptView {
    /// The script's id.
    id: String,
    /// The steps it applies to.
    #[serde(rename = "match")]
    pattern: StepPattern,
    /// The end of the steps; absent: one after the other, as `sequence` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    outcome: Option<ScriptedOutcome>,
    /// The reason of a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    message: Option<String>,
    /// The length of a step in milliseconds; absent: the usual length.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, value_type = Option<i64>, nullable = false)]
    takes_ms: Option<Millis>,
    /// The number of steps it decides; absent: any number, or the length of `sequence`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, nullable = false)]
    times: Option<u64>,
    /// One step after the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, nullable = false)]
    sequence: Option<Vec<ScriptedStep>>,
    /// The number of steps it has decided.
    used: u64,
    /// In the list: false if nothing that the world knows fits; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    fits: Option<bool>,
    /// The first field of `match` that fits nothing known: `work`, `scope`, `name`, `stage`, `service` or `step`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    misfit: Option<&'static str>,
    /// The known name that is nearest to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    nearest: Option<String>,
}

impl ScriptView {
    /// The view in a list, which also tells if the script fits anything known.
    fn compared(mut listed: ListedScript) -> Self {
        let misfit = listed.misfit.take();
        Self {
            fits: misfit.is_some().then_some(false),
            misfit: misfit.as_ref().map(|misfit| misfit.field),
            nearest: misfit.and_then(|misfit| misfit.nearest),
            ..Self::from(listed)
        }
    }
}

impl From<ListedScript> for ScriptView {
    fn from(listed: ListedScript) -> Self {
        let script = listed.script;
        Self {
            id: listed.id,
            pattern: script.pattern,
            outcome: script.outcome,
            message: script.message,
            takes_ms: script.takes_ms,
            times: script.times,
            sequence: script.sequence,
            used: listed.used,
            fits: None,
            misfit: None,
            nearest: None,
        }
    }
}

/// Adds a script behind the others, or refuses one with values that contradict each other.
pub(crate) fn add(world: &World, mut script: Script) -> Result<ListedScript, Problem> {
    // A request id, so that a script does not shift the ids of resources.
    let id = world.request_ids().uuid(|_| false);
    check(&script).map_err(Problem::BadRequest)?;
    if script.sequence.is_none() {
        script.outcome.get_or_insert_default();
    }
    let steps = script.sequence.iter_mut().flatten();
    for message in steps
        .map(|step| &mut step.message)
        .chain([&mut script.message])
    {
        // An empty reason is none.
        message.take_if(|message| message.is_empty());
    }
    let listed = ListedScript::new(id, script);
    world.write(|database, _| database.shared.scripts.add(listed.clone()));
    Ok(listed)
}

fn check(script: &Script) -> Result<(), String> {
    if let Some(misuse) = script.misuse {
        return Err(misuse.to_owned());
    }
    if let Some(family) = &script.pattern.family
        && !family_names().contains(&family.as_str())
    {
        return Err("match.family: must be asm, plans, pipelines or zadig".to_owned());
    }
    let work = script.pattern.work;
    let Some(steps) = &script.sequence else {
        if script.times == Some(0) {
            return Err("times: must be at least 1".to_owned());
        }
        let step = script.nth_step(0);
        return step.map_or(Ok(()), |step| Ok(check_step(&step, work)?));
    };
    if script.outcome.is_some()
        || script.message.is_some()
        || script.takes_ms.is_some()
        || script.times.is_some()
    {
        return Err("sequence: goes without outcome, message, takes_ms and times".to_owned());
    }
    if steps.is_empty() {
        return Err("sequence: must have at least one outcome".to_owned());
    }
    for (n, step) in steps.iter().enumerate() {
        check_step(step, work).map_err(|error| format!("sequence[{n}].{error}"))?;
    }
    Ok(())
}

fn check_step(step: &ScriptedStep, work: Work) -> Result<(), &'static str> {
    let outcome = step.outcome;
    match step.takes_ms {
        Some(..0) => Err("takes_ms: must not be negative"),
        Some(NEVER) => Err("takes_ms: is too long; a step that never ends has the outcome hang"),
        Some(_) if outcome == ScriptedOutcome::Hang => {
            Err("takes_ms: goes with outcome succeed or fail")
        }
        _ if outcome == ScriptedOutcome::Fail && work == Work::Abort => {
            Err("outcome: an abort cannot fail")
        }
        _ if outcome != ScriptedOutcome::Fail && step.message.is_some() => {
            Err("message: goes with outcome fail")
        }
        _ => Ok(()),
    }
}

/// The scripts in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Scripts)]
pub(super) struct ScriptsView {
    /// In the order they were added; the first that matches and is not used up decides.
    scripts: Vec<ScriptView>,
    /// The ids of the scripts that decided nothing so far.
    unused: Vec<String>,
}

/// Lists the scripts with the number of steps that each has decided.
///
/// The unused ones are also listed separately. `fits` is there, and false, if a script has decided nothing and nothing known fits
/// it now: no family does such work, or no resource has such a name, stage, service or step. A resource that is created
/// later may fit. The names in creations and in versions of Zadig are not compared, since they come with the request.
/// In a world with very many steps a script counts as fitting.
#[utoipa::path(get, path = "/_emulator/v1/scripts", operation_id = "ListScripts", tag = "control",
    responses((status = 200, body = ScriptsView)))]
pub(super) async fn list_scripts(State(Control(world)): State<Control>) -> Response {
    let body = world.read(|database, _| {
        let listed = database.listed_scripts().into_iter();
        let unused = database.shared.scripts.unused();
        ScriptsView {
            scripts: listed.map(ScriptView::compared).collect(),
            unused: unused.map(|listed| listed.id.clone()).collect(),
        }
    });
    json(StatusCode::OK, &body)
}

/// Adds a script behind the others. It applies to runs that start from now on: the steps of a run are frozen when it
/// starts. Errors: 400.
#[utoipa::path(post, path = "/_emulator/v1/scripts", operation_id = "AddScript", tag = "control",
    request_body(content = Option<Script>,
        example = json!({
        "match": {"family": "pipelines", "step": "roll-out"}, "outcome": "fail", "message": "image not found",
        "takes_ms": 3_000, "times": 1})), responses((status = 201, body = ScriptView),
    ProblemWith::<400>))]
pub(super) async fn add_script(
    State(Control(world)): State<Control>,
    Json(script): Json<Script>,
) -> Result<Response, Problem> {
    let view = ScriptView::from(add(&world, script)?);
    Ok(json(StatusCode::CREATED, &view))
}

/// Removes all scripts.
#[utoipa::path(delete, path = "/_emulator/v1/scripts", operation_id = "ClearScripts", tag = "control",
    responses((status = 204)))]
pub(super) async fn clear_scripts(State(Control(world)): State<Control>) -> Response {
    world.write(|database, _| database.shared.scripts.clear());
    response::empty(StatusCode::NO_CONTENT)
}

/// Removes a script. Errors: 404.
#[utoipa::path(delete, path = "/_emulator/v1/scripts/{id}", operation_id = "RemoveScript", tag = "control",
    responses((status = 204), ProblemWith::<404>))]
pub(super) async fn remove_script(
    State(Control(world)): State<Control>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    if world.write(|database, _| database.shared.scripts.remove(&id)) {
        Ok(response::empty(StatusCode::NO_CONTENT))
    } else {
        Err(world.read(|database, _| {
            let scripts = database.shared.scripts.list().iter();
            Problem::unknown("script", &id, scripts.map(|listed| listed.id.as_str()))
        }))
    }
}
