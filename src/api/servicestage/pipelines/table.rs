//! All pipelines of a world: the one place that knows their uniqueness, order and numbering.

use foldhash::HashMap;

use super::action::{Action, Refused, Verb};
use super::pipeline::{Definition, Office, Pipeline};
use super::schedule::Policy;
use super::status::Status;
use crate::sim::Ms;
use crate::sim::scripts::Scripts;
use crate::sim::shelf::{Shelf, Things};
use crate::sim::timeline::Timeline;
use crate::sim::transition::{Log, Occasion};

/// The number of the first execution, as the documented example shows it.
const FIRST_EXECUTION: i64 = 286_541;

/// All pipelines, by project.
#[derive(Debug)]
pub struct Table {
    shelf: Shelf<Pipeline>,
    names: Names,
    next_execution: i64,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            shelf: Shelf::default(),
            names: Names::default(),
            next_execution: FIRST_EXECUTION,
        }
    }
}

/// What carries out an action.
pub struct Means<'a> {
    /// How steps will go.
    pub scripts: &'a mut Scripts,
    /// Who hears of what changes.
    pub log: &'a mut Log,
    /// The present instant.
    pub now: Ms,
}

/// A name is taken by another pipeline of the project and enterprise project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameTaken;

impl Table {
    /// A pipeline of a project.
    pub fn get(&self, project: &str, id: &str) -> Option<&Pipeline> {
        self.shelf.get(project, id)
    }

    /// The shelf they are on.
    pub(super) fn shelf(&self) -> &Shelf<Pipeline> {
        &self.shelf
    }

    /// Who has the name of a definition.
    pub(super) fn named(&self, project: &str, definition: &Definition) -> Option<&str> {
        self.names.holder(project, definition)
    }

    /// Whether the id is given, in whatever project.
    pub fn contains(&self, id: &str) -> bool {
        self.shelf.contains(id)
    }

    /// The pipelines of a project, oldest first.
    pub fn of(&self, project: &str) -> Things<'_, Pipeline> {
        self.shelf.of(project)
    }

    /// How many pipelines a project has.
    pub fn len(&self, project: &str) -> usize {
        self.shelf.len(project)
    }

    /// The projects that have pipelines.
    pub fn projects(&self) -> impl Iterator<Item = &str> {
        self.shelf.scopes()
    }

    /// Whether a definition's name is free, or belongs to the pipeline `own`.
    pub fn check_name(
        &self,
        project: &str,
        definition: &Definition,
        own: Option<&str>,
    ) -> Result<(), NameTaken> {
        match self.named(project, definition) {
            Some(id) if own != Some(id) => Err(NameTaken),
            _ => Ok(()),
        }
    }

    /// Adds a pipeline whose id and name were checked.
    pub fn insert(&mut self, pipeline: Pipeline, occasion: &mut Occasion) {
        let Pipeline {
            project,
            id,
            created,
            ..
        } = &pipeline;
        self.names.give(project, &pipeline.definition, id);
        let newest = pipeline
            .executions
            .iter()
            .map(|execution| execution.id + 1)
            .max();
        self.next_execution = self.next_execution.max(newest.unwrap_or(0));
        let (project, id, created) = (project.clone(), id.clone(), *created);
        self.shelf
            .insert(&project, &id, created, pipeline, occasion);
    }

    /// Replaces the definition of a pipeline whose new name was checked. Answers nothing if there is none.
    pub fn edit(
        &mut self,
        project: &str,
        id: &str,
        new: Definition,
        now: Ms,
        log: &mut Log,
    ) -> Option<Result<(), Refused>> {
        let names = &mut self.names;
        let occasion = &mut log.at(now, Verb::Edit.word());
        self.shelf.edit(project, id, occasion, |pipeline| {
            let old = pipeline.edit(new, now)?;
            names.take(project, &old);
            names.give(project, &pipeline.definition, id);
            Ok(())
        })
    }

    /// Says an action to a pipeline. Answers nothing if there is none, else the execution's number and the
    /// status right after the command.
    pub fn act(
        &mut self,
        project: &str,
        id: &str,
        action: &Action,
        caller: &str,
        means: Means,
    ) -> Option<Result<(i64, Status), Refused>> {
        let Means { scripts, log, now } = means;
        let mut office = Office {
            next_execution: &mut self.next_execution,
            scripts,
        };
        let occasion = &mut log.at(now, action.verb().word());
        self.shelf.edit(project, id, occasion, |pipeline| {
            pipeline.act(action, caller, now, &mut office)
        })
    }

    /// Sets the trigger policy of a pipeline. Answers whether there is one.
    pub fn set_policy(
        &mut self,
        project: &str,
        id: &str,
        policy: Policy,
        occasion: &mut Occasion,
    ) -> bool {
        let set = |pipeline: &mut Pipeline| pipeline.policy = Some(policy);
        self.shelf.edit(project, id, occasion, set).is_some()
    }

    /// What there is to say of a pipeline of whatever project.
    pub fn timeline(&self, id: &str, now: Ms, scripts: &Scripts, log: &Log) -> Option<Timeline> {
        let entry = self.shelf.find(id)?;
        let pipeline = &entry.item;
        let (allowed, next) = (pipeline.allowed(now), pipeline.next(now, scripts));
        Some(Timeline::of(entry, allowed, next, now, log))
    }

    /// Takes over what another table remembers of what both hold.
    pub fn remember(&mut self, other: &mut Self, from: &Log, occasion: &mut Occasion) {
        self.shelf.remember(&mut other.shelf, from, occasion);
    }

    /// How many resources are at each status, in no order.
    pub fn tally<'a>(&'a self, log: &'a Log) -> impl Iterator<Item = (&'a str, usize)> {
        self.shelf.tally(log)
    }

    /// When the first pipeline changes by itself.
    pub fn next_due(&self) -> Ms {
        self.shelf.next_due()
    }

    /// Lets the first thing happen that is due, if anything is: steps end, policies start pipelines. Answers
    /// whether anything was.
    pub fn wake(&mut self, now: Ms, scripts: &mut Scripts, log: &mut Log) -> bool {
        let mut office = Office {
            next_execution: &mut self.next_execution,
            scripts,
        };
        self.shelf.wake(now, log, |_, _, pipeline, at| {
            pipeline.fire(at, &mut office);
        })
    }

    /// The number of the next execution.
    pub fn next_execution(&self) -> i64 {
        self.next_execution
    }

    /// Numbers executions from there on, if that is further.
    pub fn skip_to_execution(&mut self, next: i64) {
        self.next_execution = self.next_execution.max(next);
    }
}

/// Who has a name, by project, enterprise project and name.
#[derive(Debug, Default)]
struct Names(HashMap<String, HashMap<String, HashMap<String, String>>>);

impl Names {
    fn holder(&self, project: &str, definition: &Definition) -> Option<&str> {
        let names = self.0.get(project)?.get(&definition.enterprise_project)?;
        names.get(&definition.name).map(String::as_str)
    }

    fn give(&mut self, project: &str, definition: &Definition, id: &str) {
        let Definition {
            name,
            enterprise_project,
            ..
        } = definition;
        let names = place(place(&mut self.0, project), enterprise_project);
        names.insert(name.clone(), id.to_owned());
    }

    fn take(&mut self, project: &str, definition: &Definition) {
        let projects = self.0.get_mut(project);
        let names = projects.and_then(|names| names.get_mut(&definition.enterprise_project));
        if let Some(names) = names {
            names.remove(&definition.name);
        }
    }
}

/// What a map has under a key, which is only copied if it is new.
fn place<'a, T: Default>(map: &'a mut HashMap<String, T>, key: &str) -> &'a mut T {
    if !map.contains_key(key) {
        map.insert(key.to_owned(), T::default());
    }
    map.get_mut(key).expect("it was just looked up")
}
