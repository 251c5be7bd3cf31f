//! The queue of tasks: the oldest begins as soon as the installation and its workflow have a place for it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use foldhash::HashMap;

use crate::sim::collection::ArrivalId;
use crate::sim::pack::pack_structs;
use crate::sim::{Millis, NEVER};

/// The order in the queue: the creation, then the arrival. A task that is tried again keeps it.
pub type WaitingKey = (Millis, ArrivalId);

/// The most starts that are foreseen.
const MOST_FORESEEN: usize = 1_000;

#[derive(Clone, Debug)]
pub struct TaskQueue {
    /// The most tasks that run at once.
    places: usize,
    n_running: usize,
    lines: BTreeMap<String, Line>,
    /// The first of each line whose workflow has a place.
    ready: BTreeSet<(WaitingKey, String)>,
}

/// The tasks of a workflow.
#[derive(Clone, Debug)]
struct Line {
    /// The most that run at once, unless it is negative.
    limit: i64,
    running: BTreeSet<ArrivalId>,
    waiting: BTreeSet<WaitingKey>,
    /// Its entry among the ready ones.
    ready: Option<WaitingKey>,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            limit: -1,
            running: BTreeSet::new(),
            waiting: BTreeSet::new(),
            ready: None,
        }
    }
}

impl Line {
    fn has_place(&self, n_running: usize) -> bool {
        usize::try_from(self.limit).map_or(true, |limit| n_running < limit)
    }
}

impl TaskQueue {
    pub fn new(places: usize) -> Self {
        Self {
            places,
            n_running: 0,
            lines: BTreeMap::new(),
            ready: BTreeSet::new(),
        }
    }

    pub fn places(&self) -> usize {
        self.places
    }

    pub fn set_places(&mut self, places: usize) {
        self.places = places;
    }

    /// Sets the most tasks of a workflow that run at once; negative: any number.
    pub fn set_limit(&mut self, workflow_key: &str, limit: i64) {
        self.change(workflow_key, |line, _| line.limit = limit);
    }

    pub fn wait(&mut self, workflow_key: &str, key: WaitingKey) {
        self.change(workflow_key, |line, _| {
            line.waiting.insert(key);
        });
    }

    pub fn leave(&mut self, workflow_key: &str, key: WaitingKey) {
        self.change(workflow_key, |line, _| {
            line.waiting.remove(&key);
        });
    }

    pub fn take_place(&mut self, workflow_key: &str, arrival_id: ArrivalId) {
        self.change(workflow_key, |line, n_running| {
            *n_running += usize::from(line.running.insert(arrival_id));
        });
    }

    pub fn free_place(&mut self, workflow_key: &str, arrival_id: ArrivalId) {
        self.change(workflow_key, |line, n_running| {
            *n_running -= usize::from(line.running.remove(&arrival_id));
        });
    }

    /// Forgets a workflow without tasks.
    pub fn forget(&mut self, workflow_key: &str) {
        self.lines.remove(workflow_key);
    }

    /// The task that may begin now.
    pub fn next(&self) -> Option<ArrivalId> {
        let first = self.ready.first().filter(|_| self.n_running < self.places);
        first.map(|((_, arrival_id), _)| *arrival_id)
    }

    /// The running tasks whose ends a task of the workflow waits for.
    pub fn running(&self, workflow_key: &str) -> Box<dyn Iterator<Item = ArrivalId> + '_> {
        match self.lines.get(workflow_key) {
            Some(line) if !line.has_place(line.running.len()) => {
                Box::new(line.running.iter().copied())
            }
            _ => Box::new(
                self.lines
                    .values()
                    .flat_map(|line| line.running.iter().copied()),
            ),
        }
    }

    fn change(&mut self, workflow_key: &str, change: impl FnOnce(&mut Line, &mut usize)) {
        if !self.lines.contains_key(workflow_key) {
            self.lines.insert(workflow_key.to_owned(), Line::default());
        }
        let Some(line) = self.lines.get_mut(workflow_key) else {
            return;
        };
        change(line, &mut self.n_running);
        let first = line.waiting.first().copied();
        let ready = first.filter(|_| line.has_place(line.running.len()));
        if ready != line.ready {
            if let Some(old) = line.ready {
                self.ready.remove(&(old, workflow_key.to_owned()));
            }
            self.ready
                .extend(ready.map(|key| (key, workflow_key.to_owned())));
            line.ready = ready;
        }
    }

    /// The instants at which the first tasks of the queue begin if no command comes. `end` is the end of a task that
    /// begins at an instant, or that runs.
    pub fn foresee(
        &self,
        now: Millis,
        end: impl Fn(ArrivalId, Millis) -> Millis,
    ) -> HashMap<ArrivalId, Millis> {
        let mut starts = HashMap::default();
        if self.lines.values().all(|line| line.waiting.is_empty()) {
            return starts;
        }
        let (mut n_running, mut at) = (self.n_running, now);
        let mut running_of: HashMap<&str, usize> = HashMap::default();
        let mut ends = BinaryHeap::new();
        for (key, line) in &self.lines {
            running_of.insert(key, line.running.len());
            let running = line.running.iter();
            ends.extend(running.map(|arrival_id| Reverse((end(*arrival_id, now), &**key))));
        }
        let mut ready: BTreeSet<(WaitingKey, &str)> = self
            .ready
            .iter()
            .map(|(key, line)| (*key, &**line))
            .collect();
        let mut left: HashMap<&str, _> = HashMap::default();
        for (key, line) in &self.lines {
            let mut waiting = line.waiting.iter().copied().peekable();
            if line.ready.is_some() {
                waiting.next();
            }
            left.insert(key, waiting);
        }
        loop {
            while n_running < self.places
                && let Some(((_, arrival_id), key)) = ready.pop_first()
            {
                starts.insert(arrival_id, at);
                if starts.len() >= MOST_FORESEEN {
                    return starts;
                }
                let count = running_of.entry(key).or_default();
                let ends_at = end(arrival_id, at);
                if ends_at > at {
                    (*count, n_running) = (*count + 1, n_running + 1);
                    ends.push(Reverse((ends_at, key)));
                }
                if self.lines[key].has_place(*count) {
                    let next = left.get_mut(key).and_then(Iterator::next);
                    ready.extend(next.map(|next| (next, key)));
                }
            }
            let Some(Reverse((ended, key))) = ends.pop() else {
                return starts;
            };
            if ended == NEVER {
                return starts;
            }
            at = ended.max(now);
            n_running -= 1;
            let count = running_of.entry(key).or_default();
            *count -= 1;
            if !ready.iter().any(|(_, line)| *line == key) && self.lines[key].has_place(*count) {
                let next = left.get_mut(key).and_then(Iterator::next);
                ready.extend(next.map(|next| (next, key)));
            }
        }
    }
}

pack_structs! {
    TaskQueue { places, n_running, lines, ready }
    Line { limit, running, waiting, ready }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two places; `a` has one task at once, `b` any number. Each takes 10.
    fn queue() -> TaskQueue {
        let mut queue = TaskQueue::new(2);
        queue.set_limit("a", 1);
        for (key, arrival_id) in [("a", 1), ("a", 2), ("b", 3), ("b", 4), ("a", 5)] {
            queue.wait(key, (0, arrival_id));
        }
        queue
    }

    #[test]
    fn the_oldest_begins_whose_workflow_has_a_place() {
        let mut queue = queue();
        assert_eq!(queue.next(), Some(1));
        queue.leave("a", (0, 1));
        queue.take_place("a", 1);
        assert_eq!(queue.next(), Some(3), "a is at its limit");
        queue.leave("b", (0, 3));
        queue.take_place("b", 3);
        assert_eq!(queue.next(), None, "both places are taken");
        queue.free_place("b", 3);
        assert_eq!(queue.next(), Some(4));
        queue.free_place("a", 1);
        assert_eq!(queue.next(), Some(2));
    }

    #[test]
    fn starts_are_foreseen_as_they_will_happen() {
        let starts = queue().foresee(100, |_, begin| begin + 10);
        let mut starts: Vec<_> = starts.into_iter().collect();
        starts.sort_unstable();
        assert_eq!(starts, [(1, 100), (2, 110), (3, 100), (4, 110), (5, 120)]);
    }

    #[test]
    fn a_workflow_with_a_limit_of_nothing_never_begins() {
        let mut queue = TaskQueue::new(2);
        queue.wait("a", (0, 1));
        queue.set_limit("a", 0);
        assert_eq!(queue.next(), None);
        assert!(queue.foresee(0, |_, begin| begin).is_empty());
    }
}
