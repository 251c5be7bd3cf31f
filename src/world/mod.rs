//! The parts of a world that depend on no family: the store, the options, the identities, and tools for fixtures and
//! hints.

pub mod controls;
pub mod family;
pub mod fixture;
pub mod handle;
pub mod hints;
pub mod identities;
pub mod public_url;
pub mod run_fixture;
pub mod settings;
pub mod show;
pub mod store;
