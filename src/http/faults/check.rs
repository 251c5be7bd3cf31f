//! The check of faults before they are added.

use indexmap::IndexMap;

use super::alter::may_have_body;
use super::effect::{Disconnect, FaultDelay, FaultEffect, LogNormalDelay, UniformDelay};
use super::header::misfit;
use super::rules::Fault;
use crate::http::json::ValidationError;
use crate::http::matching::known::{KnownOperation, PatternError, check_pattern};
use crate::sim::Millis;

/// The longest delay, in milliseconds.
const HOUR: u64 = 3_600_000;

/// The longest time that a fault is in force, in milliseconds.
const YEAR: Millis = 365 * 86_400_000;

/// The length limit of an id.
const LONGEST_ID: usize = 64;

/// The errors of a fault: values out of range, no effect, effects that contradict each other, a pattern that no request
/// can match.
pub fn check(fault: &Fault, known: &[KnownOperation]) -> Vec<PatternError> {
    let mut errors: Vec<PatternError> = check_values(fault)
        .into_iter()
        .chain(check_effect(&fault.effect).into_iter().map(nested("do")))
        .map(PatternError::plain)
        .collect();
    for mut error in check_pattern(&fault.pattern, known) {
        error.error = error.error.nested_in("match");
        errors.push(error);
    }
    errors
}

fn nested(outer: &str) -> impl Fn(ValidationError) -> ValidationError {
    move |error| error.nested_in(outer)
}

/// The error of an id that a rule cannot have.
pub fn check_id(id: &str) -> Option<ValidationError> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let is_id = (1..=LONGEST_ID).contains(&id.len()) && id.chars().all(is_allowed);
    // `.` and `..` cannot be named in a path.
    let is_id = is_id && !matches!(id, "." | "..");
    (!is_id).then(|| {
        let expected =
            format!("must be 1 to {LONGEST_ID} letters, digits, dots, underscores or hyphens");
        ValidationError::new("id", expected)
    })
}

fn check_values(fault: &Fault) -> Vec<ValidationError> {
    let mut errors: Vec<ValidationError> =
        fault.id.as_deref().and_then(check_id).into_iter().collect();
    let mut add = |field: &str, wrong: &str| errors.push(ValidationError::new(field, wrong));
    if fault.times == Some(0) {
        add("times", "must be at least 1");
    }
    if fault.ttl_ms.is_some_and(|ttl| !(1..=YEAR).contains(&ttl)) {
        add("ttl_ms", "must be from 1 to 31536000000, a year");
    }
    let probability = fault.probability;
    if probability.is_some_and(|probability| !(0.0..=1.0).contains(&probability)) {
        add("probability", "must be from 0 to 1");
    }
    errors
}

fn check_effect(effect: &FaultEffect) -> Vec<ValidationError> {
    let mut errors = Vec::new();
    let mut add = |field: &str, wrong: &str| errors.push(ValidationError::new(field, wrong));
    let status = effect.status;
    if status.is_some_and(|status| !(200..=599).contains(&status)) {
        add("status", "must be from 200 to 599");
    }
    for (field, text) in [("code", &effect.code), ("message", &effect.message)] {
        if text.is_some() && status.is_none() {
            add(field, "goes with a status");
        }
        if text.is_some() && effect.body.is_some() {
            add(field, "goes without body");
        }
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
        add(
            "delay_ms",
            "must be up to 3600000, as a number, as min and max, or as median and sigma (0 to 10)",
        );
    }
    if effect.slow_bytes_per_s == Some(0) {
        add("slow_bytes_per_s", "must be at least 1");
    }
    let without_body = status
        .and_then(|status| status.try_into().ok())
        .is_some_and(|status| !may_have_body(status));
    for (field, is_given) in [
        ("body", effect.body.is_some()),
        ("patch", effect.patch.is_some()),
    ] {
        if is_given && without_body {
            add(field, "goes with a status that has a body");
        }
    }
    if effect.body.is_some() && effect.patch.is_some() {
        add("patch", "goes without body");
    }
    let never_sent = effect.drop == Some(Disconnect::Before);
    for (field, is_given) in [
        ("headers", effect.headers.is_some()),
        ("body", effect.body.is_some()),
        ("patch", effect.patch.is_some()),
    ] {
        if is_given && never_sent {
            add(
                field,
                "goes without \"drop\": \"before\", which sends nothing",
            );
        }
    }
    if effect.patch.as_ref().is_some_and(Vec::is_empty) {
        add("patch", "must have at least one change");
    }
    for (n, change) in effect.patch.iter().flatten().enumerate() {
        if let Some((field, wrong)) = change.misfit() {
            add(&format!("patch[{n}].{field}"), &wrong);
        }
    }
    for (name, change) in effect.headers.iter().flatten() {
        if let Some(wrong) = misfit(name, change) {
            add(&format!("headers.{name}"), wrong);
        }
    }
    let is_empty = effect.headers.as_ref().is_some_and(IndexMap::is_empty);
    if !effect.changes_response() && !effect.disturbs_response() && effect.delay_ms.is_none()
        || is_empty
    {
        add(
            "",
            "must have at least one of status, headers, body, patch, delay_ms, drop, garbage, slow_bytes_per_s",
        );
    }
    errors
}
