//! A world at a place of its log, in memory.

use super::past::Place;
use crate::http::faults::injection::FaultsCopy;
use crate::registry::database::Database;
use crate::sim::clock::ClockReading;
use crate::sim::ids::Ids;
use crate::world::handle::Services;

/// The approximate size of the indexes of a copy for each resource, which the copy does not share.
const OF_RESOURCE: usize = 128;

/// Everything that the future of a world depends on. A copy shares the resources with the world.
#[derive(Debug)]
pub(super) struct Checkpoint {
    /// The number of the last command before it.
    pub number: u64,
    /// The clock; its instant is that of the memory.
    pub reading: ClockReading,
    pub database: Database,
    /// The resource ids, the tokens and the request ids.
    pub places: [Ids; 3],
    pub faults: FaultsCopy,
    /// The approximate size of what it does not share with the world.
    pub size: usize,
}

impl Checkpoint {
    pub(super) fn new(
        number: u64,
        database: &Database,
        services: &Services,
        reading: ClockReading,
    ) -> Self {
        Self {
            number,
            reading,
            database: database.clone(),
            places: [
                services.ids.fork(),
                services.token_ids.fork(),
                services.request_ids.fork(),
            ],
            faults: services.recorder.faults.copy(),
            // Rules and identities are copied as a whole.
            size: size_of::<Self>()
                + database.n_resources() * OF_RESOURCE
                + database.shared.scripts.bytes()
                + database.shared.identities.bytes()
                + services.recorder.faults.bytes(),
        }
    }

    /// A copy, which shares the resources too.
    pub(super) fn copy(&self) -> Self {
        Self {
            database: self.database.clone(),
            places: [0, 1, 2].map(|n| self.places[n].fork()),
            faults: self.faults.clone(),
            ..*self
        }
    }

    pub(super) fn place(&self) -> Place {
        Place {
            command: self.number,
            at: self.reading.now,
        }
    }
}
