//! Counts of requests, and the times they took.

use std::sync::{PoisonError, RwLock};

use foldhash::HashMap;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::http::Operation;

/// The upper bounds of the buckets of durations, in seconds.
const BUCKETS: [f64; 10] = [
    0.000_05, 0.000_1, 0.000_25, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0,
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    family: &'static str,
    operation: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DurationLabels {
    family: &'static str,
    operation: &'static str,
}

/// What was counted so far. Counters never go back.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<DurationLabels, Histogram, fn() -> Histogram>,
    /// What counts the answers of an operation, by its address, and status: labels take longer to look up than to
    /// count.
    known: RwLock<HashMap<(usize, u16), (Counter, Histogram)>>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("release_emulator");
        let requests = Family::default();
        let durations = Family::new_with_constructor((|| Histogram::new(BUCKETS)) as fn() -> _);
        registry.register(
            "requests",
            "Requests by operation and status; - stands for paths that no operation has",
            requests.clone(),
        );
        registry.register(
            "request_duration_seconds",
            "How long requests took, in real time",
            durations.clone(),
        );
        Self {
            registry,
            requests,
            durations,
            known: RwLock::default(),
        }
    }
}

impl Metrics {
    /// Counts a request.
    pub fn count(&self, operation: Option<&'static Operation>, status: u16, seconds: f64) {
        let address = operation.map_or(0, |operation| std::ptr::from_ref(operation).addr());
        let key = (address, status);
        let count = |(requests, durations): &(Counter, Histogram)| {
            requests.inc();
            durations.observe(seconds);
        };
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(counters) = known.get(&key) {
            count(counters);
            return;
        }
        drop(known);
        let counters = self.counters(operation, status);
        count(&counters);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(key, counters);
    }

    fn counters(&self, operation: Option<&'static Operation>, status: u16) -> (Counter, Histogram) {
        let (family, operation) = operation.map_or(("-", "-"), |operation| {
            (operation.family.as_str(), operation.id.as_str())
        });
        let answered = RequestLabels {
            family,
            operation,
            status,
        };
        let served = DurationLabels { family, operation };
        let requests = self.requests.get_or_create(&answered).clone();
        let durations = self.durations.get_or_create(&served).clone();
        (requests, durations)
    }

    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }
}
