//! A pipeline, its stages, its executions and its trigger policy.

pub(super) mod action;
pub(super) mod commands;
mod cron_days;
mod cron_field;
mod cron_line;
mod cron_trigger;
pub(super) mod definition;
pub(super) mod execution;
pub(super) mod executions;
pub(super) mod pipeline;
pub(super) mod selection;
pub(super) mod stages;
pub(super) mod status;
pub(super) mod trigger_policy;
