//! The report on an emulator for a failed test: its requests, resources, unused scripts and unused faults as text.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::response::decoded_hint;
use super::views::{ListedResource, ResourceTimeline, StatusChange};
use crate::http::auth::redact::Mask;
use crate::http::observe::record::RequestRecord;
use crate::registry::World;
use crate::registry::report_lines::{request_line, unused_fault, unused_script};
use crate::sim::clock::Mode;
use crate::sim::summary::ResourcePage;
use crate::sim::time::{instant, rfc3339};

// As much as a reader takes in; the rest is counted.
const MOST_REFUSED: usize = 20;
const MOST_REQUESTS: usize = 20;
const MOST_RESOURCES: usize = 10;
const MOST_CHANGES: usize = 20;
const LONGEST_REASON: usize = 300;

/// The keys under which the emulated services put their messages.
const MESSAGES: [&str; 5] = [
    "error_msg",
    "errorMsg",
    "message",
    "errorMessage",
    "description",
];

/// The report on a world, secrets masked.
pub(super) fn report(world: &World, url: &str) -> String {
    let records = world.recorder().journal.entries();
    let (timelines, n_resources) = newest_timelines(world);
    let unused = super::ScriptsHandle(world).unused();
    let unused_scripts = unused.iter().map(unused_script).collect();
    let unused = super::FaultsHandle(world).unused();
    let unused_faults = unused.iter().map(unused_fault).collect();
    let sections = [
        ("refused requests", refused(&records)),
        ("requests", requests(world, &records, url)),
        ("resources", resources(world, &timelines, n_resources)),
        ("clock", untouched_clock(world, &records, &timelines)),
        ("unused scripts", unused_scripts),
        ("unused faults", unused_faults),
    ];
    let mask = Mask::new(Some(&world.recorder().secrets));
    let mut report = String::new();
    for (title, lines) in sections {
        let lines: Vec<String> = lines;
        if !lines.is_empty() {
            report.extend([title, ":\n"]);
        }
        for line in lines {
            report.extend(["  ", &mask.text(&line), "\n"]);
        }
    }
    report
}

/// The number of things that are left out, as a line.
fn left_out(n: usize, things: &str) -> Vec<String> {
    let line = (n > 0).then(|| format!("… {n} earlier {things}"));
    line.into_iter().collect()
}

/// The refused requests, each with the reason and the hint.
fn refused(records: &[RequestRecord]) -> Vec<String> {
    let refused = records.iter().filter(|record| record.summary.status >= 400);
    let refused: Vec<_> = refused.collect();
    let n_left_out = refused.len().saturating_sub(MOST_REFUSED);
    let mut lines = left_out(n_left_out, "refused requests");
    for record in &refused[n_left_out..] {
        let line = request_line(&record.summary);
        lines.push(format!("{line}: {}", reason(&record.response.body)));
        if let Some(fault) = &record.summary.fault {
            lines.push(format!("  injected by the fault {fault}"));
        }
        let is_told = record.summary.nearest.is_some();
        let hint = record.response.headers.get("x-emulator-hint");
        if let Some(hint) = hint.filter(|_| !is_told) {
            lines.push(format!("  hint: {}", decoded_hint(hint)));
        }
    }
    lines
}

/// The message in the body of a refusal, or its beginning.
fn reason(body: &[u8]) -> String {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let outer = json.get("error").filter(|error| error.is_object());
    let outer = outer.unwrap_or(&json);
    let mut messages = MESSAGES.iter().filter_map(|key| outer.get(key)?.as_str());
    let text = String::from_utf8_lossy(body);
    let text = messages.next().unwrap_or(text.trim_end());
    match text.char_indices().nth(LONGEST_REASON) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None if text.is_empty() => "no body".to_owned(),
        None => text.to_owned(),
    }
}

/// The newest requests, a line each.
fn requests(world: &World, records: &[RequestRecord], url: &str) -> Vec<String> {
    if !world.recorder().journal.is_on() {
        return vec!["not known, since the journal is off".to_owned()];
    }
    if records.is_empty() {
        return vec![format!("no request has come to {url}")];
    }
    let n_left_out = records.len().saturating_sub(MOST_REQUESTS);
    let mut lines = left_out(n_left_out, "requests");
    for record in &records[n_left_out..] {
        let summary = &record.summary;
        let operation = summary.operation.unwrap_or("no operation");
        let (time, line) = (time(summary.time), request_line(summary));
        lines.push(format!("{time} {line} ({operation})"));
    }
    lines
}

/// The timelines of the newest resources, and the number of all.
fn newest_timelines(world: &World) -> (Vec<ResourceTimeline>, usize) {
    world.read(|database, now| {
        let mut page = ResourcePage::default();
        // The first pass counts, so that the second begins with the newest.
        database.list(&mut page, now);
        let mut newest = ResourcePage {
            offset: page.count.saturating_sub(MOST_RESOURCES),
            limit: MOST_RESOURCES,
            ..ResourcePage::default()
        };
        database.list(&mut newest, now);
        let resources = newest.resources.iter();
        let timelines = resources
            .filter_map(|resource| database.timeline(resource.family, &resource.id, now).ok())
            .map(ResourceTimeline::from)
            .collect();
        (timelines, page.count)
    })
}

/// The resources with their transitions.
fn resources(world: &World, timelines: &[ResourceTimeline], n_resources: usize) -> Vec<String> {
    let n_left_out = n_resources.saturating_sub(timelines.len());
    let mut lines = left_out(n_left_out, "resources");
    for timeline in timelines {
        let ListedResource {
            family,
            kind,
            scope,
            id,
            name,
            word,
            allowed,
            next,
            ..
        } = &timeline.resource;
        let allowed = if allowed.is_empty() {
            "nothing".to_owned()
        } else {
            allowed.join(", ")
        };
        lines.push(format!(
            "{family} {kind} {name} ({id}) in {scope}: {word}, allows {allowed}"
        ));
        let statuses = world.read(|database, _| database.statuses(family.as_str()));
        let in_words = |status: &str| {
            let known = statuses.iter().find(|(known, _)| *known == status);
            match known {
                Some((_, word)) if *word != status => format!("{word} ({status})"),
                _ => status.to_owned(),
            }
        };
        let changes = &timeline.transitions;
        let n_left_out = changes.len().saturating_sub(MOST_CHANGES);
        let n_forgotten = usize::try_from(timeline.truncated).unwrap_or(usize::MAX);
        let earlier = left_out(n_forgotten.saturating_add(n_left_out), "transitions");
        lines.extend(earlier.iter().map(|line| format!("  {line}")));
        for change in &changes[n_left_out..] {
            lines.push(format!("  {}", in_a_line(change, in_words)));
        }
        if let Some(next) = next {
            let to = if next.to.is_empty() {
                "its end".to_owned()
            } else {
                in_words(&next.to)
            };
            lines.push(format!("  next: {} to {to}", time(next.time)));
        }
    }
    lines
}

/// A change in words.
fn in_a_line(change: &StatusChange, in_words: impl Fn(&str) -> String) -> String {
    let unit = change.stage.as_deref().or(change.service.as_deref());
    let place = match (unit, &change.step) {
        (Some(unit), Some(step)) => format!("{unit}/{step}"),
        (_, step) => step.as_ref().unwrap_or(&change.name).clone(),
    };
    let (from, to) = (in_words(&change.from), in_words(&change.to));
    let moved = match (from.is_empty(), to.is_empty()) {
        (true, _) => to,
        (_, true) => "gone".to_owned(),
        _ => format!("{from} to {to}"),
    };
    let (time, cause) = (time(change.time), &change.cause);
    format!("{time} {place}: {moved}, cause: {cause}")
}

/// A line on a frozen clock that has not moved since the first request, although a resource waits for it.
fn untouched_clock(
    world: &World,
    records: &[RequestRecord],
    timelines: &[ResourceTimeline],
) -> Vec<String> {
    let reading = world.clock();
    let now = instant(reading.now);
    let waiting = timelines
        .iter()
        .filter(|timeline| timeline.resource.next.is_some());
    let waiting: Vec<&str> = waiting
        .map(|timeline| timeline.resource.name.as_str())
        .collect();
    let changes = timelines.iter().flat_map(|timeline| &timeline.transitions);
    let mut times = changes
        .map(|change| change.time)
        .chain(records.iter().map(|record| record.summary.time));
    if reading.mode != Mode::Frozen || waiting.is_empty() || times.any(|time| time != now) {
        return Vec::new();
    }
    let (now, waiting) = (time(now), waiting.join(", "));
    vec![format!(
        "it is frozen at {now}, and the test has not moved it; {waiting} will change when it moves: clock().advance(…)"
    )]
}

fn time(time: DateTime<Utc>) -> String {
    rfc3339(time.timestamp_millis())
}
