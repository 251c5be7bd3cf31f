//! The tone of a status: the colour that goes with its word.

use maud::{Markup, html};

use super::text::short;

/// A status as a service has it, and in words.
pub(super) type StatusWord = (&'static str, &'static str);

/// A status in words, which are those of the service if none are known.
pub(super) fn word_of<'a>(words: &[StatusWord], status: &'a str) -> &'a str {
    let mut words = words.iter();
    let known = words.find(|(known, _)| *known == status);
    known.map_or(status, |(_, word)| word)
}

/// The meaning of a status to somebody who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// It is as it should be.
    Done,
    /// Time moves it on.
    Runs,
    /// Somebody has to decide.
    Waits,
    Fails,
    /// It has not begun, or was ended.
    Idle,
}

/// The commands that answer a question of the resource.
const ANSWERS: [&str; 4] = ["approval", "approve", "handle_error", "manual_exec"];

impl Tone {
    /// The tone of a status in words. Upper case and lower case, hyphens and blanks are alike: the services differ.
    pub(super) fn of(word: &str) -> Self {
        let letters = word.chars().filter(char::is_ascii_alphanumeric);
        let letters: String = letters.map(|c| c.to_ascii_lowercase()).collect();
        match &*letters {
            "success" | "succeeded" | "passed" | "done" | "unstable" | "rollbacksucceed"
            | "rolledback" => Self::Done,
            "running" | "releasing" | "creating" | "deleting" | "upgrading" | "rollingback"
            | "stopping" | "restarting" | "aborting" | "retrying" | "uploading" | "prepare"
            | "queued" | "executing" => Self::Runs,
            "tobeapproved" | "pause" | "paused" | "blocked" | "debugbefore" | "debugafter" => {
                Self::Waits
            }
            "reject" | "denied" | "timeout" => Self::Fails,
            failed if failed.ends_with("failed") => Self::Fails,
            waits if waits.starts_with("waitfor") => Self::Waits,
            _ => Self::Idle,
        }
    }

    /// The tone of a resource: some that run wait for somebody, as their commands tell, and a mesh that runs needs nobody.
    pub(super) fn of_resource(kind: &str, word: &str, allowed: &[&str]) -> Self {
        if allowed.iter().any(|command| ANSWERS.contains(command)) {
            return Self::Waits;
        }
        match (kind, word) {
            ("mesh", "Running") => Self::Done,
            // Both versions take traffic until somebody decides.
            ("release", "Running") => Self::Waits,
            // It is in the queue; a step that waits has not begun.
            ("task", "waiting") => Self::Runs,
            // Somebody starts its jobs.
            (_, "executing") if allowed.contains(&"execute") => Self::Waits,
            _ => Self::of(word),
        }
    }

    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Runs => "runs",
            Self::Waits => "waits",
            Self::Fails => "fails",
            Self::Idle => "idle",
        }
    }

    /// A status word in its colour.
    pub(super) fn word(self, word: &str) -> Markup {
        html! { span.status-word.(self.class()) { (short(word)) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{State, World, family_names};
    use crate::world::settings::Settings;

    /// The statuses that call for nobody's attention.
    const IDLE: [&str; 12] = [
        "",
        "waiting",
        "CREATED",
        "ABORTED",
        "initialised",
        "skipped",
        "cancelled",
        "cancel",
        "planning",
        "finish_planning",
        "gone",
        "created",
    ];

    #[test]
    fn every_status_of_every_family_has_a_tone() {
        let world = World::new(Settings::default(), State::default()).unwrap();
        for family in family_names() {
            for (_, word) in world.read(|database, _| database.statuses(family)) {
                let is_idle = Tone::of(word) == Tone::Idle;
                assert_eq!(is_idle, IDLE.contains(&word), "{family}: {word}");
            }
        }
    }

    #[test]
    fn what_waits_for_an_answer_is_told_by_its_commands() {
        let of = |kind, word, allowed: &[&str]| Tone::of_resource(kind, word, allowed);
        assert_eq!(of("task", "running", &["cancel"]), Tone::Runs);
        assert_eq!(of("task", "running", &["cancel", "approve"]), Tone::Waits);
        assert_eq!(of("task", "waiting", &["cancel"]), Tone::Runs);
        assert_eq!(of("pipeline", "to be approved", &["stop"]), Tone::Waits);
        assert_eq!(of("mesh", "Running", &["delete"]), Tone::Done);
        assert_eq!(of("release", "Running", &["update"]), Tone::Waits);
        assert_eq!(of("plan", "CREATED", &["execute"]), Tone::Idle);
        assert_eq!(of("plan", "executing", &["execute"]), Tone::Waits);
    }
}
