//! The page of a resource: its life as a chart, the commands that it allows, its JSON, its requests.

mod bars;
mod chart;
mod edits;
mod failures;
mod happenings;

use axum::extract::Path;
use axum::response::Response;
use maud::{Markup, html};

use super::layout::Visit;
use super::parts::OVERVIEW;
use super::text::{countdown, long, segment, short, shortened};
use super::tone::{StatusWord, Tone, word_of};
use crate::control::apart::{apart, has_long_journal};
use crate::registry::{Unknown, World};
use crate::sim::Millis;
use crate::sim::timeline::Timeline;
use crate::world::controls::{CommandRequest, ResourceControls};
pub(super) use failures::show_failures;
use happenings::Mentions;

/// The most buttons for commands.
const MOST_COMMANDS: usize = 60;

/// Everything that the page shows of a resource.
struct Subject {
    now: Millis,
    timeline: Timeline,
    controls: ResourceControls,
    /// The statuses of the family, each as the service has it and in words.
    words: Vec<StatusWord>,
}

impl Subject {
    fn word(&self, status: &str) -> String {
        word_of(&self.words, status).to_owned()
    }
}

/// Shows a resource.
pub(super) async fn show_release(
    visit: Visit,
    Path((family, id)): Path<(String, String)>,
) -> Response {
    let subject = visit.world.read(|database, now| {
        Ok(Subject {
            now,
            timeline: database.timeline(&family, &id, now)?,
            controls: database.controls(&family, &id, now)?,
            words: database.statuses(&family),
        })
    });
    match subject {
        Ok(subject) => {
            let mentions = mentions(&visit.world, &subject.timeline.id).await;
            let title = shortened(&subject.timeline.name, 60);
            let main = page(&visit, &subject, &mentions);
            visit.page_with(OVERVIEW, &title, &main, &["gantt.js"])
        }
        Err(unknown) => visit.missing(OVERVIEW, "No such resource", &missing(&unknown)),
    }
}

/// The page in the place of a resource that is gone, or never was. Live, since it may come back.
fn missing(unknown: &Unknown) -> Markup {
    html! {
        h1 { "No such resource" }
        @match unknown {
            Unknown::Family(family) => p { "There is no family " (short(family)) "; there are asm, plans, pipelines and zadig." },
            Unknown::Resource { family, id } => p { "There is no resource " (short(id)) " of " (family) " now. It may be gone, or belong to another world." },
        }
        p { a href="/_emulator/" { "Back to the overview" } }
    }
}

/// The requests about a resource.
async fn mentions(world: &World, id: &str) -> Mentions {
    let takes_long = has_long_journal(world);
    let (world, id) = (world.clone(), id.to_owned());
    apart(takes_long, move || Mentions::of(&world, &id)).await
}

fn page(visit: &Visit, subject: &Subject, mentions: &Mentions) -> Markup {
    let Subject { now, timeline, .. } = subject;
    let word = |status: &str| subject.word(status);
    let rows = bars::rows(timeline, *now, &word);
    html! {
        (heading(subject))
        (commands(visit, subject))
        section.card aria-labelledby="life-title" {
            h2 id="life-title" { "Life" }
            (chart::chart(&rows, *now))
            (chart::moment(visit.world_name()))
            (failures::failures(timeline, &rows, &word))
        }
        (happenings::transitions(timeline, mentions, &word))
        (happenings::journal(mentions))
        (documents(subject))
    }
}

fn heading(subject: &Subject) -> Markup {
    let Subject { now, timeline, .. } = subject;
    let tone = Tone::of_resource(timeline.kind, &timeline.word, &timeline.allowed);
    html! {
        div.title id="subject" data-live {
            h1 { (long(&timeline.name)) }
            span data-key=(timeline.status) { (tone.word(&timeline.word)) @if let Some(code) = timeline.code { " " small { "status " (code) } } }
            p.hint.line {
                (timeline.family) " · " (timeline.kind) " in " (short(&timeline.scope)) " · "
                code { bdi { (shortened(&timeline.id, 120)) } }
                @if let Some(next) = &timeline.next {
                    // Another change is a new text, in which nothing has moved.
                    span data-key=(next.at) {
                        " · next: "
                        @if let Some(step) = &next.step { (short(step)) " becomes " } @else { "becomes " }
                        @if next.to.is_empty() { "gone" } @else { (short(&subject.word(&next.to))) }
                        " " (countdown(next.at, *now))
                    }
                }
            }
        }
    }
}

/// The commands that the status allows, as buttons that send the request of the service.
fn commands(visit: &Visit, subject: &Subject) -> Markup {
    let Subject {
        timeline, controls, ..
    } = subject;
    // A hand comes to the first ones first, so those that remove are last.
    let mut requests: Vec<_> = controls.commands.iter().collect();
    requests.sort_by_key(|request| request.method == "DELETE");
    let drafts = edits::drafts(&visit.world, controls);
    let is_sent = |command: &&str| {
        requests.iter().any(|request| request.command == *command)
            || drafts.iter().any(|draft| draft.command() == *command)
    };
    let others: Vec<&str> = timeline
        .allowed
        .iter()
        .copied()
        .filter(|command| !is_sent(command))
        .collect();
    html! {
        section.card aria-labelledby="commands-title" {
            h2 id="commands-title" { "Allowed now" }
            div.actions id="commands" data-live {
                @for request in requests.iter().take(MOST_COMMANDS) { (command(request, controls.credential)) }
                @if requests.len() > MOST_COMMANDS { small { (requests.len() - MOST_COMMANDS) " more" } }
                @if requests.is_empty() { small { "No command that needs nothing more." } }
                @if !others.is_empty() { small { "Also " (others.join(", ")) ", with a body too long for a form." } }
            }
            div id="edits" data-live {
                @for draft in &drafts { (draft.form(controls.credential)) }
            }
        }
    }
}

fn command(request: &CommandRequest, credential: &str) -> Markup {
    let is_own = request.path.starts_with("/_emulator/");
    let removes = request.method == "DELETE";
    let label = shortened(&request.label, 80);
    html! {
        span.command data-key={ (request.method) (request.path) (request.label) } {
            button.danger[removes] data-send={ (request.method) " " (request.path) }
                data-body=[request.body.as_ref()] data-credential=[(!is_own).then_some(credential)]
                data-done={ (label) ": accepted" } { bdi { (label) } }
            button.quiet data-curl aria-label={ (label) " as curl" } { "curl" }
        }
    }
}

/// The answers of the service about the resource, fetched when they are opened.
fn documents(subject: &Subject) -> Markup {
    let Subject {
        timeline, controls, ..
    } = subject;
    html! {
        section.card aria-labelledby="json-title" {
            h2 id="json-title" { "As the service shows it" }
            p.hint { "Opening one sends its request, which is then in the journal." }
            @for (position, read) in controls.reads.iter().enumerate() {
                details.document data-load={ "GET " (read.path) } data-credential=(controls.credential) {
                    summary { (read.label) " " code { bdi { (shortened(&read.path, 160)) } } }
                    pre id={ "document-" (position) } tabindex="0" {}
                    button data-copy-from={ "document-" (position) } { "Copy" }
                }
            }
            details.document data-load={ "GET /_emulator/v1/resources/" (timeline.family) "/" (segment(&timeline.id)) "/timeline" } {
                summary { "Timeline of the emulator" }
                pre id="document-timeline" tabindex="0" {}
                button data-copy-from="document-timeline" { "Copy" }
            }
        }
    }
}
