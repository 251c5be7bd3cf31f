//! Requests and responses on the wire.

pub mod query;
pub mod request;
pub mod response;
