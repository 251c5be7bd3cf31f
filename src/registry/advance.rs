//! Advances of the clock to a target: the next change, rest, or a status of a resource.

use super::Database;
use super::World;
use super::database::Unknown;
use super::world::OnTransition;
use crate::sim::clock::{ClockReading, ClockUpdate, InvalidInstant};
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
}

impl From<InvalidInstant> for AdvanceError {
    fn from(invalid: InvalidInstant) -> Self {
        Self::Clock(invalid)
    }
}

/// An advance under the lock of the world.
struct Drive<'a> {
    world: &'a World,
    database: &'a mut Database,
    within: Millis,
    /// The last instant at which the target counts as reached.
    limit: Millis,
    on_transition: OnTransition<'a>,
}

impl World {
    /// Moves the clock forward until a target is reached, at most by `within`, passing the transitions on the way to
    /// `on_transition`. If it can be foreseen that the target is not reached, nothing changes; runs that scheduled starts
    /// begin on the way are not foreseen.
    pub fn advance_until(
        &self,
        target: &AdvanceTarget,
        within: Millis,
        on_transition: OnTransition,
    ) -> Result<ClockReading, AdvanceError> {
        self.locked(|database| {
            let now = self.clock().now;
            self.catch_up(database, now, &mut |_| {});
            let mut drive = Drive {
                world: self,
                database,
                within,
                limit: now.saturating_add(within).min(MAX_INSTANT),
                on_transition,
            };
            match target {
                AdvanceTarget::Next => drive.reach_next(),
                AdvanceTarget::Idle => drive.reach_rest(),
                AdvanceTarget::Status { family, id, status } => {
                    drive.reach_status(family, id, status)
                }
            }
        })
    }
}

impl Drive<'_> {
    fn now(&self) -> Millis {
        self.world.clock().now
    }

    /// Moves the clock to an instant, and returns the number of transitions on the way.
    fn go_to(&mut self, at: Millis) -> Result<usize, AdvanceError> {
        let update = ClockUpdate {
            by: at.saturating_sub(self.now()).max(0),
            ..ClockUpdate::default()
        };
        let mut n_transitions = 0;
        self.world
            .move_clock(self.database, update, &mut |transition| {
                n_transitions += 1;
                (self.on_transition)(transition);
            })?;
        Ok(n_transitions)
    }

    fn reach_next(&mut self) -> Result<ClockReading, AdvanceError> {
        loop {
            let due = self.database.next_due();
            if due == NEVER {
                return Err(self.unreached("no change comes by time alone"));
            }
            if due > self.limit {
                let due = rfc3339(due);
                return Err(self.unreached(&format!("the next change is due at {due}")));
            }
            // A scheduled start that is skipped changes nothing.
            if self.go_to(due)? > 0 {
                return Ok(self.world.clock());
            }
        }
    }

    fn reach_rest(&mut self) -> Result<ClockReading, AdvanceError> {
        while let Some(busiest) = self.database.busiest(self.now(), self.limit) {
            if busiest.until > self.limit {
                let (family, id, name) = (busiest.family, busiest.id, busiest.name);
                let busy = format!("{family} {id}, named {name}, is under way for longer");
                return Err(self.unreached(&busy));
            }
            // Scheduled starts on the way may have begun other runs.
            self.go_to(busiest.until)?;
        }
        Ok(self.world.clock())
    }

    fn reach_status(
        &mut self,
        family: &str,
        id: &str,
        status: &str,
    ) -> Result<ClockReading, AdvanceError> {
        let now = self.now();
        let present = self.database.status_at(family, id, now);
        let present = present.map_err(AdvanceError::Unknown)?;
        let wanted = self.wanted(family, status, &present)?;
        loop {
            let now = self.now();
            let outlook = self.database.outlook(family, id, now, self.limit, &wanted);
            let at = match outlook.map_err(AdvanceError::Unknown)? {
                Outlook::Reached(at) => at,
                Outlook::Missed(missed) => {
                    let in_the_way = in_the_way(&missed);
                    let wanted = in_words(&wanted, &self.word(family, &wanted));
                    return Err(self.unreached(&format!(
                        "{family} {id} does not get the status {wanted}: {in_the_way}"
                    )));
                }
            };
            self.go_to(at)?;
            // It is gone if nothing is found.
            let reached = self.database.status_at(family, id, at);
            if reached.unwrap_or_default() == wanted || at <= now {
                return Ok(self.world.clock());
            }
        }
    }

    /// The status that a text means. A resource may have one beyond the known ones from a fixture.
    fn wanted(&self, family: &str, text: &str, present: &str) -> Result<String, AdvanceError> {
        if text == present {
            return Ok(text.to_owned());
        }
        let known = self.database.statuses(family);
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

    fn word(&self, family: &str, status: &str) -> String {
        let known = self.database.statuses(family);
        let found = known.iter().find(|(known, _)| *known == status);
        found.map_or(status, |(_, word)| word).to_owned()
    }

    fn unreached(&self, in_the_way: &str) -> AdvanceError {
        let (within, now) = (self.within, rfc3339(self.now()));
        AdvanceError::Unreached(format!(
            "until: is not reached within {within} ms: {in_the_way}; the clock stands at {now}"
        ))
    }
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
