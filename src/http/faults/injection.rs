//! The injection of faults: the faults in force, and the choice of the requests that they hit.
//!
//! The guard evaluates the faults for every request to an emulated service; the first one that hits decides.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::rules::{
    Fault, FaultDelay, FaultEffect, ListedFault, LogNormalDelay, RequestInfo, UniformDelay,
};
use crate::sim::Millis;
use crate::sim::chance::{chance, log_normal, uniform};
use crate::sim::clock::system_now;

/// A fault that hits a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InjectedFault {
    pub id: String,
    /// The drawn delay.
    pub delay: Duration,
    pub effect: FaultEffect,
}

/// The faults in force, in the order they were added.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<FaultRule>>);

/// A fault with its counts.
#[derive(Debug)]
struct FaultRule {
    listed: ListedFault,
    /// The instant at which it was added, on the machine's clock.
    since: Millis,
    /// The number of requests that have matched.
    matched: u64,
}

impl Faults {
    /// Returns the first fault that hits a request.
    pub fn evaluate(&self, request: &RequestInfo) -> Option<InjectedFault> {
        let mut rules = self.lock();
        if rules.is_empty() {
            return None;
        }
        let now = system_now();
        rules
            .iter_mut()
            .find_map(|rule| rule.evaluate(request, now))
    }

    /// Adds a fault after the others.
    pub fn add(&self, id: String, fault: Fault) -> ListedFault {
        let rule = FaultRule::new(id, fault, system_now());
        let listed = rule.listed.clone();
        self.lock().push(rule);
        listed
    }

    /// The faults, expired ones too.
    pub fn list(&self) -> Vec<ListedFault> {
        self.lock().iter().map(|rule| rule.listed.clone()).collect()
    }

    /// Removes a fault; returns false if none has that id.
    pub fn remove(&self, id: &str) -> bool {
        let mut rules = self.lock();
        let before = rules.len();
        rules.retain(|rule| rule.listed.id != id);
        rules.len() < before
    }

    /// Removes all faults.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<FaultRule>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FaultRule {
    fn new(id: String, fault: Fault, since: Millis) -> Self {
        Self {
            listed: ListedFault { id, fault, used: 0 },
            since,
            matched: 0,
        }
    }

    fn evaluate(&mut self, request: &RequestInfo, now: Millis) -> Option<InjectedFault> {
        let ListedFault { id, fault, used } = &mut self.listed;
        let is_over = fault.ttl_ms.is_some_and(|ttl| now >= self.since + ttl);
        let is_used_up = fault.times.is_some_and(|times| *used >= times);
        if is_over || is_used_up || !fault.pattern.matches(request) {
            return None;
        }
        let (seed, n) = (fault.seed.unwrap_or(0), self.matched);
        self.matched += 1;
        let is_early = fault.after.is_some_and(|after| n < after);
        let misses = fault
            .probability
            .is_some_and(|probability| chance(seed, n, 0) >= probability);
        if is_early || misses {
            return None;
        }
        *used += 1;
        let effect = fault.effect.clone();
        Some(InjectedFault {
            id: id.clone(),
            delay: effect
                .delay_ms
                .map_or(Duration::ZERO, |delay| draw_delay(delay, seed, n)),
            effect,
        })
    }
}

/// The delay of the `n`-th matching request.
fn draw_delay(delay: FaultDelay, seed: u64, n: u64) -> Duration {
    match delay {
        FaultDelay::Fixed(ms) => Duration::from_millis(ms),
        FaultDelay::Uniform(UniformDelay { min, max }) => {
            #[expect(clippy::cast_precision_loss)]
            let (min, max) = (min as f64, max as f64);
            seconds(uniform(min, max, seed, n))
        }
        FaultDelay::LogNormal(LogNormalDelay { median, sigma }) => {
            #[expect(clippy::cast_precision_loss)]
            let median = median as f64;
            seconds(log_normal(median, sigma, seed, n))
        }
    }
}

/// The longest delay in milliseconds, since a log-normal one has no bound of its own.
const LONGEST_DELAY: f64 = 3_600_000.0;

fn seconds(ms: f64) -> Duration {
    Duration::from_secs_f64(ms.clamp(0.0, LONGEST_DELAY) / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::faults::rules::HIT;

    fn seeded(seed: u64) -> Fault {
        Fault {
            seed: Some(seed),
            ..Fault::default()
        }
    }

    fn hits(fault: Fault, n: usize) -> Vec<bool> {
        let mut rule = FaultRule::new("r".to_owned(), fault, 1_000);
        (0..n)
            .map(|_| rule.evaluate(&HIT, 1_000).is_some())
            .collect()
    }

    #[test]
    fn times_counts_hits_and_after_the_requests_that_pass_first() {
        let twice = Fault {
            times: Some(2),
            after: Some(1),
            ..seeded(7)
        };
        assert_eq!(hits(twice, 5), [false, true, true, false, false]);
    }

    #[test]
    fn a_fault_is_in_force_until_its_time_is_over() {
        let brief = Fault {
            ttl_ms: Some(500),
            ..seeded(7)
        };
        let mut brief = FaultRule::new("r".to_owned(), brief, 1_000);
        assert!(brief.evaluate(&HIT, 1_499).is_some());
        assert!(brief.evaluate(&HIT, 1_500).is_none());
    }

    #[test]
    fn the_seed_determines_the_hits() {
        let half = |seed| Fault {
            probability: Some(0.5),
            ..seeded(seed)
        };
        let first = hits(half(7), 1_000);
        assert_eq!(first, hits(half(7), 1_000));
        assert_ne!(first, hits(half(8), 1_000));
        let n = first.iter().filter(|request| **request).count();
        assert!((400..600).contains(&n), "{n}");
        let never = Fault {
            probability: Some(0.0),
            ..seeded(7)
        };
        assert!(!hits(never, 100).contains(&true));
    }

    #[test]
    fn delays_have_the_distribution_that_was_chosen() {
        let lengths = |delay| -> Vec<u128> {
            let mut all: Vec<u128> = (0..1_000)
                .map(|n| draw_delay(delay, 7, n).as_millis())
                .collect();
            all.sort_unstable();
            all
        };
        assert_eq!(lengths(FaultDelay::Fixed(200))[0], 200);
        let uniform = lengths(FaultDelay::Uniform(UniformDelay { min: 100, max: 300 }));
        assert!(uniform[0] >= 100 && uniform[999] <= 300);
        assert!((180..220).contains(&uniform[500]), "{}", uniform[500]);
        let skewed = lengths(FaultDelay::LogNormal(LogNormalDelay {
            median: 200,
            sigma: 0.5,
        }));
        assert!((180..220).contains(&skewed[500]), "{}", skewed[500]);
        // One deviation above the median: 200 times e to the 0.5.
        assert!((300..360).contains(&skewed[841]), "{}", skewed[841]);
    }
}
