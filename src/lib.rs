//! A local emulator of four release APIs: Huawei ASM grayscale releases, `ServiceStage` release plans,
//! `ServiceStage` pipelines with actions, Zadig delivery versions. Releases *proceed* on a virtual clock that
//! the user controls.
//!
//! # From a test
//!
//! ```
//! use std::time::Duration;
//!
//! use release_emulator::Emulator;
//! use serde_json::{Value, json};
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let noon = "2030-01-01T12:00:00Z".parse()?;
//!     let emulator = Emulator::builder().freeze(noon).start().await?;
//!     let pipelines = format!("{}/v3/p1/pipeline/pipelines", emulator.url());
//!     let client = reqwest::Client::new();
//!
//!     let stages = json!([{"name": "build", "tasks": [{"name": "compile"}]}]);
//!     let shop = json!({"name": "shop", "model_version": 2, "config_mode": "ui", "stages": stages});
//!     let create = client.post(&pipelines).header("X-Auth-Token", "any").json(&shop);
//!     let created: Value = create.send().await?.json().await?;
//!     let shop = format!("{pipelines}/{}", created["id"].as_str().ok_or("no id")?);
//!     let start = client.post(format!("{shop}/action?action_id=start"));
//!     start.header("X-Auth-Token", "any").send().await?.error_for_status()?;
//!
//!     let transitions = emulator.clock().advance(Duration::from_secs(2))?;
//!     assert!(transitions.iter().any(|change| &*change.name == "shop" && &*change.to == "2"));
//!
//!     let show = client.get(&shop).header("X-Auth-Token", "any");
//!     let shown: Value = show.send().await?.json().await?;
//!     assert_eq!(shown["status"], 2, "it has succeeded");
//!     assert_eq!(emulator.clock().now(), noon + Duration::from_secs(2));
//!     Ok(())
//! }
//! ```
//!
//! # Layout
//!
//! | path | what |
//! |---|---|
//! | `main.rs` | the process: command line, fixtures, port, ready line, signals |
//! | [`cli`] | the command line and its environment twins |
//! | [`exec`] | a command that is run against the emulator: its environment, its signals, its verdict |
//! | [`emulator`] | [`Emulator`]: the same within a program, typed |
//! | [`app`] | the router of a world |
//! | [`server::worlds`] | the worlds of a process, each on a port of its own: opens, lists and closes them |
//! | [`registry::fixtures`] | files in JSON or YAML, and the documented examples that are built in |
//! | [`server::timer`] | lets an idle world keep up with its clock |
//! | [`control`] | `/_emulator/v1/…`: clock, state, scripts, timelines, worlds, coverage, OpenAPI |
//! | [`sim`] | the kernel: clock, ids, store, collections, scripts, lifecycles, transitions; no HTTP, no JSON |
//! | [`http`] | what every family's router needs: dialects, routes and what they declare, extractors, the gate, the writer of answers; no cloud |
//! | [`http::auth`] | tokens and signatures as requests carry them, and whether a signature holds |
//! | [`registry`] | the registry: [`registry::Database`] (the whole memory), [`registry::World`] (what a family is given), [`registry::state`] (the fixture format), [`world::identities`] (who may call), [`families::huawei`] (in front of every Huawei service), [`world::hints`] (what would have worked) |
//! | [`families::iam`] | what callers of the Huawei families ask first: tokens, projects, accounts |
//! | [`families::asm`], [`families::servicestage`], [`families::zadig`] | the families: each its own nouns, wire types, errors, operations, fixtures |
//!
//! Imports go one way: `main, emulator → host, lib → control, api`; `control → host → api, http`;
//! `api → families → http → axum`; families and `http → sim`. The host is handed what answers for a world
//! ([`app::app_with_host`]), since the control plane knows the host.
//! Inside a family `operations → wire → model → sim`. No family knows another. A test reads `src/` and
//! keeps these rules.
//!
//! The imports between folders; a file at the top of `src` stands for itself, and re-exports do not count:
//!
//! ```text
//! app -> control, http, registry, server
//! cli -> exec, server, sim, world
//! control -> families/asm, http, registry, sim, world
//! emulator -> app, control, http, registry, server, sim, world
//! exec -> http, server, sim, world
//! families/asm -> families/huawei, http, sim, world
//! families/huawei -> http, sim, world
//! families/iam -> families/huawei, http, sim, world
//! families/servicestage -> families/huawei, http, sim, world
//! families/zadig -> http, sim, world
//! http -> sim
//! main -> app, cli, control, exec, registry, server
//! registry -> families/asm, families/huawei, families/iam, families/servicestage, families/zadig, http, sim, world
//! server -> control, http, registry, world
//! world -> http, sim
//! ```
//!
//! # A request
//!
//! The router picks a route, or [`app::app`]'s fallback refuses in the words of the prefix. Around whatever answers is
//! [`http::middleware::instrument`], which gives the request an id and, at the end, headers and a log line; what is left of its body by
//! then is read and thrown away. The family's gate ([`http::middleware::guard`]) looks up the operation, the credential, the
//! permission and the declared size; a signature covers the body, which is then read first. Extractors
//! ([`http::extract`]) read path, query and body, and refuse in the family's words. The handler makes one call on the
//! noun's table, inside [`registry::World::read`] or [`registry::World::write`], which take the instant under the lock; answers
//! are written straight from what is stored. There are no layers: gate and finish stand around each handler, as one
//! future.
//!
//! # Invariants
//!
//! * An answer is a pure function of what was accepted, when, and now. Only facts are stored: a
//!   [`sim::lifecycle::Run`] is its start, its frozen script and its events; a status is computed from these.
//! * Reading changes nothing. The one thing that time alone writes is a scheduled start, and whoever looks
//!   next finds it done ([`registry::world::World`]).
//! * A command checks everything, then changes; a refused one leaves the memory equal.
//! * Whatever changes a status tells it, be it time or a command: transitions are numbered in the order of time,
//!   and each comes by one place of [`registry::World`], under its lock.
//! * Time is handed in. Only `sim/clock.rs` reads the machine's clock; only the ticker and the accept loop
//!   wait.
//! * What an operation costs does not depend on how much is stored, nor a page on where it lies. `cost.rs` tests it,
//!   by counting what is looked at.
//! * Worlds share nothing. A world is served by tasks that its host owns: it has closed when they have ended, and
//!   then nothing is left of it.
//! * Every operation is declared once, by the attribute on its handler: route, id, permission, evidence,
//!   source, differences and OpenAPI entry all come from there.

mod app;
#[cfg(feature = "cli")]
mod cli;
mod control;
#[cfg(test)]
mod cost;
#[warn(missing_docs)]
mod emulator;
#[cfg(feature = "cli")]
mod exec;
mod families;
mod http;
mod registry;
mod server;
mod sim;
mod world;

/// The modules as the binary, the tests and the benches need them. Nothing in here is part of the public interface.
#[doc(hidden)]
pub mod internals {
    #[cfg(feature = "cli")]
    pub mod cli {
        pub use crate::cli::*;
    }
    pub mod control {
        pub use crate::control::*;
    }
    #[cfg(feature = "cli")]
    pub mod exec {
        pub use crate::exec::*;
    }
    pub mod families {
        pub use crate::families::*;
    }
    pub mod http {
        pub use crate::http::*;
    }
    pub mod registry {
        pub use crate::registry::*;
    }
    pub mod server {
        pub use crate::server::*;
    }
    pub mod sim {
        pub use crate::sim::*;
    }
    pub mod world {
        pub use crate::world::*;
    }

    pub use crate::app::{app, app_with_host};
    pub use crate::registry::World;
    pub use crate::registry::state::State;
    pub use crate::world::settings::Settings;
}

pub use emulator::{
    ClockError, ClockHandle, Delay, Emulator, EmulatorBuilder, Family, Fault, FaultsHandle,
    InvalidValue, ListedFault, ListedScript, Message, RequestRecord, RequestsHandle, Script,
    ScriptsHandle, StartError,
};
pub use registry::state::State;
pub use registry::state::ValidationError;
pub use sim::Transition;
pub use sim::scripts::Work;
pub use world::settings::{Auth, Fidelity, PipelinesList, References};
