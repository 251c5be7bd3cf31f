//! A delivery version, the request that creates it, and the catalog it refers to.

pub mod artifacts;
pub mod catalog;
pub mod rows;
pub mod version;
pub mod version_request;
