//! The faults of an emulator's answers.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::matching::selection;
use super::{Family, InvalidValue};
use crate::control::faults;
use crate::http::faults::effect::{Disconnect, FaultDelay, LogNormalDelay, UniformDelay};
use crate::http::faults::header::HeaderChange;
use crate::http::faults::patch::PatchOperation;
use crate::http::faults::rules::{Fault, ListedFault};
use crate::http::json::RawJson;
use crate::http::matching::condition::Condition;
use crate::registry::World;
use crate::sim::glob::Glob;
use crate::sim::time::millis;

/// The faults of answers: of those that match a request, the one with the highest priority decides, then the first added.
#[derive(Clone, Copy)]
pub struct FaultsHandle<'a>(pub(super) &'a World);

impl FaultsHandle<'_> {
    /// Adds a fault behind those of the same priority, and returns its id. The header `x-emulator-fault` of an answer names it.
    pub fn add(&self, fault: Fault) -> Result<String, InvalidValue> {
        Ok(faults::add(self.0, fault)?.id)
    }

    /// The faults in the order in which they are tried, expired ones too.
    #[must_use]
    pub fn list(&self) -> Vec<ListedFault> {
        self.0.recorder().faults.list()
    }

    /// The faults that are enabled and have hit no request: often their patterns have a mistake.
    #[must_use]
    pub fn unused(&self) -> Vec<ListedFault> {
        let mut faults = self.list();
        faults.retain(|listed| listed.used == 0 && listed.fault.is_enabled());
        faults
    }

    /// The fault of an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<ListedFault> {
        self.0.recorder().faults.get(id)
    }

    /// Puts a fault in the place of the one with that id. Its counts stay.
    pub fn replace(&self, id: &str, fault: Fault) -> Result<(), InvalidValue> {
        faults::replace(self.0, id, fault)?;
        Ok(())
    }

    /// Turns a fault off or on again; returns false if none has that id.
    pub fn set_enabled(&self, id: &str, is_enabled: bool) -> bool {
        self.0.set_fault_enabled(id, is_enabled)
    }

    /// Removes a fault; returns false if none has that id.
    pub fn remove(&self, id: &str) -> bool {
        self.0.remove_fault(id)
    }

    /// Removes all faults.
    pub fn clear(&self) {
        self.0.clear_faults();
    }
}

/// A length, rounded down to whole milliseconds, the same each time or distributed: of the real time that a fault delays a request, at
/// most an hour, or of the virtual time that a scripted step takes.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Delay {
    /// The same each time.
    Fixed(Duration),
    /// Evenly distributed.
    Uniform {
        /// The shortest length.
        min: Duration,
        /// The longest length.
        max: Duration,
    },
    /// Log-normally distributed.
    LogNormal {
        /// Half of the draws are shorter than this.
        median: Duration,
        /// The standard deviation of the natural logarithm, from 0 to 10.
        sigma: f64,
    },
}

impl From<Duration> for Delay {
    fn from(length: Duration) -> Self {
        Self::Fixed(length)
    }
}

impl From<Delay> for FaultDelay {
    fn from(delay: Delay) -> Self {
        let ms = |length: Duration| u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        match delay {
            Delay::Fixed(length) => Self::Fixed(ms(length)),
            Delay::Uniform { min, max } => Self::Uniform(UniformDelay {
                min: ms(min),
                max: ms(max),
            }),
            Delay::LogNormal { median, sigma } => Self::LogNormal(LogNormalDelay {
                median: ms(median),
                sigma,
            }),
        }
    }
}

selection!(Fault, pattern { when_method when_path when_query when_header when_field });

/// Without a pattern a fault hits all requests to emulated services. Texts of patterns are globs with `*` and `?`.
/// Effects combine. Values are checked by [`FaultsHandle::add`].
///
/// ```
/// use std::time::Duration;
///
/// use release_emulator::Fault;
///
/// let busy = Fault::status(503)
///     .reply_header("Retry-After", "1")
///     .delay(Duration::from_secs(1))
///     .operation("CreatePipeline")
///     .when_field("/name", "shop")
///     .times(2);
/// ```
impl Fault {
    /// A fault without an effect, which cannot be added before it has one.
    pub fn new() -> Self {
        Self::default()
    }

    /// A status from 200 to 599 in place of the service's answer, with the body of the family's errors.
    pub fn status(status: u16) -> Self {
        let mut fault = Self::new();
        fault.effect.status = Some(status);
        fault
    }

    /// Sets the code in the body of the status.
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.effect.code = Some(code.into());
        self
    }

    /// Sets the text in the body of the status.
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.effect.message = Some(message.into());
        self
    }

    /// Delays the request.
    pub fn delay(mut self, delay: impl Into<Delay>) -> Self {
        self.effect.delay_ms = Some(delay.into().into());
        self
    }

    /// Closes the connection before the first byte of the answer.
    pub fn drop_before(mut self) -> Self {
        self.effect.drop = Some(Disconnect::Before);
        self
    }

    /// Closes the connection in the middle of the body.
    pub fn drop_midway(mut self) -> Self {
        self.effect.drop = Some(Disconnect::Midway);
        self
    }

    /// Makes the body unreadable.
    pub fn garbage(mut self) -> Self {
        self.effect.garbage = true;
        self
    }

    /// Limits the bytes of the body that are sent in a second.
    pub fn slow(mut self, bytes_per_s: u64) -> Self {
        self.effect.slow_bytes_per_s = Some(bytes_per_s);
        self
    }

    /// Sets a header of the answer, in place of its own.
    pub fn reply_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let headers = self.effect.headers.get_or_insert_default();
        headers.insert(name.into(), HeaderChange::Value(value.into()));
        self
    }

    /// Removes a header of the answer.
    pub fn without_reply_header(mut self, name: impl Into<String>) -> Self {
        let headers = self.effect.headers.get_or_insert_default();
        headers.insert(name.into(), HeaderChange::Removal(()));
        self
    }

    /// Sets the body of the answer to a text, as `text/plain`.
    pub fn reply_text(mut self, text: impl AsRef<str>) -> Self {
        self.effect.body = Some(RawJson::new(&text.as_ref()));
        self
    }

    /// Sets the body of the answer to JSON.
    ///
    /// # Panics
    /// If the value has a map whose keys are not strings.
    pub fn reply_json(mut self, value: impl Serialize) -> Self {
        self.effect.body = Some(RawJson::new(&value));
        self
    }

    /// Changes the JSON body that would have been answered. If a change does not apply, the answer stays as it is, and the
    /// fault has not hit.
    pub fn patch(mut self, change: PatchOperation) -> Self {
        self.effect.patch.get_or_insert_default().push(change);
        self
    }

    /// Sets the id; otherwise it is generated.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sets the priority: of several faults that match a request, the highest decides, then the first added. It is 0 by
    /// default.
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Makes it hit nothing until it is enabled: [`FaultsHandle::set_enabled`].
    pub fn disabled(mut self) -> Self {
        self.enabled = Some(false);
        self
    }

    /// Limits the number of requests that are hit; at least 1.
    pub fn times(mut self, n: u64) -> Self {
        self.times = Some(n);
        self
    }

    /// Lets a number of matching requests pass first.
    pub fn after(mut self, n: u64) -> Self {
        self.after = Some(n);
        self
    }

    /// Hits a matching request with a probability from 0 to 1.
    pub fn sometimes(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    /// Sets the seed of chance; by default it is drawn from the world's. The same seed hits the same requests.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Limits the real time that the fault is in force: from 1 ms to a year.
    pub fn lasts(mut self, length: Duration) -> Self {
        self.ttl_ms = Some(millis(length));
        self
    }
}

/// Its JSON: what a failed assertion shows is short.
impl fmt::Debug for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        write!(formatter, "Fault {json}")
    }
}
