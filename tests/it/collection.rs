//! Collections: order, timers, counts and histories.

use std::cell::Cell;

use release_emulator::internals::sim::collection::{Collection, Resource};
use release_emulator::internals::sim::heap::Heap;
use release_emulator::internals::sim::lifecycle::{
    Node, Outcome, Run, RunRecord, StepPlan, StepState,
};
use release_emulator::internals::sim::step_name::StepName;
use release_emulator::internals::sim::transition::{IMPORT, TransitionLog};
use release_emulator::internals::sim::{Millis, NEVER};

const COUNT: [&str; 6] = ["0", "1", "2", "3", "4", "5"];

/// Counts the ticks of ten milliseconds since its birth, for five of them.
#[derive(Clone)]
struct Ticker {
    born: Millis,
}

impl Heap for Ticker {
    fn heap(&self) -> usize {
        0
    }
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

/// The transitions recorded since the last call: number, instant, id, the status after, cause.
fn recorded(log: &mut TransitionLog) -> Vec<String> {
    log.drain()
        .map(|transition| {
            format!(
                "{} {} {} {:?} {}",
                transition.number, transition.at, transition.id, transition.to, transition.cause
            )
        })
        .collect()
}

#[test]
fn a_scope_lists_in_the_order_of_time_and_not_of_arrival() {
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

    assert_eq!(
        recorded(&mut log),
        [
            "4 10 a \"1\" clock",
            "5 13 b \"1\" clock",
            "6 13 c \"1\" clock"
        ]
    );
    assert_eq!(collection.next_due(), 20);
}

#[test]
fn resources_are_counted_by_status() {
    let mut log = TransitionLog::default();
    let mut collection = collection(&mut log);
    let counts = |collection: &Collection<Ticker>, log: &TransitionLog| {
        let mut counts: Vec<_> = collection
            .count_by_status(log)
            .map(|(to, n)| (to.to_owned(), n))
            .collect();
        counts.sort();
        counts
    };
    let at = |status: &str, count: usize| (status.to_owned(), count);
    assert_eq!(counts(&collection, &log), [at("0", 3)]);

    while collection.fire_next(10, &mut log, |_, _, _, _| ()) {}
    assert_eq!(counts(&collection, &log), [at("0", 2), at("1", 1)]);

    let age = |ticker: &mut Ticker| ticker.born = -30;
    collection.edit("p", "a", &mut log.context(11, "age"), age);
    collection.remove("q", "c", &mut log.context(11, "delete"));
    assert_eq!(counts(&collection, &log), [at("0", 1), at("4", 1)]);
}

#[test]
fn a_removed_resource_is_forgotten_everywhere() {
    let mut log = TransitionLog::default();
    let mut collection = collection(&mut log);
    let change_context = &mut log.context(12, "delete");
    assert!(collection.remove("q", "a", change_context).is_none());
    assert!(collection.remove("p", "a", change_context).is_some());
    assert!(collection.find("a").is_none());
    assert_eq!((collection.len("p"), collection.next_due()), (1, 13));
    collection.remove("p", "b", change_context);
    assert_eq!(collection.scopes().collect::<Vec<_>>(), ["q"]);
    assert_eq!(
        recorded(&mut log)[3..],
        ["4 12 a \"\" delete", "5 12 b \"\" delete"]
    );
}

#[test]
fn commands_are_recorded_if_they_change_a_status() {
    let mut log = TransitionLog::default();
    let mut collection = collection(&mut log);
    assert_eq!(log.drain().count(), 3);

    let age = |ticker: &mut Ticker| ticker.born = -30;
    collection.edit("p", "a", &mut log.context(4, "age"), age);
    collection.edit("p", "b", &mut log.context(4, "look"), |_| ());

    assert_eq!(recorded(&mut log), ["4 4 a \"3\" age"]);
}

#[test]
fn a_history_is_inherited_and_a_different_status_is_an_import() {
    let (mut log, mut fresh) = (TransitionLog::default(), TransitionLog::default());
    let old = collection(&mut log);
    let mut new = Collection::default();
    let change_context = &mut fresh.context(4, IMPORT);
    new.insert("p", "a", 5, Ticker { born: -20 }, change_context);
    new.insert("p", "b", 3, Ticker { born: 3 }, change_context);
    new.insert("p", "c", 3, Ticker { born: 3 }, change_context);

    new.inherit_history(&old, None, &log, change_context);

    let past = |id: &str| {
        let transitions = new.find(id).unwrap().transitions(&fresh).into_iter();
        transitions
            .map(|change| {
                format!(
                    "{} {} {}-{} {}",
                    change.number, change.at, change.from, change.to, change.cause
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(past("a"), ["1 0 -0 create", "0 4 0-2 import"]);
    assert_eq!(past("b"), ["2 3 -0 create"]);
    assert_eq!(past("c"), ["0 4 -0 import"], "it belongs to another scope");
    assert!(fresh.drain().next().is_none(), "an import is not published");
}

/// A run of many steps that counts the accesses to its steps.
#[derive(Clone)]
struct CountedRun {
    run: Run,
    accesses: Cell<usize>,
}

impl Heap for CountedRun {
    fn heap(&self) -> usize {
        0
    }
}

impl Resource for CountedRun {
    const FAMILY: &'static str = "asm";

    fn name(&self) -> &'static str {
        "run"
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
        self.run.record().steps.len()
    }

    fn step(&self, step: usize, now: Millis) -> Option<(StepName<&str>, &str)> {
        self.accesses.set(self.accesses.get() + 1);
        let word = match self.run.step_state(step, now) {
            StepState::Idle => "idle",
            StepState::Open { .. } => "open",
            StepState::Ended { .. } => "over",
        };
        Some((StepName::whole("step"), word))
    }

    fn steps_changing_at(&self, due: Millis) -> Vec<usize> {
        self.run.steps_changing_at(due)
    }
}

#[test]
fn a_timer_accesses_only_the_steps_that_change() {
    const STEPS: usize = 3_000;
    let work = StepPlan::Work {
        takes: 10,
        outcome: Outcome::Succeed,
    };
    let tree = Node::Seq((0..STEPS).map(Node::Step).collect());
    let run = Run::start(0, RunRecord::new(tree, vec![work; STEPS]));
    let (mut log, mut collection) = (TransitionLog::default(), Collection::default());
    let counted_run = CountedRun {
        run,
        accesses: Cell::new(0),
    };
    collection.insert("p", "a", 0, counted_run, &mut log.context(0, "create"));

    while collection.fire_next(NEVER - 1, &mut log, |_, _, _, _| ()) {}

    // Once when it is created, and twice each at its beginning and its end.
    let accesses = collection.get("p", "a").unwrap().accesses.get();
    assert!(accesses <= STEPS * 5, "{accesses}");
    collection.edit("p", "a", &mut log.context(NEVER - 1, "look"), |_| ());
    let again = collection.get("p", "a").unwrap().accesses.get() - accesses;
    assert_eq!(
        again,
        2 * STEPS,
        "a command accesses each before and after it"
    );
    // Each but the first is recorded when it is created, begins and ends; the first begins at once.
    assert_eq!(log.drain().count(), 3 * STEPS - 1 + 2);
}
