//! The kernel: time, identity, storage and lifecycles. It knows nothing of HTTP or JSON.

pub mod clock;
pub mod ids;
pub mod lifecycle;
pub mod near;
mod order;
pub mod scripts;
pub mod shelf;
pub mod store;

/// Milliseconds: as an instant since the Unix epoch in UTC, as a length simply how many.
pub type Ms = i64;

/// An instant that does not come by itself.
pub const NEVER: Ms = Ms::MAX;

/// A change of state that time or a command brought about.
///
/// `from` and `to` are the family's own status words, `step` is absent where the resource itself changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// When it happened on the world's clock.
    pub at: Ms,
    /// The family the resource belongs to (`asm`, `plans`, `pipelines`, `zadig`).
    pub family: &'static str,
    /// The project, mesh or project key that owns the resource.
    pub scope: String,
    /// The resource's id.
    pub id: String,
    /// The resource's name.
    pub name: String,
    /// The step that changed, by name.
    pub step: Option<String>,
    /// The status before.
    pub from: String,
    /// The status after.
    pub to: String,
    /// `clock`, or `schedule` for what a trigger policy started.
    pub cause: &'static str,
}
