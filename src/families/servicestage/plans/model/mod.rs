//! A release plan, its components and its progress.

pub mod batch_run;
pub mod commands;
pub mod component;
pub mod plan;
pub mod progress;
pub mod spec;
pub mod vocabulary;
