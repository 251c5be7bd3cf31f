//! The check of scripts before they are added.

use super::operations::family_names;
use crate::http::faults::check::check_id;
use crate::http::json::ValidationError;
use crate::sim::scripts::{Script, ScriptedOutcome, ScriptedStep, Work};
use crate::sim::step_length::StepLength;

/// The mistakes in a script, with their fields.
pub(super) fn script_errors(script: &Script) -> Vec<ValidationError> {
    let id = script.id.as_deref().and_then(check_id);
    let others = check(script).into_iter().map(|mistake| {
        let (path, message) = mistake.split_once(": ").unwrap_or(("", &mistake));
        ValidationError::new(path, message)
    });
    id.into_iter().chain(others).collect()
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
