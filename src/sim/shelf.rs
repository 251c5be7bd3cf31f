//! What a family keeps: things found by id, listed per scope in the order of time, woken when due.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foldhash::HashMap;

pub use super::entry::Entry;

use super::index::Index;
use super::kept::Kept;
use super::order::{Keys, Order};
use super::transition::{Log, Occasion, SCHEDULE, Word};
use super::{Ms, NEVER};

/// A thing whose state changes with time.
pub trait Timed {
    /// The family it belongs to, as transitions name it.
    const FAMILY: &'static str;

    /// Its name, as transitions report it.
    fn name(&self) -> &str;

    /// The next instant after `now` at which something about it changes by itself, or [`NEVER`].
    fn next_due(&self, now: Ms) -> Ms;

    /// Its own status at an instant, in the family's word; empty once it is gone.
    fn word(&self, now: Ms) -> &str;

    /// How many steps it has at present; they have a fixed order until a command gives it others.
    fn n_steps(&self) -> usize {
        0
    }

    /// The name of a step and its status at an instant; none if there is nothing to see of the step.
    fn step(&self, _step: usize, _now: Ms) -> Option<(&str, &str)> {
        None
    }

    /// The steps that may look otherwise at `due` than just before, in ascending order.
    fn stirred(&self, _due: Ms) -> Vec<usize> {
        Vec::new()
    }

    /// Whether time does something to it at that instant beyond ageing it (a trigger that starts a run).
    fn acts(&self, _now: Ms) -> bool {
        false
    }
}

/// The position of a thing in the order of arrival.
pub type Serial = u64;

/// Things of many scopes. Finding, adding, changing and removing cost O(log n) of what is stored and, where what
/// changed is told, a look at each step of the thing.
#[derive(Debug)]
pub struct Shelf<T> {
    entries: Kept<T>,
    ids: Index,
    scopes: BTreeMap<Arc<str>, Order<(Ms, Serial)>>,
    /// Who changes by itself next; a thing that does not is absent.
    agenda: BTreeSet<(Ms, Serial)>,
    /// How many things are at each status.
    tally: HashMap<Word, usize>,
    arrived: Serial,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self {
            entries: Kept::default(),
            ids: Index::default(),
            scopes: BTreeMap::new(),
            agenda: BTreeSet::new(),
            tally: HashMap::default(),
            arrived: 0,
        }
    }
}

impl<T: Timed> Shelf<T> {
    /// Adds a thing that was created at `created`; among equal times the later added counts as newer. Its
    /// status and those of its steps are told as coming from nothing; of an import only its own is noted.
    ///
    /// # Panics
    /// If the id is on the shelf already: the caller has drawn a fresh one, or has checked.
    pub fn insert(
        &mut self,
        scope: &str,
        id: &str,
        created: Ms,
        item: T,
        occasion: &mut Occasion,
    ) -> Serial {
        let serial = self.arrived;
        self.arrived += 1;
        let scope = match self.scopes.get_key_value(scope) {
            Some((known, _)) => Arc::clone(known),
            None => Arc::from(scope),
        };
        let entries = &self.entries;
        let is_new = self
            .ids
            .add_first(id, serial, |serial| &*entries.named(serial).id);
        assert!(is_new, "an id is given once");
        let id: Arc<str> = Arc::from(id);
        self.scopes
            .entry(Arc::clone(&scope))
            .or_default()
            .insert((created, serial));
        let entry = Entry::new(scope, id, created, item, occasion);
        if entry.due < NEVER {
            self.agenda.insert((entry.due, serial));
        }
        Self::count(&mut self.tally, Word::NOTHING, entry.status);
        self.entries.insert(serial, entry);
        serial
    }

    /// Whether the id is given, in whatever scope.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.serial(id).is_some()
    }

    /// The position of the thing of that id.
    #[must_use]
    pub fn serial(&self, id: &str) -> Option<Serial> {
        self.ids
            .first(&id, |serial| &*self.entries.named(serial).id)
    }

    /// The thing of that id, in whatever scope.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Entry<T>> {
        self.at(self.serial(id)?)
    }

    /// The thing at a position.
    #[must_use]
    pub fn at(&self, serial: Serial) -> Option<&Entry<T>> {
        self.entries.get(serial)
    }

    /// The thing at a position, for the sake of what it is called.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn named(&self, serial: Serial) -> &Entry<T> {
        self.entries.named(serial)
    }

    /// The thing of that id, if it belongs to the scope.
    #[must_use]
    pub fn get(&self, scope: &str, id: &str) -> Option<&T> {
        self.find(id)
            .filter(|entry| &*entry.scope == scope)
            .map(|entry| &entry.item)
    }

    /// Lends a thing of the scope for changing, tells what changed, and notes when it is due next.
    pub fn edit<R>(
        &mut self,
        scope: &str,
        id: &str,
        occasion: &mut Occasion,
        change: impl FnOnce(&mut T) -> R,
    ) -> Option<R> {
        let serial = self.serial(id)?;
        let entry = self
            .entries
            .get_mut(serial)
            .filter(|entry| &*entry.scope == scope)?;
        let before = entry.status;
        let result = entry.change(occasion, change);
        Self::count(&mut self.tally, before, entry.status);
        let due = entry.item.next_due(occasion.now);
        Self::note(&mut self.agenda, serial, entry, due);
        Some(result)
    }

    /// Takes a thing of the scope away, which is told as a change to nothing. Its steps go with it untold.
    pub fn remove(&mut self, scope: &str, id: &str, occasion: &mut Occasion) -> Option<T> {
        let serial = self.serial(id)?;
        if &*self.entries.get(serial)?.scope != scope {
            return None;
        }
        let mut entry = self.entries.remove(serial)?;
        let before = entry.status;
        entry.end(occasion);
        Self::count(&mut self.tally, before, entry.status);
        self.ids.remove(id, serial);
        self.agenda.remove(&(entry.due, serial));
        if let Some(order) = self.scopes.get_mut(scope) {
            order.remove((entry.created, serial));
            if order.len() == 0 {
                self.scopes.remove(scope);
            }
        }
        Some(entry.item)
    }

    /// How many things the scope has.
    #[must_use]
    pub fn len(&self, scope: &str) -> usize {
        self.scopes.get(scope).map_or(0, Order::len)
    }

    /// The things of a scope, oldest first; `rev()` for newest first.
    pub fn of(&self, scope: &str) -> Things<'_, T> {
        let keys = self.scopes.get(scope).map(Order::keys).unwrap_or_default();
        Things {
            keys,
            entries: &self.entries,
        }
    }

    /// The scopes that have anything, in alphabetical order.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.keys().map(|scope| &**scope)
    }

    /// How many things are at each status, in no order, once whatever is due has happened.
    pub fn tally<'a>(&'a self, log: &'a Log) -> impl Iterator<Item = (&'a str, usize)> {
        let tally = self.tally.iter();
        tally.map(|(status, things)| (&**log.text(*status), *things))
    }

    /// When the first of all things changes by itself, or [`NEVER`].
    #[must_use]
    pub fn next_due(&self) -> Ms {
        self.agenda.first().map_or(NEVER, |(due, _)| *due)
    }

    /// Wakes the thing that is due first, if one is by `now`: tells what changed, lets it act if it does by itself,
    /// and notes when it is due next. Only the steps that stir are looked at, so that a run costs as much as its
    /// steps and not their square. Answers whether a thing was due.
    ///
    /// # Panics
    /// Never: the agenda names what is stored.
    pub fn wake(
        &mut self,
        now: Ms,
        log: &mut Log,
        act: impl FnOnce(&str, &str, &mut T, Ms),
    ) -> bool {
        let Some((due, serial)) = self.agenda.first().copied().filter(|(due, _)| *due <= now)
        else {
            return false;
        };
        let entry = self
            .entries
            .get_mut(serial)
            .expect("the agenda names what is stored");
        let before = entry.status;
        entry.age(due, log);
        if entry.item.acts(due) {
            let (scope, id) = (Arc::clone(&entry.scope), Arc::clone(&entry.id));
            let act = |item: &mut T| act(&scope, &id, item, due);
            entry.change(&mut log.at(due, SCHEDULE), act);
        }
        Self::count(&mut self.tally, before, entry.status);
        let next = entry.item.next_due(due);
        Self::note(&mut self.agenda, serial, entry, next);
        true
    }

    /// Remembers what another shelf does of the things that both hold, as told to the log `from`.
    pub fn remember(&mut self, other: &mut Self, from: &Log, occasion: &mut Occasion) {
        for entry in self.entries.all_mut() {
            let known = other.serial(&entry.id);
            let known = known.and_then(|serial| other.entries.get_mut(serial));
            if let Some(known) = known.filter(|known| known.scope == entry.scope) {
                entry.remember(known, from, occasion);
            }
        }
    }

    fn count(tally: &mut HashMap<Word, usize>, before: Word, after: Word) {
        if before == after {
            return;
        }
        if after != Word::NOTHING {
            *tally.entry(after).or_default() += 1;
        }
        if let Some(things) = tally.get_mut(&before) {
            *things -= 1;
            if *things == 0 {
                tally.remove(&before);
            }
        }
    }

    fn note(agenda: &mut BTreeSet<(Ms, Serial)>, serial: Serial, entry: &mut Entry<T>, due: Ms) {
        agenda.remove(&(entry.due, serial));
        entry.due = due;
        if due < NEVER {
            agenda.insert((due, serial));
        }
    }
}

/// Things of a scope in the order of time, from either end. `skip` does not look at what it passes over, so a
/// page costs what is on it.
#[derive(Debug)]
pub struct Things<'a, T> {
    keys: Keys<'a, (Ms, Serial)>,
    entries: &'a Kept<T>,
}

impl<'a, T> Things<'a, T> {
    fn thing(&self, (_, serial): (Ms, Serial)) -> &'a Entry<T> {
        let thing = self.entries.get(serial);
        thing.expect("a scope names what is stored")
    }
}

impl<'a, T> Iterator for Things<'a, T> {
    type Item = &'a Entry<T>;

    fn next(&mut self) -> Option<Self::Item> {
        self.keys.next().map(|key| self.thing(key))
    }

    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        self.keys.nth(n).map(|key| self.thing(key))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.keys.size_hint()
    }
}

impl<T> DoubleEndedIterator for Things<'_, T> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.keys.next_back().map(|key| self.thing(key))
    }

    fn nth_back(&mut self, n: usize) -> Option<Self::Item> {
        self.keys.nth_back(n).map(|key| self.thing(key))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::transition::IMPORT;
    use super::*;
    use crate::sim::lifecycle::{Does, Node, Outcome, Run, Script, Seen};

    const COUNT: [&str; 6] = ["0", "1", "2", "3", "4", "5"];

    /// Counts the ticks of ten milliseconds since its birth, for five of them.
    struct Ticker {
        born: Ms,
    }

    impl Timed for Ticker {
        const FAMILY: &'static str = "asm";

        fn name(&self) -> &'static str {
            "ticker"
        }

        fn next_due(&self, now: Ms) -> Ms {
            let next = now - (now - self.born).rem_euclid(10) + 10;
            if next > self.born + 50 { NEVER } else { next }
        }

        fn word(&self, now: Ms) -> &str {
            let ticks = (now - self.born).div_euclid(10);
            COUNT[usize::try_from(ticks).unwrap().min(5)]
        }
    }

    fn shelf(log: &mut Log) -> Shelf<Ticker> {
        let mut shelf = Shelf::default();
        shelf.insert("p", "a", 5, Ticker { born: 0 }, &mut log.at(0, "create"));
        shelf.insert("p", "b", 3, Ticker { born: 3 }, &mut log.at(3, "create"));
        shelf.insert("q", "c", 3, Ticker { born: 3 }, &mut log.at(3, "create"));
        shelf
    }

    /// What was told since: number, instant, id, the status after, cause.
    fn told(log: &mut Log) -> Vec<(u64, Ms, String, String, String)> {
        let told = log.drain().map(|(number, change)| {
            let text = |text: &str| text.to_owned();
            let (id, to, cause) = (text(&change.id), text(&change.to), text(&change.cause));
            (number, change.at, id, to, cause)
        });
        told.collect()
    }

    fn as_told(changes: &[(u64, Ms, &str, &str, &str)]) -> Vec<(u64, Ms, String, String, String)> {
        let text = |text: &str| text.to_owned();
        let all = changes.iter();
        all.map(|(number, at, id, to, cause)| (*number, *at, text(id), text(to), text(cause)))
            .collect()
    }

    #[test]
    fn a_scope_lists_in_the_order_of_time_whatever_arrived_first() {
        let shelf = shelf(&mut Log::default());
        let ids: Vec<_> = shelf.of("p").map(|entry| &*entry.id).collect();
        assert_eq!(
            (ids, shelf.len("p"), shelf.len("r")),
            (vec!["b", "a"], 2, 0)
        );
        assert!(
            shelf.get("q", "a").is_none(),
            "an id is looked up in its own scope"
        );
    }

    #[test]
    fn things_wake_in_the_order_they_are_due() {
        let mut log = Log::default();
        let mut shelf = shelf(&mut log);
        assert_eq!(log.drain().count(), 3);

        while shelf.wake(13, &mut log, |_, _, _, _| ()) {}

        let expected = [
            (4, 10, "a", "1", "clock"),
            (5, 13, "b", "1", "clock"),
            (6, 13, "c", "1", "clock"),
        ];
        assert_eq!(told(&mut log), as_told(&expected));
        assert_eq!(shelf.next_due(), 20);
    }

    #[test]
    fn things_are_counted_by_what_they_are_at() {
        let mut log = Log::default();
        let mut shelf = shelf(&mut log);
        let tally = |shelf: &Shelf<Ticker>, log: &Log| {
            let mut tally: Vec<_> = shelf.tally(log).map(|(to, n)| (to.to_owned(), n)).collect();
            tally.sort();
            tally
        };
        let at = |status: &str, things| (status.to_owned(), things);
        assert_eq!(tally(&shelf, &log), [at("0", 3)]);

        while shelf.wake(10, &mut log, |_, _, _, _| ()) {}
        assert_eq!(tally(&shelf, &log), [at("0", 2), at("1", 1)]);

        let age = |ticker: &mut Ticker| ticker.born = -30;
        shelf.edit("p", "a", &mut log.at(11, "age"), age);
        shelf.remove("q", "c", &mut log.at(11, "delete"));
        assert_eq!(tally(&shelf, &log), [at("0", 1), at("4", 1)]);
    }

    #[test]
    fn what_is_removed_is_forgotten_everywhere() {
        let mut log = Log::default();
        let mut shelf = shelf(&mut log);
        let occasion = &mut log.at(12, "delete");
        assert!(shelf.remove("q", "a", occasion).is_none());
        assert!(shelf.remove("p", "a", occasion).is_some());
        assert!(shelf.find("a").is_none());
        assert_eq!((shelf.len("p"), shelf.next_due()), (1, 13));
        shelf.remove("p", "b", occasion);
        assert_eq!(shelf.scopes().collect::<Vec<_>>(), ["q"]);
        let expected = [(4, 12, "a", "", "delete"), (5, 12, "b", "", "delete")];
        assert_eq!(told(&mut log)[3..], as_told(&expected));
    }

    #[test]
    fn commands_are_told_and_what_changes_nothing_is_not() {
        let mut log = Log::default();
        let mut shelf = shelf(&mut log);
        assert_eq!(log.drain().count(), 3);

        let age = |ticker: &mut Ticker| ticker.born = -30;
        shelf.edit("p", "a", &mut log.at(4, "age"), age);
        shelf.edit("p", "b", &mut log.at(4, "look"), |_| ());

        assert_eq!(told(&mut log), as_told(&[(4, 4, "a", "3", "age")]));
    }

    #[test]
    fn another_shelf_is_remembered_and_what_looks_otherwise_was_imported() {
        let (mut log, mut fresh) = (Log::default(), Log::default());
        let mut old = shelf(&mut log);
        let mut new = Shelf::default();
        let occasion = &mut fresh.at(4, IMPORT);
        new.insert("p", "a", 5, Ticker { born: -20 }, occasion);
        new.insert("p", "b", 3, Ticker { born: 3 }, occasion);
        new.insert("p", "c", 3, Ticker { born: 3 }, occasion);

        new.remember(&mut old, &log, occasion);

        let past = |id: &str| {
            let told = new.find(id).unwrap().transitions(&fresh);
            let told = told.into_iter().map(|(number, change)| {
                let (from, to) = (change.from.to_string(), change.to.to_string());
                (number, change.at, from, to, change.cause.to_string())
            });
            told.map(|(number, at, from, to, cause)| format!("{number} {at} {from}-{to} {cause}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(past("a"), ["1 0 -0 create", "0 4 0-2 import"]);
        assert_eq!(past("b"), ["2 3 -0 create"]);
        assert_eq!(past("c"), ["0 4 -0 import"], "it belongs to another scope");
        assert!(
            fresh.drain().next().is_none(),
            "nobody is told of an import"
        );
    }

    /// A run of many steps in a row that counts how often anybody looks at one.
    struct Row {
        run: Run,
        looks: Cell<usize>,
    }

    impl Timed for Row {
        const FAMILY: &'static str = "asm";

        fn name(&self) -> &'static str {
            "row"
        }

        fn next_due(&self, now: Ms) -> Ms {
            self.run.next_due(now)
        }

        fn word(&self, now: Ms) -> &str {
            if self.run.ended(now).is_some() {
                "over"
            } else {
                "open"
            }
        }

        fn n_steps(&self) -> usize {
            self.run.script().does.len()
        }

        fn step(&self, step: usize, now: Ms) -> Option<(&str, &str)> {
            self.looks.set(self.looks.get() + 1);
            let word = match self.run.step(step, now) {
                Seen::Idle => "idle",
                Seen::Open { .. } => "open",
                Seen::Ended { .. } => "over",
            };
            Some(("step", word))
        }

        fn stirred(&self, due: Ms) -> Vec<usize> {
            self.run.stirred(due)
        }
    }

    #[test]
    fn a_run_of_many_steps_looks_at_each_a_few_times_and_not_at_all_of_them_each_time() {
        const STEPS: usize = 3_000;
        let work = Does::Work {
            takes: 10,
            outcome: Outcome::Succeed,
        };
        let tree = Node::Seq((0..STEPS).map(Node::Step).collect());
        let run = Run::start(0, Script::of(tree, vec![work; STEPS]));
        let (mut log, mut shelf) = (Log::default(), Shelf::default());
        let row = Row {
            run,
            looks: Cell::new(0),
        };
        shelf.insert("p", "a", 0, row, &mut log.at(0, "create"));

        while shelf.wake(NEVER - 1, &mut log, |_, _, _, _| ()) {}

        // Each once when it was created, and twice where it begins and where it ends.
        let looks = shelf.get("p", "a").unwrap().looks.get();
        assert!(looks <= STEPS * 5, "{looks}");
        shelf.edit("p", "a", &mut log.at(NEVER - 1, "look"), |_| ());
        let again = shelf.get("p", "a").unwrap().looks.get() - looks;
        assert_eq!(
            again,
            2 * STEPS,
            "a command looks at each before and after it"
        );
        // Each but the first is told when it is created, begins and ends; the first begins at once.
        assert_eq!(log.drain().count(), 3 * STEPS - 1 + 2);
    }
}
