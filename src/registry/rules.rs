//! The rules in states: checked against the operations of all families.

use super::operations::known_operations;
use super::script_check::script_errors;
use crate::http::faults::check;
use crate::http::faults::rules::Fault;
use crate::http::json::ValidationError;
use crate::http::matching::known::PatternError;
use crate::sim::rules::{MOST_RULES, RuleLimit};
use crate::sim::scripts::Script;

/// A rule that was not added or replaced.
#[derive(Debug)]
pub enum RuleError {
    /// It is invalid, for one reason or several.
    Invalid(Vec<PatternError>),
    /// Another rule has its id.
    Taken(String),
    /// No rule has the id.
    Unknown,
    /// There is no room for it.
    Limit(RuleLimit),
}

/// Checks the rules of a state. All errors are told at once.
pub(super) fn check_rules(scripts: &[Script], faults: &[Fault]) -> Result<(), ValidationError> {
    for (path, number) in [("scripts", scripts.len()), ("faults", faults.len())] {
        if number > MOST_RULES {
            let error = format!("must have at most {MOST_RULES} entries, not {number}");
            return Err(ValidationError::new(path, error));
        }
    }
    let mut errors = Vec::new();
    for (n, script) in scripts.iter().enumerate() {
        let earlier = scripts[..n].iter().map(|script| script.id.as_deref());
        let repeated = repeated(script.id.as_deref(), earlier);
        let wrong = script_errors(script).into_iter().chain(repeated);
        errors.extend(wrong.map(|wrong| wrong.nested_in(format!("scripts[{n}]"))));
    }
    for (n, fault) in faults.iter().enumerate() {
        let earlier = faults[..n].iter().map(|fault| fault.id.as_deref());
        let repeated = repeated(fault.id.as_deref(), earlier);
        let wrong = check::check(fault, known_operations()).into_iter();
        let wrong = wrong.map(|wrong| wrong.error).chain(repeated);
        errors.extend(wrong.map(|wrong| wrong.nested_in(format!("faults[{n}]"))));
    }
    match &errors[..] {
        [] => Ok(()),
        [_] => Err(errors.remove(0)),
        several => {
            let texts: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(ValidationError::new("", texts.join("; ")))
        }
    }
}

fn repeated<'a>(
    id: Option<&str>,
    mut earlier: impl Iterator<Item = Option<&'a str>>,
) -> Option<ValidationError> {
    let id = id.filter(|_| earlier.any(|earlier| earlier == id))?;
    Some(ValidationError::new("id", format!("duplicate {id:?}")))
}

/// Adds the rules of a later state to those of an earlier one. One with the id of another takes its place.
pub(super) fn merge_rules<R>(rules: &mut Vec<R>, later: Vec<R>, id: impl Fn(&R) -> Option<&str>) {
    for rule in later {
        let is_same = |earlier: &&mut R| id(&rule).is_some() && id(earlier) == id(&rule);
        match rules.iter_mut().find(is_same) {
            Some(earlier) => *earlier = rule,
            None => rules.push(rule),
        }
    }
}
