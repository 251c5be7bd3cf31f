//! The lists of the overview: families with their counts, and the resources that somebody may look for.

use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};

use maud::{Markup, html};

use super::glance::{FamilyCount, Glance, Group, MOST_LOOKED_AT, StatusCount};
use crate::control::dashboard::text::{countdown, counted, segment, short, time_of_day};
use crate::control::dashboard::tone::Tone;
use crate::sim::Millis;
use crate::sim::next::Next;
use crate::sim::summary::ResourceSummary;

/// The names of the families outside of the control plane.
fn family_title(name: &str) -> &'static str {
    match name {
        "asm" => "ASM grayscale releases and meshes",
        "plans" => "ServiceStage release plans",
        "pipelines" => "ServiceStage pipelines",
        _ => "Zadig versions, workflows and release plans",
    }
}

/// The families with the counts of their statuses.
pub(super) fn families(glance: &Glance) -> Markup {
    html! {
        section.card aria-labelledby="families-title" {
            h2 id="families-title" { "Resources" }
            div.table id="families" data-live {
                table {
                    thead { tr {
                        th scope="col" { "Family" }
                        th.number scope="col" { "Count" }
                        th scope="col" { "By status" }
                    } }
                    tbody {
                        @for family in &glance.families {
                            tr data-key=(family.name) {
                                th scope="row" { b { (family.name) } " " small { (family_title(family.name)) } }
                                td.number { span data-key=(family.count) { (family.count) } }
                                td.words {
                                    // As a whole a new one when a count changes, in which nothing has moved.
                                    div data-key=(counts(family)) {
                                        @for status in &family.statuses {
                                            span.counted { b { (status.count) } " " (status.tone.word(&status.word)) } " "
                                        }
                                        @if family.statuses.is_empty() { small { "none" } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The counts of a family as one text.
fn counts(family: &FamilyCount) -> String {
    let mut text = String::new();
    for StatusCount { word, count, .. } in &family.statuses {
        let _ = write!(text, "{count} {word}, ");
    }
    text
}

/// The lists of resources by what they need.
pub(super) fn lists(glance: &Glance) -> Markup {
    let now = glance.now;
    html! {
        div.cards.lists {
            (list("runs", "Runs now", &glance.runs, "Nothing runs.", &|resource| status_row(resource, now)))
            (list("waits", "Waits for a person", &glance.waits, "Nobody is waited for.", &|resource| status_row(resource, now)))
            (list("due", "Due next", &glance.due, "Time alone changes nothing.", &|resource| due_row(resource, glance)))
            (list("failed", "Failed", &glance.failed, "Nothing has failed.", &|resource| status_row(resource, now)))
        }
        @if glance.is_partial {
            p.hint { "Of each family, the last " (MOST_LOOKED_AT) " resources are in these lists; "
                a href="/_emulator/v1/resources" { "the list for programs" } " has all." }
        }
    }
}

fn list(
    id: &str,
    title: &str,
    group: &Group,
    empty: &str,
    row: &dyn Fn(&ResourceSummary) -> Markup,
) -> Markup {
    let n_more = group.count - group.shown.len();
    html! {
        section.card aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } { (title) small id={ (id) "-count" } data-live { span data-key=(group.count) { (group.count) } } }
            ul.list id=(id) data-live data-hold tabindex="0" aria-labelledby={ (id) "-title" } {
                // Another text in a place is a new element, in which nothing has moved.
                @for (position, resource) in group.shown.iter().enumerate() {
                    li data-key={ (position) "-" (key(resource)) } { (row(resource)) }
                }
                @if group.shown.is_empty() { li.empty { (empty) } }
                @if n_more > 0 { li.empty { (counted(n_more, "more", "more")) } }
            }
        }
    }
}

/// A number for the text of a row without its countdown.
fn key(resource: &ResourceSummary) -> u64 {
    let ResourceSummary {
        family,
        id,
        name,
        word,
        next,
        ..
    } = resource;
    let next = next.as_ref();
    let next = next.map(|next| (next.at, &next.to, &next.stage, &next.service, &next.step));
    let mut hasher = DefaultHasher::new();
    (family, id, name, word, next).hash(&mut hasher);
    hasher.finish()
}

/// The page of a resource.
fn link(resource: &ResourceSummary) -> Markup {
    let ResourceSummary {
        family, id, name, ..
    } = resource;
    html! { a.name href={ "/_emulator/releases/" (family) "/" (segment(id)) } { (short(name)) } }
}

/// The place of a resource: its kind, and the project or mesh.
fn place(resource: &ResourceSummary) -> Markup {
    // Both ServiceStage and Zadig have plans.
    let owner = if resource.family == "zadig" {
        "Zadig "
    } else {
        ""
    };
    html! { small { (owner) (resource.kind) " in " (short(&resource.scope)) } }
}

fn status_row(resource: &ResourceSummary, now: Millis) -> Markup {
    let tone = Tone::of_resource(resource.kind, &resource.word, &resource.allowed);
    html! {
        (link(resource))
        span.side { (tone.word(&resource.word)) }
        (place(resource))
        span.side {
            @if let Some(next) = &resource.next { small { "changes " (countdown(next.at, now)) } }
        }
    }
}

fn due_row(resource: &ResourceSummary, glance: &Glance) -> Markup {
    let Some(next) = &resource.next else {
        return html! {};
    };
    html! {
        (link(resource))
        span.side { (countdown(next.at, glance.now)) }
        small { (step(next)) "becomes " @if next.to.is_empty() { "gone" } @else { (short(glance.word(resource.family, &next.to))) } }
        span.side { small { (time_of_day(next.at)) } }
    }
}

/// The step that changes, if it is one.
fn step(next: &Next) -> Markup {
    let parts = [&next.stage, &next.service, &next.step];
    let named = parts.into_iter().flatten();
    html! {
        @for (position, part) in named.enumerate() {
            @if position > 0 { " › " }
            (short(part))
        }
        @if next.step.is_some() { " " }
    }
}
