//! One test binary: a module per family, plus what they have in common.

#![expect(
    clippy::unwrap_used,
    reason = "in helpers; inside the tests themselves .ci/clippy.toml allows it"
)]
#![expect(
    unreachable_pub,
    reason = "nothing reaches into a test binary, and pub(crate) says no more"
)]

// Tests compare the order of keys, which this fork keeps.
extern crate serde_json as strict_json;
extern crate serde_json_lenient as serde_json;

mod advance;
mod answers;
mod architecture;
mod asm;
mod collection;
mod common;
mod connections;
mod control;
mod dashboard;
mod dialects;
mod docs;
mod durable;
mod emulator;
mod encodings;
mod entrance;
mod events;
mod evidence;
mod exec;
mod faults;
mod hints;
mod iam;
mod image;
mod journal;
mod laws;
mod limits;
mod listen;
mod memory;
mod openapi;
mod origin;
mod parsers;
mod past;
mod pipelines;
mod plans;
mod process;
mod reads;
mod record;
mod refusals;
mod remote;
mod round_trip;
mod scripts;
mod secrets;
mod signatures;
mod slices;
mod socket;
mod time_travel;
mod timeline;
mod tls;
mod vendor;
mod webhooks;
mod wire;
mod worlds;
mod zadig;
