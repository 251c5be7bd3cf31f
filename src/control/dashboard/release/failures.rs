//! The failures of a resource: those of the present run with their messages, and those of earlier runs, whose messages only the
//! past of the world has. It is replayed when somebody asks for one.

use std::fmt::Write;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::bars::Row;
use super::chart::NAME;
use crate::control::dashboard::layout::Visit;
use crate::control::dashboard::text::{counted, instant, segment, short, shortened};
use crate::control::dashboard::tone::Tone;
use crate::control::past::world_at;
use crate::http::problem::Problem;
use crate::http::response::answer;
use crate::registry::World;
use crate::registry::history::past::Past;
use crate::sim::timeline::Timeline;
use crate::sim::{Millis, Transition};

/// The most failures that are told in full.
const MOST_FAILURES: usize = 20;

/// The most characters of a message.
const MESSAGE: usize = 500;

/// The steps that failed at an instant of an earlier run.
struct Earlier<'a> {
    at: Millis,
    steps: Vec<&'a str>,
}

/// The failures with their messages, in a room of their own, so that nothing moves when there is one more.
pub(super) fn failures(timeline: &Timeline, rows: &[Row], word: &dyn Fn(&str) -> String) -> Markup {
    let failed = rows.iter();
    let failed = failed.filter_map(|row| Some((row, row.message.as_ref()?)));
    let failed: Vec<_> = failed.collect();
    let earlier = earlier(timeline, word);
    html! {
        h3 { "Failures" }
        div.failures id="failures" data-live tabindex="0" role="group" aria-label="Failures" {
            ul {
                @for (position, (row, message)) in failed.iter().take(MOST_FAILURES).enumerate() {
                    li data-key={ "now-" (position) } { b { bdi { (shortened(&row.name, NAME)) } } ": " span.problem { bdi { (shortened(message, MESSAGE)) } } }
                }
                @if failed.len() > MOST_FAILURES { li { (counted(failed.len() - MOST_FAILURES, "more", "more")) } }
                @for Earlier { at, steps } in earlier.iter().take(MOST_FAILURES) {
                    li data-key={ "earlier-" (at) } {
                        details data-keep data-load={ "GET /_emulator/releases/" (timeline.family) "/" (segment(&timeline.id)) "/failures/" (at) } {
                            summary { "Before, at " (instant(*at)) ": " (names(steps)) }
                            pre tabindex="0" {}
                        }
                    }
                }
                @if failed.is_empty() && earlier.is_empty() { li.empty data-key="none" { "Nothing has failed." } }
            }
        }
    }
}

fn names(steps: &[&str]) -> Markup {
    html! {
        @for (position, step) in steps.iter().take(3).enumerate() {
            @if position > 0 { ", " }
            (short(step))
        }
        @if steps.len() > 3 { " and " (counted(steps.len() - 3, "other", "others")) }
    }
}

/// The failures that are not of the present run, newest first.
fn earlier<'a>(timeline: &'a Timeline, word: &dyn Fn(&str) -> String) -> Vec<Earlier<'a>> {
    let is_current = |name: &str, at: Millis| {
        let mut steps = timeline.forecast.iter();
        steps.any(|planned| *planned.step == *name && planned.ended == Some(at))
    };
    let mut earlier: Vec<Earlier> = Vec::new();
    for transition in timeline.transitions.iter().rev() {
        let Transition { at, step, to, .. } = transition;
        let Some(step) = step
            .as_deref()
            .filter(|_| Tone::of(&word(to)) == Tone::Fails)
        else {
            continue;
        };
        if is_current(step, *at) {
            continue;
        }
        match earlier.last_mut() {
            Some(last) if last.at == *at => last.steps.insert(0, step),
            _ => earlier.push(Earlier {
                at: *at,
                steps: vec![step],
            }),
        }
    }
    earlier
}

/// Shows the messages of the steps that failed at an instant, as a text.
pub(in crate::control::dashboard) async fn show_failures(
    visit: Visit,
    Path((family, id, at)): Path<(String, String, Millis)>,
) -> Response {
    // A retry may have come at the instant of the failure.
    let told = match messages(&visit.world, Past::Before(at), &family, &id, at).await {
        Ok(told) if told.is_empty() => messages(&visit.world, Past::At(at), &family, &id, at).await,
        told => told,
    };
    match told {
        Ok(told) if told.is_empty() => text("No step gave a reason."),
        Ok(told) => text(&told),
        Err(problem) => problem.into_response(),
    }
}

fn text(text: &str) -> Response {
    answer(StatusCode::OK, "text/plain; charset=utf-8", text.to_owned())
}

/// The messages of the steps that ended at an instant, a line each.
async fn messages(
    world: &World,
    past: Past,
    family: &str,
    id: &str,
    at: Millis,
) -> Result<String, Problem> {
    let world = world_at(world, Some(past)).await?;
    let timeline = world.read(|database, now| database.timeline(family, id, now));
    let mut told = String::new();
    // In front of its first command the resource may not be there.
    let steps = timeline.map(|timeline| timeline.forecast);
    for step in steps.unwrap_or_default() {
        if let (Some(message), true) = (step.message, step.ended == Some(at)) {
            let _ = writeln!(told, "{}: {message}", step.step);
        }
    }
    Ok(told)
}
