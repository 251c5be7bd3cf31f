//! The tone of a status: the colour that goes with its word.

use maud::{Markup, html};

use super::text::short;

/// What a status means to somebody who looks.
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
            "success" | "succeeded" | "succeed" | "passed" | "done" | "unstable"
            | "rollbacksucceed" | "rolledback" => Self::Done,
            "running" | "releasing" | "creating" | "deleting" | "upgrading" | "rollingback"
            | "stopping" | "restarting" | "aborting" | "retrying" | "pushing" | "prepare"
            | "queued" | "waiting" | "created4" | "executing" | "distributing" => Self::Runs,
            "tobeapproved"
            | "waitforapproval"
            | "waitforapprove"
            | "pause"
            | "paused"
            | "waitforhandleerror"
            | "waitformanualerrorhandling"
            | "blocked"
            | "debugbefore"
            | "debugafter"
            | "timeoutforwindow"
            | "waitforexternalcheck" => Self::Waits,
            "failed"
            | "fail"
            | "error"
            | "timeout"
            | "reject"
            | "denied"
            | "createfailed"
            | "deletefailed"
            | "upgradefailed"
            | "rollbackfailed"
            | "partiallyfailed"
            | "approvaldenied"
            | "externalcheckfailed"
            | "outofwindow" => Self::Fails,
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
