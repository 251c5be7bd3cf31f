//! Micro-benchmarks of single functions: `cargo bench --bench micro`, or `cargo bench --bench micro -- fold` for some.
//!
//! Requests go to the whole application in process: without a socket, but through every layer, with the journal and the
//! metrics on and a token that is checked.

mod fold;
mod memory;
mod signature;

use criterion::{criterion_group, criterion_main};

criterion_group!(
    benches,
    fold::runs,
    memory::lists,
    memory::creations,
    memory::actions,
    memory::export,
    signature::verifying,
    signature::requests
);
criterion_main!(benches);
