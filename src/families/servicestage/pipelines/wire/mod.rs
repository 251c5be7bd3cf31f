//! Requests as they come, and how they become what the emulator understands.

mod action;
mod definition;
mod policy;
mod views;

pub(super) use action::{ActionBody, ActionQuery};
pub(super) use definition::{
    ConfigModeWord, FailModeWord, PipelineBody, count_sources, read_stages,
};
pub(super) use policy::PolicyBody;
pub(super) use views::{ActionResponse, Detail, Record, Row};
