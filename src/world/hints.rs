//! Hints in addition to the documented texts of refusals: the resource that was probably meant, and the way to a status
//! that allows a command. They are sent in the header `x-emulator-hint`, never in a body.

use std::fmt::Display;

use crate::sim::collection::{Collection, Resource, Stored};
use crate::sim::fuzzy::{nearest, suggestion};
use crate::sim::{Millis, NEVER};

/// The number of resources among which a suggestion is searched: the newest of a scope.
pub const MAX_CANDIDATES: usize = 250;

/// The maximum number of changes that are foreseen.
const MAX_CHANGES: usize = 1_000;

/// The hint for a body that was too large.
pub const TOO_LARGE: &str = "a body may have up to 12 MiB";

/// A list of names, and the one that was probably meant.
pub fn listed(intro: &str, unknown: &str, names: &[&str]) -> String {
    let suggestion = suggestion(nearest(unknown, names.iter().copied()));
    format!("{intro} {}{suggestion}", names.join(", "))
}

/// The hint for an id that a project does not have: the project that has it, or the closest id. `noun` names the kind
/// of resource.
pub fn not_found_hint<T: Resource>(
    noun: &str,
    collection: &Collection<T>,
    project: &str,
    id: &str,
) -> String {
    if let Some(found) = collection.find(id) {
        let owner = &found.scope;
        return format!("the {noun} {id} belongs to the project {owner}, not to {project}");
    }
    did_you_mean(noun, collection.of(project).rev(), id).unwrap_or_else(|| {
        let count = collection.len(project);
        format!("the project {project} has no {noun} {id}; it has {count}")
    })
}

/// The resource that was probably meant by an unknown id. `resources` are newest first.
pub fn did_you_mean<'a, T: Resource + 'a>(
    noun: &str,
    resources: impl Iterator<Item = &'a Stored<T>>,
    id: &str,
) -> Option<String> {
    let resources: Vec<_> = resources.take(MAX_CANDIDATES).collect();
    if let Some(named) = resources.iter().find(|stored| stored.item.name() == id) {
        return Some(format!(
            "{id} is the name of the {noun} with the id {}",
            named.id
        ));
    }
    let ids = resources.iter().map(|stored| &*stored.id);
    let names = resources.iter().map(|stored| stored.item.name());
    let near = nearest(id, ids).or_else(|| nearest(id, names))?;
    let Stored { id, item, .. } = resources
        .iter()
        .find(|stored| &*stored.id == near || stored.item.name() == near)?;
    let name = item.name();
    Some(format!("did you mean the {noun} {id}, named {name}?"))
}

/// The future of a resource if no command comes.
pub struct StatusForecast<'a, S> {
    /// The next instant after a given one at which the status changes, or [`NEVER`].
    pub next: &'a dyn Fn(Millis) -> Millis,
    pub status: &'a dyn Fn(Millis) -> S,
    /// True if the refused command is allowed at an instant.
    pub allows: &'a dyn Fn(Millis) -> bool,
    /// The advice at an instant from which time alone does not help.
    pub advice: &'a dyn Fn(Millis) -> String,
}

impl<S: PartialEq + Display> StatusForecast<'_, S> {
    /// The way to a status that allows the refused command: time if it leads there, otherwise the advice for the last
    /// status that time leads to.
    pub fn path_to_allowed(&self, now: Millis) -> String {
        let (mut last, mut left) = (now, MAX_CHANGES);
        loop {
            let at = (self.next)(last);
            if at == NEVER {
                break;
            }
            if left == 0 {
                return format!("{} leads on", advance(last - now));
            }
            (last, left) = (at, left - 1);
            if (self.allows)(at) {
                let status = (self.status)(at);
                return format!("{} leads to status {status}", advance(at - now));
            }
        }
        let advice = (self.advice)(last);
        let status = (self.status)(last);
        if status == (self.status)(now) {
            return advice;
        }
        let advance = advance(last - now);
        format!("{advance} leads to status {status}, and then {advice}")
    }
}

/// The request that advances the clock by that much.
pub fn advance(by: Millis) -> String {
    format!("POST /_emulator/v1/clock/advance {{\"ms\":{by}}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(
        next: &dyn Fn(Millis) -> Millis,
        status: &dyn Fn(Millis) -> u8,
        allowed: &[u8],
    ) -> String {
        let advice = |at: Millis| format!("wait no longer at {at}");
        let course = StatusForecast {
            next,
            status,
            allows: &|at| allowed.contains(&status(at)),
            advice: &advice,
        };
        course.path_to_allowed(100)
    }

    #[test]
    fn the_hint_is_time_if_it_leads_to_an_allowed_status() {
        let twice = |at| match at {
            100..150 => 150,
            150..200 => 200,
            _ => NEVER,
        };
        let status = |at| match at {
            ..150 => 1,
            150..200 => 2,
            _ => 3,
        };
        let by = |ms: Millis| format!("POST /_emulator/v1/clock/advance {{\"ms\":{ms}}}");
        assert_eq!(
            way(&twice, &status, &[2, 3]),
            format!("{} leads to status 2", by(50))
        );
        assert_eq!(
            way(&twice, &status, &[7]),
            format!(
                "{} leads to status 3, and then wait no longer at 200",
                by(100)
            )
        );
        assert_eq!(way(&|_| NEVER, &status, &[3]), "wait no longer at 100");
        assert_eq!(
            way(&|at| at + 1, &|_| 1, &[3]),
            format!("{} leads on", by(1_000))
        );
    }
}
