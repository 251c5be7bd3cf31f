//! Faults on purpose: the rules that inject them, and their effect on responses.

pub mod apply;
pub mod rules;
