//! The past of an emulator: copies of it as it is or was, and the way back.

use std::net::Ipv4Addr;

use super::{ClockInstant, Emulator, StartError, threads};
use crate::app::app_with_host;
use crate::control::replay_router;
use crate::http::problem::Problem;
use crate::registry::World;
use crate::registry::history::past::{Past, PastError};
use crate::server::listeners::{ListenEndpoint, Listeners};
use crate::server::worlds::{Limits, WorldServer};

/// The reason that an emulator is not copied, or does not go back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The text is not an instant.
    #[error("{0}")]
    Instant(String),
    /// The instant is yet to come, or lies before the earliest that can be reached; the text says which.
    #[error("{0}")]
    Unreachable(String),
    /// The copy did not start.
    #[error(transparent)]
    Start(#[from] StartError),
}

impl From<PastError> for HistoryError {
    fn from(error: PastError) -> Self {
        Self::Unreachable(Problem::from(error).to_string())
    }
}

impl Emulator {
    /// Starts a copy of it as it is now, with its resources, ids, scripts, faults and clock. From then on each goes its own
    /// way. The copy serves from a thread of its own.
    ///
    /// ```
    /// # use release_emulator::Emulator;
    /// use std::time::Duration;
    ///
    /// let emulator = Emulator::builder().freeze("2030-01-01T12:00:00Z").start_blocking()?;
    /// let copy = emulator.fork()?;
    /// copy.clock().advance(Duration::from_secs(60))?;
    /// assert!(emulator.clock().now() < copy.clock().now());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fork(&self) -> Result<Self, HistoryError> {
        serve(self.world().fork())
    }

    /// Starts a copy of it as it was at an instant, after everything that was done at that instant.
    pub fn at(&self, at: impl Into<ClockInstant>) -> Result<Self, HistoryError> {
        serve(self.world().fork_at(past(at.into())?, replay_router)?)
    }

    /// Goes back to an instant, and drops what was done later. Returns the number of dropped commands.
    pub fn rewind(&self, to: impl Into<ClockInstant>) -> Result<u64, HistoryError> {
        let rewound = self.world().rewind(past(to.into())?, replay_router)?;
        Ok(rewound.dropped)
    }
}

fn past(at: ClockInstant) -> Result<Past, HistoryError> {
    at.millis().map(Past::At).map_err(HistoryError::Instant)
}

fn serve(world: World) -> Result<Emulator, HistoryError> {
    // Bound on the thread that serves, whose runtime the listeners belong to.
    let start = move || {
        let loopback = ListenEndpoint::new([Ipv4Addr::LOCALHOST.into()], 0);
        let listeners = Listeners::bind(&[loopback]);
        let listeners = listeners.map_err(|error| StartError::Listen(error.cause))?;
        world.open();
        WorldServer::start(world, listeners, Limits::default(), app_with_host, None)
            .map_err(StartError::Listen)
    };
    let (host, thread) = threads::start(start).map_err(StartError::Thread)??;
    Ok(Emulator::new(host, Some(thread)))
}
