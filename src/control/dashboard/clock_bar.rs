//! The clock of the world, with a hand on it.

use maud::{Markup, html};
use serde_json::json;

use super::text::{instant, words};
use crate::registry::World;
use crate::sim::clock::Mode;
use crate::sim::time::rfc3339;

const CLOCK: &str = "PUT /_emulator/v1/clock";
const ADVANCE: &str = "POST /_emulator/v1/clock/advance";

/// The lengths by which a button moves the clock.
const LENGTHS: [(i64, &str); 3] = [(1_000, "+1 s"), (60_000, "+1 min"), (3_600_000, "+1 h")];

/// The paces to choose from.
const PACES: [&str; 7] = ["0.1", "1", "10", "60", "600", "3600", "86400"];

/// The clock as every page shows it.
pub(super) fn clock_bar(world: &World, name: &str) -> Markup {
    // A clock stops before a timer that has not fired.
    let reading = world.read(|_, _| world.clock());
    let is_frozen = reading.mode == Mode::Frozen;
    let (mode, turned, verb) = if is_frozen {
        ("frozen", "running", "Run")
    } else {
        ("running", "frozen", "Freeze")
    };
    let behind = world.behind();
    let target = world
        .course_under_way()
        .and_then(|progress| progress.target());
    let pace = reading.pace.to_string();
    let own_pace = (!PACES.contains(&&*pace)).then_some(&*pace);
    html! {
        div.clock id="clock" data-live role="group" aria-label="Virtual clock" {
            span.now data-now=(reading.now) data-mode=(mode) data-pace=(reading.pace) { (instant(reading.now)) }
            // A word in the middle begins elsewhere than another one, so it is a new element; the button keeps its focus.
            span.mode.{ (mode) } { span data-key=(mode) { (mode) } }
            button.main data-send=(CLOCK) data-body=(json!({ "mode": turned })) data-done={ "The clock is " (turned) } { span data-key=(verb) { (verb) } }
            form.pace data-send=(CLOCK) data-done="The pace is set" {
                label for="pace" { "Pace" }
                select id="pace" name="pace" data-type="number" data-submit {
                    @for known in own_pace.into_iter().chain(PACES) {
                        option value=(known) selected[known == pace] { (known) "×" }
                    }
                }
            }
            span.steps {
                @for (ms, label) in LENGTHS {
                    button data-send=(ADVANCE) data-body=(json!({ "ms": ms })) data-done="It is {now}" { (label) }
                }
                button data-send=(ADVANCE) data-body=(json!({ "until": "next" })) data-done="It is {now}"
                    title="Moves the clock to the next change of any resource" { "To the next change" }
                button data-send=(ADVANCE) data-body=(json!({ "until": "idle" })) data-done="It is {now}"
                    title="Moves the clock until time alone changes nothing more" { "Until idle" }
            }
            span.forks {
                button data-send="POST /_emulator/v1/worlds" data-body=(json!({ "from": name })) data-done="Forked as the world {name}: {url}/_emulator/"
                    title="Opens a copy of this world, on a port of its own" { "Fork here" }
                a.button href="/_emulator/#snapshots" { "Go back…" }
            }
            @if let Some(target) = target { span.hint { "Moving to " (rfc3339(target)) "…" } }
            @if behind > 0 { span.hint { "It has fallen behind by " (words(behind)) "." } }
        }
    }
}
