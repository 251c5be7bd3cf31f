//! All versions: the one place that handles uniqueness, order and paging.

use foldhash::{HashMap, HashSet};

use super::messages::VersionError;
use super::model::version::{DELETE, Version, VersionLifecycle};
use crate::sim::Millis;
use crate::sim::collection::{Collection, Stored};
use crate::sim::pack::{Pack, Packer, UnpackError, Unpacker};
use crate::sim::transition::{ChangeContext, TransitionLog};

/// The versions of all projects. An id is unique among all of them, a name within its project.
#[derive(Clone, Debug, Default)]
pub struct VersionTable {
    pub collection: Collection<Version>,
    /// The id of each name, by project.
    names: HashMap<String, HashMap<String, String>>,
    /// The number of the last task that pushes, by project.
    tasks: HashMap<String, u64>,
    /// The ids of all rows.
    pub(super) rows: HashSet<String>,
}

/// A page of a project's versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionPage {
    pub project: String,
    /// The number of the page, from 1.
    pub number: usize,
    /// The maximum number of versions.
    pub size: usize,
}

impl VersionPage {
    /// The number of versions before the page as the service computes it, if its numbers overflow to below zero.
    pub fn overflow(&self) -> Option<i64> {
        let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let skip = number(self.size).wrapping_mul(number(self.number) - 1);
        (skip < 0).then_some(skip)
    }

    /// The number of versions before the page.
    pub fn offset(&self) -> usize {
        self.size.saturating_mul(self.number.saturating_sub(1))
    }
}

impl VersionTable {
    /// The versions of a page, newest first, and the number of the project's versions.
    pub fn list(&self, page: &VersionPage) -> (impl Iterator<Item = &Stored<Version>>, usize) {
        let versions = self.collection.of(&page.project).rev();
        let page_versions = versions.skip(page.offset()).take(page.size);
        (page_versions, self.collection.len(&page.project))
    }

    /// Finds a version by id in any project.
    pub fn find(&self, id: &str) -> Result<&Stored<Version>, VersionError> {
        let found = self.collection.find(&id.to_ascii_lowercase());
        found.ok_or_else(|| VersionError::UnknownVersion { id: id.to_owned() })
    }

    /// Deletes a version by id, in any project and any status. The deletion of an unknown version succeeds.
    pub fn delete(
        &mut self,
        id: &str,
        now: Millis,
        log: &mut TransitionLog,
    ) -> Result<(), VersionError> {
        if !is_id(id) {
            return Err(VersionError::MalformedId { id: id.to_owned() });
        }
        let Some(stored) = self.collection.find(&id.to_ascii_lowercase()) else {
            return Ok(());
        };
        let (project, id) = (stored.scope.to_string(), stored.id.to_string());
        let change_context = &mut log.context(now, DELETE);
        if let Some(version) = self.collection.remove(&project, &id, change_context) {
            for row in version.row_ids() {
                self.rows.remove(row);
            }
            if let Some(names) = self.names.get_mut(&project) {
                names.remove(&version.name);
                if names.is_empty() {
                    self.names.remove(&project);
                }
            }
        }
        Ok(())
    }

    /// Returns true if a version of the project has the name.
    pub fn has_name(&self, project: &str, name: &str) -> bool {
        self.names
            .get(project)
            .is_some_and(|names| names.contains_key(name))
    }

    /// The version of a project that has a name.
    pub fn named(&self, project: &str, name: &str) -> Option<&Stored<Version>> {
        self.collection.find(self.names.get(project)?.get(name)?)
    }

    /// Returns true if a version or a row has the id.
    pub fn is_taken(&self, id: &str) -> bool {
        self.collection.contains(id) || self.rows.contains(id)
    }

    /// The number of the next task that pushes.
    pub fn next_task(&self, project: &str) -> u64 {
        self.tasks.get(project).map_or(1, |last| last + 1)
    }

    /// Counts the task of a lifecycle, if it has one.
    pub fn note_task(&mut self, project: &str, lifecycle: &VersionLifecycle) {
        if let VersionLifecycle::Pushing(pushing) = lifecycle
            && !pushing.pushes.is_empty()
        {
            let last = self.tasks.entry(project.to_owned()).or_default();
            *last = pushing.task.max(*last);
        }
    }

    /// Adds a version whose id, name and rows are new.
    pub fn insert(
        &mut self,
        project: &str,
        id: &str,
        version: Version,
        change_context: &mut ChangeContext,
    ) {
        self.note_task(project, &version.lifecycle);
        let row_ids = version.row_ids().into_iter().map(str::to_owned);
        self.rows.extend(row_ids);
        let names = self.names.entry(project.to_owned()).or_default();
        names.insert(version.name.clone(), id.to_owned());
        // Versions are in the order of their seconds; within one, the later arrival is the newer.
        let created = version.create_time.saturating_mul(1_000);
        self.collection
            .insert(project, id, created, version, change_context);
    }
}

impl VersionTable {
    /// Packs all but the names and the rows, which the versions have.
    pub fn pack(&self, packer: &mut Packer) {
        self.collection.pack(packer);
        self.tasks.pack(packer);
    }

    pub fn unpack(unpacker: &mut Unpacker, log: &mut TransitionLog) -> Result<Self, UnpackError> {
        let mut table = Self {
            collection: Collection::unpack(unpacker, log)?,
            tasks: Pack::unpack(unpacker)?,
            ..Self::default()
        };
        for arrival_id in table.collection.arrival_ids() {
            let stored = table.collection.named(arrival_id);
            let row_ids = stored.item.row_ids().into_iter();
            table.rows.extend(row_ids.map(str::to_owned));
            let names = table.names.entry(stored.scope.to_string()).or_default();
            names.insert(stored.item.name.clone(), stored.id.to_string());
        }
        Ok(table)
    }
}

/// Returns true if a text has the form of an id: 24 hexadecimal digits.
pub fn is_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
