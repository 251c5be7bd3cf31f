//! The overview: what there is, what runs, what waits, what comes next, and how to call the emulator.

mod connect;
mod glance;
mod lists;
mod worlds;

use axum::response::Response;
use maud::{Markup, html};

use super::demo::invitation;
use super::layout::Visit;
use super::parts::OVERVIEW;
use crate::control::links::links;
use glance::Glance;

/// The page that a browser sees first.
pub(in crate::control) fn overview(visit: &Visit) -> Response {
    let glance = Glance::of(&visit.world);
    let main = html! {
        div.title {
            h1 { "Overview" }
            p.hint { "Four cloud release APIs on this machine. Their time is virtual: freeze it, speed it up, or jump to the next change." }
        }
        (lists::families(&glance))
        @if glance.n_resources == 0 { (invitation()) (connect::connect(visit)) }
        (lists::lists(&glance))
        @if glance.n_resources > 0 { (connect::connect(visit)) }
        (worlds::cards(visit))
        (documents())
    };
    visit.page(OVERVIEW, "Overview", &main)
}

/// The links for programs.
fn documents() -> Markup {
    html! {
        section.card aria-labelledby="documents-title" {
            h2 id="documents-title" { "For programs" }
            ul.links {
                @for (path, name, purpose) in links() {
                    li { a href=(path) { (name) } ": " (purpose) }
                }
            }
        }
    }
}
