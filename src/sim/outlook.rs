//! The outlook of a resource: the status that time alone leads to.

use super::collection::{Collection, Resource, Stored};
use super::{Millis, NEVER};

/// The outlook for a wanted status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// The resource has the status at that instant.
    Reached(Millis),
    Missed(Missed),
}

/// The end of the changes that time alone brings before a limit, without the wanted status among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The last change before the limit, or the present instant.
    pub at: Millis,
    /// The status from then on, as in transitions and in words.
    pub status: String,
    pub word: String,
    /// The next change, which is beyond the limit, or [`NEVER`].
    pub next: Millis,
    /// The commands that are allowed then.
    pub allowed: Vec<&'static str>,
    /// The names of the gates that wait then.
    pub gates: Vec<String>,
}

impl Outlook {
    /// The outlook of a resource that only its own changes move. `allowed` are the commands at an instant.
    pub fn new<T: Resource>(
        item: &T,
        now: Millis,
        limit: Millis,
        is_wanted: &dyn Fn(&str) -> bool,
        allowed: impl FnOnce(Millis) -> Vec<&'static str>,
    ) -> Self {
        match foresee(item, now, limit, is_wanted) {
            Ok(at) => Self::Reached(at),
            Err((at, next)) => Self::Missed(Missed::new(item, at, next, allowed(at))),
        }
    }
}

impl Missed {
    pub fn new<T: Resource>(
        item: &T,
        at: Millis,
        next: Millis,
        allowed: Vec<&'static str>,
    ) -> Self {
        let status = item.status_label(at);
        Self {
            at,
            status: status.to_owned(),
            word: T::status_word(status).to_owned(),
            next,
            allowed,
            gates: Vec::new(),
        }
    }
}

/// Follows a resource from `now` until it has a wanted status, or until nothing changes before `limit`. The error is the
/// last change, and the next one.
pub fn foresee<T: Resource>(
    item: &T,
    now: Millis,
    limit: Millis,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Result<Millis, (Millis, Millis)> {
    let mut at = now;
    loop {
        if is_wanted(item.status_label(at)) {
            return Ok(at);
        }
        let next = item.progress_due(at);
        if next == NEVER || next > limit {
            return Err((at, next));
        }
        at = next;
    }
}

/// The last change that time alone brings to the resources of a collection that are under way: its instant, and the
/// resource. Beyond `limit` it is only known to be later.
pub fn last_change<T: Resource>(
    collection: &Collection<T>,
    now: Millis,
    limit: Millis,
) -> Option<(Millis, &Stored<T>)> {
    let ends = collection.timed().filter_map(|stored| {
        let mut last = stored.item.progress_due(now);
        if last == NEVER {
            return None;
        }
        while last <= limit {
            match stored.item.progress_due(last) {
                NEVER => break,
                next => last = next,
            }
        }
        Some((last, stored))
    });
    ends.max_by_key(|(last, _)| *last)
}
