//! The happenings of a resource: its transitions with their causes, and the requests that named it.

use std::sync::Arc;

use maud::{Markup, html};

use super::chart::{FORK, GO_BACK};
use crate::control::dashboard::text::{counted, instant, short, shortened};
use crate::control::dashboard::tone::Tone;
use crate::http::auth::redact::Mask;
use crate::http::observe::record::RequestSummary;
use crate::registry::World;
use crate::sim::time::rfc3339;
use crate::sim::timeline::Timeline;
use crate::sim::transition::{CLOCK, IMPORT, READ, SCHEDULE};
use crate::sim::{Millis, Transition};

/// The most rows of a table.
const MOST_ROWS: usize = 40;

/// The most characters of a path.
const PATH: usize = 160;

/// A request to a service that named the resource.
struct Mention {
    summary: Arc<RequestSummary>,
    /// The path with its query, without secrets.
    target: String,
}

/// The requests that named a resource in their path or query, and those whose answer did, such as its creation.
pub(super) struct Mentions {
    /// Newest first.
    shown: Vec<Mention>,
    count: usize,
}

impl Mentions {
    pub(super) fn of(world: &World, id: &str) -> Self {
        let in_answer = format!("\"{id}\"");
        let mut entries = world.recorder().journal.entries();
        entries.retain(|record| {
            let is_change = record.summary.method != "GET";
            names(&record.summary, id) || is_change && has(&record.response.body, &in_answer)
        });
        let mask = Mask::new(Some(&world.recorder().secrets));
        let newest = entries.iter().rev().take(MOST_ROWS);
        let shown = newest.map(|record| {
            let summary = &record.summary;
            let mut target = mask.text(&summary.path).into_owned();
            if let Some(query) = &summary.query {
                target.push('?');
                target.push_str(&mask.query(query));
            }
            Mention {
                summary: Arc::clone(summary),
                target,
            }
        });
        Self {
            shown: shown.collect(),
            count: entries.len(),
        }
    }

    /// The caller of the command at that instant.
    fn caller_at(&self, at: Millis) -> Option<&str> {
        let mut commands = self.shown.iter().filter(|mention| {
            let summary = &mention.summary;
            summary.time.timestamp_millis() == at && summary.method != "GET" && summary.status < 400
        });
        commands.next()?.summary.caller.as_deref()
    }
}

/// True if a request names a resource: a part of its path, or a value of its query. The task `release:2` is named by its
/// workflow and its number.
fn names(summary: &RequestSummary, id: &str) -> bool {
    let query = summary.query.as_deref().unwrap_or_default();
    let parts = summary.path.split('/').chain(query.split('&'));
    let values: Vec<&str> = parts
        .map(|part| part.split_once('=').map_or(part, |(_, value)| value))
        .collect();
    values.contains(&id)
        || id
            .split_once(':')
            .is_some_and(|(key, number)| values.contains(&key) && values.contains(&number))
}

/// True if a body has a text.
fn has(body: &[u8], text: &str) -> bool {
    let mut parts = body.windows(text.len());
    parts.any(|part| part == text.as_bytes())
}

/// The transitions, newest first.
pub(super) fn transitions(
    timeline: &Timeline,
    mentions: &Mentions,
    word: &dyn Fn(&str) -> String,
) -> Markup {
    let all = &timeline.transitions;
    let older = all.len().saturating_sub(MOST_ROWS) as u64 + timeline.truncated;
    html! {
        section.card aria-labelledby="transitions-title" {
            h2 id="transitions-title" { "Changes" }
            div.table.log id="transitions" data-live data-hold tabindex="0" role="group" aria-labelledby="transitions-title" {
                table.fixed {
                    thead { tr {
                        th scope="col" { "Virtual time" }
                        th scope="col" { "Part" }
                        th scope="col" { "Change" }
                        th scope="col" { "Caused by" }
                        th.narrow scope="col" { span.off-screen { "Commands" } }
                    } }
                    // As a whole a new one, in which nothing has moved.
                    tbody data-key=(all.last().map_or(0, |newest| newest.number)) {
                        @for (position, transition) in all.iter().rev().take(MOST_ROWS).enumerate() {
                            tr data-key={ (transition.number) "-" (all.len() - position) } {
                                td { (instant(transition.at)) }
                                td { (part(transition, timeline.kind)) }
                                td { (status(&transition.from, word)) " → " (status(&transition.to, word)) }
                                td { (cause(transition, mentions)) }
                                td { (travel(transition)) }
                            }
                        }
                        @if all.is_empty() { tr { td.empty colspan="5" { "Nothing has happened yet." } } }
                    }
                }
                @if older > 0 { p.more { (counted(usize::try_from(older).unwrap_or(usize::MAX), "older change", "older changes")) } }
            }
        }
    }
}

/// The stage, the service and the step that changed; the resource itself if there is none.
fn part(transition: &Transition, kind: &str) -> Markup {
    let parts = [&transition.stage, &transition.service, &transition.step];
    let names: Vec<_> = parts.into_iter().flatten().collect();
    html! {
        @for (position, name) in names.iter().enumerate() {
            @if position > 0 { " › " }
            (short(name))
        }
        @if names.is_empty() { b { (kind) } }
    }
}

fn status(status: &str, word: &dyn Fn(&str) -> String) -> Markup {
    let word = word(status);
    html! {
        @if word.is_empty() { small { "none" } } @else { (Tone::of(&word).word(&word)) }
    }
}

/// The cause in words, with the caller of a command.
fn cause(transition: &Transition, mentions: &Mentions) -> Markup {
    let words = match &*transition.cause {
        CLOCK => "the clock",
        SCHEDULE => "the schedule",
        "queue" => "the queue",
        READ => "a read",
        IMPORT => "an import",
        command => {
            let caller = mentions.caller_at(transition.at);
            return html! {
                "the command " b { (short(command)) }
                @if let Some(caller) = caller { " of " (short(caller)) }
            };
        }
    };
    html! { (words) }
}

/// The ways to the instant of a transition: it is chosen in the chart, and the button there pressed.
fn travel(transition: &Transition) -> Markup {
    let at = rfc3339(transition.at);
    html! {
        span.actions data-at=(at) {
            button.quiet data-press=(GO_BACK) aria-label={ "Go back to " (at) } { "Go back" }
            button.quiet data-press=(FORK) aria-label={ "Fork a world at " (at) } { "Fork" }
        }
    }
}

/// The requests that named the resource.
pub(super) fn journal(mentions: &Mentions) -> Markup {
    let Mentions { shown, count } = mentions;
    html! {
        section.card aria-labelledby="journal-title" {
            h2 id="journal-title" { "Requests about it" }
            div.table.log id="journal" data-live data-hold tabindex="0" role="group" aria-labelledby="journal-title" {
                table.fixed {
                    thead { tr {
                        th scope="col" { "Virtual time" }
                        th.number scope="col" { "No." }
                        th scope="col" { "Request" }
                        th.narrow scope="col" { "Answer" }
                        th.narrow scope="col" { "Caller" }
                    } }
                    tbody data-key=(shown.first().map_or(0, |newest| newest.summary.id)) {
                        @for mention in shown {
                            @let summary = &mention.summary;
                            tr data-key=(summary.id) {
                                td { (instant(summary.time.timestamp_millis())) }
                                td.number { (summary.id) }
                                td.mono { (summary.method) " " bdi { (shortened(&mention.target, PATH)) } }
                                td { (answer(summary.status)) }
                                td { @if let Some(caller) = &summary.caller { (short(caller)) } }
                            }
                        }
                        @if shown.is_empty() { tr { td.empty colspan="5" { "No request named it." } } }
                    }
                }
                @if *count > shown.len() { p.more { (counted(count - shown.len(), "older request", "older requests")) } }
            }
        }
    }
}

/// The status of an answer, with its kind in a word.
fn answer(status: u16) -> Markup {
    let (tone, word) = match status {
        0..400 => (Tone::Done, "accepted"),
        _ => (Tone::Fails, "refused"),
    };
    tone.word(&format!("{status} {word}"))
}
