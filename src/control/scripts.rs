//! Scripts: outcomes of coming work, added, listed and removed.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::dialect::{Control, json};
use crate::http::extract::{Json, Path};
use crate::http::observe::events::{RuleChange, WorldEvent};
use crate::http::problem::{Problem, ProblemWith};
use crate::http::response;
use crate::registry::{World, family_names};
use crate::sim::scripts::{ListedScript, Script, ScriptedOutcome, ScriptedStep, StepPattern, Work};
use crate::sim::step_length::StepLength;

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
    /// The length of a step in milliseconds, or a distribution; absent: the usual length.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    takes_ms: Option<StepLength>,
    /// The number of steps it decides; absent: any number, or the length of `sequence`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, nullable = false)]
    times: Option<u64>,
    /// One step after the other, or with weights one by chance.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, nullable = false)]
    sequence: Option<Vec<ScriptedStep>>,
    /// The probability that it decides a matching step; absent: always.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1, nullable = false)]
    probability: Option<f64>,
    /// The seed of chance, as it was given or drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>, nullable = false)]
    seed: Option<u64>,
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
            probability: script.probability,
            seed: script.seed,
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
    let wrong = check(&script);
    if !wrong.is_empty() {
        return Err(Problem::BadRequest(wrong.join("; ")));
    }
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
    Ok(world.write(|database, _| {
        let listed = database.shared.scripts.add(listed).clone();
        tell(world, RuleChange::added(&listed.id));
        listed
    }))
}

/// Removes a script; returns false if none has that id.
pub(crate) fn remove(world: &World, id: &str) -> bool {
    world.write(|database, _| {
        let is_removed = database.shared.scripts.remove(id);
        if is_removed {
            tell(world, RuleChange::removed(Some(id)));
        }
        is_removed
    })
}

/// Removes all scripts.
pub(crate) fn clear(world: &World) {
    world.write(|database, _| {
        database.shared.scripts.clear();
        tell(world, RuleChange::removed(None));
    });
}

fn tell(world: &World, change: RuleChange) {
    world.recorder().events.add(WorldEvent::Script(change));
}

/// The mistakes in a script.
fn check(script: &Script) -> Vec<String> {
    if let Some(misuse) = script.misuse {
        return vec![misuse.to_owned()];
    }
    let mut wrong = Vec::new();
    if let Some(family) = &script.pattern.family
        && !family_names().contains(&family.as_str())
    {
        wrong.push("match.family: must be asm, plans, pipelines or zadig".to_owned());
    }
    if script.times == Some(0) {
        wrong.push("times: must be at least 1".to_owned());
    }
    let is_probability = |probability: &f64| (0.0..=1.0).contains(probability);
    if !script.probability.iter().all(is_probability) {
        wrong.push("probability: must be from 0 to 1".to_owned());
    }
    let work = script.pattern.work;
    let Some(steps) = &script.sequence else {
        if script.weight.is_some() {
            wrong.push("weight: goes into a sequence".to_owned());
        }
        let outcomes = script.outcomes();
        wrong.extend(outcomes.iter().flat_map(|step| check_step(step, work)));
        return wrong;
    };
    let is_choice = script.is_choice();
    if script.outcome.is_some()
        || script.message.is_some()
        || script.takes_ms.is_some()
        || (script.times.is_some() && !is_choice)
    {
        wrong.push("sequence: goes without outcome, message, takes_ms and times".to_owned());
    }
    if steps.is_empty() {
        wrong.push("sequence: must have at least one outcome".to_owned());
    }
    for (n, step) in steps.iter().enumerate() {
        let mut mistakes = check_step(step, work);
        match step.weight {
            None if is_choice => {
                mistakes.push("weight: is required, since another outcome has one".to_owned());
            }
            Some(weight) if !(weight > 0.0 && weight <= LARGEST_WEIGHT) => {
                mistakes.push("weight: must be over 0 and at most 1000000".to_owned());
            }
            _ => {}
        }
        wrong.extend(
            mistakes
                .into_iter()
                .map(|mistake| format!("sequence[{n}].{mistake}")),
        );
    }
    wrong
}

/// The largest weight of an outcome.
const LARGEST_WEIGHT: f64 = 1e6;

fn check_step(step: &ScriptedStep, work: Work) -> Vec<String> {
    let mut wrong = Vec::new();
    let outcome = step.outcome;
    if let Some(Err(mistake)) = step.takes_ms.map(StepLength::check) {
        wrong.push(format!("takes_ms: {mistake}"));
    } else if step.takes_ms.is_some() && outcome == ScriptedOutcome::Hang {
        wrong.push("takes_ms: goes with outcome succeed or fail".to_owned());
    }
    if outcome == ScriptedOutcome::Fail && work == Work::Abort {
        wrong.push("outcome: an abort cannot fail".to_owned());
    }
    if outcome != ScriptedOutcome::Fail && step.message.is_some() {
        wrong.push("message: goes with outcome fail".to_owned());
    }
    wrong
}

/// The scripts in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScriptList)]
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

/// Adds a script behind the others.
///
/// It applies to runs that start from now on: the steps of a run are frozen when it starts. Errors: 400 for an invalid
/// field.
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
///
/// Runs that have started keep what was decided for them.
#[utoipa::path(delete, path = "/_emulator/v1/scripts", operation_id = "ClearScripts", tag = "control",
    responses((status = 204)))]
pub(super) async fn clear_scripts(State(Control(world)): State<Control>) -> Response {
    clear(&world);
    response::empty(StatusCode::NO_CONTENT)
}

/// Removes a script.
///
/// Errors: 404 for an unknown id.
#[utoipa::path(delete, path = "/_emulator/v1/scripts/{id}", operation_id = "RemoveScript", tag = "control",
    responses((status = 204), ProblemWith::<404>))]
pub(super) async fn remove_script(
    State(Control(world)): State<Control>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    if remove(&world, &id) {
        Ok(response::empty(StatusCode::NO_CONTENT))
    } else {
        Err(world.read(|database, _| {
            let scripts = database.shared.scripts.list().iter();
            Problem::unknown("script", &id, scripts.map(|listed| listed.id.as_str()))
        }))
    }
}
