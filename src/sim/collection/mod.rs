//! The resources of a family: found by id, listed per scope in the order of time, advanced when due.

mod hash_index;
mod resource;
mod slots;
mod sorted_keys;
pub(super) mod stored;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foldhash::HashMap;

pub use hash_index::HashIndex;
pub use resource::{ArrivalId, Resource};
#[cfg(test)]
pub(crate) use slots::access_count;
pub use stored::Stored;

use super::transition::{ChangeContext, SCHEDULE, Symbol, TransitionLog};
use super::{Millis, NEVER};
use slots::Slots;
use sorted_keys::{Keys, SortedKeys};

/// The resources of all scopes. Finding, adding, changing and removing one cost O(log n), apart from moving keys
/// in a sorted `Vec`, and a recorded change accesses each step of the resource.
#[derive(Debug)]
pub struct Collection<T> {
    slots: Slots<T>,
    ids: HashIndex,
    scopes: BTreeMap<Arc<str>, SortedKeys<(Millis, ArrivalId)>>,
    /// The next timed change of each resource that has one.
    agenda: BTreeSet<(Millis, ArrivalId)>,
    /// How many things are at each status.
    counts: HashMap<Symbol, usize>,
    arrived: ArrivalId,
}

impl<T> Default for Collection<T> {
    fn default() -> Self {
        Self {
            slots: Slots::default(),
            ids: HashIndex::default(),
            scopes: BTreeMap::new(),
            agenda: BTreeSet::new(),
            counts: HashMap::default(),
            arrived: 0,
        }
    }
}

impl<T: Resource> Collection<T> {
    /// Adds a thing that was created at `created`; among equal times the later added counts as newer. Its
    /// status and those of its steps are told as coming from nothing; of an import only its own is noted.
    ///
    /// # Panics
    /// If the collection has the id already: callers draw a fresh one or check first.
    pub fn insert(
        &mut self,
        scope: &str,
        id: &str,
        created: Millis,
        item: T,
        change_context: &mut ChangeContext,
    ) -> ArrivalId {
        let arrival_id = self.arrived;
        self.arrived += 1;
        let scope = match self.scopes.get_key_value(scope) {
            Some((known, _)) => Arc::clone(known),
            None => Arc::from(scope),
        };
        let slots = &self.slots;
        let is_new = self
            .ids
            .try_insert(id, arrival_id, |arrival_id| &*slots.named(arrival_id).id);
        assert!(is_new, "an id is given once");
        let id: Arc<str> = Arc::from(id);
        self.scopes
            .entry(Arc::clone(&scope))
            .or_default()
            .insert((created, arrival_id));
        let stored = Stored::new(scope, id, created, item, change_context);
        if stored.due < NEVER {
            self.agenda.insert((stored.due, arrival_id));
        }
        Self::count(&mut self.counts, Symbol::NOTHING, stored.status);
        self.slots.insert(arrival_id, stored);
        arrival_id
    }

    /// Returns true if a resource of any scope has the id.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.arrival_id(id).is_some()
    }

    /// The position of the resource with that id.
    #[must_use]
    pub fn arrival_id(&self, id: &str) -> Option<ArrivalId> {
        self.ids
            .get(&id, |arrival_id| &*self.slots.named(arrival_id).id)
    }

    /// The resource with that id, in any scope.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Stored<T>> {
        self.at(self.arrival_id(id)?)
    }

    /// The thing at a position.
    #[must_use]
    pub fn at(&self, arrival_id: ArrivalId) -> Option<&Stored<T>> {
        self.slots.get(arrival_id)
    }

    /// The thing at a position, for the sake of what it is called.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn named(&self, arrival_id: ArrivalId) -> &Stored<T> {
        self.slots.named(arrival_id)
    }

    /// The resource with that id, if it belongs to the scope.
    #[must_use]
    pub fn get(&self, scope: &str, id: &str) -> Option<&T> {
        self.find(id)
            .filter(|stored| &*stored.scope == scope)
            .map(|stored| &stored.item)
    }

    /// Changes a resource of the scope, records what changed, and schedules it anew.
    pub fn edit<R>(
        &mut self,
        scope: &str,
        id: &str,
        change_context: &mut ChangeContext,
        change: impl FnOnce(&mut T) -> R,
    ) -> Option<R> {
        let arrival_id = self.arrival_id(id)?;
        let stored = self
            .slots
            .get_mut(arrival_id)
            .filter(|stored| &*stored.scope == scope)?;
        let before = stored.status;
        let result = stored.change(change_context, change);
        Self::count(&mut self.counts, before, stored.status);
        let due = stored.item.next_due(change_context.now);
        Self::reschedule(&mut self.agenda, arrival_id, stored, due);
        Some(result)
    }

    /// Removes a resource of the scope, which is recorded as a change to nothing; its steps are not recorded.
    pub fn remove(
        &mut self,
        scope: &str,
        id: &str,
        change_context: &mut ChangeContext,
    ) -> Option<T> {
        let arrival_id = self.arrival_id(id)?;
        if &*self.slots.get(arrival_id)?.scope != scope {
            return None;
        }
        let mut stored = self.slots.remove(arrival_id)?;
        let before = stored.status;
        stored.end(change_context);
        Self::count(&mut self.counts, before, stored.status);
        self.ids.remove(id, arrival_id);
        self.agenda.remove(&(stored.due, arrival_id));
        if let Some(sorted) = self.scopes.get_mut(scope) {
            sorted.remove((stored.created, arrival_id));
            if sorted.len() == 0 {
                self.scopes.remove(scope);
            }
        }
        Some(stored.item)
    }

    #[must_use]
    pub fn len(&self, scope: &str) -> usize {
        self.scopes.get(scope).map_or(0, SortedKeys::len)
    }

    /// The things of a scope, oldest first; `rev()` for newest first.
    pub fn of(&self, scope: &str) -> Iter<'_, T> {
        let keys = self
            .scopes
            .get(scope)
            .map(SortedKeys::keys)
            .unwrap_or_default();
        Iter {
            keys,
            slots: &self.slots,
        }
    }

    /// The scopes that have anything, in alphabetical order.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.keys().map(|scope| &**scope)
    }

    /// How many things are at each status, in no order, once whatever is due has happened.
    pub fn count_by_status<'a>(
        &'a self,
        log: &'a TransitionLog,
    ) -> impl Iterator<Item = (&'a str, usize)> {
        let tally = self.counts.iter();
        tally.map(|(status, things)| (&**log.text(*status), *things))
    }

    /// When the first of all things changes by itself, or [`NEVER`].
    #[must_use]
    pub fn next_due(&self) -> Millis {
        self.agenda.first().map_or(NEVER, |(due, _)| *due)
    }

    /// Wakes the thing that is due first, if one is by `now`: tells what changed, lets it act if it does by itself,
    /// and notes when it is due next. Only the steps that stir are looked at, so that a run costs as much as its
    /// steps and not their square. Answers whether a thing was due.
    ///
    /// # Panics
    /// Never: the agenda names what is stored.
    pub fn fire_next(
        &mut self,
        now: Millis,
        log: &mut TransitionLog,
        act: impl FnOnce(&str, &str, &mut T, Millis),
    ) -> bool {
        let Some((due, arrival_id)) = self.agenda.first().copied().filter(|(due, _)| *due <= now)
        else {
            return false;
        };
        let stored = self
            .slots
            .get_mut(arrival_id)
            .expect("the agenda names what is stored");
        let before = stored.status;
        stored.advance_to(due, log);
        if stored.item.has_timed_action(due) {
            let (scope, id) = (Arc::clone(&stored.scope), Arc::clone(&stored.id));
            let act = |item: &mut T| act(&scope, &id, item, due);
            stored.change(&mut log.context(due, SCHEDULE), act);
        }
        Self::count(&mut self.counts, before, stored.status);
        let next = stored.item.next_due(due);
        Self::reschedule(&mut self.agenda, arrival_id, stored, next);
        true
    }

    /// Takes over the history that another collection has of the resources in both, as recorded in the log `from`.
    pub fn inherit_history(
        &mut self,
        other: &mut Self,
        from: &TransitionLog,
        change_context: &mut ChangeContext,
    ) {
        for stored in self.slots.all_mut() {
            let known = other.arrival_id(&stored.id);
            let known = known.and_then(|arrival_id| other.slots.get_mut(arrival_id));
            if let Some(known) = known.filter(|known| known.scope == stored.scope) {
                stored.inherit_history(known, from, change_context);
            }
        }
    }

    fn count(tally: &mut HashMap<Symbol, usize>, before: Symbol, after: Symbol) {
        if before == after {
            return;
        }
        if after != Symbol::NOTHING {
            *tally.entry(after).or_default() += 1;
        }
        if let Some(things) = tally.get_mut(&before) {
            *things -= 1;
            if *things == 0 {
                tally.remove(&before);
            }
        }
    }

    fn reschedule(
        agenda: &mut BTreeSet<(Millis, ArrivalId)>,
        arrival_id: ArrivalId,
        stored: &mut Stored<T>,
        due: Millis,
    ) {
        agenda.remove(&(stored.due, arrival_id));
        stored.due = due;
        if due < NEVER {
            agenda.insert((due, arrival_id));
        }
    }
}

/// Things of a scope in the order of time, from either end. `skip` does not look at what it passes over, so a
/// page costs what is on it.
#[derive(Debug)]
pub struct Iter<'a, T> {
    keys: Keys<'a, (Millis, ArrivalId)>,
    slots: &'a Slots<T>,
}

impl<'a, T> Iter<'a, T> {
    fn thing(&self, (_, arrival_id): (Millis, ArrivalId)) -> &'a Stored<T> {
        let thing = self.slots.get(arrival_id);
        thing.expect("a scope names what is stored")
    }
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a Stored<T>;

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

impl<T> DoubleEndedIterator for Iter<'_, T> {
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

    use super::*;
    use crate::sim::lifecycle::{Node, Outcome, Run, RunPlan, StepPlan, StepState};
    use crate::sim::transition::IMPORT;

    const COUNT: [&str; 6] = ["0", "1", "2", "3", "4", "5"];

    /// Counts the ticks of ten milliseconds since its birth, for five of them.
    struct Ticker {
        born: Millis,
    }

    impl Resource for Ticker {
        const FAMILY: &'static str = "asm";

        fn name(&self) -> &'static str {
            "ticker"
        }

        fn next_due(&self, now: Millis) -> Millis {
            let next = now - (now - self.born).rem_euclid(10) + 10;
            if next > self.born + 50 { NEVER } else { next }
        }

        fn status_label(&self, now: Millis) -> &str {
            let ticks = (now - self.born).div_euclid(10);
            COUNT[usize::try_from(ticks).unwrap().min(5)]
        }
    }

    fn collection(log: &mut TransitionLog) -> Collection<Ticker> {
        let mut collection = Collection::default();
        collection.insert(
            "p",
            "a",
            5,
            Ticker { born: 0 },
            &mut log.context(0, "create"),
        );
        collection.insert(
            "p",
            "b",
            3,
            Ticker { born: 3 },
            &mut log.context(3, "create"),
        );
        collection.insert(
            "q",
            "c",
            3,
            Ticker { born: 3 },
            &mut log.context(3, "create"),
        );
        collection
    }

    /// What was told since: number, instant, id, the status after, cause.
    fn told(log: &mut TransitionLog) -> Vec<(u64, Millis, String, String, String)> {
        let told = log.drain().map(|(number, change)| {
            let text = |text: &str| text.to_owned();
            let (id, to, cause) = (text(&change.id), text(&change.to), text(&change.cause));
            (number, change.at, id, to, cause)
        });
        told.collect()
    }

    fn as_told(
        changes: &[(u64, Millis, &str, &str, &str)],
    ) -> Vec<(u64, Millis, String, String, String)> {
        let text = |text: &str| text.to_owned();
        let all = changes.iter();
        all.map(|(number, at, id, to, cause)| (*number, *at, text(id), text(to), text(cause)))
            .collect()
    }

    #[test]
    fn a_scope_lists_in_the_order_of_time_whatever_arrived_first() {
        let collection = collection(&mut TransitionLog::default());
        let ids: Vec<_> = collection.of("p").map(|stored| &*stored.id).collect();
        assert_eq!(
            (ids, collection.len("p"), collection.len("r")),
            (vec!["b", "a"], 2, 0)
        );
        assert!(
            collection.get("q", "a").is_none(),
            "an id is looked up in its own scope"
        );
    }

    #[test]
    fn resources_change_in_the_order_they_are_due() {
        let mut log = TransitionLog::default();
        let mut collection = collection(&mut log);
        assert_eq!(log.drain().count(), 3);

        while collection.fire_next(13, &mut log, |_, _, _, _| ()) {}

        let expected = [
            (4, 10, "a", "1", "clock"),
            (5, 13, "b", "1", "clock"),
            (6, 13, "c", "1", "clock"),
        ];
        assert_eq!(told(&mut log), as_told(&expected));
        assert_eq!(collection.next_due(), 20);
    }

    #[test]
    fn things_are_counted_by_what_they_are_at() {
        let mut log = TransitionLog::default();
        let mut collection = collection(&mut log);
        let tally = |collection: &Collection<Ticker>, log: &TransitionLog| {
            let mut tally: Vec<_> = collection
                .count_by_status(log)
                .map(|(to, n)| (to.to_owned(), n))
                .collect();
            tally.sort();
            tally
        };
        let at = |status: &str, things| (status.to_owned(), things);
        assert_eq!(tally(&collection, &log), [at("0", 3)]);

        while collection.fire_next(10, &mut log, |_, _, _, _| ()) {}
        assert_eq!(tally(&collection, &log), [at("0", 2), at("1", 1)]);

        let age = |ticker: &mut Ticker| ticker.born = -30;
        collection.edit("p", "a", &mut log.context(11, "age"), age);
        collection.remove("q", "c", &mut log.context(11, "delete"));
        assert_eq!(tally(&collection, &log), [at("0", 1), at("4", 1)]);
    }

    #[test]
    fn what_is_removed_is_forgotten_everywhere() {
        let mut log = TransitionLog::default();
        let mut collection = collection(&mut log);
        let change_context = &mut log.context(12, "delete");
        assert!(collection.remove("q", "a", change_context).is_none());
        assert!(collection.remove("p", "a", change_context).is_some());
        assert!(collection.find("a").is_none());
        assert_eq!((collection.len("p"), collection.next_due()), (1, 13));
        collection.remove("p", "b", change_context);
        assert_eq!(collection.scopes().collect::<Vec<_>>(), ["q"]);
        let expected = [(4, 12, "a", "", "delete"), (5, 12, "b", "", "delete")];
        assert_eq!(told(&mut log)[3..], as_told(&expected));
    }

    #[test]
    fn commands_are_told_and_what_changes_nothing_is_not() {
        let mut log = TransitionLog::default();
        let mut collection = collection(&mut log);
        assert_eq!(log.drain().count(), 3);

        let age = |ticker: &mut Ticker| ticker.born = -30;
        collection.edit("p", "a", &mut log.context(4, "age"), age);
        collection.edit("p", "b", &mut log.context(4, "look"), |_| ());

        assert_eq!(told(&mut log), as_told(&[(4, 4, "a", "3", "age")]));
    }

    #[test]
    fn another_shelf_is_remembered_and_what_looks_otherwise_was_imported() {
        let (mut log, mut fresh) = (TransitionLog::default(), TransitionLog::default());
        let mut old = collection(&mut log);
        let mut new = Collection::default();
        let change_context = &mut fresh.context(4, IMPORT);
        new.insert("p", "a", 5, Ticker { born: -20 }, change_context);
        new.insert("p", "b", 3, Ticker { born: 3 }, change_context);
        new.insert("p", "c", 3, Ticker { born: 3 }, change_context);

        new.inherit_history(&mut old, &log, change_context);

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

    impl Resource for Row {
        const FAMILY: &'static str = "asm";

        fn name(&self) -> &'static str {
            "row"
        }

        fn next_due(&self, now: Millis) -> Millis {
            self.run.next_due(now)
        }

        fn status_label(&self, now: Millis) -> &str {
            if self.run.ended(now).is_some() {
                "over"
            } else {
                "open"
            }
        }

        fn n_steps(&self) -> usize {
            self.run.plan().steps.len()
        }

        fn step(&self, step: usize, now: Millis) -> Option<(&str, &str)> {
            self.looks.set(self.looks.get() + 1);
            let word = match self.run.step_state(step, now) {
                StepState::Idle => "idle",
                StepState::Open { .. } => "open",
                StepState::Ended { .. } => "over",
            };
            Some(("step", word))
        }

        fn steps_changing_at(&self, due: Millis) -> Vec<usize> {
            self.run.steps_changing_at(due)
        }
    }

    #[test]
    fn a_run_of_many_steps_looks_at_each_a_few_times_and_not_at_all_of_them_each_time() {
        const STEPS: usize = 3_000;
        let work = StepPlan::Work {
            takes: 10,
            outcome: Outcome::Succeed,
        };
        let tree = Node::Seq((0..STEPS).map(Node::Step).collect());
        let run = Run::start(0, RunPlan::new(tree, vec![work; STEPS]));
        let (mut log, mut collection) = (TransitionLog::default(), Collection::default());
        let row = Row {
            run,
            looks: Cell::new(0),
        };
        collection.insert("p", "a", 0, row, &mut log.context(0, "create"));

        while collection.fire_next(NEVER - 1, &mut log, |_, _, _, _| ()) {}

        // Each once when it was created, and twice where it begins and where it ends.
        let looks = collection.get("p", "a").unwrap().looks.get();
        assert!(looks <= STEPS * 5, "{looks}");
        collection.edit("p", "a", &mut log.context(NEVER - 1, "look"), |_| ());
        let again = collection.get("p", "a").unwrap().looks.get() - looks;
        assert_eq!(
            again,
            2 * STEPS,
            "a command looks at each before and after it"
        );
        // Each but the first is told when it is created, begins and ends; the first begins at once.
        assert_eq!(log.drain().count(), 3 * STEPS - 1 + 2);
    }
}
