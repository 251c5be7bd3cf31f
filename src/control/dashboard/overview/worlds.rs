//! The worlds of the process, the snapshots of this one, and its settings.

use maud::{Markup, html};
use serde_json::json;

use crate::control::dashboard::layout::Visit;
use crate::control::dashboard::text::{counted, instant, segment, short};
use crate::server::worlds::MAIN;
use crate::sim::time::rfc3339;
use crate::world::settings::{Auth, Fidelity, Progress, References, Settings};

/// The most rows of a table.
const MOST_ROWS: usize = 40;

/// The cards about worlds.
pub(super) fn cards(visit: &Visit) -> Markup {
    html! {
        div.cards {
            (worlds(visit))
            (snapshots(visit))
            (settings(visit))
        }
    }
}

fn worlds(visit: &Visit) -> Markup {
    let worlds = visit.worlds();
    let own = visit.world_name();
    html! {
        section.card id="worlds" aria-labelledby="worlds-title" {
            h2 id="worlds-title" { "Worlds" }
            p.hint { "Each has its own state, clock and port. A fork begins as this world is now." }
            div.table id="world-list" data-live {
                table {
                    thead { tr { th scope="col" { "Name" } th scope="col" { "Address" } th scope="col" { span.off-screen { "Commands" } } } }
                    tbody {
                        @for (world, url) in worlds.iter().take(MOST_ROWS) {
                            tr data-key=(world.name) {
                                td { (short(&world.name)) @if world.name == own { " " small { "(this one)" } } }
                                td.address { a href={ (url) "/_emulator/" } { (url.split_once("://").map_or(&**url, |(_, address)| address)) } }
                                td.side {
                                    @if world.name != MAIN && world.name != own {
                                        button.quiet.danger data-send={ "DELETE /_emulator/v1/worlds/" (segment(&world.name)) }
                                            data-confirm={ "Close the world " (world.name) "? Its state is lost." }
                                            data-done={ "The world " (world.name) " is closed" } aria-label={ "Close the world " (world.name) } { "Close" }
                                    }
                                }
                            }
                        }
                        @if worlds.is_empty() { tr { td colspan="3" { "This world has no server that could open others." } } }
                    }
                }
                @if worlds.len() > MOST_ROWS { p.more { (counted(worlds.len() - MOST_ROWS, "more", "more")) } }
            }
            form.row data-send="POST /_emulator/v1/worlds" data-done="The world {name} is open: {url}/_emulator/" {
                div {
                    label for="world-name" { "Name (may be empty)" }
                    input id="world-name" name="name" pattern="[A-Za-z0-9._\\-]{1,64}" maxlength="64" autocomplete="off";
                }
                div {
                    label for="world-from" { "Begins" }
                    select id="world-from" name="from" {
                        option value=(own) { "as a fork of this world" }
                        option value="" { "with the fixtures" }
                    }
                }
                button.primary type="submit" { "Open a world" }
                button.quiet type="button" data-curl { "As curl" }
            }
        }
    }
}

fn snapshots(visit: &Visit) -> Markup {
    let snapshots = visit.world.snapshots();
    let own = visit.world_name();
    let earliest = visit.world.earliest();
    html! {
        section.card id="snapshots" aria-labelledby="snapshots-title" {
            h2 id="snapshots-title" { "Snapshots" }
            p.hint { "A name for an instant, to go back to. Going back drops everything later in this world." }
            div.table id="snapshot-list" data-live {
                table {
                    thead { tr { th scope="col" { "Name" } th scope="col" { "Instant" } th scope="col" { span.off-screen { "Commands" } } } }
                    // As a whole a new one, in which nothing has moved.
                    tbody data-key=(snapshots.len()) {
                        @for named in snapshots.iter().rev().take(MOST_ROWS) {
                            @let name = &named.name;
                            tr data-key=(name) {
                                td { (short(name)) }
                                td { (instant(named.place.at)) }
                                td.actions {
                                    button data-send={ "POST /_emulator/v1/snapshots/" (segment(name)) "/restore" } data-done="It is {now} again"
                                        data-confirm={ "Go back to " (name) "? Everything later in this world is dropped." } aria-label={ "Go back to " (name) } { "Go back" }
                                    button data-send="POST /_emulator/v1/worlds" data-body=(json!({ "from": own, "command": named.place.command }))
                                        data-done="Forked as the world {name}: {url}/_emulator/" aria-label={ "Fork a world from " (name) } { "Fork" }
                                    button.quiet.danger data-send={ "DELETE /_emulator/v1/snapshots/" (segment(name)) }
                                        data-done={ "The snapshot " (name) " is removed" } aria-label={ "Remove the snapshot " (name) } { "Remove" }
                                }
                            }
                        }
                        @if snapshots.is_empty() { tr { td.empty colspan="3" { "No snapshots." } } }
                    }
                }
                @if snapshots.len() > MOST_ROWS { p.more { (counted(snapshots.len() - MOST_ROWS, "older one", "older ones")) } }
            }
            form.row data-send="POST /_emulator/v1/snapshots" data-done="{name} is the name of {at}" {
                div {
                    label for="snapshot-name" { "Name" }
                    input id="snapshot-name" name="name" required pattern="[A-Za-z0-9._\\-]{1,64}" maxlength="64" autocomplete="off";
                }
                button.primary type="submit" { "Take a snapshot" }
            }
            form.row data-send="POST /_emulator/v1/clock/rewind" data-done="It is {now} again" data-confirm="Go back? Everything later in this world is dropped." {
                div {
                    label for="rewind-to" { "Instant (UTC)" }
                    input id="rewind-to" name="to" type="datetime-local" step="0.001" data-type="instant" required;
                }
                button type="submit" { "Go back to it" }
                @if let Some(earliest) = earliest { span.hint { "The earliest is " (rfc3339(earliest.at)) "." } }
                @else { span.hint { "This world keeps no history." } }
            }
        }
    }
}

/// The settings that a caller notices, each with its value and what that means.
fn meanings(settings: &Settings) -> Vec<(&'static str, &'static str, &'static str)> {
    vec![
        match settings.auth {
            Auth::Shape => ("Credentials", "shape", "any well-formed credential passes"),
            Auth::Strict => (
                "Credentials",
                "strict",
                "only credentials of the fixtures pass",
            ),
        },
        match settings.fidelity {
            Fidelity::Documented => (
                "Fidelity",
                "documented",
                "where the services differ from their documents, the documents win",
            ),
            Fidelity::Strict => (
                "Fidelity",
                "strict",
                "where the services differ from their documents, the services win",
            ),
        },
        match settings.references {
            References::Checked => (
                "References",
                "checked",
                "resources that are referred to must exist",
            ),
            References::Lenient => (
                "References",
                "lenient",
                "resources that are referred to need not exist",
            ),
        },
        match settings.progress {
            Progress::Clock => ("Progress", "clock", "time moves the runs"),
            Progress::Reads => (
                "Progress",
                "reads",
                "each read moves the runs that it shows",
            ),
        },
    ]
}

fn settings(visit: &Visit) -> Markup {
    let settings = visit.world.settled_settings();
    html! {
        section.card aria-labelledby="settings-title" {
            h2 id="settings-title" { "Settings" }
            dl.facts {
                @for (name, value, meaning) in meanings(&settings) {
                    div { dt { (name) } dd { b { (value) } ": " (meaning) } }
                }
                div { dt { "Step" } dd { b { (settings.step) " ms" } ": the length of one step of work" } }
                div { dt { "Seed" } dd { b { (settings.seed) } ": the same seed draws the same ids" } }
            }
            p.hint { a href="/_emulator/docs/flags" { "All flags" } " · " a href="/_emulator/docs/credentials" { "Credentials" } }
        }
    }
}
