//! Failures on purpose: scripts and faults with the words of the API, templates for common stories, and use counts.

mod form;
mod list;
mod templates;

pub(super) use form::{edit_fault, edit_script, new_fault, new_script};
pub(super) use list::show_failures;

/// A kind of rule.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It decides how work ends.
    Script,
    /// It breaks requests.
    Fault,
}

impl Kind {
    const fn noun(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::Fault => "fault",
        }
    }

    /// The path of the API.
    const fn api(self) -> &'static str {
        match self {
            Self::Script => "/_emulator/v1/scripts",
            Self::Fault => "/_emulator/v1/faults",
        }
    }

    /// The path of the form for a new one.
    const fn form(self) -> &'static str {
        match self {
            Self::Script => "/_emulator/failures/script",
            Self::Fault => "/_emulator/failures/fault",
        }
    }
}
