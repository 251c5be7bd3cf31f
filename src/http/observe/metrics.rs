//! The metrics of requests: counts and durations.

use std::sync::{PoisonError, RwLock};

use foldhash::HashMap;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::http::Operation;

/// The upper bounds of the buckets of durations, in seconds.
const BUCKETS: [f64; 10] = [
    0.000_05, 0.000_1, 0.000_25, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0,
];

/// `N` labels by name.
type Labels<const N: usize> = [(&'static str, String); N];

/// Counters and histograms of a world's requests. They are never reset.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Labels<3>, Counter>,
    durations: Family<Labels<2>, Histogram, fn() -> Histogram>,
    /// The counters by the operation's address and the status, since a lookup by labels takes longer than counting.
    cache: RwLock<HashMap<(usize, u16), (Counter, Histogram)>>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("release_emulator");
        let requests = Family::default();
        let durations = Family::new_with_constructor((|| Histogram::new(BUCKETS)) as fn() -> _);
        registry.register(
            "requests",
            "Requests by operation and status; - for requests that match no operation",
            requests.clone(),
        );
        registry.register(
            "request_duration_seconds",
            "Durations of requests in real time",
            durations.clone(),
        );
        Self {
            registry,
            requests,
            durations,
            cache: RwLock::default(),
        }
    }
}

impl Metrics {
    /// Counts a request.
    pub fn count(&self, operation: Option<&'static Operation>, status: u16, seconds: f64) {
        let address = operation.map_or(0, |operation| std::ptr::from_ref(operation).addr());
        let key = (address, status);
        let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner);
        let cached = cache.get(&key).cloned();
        drop(cache);
        let (requests, durations) = cached.unwrap_or_else(|| {
            let counters = self.counters(operation, status);
            let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
            cache.insert(key, counters.clone());
            counters
        });
        requests.inc();
        durations.observe(seconds);
    }

    fn counters(&self, operation: Option<&'static Operation>, status: u16) -> (Counter, Histogram) {
        let (family, id) =
            operation.map_or(("-", "-"), |operation| (&*operation.family, &*operation.id));
        let family = ("family", family.to_owned());
        let operation = ("operation", id.to_owned());
        let status = ("status", status.to_string());
        let labels = [family.clone(), operation.clone(), status];
        let requests = self.requests.get_or_create(&labels).clone();
        let labels = [family, operation];
        let durations = self.durations.get_or_create(&labels).clone();
        (requests, durations)
    }

    pub fn registry(&self) -> &Registry {
        &self.registry
    }
}
