//! Transitions: what changed, when and why. They are numbered and handed on in the order of time, and each thing
//! remembers its own.

use std::sync::Arc;

use foldhash::HashMap;

use super::Millis;

/// The cause of what time alone brought about.
pub const CLOCK: &str = "clock";

/// The cause of what a schedule started.
pub const SCHEDULE: &str = "schedule";

/// The cause of the first that is known of a thing that was neither created nor changed, but put there.
pub const IMPORT: &str = "import";

/// How many transitions a thing remembers: the newest.
pub const MOST_REMEMBERED: usize = 1_000;

/// A change of state that time or a command brought about.
///
/// `from` and `to` are the family's own status words; an empty one stands for what is not there yet, or not any
/// more. `step` is absent where the resource itself changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transition {
    /// When it happened on the world's clock.
    pub at: Millis,
    /// The family the resource belongs to (`asm`, `plans`, `pipelines`, `zadig`).
    pub family: &'static str,
    /// The project, mesh or project key that owns the resource.
    pub scope: Arc<str>,
    /// The resource's id.
    pub id: Arc<str>,
    /// The resource's name.
    pub name: Arc<str>,
    /// The step that changed, by name.
    pub step: Option<Arc<str>>,
    /// The status before.
    pub from: Arc<str>,
    /// The status after.
    pub to: Arc<str>,
    /// [`CLOCK`], [`SCHEDULE`], [`IMPORT`], or the word of the command.
    pub cause: Arc<str>,
}

/// A word that a [`TransitionLog`] knows, as short as can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Symbol(u32);

impl Symbol {
    /// The empty word: what is not there is at nothing.
    pub const NOTHING: Self = Self(0);
}

/// Numbers the transitions of a world in the order in which they happen, and keeps each until it is handed on.
#[derive(Debug)]
pub struct TransitionLog {
    /// The number of the latest.
    last: u64,
    pending: Vec<(u64, Transition)>,
    symbols: HashMap<Arc<str>, Symbol>,
    /// The words by their number; the first is empty.
    strings: Vec<Arc<str>>,
}

impl Default for TransitionLog {
    fn default() -> Self {
        let mut log = Self {
            last: 0,
            pending: Vec::new(),
            symbols: HashMap::default(),
            strings: Vec::new(),
        };
        log.intern("");
        log
    }
}

/// When something happens to a thing, and why.
#[derive(Debug)]
pub struct ChangeContext<'a> {
    /// The present instant.
    pub now: Millis,
    /// The word of the command, or one of [`CLOCK`], [`SCHEDULE`] and [`IMPORT`].
    pub cause: &'a str,
    pub log: &'a mut TransitionLog,
}

impl TransitionLog {
    /// An occasion: a command of that word, at that instant.
    pub fn context<'a>(&'a mut self, now: Millis, cause: &'a str) -> ChangeContext<'a> {
        ChangeContext {
            now,
            cause,
            log: self,
        }
    }

    /// Takes what was not handed on yet, in order, each with its number.
    pub fn drain(&mut self) -> impl Iterator<Item = (u64, Transition)> {
        self.pending.drain(..)
    }

    /// Goes on counting where another left off: numbers are given once in the life of a world.
    pub fn count_on_from(&mut self, other: &Self) {
        self.last = self.last.max(other.last);
    }

    /// Takes a word up.
    ///
    /// # Panics
    /// With more than four billion different words.
    pub fn intern(&mut self, text: &str) -> Symbol {
        if let Some(symbol) = self.symbols.get(text) {
            return *symbol;
        }
        let symbol =
            Symbol(u32::try_from(self.strings.len()).expect("statuses and commands are few"));
        let text: Arc<str> = text.into();
        self.strings.push(Arc::clone(&text));
        self.symbols.insert(text, symbol);
        symbol
    }

    /// The text of a word of this log.
    pub(super) fn text(&self, symbol: Symbol) -> &Arc<str> {
        &self.strings[symbol.0 as usize]
    }
}

/// Whom transitions are told of.
#[derive(Clone, Debug)]
pub(super) struct ResourceRef<'a> {
    pub(super) family: &'static str,
    pub(super) scope: &'a Arc<str>,
    pub(super) id: &'a Arc<str>,
    pub(super) name: Arc<str>,
}

impl ResourceRef<'_> {
    fn transition(
        &self,
        record: &Record,
        step: Option<&Arc<str>>,
        log: &TransitionLog,
    ) -> Transition {
        let text = |symbol| Arc::clone(log.text(symbol));
        Transition {
            at: record.at,
            family: self.family,
            scope: Arc::clone(self.scope),
            id: Arc::clone(self.id),
            name: Arc::clone(&self.name),
            step: step.cloned(),
            from: text(record.from),
            to: text(record.to),
            cause: text(record.cause),
        }
    }
}

/// What changed: a step by name, or the thing itself.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) step: Option<Arc<str>>,
    pub(super) from: Symbol,
    pub(super) to: Symbol,
}

/// A transition without what its owner knows. Which step it was is kept apart: most things have none.
#[derive(Clone, Debug)]
struct Record {
    /// 0: it was an import, of which nobody is told.
    number: u64,
    at: Millis,
    from: Symbol,
    to: Symbol,
    cause: Symbol,
}

/// What a thing remembers of what happened to it: its newest transitions, at most [`MOST_REMEMBERED`].
#[derive(Debug, Default)]
pub struct History {
    /// A ring once it is full: the next one then takes the place of the oldest.
    records: Vec<Record>,
    ext: Option<Box<HistoryExt>>,
}

#[derive(Debug, Default)]
struct HistoryExt {
    /// The steps that changed, by the place of the record; those further on changed none.
    steps: Vec<Option<Arc<str>>>,
    forgotten: usize,
}

impl History {
    /// The transitions, oldest first, each with its number; 0 for an import.
    pub(super) fn transitions(
        &self,
        resource: &ResourceRef,
        log: &TransitionLog,
    ) -> Vec<(u64, Transition)> {
        let oldest = self.n_forgotten() % MOST_REMEMBERED;
        let places = (oldest..self.records.len()).chain(0..oldest);
        let told = places.map(|place| {
            let record = &self.records[place];
            let transition = resource.transition(record, self.step(place), log);
            (record.number, transition)
        });
        told.collect()
    }

    fn step(&self, place: usize) -> Option<&Arc<str>> {
        self.ext.as_ref()?.steps.get(place)?.as_ref()
    }

    fn n_forgotten(&self) -> usize {
        self.ext.as_ref().map_or(0, |ext| ext.forgotten)
    }

    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.n_forgotten() as u64
    }

    /// Notes a change, and hands it on unless it is an import.
    pub(super) fn add(
        &mut self,
        change: Change,
        resource: &ResourceRef,
        change_context: &mut ChangeContext,
    ) {
        let ChangeContext { now, cause, log } = change_context;
        let Change { step, from, to } = change;
        let mut record = Record {
            number: 0,
            at: *now,
            from,
            to,
            cause: log.intern(cause),
        };
        if *cause != IMPORT {
            log.last += 1;
            record.number = log.last;
            let transition = resource.transition(&record, step.as_ref(), log);
            log.pending.push((record.number, transition));
        }
        let place = self.push(record);
        self.set_step(place, step);
    }

    /// Takes over what another log wrote down.
    pub(super) fn translate(mut self, from: &TransitionLog, to: &mut TransitionLog) -> Self {
        for record in &mut self.records {
            let Record {
                from: was,
                to: is,
                cause,
                ..
            } = record;
            for symbol in [was, is, cause] {
                *symbol = to.intern(from.text(*symbol));
            }
        }
        self
    }

    /// Adds a record; answers its place.
    fn push(&mut self, record: Record) -> usize {
        let n = self.records.len();
        if n == MOST_REMEMBERED {
            let ext = self.ext.get_or_insert_default();
            let place = ext.forgotten % MOST_REMEMBERED;
            ext.forgotten += 1;
            self.records[place] = record;
            return place;
        }
        if n == self.records.capacity() {
            // Most things live through two or three transitions, and most that were imported through none; room
            // for more would be most of what they take.
            let first = if record.number == 0 { 1 } else { 2 };
            self.records.reserve_exact(n.max(first));
        }
        self.records.push(record);
        n
    }

    fn set_step(&mut self, place: usize, step: Option<Arc<str>>) {
        if step.is_none() && self.step(place).is_none() {
            return;
        }
        let steps = &mut self.ext.get_or_insert_default().steps;
        if steps.len() <= place {
            steps.resize(place + 1, None);
        }
        steps[place] = step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource<'a>(scope: &'a Arc<str>, id: &'a Arc<str>) -> ResourceRef<'a> {
        ResourceRef {
            family: "asm",
            scope,
            id,
            name: "thing".into(),
        }
    }

    fn change(log: &mut TransitionLog, from: &str, to: &str) -> Change {
        Change {
            step: None,
            from: log.intern(from),
            to: log.intern(to),
        }
    }

    #[test]
    fn a_short_life_takes_little_memory() {
        let (scope, id, mut log) = ("p".into(), "a".into(), TransitionLog::default());
        let mut history = History::default();
        for (from, to) in [("", "Creating"), ("Creating", "Running")] {
            let change = change(&mut log, from, to);
            history.add(change, &resource(&scope, &id), &mut log.context(0, CLOCK));
        }

        let bytes = size_of::<History>() + history.records.capacity() * size_of::<Record>();
        assert!(bytes <= 96 && history.ext.is_none(), "{bytes}");
    }

    #[test]
    fn each_transition_keeps_its_step_also_when_the_oldest_are_forgotten() {
        let (scope, id, mut log) = ("p".into(), "a".into(), TransitionLog::default());
        let mut history = History::default();
        for at in 0..2_345 {
            let mut change = change(&mut log, "off", "on");
            change.step = (at % 3 == 1).then(|| at.to_string().into());
            history.add(
                change,
                &resource(&scope, &id),
                &mut log.context(at, "switch"),
            );
        }

        let kept = history.transitions(&resource(&scope, &id), &log);
        assert_eq!((kept.len(), history.forgotten()), (1_000, 1_345));
        for (n, (_, transition)) in (1_345..).zip(&kept) {
            let step = (n % 3 == 1).then(|| n.to_string());
            assert_eq!(
                (transition.at, transition.step.as_deref()),
                (n, step.as_deref())
            );
        }
    }

    #[test]
    fn only_the_newest_are_remembered_and_all_are_told() {
        let (scope, id, mut log) = ("p".into(), "a".into(), TransitionLog::default());
        let mut history = History::default();
        for at in 0..2_500 {
            let change = change(&mut log, "off", "on");
            history.add(
                change,
                &resource(&scope, &id),
                &mut log.context(at, "switch"),
            );
        }

        let kept = history.transitions(&resource(&scope, &id), &log);
        let numbers: Vec<_> = kept.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, (1_501..=2_500).collect::<Vec<_>>());
        assert_eq!((kept[0].1.at, history.forgotten()), (1_500, 1_500));
        assert_eq!((log.drain().count(), log.drain().count()), (2_500, 0));
    }
}
