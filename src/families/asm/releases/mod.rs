//! Grayscale release tasks.

mod commands;
pub mod fixture;
pub mod model;
pub mod operations;
pub mod wire;

pub use model::release::Release;
