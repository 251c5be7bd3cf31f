//! Injected faults: the rules that select requests, and the effects on their responses.

pub mod apply;
pub mod rules;
