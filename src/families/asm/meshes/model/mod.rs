//! A mesh and its configuration.

pub mod mesh;
pub mod mesh_config;
