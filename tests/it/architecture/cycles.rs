//! Cycles in an import graph: its strongly connected components, by Tarjan's algorithm.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::graph::Edges;

type Successors<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

fn successors(edges: &Edges) -> Successors<'_> {
    let mut successors = Successors::new();
    for (from, to) in edges.keys() {
        successors.entry(from).or_default().insert(to);
        successors.entry(to).or_default();
    }
    successors
}

/// The components of more than one file, the largest first.
pub fn components(edges: &Edges) -> Vec<BTreeSet<String>> {
    let successors = successors(edges);
    let mut search = Search {
        successors: &successors,
        numbers: BTreeMap::new(),
        lowest: BTreeMap::new(),
        open: Vec::new(),
        found: Vec::new(),
    };
    for file in successors.keys() {
        if !search.numbers.contains_key(file) {
            search.visit(file);
        }
    }
    let mut found = search.found;
    found.sort_by_key(|component| std::cmp::Reverse(component.len()));
    found
}

struct Search<'a> {
    successors: &'a Successors<'a>,
    numbers: BTreeMap<&'a str, usize>,
    /// The lowest number of an open file that a file leads to.
    lowest: BTreeMap<&'a str, usize>,
    open: Vec<&'a str>,
    found: Vec<BTreeSet<String>>,
}

impl<'a> Search<'a> {
    fn visit(&mut self, file: &'a str) {
        let number = self.numbers.len();
        self.numbers.insert(file, number);
        self.lowest.insert(file, number);
        self.open.push(file);
        for next in &self.successors[file] {
            let reached = if !self.numbers.contains_key(next) {
                self.visit(next);
                self.lowest[next]
            } else if self.open.contains(next) {
                self.numbers[next]
            } else {
                continue;
            };
            let lowest = self.lowest[file].min(reached);
            self.lowest.insert(file, lowest);
        }
        if self.lowest[file] == number {
            let start = self.open.iter().position(|open| *open == file);
            let component = self.open.split_off(start.expect("it is open"));
            if component.len() > 1 {
                self.found
                    .push(component.into_iter().map(str::to_owned).collect());
            }
        }
    }
}

/// A shortest cycle within a component.
pub fn shortest_cycle(edges: &Edges, component: &BTreeSet<String>) -> Vec<String> {
    let successors = successors(edges);
    let cycles = component
        .iter()
        .filter_map(|start| cycle_through(&successors, component, start));
    cycles.min_by_key(Vec::len).unwrap_or_default()
}

fn cycle_through(
    successors: &Successors<'_>,
    component: &BTreeSet<String>,
    start: &str,
) -> Option<Vec<String>> {
    let mut queue = VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::new();
    while let Some(path) = queue.pop_front() {
        for next in &successors[*path.last()?] {
            if *next == start {
                return Some(path.into_iter().map(str::to_owned).collect());
            }
            if component.contains(*next) && seen.insert(*next) {
                let mut longer = path.clone();
                longer.push(next);
                queue.push_back(longer);
            }
        }
    }
    None
}
