//! What a family keeps: things found by id, listed per scope in the order of time, woken when due.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::order::{Keys, Order};
use super::{Ms, NEVER, Transition};

/// A thing whose state changes with time.
pub trait Timed {
    /// Its name, as transitions report it.
    fn name(&self) -> &str;

    /// The next instant after `now` at which something about it changes by itself, or [`NEVER`].
    fn next_due(&self, now: Ms) -> Ms;

    /// Its states at an instant: its own under `None`, then those of its steps by name, in a fixed order.
    fn states(&self, now: Ms) -> Vec<(Option<String>, String)>;
}

/// A thing with what the shelf knows of it.
#[derive(Debug)]
pub struct Entry<T> {
    /// The project, mesh or project key that owns it.
    pub scope: Arc<str>,
    /// Its id, unique on the shelf.
    pub id: Arc<str>,
    /// The thing.
    pub item: T,
    created: Ms,
    due: Ms,
}

/// The position of a thing in the order of arrival.
type Serial = u64;

/// Things of many scopes. Finding, adding, changing and removing cost O(log n) of what is stored.
#[derive(Debug)]
pub struct Shelf<T> {
    entries: HashMap<Serial, Entry<T>>,
    ids: HashMap<Arc<str>, Serial>,
    scopes: BTreeMap<Arc<str>, Order<(Ms, Serial)>>,
    /// Who changes by itself next; a thing that does not is absent.
    agenda: BTreeSet<(Ms, Serial)>,
    arrived: Serial,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            ids: HashMap::new(),
            scopes: BTreeMap::new(),
            agenda: BTreeSet::new(),
            arrived: 0,
        }
    }
}

impl<T: Timed> Shelf<T> {
    /// Adds a thing that was created at `created`; among equal times the later added counts as newer.
    ///
    /// # Panics
    /// If the id is on the shelf already: the caller has drawn a fresh one, or has checked.
    pub fn insert(&mut self, scope: &str, id: &str, created: Ms, now: Ms, item: T) {
        assert!(!self.ids.contains_key(id), "an id is given once");
        let serial = self.arrived;
        self.arrived += 1;
        let scope = match self.scopes.get_key_value(scope) {
            Some((known, _)) => Arc::clone(known),
            None => Arc::from(scope),
        };
        let id: Arc<str> = Arc::from(id);
        let due = item.next_due(now);
        if due < NEVER {
            self.agenda.insert((due, serial));
        }
        self.scopes
            .entry(Arc::clone(&scope))
            .or_default()
            .insert((created, serial));
        self.ids.insert(Arc::clone(&id), serial);
        self.entries.insert(
            serial,
            Entry {
                scope,
                id,
                item,
                created,
                due,
            },
        );
    }

    /// Whether the id is given, in whatever scope.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.ids.contains_key(id)
    }

    /// The thing of that id, in whatever scope.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Entry<T>> {
        self.entries.get(self.ids.get(id)?)
    }

    /// The thing of that id, if it belongs to the scope.
    #[must_use]
    pub fn get(&self, scope: &str, id: &str) -> Option<&T> {
        self.find(id)
            .filter(|entry| &*entry.scope == scope)
            .map(|entry| &entry.item)
    }

    /// Lends a thing of the scope for changing, then notes when it is due next.
    pub fn edit<R>(
        &mut self,
        scope: &str,
        id: &str,
        now: Ms,
        change: impl FnOnce(&mut T) -> R,
    ) -> Option<R> {
        let serial = *self.ids.get(id)?;
        let entry = self
            .entries
            .get_mut(&serial)
            .filter(|entry| &*entry.scope == scope)?;
        let result = change(&mut entry.item);
        let due = entry.item.next_due(now);
        Self::note(&mut self.agenda, serial, entry, due);
        Some(result)
    }

    /// Takes a thing of the scope away.
    pub fn remove(&mut self, scope: &str, id: &str) -> Option<T> {
        let serial = *self.ids.get(id)?;
        if &*self.entries.get(&serial)?.scope != scope {
            return None;
        }
        let entry = self.entries.remove(&serial)?;
        self.ids.remove(id);
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

    /// Tells the status of each thing at an instant, in no order.
    pub fn statuses(&self, now: Ms, told: &mut dyn FnMut(String)) {
        for entry in self.entries.values() {
            let own = entry.item.states(now).into_iter().next();
            told(own.map_or_else(String::new, |(_, status)| status));
        }
    }

    /// When the first of all things changes by itself, or [`NEVER`].
    #[must_use]
    pub fn next_due(&self) -> Ms {
        self.agenda.first().map_or(NEVER, |(due, _)| *due)
    }

    /// Wakes what is due up to `now`, in order: says what changed, lets each act, notes when it is due next.
    ///
    /// `act` is what time alone does to a thing beyond ageing it (a trigger that starts a run); it answers
    /// whether it did anything.
    ///
    /// # Panics
    /// Never: the agenda names what is stored.
    pub fn wake(
        &mut self,
        now: Ms,
        family: &'static str,
        heard: &mut dyn FnMut(Transition),
        mut act: impl FnMut(&str, &str, &mut T, Ms) -> bool,
    ) {
        while let Some((due, serial)) = self.agenda.first().copied().filter(|(due, _)| *due <= now)
        {
            let entry = self
                .entries
                .get_mut(&serial)
                .expect("the agenda names what is stored");
            let aged = entry.item.states(due);
            report(
                family,
                entry,
                due,
                "clock",
                &entry.item.states(due - 1),
                &aged,
                heard,
            );
            if act(&entry.scope, &entry.id, &mut entry.item, due) {
                report(
                    family,
                    entry,
                    due,
                    "schedule",
                    &aged,
                    &entry.item.states(due),
                    heard,
                );
            }
            let next = entry.item.next_due(due);
            Self::note(&mut self.agenda, serial, entry, next);
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
    entries: &'a HashMap<Serial, Entry<T>>,
}

impl<'a, T> Things<'a, T> {
    fn thing(&self, key: (Ms, Serial)) -> &'a Entry<T> {
        &self.entries[&key.1]
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

/// Says each state that differs.
fn report<T: Timed>(
    family: &'static str,
    entry: &Entry<T>,
    at: Ms,
    cause: &'static str,
    before: &[(Option<String>, String)],
    after: &[(Option<String>, String)],
    heard: &mut dyn FnMut(Transition),
) {
    for (n, (step, to)) in after.iter().enumerate() {
        let from = before
            .get(n)
            .filter(|(name, _)| name == step)
            .map_or("", |(_, from)| from);
        if from != to {
            heard(Transition {
                at,
                family,
                scope: entry.scope.to_string(),
                id: entry.id.to_string(),
                name: entry.item.name().to_owned(),
                step: step.clone(),
                from: from.to_owned(),
                to: to.clone(),
                cause,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts the ticks of ten milliseconds since its birth, for five of them.
    struct Ticker {
        born: Ms,
    }

    impl Timed for Ticker {
        fn name(&self) -> &'static str {
            "ticker"
        }

        fn next_due(&self, now: Ms) -> Ms {
            let next = now - (now - self.born).rem_euclid(10) + 10;
            if next > self.born + 50 { NEVER } else { next }
        }

        fn states(&self, now: Ms) -> Vec<(Option<String>, String)> {
            vec![(None, ((now - self.born).div_euclid(10)).to_string())]
        }
    }

    fn shelf() -> Shelf<Ticker> {
        let mut shelf = Shelf::default();
        shelf.insert("p", "a", 5, 0, Ticker { born: 0 });
        shelf.insert("p", "b", 3, 3, Ticker { born: 3 });
        shelf.insert("q", "c", 3, 3, Ticker { born: 3 });
        shelf
    }

    #[test]
    fn a_scope_lists_in_the_order_of_time_whatever_arrived_first() {
        let shelf = shelf();
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
        let mut shelf = shelf();
        let mut heard = Vec::new();

        shelf.wake(
            13,
            "asm",
            &mut |change| heard.push((change.at, change.id, change.to)),
            |_, _, _, _| false,
        );

        let expected = [(10, "a", "1"), (13, "b", "1"), (13, "c", "1")];
        assert_eq!(
            heard,
            expected.map(|(at, id, to)| (at, id.to_owned(), to.to_owned()))
        );
        assert_eq!(shelf.next_due(), 20);
    }

    #[test]
    fn what_is_removed_is_forgotten_everywhere() {
        let mut shelf = shelf();
        assert!(shelf.remove("q", "a").is_none());
        assert!(shelf.remove("p", "a").is_some());
        assert!(shelf.find("a").is_none());
        assert_eq!((shelf.len("p"), shelf.next_due()), (1, 13));
        shelf.remove("p", "b");
        assert_eq!(shelf.scopes().collect::<Vec<_>>(), ["q"]);
    }
}
