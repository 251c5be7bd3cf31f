//! The bodies and queries of requests, and the responses.

pub(super) mod action;
pub(super) mod codes;
pub(super) mod definition;
pub(super) mod spelling;
pub(super) mod views;
