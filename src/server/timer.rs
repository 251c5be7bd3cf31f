//! The timer task, which lets an idle world keep up with its clock.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::registry::World;

/// How often a world for which something is due catches up at least, for the case that the machine's clock was set.
const EVERY: Duration = Duration::from_millis(500);

/// Catches up at each instant at which something is due, until `stop`. Reads and commands catch up by themselves;
/// this is for whoever only listens.
pub async fn tick(world: World, stop: CancellationToken) {
    loop {
        let due = world.catch_up_and_next_wait();
        tokio::select! {
            () = stop.cancelled() => break,
            () = world.earlier_timer() => {}
            () = tokio::time::sleep(due.unwrap_or_default().min(EVERY)), if due.is_some() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::registry::State;
    use crate::sim::clock::ClockUpdate;
    use crate::world::settings::Settings;

    #[test]
    fn a_ticker_hears_of_whatever_was_done_to_the_clock() {
        let settings = Settings {
            freeze: Some(0),
            ..Settings::default()
        };
        let world = World::new(settings, State::default()).unwrap();
        let heard = || world.earlier_timer().now_or_never().is_some();
        assert!(!heard());
        let faster = ClockUpdate {
            pace: Some(60.0),
            ..ClockUpdate::default()
        };
        world.set_clock(faster, &mut |_, _| {}).unwrap();
        assert!(heard(), "it was set");
        world.advance(1_000, &mut |_, _| {}).unwrap();
        assert!(heard(), "it was advanced");
        world.reset(false);
        assert!(heard(), "it was reset");
        assert!(!heard());
    }
}
