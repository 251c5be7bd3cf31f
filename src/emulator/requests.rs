//! The requests that an emulator has answered.

use std::time::Duration;

use super::{InvalidValue, VerifyError, threads};
use crate::control::requests;
use crate::control::verify::{self, VerifyBody};
use crate::http::matching::pattern::RequestFilter;
use crate::http::observe::record::RequestRecord;
use crate::registry::World;

/// An expectation of requests: their number, or their order. Values are checked by [`RequestsHandle::verify`].
///
/// ```
/// # use release_emulator::{Emulator, RequestFilter, Verification};
/// # let emulator = Emulator::start_blocking()?;
/// let creations = RequestFilter::new().operation("CreatePipeline");
/// emulator.requests().verify_blocking(Verification::exactly(0, creations))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a verification does nothing before it is passed on"]
pub struct Verification(VerifyBody);

impl Verification {
    /// Exactly that many requests match.
    pub fn exactly(n: usize, filter: RequestFilter) -> Self {
        Self(VerifyBody {
            filter,
            exactly: Some(n),
            ..VerifyBody::default()
        })
    }

    /// At least that many requests match.
    pub fn at_least(n: usize, filter: RequestFilter) -> Self {
        Self(VerifyBody {
            filter,
            at_least: Some(n),
            ..VerifyBody::default()
        })
    }

    /// At most that many requests match.
    pub fn at_most(n: usize, filter: RequestFilter) -> Self {
        Self(VerifyBody {
            filter,
            at_most: Some(n),
            ..VerifyBody::default()
        })
    }

    /// A request for each filter, in this order; others may come between them.
    pub fn in_order(filters: impl IntoIterator<Item = RequestFilter>) -> Self {
        Self(VerifyBody {
            in_order: Some(filters.into_iter().collect()),
            ..VerifyBody::default()
        })
    }

    /// Waits until the expectation holds, for up to a minute of real time, rounded down to whole milliseconds. An upper bound holds at
    /// once, so it cannot be waited for.
    pub fn within(mut self, longest: Duration) -> Self {
        let ms = u64::try_from(longest.as_millis());
        self.0.within_ms = Some(ms.unwrap_or(u64::MAX));
        self
    }
}

/// The journal: requests to emulated services with their answers. It has secrets as they were sent; only JSON masks
/// them.
#[derive(Clone, Copy)]
pub struct RequestsHandle<'a>(pub(super) &'a World);

impl RequestsHandle<'_> {
    /// Returns false if the journal is off (`journal_bytes(0)`): then it has no requests.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.recorder().journal.is_on()
    }

    /// All requests in the journal, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<RequestRecord> {
        self.0.recorder().journal.entries()
    }

    /// The requests for an operation, by its id, oldest first. An id that no operation has is an `Err` with the nearest one.
    pub fn of(&self, operation: &str) -> Result<Vec<RequestRecord>, InvalidValue> {
        self.matching(&RequestFilter::new().operation(operation))
    }

    /// The requests that match a filter, oldest first.
    pub fn matching(&self, filter: &RequestFilter) -> Result<Vec<RequestRecord>, InvalidValue> {
        Ok(requests::matching(self.0, filter)?)
    }

    /// Verifies requests: at once, or until they have arrived if the verification waits. Waiting needs a tokio runtime with
    /// time.
    pub async fn verify(&self, verification: Verification) -> Result<(), VerifyError> {
        let found = verify::verify(self.0, &verification.0).await;
        let found = found.map_err(InvalidValue::from)?;
        found
            .map(drop)
            .map_err(|not_verified| VerifyError::NotVerified(not_verified.to_string()))
    }

    /// The same as [`Self::verify`] for programs without a runtime. It blocks the thread.
    ///
    /// # Panics
    /// If the operating system gives no thread.
    pub fn verify_blocking(&self, verification: Verification) -> Result<(), VerifyError> {
        threads::run(self.verify(verification))
    }

    /// The number of requests dropped from the journal: it is complete only while this is 0.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.recorder().journal.stats().dropped
    }

    /// Empties the journal.
    pub fn clear(&self) {
        self.0.recorder().forget();
    }
}
