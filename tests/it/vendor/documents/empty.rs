//! Nothing: Cargo asks for a target.
