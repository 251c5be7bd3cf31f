//! The chart of a resource's life: a list of rows with their statuses in words, and the bars beside it as a drawing.
//!
//! The drawing is in milliseconds since the first bar, and stretched to the width that there is. So the script zooms by one
//! attribute, however many bars there are.

use std::fmt::Write;

use maud::{Markup, PreEscaped, html};
use serde_json::json;

use super::bars::{Bar, BarKind, Row, RowKind, range};
use crate::control::dashboard::text::{counted, shortened};
use crate::sim::Millis;

/// The height of a row, as in the style sheet.
const ROW: usize = 24;

/// The most rows that are drawn.
const MOST_ROWS: usize = 600;

/// The button that sets the world back to the chosen instant.
pub(super) const GO_BACK: &str = "go-back";

/// The button that forks the world at the chosen instant.
pub(super) const FORK: &str = "fork";

/// The most characters of a name.
pub(super) const NAME: usize = 60;

/// The chart.
pub(super) fn chart(rows: &[Row], now: Millis) -> Markup {
    let drawn = &rows[..rows.len().min(MOST_ROWS)];
    let (first, last) = range(drawn, now);
    // Room at both sides, so that the line of the present is seen.
    let margin = ((last - first) / 40).max(1);
    let (origin, span) = (first - margin, last - first + 2 * margin);
    let height = drawn.len() * ROW;
    html! {
        div.zoom.actions {
            button type="button" data-zoom="in" title="Zoom in (+)" { "+" }
            button type="button" data-zoom="out" title="Zoom out (-)" { "−" }
            button type="button" data-zoom="all" title="Show everything (0)" { "All" }
            button type="button" data-zoom="now" title="Go to the present (n)" { "Now" }
            small { kbd { "+" } " " kbd { "−" } " zoom, " kbd { "←" } " " kbd { "→" } " move, " kbd { "0" } " shows everything; the wheel with " kbd { "Ctrl" } " zooms; a click, " kbd { "," } " or " kbd { "." } " chooses an instant" }
        }
        div.gantt id="gantt" data-live tabindex="0" role="group" aria-label="Timeline: zoom with plus and minus, move with the arrows, choose an instant with comma and full stop" {
            div.labels {
                div.axis-label { "Virtual time (UTC)" }
                ol id="gantt-rows" {
                    @for row in drawn { (label(row)) }
                }
            }
            div.plot {
                svg.axis id="gantt-axis" data-keep height="28" aria-hidden="true" {}
                svg.bars id="gantt-bars" data-origin=(origin) data-span=(span) viewBox={ "0 0 " (span) " " (height) }
                    preserveAspectRatio="none" height=(height) role="img" aria-label="The bars of the rows beside; their statuses are in the list" {
                    (PreEscaped(drawing(drawn, origin, now, height)))
                }
            }
        }
        @if rows.len() > MOST_ROWS { p.more { (counted(rows.len() - MOST_ROWS, "more row", "more rows")) } }
        p.legend {
            span.key.runs { "running" } span.key.done { "succeeded" } span.key.waits { "waiting for somebody" }
            span.key.fails { "failed" } span.key.foreseen { "foreseen" } span.key.now { "now" }
        }
    }
}

/// The ways to the instant that is chosen in the chart. The script puts it into them.
pub(super) fn moment(world: &str) -> Markup {
    html! {
        p.moment.actions id="moment" hidden {
            span { "At " time {} ":" }
            button id=(GO_BACK) data-instant="to" data-send="POST /_emulator/v1/clock/rewind" data-body="{}"
                data-confirm="Go back to this instant? Everything later in this world is dropped." data-done="It is {now} again" { "Go back to here" }
            button id=(FORK) data-instant="at" data-send="POST /_emulator/v1/worlds" data-body=(json!({ "from": world }))
                data-done="Forked as the world {name}: {url}/_emulator/" { "Fork here" }
        }
    }
}

fn label(row: &Row) -> Markup {
    let name = shortened(&row.name, NAME);
    let status = html! { i.(row.tone.class()) { (row.word) } };
    html! {
        @match row.kind {
            RowKind::Group => li.group { bdi { (name) } },
            RowKind::Whole => li.whole { bdi { (name) } (status) },
            RowKind::Step => li { bdi { (name) } (status) },
        }
    }
}

/// The bars, which have no texts of users.
fn drawing(rows: &[Row], origin: Millis, now: Millis, height: usize) -> String {
    let mut text = String::with_capacity(rows.len() * 80);
    for (position, row) in rows.iter().enumerate() {
        let is_group = row.kind == RowKind::Group;
        let y = position * ROW + if is_group { 9 } else { 5 };
        for bar in &row.bars {
            push_bar(&mut text, bar, (y, is_group), origin, now);
        }
    }
    let now = now - origin;
    // Last, so that it is in front.
    let _ = write!(
        text,
        "<line id=\"gantt-now\" class=\"now\" x1=\"{now}\" x2=\"{now}\" y1=\"0\" y2=\"{height}\"/>"
    );
    text
}

fn push_bar(
    text: &mut String,
    bar: &Bar,
    (y, is_group): (usize, bool),
    origin: Millis,
    now: Millis,
) {
    let class = match bar.kind {
        BarKind::Past(tone) => tone.class(),
        BarKind::Foreseen => "foreseen",
    };
    // An open bar ends at the present, and grows with it.
    let is_open = bar.end.is_none();
    let end = bar.end.unwrap_or(now).max(bar.begin);
    let _ = write!(
        text,
        "<rect class=\"{class}{}{}\" x=\"{}\" y=\"{y}\" width=\"{}\"/>",
        if is_open { " open" } else { "" },
        if is_group { " group" } else { "" },
        bar.begin - origin,
        end - bar.begin,
    );
}
