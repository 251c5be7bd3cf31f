//! Micro-benchmarks of single functions: `cargo bench --bench micro`, or `cargo bench --bench micro -- fold` for those
//! with a word in their name.
//!
//! Requests go to the whole application in process: without a socket, but through every layer, with the journal and the
//! metrics on and a token that is checked.

mod fold;
mod memory;
mod signature;
mod suite;

use suite::Suite;

fn main() {
    let mut suite = Suite::from_arguments();
    fold::runs(&mut suite);
    memory::lists(&mut suite);
    memory::version_lists(&mut suite);
    memory::creations(&mut suite);
    memory::actions(&mut suite);
    memory::export(&mut suite);
    memory::image(&mut suite);
    signature::verifying(&mut suite);
    signature::requests(&mut suite);
    suite.finish();
}
