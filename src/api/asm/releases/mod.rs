//! Grayscale release tasks.

pub mod handlers;
pub mod images;
pub mod order;
pub mod release;
pub mod state;
pub mod wire;

pub use release::Release;
