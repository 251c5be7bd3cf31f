//! The faults of an emulator's answers.

use std::time::Duration;

use super::{Family, InvalidValue};
use crate::control::faults;
use crate::http::faults::rules::{
    Disconnect, Fault, FaultDelay, ListedFault, LogNormalDelay, UniformDelay,
};
use crate::registry::World;
use crate::sim::glob::Glob;
use crate::sim::time::millis;

/// The faults of answers: the first one that hits a request decides.
#[derive(Clone, Copy)]
pub struct FaultsHandle<'a>(pub(super) &'a World);

impl FaultsHandle<'_> {
    /// Adds a fault behind the others, and returns its id. The header `x-emulator-fault` of an answer names it.
    pub fn add(&self, fault: Fault) -> Result<String, InvalidValue> {
        Ok(faults::add(self.0, fault)?.id)
    }

    /// The faults in the order they were added, expired ones too.
    #[must_use]
    pub fn list(&self) -> Vec<ListedFault> {
        self.0.recorder().faults.list()
    }

    /// Removes a fault; returns false if none has that id.
    pub fn remove(&self, id: &str) -> bool {
        faults::remove(self.0, id)
    }

    /// Removes all faults.
    pub fn clear(&self) {
        faults::clear(self.0);
    }
}

/// A length in whole milliseconds, the same each time or distributed: of the real time that a fault delays a request, at
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
        /// Half of the lengths are shorter.
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

/// Without a pattern a fault hits all requests to emulated services. Texts of patterns are globs with `*` and `?`.
/// Effects combine: `Fault::status(503).delay(Duration::from_secs(1))`. Values are checked by [`FaultsHandle::add`].
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

    /// Selects requests to a family.
    pub fn family(mut self, family: Family) -> Self {
        self.pattern.family = Some(Glob::new(family.as_str()));
        self
    }

    /// Selects requests for an operation, by its id.
    pub fn operation(mut self, id: impl Into<String>) -> Self {
        self.pattern.operation = Some(Glob::new(id));
        self
    }

    /// Selects requests by their method.
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.pattern.method = Some(Glob::new(method));
        self
    }

    /// Selects requests by their path, as it is sent.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.pattern.path = Some(Glob::new(path));
        self
    }

    /// Selects requests by the name of their caller.
    pub fn caller(mut self, name: impl Into<String>) -> Self {
        self.pattern.caller = Some(Glob::new(name));
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

    /// Hits a matching request with a probability from 0 to 1; the same seed hits the same requests.
    pub fn sometimes(mut self, probability: f64, seed: u64) -> Self {
        (self.probability, self.seed) = (Some(probability), Some(seed));
        self
    }

    /// Limits the real time that the fault is in force: from 1 ms to a year.
    pub fn lasts(mut self, length: Duration) -> Self {
        self.ttl_ms = Some(millis(length));
        self
    }
}
