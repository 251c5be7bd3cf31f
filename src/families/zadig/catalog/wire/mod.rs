//! The answers to reads.

pub mod environments;
pub mod projects;
pub mod registries;
pub mod services;
