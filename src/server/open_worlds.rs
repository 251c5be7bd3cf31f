//! The list of the worlds that are open, and the reasons against another one.

use std::sync::Arc;

use indexmap::IndexMap;
use tokio_util::sync::CancellationToken;

use super::ports::BindError;
use crate::http::observe::Recorder;
use crate::http::observe::events::{WorldChange, WorldChangeKind, WorldEvent};
use crate::registry::World;
use crate::registry::durable::DurableError;

/// The name of the first world.
pub const MAIN: &str = "main";

/// The reason a world was not opened, or not closed.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// A world of that name is open.
    #[error("\"{0}\" is already used by a world")]
    Taken(String),
    /// The limit is reached.
    #[error("there are {0} worlds including the first, the limit of --max-worlds; delete one")]
    TooMany(usize),
    /// No port could be bound.
    #[error("no port is left for another world (tried {tried}: {cause})")]
    NoPort {
        tried: String,
        /// The reason the last of them was not bound.
        cause: std::io::Error,
    },
    /// The process has no file descriptor left.
    #[error(
        "no file descriptor is left for another world ({0}); close connections or worlds, or raise `ulimit -n`"
    )]
    NoFile(std::io::Error),
    /// The disk takes no further world.
    #[error("the world cannot be kept on disk: {0}")]
    NotKept(DurableError),
    /// No world of that name is open.
    #[error("there is no world {0}")]
    Unknown(String),
    /// The first world cannot be closed.
    #[error("the world {MAIN} cannot be closed; it ends with the process")]
    First,
}

impl From<BindError> for WorldError {
    fn from(error: BindError) -> Self {
        match error {
            BindError::NoPort { tried, cause } => Self::NoPort { tried, cause },
            BindError::NoFile(cause) => Self::NoFile(cause),
        }
    }
}

/// An open world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorldInfo {
    /// Its name.
    pub name: String,
    pub port: u16,
    /// The port for TLS, if the process speaks it.
    pub tls_port: Option<u16>,
}

/// The worlds by their names.
#[derive(Default)]
pub(super) struct OpenWorlds {
    /// A world keeps its name and counts until it has closed.
    pub(super) open: IndexMap<String, OpenWorld>,
    n_named: u64,
    /// The port of the range that was bound last. The next one follows it, so that a late client of a closed world
    /// does not reach another world.
    pub(super) last_port: Option<u16>,
}

/// A world that is served.
pub(super) struct OpenWorld {
    pub(super) info: WorldInfo,
    /// None once it closes, so that its memory is freed apart.
    pub(super) world: Option<World>,
    pub(super) recorder: Arc<Recorder>,
    pub(super) stop: CancellationToken,
    pub(super) closed: CancellationToken,
}

impl OpenWorlds {
    /// Tells the open worlds of a change to the list of worlds.
    pub(super) fn tell(&self, change: WorldChangeKind, name: &str) {
        for open in self.open.values() {
            let name = name.to_owned();
            let event = WorldEvent::World(WorldChange { change, name });
            open.recorder.events.add(event);
        }
    }

    pub(super) fn get(&self, name: &str) -> Result<&OpenWorld, WorldError> {
        let open = self.open.get(name).filter(|open| open.is_open());
        open.ok_or_else(|| WorldError::Unknown(name.to_owned()))
    }

    pub(super) fn generate_name(&mut self) -> String {
        loop {
            self.n_named += 1;
            let name = format!("w{}", self.n_named);
            if !self.open.contains_key(&name) {
                return name;
            }
        }
    }
}

impl OpenWorld {
    pub(super) fn is_open(&self) -> bool {
        !self.stop.is_cancelled()
    }
}
