//! A delivery version, and the request that creates it.

pub mod artifacts;
pub mod delivered;
pub mod delivery_request;
mod delivery_state;
pub mod manifests;
pub mod pushing;
mod reference;
pub mod rows;
pub mod version;
pub mod version_request;
mod yaml;
