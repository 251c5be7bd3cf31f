//! The bodies of requests and responses.

pub mod request;
pub mod task_view;
pub mod workflow_view;
