//! Meshes: what releases belong to.

mod commands;
pub mod fixture;
pub mod model;
pub mod operations;
pub mod wire;

pub use model::mesh::Mesh;
