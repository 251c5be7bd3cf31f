//! The kernel: time, identity, storage and lifecycles. It knows nothing of HTTP or JSON.

pub mod clock;
pub mod collection;
pub mod fuzzy;
pub mod glob;
pub mod ids;
pub mod lifecycle;
pub mod scripts;
pub mod timeline;
pub mod transition;

#[cfg(test)]
pub(crate) use collection::access_count;
pub use transition::Transition;

/// Milliseconds: as an instant since the Unix epoch in UTC, as a length simply how many.
pub type Millis = i64;

/// An instant that does not come by itself.
pub const NEVER: Millis = Millis::MAX;
