//! The versions of several projects as one list, newest first.

use std::cmp::Reverse;

use crate::families::zadig::versions::model::version::Version;
use crate::sim::collection::{Collection, Stored};

/// The versions of some projects. Of one second, those of an earlier project go first, and in a project the later arrivals.
#[derive(Debug)]
pub struct NewestFirst<'a> {
    collection: &'a Collection<Version>,
    /// The projects, each with the number of its versions that were passed.
    projects: Vec<(&'a str, usize)>,
}

impl<'a> NewestFirst<'a> {
    pub fn new(collection: &'a Collection<Version>, projects: Vec<&'a str>) -> Self {
        let projects = projects.into_iter().map(|project| (project, 0)).collect();
        Self {
            collection,
            projects,
        }
    }

    /// The number of all versions.
    pub fn total(&self) -> usize {
        let projects = self.projects.iter();
        projects
            .map(|(project, _)| self.collection.len(project))
            .sum()
    }

    /// The versions after the first `n`. Every project's share of these is passed at once, so that a late page costs little
    /// more than the first one.
    pub fn after(mut self, n: usize) -> Self {
        let mut n_left = n.min(self.total());
        while n_left > 0 {
            // So many versions of the project whose last of these is the newest are among the first `n_left`.
            let step = (n_left / self.projects.len()).max(1);
            let Some(newest) = self.newest(step - 1) else {
                break;
            };
            self.projects[newest].1 += step;
            n_left -= step;
        }
        self
    }

    /// The project whose version `ahead` of the next is the newest.
    fn newest(&self, ahead: usize) -> Option<usize> {
        let ahead = self.projects.iter().enumerate().filter_map(|(n, project)| {
            let stored = self.version(*project, ahead)?;
            Some((Reverse(stored.item.create_time), n))
        });
        ahead.min().map(|(_, n)| n)
    }

    fn version(
        &self,
        (project, passed): (&str, usize),
        ahead: usize,
    ) -> Option<&'a Stored<Version>> {
        let collection = self.collection;
        collection.of(project).rev().nth(passed.checked_add(ahead)?)
    }
}

impl<'a> Iterator for NewestFirst<'a> {
    type Item = &'a Stored<Version>;

    fn next(&mut self) -> Option<Self::Item> {
        let newest = self.newest(0)?;
        let next = self.version(self.projects[newest], 0);
        self.projects[newest].1 += 1;
        next
    }
}
