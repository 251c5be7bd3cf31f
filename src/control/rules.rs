//! The errors of rules and of patterns, as problems.

use crate::http::context::add_hint;
use crate::http::matching::known::PatternError;
use crate::http::problem::Problem;
use crate::registry::rules::RuleError;
use crate::sim::rules::{MOST_RULES, RuleLimit};

/// All errors as one problem, with the hints at what would match.
pub(super) fn invalid(errors: &[PatternError]) -> Problem {
    for hint in errors.iter().filter_map(|error| error.hint.clone()) {
        add_hint(hint);
    }
    let texts: Vec<String> = errors.iter().map(|error| error.error.to_string()).collect();
    Problem::BadRequest(texts.join("; "))
}

/// The problem of a rule of that kind that is one too many.
pub(super) fn limited(kind: &str, most: usize, limit: RuleLimit) -> Problem {
    match limit {
        RuleLimit::Number => {
            Problem::TooMany(format!("there are {most} {kind}s, the limit; remove one"))
        }
        RuleLimit::Memory => Problem::NoRoom("rules"),
    }
}

/// The problem of a rule of that kind, such as a fault, among those of the given ids.
pub(super) fn refused<'a>(
    kind: &str,
    id: &str,
    error: RuleError,
    known: impl Iterator<Item = &'a str>,
) -> Problem {
    match error {
        RuleError::Invalid(errors) => invalid(&errors),
        RuleError::Taken(id) => {
            Problem::Conflict(format!("id: {id:?} is already used by a {kind}"))
        }
        RuleError::Unknown => Problem::unknown(kind, id, known),
        RuleError::Limit(limit) => limited(kind, MOST_RULES, limit),
    }
}
