//! Workflows, their tasks and what these consist of.

pub mod commands;
pub mod definition;
pub mod job_task;
pub mod parts;
pub mod plan;
pub mod status;
pub mod task;
