//! The bodies and queries of requests, and the responses.

mod action;
mod definition;
mod views;

pub(super) use action::{ActionQuery, PipelineActionBody};
pub(super) use definition::{PipelineBody, count_sources, read_stages};
pub(super) use views::{
    ActionResponse, PipelineDetail, PipelineRecord, PipelineRecords, PipelineRow,
};
