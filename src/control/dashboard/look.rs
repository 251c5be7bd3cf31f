//! The guided look: six stops of a few words each. A stop is a link, so it needs no script.

use maud::{Markup, html};

use crate::http::query::value_of;

/// A stop: the page with its target, and the words.
struct Stop {
    path: &'static str,
    /// The id of the element that is marked; empty: none.
    target: &'static str,
    words: &'static str,
}

const STOPS: [Stop; 6] = [
    Stop {
        path: "/_emulator/",
        target: "runs",
        words: "These releases are under way. Their time is virtual: at 10x, a minute passes in six seconds.",
    },
    Stop {
        path: "/_emulator/",
        target: "waits",
        words: "These wait for somebody. The pipeline payments stands at a gate until it is approved, however long that takes.",
    },
    Stop {
        path: "/_emulator/releases/pipelines/demo-payments",
        target: "commands",
        words: "A release has its whole life on a timeline. What is allowed now is a button, which sends the service's own request.",
    },
    Stop {
        path: "/_emulator/releases/plans/demo-autumn",
        target: "gantt",
        words: "This plan fails in its third batch, as a script has it. Move the clock to the next change, and execute it again.",
    },
    Stop {
        path: "/_emulator/requests",
        target: "journal",
        words: "Every request is here with its answer. A refused one tells why, and becomes an assertion or a fault in one click.",
    },
    Stop {
        path: "/_emulator/failures",
        target: "scripts",
        words: "Scripts and faults make work and requests fail, with their use counts. Point a client here and try your own.",
    },
];

/// The panel of the stop that the query of a page names; nothing without one.
pub(super) fn look(query: &str) -> Option<Markup> {
    let n: usize = value_of(query, "look")?.parse().ok()?;
    let place = n.checked_sub(1)?;
    let stop = STOPS.get(place)?;
    let url = |place: usize| STOPS.get(place).map(|stop| url(place + 1, stop));
    Some(html! {
        aside.look id="look" aria-label="Guided look" data-keep {
            p.words { b { (n) " of " (STOPS.len()) } " " (stop.words) }
            p.actions {
                @if let Some(back) = place.checked_sub(1).and_then(url) { a.button id="look-back" href=(back) { "Back" } }
                @match url(place + 1) {
                    Some(next) => { a.button.primary id="look-next" href=(next) { "Next" } }
                    None => { a.button.primary id="look-next" href="/_emulator/" { "Done" } }
                }
                a.button id="look-end" href=(stop.path) { "End the look" }
                span.hint { kbd { "←" } " " kbd { "→" } " " kbd { "Esc" } }
            }
        }
    })
}

fn url(n: usize, stop: &Stop) -> String {
    format!("{}?look={n}#{}", stop.path, stop.target)
}
