//! The options of the commands, each with its environment variable.

use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::access::{AccessOptions, TokenOption};
use super::listen::ListenOptions;
use super::tls::TlsOptions;
use super::values::{budget, count, pace, ports, size, time};
use crate::exec::FailOn;
use crate::http::host_name::HostPattern;
use crate::http::web_origin::WebOrigin;
use crate::server::connections::ConnectionLimits;
use crate::server::worlds::Limits;
use crate::sim::Millis;
use crate::sim::memory::Memory;
use crate::tls::{IS_PRESENT, ServerTls, TlsError};
use crate::world::public_url::PublicUrl;
use crate::world::settings::{
    Auth, Fidelity, PipelinesList, Progress, References, Settings, ZadigGeneration, length,
};

const FIXTURES_HELP: &str = "A fixture file (.json, .yaml, .yml), or `documented` for the documented \
    examples; may be repeated [env: RELEASE_EMULATOR_FIXTURES, comma-separated]";

const PUBLIC_URL_HELP: &str = "The URL of the server in its answers, such as https://emulator.test:4600; absent: \
    the one that was asked";

/// The options of `serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeOptions {
    /// The addresses to listen on.
    #[command(flatten)]
    pub listen: ListenOptions,
    /// A fixture file (.json, .yaml, .yml), or `documented` for the documented examples; may be repeated
    #[arg(long, value_name = "FILE|documented", help = FIXTURES_HELP)]
    pub fixtures: Vec<String>,
    /// The credentials that pass
    #[arg(long, env = "RELEASE_EMULATOR_AUTH", value_enum, default_value_t)]
    auth: Auth,
    /// The authority where the documentation and the service differ
    #[arg(long, env = "RELEASE_EMULATOR_FIDELITY", value_enum, default_value_t)]
    fidelity: Fidelity,
    /// The check of references to resources that the emulator does not own
    #[arg(long, env = "RELEASE_EMULATOR_REFERENCES", value_enum, default_value_t)]
    references: References,
    /// The length of one step of work, such as 2s or 500ms; 0s: at once
    #[arg(long, env = "RELEASE_EMULATOR_STEP", default_value = "2s", value_parser = length)]
    pub(super) step: Millis,
    /// Virtual seconds per real second
    #[arg(long, env = "RELEASE_EMULATOR_PACE", default_value = "1", value_parser = pace)]
    pace: f64,
    /// Start with the clock frozen at this instant (RFC 3339)
    #[arg(long, env = "RELEASE_EMULATOR_FREEZE", value_name = "TIME", value_parser = time)]
    freeze: Option<Millis>,
    /// The worlds on disk.
    #[command(flatten)]
    pub keep: KeepOptions,
    /// The certificate and the addresses for TLS.
    #[command(flatten)]
    pub tls: TlsOptions,
    /// Write the port number to this file once it is bound
    #[arg(long, env = "RELEASE_EMULATOR_PORT_FILE", value_name = "FILE")]
    pub port_file: Option<PathBuf>,
    /// The form of the pipelines list
    #[arg(
        long,
        env = "RELEASE_EMULATOR_PIPELINES_LIST",
        value_enum,
        default_value_t
    )]
    pub(super) pipelines_list: PipelinesList,
    /// The generation of Zadig: v3 for v2.3.1 to v3.4.1, v4 for v4.0.0 and later [default: that of the fixtures, or v3]
    #[arg(
        long,
        env = "RELEASE_EMULATOR_ZADIG",
        value_enum,
        value_name = "GENERATION"
    )]
    pub(super) zadig: Option<ZadigGeneration>,
    /// The cause for which runs proceed: the clock alone, or reads too, each of which moves what it answers
    #[arg(long, env = "RELEASE_EMULATOR_PROGRESS", value_enum, default_value_t)]
    progress: Progress,
    /// The approximate size of the request journal in bytes; 0 turns it off
    #[arg(
        long,
        env = "RELEASE_EMULATOR_JOURNAL_BYTES",
        value_name = "BYTES",
        default_value_t = 8 << 20
    )]
    journal_bytes: usize,
    /// The approximate size of the history of a world in bytes, for forks and rewinds; 0 turns it off
    #[arg(
        long,
        env = "RELEASE_EMULATOR_HISTORY_BYTES",
        value_name = "BYTES",
        default_value_t = 32 << 20
    )]
    history_bytes: usize,
    /// The approximate size of the answers to recent reads that a world keeps until it changes, in bytes; 0 keeps none
    #[arg(
        long,
        env = "RELEASE_EMULATOR_ANSWER_CACHE_BYTES",
        value_name = "BYTES",
        default_value_t = 4 << 20
    )]
    answer_cache_bytes: usize,
    /// The budget of memory for everything that clients can make grow, such as 512MiB; a creation that does not fit is
    /// refused
    #[arg(long, env = "RELEASE_EMULATOR_MEMORY", value_name = "SIZE", default_value = "2GiB", value_parser = budget)]
    memory: usize,
    /// The limit on a state or fixtures in a request, such as 100MB [default: a tenth of the memory]
    #[arg(long, env = "RELEASE_EMULATOR_MAX_STATE", value_name = "SIZE", value_parser = size)]
    max_state: Option<usize>,
    /// The limit on worlds at a time, including the first
    #[arg(long, env = "RELEASE_EMULATOR_MAX_WORLDS", value_name = "N", default_value = "256", value_parser = count)]
    max_worlds: usize,
    /// The ports of further worlds, such as 4601-4700; absent: any free port
    #[arg(long, env = "RELEASE_EMULATOR_WORLD_PORTS", value_name = "A-B", value_parser = ports)]
    world_ports: Option<RangeInclusive<u16>>,
    /// The limit on connections at a time, to all worlds together; further ones get 503
    #[arg(long, env = "RELEASE_EMULATOR_MAX_CONNECTIONS", value_name = "N", default_value = "4096", value_parser = count)]
    max_connections: usize,
    /// The time after which an idle connection is closed; 0s: each connection ends with its first answer
    #[arg(long, env = "RELEASE_EMULATOR_KEEP_ALIVE", value_name = "LENGTH", default_value = "75s", value_parser = length)]
    keep_alive: Millis,
    /// Stop when stdin ends, and so with the program that holds its other end
    #[arg(long, env = "RELEASE_EMULATOR_STOP_WITH_STDIN")]
    pub stop_with_stdin: bool,
    /// The URL of the server in its answers, such as <https://emulator.test:4600>; absent: the one that was asked
    #[arg(long, env = "RELEASE_EMULATOR_PUBLIC_URL", value_name = "URL", help = PUBLIC_URL_HELP)]
    public_url: Option<PublicUrl>,
    /// Allow webhooks to any address, and not only to the loopback
    #[arg(long, env = "RELEASE_EMULATOR_WEBHOOKS_ANYWHERE")]
    webhooks_anywhere: bool,
    /// The callers that are let in.
    #[command(flatten)]
    pub access: AccessOptions,
    /// A corpus of `record`: operations that agree with it say so in their evidence; may be repeated, or comma-separated
    #[arg(
        long,
        env = "RELEASE_EMULATOR_CORPUS",
        value_name = "FILE",
        value_delimiter = ','
    )]
    pub corpus: Vec<PathBuf>,
    /// The format of log lines on stderr
    #[arg(long, env = "RELEASE_EMULATOR_LOG", value_enum, default_value_t)]
    pub log: LogFormat,
    /// The least severe level that is logged: refused requests are at warn, all requests at info [default: warn, with
    /// refused requests only on a terminal]
    #[arg(long, env = "RELEASE_EMULATOR_LOG_LEVEL", value_enum)]
    pub log_level: Option<LogLevel>,
}

/// The options of the data directory.
#[derive(Clone, Debug, Args)]
pub struct KeepOptions {
    /// Keep the worlds in this directory, and go on from it at the next start
    #[arg(long, env = "RELEASE_EMULATOR_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Answer once the disk has what was accepted, and not only the operating system; with --data
    #[arg(long, env = "RELEASE_EMULATOR_SYNC", requires = "data")]
    pub sync: bool,
    /// Start over: remove what is in the data directory; with --data
    #[arg(long, env = "RELEASE_EMULATOR_DATA_RESET", requires = "data")]
    pub data_reset: bool,
}

/// The options of `exec`.
#[derive(Clone, Debug, Args)]
pub struct ExecOptions {
    /// The options of the server.
    #[command(flatten)]
    pub serve: ServeOptions,
    /// Exit with code 7 on any of these even if the command succeeds; comma-separated
    #[arg(
        long,
        env = "RELEASE_EMULATOR_FAIL_ON",
        value_name = "LIST",
        value_enum,
        value_delimiter = ','
    )]
    pub fail_on: Vec<FailOn>,
    /// Stand in for the real services: whatever the command asks of their hosts comes to the emulator, and all else is
    /// refused
    #[arg(long, env = "RELEASE_EMULATOR_INTERCEPT")]
    pub intercept: bool,
    /// With --intercept: a further host that is emulated, such as the one of a Zadig; may be repeated, or comma-separated
    #[arg(
        long,
        env = "RELEASE_EMULATOR_INTERCEPT_HOST",
        value_name = "HOST",
        value_delimiter = ','
    )]
    pub intercept_host: Vec<HostPattern>,
    /// Run the command in a network of its own, in which only the emulator can be reached (Linux)
    #[arg(long, env = "RELEASE_EMULATOR_ISOLATE")]
    pub isolate: bool,
    /// The command with its arguments; the flags before it are those of the emulator, `--` between them may be left out
    #[arg(trailing_var_arg = true, required = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

impl ExecOptions {
    /// Checks the options that need another one.
    pub(super) fn check(&self) -> Result<(), String> {
        let needs = |flag: &str| Err(format!("{flag} needs --intercept"));
        if self.intercept && !IS_PRESENT {
            Err(format!("--intercept: {}", TlsError::Absent))
        } else if self.intercept {
            Ok(())
        } else if !self.intercept_host.is_empty() {
            needs("--intercept-host")
        } else if self.fail_on.contains(&FailOn::Escaped) {
            needs("--fail-on escaped")
        } else {
            Ok(())
        }
    }
}

/// The options of `health`.
#[derive(Clone, Debug, Args)]
pub struct HealthOptions {
    /// The URL to ask; absent: that of --listen and --port
    #[arg(long, env = "RELEASE_EMULATOR_URL", value_name = "URL")]
    pub url: Option<String>,
    /// The certificates of the authorities that the certificate of an https:// URL may come from, in PEM [default: those of
    /// the system]
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Ask until it is ready, for at most this long, such as 10s
    #[arg(long, value_name = "LENGTH", default_value = "0s", value_parser = length)]
    pub wait: Millis,
    /// The addresses on which the emulator listens.
    #[command(flatten)]
    pub listen: ListenOptions,
    /// The token of the control plane.
    #[command(flatten)]
    pub token: TokenOption,
}

impl HealthOptions {
    /// The URL to ask.
    pub fn url(&self) -> String {
        let url = self.url.clone();
        url.unwrap_or_else(|| self.listen.base_url())
    }
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The least severe level that is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// Bugs of the emulator.
    Error,
    /// Conditions that need attention, and refused requests with their reason.
    #[default]
    Warn,
    /// A line per request.
    Info,
    /// The whole answers to refused requests.
    Debug,
    /// Everything.
    Trace,
}

impl ServeOptions {
    /// The settings of a world.
    pub fn settings(&self) -> Settings {
        Settings {
            auth: self.auth,
            fidelity: self.fidelity,
            references: self.references,
            pipelines_list: self.pipelines_list,
            zadig: self.zadig,
            progress: self.progress,
            step: self.step,
            pace: self.pace,
            freeze: self.freeze,
            journal_bytes: self.journal_bytes,
            history_bytes: self.history_bytes,
            answer_cache_bytes: self.answer_cache_bytes,
            is_durable: self.keep.data.is_some(),
            memory: Memory::new(self.memory, self.max_worlds),
            max_state: self.max_state,
            public_url: self.public_url.clone(),
            trusts_proxy: self.tls.trust_proxy,
            webhooks_anywhere: self.webhooks_anywhere,
            control_access: self.access.control_access(),
            cors: self.access.cors.clone(),
            ..Settings::default()
        }
    }

    /// The URL of the server: its public one, or that for clients on the same machine.
    pub fn base_url(&self) -> String {
        let public_url = self.public_url.as_ref().map(ToString::to_string);
        public_url.unwrap_or_else(|| self.listen.base_url())
    }

    /// The certificate of the server; `None` if it does not speak TLS.
    pub fn server_tls(&self) -> Result<Option<ServerTls>, TlsError> {
        let public_url = self.public_url.as_ref().map(PublicUrl::origin);
        let public_host = public_url.map(WebOrigin::host);
        self.tls
            .server(&self.listen, self.access.hosts(), public_host)
    }

    /// The limits of the process.
    pub fn limits(&self) -> Limits {
        Limits {
            most: self.max_worlds,
            ports: self.world_ports.clone(),
            connections: ConnectionLimits {
                most: self.max_connections,
                keep_alive: Duration::from_millis(self.keep_alive.unsigned_abs()),
                ..ConnectionLimits::default()
            },
        }
    }
}
