//! The demo: releases of all four services under way, loaded by the requests that anybody could send, and a look at them.

mod steps;

use axum::response::Response;
use maud::{Markup, html};

use super::layout::Visit;
use super::parts::DEMO;
use super::text::counted;
use crate::registry::World;
use crate::sim::summary::ResourcePage;
use crate::world::settings::Auth;
use steps::{Step, steps};

/// The page on which the look begins.
const LOOK: &str = "/_emulator/?look=1#runs";

pub(super) async fn show_demo(visit: Visit) -> Response {
    let auth = visit.world.settings().auth;
    let n_resources = count(&visit.world, None);
    let steps = steps(1 + count(&visit.world, Some(steps::ZADIG_PROJECT)), auth);
    let main = html! {
        h1 { "Try it" }
        p.lead { "One button, and releases of all four services are under way: pipelines with a gate, plans in three batches, a Zadig version being pushed, a grayscale release, and a clock at ten times the usual speed." }
        div.card.load {
            p.actions {
                button.primary.large type="button" id="load-demo" data-then=(LOOK) { "Load the demo" }
                a.button href=(LOOK) { "Look around" }
            }
            p.hint {
                @if n_resources == 0 { "This world is empty." }
                @else { "This world has " (counted(n_resources, "resource", "resources")) ", which stay. The demo is added to them; resources and rules of an earlier demo begin anew, and the clock runs at 10x." }
                @if auth == Auth::Strict { " Only known credentials pass here: the demo adds one, which the dashboard sends unless another is entered above." }
                " To go back, take a snapshot on the " a href="/_emulator/#snapshots" { "overview" } " first, or reset the world."
            }
            p role="status" id="demo-progress" {}
        }
        section aria-label="Requests" {
            h2 { "The requests that it sends" }
            p.hint { "Each is one that a program could send. The buttons send one alone." }
            ol.steps id="demo-steps" {
                @for (n, step) in steps.iter().enumerate() { (shown(n, step)) }
            }
        }
    };
    visit.page_with(DEMO, DEMO.name, &main, &["demo.js"])
}

/// The way in, for a world in which nothing is.
pub(super) fn invitation() -> Markup {
    html! {
        section.card.invitation aria-label="Demo" {
            p { b { "Nothing is released yet." } " See what it looks like, or point a client here." }
            p.actions { a.button.primary href=(DEMO.path) { "Try the demo" } }
        }
    }
}

/// The number of resources, in a scope or all.
fn count(world: &World, scope: Option<&str>) -> usize {
    let mut page = ResourcePage {
        scope: scope.map(str::to_owned),
        limit: 1,
        ..ResourcePage::default()
    };
    world.read(|database, now| database.list(&mut page, now));
    page.count
}

fn shown(n: usize, step: &Step) -> Markup {
    let id = format!("step-{n}");
    html! {
        li.step {
            span.purpose { (step.purpose) }
            output id={ (id) "-outcome" } {}
            details id=(id) {
                summary { code { (step.request) } }
                pre tabindex="0" { (step.body) }
            }
            button type="button" data-send=(step.request) data-body=[(!step.body.is_empty()).then_some(&step.body)]
                data-credential=[step.credential] aria-label={ "Send: " (step.purpose) } { "Send" }
        }
    }
}
