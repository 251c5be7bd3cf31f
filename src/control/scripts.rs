//! Scripts: outcomes of coming work, added, listed, shown, replaced and removed.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::dialect::{Control, json};
use super::rules::refused;
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;
#[cfg(test)]
use crate::http::problem::ProblemWith;
use crate::http::response;
use crate::registry::World;
use crate::registry::rules::RuleError;
use crate::sim::scripts::{ListedScript, Script, ScriptedOutcome, ScriptedStep, StepPattern};
use crate::sim::step_length::StepLength;

/// A script in force.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ListedScript))]
pub(super) struct ScriptView {
    /// The script's id.
    id: String,
    /// The steps it applies to.
    #[serde(rename = "match")]
    pattern: StepPattern,
    /// The end of the steps; absent: one after the other, as `sequence` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    outcome: Option<ScriptedOutcome>,
    /// The reason of a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    message: Option<String>,
    /// The length of a step in milliseconds, or a distribution; absent: the usual length.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    takes_ms: Option<StepLength>,
    /// The number of steps it decides; absent: any number, or the length of `sequence`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(minimum = 1, nullable = false))]
    times: Option<u64>,
    /// One step after the other, or with weights one by chance.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(min_items = 1, nullable = false))]
    sequence: Option<Vec<ScriptedStep>>,
    /// The probability that it decides a matching step; absent: always.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(minimum = 0, maximum = 1, nullable = false))]
    probability: Option<f64>,
    /// The seed of chance, as it was given or drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>, nullable = false))]
    seed: Option<u64>,
    /// Its priority: the highest decides, then the first added; absent: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    priority: Option<i32>,
    /// `false`: it decides nothing; absent: it is enabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    enabled: Option<bool>,
    /// The number of steps it has decided.
    used: u64,
    /// In the list: false if nothing that the world knows fits; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    fits: Option<bool>,
    /// The first field of `match` that fits nothing known: `work`, `scope`, `name`, `stage`, `service` or `step`. Without
    /// `fits`, a request could still bring a step that fits, but a known name is near.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    misfit: Option<&'static str>,
    /// The known name that is nearest to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    nearest: Option<String>,
}

impl ScriptView {
    /// The view in a list, which also tells if the script fits anything known.
    fn compared(mut listed: ListedScript) -> Self {
        let misfit = listed.misfit.take();
        Self {
            fits: misfit
                .as_ref()
                .and_then(|misfit| misfit.is_certain.then_some(false)),
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
            probability: script.probability,
            seed: script.seed,
            priority: script.priority.filter(|priority| *priority != 0),
            enabled: script.enabled.filter(|is_enabled| !is_enabled),
            used: listed.used,
            fits: None,
            misfit: None,
            nearest: None,
        }
    }
}

/// Adds a script, or refuses one with values that contradict each other.
pub(crate) fn add(world: &World, script: Script) -> Result<ListedScript, Problem> {
    let added = world.add_script(script);
    added.map_err(|error| refused("script", "", error, std::iter::empty()))
}

/// Puts a script in the place of the one with that id, by the same rules.
pub(crate) fn replace(world: &World, id: &str, script: Script) -> Result<ListedScript, Problem> {
    let replaced = world.replace_script(id, script);
    replaced.map_err(|error| problem(world, id, error))
}

fn problem(world: &World, id: &str, error: RuleError) -> Problem {
    world.read(|database, _| {
        let scripts = database.shared.scripts.list().iter();
        refused(
            "script",
            id,
            error,
            scripts.map(|listed| listed.id.as_str()),
        )
    })
}

/// The scripts in force.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ScriptList))]
pub(super) struct ScriptsView {
    /// In the order in which they are tried: by priority, then as they were added. The first that matches and is not used
    /// up decides.
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
#[cfg_attr(test, utoipa::path(get, path = "/_emulator/v1/scripts", operation_id = "ListScripts", tag = "control",
    responses((status = 200, body = ScriptsView))))]
pub(super) async fn list_scripts(State(Control(world)): State<Control>) -> Response {
    json(StatusCode::OK, &listed_scripts(&world))
}

/// The scripts in force, compared with what the world knows.
pub(super) fn listed_scripts(world: &World) -> ScriptsView {
    world.read(|database, _| {
        let listed = database.listed_scripts().into_iter();
        let unused = database.shared.scripts.unused();
        ScriptsView {
            scripts: listed.map(ScriptView::compared).collect(),
            unused: unused.map(|listed| listed.id.clone()).collect(),
        }
    })
}

/// Adds a script behind those of the same priority.
///
/// It applies to runs that start from now on: the steps of a run are frozen when it starts. Errors: 400 for an invalid
/// field; 409 for an id that another script has.
#[cfg_attr(test, utoipa::path(post, path = "/_emulator/v1/scripts", operation_id = "AddScript", tag = "control",
    request_body(content = Option<Script>,
        example = json!({
        "match": {"family": "pipelines", "step": "roll-out"}, "outcome": "fail", "message": "image not found",
        "takes_ms": 3_000, "times": 1})), responses((status = 201, body = ScriptView),
    ProblemWith::<400>, ProblemWith::<409>,
    ProblemWith::<429>, ProblemWith::<507>)))]
pub(super) async fn add_script(
    State(Control(world)): State<Control>,
    Json(script): Json<Script>,
) -> Result<Response, Problem> {
    let view = ScriptView::from(add(&world, script)?);
    Ok(json(StatusCode::CREATED, &view))
}

/// Removes all scripts.
///
/// Runs that have started keep what was decided for them.
#[cfg_attr(test, utoipa::path(delete, path = "/_emulator/v1/scripts", operation_id = "ClearScripts", tag = "control",
    responses((status = 204))))]
pub(super) async fn clear_scripts(State(Control(world)): State<Control>) -> Response {
    world.clear_scripts();
    response::empty(StatusCode::NO_CONTENT)
}

/// Shows a script with the number of steps it has decided.
///
/// Errors: 404 for an unknown id.
#[cfg_attr(test, utoipa::path(get, path = "/_emulator/v1/scripts/{id}", operation_id = "ShowScript", tag = "control",
    responses((status = 200, body = ScriptView), ProblemWith::<404>)))]
pub(super) async fn show_script(
    State(Control(world)): State<Control>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let listed = world.read(|database, _| database.shared.scripts.get(&id).cloned());
    match listed {
        Some(listed) => Ok(json(StatusCode::OK, &ScriptView::from(listed))),
        None => Err(problem(&world, &id, RuleError::Unknown)),
    }
}

/// Replaces a script in its place.
///
/// The body is a script as it is added or shown; with `"enabled": false` it decides nothing. Its counts stay, and with
/// another priority it moves behind those that have it. Errors: 400 for an invalid
/// field; 404 for an unknown id.
#[cfg_attr(test, utoipa::path(put, path = "/_emulator/v1/scripts/{id}", operation_id = "ReplaceScript", tag = "control",
    request_body(content = Option<Script>,
        example = json!({"match": {"family": "pipelines"}, "outcome": "fail", "enabled": false})),
    responses((status = 200, body = ScriptView), ProblemWith::<400>, ProblemWith::<404>)))]
pub(super) async fn replace_script(
    State(Control(world)): State<Control>,
    Path(id): Path<String>,
    Json(script): Json<Script>,
) -> Result<Response, Problem> {
    let view = ScriptView::from(replace(&world, &id, script)?);
    Ok(json(StatusCode::OK, &view))
}

/// Removes a script.
///
/// Errors: 404 for an unknown id.
#[cfg_attr(test, utoipa::path(delete, path = "/_emulator/v1/scripts/{id}", operation_id = "RemoveScript", tag = "control",
    responses((status = 204), ProblemWith::<404>)))]
pub(super) async fn remove_script(
    State(Control(world)): State<Control>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    if world.remove_script(&id) {
        Ok(response::empty(StatusCode::NO_CONTENT))
    } else {
        Err(problem(&world, &id, RuleError::Unknown))
    }
}
