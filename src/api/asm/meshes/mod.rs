//! Meshes: what releases belong to.

pub mod handlers;
pub mod mesh;
pub mod parts;
pub mod state;
pub mod wire;

pub use mesh::Mesh;
