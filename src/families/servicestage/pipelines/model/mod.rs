//! A pipeline, its stages, its executions and its trigger policy.

pub(super) mod action;
pub(super) mod execution;
pub(super) mod pipeline;
pub(super) mod stages;
pub(super) mod status;
pub(super) mod trigger_policy;
