//! The settings of an emulator, and its start.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::tls::certificate;
use super::{ClockInstant, Emulator, InvalidValue, threads};
use crate::app::app_with_host;
use crate::control;
use crate::http::auth::Secret;
use crate::registry::durable::DurableError;
use crate::registry::{State, World, fixtures};
use crate::server::keeping::Keeping;
use crate::server::listeners::{ListenEndpoint, Listeners, Role};
use crate::server::worlds::{Limits, MAIN, WorldServer};
use crate::sim::memory::{LEAST_BUDGET, Memory};
use crate::sim::time::{MAX_INSTANT, MIN_INSTANT, millis};
use crate::world::settings::{
    Auth, Fidelity, LONGEST_LENGTH, PipelinesList, Progress, References, Settings, ZadigGeneration,
    is_pace, is_token,
};

/// The largest limit on connections, as on the command line.
const MOST_CONNECTIONS: usize = 65_535;

/// The reason that the emulator did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The fixtures cannot be read, or contradict each other; the text says where.
    #[error("{0}")]
    Fixtures(String),
    /// The data directory is in use, damaged, or cannot be written; the text says which.
    #[error("{0}")]
    Data(String),
    /// A value of the builder is out of range.
    #[error(transparent)]
    Setting(#[from] InvalidValue),
    /// No port can be bound.
    #[error("cannot listen on 127.0.0.1: {0}")]
    Listen(#[source] std::io::Error),
    /// TLS cannot be spoken; the text says why.
    #[error("cannot speak TLS: {0}")]
    Tls(String),
    /// The operating system gives no thread for [`EmulatorBuilder::start_blocking`].
    #[error("cannot start a thread: {0}")]
    Thread(#[source] std::io::Error),
}

impl Emulator {
    /// Returns a builder with the defaults of the command line.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    /// Starts an emulator with the defaults: [`EmulatorBuilder::start`].
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// Starts an emulator with the defaults: [`EmulatorBuilder::start_blocking`].
    pub fn start_blocking() -> Result<Self, StartError> {
        Self::builder().start_blocking()
    }
}

/// The settings of an emulator. The defaults are those of the command line. Values are checked by
/// [`EmulatorBuilder::start`].
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing before it is started"]
pub struct EmulatorBuilder {
    settings: Settings,
    limits: Limits,
    step: Option<Duration>,
    freeze: Option<ClockInstant>,
    fixtures: Vec<String>,
    state: Option<State>,
    access: AccessTexts,
    data: Option<PathBuf>,
    sync: bool,
    tls: bool,
}

/// The hosts and origins that are let in, as they were given.
#[derive(Clone, Debug, Default)]
struct AccessTexts {
    hosts: Vec<String>,
    origins: Vec<String>,
    cors: Vec<String>,
}

fn parse_all<T: FromStr<Err = String>>(
    name: &str,
    texts: &[String],
) -> Result<Vec<T>, InvalidValue> {
    let parsed = texts.iter().map(|text| text.parse());
    let parsed: Result<_, String> = parsed.collect();
    parsed.map_err(|error| InvalidValue(format!("{name}: {error}")))
}

impl EmulatorBuilder {
    /// Adds fixtures: a file (`.json`, `.yaml`, `.yml`), or `documented` for the documented examples. A later
    /// resource replaces an earlier one of the same id.
    pub fn fixtures(mut self, file: impl Into<String>) -> Self {
        self.fixtures.push(file.into());
        self
    }

    /// Adds fixtures from a [`State`], after those from files: [`State::from_value`] makes one.
    pub fn state(mut self, state: State) -> Self {
        self.state.get_or_insert_default().merge(state);
        self
    }

    /// Starts with the clock frozen at an instant in the years 0 to 9999: a `DateTime`, or a text such as
    /// `2030-01-01T00:00:00Z`.
    pub fn freeze(mut self, at: impl Into<ClockInstant>) -> Self {
        self.freeze = Some(at.into());
        self
    }

    /// Sets the credentials that pass.
    pub fn auth(mut self, auth: Auth) -> Self {
        self.settings.auth = auth;
        self
    }

    /// Sets the behaviour where the document and the service differ.
    pub fn fidelity(mut self, fidelity: Fidelity) -> Self {
        self.settings.fidelity = fidelity;
        self
    }

    /// Sets the treatment of references to unknown resources.
    pub fn references(mut self, references: References) -> Self {
        self.settings.references = references;
        self
    }

    /// Sets the length of a step of work, up to ten years, rounded down to whole milliseconds; 0 ends steps at once.
    pub fn step(mut self, step: Duration) -> Self {
        self.settings.step = millis(step);
        self.step = Some(step);
        self
    }

    /// Sets the virtual seconds per real second, over 0 and at most 1,000,000.
    pub fn pace(mut self, pace: f64) -> Self {
        self.settings.pace = pace;
        self
    }

    /// Sets the approximate size of the journal (8 MiB by default); 0 turns it off.
    pub fn journal_bytes(mut self, bytes: usize) -> Self {
        self.settings.journal_bytes = bytes;
        self
    }

    /// Sets the approximate size of the history, for forks and rewinds (32 MiB by default); 0 turns it off.
    pub fn history_bytes(mut self, bytes: usize) -> Self {
        self.settings.history_bytes = bytes;
        self
    }

    /// Sets the approximate size of the answers to recent reads that a world keeps until it changes (4 MiB by default); 0 keeps
    /// none.
    pub fn answer_cache_bytes(mut self, bytes: usize) -> Self {
        self.settings.answer_cache_bytes = bytes;
        self
    }

    /// Sets the budget of memory for all worlds together (2 GiB by default), at least 16 MiB. A creation that does not fit is
    /// refused.
    pub fn memory(mut self, bytes: usize) -> Self {
        self.settings.memory = Memory::new(bytes, Limits::default().most);
        self
    }

    /// Sets the most bytes of a state in a request; by default a tenth of the memory.
    pub fn max_state(mut self, bytes: usize) -> Self {
        self.settings.max_state = Some(bytes);
        self
    }

    /// Sets the limit on connections at a time (4,096 by default), at least 1; further ones get 503.
    pub fn max_connections(mut self, most: usize) -> Self {
        self.limits.connections.most = most;
        self
    }

    /// Sets the time after which an idle connection is closed (75 s by default); 0 ends each connection with its first
    /// answer.
    pub fn keep_alive(mut self, idle: Duration) -> Self {
        self.limits.connections.keep_alive = idle;
        self
    }

    /// Sets the form of the pipelines list; [`PipelinesList::Array`] by default.
    pub fn pipelines_list(mut self, pipelines_list: PipelinesList) -> Self {
        self.settings.pipelines_list = pipelines_list;
        self
    }

    /// Sets the generation of Zadig; by default it is that of the fixtures, or [`ZadigGeneration::V3`].
    pub fn zadig(mut self, generation: ZadigGeneration) -> Self {
        self.settings.zadig = Some(generation);
        self
    }

    /// Sets the cause for which runs proceed; [`Progress::Clock`] by default.
    pub fn progress(mut self, progress: Progress) -> Self {
        self.settings.progress = progress;
        self
    }

    /// Lets the control plane be asked by another host name, such as `emulator.example.com` or `*.example.com`.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.access.hosts.push(host.into());
        self
    }

    /// Lets the web pages of an origin use the control plane, such as `http://localhost:5173`.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.access.origins.push(origin.into());
        self
    }

    /// Lets the web pages of an origin, or with `*` of all, read the answers of the emulated services.
    pub fn cors(mut self, origin: impl Into<String>) -> Self {
        self.access.cors.push(origin.into());
        self
    }

    /// Closes the control plane for callers without this token, which they send as the header `X-Emulator-Token`. The
    /// methods of [`Emulator`] send it.
    pub fn control_token(mut self, token: impl Into<String>) -> Self {
        self.settings.control_access.token = Some(Secret::new(token));
        self
    }

    /// Keeps the worlds in a directory, and goes on from it at the next start. Fixtures are those of a new directory; one with
    /// worlds ignores them.
    pub fn data(mut self, directory: impl Into<PathBuf>) -> Self {
        self.data = Some(directory.into());
        self.settings.is_durable = true;
        self
    }

    /// Answers once the disk has what was accepted, and not only the operating system. It needs [`Self::data`].
    pub fn sync(mut self, sync: bool) -> Self {
        self.sync = sync;
        self
    }

    /// Speaks TLS too, on a port of its own: [`Emulator::https_url`]. Its certificate comes from an authority that is made at the
    /// start, which clients must trust: [`Emulator::ca_pem`]. It needs the feature `tls`.
    pub fn tls(mut self, tls: bool) -> Self {
        self.tls = tls;
        self
    }

    /// Starts the emulator on a free port of the loopback, in the runtime of the caller. It is ready once this returns.
    ///
    /// # Panics
    /// Outside of a tokio runtime with I/O and time.
    #[expect(
        clippy::unused_async,
        reason = "callers are ready for a start that waits"
    )]
    pub async fn start(self) -> Result<Emulator, StartError> {
        Ok(Emulator::new(self.serve()?, None))
    }

    /// Starts the emulator in a thread with a runtime of its own, which ends when the emulator is dropped. The program needs
    /// no runtime, and a `static` may hold the emulator.
    ///
    /// # Panics
    /// Never: the thread answers.
    pub fn start_blocking(self) -> Result<Emulator, StartError> {
        let (host, thread) = threads::start(|| self.serve()).map_err(StartError::Thread)??;
        Ok(Emulator::new(host, Some(thread)))
    }

    fn serve(mut self) -> Result<WorldServer, StartError> {
        self.check()?;
        self.read_access()?;
        let (world, keeping) = self.worlds()?;
        let bind = || {
            let loopback = ListenEndpoint::new([Ipv4Addr::LOCALHOST.into()], 0);
            let listeners = Listeners::bind(&[loopback]);
            listeners.map_err(|error| StartError::Listen(error.cause))
        };
        let mut listeners = bind()?;
        if self.tls {
            let tls = certificate().map_err(|error| StartError::Tls(error.to_string()))?;
            listeners = listeners.and(bind()?.with_role(&Role::Tls(tls)));
        }
        world.open();
        WorldServer::start_keeping(
            world,
            listeners,
            self.limits,
            app_with_host,
            None,
            keeping,
            None,
        )
        .map_err(StartError::Listen)
    }

    /// The first world, and what keeps the worlds on disk.
    fn worlds(&mut self) -> Result<(World, Option<Keeping>), StartError> {
        let (files, state, settings) = (&self.fixtures, self.state.take(), &self.settings);
        let fixtures = || {
            let world = fixtures::world(files, state, settings);
            world.map_err(|error| StartError::Fixtures(error.to_string()))
        };
        let Some(directory) = &self.data else {
            return Ok((fixtures()?, None));
        };
        let unusable = |error: DurableError| StartError::Data(error.to_string());
        let started = Keeping::start(
            directory,
            MAIN,
            false,
            self.sync,
            settings,
            control::replay_router,
        );
        let started = started.map_err(unusable)?;
        let (world, keeping) = started.first_or(MAIN, fixtures, unusable)?;
        Ok((world, Some(keeping)))
    }

    /// Reads the hosts and origins into the settings.
    fn read_access(&mut self) -> Result<(), InvalidValue> {
        let settings = &mut self.settings;
        settings.control_access.hosts = parse_all("allow_host", &self.access.hosts)?;
        settings.control_access.origins = parse_all("allow_origin", &self.access.origins)?;
        settings.cors = parse_all("cors", &self.access.cors)?;
        Ok(())
    }

    fn check(&mut self) -> Result<(), InvalidValue> {
        if let Some(at) = self.freeze.take() {
            let at = at.millis();
            let at = at.map_err(|error| InvalidValue(format!("freeze: {error}")))?;
            self.settings.freeze = Some(at);
        }
        let Settings {
            step, pace, freeze, ..
        } = self.settings;
        let invalid = |text: &str| Err(InvalidValue(text.to_owned()));
        let token = &self.settings.control_access.token;
        if token.as_ref().is_some_and(|token| !is_token(token)) {
            return invalid("control_token: must be visible ASCII characters, without spaces");
        }
        if freeze.is_some_and(|freeze| freeze > MAX_INSTANT) {
            return invalid("freeze: the clock ends with the year 9999");
        }
        if freeze.is_some_and(|freeze| freeze < MIN_INSTANT) {
            return invalid("freeze: the clock begins with the year 0");
        }
        if step == 0 && self.step.is_some_and(|step| !step.is_zero()) {
            return invalid("step: must be 0, or at least 1 ms");
        }
        if !(1..=MOST_CONNECTIONS).contains(&self.limits.connections.most) {
            return invalid("max_connections: must be from 1 to 65535");
        }
        if step > LONGEST_LENGTH {
            return invalid("step: must be at most ten years");
        }
        if self.settings.memory.budget() < LEAST_BUDGET {
            return invalid("memory: must be at least 16777216");
        }
        if !is_pace(pace) {
            return invalid("pace: must be over 0 and at most 1000000");
        }
        Ok(())
    }
}
