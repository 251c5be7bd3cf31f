//! The emulator inside a program, usually a test: it listens on a free port of the loopback, and its handles do
//! directly what `/_emulator/v1` does over HTTP.

mod clock;
mod error;
mod family;
mod faults;
mod matching;
mod requests;
mod response;
mod scripts;

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;
use std::time::Duration;

use axum::http::Method;
use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio_util::sync::DropGuard;

use crate::app::app_with_host;
use crate::http::auth::Secret;
use crate::http::observe::events::ResetTo;
use crate::registry::fixtures;
use crate::registry::{State, World};
use crate::server::listeners::{ListenEndpoint, Listeners};
use crate::server::worlds::{Limits, WorldServer};
use crate::sim::memory::{LEAST_BUDGET, Memory};
use crate::sim::time::{MAX_INSTANT, MIN_INSTANT, millis};
use crate::world::settings::{
    Auth, Fidelity, LONGEST_LENGTH, PipelinesList, Progress, References, Settings, is_pace,
    is_token,
};
pub use clock::{ClockHandle, Until};
pub use error::{ClockError, InvalidValue, VerifyError};
pub use family::Family;
pub use faults::{Delay, FaultsHandle};
pub use requests::{RequestsHandle, Verification};
use response::request;
pub use response::{RequestError, Response};
pub use scripts::ScriptsHandle;

/// The largest limit on connections, as on the command line.
const MOST_CONNECTIONS: usize = 65_535;

/// A running emulator. It serves until it is stopped or dropped; its ports are free at once, or after little more than
/// 100 ms if requests are in flight.
///
/// It runs in the runtime that started it. Methods that are not async take the lock that requests take.
pub struct Emulator {
    host: WorldServer,
    url: String,
    stop: DropGuard,
}

/// An emulator that cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The fixtures cannot be read, or contradict each other; the text says where.
    #[error("{0}")]
    Fixtures(String),
    /// A value of the builder is out of range.
    #[error(transparent)]
    Setting(#[from] InvalidValue),
    /// No port can be bound.
    #[error("cannot listen on 127.0.0.1: {0}")]
    Listen(#[from] std::io::Error),
}

impl Emulator {
    /// Returns a builder with the defaults of the command line.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    /// The base URL without a trailing slash: `http://127.0.0.1:43111`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    #[doc(hidden)]
    #[must_use]
    pub fn world(&self) -> &World {
        self.host.first()
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> ClockHandle<'_> {
        ClockHandle(self.world())
    }

    /// The outcomes of coming work.
    #[must_use]
    pub fn scripts(&self) -> ScriptsHandle<'_> {
        ScriptsHandle(self.world())
    }

    /// The faults of its answers.
    #[must_use]
    pub fn faults(&self) -> FaultsHandle<'_> {
        FaultsHandle(self.world())
    }

    /// The requests it has answered.
    #[must_use]
    pub fn requests(&self) -> RequestsHandle<'_> {
        RequestsHandle(self.world())
    }

    /// Sends a GET to a path of the emulator, such as `/v3/p1/cas/release-plans` or `/_emulator/v1/resources`. Like the
    /// three below, it sends any token, which passes unless `auth` is strict; programs under test have clients of their
    /// own, for [`Self::url`].
    pub async fn get(&self, path: &str) -> Result<Response, RequestError> {
        self.send(Method::GET, path, None::<&()>).await
    }

    /// Sends a POST with a JSON body; `&()` sends none.
    pub async fn post(
        &self,
        path: &str,
        body: &(impl Serialize + ?Sized),
    ) -> Result<Response, RequestError> {
        self.send(Method::POST, path, Some(body)).await
    }

    /// Sends a PUT with a JSON body.
    pub async fn put(
        &self,
        path: &str,
        body: &(impl Serialize + ?Sized),
    ) -> Result<Response, RequestError> {
        self.send(Method::PUT, path, Some(body)).await
    }

    /// Sends a DELETE.
    pub async fn delete(&self, path: &str) -> Result<Response, RequestError> {
        self.send(Method::DELETE, path, None::<&()>).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + ?Sized)>,
    ) -> Result<Response, RequestError> {
        let token = &self.world().settings().control_access.token;
        request(method, format!("{}{path}", self.url), token.as_ref(), body).await
    }

    /// Resets state, clock, ids, scripts, faults, webhooks and journal to the fixtures.
    pub fn reset(&self) {
        self.world().reset(ResetTo::Fixtures);
    }

    /// The whole state in the fixture format.
    #[must_use]
    pub fn state(&self) -> State {
        self.world().export()
    }

    /// Stops it, and returns once its ports and connections are closed, those of further worlds too.
    pub async fn stop(self) {
        let Self { host, stop, .. } = self;
        drop(stop);
        host.closed().await;
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Emulator")
            .field("url", &self.url)
            .finish_non_exhaustive()
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
    fixtures: Vec<String>,
    state: Option<State>,
    access: AccessTexts,
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

    /// Adds fixtures from a [`State`], after those from files: [`State::from_json`] reads one.
    pub fn state(mut self, state: State) -> Self {
        self.state.get_or_insert_default().merge(state);
        self
    }

    /// Starts with the clock frozen at an instant in the years 0 to 9999: `"2030-01-01T00:00:00Z".parse()?`.
    pub fn freeze(mut self, at: DateTime<Utc>) -> Self {
        self.settings.freeze = Some(at.timestamp_millis());
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

    /// Sets the length of a step of work, up to ten years, in whole milliseconds; 0 ends steps at once.
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

    /// Sets the form of the pipelines list.
    pub fn pipelines_list(mut self, pipelines_list: PipelinesList) -> Self {
        self.settings.pipelines_list = pipelines_list;
        self
    }

    /// Sets the cause for which runs proceed.
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

    /// Starts the emulator on a free port of the loopback. It is ready once this returns.
    ///
    /// # Panics
    /// Outside of a tokio runtime with I/O and time.
    #[expect(
        clippy::unused_async,
        reason = "callers are ready for a start that waits"
    )]
    pub async fn start(mut self) -> Result<Emulator, StartError> {
        self.check()?;
        self.read_access()?;
        let world = fixtures::world(&self.fixtures, self.state, &self.settings)
            .map_err(|error| StartError::Fixtures(error.to_string()))?;
        let loopback = ListenEndpoint::new([Ipv4Addr::LOCALHOST.into()], 0);
        let listeners = Listeners::bind(&[loopback]).map_err(|error| error.cause)?;
        world.open();
        let host = WorldServer::start(world, listeners, self.limits, app_with_host, None)?;
        Ok(Emulator {
            url: host.url(),
            stop: host.stop().drop_guard(),
            host,
        })
    }

    /// Reads the hosts and origins into the settings.
    fn read_access(&mut self) -> Result<(), InvalidValue> {
        let settings = &mut self.settings;
        settings.control_access.hosts = parse_all("allow_host", &self.access.hosts)?;
        settings.control_access.origins = parse_all("allow_origin", &self.access.origins)?;
        settings.cors = parse_all("cors", &self.access.cors)?;
        Ok(())
    }

    fn check(&self) -> Result<(), InvalidValue> {
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
