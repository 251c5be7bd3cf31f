//! A local emulator of four release APIs: Huawei ASM grayscale releases, `ServiceStage` release plans,
//! `ServiceStage` pipelines with actions, and Zadig delivery versions. Releases *proceed* on a virtual clock that the
//! user controls.
//!
//! The guides are in [`docs`].
//!
//! # From a test
//!
//! ```
//! use std::time::Duration;
//!
//! use release_emulator::serde_json::{Value, json};
//! use release_emulator::{Emulator, tokio};
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let emulator = Emulator::builder().freeze("2030-01-01T12:00:00Z").start().await?;
//!     let pipelines = "/v3/p1/pipeline/pipelines";
//!
//!     // In a test, the program under test sends these to `emulator.url()`.
//!     let stages = json!([{"name": "build", "tasks": [{"name": "compile"}]}]);
//!     let shop = json!({"name": "shop", "model_version": 2, "config_mode": "ui", "stages": stages});
//!     let created: Value = emulator.post(pipelines, &shop).await?.ok()?.json()?;
//!     let shop = format!("{pipelines}/{}", created["id"].as_str().ok_or("no id")?);
//!     emulator.post(&format!("{shop}/action?action_id=start"), &()).await?.ok()?;
//!
//!     let transitions = emulator.clock().advance(Duration::from_secs(2))?;
//!     assert!(transitions.iter().any(|change| change.is_resource("shop") && change.to == "2"));
//!
//!     let shown: Value = emulator.get(&shop).await?.ok()?.json()?;
//!     assert_eq!(shown["status"], 2, "it has succeeded");
//!     Ok(())
//! }
//! ```
//!
//! # Layout
//!
//! | path | contents |
//! |---|---|
//! | `main.rs` | the process |
//! | `commands/` | the commands, a file each: runtimes, signals, ready line, exit codes |
//! | `cli/` | the command line: commands, options with their environment variables, values |
//! | `health.rs` | the question whether an emulator is ready |
//! | `log_format.rs` | the log lines for a person at a terminal |
//! | `listening.rs` | the listening sockets of the process |
//! | `taken_port.rs` | the way out for an address on which the process cannot listen |
//! | `signals/` | the signals of the process, and the command that it runs, for each operating system |
//! | `log.rs` | the log on stderr |
//! | `exec/` | a command run against an emulator of its own, and its verdict |
//! | `corpus/` | recorded exchanges without their secrets: written, read, made requests and fixtures of |
//! | `record/` | the proxy in front of a real service that records |
//! | `drift/` | the comparison of the emulator with a corpus or a service, and its report |
//! | `emulator/` | [`Emulator`], the in-process API for test authors |
//! | `app.rs` | the router of a world: its families and its control plane |
//! | `docs/` | the guides: rustdoc, `release-emulator docs`, `/_emulator/docs/` |
//! | `control/` | the control plane, `/_emulator/v1/…`: clock, state, scripts, faults, journal, worlds, OpenAPI |
//! | `control/dashboard` | the control plane as pages for people, `/_emulator/` |
//! | `server/` | the worlds of a process, each with its port, accept loop and timer task; their connections with their limits |
//! | `registry/` | the code that loops over the families; `families.rs` is the only file that names them |
//! | `families/asm`, `families/servicestage`, `families/zadig` | the emulated services |
//! | `families/iam`, `families/huawei` | the IAM service, and the gateway in front of every Huawei service |
//! | `tls/` | TLS on either side of a connection: certificates, the authority that makes them, the client |
//! | `world/` | the store (`Arc<RwLock>`), a family's handle on its table, identities, settings, fixture tools |
//! | `http/` | the HTTP layer: dialects, routes, extractors, middleware (the token-header check, recording), JSON, evidence, journal, matching, faults |
//! | `storage/` | worlds on disk, as bytes: the data directory, its lock, logs and bases, reading them after a crash |
//! | `sim/` | the kernel: clock, ids, collections, scripts, lifecycles, transitions, packed values, the budget of memory |
//!
//! Every family has the same files: `operations` (the handlers), `wire` (bodies), `model` (the nouns; no HTTP),
//! `table` (uniqueness, order, paging), `fixture` (the state document), `error` (status, code and text of every
//! refusal), `hints` (the way to success), `controls` (the requests by which people command a resource), `dialect` and
//! `family` (its implementations of the traits of `http` and `world`).
//!
//! The imports between folders; a file at the top of `src` stands for itself, and re-exports do not count:
//!
//! ```text
//! app -> control, http, registry, server
//! cli -> exec, http, record, server, sim, tls, world
//! commands -> app, cli, control, corpus, docs, drift, exec, health, http, listening, log, record, registry, server, signals, storage, world
//! control -> docs, http, registry, server, sim, storage, world
//! corpus -> http, registry, sim, world
//! docs -> sim
//! drift -> app, corpus, http, record, registry, sim, world
//! emulator -> app, control, http, registry, server, sim, tls, world
//! exec -> http, registry, server, signals, sim, tls, world
//! families/asm -> families/huawei, http, sim, world
//! families/huawei -> http, sim, world
//! families/iam -> families/huawei, http, sim, world
//! families/servicestage -> families/huawei, http, sim, world
//! families/zadig -> http, sim, world
//! health -> http, server, tls
//! http -> sim, storage
//! listening -> cli, server, taken_port, tls
//! log -> cli, http, log_format
//! log_format -> sim
//! main -> commands
//! record -> corpus, server, sim, tls
//! registry -> families/asm, families/huawei, families/iam, families/servicestage, families/zadig, http, sim, storage, world
//! server -> http, registry, sim, storage, tls, world
//! storage -> sim
//! taken_port -> cli, health, server
//! tls -> sim
//! world -> http, sim
//! ```
//!
//! # A request
//!
//! 0. `server/connection.rs` has hyper read the head. It repairs a head that hyper cannot read, or marks it as malformed.
//! 1. The router picks a route; `control/origin` is in front of those of the control plane, and refuses the pages of
//!    strangers. An unknown path is refused in the dialect of its prefix (`registry/services.rs`).
//! 2. `http/middleware/instrument.rs` wraps every request: request id, evidence and hint headers, journal, metrics.
//! 3. `http/middleware/guard.rs` wraps every handler: it refuses a malformed head, looks up the operation, checks the
//!    token header or the signature, the permission and the declared size, and applies faults. A refusal becomes the
//!    family's documented error body.
//! 4. Extractors (`http/extract.rs`) read path, query and body, and refuse in the family's dialect.
//!    A request with a large body has a thread of its own (`server/connection.rs`), and so has work on a large memory
//!    (`control/apart.rs`).
//! 5. The handler makes one call on its table inside `Handle::read` or `Handle::write` (`world/handle.rs`), which take
//!    the instant under the lock. The response is serialized directly from the stored resource.
//!
//! Guard and instrument are not `tower` layers: a layer would clone and box for every request.
//!
//! # Invariants
//!
//! * A response is a pure function of the accepted requests, their instants, and the present instant. Only facts are
//!   stored: a run is its start, its frozen plan and its commands; a status is computed from these.
//! * Reading changes nothing. Time alone writes only scheduled starts, and every later reader finds them done. Under
//!   `--progress reads` a GET is a write (`world/show.rs`): it answers as any read, then lets the own time of the runs that
//!   it showed jump ahead.
//! * Long work lets others in (`registry/engine.rs`, `registry/course.rs`): in slices between instants, or beside the memory,
//!   of which a clone is cheap (`registry/import.rs`). The clock shows no instant whose timers have not all fired.
//! * A command first checks everything, then changes the memory; a refused one changes nothing.
//! * Every change of a status is a transition. A world numbers its transitions in the order of time, and publishes each
//!   once, under its lock.
//! * Time is an argument. Only `sim/clock.rs` reads the machine's clock; only the timer, the server, faults, the
//!   reading of bodies and a verification that is told to do so wait.
//! * The cost of an operation depends neither on the number of stored resources nor on the page. `cost.rs` tests this by
//!   counting accesses.
//! * Worlds share nothing, and a closed world leaves nothing behind.
//! * Every operation is declared once, by the attribute on its handler: id, permission, evidence, source, differences and
//!   OpenAPI entry come from there. What the attributes declare is published in an `openapi.json` beside each dialect,
//!   which is what a binary reads; only tests have the attributes (`http/attributes`), and hold the tables of URLs to them.
//!
//! # Glossary
//!
//! * **world**: one memory with one clock, one sequence of ids, one journal, on a port of its own.
//! * **family**: the emulation of one service: its operations, its table, its dialect.
//! * **dialect**: a family's way to recognise callers and to word refusals.
//! * **run**: one execution of a lifecycle: a start, a frozen plan, the accepted commands.
//! * **step**: a part of a run: work that succeeds or fails after a while, or a gate.
//! * **gate**: a step that waits for an approval.
//! * **own time**: the time of a run: the world's, ahead by the jumps that reads have brought.
//! * **script**: an outcome set in advance for future work: fail, take longer, hang.
//! * **fault**: a failure injected at the HTTP level: a status, another body, a delay, a dropped connection.
//! * **transition**: a change of a resource's or step's status, with its number, instant and cause.
//! * **fixture**: a state document with which a world starts and to which it resets.
//! * **image**: a world as bytes, in which nothing is lost; a state document is for people, and has no histories.
//! * **budget**: the bytes that everything in a process may take together, with a share for each part (`--memory`).
//! * **evidence**: how an operation, a field, a word, a parameter or an error is known: `documented`, `observed` or
//!   `inferred`. An answer tells the weakest that it uses (`http/evidence`).
//! * **control plane**: the emulator's own API below `/_emulator/v1`.

mod app;
#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "cli")]
mod commands;
mod control;
#[cfg(feature = "cli")]
mod corpus;
#[cfg(test)]
mod cost;
pub mod docs;
#[cfg(feature = "cli")]
mod drift;
#[warn(missing_docs)]
mod emulator;
#[cfg(feature = "cli")]
mod exec;
mod families;
#[cfg(feature = "cli")]
mod health;
mod http;
#[cfg(feature = "cli")]
mod listening;
#[cfg(feature = "cli")]
mod log;
#[cfg(feature = "cli")]
mod log_format;
#[cfg(feature = "cli")]
mod record;
mod registry;
mod server;
#[cfg(feature = "cli")]
mod signals;
mod sim;
mod storage;
#[cfg(feature = "cli")]
mod taken_port;
mod tls;
mod world;

/// The modules as the binary, the tests and the benches need them. Nothing in here is part of the public interface.
#[doc(hidden)]
pub mod internals {
    #[cfg(feature = "cli")]
    pub mod cli {
        pub use crate::cli::*;
    }
    #[cfg(feature = "cli")]
    pub mod commands {
        pub use crate::commands::*;
    }
    pub mod docs {
        pub use crate::docs::*;
    }
    pub mod control {
        pub use crate::control::*;
    }
    #[cfg(feature = "cli")]
    pub mod drift {
        pub use crate::drift::*;
    }
    #[cfg(feature = "cli")]
    pub mod corpus {
        pub use crate::corpus::*;
    }
    #[cfg(feature = "cli")]
    pub mod exec {
        pub use crate::exec::*;
    }
    pub mod families {
        pub use crate::families::*;
    }
    #[cfg(feature = "cli")]
    pub mod health {
        pub use crate::health::*;
    }
    pub mod http {
        pub use crate::http::*;
    }
    #[cfg(feature = "cli")]
    pub mod listening {
        pub use crate::listening::*;
    }
    #[cfg(feature = "cli")]
    pub mod log {
        pub use crate::log::*;
    }
    #[cfg(feature = "cli")]
    pub mod record {
        pub use crate::record::*;
    }
    pub mod registry {
        pub use crate::registry::*;
    }
    pub mod server {
        pub use crate::server::*;
    }
    #[cfg(feature = "cli")]
    pub mod signals {
        pub use crate::signals::*;
    }
    pub mod sim {
        pub use crate::sim::*;
    }
    pub mod storage {
        pub use crate::storage::*;
    }
    #[cfg(feature = "cli")]
    pub mod taken_port {
        pub use crate::taken_port::*;
    }
    pub mod tls {
        pub use crate::tls::*;
    }
    pub mod world {
        pub use crate::world::*;
    }

    pub use crate::app::{app, app_with_host};
    pub use crate::registry::State;
    pub use crate::registry::World;
    pub use crate::world::settings::Settings;
}

pub use emulator::{
    ClockError, ClockHandle, ClockInstant, Delay, Emulator, EmulatorBuilder, Family, FaultsHandle,
    ForecastStep, HistoryError, InvalidValue, ListedResource, NextChange, RequestError,
    RequestsHandle, ResourceTimeline, Response, ScriptsHandle, StartError, StatusChange, Until,
    Verification, VerifyError,
};
pub use http::faults::patch::PatchOperation;
pub use http::faults::rules::{Fault, ListedFault};
pub use http::matching::condition::Condition;
pub use http::matching::pattern::RequestFilter;
pub use http::observe::headers::Headers;
pub use http::observe::record::{Message, RequestRecord, RequestSummary};
pub use registry::State;
pub use sim::scripts::{ListedScript, Misfit, Script, Work};
pub use world::fixture::ValidationError;
pub use world::settings::{Auth, Fidelity, PipelinesList, Progress, References, ZadigGeneration};
// For programs that have none of them.
#[doc(no_inline)]
pub use {chrono, serde_json, tokio};
