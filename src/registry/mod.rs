//! The registry: everything that loops over the families. [`families`] names them.

mod database;
pub mod examples;
mod families;
pub mod fixtures;
mod known_steps;
mod services;
mod state;
mod world;

pub use database::{Database, Unknown};
pub use services::{
    control_routes, definitions, error_rows, family_names, operations, router, unrouted,
};
pub use state::State;
pub use world::World;
