//! The emulator inside a program, usually a test: it listens on a free port of the loopback, and its handles do
//! directly what `/_emulator/v1` does over HTTP.

mod builder;
mod clock;
mod error;
mod family;
mod faults;
mod history;
mod instant;
mod matching;
mod report;
mod requests;
mod response;
mod scripts;
mod threads;
mod tls;
mod views;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{self, JoinHandle};

use axum::http::Method;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::http::observe::events::ResetTo;
use crate::registry::{State, World};
use crate::server::worlds::WorldServer;
use crate::sim::summary::ResourcePage;
use crate::world::fixture::ValidationError;
pub use builder::{EmulatorBuilder, StartError};
pub use clock::{ClockHandle, Until};
pub use error::{ClockError, InvalidValue, VerifyError};
pub use family::Family;
pub use faults::{Delay, FaultsHandle};
pub use history::HistoryError;
pub use instant::ClockInstant;
pub use requests::{RequestsHandle, Verification};
use response::request;
pub use response::{RequestError, Response};
pub use scripts::ScriptsHandle;
pub use views::{ForecastStep, ListedResource, NextChange, ResourceTimeline, StatusChange};

/// A running emulator. It serves until it is stopped or dropped; its ports are free at once, or after little more than
/// 100 ms if requests are in flight.
///
/// It runs in the runtime that starts it, or in a thread of its own: [`EmulatorBuilder::start_blocking`]. In a runtime of
/// one thread, the default of `#[tokio::test]`, a blocking client would wait for ever. Methods that are not async take the
/// lock that requests take.
///
/// If it is dropped by a panic, such as that of a failed test, it prints [`Self::report`] on stderr.
///
/// ```
/// # use release_emulator::{Emulator, tokio};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = Emulator::start().await?;
/// let plans = emulator.get("/v3/p1/cas/release-plans").await?.ok()?;
/// # Ok(())
/// # }
/// ```
pub struct Emulator {
    host: WorldServer,
    url: String,
    stop: CancellationToken,
    /// The thread of an emulator that runs in none of its program's runtimes.
    thread: Option<JoinHandle<()>>,
}

impl Emulator {
    /// An emulator whose worlds are served, by a thread of its own if there is one.
    fn new(host: WorldServer, thread: Option<JoinHandle<()>>) -> Self {
        Self {
            url: host.url(),
            stop: host.stop(),
            host,
            thread,
        }
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
        request(method, &self.url, path, token.as_ref(), body).await
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

    /// Replaces the whole state; clock and scripts stay. An invalid state is refused and changes nothing.
    pub fn set_state(&self, state: State) -> Result<(), ValidationError> {
        self.world().replace(state)
    }

    /// Adds to the state, and replaces resources of the same id. An invalid state is refused and changes nothing.
    pub fn patch_state(&self, state: State) -> Result<(), ValidationError> {
        self.world().merge(state)
    }

    /// The resources of all families with their statuses: by family and scope, oldest first.
    #[must_use]
    pub fn resources(&self) -> Vec<ListedResource> {
        let mut page = ResourcePage {
            limit: usize::MAX,
            ..ResourcePage::default()
        };
        self.world()
            .read(|database, now| database.list(&mut page, now));
        page.resources
            .into_iter()
            .map(ListedResource::from)
            .collect()
    }

    /// The history of a resource, the commands it allows and its next change. The id of an ASM release is its uid.
    #[must_use]
    pub fn timeline(&self, family: Family, id: &str) -> Option<ResourceTimeline> {
        let timeline = self
            .world()
            .read(|database, now| database.timeline(family.as_str(), id, now));
        timeline.ok().map(ResourceTimeline::from)
    }

    /// The report for a failed test: refused requests with hints, the last requests, the newest resources with their
    /// transitions, unused scripts and faults. Secrets are masked.
    #[must_use]
    pub fn report(&self) -> String {
        report::report(self.world(), &self.url)
    }

    /// Stops it, and returns once its ports and connections are closed, those of further worlds too.
    pub async fn stop(self) {
        let host = self.host.clone();
        drop(self);
        host.closed().await;
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if thread::panicking() {
            // A second panic would end the process before the first is told. `eprint!` is what test runners capture.
            let _ = catch_unwind(AssertUnwindSafe(|| {
                eprint!("the emulator at {}:\n{}", self.url, self.report());
            }));
        }
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // Its panic has been printed.
            let _ = thread.join();
        }
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
