//! The facts of the overview, read in parts: the world is locked for a page of a list at a time.

use std::collections::BTreeMap;

use crate::control::dashboard::tone::{StatusWord, Tone, word_of};
use crate::registry::{World, family_names};
use crate::sim::Millis;
use crate::sim::summary::{ResourcePage, ResourceSummary};

/// The most resources of a family that are looked at: its last ones.
pub(super) const MOST_LOOKED_AT: usize = 5_000;

/// The resources that are read under one lock.
const SLICE: usize = 250;

/// The most rows of a list.
pub(super) const MOST_SHOWN: usize = 40;

/// Some resources, and the number of all.
#[derive(Default)]
pub(super) struct Group {
    pub(super) shown: Vec<ResourceSummary>,
    pub(super) count: usize,
}

impl Group {
    fn add(&mut self, resource: &ResourceSummary) {
        self.count += 1;
        if self.shown.len() < MOST_SHOWN {
            self.shown.push(resource.clone());
        }
    }
}

/// The number of resources with a status.
pub(super) struct StatusCount {
    pub(super) word: String,
    pub(super) tone: Tone,
    pub(super) count: usize,
}

/// The resources of a family.
pub(super) struct FamilyCount {
    pub(super) name: &'static str,
    pub(super) count: usize,
    pub(super) statuses: Vec<StatusCount>,
}

/// Everything at one glance.
pub(super) struct Glance {
    pub(super) now: Millis,
    pub(super) families: Vec<FamilyCount>,
    pub(super) n_resources: usize,
    pub(super) runs: Group,
    pub(super) waits: Group,
    pub(super) failed: Group,
    /// The next changes, soonest first.
    pub(super) due: Group,
    /// True if some resources were not looked at.
    pub(super) is_partial: bool,
    /// The statuses of each family.
    words: Vec<(&'static str, Vec<StatusWord>)>,
}

impl Glance {
    pub(super) fn of(world: &World) -> Self {
        let names = family_names().into_iter();
        let (now, words, families) = world.read(|database, now| {
            let words = names.map(|name| (name, database.statuses(name)));
            let words: Vec<_> = words.collect();
            let counts = database.count_by_status();
            let families = words.iter();
            let families = families.map(|(name, words)| FamilyCount::new(name, words, &counts));
            let families: Vec<_> = families.collect();
            (now, words, families)
        });
        let mut glance = Self {
            now,
            n_resources: families.iter().map(|family| family.count).sum(),
            is_partial: families.iter().any(|family| family.count > MOST_LOOKED_AT),
            families,
            runs: Group::default(),
            waits: Group::default(),
            failed: Group::default(),
            due: Group::default(),
            words,
        };
        let mut due = Vec::new();
        let counts = glance
            .families
            .iter()
            .map(|family| (family.name, family.count));
        for (name, count) in counts.collect::<Vec<_>>() {
            let mut offset = count.saturating_sub(MOST_LOOKED_AT);
            while offset < count {
                let mut page = ResourcePage {
                    family: Some(name.to_owned()),
                    offset,
                    limit: SLICE,
                    ..ResourcePage::default()
                };
                world.read(|database, now| database.list(&mut page, now));
                if page.resources.is_empty() {
                    break;
                }
                offset += page.resources.len();
                for resource in page.resources {
                    glance.add(&resource);
                    if resource.next.is_some() {
                        due.push(resource);
                    }
                }
            }
        }
        let at = |resource: &ResourceSummary| resource.next.as_ref().map(|next| next.at);
        due.sort_by_key(at);
        glance.due.count = due.len();
        due.truncate(MOST_SHOWN);
        glance.due.shown = due;
        glance
    }

    /// The status of a family in words.
    pub(super) fn word<'a>(&self, family: &str, status: &'a str) -> &'a str {
        let mut families = self.words.iter();
        let known = families.find(|(name, _)| *name == family);
        known.map_or(status, |(_, words)| word_of(words, status))
    }

    fn add(&mut self, resource: &ResourceSummary) {
        match Tone::of_resource(resource.kind, &resource.word, &resource.allowed) {
            Tone::Runs => self.runs.add(resource),
            Tone::Waits => self.waits.add(resource),
            Tone::Fails => self.failed.add(resource),
            Tone::Done | Tone::Idle => {}
        }
    }
}

impl FamilyCount {
    fn new(
        name: &'static str,
        words: &[StatusWord],
        counts: &BTreeMap<(&'static str, &str), usize>,
    ) -> Self {
        let own = counts
            .iter()
            .filter(|((family, _), n)| *family == name && **n > 0);
        let statuses: Vec<StatusCount> = own
            .map(|((_, status), count)| {
                let word = word_of(words, status);
                StatusCount {
                    word: word.to_owned(),
                    tone: Tone::of(word),
                    count: *count,
                }
            })
            .collect();
        Self {
            name,
            count: statuses.iter().map(|status| status.count).sum(),
            statuses,
        }
    }
}
