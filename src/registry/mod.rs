//! The registry: everything that loops over the families. [`families`] names them.

pub mod advance;
pub mod course;
mod database;
pub mod durable;
mod engine;
pub mod examples;
mod families;
mod faults;
pub mod fixtures;
pub mod history;
mod image;
mod import;
mod known_steps;
mod operations;
pub mod report_lines;
mod rule_room;
pub mod rules;
mod script_check;
mod scripts;
mod services;
mod state;
mod turns;
mod world;

pub use database::{Database, Unknown};
pub use engine::Wait;
pub use operations::{family_names, known_operations, operations};
#[cfg(test)]
pub use services::declared;
pub use services::{control_routes, definitions, error_rows, reroute, router, unrouted};
pub use state::State;
pub use world::World;
