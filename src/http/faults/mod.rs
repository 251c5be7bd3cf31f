//! Injected faults: rules that select requests, their injection, and their effects on responses.

pub mod alter;
pub mod apply;
pub mod check;
pub mod effect;
pub mod header;
pub mod injection;
pub mod patch;
pub mod rules;
