//! A thing on a shelf, and how it comes out what changed about it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::shelf::Timed;
use super::transition::{CLOCK, Change, IMPORT, Log, Occasion, Past, Subject, Word};
use super::{Ms, Transition};

/// A thing with what the shelf knows of it.
#[derive(Debug)]
pub struct Entry<T> {
    /// The project, mesh or project key that owns it.
    pub scope: Arc<str>,
    /// Its id, unique on the shelf.
    pub id: Arc<str>,
    /// The thing.
    pub item: T,
    /// When it was created.
    pub(super) created: Ms,
    /// When something about it changes by itself next, or [`super::NEVER`].
    pub(super) due: Ms,
    /// The last status that was told of it.
    pub(super) status: Word,
    past: Past,
}

impl<T: Timed> Entry<T> {
    /// A thing that comes into being, which is told: its status and those of its steps come from nothing. Of an
    /// import only its own is noted.
    pub(super) fn new(
        scope: Arc<str>,
        id: Arc<str>,
        created: Ms,
        item: T,
        occasion: &mut Occasion,
    ) -> Self {
        let mut entry = Self {
            due: item.next_due(occasion.now),
            scope,
            id,
            item,
            created,
            status: Word::NOTHING,
            past: Past::default(),
        };
        let changes = if occasion.cause == IMPORT {
            let is = occasion.log.word(entry.item.word(occasion.now));
            own(Word::NOTHING, is).into_iter().collect()
        } else {
            Sight::NOTHING.changes_to(&entry.sight(occasion.now, occasion.log))
        };
        entry.tell(changes, occasion);
        entry
    }

    /// Its end, which is told. Its steps go with it untold.
    pub(super) fn end(&mut self, occasion: &mut Occasion) {
        let from = occasion.log.word(self.item.word(occasion.now));
        self.tell(own(from, Word::NOTHING).into_iter().collect(), occasion);
    }

    /// Remembers what another did of the same thing. If that looks otherwise here, it is noted as an import.
    pub(super) fn remember(&mut self, other: &mut Self, from: &Log, occasion: &mut Occasion) {
        let was = occasion.log.word(other.item.word(occasion.now));
        let is = occasion.log.word(self.item.word(occasion.now));
        self.past = std::mem::take(&mut other.past).translate(from, occasion.log);
        self.tell(own(was, is).into_iter().collect(), occasion);
    }

    /// The transitions it remembers, oldest first, each with its number; 0 for an import.
    #[must_use]
    pub fn transitions(&self, log: &Log) -> Vec<(u64, Transition)> {
        self.past.transitions(&self.subject(), log)
    }

    /// How many transitions there were before those it remembers.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.past.forgotten()
    }

    fn subject(&self) -> Subject<'_> {
        Subject {
            family: T::FAMILY,
            scope: &self.scope,
            id: &self.id,
            name: self.item.name().into(),
        }
    }

    /// Changes the thing and tells what changed.
    pub(super) fn change<R>(
        &mut self,
        occasion: &mut Occasion,
        change: impl FnOnce(&mut T) -> R,
    ) -> R {
        let before = self.sight(occasion.now, occasion.log);
        let result = change(&mut self.item);
        let after = self.sight(occasion.now, occasion.log);
        self.tell(before.changes_to(&after), occasion);
        result
    }

    /// Tells what of the thing looks otherwise at `due` than just before.
    pub(super) fn age(&mut self, due: Ms, log: &mut Log) {
        let changes = changes_at(&self.item, due).map(|(step, from, to)| Change {
            step: step.map(Arc::from),
            from: log.word(from),
            to: log.word(to),
        });
        let changes = changes.collect();
        self.tell(changes, &mut log.at(due, CLOCK));
    }

    fn tell(&mut self, changes: Vec<Change>, occasion: &mut Occasion) {
        if changes.is_empty() {
            return;
        }
        if let Some(own) = changes.iter().rfind(|change| change.step.is_none()) {
            self.status = own.to;
        }
        let mut past = std::mem::take(&mut self.past);
        let subject = self.subject();
        for change in changes {
            past.add(change, &subject, occasion);
        }
        self.past = past;
    }

    fn sight(&self, now: Ms, log: &mut Log) -> Sight {
        let steps = (0..self.item.n_steps()).filter_map(|step| self.item.step(step, now));
        Sight {
            own: log.word(self.item.word(now)),
            steps: steps
                .map(|(name, status)| (name.into(), log.word(status)))
                .collect(),
        }
    }
}

/// A change of the thing itself, if it is one.
fn own(from: Word, to: Word) -> Option<Change> {
    (from != to).then_some(Change {
        step: None,
        from,
        to,
    })
}

/// What of a thing looks otherwise at an instant than just before, with both words: first the thing itself, then
/// steps by name.
pub(super) fn changes_at<T: Timed>(
    item: &T,
    at: Ms,
) -> impl Iterator<Item = (Option<&str>, &str, &str)> {
    let own = std::iter::once_with(move || (None, item.word(at - 1), item.word(at)));
    let steps = std::iter::once_with(move || item.stirred(at)).flatten();
    let steps = steps.filter_map(move |step| {
        let (_, from) = item.step(step, at - 1)?;
        let (name, to) = item.step(step, at)?;
        Some((Some(name), from, to))
    });
    own.chain(steps).filter(|(_, from, to)| from != to)
}

/// What can be seen of a thing: its own status, and its steps by name, of which several may have the same.
struct Sight {
    own: Word,
    steps: Vec<(Arc<str>, Word)>,
}

impl Sight {
    /// What can be seen of a thing that is not there.
    const NOTHING: Self = Self {
        own: Word::NOTHING,
        steps: Vec::new(),
    };

    fn names(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().map(|(name, _)| &**name)
    }

    /// What differs in another sight: the thing itself, then its steps in their new order, then those that are
    /// not there any more. Of steps with the same name the first is taken for the first.
    fn changes_to(&self, after: &Self) -> Vec<Change> {
        let mut changes: Vec<_> = own(self.own, after.own).into_iter().collect();
        let mut add = |name: &Arc<str>, from: Word, to: Word| {
            if from != to {
                changes.push(Change {
                    step: Some(Arc::clone(name)),
                    from,
                    to,
                });
            }
        };
        if self.names().eq(after.names()) {
            for ((name, from), (_, to)) in self.steps.iter().zip(&after.steps) {
                add(name, *from, *to);
            }
            return changes;
        }
        let mut known: HashMap<&str, VecDeque<usize>> = HashMap::new();
        for (n, (name, _)) in self.steps.iter().enumerate() {
            known.entry(name).or_default().push_back(n);
        }
        for (name, to) in &after.steps {
            let was = known.get_mut(&**name).and_then(VecDeque::pop_front);
            add(name, was.map_or(Word::NOTHING, |n| self.steps[n].1), *to);
        }
        let mut gone: Vec<usize> = known.into_values().flatten().collect();
        gone.sort_unstable();
        for n in gone {
            let (name, from) = &self.steps[n];
            add(name, *from, Word::NOTHING);
        }
        changes
    }
}
