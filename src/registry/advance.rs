//! Advances of the clock to a target: the next change, rest, or a status of a resource.

use super::database::{Database, Unknown};
use crate::sim::clock::InvalidInstant;
use crate::sim::outlook::{Missed, Outlook};
use crate::sim::time::{MAX_INSTANT, rfc3339};
use crate::sim::{Millis, NEVER};

/// The target of an advance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdvanceTarget {
    /// The next change of any resource.
    Next,
    /// Rest: time alone moves no run any more. Scheduled starts may be due.
    Idle,
    /// A status of a resource, as in transitions or in words.
    Status {
        family: String,
        id: String,
        status: String,
    },
}

/// The reason that an advance fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdvanceError {
    Clock(InvalidInstant),
    Unknown(Unknown),
    /// The resource can never have the status; the text says which it can.
    InvalidStatus(String),
    /// The target is not reached; the text says what is in the way, and where the clock stands.
    Unreached(String),
    /// The world was reset meanwhile.
    Reset,
}

impl From<InvalidInstant> for AdvanceError {
    fn from(invalid: InvalidInstant) -> Self {
        Self::Clock(invalid)
    }
}

/// The search for the instant at which a target holds, leg by leg: scheduled starts on the way may begin runs that were not
/// foreseen.
#[derive(Debug)]
pub(super) struct TargetSearch {
    target: AdvanceTarget,
    within: Millis,
    /// The last instant at which the target counts as reached.
    limit: Millis,
    /// The status in the words of transitions, once the first leg is known.
    wanted: Option<String>,
}

/// A leg that has been covered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leg {
    pub(super) from: Millis,
    pub(super) to: Millis,
    pub(super) n_transitions: u64,
}

impl TargetSearch {
    /// A search from `now` on, over at most `within`.
    pub(super) fn new(target: AdvanceTarget, within: Millis, now: Millis) -> Self {
        Self {
            target,
            within,
            limit: now.saturating_add(within).min(MAX_INSTANT),
            wanted: None,
        }
    }

    /// The last instant at which the target counts as reached.
    pub(super) fn limit(&self) -> Millis {
        self.limit
    }

    /// The end of the next leg, after the last one if there was any; `None` if the target holds.
    pub(super) fn next_leg(
        &mut self,
        database: &Database,
        now: Millis,
        last: Option<Leg>,
    ) -> Result<Option<Millis>, AdvanceError> {
        match self.target.clone() {
            AdvanceTarget::Next => self.leg_to_next(database, now, last),
            AdvanceTarget::Idle => self.leg_to_rest(database, now),
            AdvanceTarget::Status { family, id, status } => {
                self.leg_to_status(database, now, last, (&family, &id, &status))
            }
        }
    }

    fn leg_to_next(
        &self,
        database: &Database,
        now: Millis,
        last: Option<Leg>,
    ) -> Result<Option<Millis>, AdvanceError> {
        // A scheduled start that is skipped changes nothing.
        if last.is_some_and(|last| last.n_transitions > 0) {
            return Ok(None);
        }
        match database.next_due() {
            NEVER => Err(self.unreached(now, "no change comes by time alone")),
            due if due > self.limit => {
                let due = rfc3339(due);
                Err(self.unreached(now, &format!("the next change is due at {due}")))
            }
            due => Ok(Some(due)),
        }
    }

    fn leg_to_rest(
        &self,
        database: &Database,
        now: Millis,
    ) -> Result<Option<Millis>, AdvanceError> {
        let Some(busiest) = database.busiest(now, self.limit) else {
            return Ok(None);
        };
        if busiest.until > self.limit {
            let (family, id, name) = (busiest.family, busiest.id, busiest.name);
            let busy = format!("{family} {id}, named {name}, is under way for longer");
            return Err(self.unreached(now, &busy));
        }
        // Scheduled starts on the way may have begun other runs.
        Ok(Some(busiest.until))
    }

    fn leg_to_status(
        &mut self,
        database: &Database,
        now: Millis,
        last: Option<Leg>,
        (family, id, status): (&str, &str, &str),
    ) -> Result<Option<Millis>, AdvanceError> {
        let wanted = if let Some(wanted) = &self.wanted {
            wanted.clone()
        } else {
            let present = database.status_at(family, id, now);
            let present = present.map_err(AdvanceError::Unknown)?;
            wanted_status(database, family, status, &present)?
        };
        self.wanted = Some(wanted.clone());
        if let Some(last) = last {
            // It is gone if nothing is found.
            let reached = database.status_at(family, id, last.to);
            if reached.unwrap_or_default() == wanted || last.to <= last.from {
                return Ok(None);
            }
        }
        let outlook = database.outlook(family, id, now, self.limit, &wanted);
        match outlook.map_err(AdvanceError::Unknown)? {
            Outlook::Reached(at) => Ok(Some(at)),
            Outlook::Missed(missed) => {
                let in_the_way = in_the_way(&missed);
                let wanted = in_words(&wanted, &word(database, family, &wanted));
                Err(self.unreached(
                    now,
                    &format!("{family} {id} does not get the status {wanted}: {in_the_way}"),
                ))
            }
        }
    }

    fn unreached(&self, now: Millis, in_the_way: &str) -> AdvanceError {
        let (within, now) = (self.within, rfc3339(now));
        AdvanceError::Unreached(format!(
            "until: is not reached within {within} ms: {in_the_way}; the clock stands at {now}"
        ))
    }
}

/// The status that a text means. A resource may have one beyond the known ones from a fixture.
fn wanted_status(
    database: &Database,
    family: &str,
    text: &str,
    present: &str,
) -> Result<String, AdvanceError> {
    if text == present {
        return Ok(text.to_owned());
    }
    let known = database.statuses(family);
    let exact = known.iter().find(|(status, _)| *status == text);
    let meant = exact.or_else(|| {
        known
            .iter()
            .find(|(status, word)| [status, word].iter().any(|known| is_same(known, text)))
    });
    meant
        .map(|(status, _)| (*status).to_owned())
        .ok_or_else(|| {
            let known = known.iter().map(|(status, word)| in_words(status, word));
            let known = known.collect::<Vec<_>>().join(", ");
            AdvanceError::InvalidStatus(format!("must be one of {known}, not \"{text}\""))
        })
}

fn word(database: &Database, family: &str, status: &str) -> String {
    let known = database.statuses(family);
    let found = known.iter().find(|(known, _)| *known == status);
    found.map_or(status, |(_, word)| word).to_owned()
}

/// The reason that a resource does not get on.
fn in_the_way(missed: &Missed) -> String {
    let status = in_words(&missed.status, &missed.word);
    let at = rfc3339(missed.at);
    let mut text = format!("from {at} on it has the status {status}");
    if missed.next < NEVER {
        text.extend([", and its next change is due at ", &rfc3339(missed.next)]);
        return text;
    }
    text.push_str(", which time alone does not change");
    if !missed.gates.is_empty() {
        text.extend([", and waits for the approval of ", &missed.gates.join(", ")]);
    }
    if !missed.allowed.is_empty() {
        text.extend(["; it then allows ", &missed.allowed.join(", ")]);
    }
    text
}

/// A status with its meaning.
fn in_words(status: &str, word: &str) -> String {
    if status == word {
        status.to_owned()
    } else if status.is_empty() {
        word.to_owned()
    } else {
        format!("{status} ({word})")
    }
}

/// Compares two words without regard to case and to the marks between their parts.
fn is_same(known: &str, text: &str) -> bool {
    let letters = |text: &str| {
        let letters = text.chars().filter(|c| !matches!(c, ' ' | '_' | '-'));
        letters.flat_map(char::to_lowercase).collect::<String>()
    };
    let text = letters(text);
    !text.is_empty() && letters(known) == text
}
