//! The timer task, which keeps an idle world in step with its clock.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::registry::{Wait, World};

/// The longest wait before a pending timer is checked again, in case the machine's clock was set.
const EVERY: Duration = Duration::from_millis(500);

/// Fires every timer when it is due, until `stop`. Reads and commands do the same; this task is for clients that only
/// listen to events.
pub async fn tick(world: World, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let wait = match world.tick() {
            Wait::None => {
                world.let_others_in().await;
                continue;
            }
            Wait::For(wait) => wait.min(EVERY),
            Wait::Forever => Duration::MAX,
        };
        tokio::select! {
            () = stop.cancelled() => break,
            () = world.earlier_timer() => {}
            () = tokio::time::sleep(wait), if wait < Duration::MAX => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::http::observe::events::ResetTo;
    use crate::registry::State;
    use crate::sim::clock::ClockUpdate;
    use crate::world::settings::Settings;

    #[test]
    fn every_change_of_the_clock_wakes_the_timer_task() {
        let settings = Settings {
            freeze: Some(0),
            ..Settings::default()
        };
        let world = World::new(settings, State::default()).unwrap();
        let is_woken = || world.earlier_timer().now_or_never().is_some();
        assert!(!is_woken());
        let faster = ClockUpdate {
            pace: Some(60.0),
            ..ClockUpdate::default()
        };
        world.set_clock(faster, &mut |_| {}).unwrap();
        assert!(is_woken(), "it was set");
        world.advance(1_000, &mut |_| {}).unwrap();
        assert!(is_woken(), "it was advanced");
        world.reset(ResetTo::Fixtures);
        assert!(is_woken(), "it was reset");
        assert!(!is_woken());
    }
}
