//! Reads that move what they show, for `--progress reads`.

use std::cell::RefCell;
use std::sync::Arc;

use super::family::FamilyTable;
use super::handle::{Handle, Shared};
use super::settings::Progress;
use crate::http::context::with_details;
use crate::sim::Millis;
use crate::sim::collection::{Collection, Resource, Stored};

/// The kind and the id of a resource.
type Noted = (&'static str, Arc<str>);

/// The resources that an answer shows, noted if it moves them.
#[derive(Debug)]
pub struct Shown(Option<RefCell<Vec<Noted>>>);

impl Shown {
    /// Notes a resource.
    pub fn note<T: Resource>(&self, stored: &Stored<T>) {
        if let Some(noted) = &self.0 {
            noted.borrow_mut().push((T::KIND, Arc::clone(&stored.id)));
        }
    }

    /// Notes the resource with that id.
    pub fn note_id<T: Resource>(&self, collection: &Collection<T>, id: &str) {
        if self.0.is_some()
            && let Some(stored) = collection.find(id)
        {
            self.note(stored);
        }
    }
}

impl<T: FamilyTable> Handle<T> {
    /// Answers a GET that shows resources, which `look` notes. Under [`Progress::Reads`] each that is under way then moves
    /// to its next status; the answer shows it as it was before. A read that is refused must note nothing.
    pub fn show<R>(&self, look: impl FnOnce(&T, &Shared, Millis, &Shown) -> R) -> R {
        if self.settings().progress == Progress::Clock || !is_get() {
            return self.read(|table, shared, now| look(table, shared, now, &Shown(None)));
        }
        let moves = |(_, moves): &(R, bool)| *moves;
        let (result, _) = self.write_if(moves, |table, shared, now| {
            let shown = Shown(Some(RefCell::default()));
            let result = look(table, shared, now, &shown);
            let noted = shown.0.map(RefCell::into_inner).unwrap_or_default();
            for (kind, id) in &noted {
                table.hasten(kind, id, shared, now);
            }
            (result, !noted.is_empty())
        });
        result
    }
}

/// Returns true for a GET, and false for a HEAD that a service answers alike.
fn is_get() -> bool {
    with_details(|details| details.is_get).unwrap_or(false)
}
