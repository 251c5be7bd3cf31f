//! What has happened to a resource: its transitions with their causes, and the requests that named it.

use maud::{Markup, html};
use serde_json::json;

use crate::control::dashboard::text::{counted, instant, short, shortened};
use crate::control::dashboard::tone::Tone;
use crate::http::auth::redact::Mask;
use crate::http::observe::record::RequestSummary;
use crate::registry::World;
use crate::sim::Transition;
use crate::sim::time::rfc3339;
use crate::sim::timeline::Timeline;
use crate::sim::transition::{CLOCK, IMPORT, READ, SCHEDULE};

/// The most rows of a table.
const MOST_ROWS: usize = 40;

/// The most characters of a path.
const PATH: usize = 160;

/// A request to a service that named the resource.
pub(super) struct Mention {
    pub(super) summary: std::sync::Arc<RequestSummary>,
    /// The path with its query, without secrets.
    target: String,
}

/// The requests that named a resource in their path or query, newest first, and their number.
pub(super) fn mentions(world: &World, id: &str) -> (Vec<Mention>, usize) {
    let mask = Mask::new(Some(&world.recorder().secrets));
    // The task `release:2` is named by its workflow and its number.
    let (id, number) = id
        .split_once(':')
        .map_or((id, None), |(key, number)| (key, Some(number)));
    let is_value = |part: &str| part == id || part.rsplit('=').next() == Some(id);
    let names = |summary: &RequestSummary| {
        let query = summary.query.as_deref().unwrap_or_default();
        let parts = || summary.path.split('/').chain(query.split('&'));
        let has_number = number.is_none_or(|number| {
            parts().any(|part| part == number || part.rsplit('=').next() == Some(number))
        });
        parts().any(is_value) && has_number
    };
    let mut entries = world.recorder().journal.entries();
    entries.retain(|record| names(&record.summary));
    let count = entries.len();
    let newest = entries.into_iter().rev().take(MOST_ROWS);
    let mentions = newest.map(|record| {
        let summary = record.summary;
        let mut target = mask.text(&summary.path).into_owned();
        if let Some(query) = &summary.query {
            target.push('?');
            target.push_str(&mask.query(query));
        }
        Mention { summary, target }
    });
    (mentions.collect(), count)
}

/// The transitions, newest first.
pub(super) fn transitions(
    timeline: &Timeline,
    mentions: &[Mention],
    world: &str,
    word: &dyn Fn(&str) -> String,
) -> Markup {
    let all = &timeline.transitions;
    let older = all.len().saturating_sub(MOST_ROWS) as u64 + timeline.truncated;
    html! {
        section.card aria-labelledby="transitions-title" {
            h2 id="transitions-title" { "Changes" }
            div.table id="transitions" data-live {
                table {
                    thead { tr {
                        th scope="col" { "Virtual time" }
                        th scope="col" { "Part" }
                        th scope="col" { "Change" }
                        th scope="col" { "Caused by" }
                        th scope="col" { span.off-screen { "Commands" } }
                    } }
                    tbody {
                        @for (position, transition) in all.iter().rev().take(MOST_ROWS).enumerate() {
                            tr data-key={ (transition.number) "-" (all.len() - position) } {
                                td { (instant(transition.at)) }
                                td { (part(transition)) }
                                td { (status(&transition.from, word)) " → " (status(&transition.to, word)) }
                                td { (cause(transition, mentions)) }
                                td { (travel(transition, world)) }
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
fn part(transition: &Transition) -> Markup {
    let parts = [&transition.stage, &transition.service, &transition.step];
    let names: Vec<_> = parts.into_iter().flatten().collect();
    html! {
        @for (position, name) in names.iter().enumerate() {
            @if position > 0 { " › " }
            (short(name))
        }
        @if names.is_empty() { b { "itself" } }
    }
}

fn status(status: &str, word: &dyn Fn(&str) -> String) -> Markup {
    let word = word(status);
    html! {
        @if word.is_empty() { small { "none" } } @else { (Tone::of(&word).word(&word)) }
    }
}

/// The cause in words, with the caller of a command.
fn cause(transition: &Transition, mentions: &[Mention]) -> Markup {
    let words = match &*transition.cause {
        CLOCK => "the clock",
        SCHEDULE => "the schedule",
        "queue" => "the queue",
        READ => "a read",
        IMPORT => "an import",
        command => {
            let at = transition.at;
            let is_cause = |mention: &&Mention| {
                mention.summary.time.timestamp_millis() == at
                    && mention.summary.method != "GET"
                    && mention.summary.status < 400
            };
            let caller = mentions.iter().find(is_cause);
            let caller = caller.and_then(|mention| mention.summary.caller.as_deref());
            return html! {
                "the command " b { (short(command)) }
                @if let Some(caller) = caller { " of " (short(caller)) }
            };
        }
    };
    html! { (words) }
}

/// The ways to the instant of a transition.
fn travel(transition: &Transition, world: &str) -> Markup {
    let at = rfc3339(transition.at);
    html! {
        span.actions {
            button.quiet data-send="POST /_emulator/v1/clock/rewind" data-body=(json!({ "to": at }))
                data-confirm={ "Go back to " (at) "? Everything later in this world is dropped." }
                data-done="It is {now} again" aria-label={ "Go back to " (at) } { "Go back" }
            button.quiet data-send="POST /_emulator/v1/worlds" data-body=(json!({ "from": world, "at": at }))
                data-done="Forked as the world {name}: {url}/_emulator/" aria-label={ "Fork a world at " (at) } { "Fork" }
        }
    }
}

/// The requests that named the resource.
pub(super) fn journal(mentions: &[Mention], count: usize) -> Markup {
    html! {
        section.card aria-labelledby="journal-title" {
            h2 id="journal-title" { "Requests about it" }
            div.table id="journal" data-live {
                table {
                    thead { tr {
                        th.number scope="col" { "No." }
                        th scope="col" { "Virtual time" }
                        th scope="col" { "Request" }
                        th scope="col" { "Answer" }
                        th scope="col" { "Caller" }
                    } }
                    tbody {
                        @for mention in mentions {
                            @let summary = &mention.summary;
                            tr data-key=(summary.id) {
                                td.number { (summary.id) }
                                td { (instant(summary.time.timestamp_millis())) }
                                td.mono { (summary.method) " " bdi { (shortened(&mention.target, PATH)) } }
                                td { (answer(summary.status)) }
                                td { @if let Some(caller) = &summary.caller { (short(caller)) } }
                            }
                        }
                        @if mentions.is_empty() { tr { td.empty colspan="5" { "No request named it." } } }
                    }
                }
                @if count > mentions.len() { p.more { (counted(count - mentions.len(), "older request", "older requests")) } }
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
