//! The kernel: time, identity, storage and lifecycles. It knows nothing of HTTP or JSON.

pub mod clock;
mod entry;
pub mod ids;
pub mod index;
mod kept;
pub mod lifecycle;
pub mod near;
mod order;
pub mod scripts;
pub mod shelf;
pub mod store;
pub mod timeline;
pub mod transition;

#[cfg(test)]
pub(crate) use kept::looks;
pub use transition::Transition;

/// Milliseconds: as an instant since the Unix epoch in UTC, as a length simply how many.
pub type Ms = i64;

/// An instant that does not come by itself.
pub const NEVER: Ms = Ms::MAX;
