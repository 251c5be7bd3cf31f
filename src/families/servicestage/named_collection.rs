//! The resources of a family, with names that are unique.

use super::refusal::{Refusal, RefusalCause};
use crate::http::json::ValidationError;
use crate::sim::Millis;
use crate::sim::collection::{ArrivalId, Collection, HashIndex, Resource, Stored};
use crate::sim::pack::{Pack, Packer, UnpackError, Unpacker};
use crate::sim::transition::{ChangeContext, TransitionLog};

/// The realm of names that are unique in their whole project.
pub(super) const WHOLE_PROJECT: &str = "";

/// A resource whose name is unique in its project, or in a part of it.
pub trait UniquelyNamed: Resource {
    /// The kind of resource, in hints.
    const NOUN: &'static str;
    /// The kind of realm, in refusals.
    const REALM: &'static str;

    /// The part of the project in which the name is unique, or [`WHOLE_PROJECT`].
    fn realm(&self) -> &str;

    fn created(&self) -> Millis;
}

/// The resources of a family in all projects.
#[derive(Clone, Debug)]
pub struct NamedCollection<T> {
    /// For everything but the methods below, which keep the index of names.
    pub collection: Collection<T>,
    names: HashIndex,
}

impl<T> Default for NamedCollection<T> {
    fn default() -> Self {
        Self {
            collection: Collection::default(),
            names: HashIndex::default(),
        }
    }
}

impl<T: UniquelyNamed> NamedCollection<T> {
    /// Checks that a name is free, or belongs to the resource `own`.
    pub fn check_name(
        &self,
        project: &str,
        realm: &str,
        name: &str,
        own: Option<&str>,
    ) -> Result<(), Refusal> {
        let key_of = |arrival_id| name_key(self.collection.named(arrival_id));
        let holder = self.names.get(&[project, realm, name], key_of);
        let holder = holder.map(|arrival_id| &*self.collection.named(arrival_id).id);
        match holder.filter(|holder| own != Some(holder)) {
            None => Ok(()),
            Some(holder) => {
                let wrong = format!("{name:?} is already used in the {}", T::REALM);
                Err(Refusal {
                    error: ValidationError::new("name", wrong),
                    hint: format!("the {} {holder} has that name", T::NOUN),
                    cause: RefusalCause::State,
                })
            }
        }
    }

    fn index_name(&mut self, arrival_id: ArrivalId) {
        let key_of = |arrival_id| name_key(self.collection.named(arrival_id));
        self.names.insert(arrival_id, key_of);
    }

    /// Adds a resource whose id and name are free.
    pub fn insert(
        &mut self,
        project: &str,
        id: &str,
        item: T,
        change_context: &mut ChangeContext,
    ) -> &Stored<T> {
        let created = item.created();
        let arrival_id = self
            .collection
            .insert(project, id, created, item, change_context);
        self.index_name(arrival_id);
        self.collection.named(arrival_id)
    }

    /// Adds a resource from a fixture, which `read` makes once its id is known to be free.
    pub fn load(
        &mut self,
        project: &str,
        id: &str,
        change_context: &mut ChangeContext,
        read: impl FnOnce(Millis) -> Result<T, ValidationError>,
    ) -> Result<&Stored<T>, ValidationError> {
        if self.collection.contains(id) {
            return Err(ValidationError::new("id", format!("duplicate {id:?}")));
        }
        let item = read(change_context.now)?;
        self.check_name(project, item.realm(), item.name(), None)
            .map_err(|refusal| refusal.error)?;
        Ok(self.insert(project, id, item, change_context))
    }

    /// Changes a resource, perhaps its name too.
    ///
    /// # Panics
    /// If the project has no such resource.
    pub fn edit<R>(
        &mut self,
        project: &str,
        id: &str,
        change_context: &mut ChangeContext,
        change: impl FnOnce(&mut T) -> R,
    ) -> R {
        let arrival_id = self.collection.arrival_id(id).expect("a known id");
        let key = name_key(self.collection.named(arrival_id));
        self.names.remove(key, arrival_id);
        let result = self.collection.edit(project, id, change_context, change);
        self.index_name(arrival_id);
        result.expect("a resource of the project")
    }

    /// Removes a resource, if the project has it.
    pub fn remove(&mut self, project: &str, id: &str, change_context: &mut ChangeContext) {
        let arrival_id = self.collection.arrival_id(id);
        let removed = self.collection.remove(project, id, change_context);
        if let (Some(arrival_id), Some(item)) = (arrival_id, removed) {
            let key = [project, item.realm(), item.name()];
            self.names.remove(key, arrival_id);
        }
    }
}

impl<T: UniquelyNamed + Pack> NamedCollection<T> {
    /// Packs all but the names, which the resources have.
    pub fn pack(&self, packer: &mut Packer) {
        self.collection.pack(packer);
    }

    pub fn unpack(unpacker: &mut Unpacker, log: &mut TransitionLog) -> Result<Self, UnpackError> {
        let mut named = Self {
            collection: Collection::unpack(unpacker, log)?,
            names: HashIndex::default(),
        };
        for arrival_id in named.collection.arrival_ids() {
            named.index_name(arrival_id);
        }
        Ok(named)
    }
}

fn name_key<T: UniquelyNamed>(stored: &Stored<T>) -> [&str; 3] {
    let Stored { scope, item, .. } = stored;
    [scope, item.realm(), item.name()]
}
