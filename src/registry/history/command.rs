//! The commands of a world: everything that has changed it, as it is kept.

use std::borrow::Cow;

use axum::body::Bytes;
use serde::{Deserialize, Serialize};

use crate::http::faults::injection::FaultUse;
use crate::http::faults::rules::Fault;
use crate::http::json::{ValidationError, read_document};
use crate::http::observe::events::ResetTo;
use crate::http::replay::CommandHead;
use crate::registry::state::State;
use crate::sim::Millis;
use crate::sim::clock::Mode;
use crate::sim::scripts::Script;

/// A change of a world that was accepted. In its kept form a line of JSON, and behind that the body of a request.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command<'a> {
    /// A request to a service.
    #[serde(borrow)]
    Request(Box<CommandHead<'a>>),
    /// The clock, as it was when it had been set or had advanced.
    Clock {
        mode: Mode,
        pace: f64,
        /// The instant on the machine's clock.
        real: Millis,
    },
    /// A script with its id, behind those of its priority.
    AddScript(Box<Script>),
    /// A script in the place of the one with that id.
    ReplaceScript {
        id: String,
        script: Box<Script>,
    },
    RemoveScript(String),
    ClearScripts,
    /// A fault with its id, behind those of its priority.
    AddFault(Box<Fault>),
    /// The same for a fault that ends after a while.
    AddTimedFault {
        fault: Box<Fault>,
        /// The instant on the machine's clock.
        real: Millis,
    },
    /// A fault in the place of the one with that id.
    ReplaceFault {
        id: String,
        fault: Box<Fault>,
        /// The instant on the machine's clock, if the fault ends after a while.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        real: Option<Millis>,
    },
    RemoveFault(String),
    ClearFaults,
    /// A name for the place right after it.
    Snapshot(String),
    /// The end of a name.
    RemoveSnapshot(String),
    /// The counts of faults after a request that they matched.
    FaultUses(Vec<FaultUse>),
    /// A state in the place of the whole memory.
    Replace(Import),
    /// A state that was added.
    Merge(Import),
    Reset {
        to: ResetTo,
        places: Places,
        /// The instant at which the clock begins again.
        now: Millis,
        /// That instant on the machine's clock.
        real: Millis,
    },
    /// The world as it was before at that place of its past; what came between is gone.
    Rewind {
        command: u64,
        at: Millis,
        /// The instant on the machine's clock.
        real: Millis,
    },
}

/// A state that was imported.
#[derive(Debug, Serialize, Deserialize)]
pub struct Import {
    /// Absent where the world is kept as a whole from there on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Box<State>>,
    pub places: Places,
    /// The instant on the machine's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub real: Option<Millis>,
}

/// The places in the sequences of ids from which a command has drawn.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Places {
    pub ids: u64,
    pub request_ids: u64,
}

impl<'a> Command<'a> {
    /// The kept form.
    ///
    /// # Panics
    /// Never: the keys are strings.
    pub fn bytes(&self) -> Bytes {
        serde_json::to_vec(self)
            .expect("the keys are strings")
            .into()
    }

    /// Reads the kept form: the command, and the length of its line.
    pub fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), ValidationError> {
        let line_end = line_length(bytes);
        let line = &bytes[..line_end];
        let command = read_document("the command", line, &mut |_| {})?;
        Ok((command, bytes.get(line_end + 1..).unwrap_or_default()))
    }

    /// The last command that stays after a kept command that takes back later ones. Of most their first bytes tell that they
    /// do not.
    pub fn last_kept(bytes: &[u8]) -> Option<u64> {
        if !bytes.get(2..)?.starts_with(b"rewind\"") {
            return None;
        }
        match Command::read(bytes) {
            Ok((Command::Rewind { command, .. }, _)) => Some(command),
            _ => None,
        }
    }

    /// The instant on the machine's clock at which it was carried out, if that is kept.
    pub fn real(&self) -> Option<Millis> {
        match self {
            Self::Clock { real, .. }
            | Self::AddTimedFault { real, .. }
            | Self::Reset { real, .. }
            | Self::Rewind { real, .. } => Some(*real),
            Self::ReplaceFault { real, .. } => *real,
            Self::Replace(import) | Self::Merge(import) => import.real,
            _ => None,
        }
    }

    /// The word for it in a list.
    pub fn word(&self) -> Cow<'_, str> {
        match self {
            Self::Request(head) => Cow::Borrowed(&head.operation),
            Self::Clock { .. } => "SetClock".into(),
            Self::AddScript(_) => "AddScript".into(),
            Self::ReplaceScript { .. } => "ReplaceScript".into(),
            Self::RemoveScript(_) => "RemoveScript".into(),
            Self::ClearScripts => "ClearScripts".into(),
            Self::AddFault(_) | Self::AddTimedFault { .. } => "AddFault".into(),
            Self::ReplaceFault { .. } => "ReplaceFault".into(),
            Self::RemoveFault(_) => "RemoveFault".into(),
            Self::ClearFaults => "ClearFaults".into(),
            Self::Snapshot(_) => "AddSnapshot".into(),
            Self::RemoveSnapshot(_) => "RemoveSnapshot".into(),
            Self::FaultUses(_) => "UseFault".into(),
            Self::Replace(_) => "ReplaceState".into(),
            Self::Merge(_) => "MergeState".into(),
            Self::Reset { .. } => "Reset".into(),
            Self::Rewind { .. } => "Rewind".into(),
        }
    }
}

/// The length of the first line.
fn line_length(bytes: &[u8]) -> usize {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    end.unwrap_or(bytes.len())
}
