//! A release plan of Zadig: its status, its jobs, its approval and its log.

pub mod approval;
pub mod job;
pub mod plan;
pub mod plan_log;
pub mod status;
