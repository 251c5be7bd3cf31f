//! The registry: everything that loops over the families. [`families`] names them.

pub mod advance;
mod database;
pub mod examples;
mod families;
mod faults;
pub mod fixtures;
mod known_steps;
mod operations;
pub mod rules;
mod services;
mod state;
mod world;

pub use database::{Database, Unknown};
pub use operations::{known_operations, operations};
pub use services::{control_routes, definitions, error_rows, family_names, router, unrouted};
pub use state::State;
pub use world::World;
