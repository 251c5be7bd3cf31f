//! Finding things by word instead of by id.

use std::collections::HashMap;

/// The ids that a word has in a place of a scope, such as a name in a namespace of a mesh.
#[derive(Debug, Default)]
pub(super) struct Index(HashMap<[Box<str>; 3], Vec<Box<str>>>);

impl Index {
    fn key(scope: &str, place: &str, word: &str) -> [Box<str>; 3] {
        [scope.into(), place.into(), word.into()]
    }

    /// The id that has had the word longest.
    pub(super) fn first(&self, scope: &str, place: &str, word: &str) -> Option<&str> {
        let ids = self.0.get(&Self::key(scope, place, word))?;
        ids.first().map(|id| &**id)
    }

    /// Gives a word to an id.
    pub(super) fn add(&mut self, scope: &str, place: &str, word: &str, id: &str) {
        let ids = self.0.entry(Self::key(scope, place, word)).or_default();
        ids.push(id.into());
    }

    /// Takes a word back.
    pub(super) fn remove(&mut self, scope: &str, place: &str, word: &str, id: &str) {
        let key = Self::key(scope, place, word);
        if let Some(ids) = self.0.get_mut(&key) {
            ids.retain(|known| &**known != id);
            if ids.is_empty() {
                self.0.remove(&key);
            }
        }
    }
}
