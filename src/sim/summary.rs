//! Resources in a list: each with its status, its next change and the commands it allows.

use std::sync::Arc;

use serde::Serialize;

use super::Millis;
use super::collection::{Collection, Resource, Stored};
use super::next::Next;
#[cfg(test)]
use super::scripts::FamilyName;

/// A resource in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Resource))]
pub struct ResourceSummary {
    /// The family.
    #[cfg_attr(test, schema(value_type = FamilyName))]
    pub family: &'static str,
    /// The kind: `release`, `mesh`, `plan`, `pipeline`, `version` or `task`.
    pub kind: &'static str,
    /// The project, mesh or project key.
    pub scope: Arc<str>,
    /// The resource's id.
    pub id: Arc<str>,
    /// The resource's name.
    pub name: Arc<str>,
    /// The status, as in transitions.
    pub status: Box<str>,
    /// The status as a number, if the service has numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    pub code: Option<u8>,
    /// The status in words.
    pub word: Box<str>,
    /// The next change that time alone brings; null: none.
    #[cfg_attr(test, schema(required = true))]
    pub next: Option<Next>,
    /// The commands that the status allows now.
    pub allowed: Vec<&'static str>,
}

impl ResourceSummary {
    pub fn new<T: Resource>(
        stored: &Stored<T>,
        allowed: Vec<&'static str>,
        next: Option<Next>,
        now: Millis,
    ) -> Self {
        let status = stored.item.status_label(now);
        let (code, word) = code_and_word::<T>(status);
        Self {
            family: T::FAMILY,
            kind: T::KIND,
            scope: Arc::clone(&stored.scope),
            id: Arc::clone(&stored.id),
            name: stored.item.name().into(),
            status: status.into(),
            code,
            word,
            next,
            allowed,
        }
    }
}

/// The number of a status, if it is one, and the status in words.
pub(super) fn code_and_word<T: Resource>(status: &str) -> (Option<u8>, Box<str>) {
    let word = T::status_word(status);
    let code = (word != status).then(|| status.parse().ok()).flatten();
    (code, word.into())
}

/// A page of a list of all resources, filled collection by collection.
#[derive(Clone, Debug, Default)]
pub struct ResourcePage {
    pub family: Option<String>,
    pub scope: Option<String>,
    /// The number of resources to pass over.
    pub offset: usize,
    /// The most resources.
    pub limit: usize,
    pub resources: Vec<ResourceSummary>,
    /// The number of resources with that family and scope.
    pub count: usize,
}

impl ResourcePage {
    /// Adds the resources of a collection that belong to the page, scope by scope, oldest first.
    pub fn add<T: Resource>(
        &mut self,
        collection: &Collection<T>,
        summary: impl Fn(&Stored<T>) -> ResourceSummary,
    ) {
        if self
            .family
            .as_ref()
            .is_some_and(|family| family != T::FAMILY)
        {
            return;
        }
        if let Some(scope) = self.scope.clone() {
            self.add_scope(collection, &scope, &summary);
        } else {
            for scope in collection.scopes() {
                self.add_scope(collection, scope, &summary);
            }
        }
    }

    fn add_scope<T: Resource>(
        &mut self,
        collection: &Collection<T>,
        scope: &str,
        summary: &impl Fn(&Stored<T>) -> ResourceSummary,
    ) {
        let n_before = self.count;
        self.count += collection.len(scope);
        let n_left = self.limit - self.resources.len();
        if self.count <= self.offset || n_left == 0 {
            return;
        }
        let skipped = self.offset.saturating_sub(n_before);
        let page = collection.of(scope).skip(skipped).take(n_left);
        self.resources.extend(page.map(summary));
    }
}
