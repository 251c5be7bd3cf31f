//! Places in the past of a world.

use serde::Serialize;

use crate::sim::{Millis, time};

/// The past as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Past {
    /// The latest place at that instant.
    At(Millis),
    /// The place at that instant in front of its commands.
    Before(Millis),
    /// The place right after a command.
    Command(u64),
    /// A place that was found before.
    Place(Place),
}

/// A place in the past: an instant, and the last command that came before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = PlaceInHistory))]
pub struct Place {
    /// The number of the last command; 0: there was none.
    pub command: u64,
    /// The instant, RFC 3339 in UTC.
    #[serde(serialize_with = "time::serialize")]
    #[cfg_attr(test, schema(value_type = String))]
    pub at: Millis,
}

/// A place in the history with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPlace {
    pub name: String,
    pub place: Place,
}

/// The reason that a place in the past cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PastError {
    /// The world keeps no history.
    #[error("this world keeps no history (--history-bytes 0)")]
    Off,
    /// It has fallen out of the history.
    #[error("the history goes back to {at}, after command {command}; what was before has been dropped (--history-bytes)", at = time::rfc3339(.0.at), command = .0.command)]
    Gone(Place),
    /// The world did not exist yet.
    #[error("the world begins at {}", time::rfc3339(.0.at))]
    BeforeBeginning(Place),
    /// It is yet to come.
    #[error("it is {} in this world; the future cannot be shown", time::rfc3339(*.0))]
    Future(Millis),
    /// No command has the number.
    #[error("there is no command {0}; the last one is {1}")]
    NoCommand(u64, u64),
    /// A kept command cannot be replayed.
    #[error("command {0} cannot be replayed")]
    Broken(u64),
}
