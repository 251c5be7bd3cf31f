//! The emulator within a program, a test above all: started on a free port of the loopback, and asked and told
//! directly what a process would be asked and told over `/_emulator/v1`.

mod faults;
mod requests;
mod scripts;

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::net::TcpListener;
use tokio_util::sync::DropGuard;

use crate::app_with_host;
use crate::registry::World;
use crate::registry::fixtures;
use crate::registry::state::State;
use crate::server::worlds::{Limits, WorldServer};
use crate::sim::clock::{ClockReading, ClockUpdate, MAX_INSTANT, Mode, Refused};
use crate::sim::{Millis, Transition};
use crate::world::settings::{Auth, Fidelity, PipelinesList, References, Settings, is_pace};
pub use faults::{Fault, Faults};
pub use requests::Requests;
pub use scripts::{Family, Script, Scripts};

/// A running emulator. It answers until it is stopped or dropped; what is closed is free at once, or in little more
/// than 100 ms where clients have requests under way.
///
/// It lives in the runtime it was started in. Methods that are not async do at once what they are for, under the
/// lock that requests take too.
pub struct Emulator {
    host: WorldServer,
    url: String,
    stop: DropGuard,
}

/// Why an emulator was not started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The fixtures cannot be read, or do not fit.
    #[error(transparent)]
    Fixtures(#[from] fixtures::Error),
    /// There is no port.
    #[error("cannot listen on 127.0.0.1: {0}")]
    Listen(#[from] std::io::Error),
}

impl Emulator {
    /// Chooses how to start one.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Where it answers, without a slash at the end: `http://127.0.0.1:43111`.
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
    pub fn clock(&self) -> Clock<'_> {
        Clock(self.world())
    }

    /// How coming work goes.
    #[must_use]
    pub fn scripts(&self) -> Scripts<'_> {
        Scripts(self.world())
    }

    /// What goes wrong with requests to it.
    #[must_use]
    pub fn faults(&self) -> Faults<'_> {
        Faults(self.world())
    }

    /// What it was asked.
    #[must_use]
    pub fn requests(&self) -> Requests<'_> {
        Requests(self.world())
    }

    /// Back to the fixtures: memory, clock, ids, scripts, faults, journal.
    pub fn reset(&self) {
        self.world().reset(false);
    }

    /// The whole memory in the fixture format.
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

/// How an emulator is to start. What is not chosen is as on the command line.
#[derive(Clone, Debug, Default)]
#[must_use = "nothing runs before it is started"]
pub struct Builder {
    settings: Settings,
    fixtures: Vec<String>,
    state: Option<State>,
}

impl Builder {
    /// Adds fixtures: a file (`.json`, `.yaml`, `.yml`), or `documented` for the documented examples. What has the
    /// same id in later ones replaces the earlier.
    pub fn fixtures(mut self, file: impl Into<String>) -> Self {
        self.fixtures.push(file.into());
        self
    }

    /// Adds fixtures that are no file, after those that are: [`State::from_json`] reads them, for one.
    pub fn state(mut self, state: State) -> Self {
        self.state.get_or_insert_default().merge(state);
        self
    }

    /// Begins with the clock standing at that instant: `"2030-01-01T00:00:00Z".parse()?`.
    ///
    /// # Panics
    /// Past the year 9999, which no clock shows.
    #[track_caller]
    pub fn freeze(mut self, at: DateTime<Utc>) -> Self {
        assert!(
            at.timestamp_millis() <= MAX_INSTANT,
            "{at} lies past the year 9999"
        );
        self.settings.freeze = Some(at.timestamp_millis());
        self
    }

    /// Which credentials pass.
    pub fn auth(mut self, auth: Auth) -> Self {
        self.settings.auth = auth;
        self
    }

    /// What is followed where a document and the service differ.
    pub fn fidelity(mut self, fidelity: Fidelity) -> Self {
        self.settings.fidelity = fidelity;
        self
    }

    /// Whether what a request refers to must exist.
    pub fn references(mut self, references: References) -> Self {
        self.settings.references = references;
        self
    }

    /// The length of one step of work, in whole milliseconds; zero: at once.
    pub fn step(mut self, step: Duration) -> Self {
        self.settings.step = ms(step);
        self
    }

    /// Virtual seconds per real second.
    ///
    /// # Panics
    /// Unless it is over 0 and at most 1,000,000.
    #[track_caller]
    pub fn pace(mut self, pace: f64) -> Self {
        assert_pace(pace);
        self.settings.pace = pace;
        self
    }

    /// About how many bytes the journal holds, instead of 8 MiB; 0: it is off.
    pub fn journal_bytes(mut self, bytes: usize) -> Self {
        self.settings.journal_bytes = bytes;
        self
    }

    /// How the pipelines list is wrapped.
    pub fn pipelines_list(mut self, pipelines_list: PipelinesList) -> Self {
        self.settings.pipelines_list = pipelines_list;
        self
    }

    /// Starts it on a free port of the loopback. It is ready once this returns.
    ///
    /// # Panics
    /// Outside of a tokio runtime with I/O and time.
    pub async fn start(self) -> Result<Emulator, StartError> {
        let world = fixtures::world_with(&self.fixtures, self.state, &self.settings)?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        world.open();
        let host = WorldServer::start(world, listener, Limits::default(), app_with_host, None)?;
        Ok(Emulator {
            url: host.url(),
            stop: host.stop().drop_guard(),
            host,
        })
    }
}

/// An emulator's clock.
pub struct Clock<'a>(&'a World);

impl Clock<'_> {
    /// The present instant.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        instant(self.reading().now)
    }

    /// The present instant in milliseconds, whether the clock runs, and how fast.
    #[must_use]
    pub fn reading(&self) -> ClockReading {
        self.0.clock()
    }

    /// Moves the clock forward, in whole milliseconds. Answers what happened on the way, in the order of time.
    ///
    /// # Panics
    /// If that leads past the year 9999.
    #[track_caller]
    pub fn advance(&self, by: Duration) -> Vec<Transition> {
        let mut transitions = Vec::new();
        let moved = self
            .0
            .advance(ms(by), &mut |_, transition| transitions.push(transition));
        assert!(
            moved.is_ok(),
            "{by:?} from {} leads past the year 9999",
            self.now()
        );
        transitions
    }

    /// Goes to a later instant. Answers what happened on the way. Refused is an earlier one, since time goes back
    /// only by a reset, and one past the year 9999.
    pub fn set(&self, now: DateTime<Utc>) -> Result<Vec<Transition>, Refused> {
        self.change(ClockUpdate {
            now: Some(now.timestamp_millis()),
            ..ClockUpdate::default()
        })
    }

    /// Lets the clock stand where it is.
    ///
    /// # Panics
    /// Never: it goes nowhere.
    pub fn freeze(&self) {
        let setting = ClockUpdate {
            mode: Some(Mode::Frozen),
            ..ClockUpdate::default()
        };
        self.change(setting).expect("the present is not the past");
    }

    /// Lets the clock run from where it is, `pace` virtual seconds per real second.
    ///
    /// # Panics
    /// Unless the pace is over 0 and at most 1,000,000.
    #[track_caller]
    pub fn run(&self, pace: f64) {
        assert_pace(pace);
        let setting = ClockUpdate {
            mode: Some(Mode::Running),
            pace: Some(pace),
            ..ClockUpdate::default()
        };
        self.change(setting).expect("the present is not the past");
    }

    fn change(&self, setting: ClockUpdate) -> Result<Vec<Transition>, Refused> {
        let mut transitions = Vec::new();
        self.0
            .set_clock(setting, &mut |_, transition| transitions.push(transition))?;
        Ok(transitions)
    }
}

fn ms(length: Duration) -> Millis {
    // What is longer than all time is as good as all time.
    Millis::try_from(length.as_millis()).map_or(MAX_INSTANT, |ms| ms.min(MAX_INSTANT))
}

fn instant(ms: Millis) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).expect("a clock ends with the year 9999")
}

#[track_caller]
fn assert_pace(pace: f64) {
    assert!(
        is_pace(pace),
        "a pace is over 0 and at most 1000000, not {pace}"
    );
}
