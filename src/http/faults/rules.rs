//! Injected faults: rules that select requests, and their effects.
//!
//! The guard evaluates them for every request to an emulated service; the first one that hits a request decides.
//! Durations are real time, since a fault is meant for the client and not for the world.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::json::strict;
use crate::sim::Millis;
use crate::sim::clock::system_now;
use crate::sim::glob::Glob;
use crate::sim::ids::mix;

/// A request, as faults see it.
#[derive(Clone, Copy, Debug)]
pub struct RequestInfo<'a> {
    pub family: &'a str,
    /// The operation's id.
    pub operation: &'a str,
    pub method: &'a str,
    /// The path, as it was sent.
    pub path: &'a str,
    /// The caller's name, if known.
    pub caller: Option<&'a str>,
}

/// A pattern of requests; every field that is given must match. Texts are globs with `*` and `?`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = FaultMatch)]
pub struct RequestPattern {
    /// `iam`, `asm`, `plans`, `pipelines` or `zadig`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub family: Option<Glob>,
    /// The operation's id, as `GET /_emulator/v1/operations` lists it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub operation: Option<Glob>,
    /// The method.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub method: Option<Glob>,
    /// The path, as it is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub path: Option<Glob>,
    /// The caller's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub caller: Option<Glob>,
}

impl RequestPattern {
    fn matches(&self, request: &RequestInfo) -> bool {
        let matches = |glob: &Option<Glob>, text: Option<&str>| {
            glob.as_ref()
                .is_none_or(|glob| text.is_some_and(|text| glob.matches(text)))
        };
        matches(&self.family, Some(request.family))
            && matches(&self.operation, Some(request.operation))
            && matches(&self.method, Some(request.method))
            && matches(&self.path, Some(request.path))
            && matches(&self.caller, request.caller)
    }
}

/// The effect of a fault; at least one of the fields must be given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FaultEffect {
    /// The status in place of the service's answer, with the body of the family's errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 200, maximum = 599)]
    pub status: Option<u16>,
    /// The code in the body; absent: the code that belongs to the status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The text in the body; absent: the text that belongs to the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The delay of the request, in milliseconds of real time, up to an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<FaultDelay>,
    /// Closes the connection: `before` the first byte of the answer, or `midway` in its body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drop: Option<Disconnect>,
    /// Makes the body unreadable.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub garbage: bool,
    /// The bytes of the body that are sent in a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>)]
    pub slow_bytes_per_s: Option<u64>,
}

/// The delay of a request, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(
    untagged,
    expecting = "must be up to 3600000, as a number, as min and max, or as median and sigma (0 to 10)"
)]
pub enum FaultDelay {
    /// The same for every request.
    Fixed(u64),
    /// Evenly distributed.
    Uniform(#[serde(deserialize_with = "strict::deserialize")] UniformDelay),
    /// Log-normally distributed.
    LogNormal(#[serde(deserialize_with = "strict::deserialize")] LogNormalDelay),
}

/// Evenly distributed from `min` to `max`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = FaultUniformDelay)]
#[serde(deny_unknown_fields)]
pub struct UniformDelay {
    #[schema(maximum = 3_600_000)]
    pub min: u64,
    #[schema(maximum = 3_600_000)]
    pub max: u64,
}

/// Half of the delays are below `median`; their logarithms are normally distributed with the deviation `sigma`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = FaultLogNormalDelay)]
#[serde(deny_unknown_fields)]
pub struct LogNormalDelay {
    #[schema(maximum = 3_600_000)]
    pub median: u64,
    #[schema(minimum = 0, maximum = 10)]
    pub sigma: f64,
}

/// The point at which a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = FaultDrop)]
#[serde(rename_all = "lowercase")]
pub enum Disconnect {
    /// Before the first byte of the answer.
    Before,
    /// In the middle of the body.
    Midway,
}

/// A fault and a pattern that selects the requests it hits.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[must_use = "a fault has no effect before it is added"]
pub struct Fault {
    /// The requests it applies to; absent: all to emulated services.
    #[serde(default, rename = "match")]
    pub(crate) pattern: RequestPattern,
    /// The effect on a request.
    #[serde(rename = "do")]
    pub(crate) effect: FaultEffect,
    /// The number of requests it hits; absent: any number.
    #[schema(minimum = 1, maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>)]
    pub(crate) times: Option<u64>,
    /// The number of matching requests that pass before the first is hit.
    #[schema(maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>)]
    pub(crate) after: Option<u64>,
    /// The probability that a matching request is hit, from 0 to 1; absent: always.
    #[schema(minimum = 0, maximum = 1)]
    pub(crate) probability: Option<f64>,
    /// The seed of chance: the same seed hits the same requests.
    #[schema(maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>)]
    pub(crate) seed: Option<u64>,
    /// The real time that it is in force, in milliseconds; absent: until it is removed.
    #[schema(minimum = 1, maximum = 31_536_000_000_i64, value_type = Option<i64>)]
    pub(crate) ttl_ms: Option<Millis>,
}

/// A fault that has been added.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ListedFault {
    /// The id that it got when it was added.
    pub id: String,
    /// The fault as it was added.
    pub fault: Fault,
    /// The number of requests it has hit.
    pub used: u64,
}

/// An answer in place of the service's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StubResponse {
    pub status: u16,
    /// The code in the family's body; absent: the code that belongs to the status.
    pub code: Option<String>,
    /// The text; absent: the text that belongs to the code.
    pub message: Option<String>,
}

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
    /// The instant it was added, by the machine's clock.
    since: Millis,
    /// The number of requests that have matched so far.
    matched: u64,
}

impl Faults {
    /// The effect of the first fault that hits a request.
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

    /// Adds a fault behind the others.
    pub fn add(&self, id: String, fault: Fault) -> ListedFault {
        let rule = FaultRule::new(id, fault, system_now());
        let listed = rule.listed.clone();
        self.lock().push(rule);
        listed
    }

    /// The faults, expired ones too.
    #[must_use]
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
        let n = self.matched;
        self.matched += 1;
        let is_early = fault.after.is_some_and(|after| n < after);
        let misses = fault
            .probability
            .is_some_and(|probability| fault.chance(n, 0) >= probability);
        if is_early || misses {
            return None;
        }
        *used += 1;
        let effect = fault.effect.clone();
        Some(InjectedFault {
            id: id.clone(),
            delay: effect
                .delay_ms
                .map_or(Duration::ZERO, |delay| fault.draw_delay(delay, n)),
            effect,
        })
    }
}

impl FaultEffect {
    /// The response in place of the service's, if the effect has one.
    #[must_use]
    pub fn stub_response(&self) -> Option<StubResponse> {
        Some(StubResponse {
            status: self.status?,
            code: self.code.clone(),
            message: self.message.clone(),
        })
    }

    /// Returns true if the effect alters a response on its way to the client.
    #[must_use]
    pub fn alters_response(&self) -> bool {
        self.drop.is_some() || self.garbage || self.slow_bytes_per_s.is_some()
    }
}

impl Fault {
    /// A pseudo-random number from 0 to 1, the same for the same seed, request and purpose.
    fn chance(&self, n: u64, purpose: u64) -> f64 {
        let bits = mix(mix(self.seed.unwrap_or(0) ^ mix(n)) ^ purpose);
        // An `f64` has a mantissa of 53 bits.
        #[expect(clippy::cast_precision_loss)]
        let fraction = (bits >> 11) as f64 / (1_u64 << 53) as f64;
        fraction
    }

    fn draw_delay(&self, delay: FaultDelay, n: u64) -> Duration {
        match delay {
            FaultDelay::Fixed(ms) => Duration::from_millis(ms),
            FaultDelay::Uniform(UniformDelay { min, max }) => {
                #[expect(clippy::cast_precision_loss)]
                let width = max.saturating_sub(min) as f64;
                seconds(width * self.chance(n, 1)) + Duration::from_millis(min)
            }
            FaultDelay::LogNormal(LogNormalDelay { median, sigma }) => {
                // The Box-Muller transform.
                let (u1, u2) = (self.chance(n, 1).max(f64::MIN_POSITIVE), self.chance(n, 2));
                let normal = (-2.0 * u1.ln()).sqrt() * (std::f64::consts::TAU * u2).cos();
                #[expect(clippy::cast_precision_loss)]
                let median = median as f64;
                seconds(median * (sigma * normal).exp())
            }
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

    const HIT: RequestInfo = RequestInfo {
        family: "asm",
        operation: "CreateRelease",
        method: "POST",
        path: "/v2/meshes/m1/namespaces/default/releases",
        caller: Some("ann"),
    };

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
    fn every_field_of_a_pattern_must_hold() {
        let text = |text: &str| Some(Glob::new(text));
        let whole = RequestPattern {
            family: text("asm"),
            operation: text("Create*"),
            method: text("POST"),
            path: text("/v2/meshes/*"),
            caller: text("a*"),
        };
        assert!(whole.matches(&HIT));
        let unknown = RequestInfo {
            caller: None,
            ..HIT
        };
        assert!(!whole.matches(&unknown) && RequestPattern::default().matches(&unknown));
        for other in [
            RequestInfo {
                family: "plans",
                ..HIT
            },
            RequestInfo {
                operation: "DeleteRelease",
                ..HIT
            },
            RequestInfo {
                method: "PUT",
                ..HIT
            },
            RequestInfo {
                path: "/v1/p/meshes",
                ..HIT
            },
            RequestInfo {
                caller: Some("bob"),
                ..HIT
            },
        ] {
            assert!(!whole.matches(&other), "{other:?}");
        }
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
        assert!(
            !hits(
                Fault {
                    probability: Some(0.0),
                    ..seeded(7)
                },
                100
            )
            .contains(&true)
        );
    }

    #[test]
    fn delays_have_the_distribution_that_was_chosen() {
        let fault = seeded(7);
        let lengths = |delay| -> Vec<u128> {
            let mut all: Vec<u128> = (0..1_000)
                .map(|n| fault.draw_delay(delay, n).as_millis())
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
