//! The kernel: time, identity, storage and lifecycles. It knows neither HTTP nor JSON texts.

pub mod chance;
pub mod clock;
pub mod collection;
pub mod fuzzy;
pub mod glob;
pub mod heap;
pub mod ids;
pub mod lifecycle;
pub mod memory;
pub mod next;
pub mod outlook;
pub mod pack;
pub mod planned_step;
pub mod rules;
mod script;
pub mod scripts;
pub mod step_length;
pub mod step_name;
mod step_names;
mod step_pattern;
pub mod summary;
pub mod time;
pub mod timeline;
pub mod transition;

#[cfg(test)]
pub(crate) use collection::access_count;
pub use transition::Transition;

/// Milliseconds: an instant, counted from the Unix epoch in UTC, or a length.
pub type Millis = i64;

/// The instant of a change that time alone does not bring.
pub const NEVER: Millis = Millis::MAX;
