//! Injected faults: rules that select requests, their injection, and their effects on responses.

pub mod apply;
pub mod injection;
pub mod rules;
