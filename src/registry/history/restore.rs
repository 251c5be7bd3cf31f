//! A world that goes on from a base and the commands since, as they were stored outside of the process.

use std::sync::atomic::Ordering;

use hyper_util::service::TowerToHyperService;

use super::command::Command;
use super::log::LoggedCommand;
use super::past::PastError;
use super::replay::ReplayRouter;
use crate::registry::state::State;
use crate::registry::world::World;
use crate::sim::Millis;
use crate::sim::clock::{Clock, ClockReading, system_now};
use crate::sim::pack::UnpackError;
use crate::world::settings::Settings;

/// A world at an instant, as it was stored.
#[derive(Debug)]
pub struct RestoredBase<'a> {
    /// The number of the last command before it.
    pub number: u64,
    pub at: Millis,
    /// The instant on the machine's clock.
    pub real: Millis,
    pub image: &'a [u8],
}

/// The reason that a world cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The base is no image of a world.
    #[error("its base cannot be read: {0}")]
    Base(#[from] UnpackError),
    #[error("{0}")]
    Command(#[from] PastError),
}

/// The course of the clock while commands are restored.
struct ClockCourse {
    reading: ClockReading,
    /// The instant on the machine's clock at which it was last set to its reading.
    real: Millis,
}

impl ClockCourse {
    /// Notes that a command has set the clock.
    fn note(&mut self, command: &Command, at: Millis) {
        let (now, real) = match command {
            Command::Clock { real, .. } | Command::Rewind { real, .. } => (at, *real),
            Command::Reset { now, real, .. } => (*now, *real),
            _ => return,
        };
        (self.reading.now, self.real) = (now, real);
    }

    /// The present instant. A clock that runs has gone on.
    fn now(&self) -> Millis {
        let elapsed = (system_now() - self.real).max(0);
        self.reading.after(elapsed)
    }
}

impl World {
    /// A world that goes on from a base and the commands since, which are its history. A clock that runs has gone on
    /// meanwhile. It blocks the thread.
    pub fn restore(
        settings: Settings,
        fixtures: State,
        base: &RestoredBase,
        commands: Vec<LoggedCommand>,
        router: ReplayRouter,
    ) -> Result<Self, RestoreError> {
        let world = Self::from_image(settings, fixtures, base.image)?;
        let engine = &world.0.engine;
        let history = &engine.history;
        let reading = ClockReading {
            now: base.at,
            ..world.clock()
        };
        let mut clock_course = ClockCourse {
            reading,
            real: base.real,
        };
        engine.exclusively(|database| {
            engine.begin_anew(&Clock::frozen(base.at, reading.pace));
            history.log().count_from(base.number);
            history.begin_at(database, reading);
        });
        let service = TowerToHyperService::new(router(&world));
        let mut latest = base.at;
        for logged in without_dropped(commands) {
            let broken = || PastError::Broken(logged.number);
            let (command, body) = logged.read().ok_or_else(broken)?;
            let at = match &command {
                // Of all that was dropped, none has moved the clock.
                Command::Rewind { at, .. } => *at,
                _ => logged.at,
            };
            latest = latest.max(at);
            world.reach(latest);
            clock_course.note(&command, latest);
            let is_anew = matches!(command, Command::Reset { .. } | Command::Rewind { .. });
            let reading = &mut clock_course.reading;
            world
                .run_again(&service, command, body, reading)
                .ok_or_else(broken)?;
            let end = latest;
            if is_anew {
                latest = clock_course.reading.now;
            }
            let reading = ClockReading {
                now: latest,
                ..clock_course.reading
            };
            engine.exclusively(|database| {
                // The numbers of dropped commands are not used again.
                history.log().count_from(logged.number - 1);
                history.log().push(end, logged.bytes);
                if is_anew {
                    history.log().begin_stretch(latest, end);
                }
                if is_anew || history.log().is_due(|| database.n_resources()) {
                    history.begin_at(database, reading);
                }
            });
        }
        world.recorder().faults.replay_at(None);
        let now = clock_course.now().max(latest);
        world.reach(now);
        engine.exclusively(|_| {
            let reading = clock_course.reading;
            engine.begin_anew(&Clock::new(ClockReading { now, ..reading }));
            // The events of a replay belong to nobody.
            world.recorder().forget();
            history.has_started.store(true, Ordering::Release);
        });
        Ok(world)
    }
}

/// The commands without those that a rewind has dropped.
fn without_dropped(commands: Vec<LoggedCommand>) -> Vec<LoggedCommand> {
    let mut kept: Vec<LoggedCommand> = Vec::with_capacity(commands.len());
    for command in commands {
        if let Some(last_kept) = Command::last_kept(&command.bytes) {
            let n = kept.partition_point(|other| other.number <= last_kept);
            kept.truncate(n);
        }
        kept.push(command);
    }
    kept
}
