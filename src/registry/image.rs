//! The image of a world: everything that its future depends on, as bytes. Unlike an export it has the histories, the scripts
//! and faults with their uses, the clock, and the places in all sequences of ids.
//!
//! Webhooks, journal and events tell others of a world. They are no part of it.

use super::database::Database;
use super::state::State;
use super::world::World;
use crate::sim::Millis;
use crate::sim::clock::{Clock, ClockReading};
use crate::sim::pack::{Pack, Packer, UnpackError, Unpacker};
use crate::world::settings::Settings;

impl World {
    /// The image of the world as it is. The memory is copied under the lock, which is fast, and written afterwards.
    pub fn image(&self) -> Vec<u8> {
        self.image_with(|_| ()).0
    }

    /// The image, and what `note` returns, which is called with the instant under the lock, before the copy is made.
    pub(super) fn image_with<R>(&self, note: impl FnOnce(Millis) -> R) -> (Vec<u8>, R) {
        let services = &self.0.services;
        let mut packer = Packer::new();
        let (database, noted) = self.read(|database, now| {
            let noted = note(now);
            ClockReading {
                now,
                ..self.clock()
            }
            .pack(&mut packer);
            for ids in [&services.ids, &services.token_ids, &services.request_ids] {
                ids.pack(&mut packer);
            }
            self.recorder().faults.pack(&mut packer);
            (database.clone(), noted)
        });
        database.pack(&mut packer);
        (packer.into_bytes(), noted)
    }

    /// A world from an image, which goes on where that one was. It is not open to callers yet. A reset restores `fixtures`.
    pub fn from_image(
        settings: Settings,
        fixtures: State,
        image: &[u8],
    ) -> Result<Self, UnpackError> {
        let mut unpacker = Unpacker::new(image)?;
        let reading = ClockReading::unpack(&mut unpacker)?;
        let world = Self::empty(settings, fixtures);
        let services = &world.0.services;
        for ids in [&services.ids, &services.token_ids, &services.request_ids] {
            ids.unpack(&mut unpacker)?;
        }
        world.recorder().faults.unpack(&mut unpacker)?;
        let mut fresh = Database::unpack(&services.settings, &mut unpacker)?;
        unpacker.end()?;
        world.0.engine.exclusively(|database| {
            world.0.engine.begin_anew(&Clock::new(reading));
            std::mem::swap(database, &mut fresh);
            world.note_secrets(database);
        });
        Ok(world)
    }
}
