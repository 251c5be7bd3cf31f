//! The part of a world that knows no family: its memory's lock, its options, its identities, and the tools for fixtures,
//! hints and instants.

pub mod family;
pub mod fixture;
pub mod handle;
pub mod hints;
pub mod identities;
pub mod run_fixture;
pub mod settings;
pub mod store;
pub mod time;
