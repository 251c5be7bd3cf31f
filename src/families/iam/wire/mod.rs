//! Requests and responses on the wire.

pub mod request;
pub mod response;
