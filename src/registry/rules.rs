//! The rules in states: checked against the operations of all families.

use super::operations::known_operations;
use crate::http::faults::check;
use crate::http::faults::rules::Fault;
use crate::http::json::ValidationError;
use crate::http::matching::known::PatternError;

/// A rule that was not added or replaced.
#[derive(Debug)]
pub enum RuleError {
    /// It is invalid, for one reason or several.
    Invalid(Vec<PatternError>),
    /// Another rule has its id.
    Taken(String),
    /// No rule has the id.
    Unknown,
}

/// Checks the faults of a state. All errors are told at once.
pub(super) fn check_faults(faults: &[Fault]) -> Result<(), ValidationError> {
    let mut errors = Vec::new();
    for (n, fault) in faults.iter().enumerate() {
        let place = format!("faults[{n}]");
        let wrong = check::check(fault, known_operations()).into_iter();
        errors.extend(wrong.map(|wrong| wrong.error.nested_in(&place)));
        let is_repeated = |earlier: &Fault| earlier.id.is_some() && earlier.id == fault.id;
        if faults[..n].iter().any(is_repeated) {
            let id = fault.id.as_deref().unwrap_or_default();
            errors.push(ValidationError::new("id", format!("duplicate {id:?}")).nested_in(&place));
        }
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

/// Adds the faults of a later state to those of an earlier one. One with the id of another takes its place.
pub(super) fn merge_faults(faults: &mut Vec<Fault>, later: Vec<Fault>) {
    for fault in later {
        let same = faults
            .iter_mut()
            .find(|earlier| fault.id.is_some() && earlier.id == fault.id);
        match same {
            Some(earlier) => *earlier = fault,
            None => faults.push(fault),
        }
    }
}
