//! The resources that a run left failed or waiting, a line each.

use crate::registry::World;
use crate::sim::planned_step::PlannedStep;
use crate::sim::summary::ResourcePage;
use crate::sim::timeline::Timeline;

/// The most resources that are looked at, and the most that are listed: the newest.
const MOST_READ: usize = 1_000;
const MOST_LISTED: usize = 10;

/// The newest resources of a world that have failed, or that time alone does not move on, oldest first.
pub(super) fn stuck(world: &World) -> Vec<String> {
    let mut page = ResourcePage::default();
    let mut listed: Vec<String> = world.read(|database, now| {
        // The first pass counts, so that the second begins with the newest.
        database.list(&mut page, now);
        page = ResourcePage {
            offset: page.count.saturating_sub(MOST_READ),
            limit: MOST_READ,
            ..ResourcePage::default()
        };
        database.list(&mut page, now);
        let resources = page.resources.iter().rev();
        resources
            .filter_map(|resource| database.timeline(resource.family, &resource.id, now).ok())
            .filter_map(|timeline| {
                let statuses = database.statuses(timeline.family);
                let word = |status: &str| {
                    let known = statuses.iter().find(|(known, _)| *known == status);
                    known.map_or(status, |(_, word)| word).to_owned()
                };
                describe(&timeline, word)
            })
            .take(MOST_LISTED)
            .collect()
    });
    listed.reverse();
    listed
}

/// A resource as a line, if it is stuck; `word` is the meaning of a step's status.
fn describe(timeline: &Timeline, word: impl Fn(&str) -> String) -> Option<String> {
    let has_failed = |step: &&PlannedStep| step.ended.is_some() && is_failure(&word(&step.status));
    let waits =
        |step: &&PlannedStep| step.began.is_some() && step.ended.is_none() && step.ends.is_none();
    let steps = &timeline.forecast;
    let (reason, steps): (_, Vec<String>) = if is_failure(&timeline.word) {
        let failed = steps.iter().filter(has_failed);
        ("at", failed.map(in_words).collect())
    } else {
        let waiting = steps.iter().filter(waits);
        ("waits at", waiting.map(in_words).collect())
    };
    let Timeline {
        family, kind, name, ..
    } = timeline;
    let line = format!(
        "{family} {kind} {name} ({}): {}",
        timeline.id, timeline.word
    );
    match steps.join(", ") {
        steps if !steps.is_empty() => Some(format!("{line}, {reason} {steps}")),
        _ if is_failure(&timeline.word) => Some(line),
        _ => None,
    }
}

/// A step with its place, and the reason of its failure.
fn in_words(step: &PlannedStep) -> String {
    let place = step.stage.as_deref().or(step.service.as_deref());
    // A stage's own gate has its name.
    let place = place.filter(|place| *place != &*step.step);
    let mut text = place.map_or_else(String::new, |place| format!("{place}/"));
    text.push_str(&step.step);
    if let Some(message) = step.message.as_deref().filter(|text| !text.is_empty()) {
        text.extend([" (", message, ")"]);
    }
    text
}

/// True for a word of a failure, in any service.
fn is_failure(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    word.contains("fail") || word == "timeout"
}
