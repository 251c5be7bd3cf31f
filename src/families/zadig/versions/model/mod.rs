//! A delivery version, and the request that creates it.

pub mod artifacts;
pub mod rows;
pub mod version;
pub mod version_request;
