//! The rules of faults: they hit requests before their handler is asked, and change the answers.
//!
//! Lengths are real time, since a fault hits the client, not the world.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::sim::Millis;
use crate::sim::clock::system_now;
use crate::sim::glob::Glob;
use crate::sim::ids::mix;

/// A request, as rules see it.
#[derive(Clone, Copy, Debug)]
pub struct RequestInfo<'a> {
    /// The family.
    pub family: &'a str,
    /// The operation's id.
    pub operation: &'a str,
    /// The method.
    pub method: &'a str,
    /// The path, as it was sent.
    pub path: &'a str,
    /// Who calls, if that could be found out.
    pub caller: Option<&'a str>,
}

/// Which requests a rule is for; what is absent holds for all. Texts are globs with `*` and `?`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern {
    /// The family.
    pub family: Option<Glob>,
    /// The operation's id.
    pub operation: Option<Glob>,
    /// The method.
    pub method: Option<Glob>,
    /// The path.
    pub path: Option<Glob>,
    /// The caller's name.
    pub caller: Option<Glob>,
}

impl Pattern {
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

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Delay {
    /// Always that long.
    Fixed(u64),
    /// Anything from the first to the second, alike.
    Uniform(u64, u64),
    /// Around a median, with a long tail: the logarithm is normally distributed with that deviation.
    LogNormal {
        /// Half of the delays are shorter.
        median: u64,
        /// The deviation of the natural logarithm.
        sigma: f64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disconnect {
    /// Before its first byte.
    Before,
    /// In the middle of its body.
    Midway,
}

/// What is answered in place of the service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StubResponse {
    /// The status.
    pub status: u16,
    /// The code in the family's body; absent: the one that belongs to the status.
    pub code: Option<String>,
    /// The text; absent: the one that belongs to the code.
    pub message: Option<String>,
}

/// What becomes of an answer on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResponseFault {
    pub disconnect: Option<Disconnect>,
    pub garbage: bool,
    /// How many bytes of the body go out in a second.
    pub bytes_per_s: Option<u64>,
}

impl ResponseFault {
    #[must_use]
    pub fn is_any(&self) -> bool {
        *self != Self::default()
    }
}

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its id.
    pub id: String,
    pub pattern: Pattern,
    /// What is answered in place of the service; absent: what the service answers.
    pub answer: Option<StubResponse>,
    pub delay: Option<Delay>,
    pub response_fault: ResponseFault,
    /// How many requests it hits; absent: any number.
    pub times: Option<u64>,
    /// How many that fit pass before the first is hit.
    pub after: u64,
    /// How likely one that fits is hit, from 0 to 1.
    pub probability: f64,
    /// What chance is drawn from: the same seed hits the same requests.
    pub seed: u64,
    /// For how long it holds, in milliseconds of real time; absent: until it is taken back.
    pub ttl: Option<Millis>,
    /// When it was given, by the machine's clock.
    pub since: Millis,
    /// How many requests have fitted so far.
    pub matched: u64,
    /// How many it has hit so far.
    pub injected: u64,
}

/// One that hits every request, and does nothing to it.
impl Default for Rule {
    fn default() -> Self {
        Self {
            id: String::new(),
            pattern: Pattern::default(),
            answer: None,
            delay: None,
            response_fault: ResponseFault::default(),
            times: None,
            after: 0,
            probability: 1.0,
            seed: 0,
            ttl: None,
            since: 0,
            matched: 0,
            injected: 0,
        }
    }
}

/// What a rule does to one request.
#[derive(Clone, Debug, PartialEq)]
pub struct InjectedFault {
    /// The rule's id.
    pub rule: String,
    pub delay: Duration,
    /// What is answered in place of the service.
    pub answer: Option<StubResponse>,
    pub response_fault: ResponseFault,
}

/// The rules in force, in the order they were given.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Rule>>);

impl Faults {
    /// What the first rule that hits does to a request.
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

    /// Adds a rule behind the others.
    pub fn add(&self, rule: Rule) {
        self.lock().push(rule);
    }

    /// The rules, those whose time is over too.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        self.lock().clone()
    }

    /// Takes a rule back; false if there is none of that id.
    pub fn remove(&self, id: &str) -> bool {
        let mut rules = self.lock();
        let before = rules.len();
        rules.retain(|rule| rule.id != id);
        rules.len() < before
    }

    /// Takes all rules back.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rule {
    fn evaluate(&mut self, request: &RequestInfo, now: Millis) -> Option<InjectedFault> {
        let over = self.ttl.is_some_and(|ttl| now >= self.since + ttl);
        let used_up = self.times.is_some_and(|times| self.injected >= times);
        if over || used_up || !self.pattern.matches(request) {
            return None;
        }
        let n = self.matched;
        self.matched += 1;
        if n < self.after || self.chance(n, 0) >= self.probability {
            return None;
        }
        self.injected += 1;
        Some(InjectedFault {
            rule: self.id.clone(),
            delay: self
                .delay
                .map_or(Duration::ZERO, |delay| self.length(delay, n)),
            answer: self.answer.clone(),
            response_fault: self.response_fault,
        })
    }

    /// A number from 0 to 1, the same for the same seed, request and purpose.
    fn chance(&self, n: u64, purpose: u64) -> f64 {
        let drawn = mix(mix(self.seed ^ mix(n)) ^ purpose);
        // The 53 bits that a fraction holds.
        #[expect(clippy::cast_precision_loss)]
        let fraction = (drawn >> 11) as f64 / (1_u64 << 53) as f64;
        fraction
    }

    fn length(&self, delay: Delay, n: u64) -> Duration {
        match delay {
            Delay::Fixed(ms) => Duration::from_millis(ms),
            Delay::Uniform(least, most) => {
                #[expect(clippy::cast_precision_loss)]
                let width = most.saturating_sub(least) as f64;
                seconds(width * self.chance(n, 1)) + Duration::from_millis(least)
            }
            Delay::LogNormal { median, sigma } => {
                // Box and Muller's way from two even draws to a normal one.
                let (one, other) = (self.chance(n, 1).max(f64::MIN_POSITIVE), self.chance(n, 2));
                let normal = (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos();
                #[expect(clippy::cast_precision_loss)]
                let median = median as f64;
                seconds(median * (sigma * normal).exp())
            }
        }
    }
}

/// The longest a delay may come to.
const LONGEST: f64 = 3_600_000.0;

fn seconds(ms: f64) -> Duration {
    Duration::from_secs_f64(ms.clamp(0.0, LONGEST) / 1_000.0)
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

    fn rule() -> Rule {
        Rule {
            id: "r".to_owned(),
            seed: 7,
            ..Rule::default()
        }
    }

    fn hits(mut rule: Rule, n: usize) -> Vec<bool> {
        (0..n)
            .map(|_| rule.evaluate(&HIT, 1_000).is_some())
            .collect()
    }

    #[test]
    fn every_field_of_a_pattern_must_hold() {
        let text = |text: &str| Some(Glob::new(text));
        let whole = Pattern {
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
        assert!(!whole.matches(&unknown) && Pattern::default().matches(&unknown));
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
    fn times_count_hits_and_after_counts_what_passes_first() {
        let twice = Rule {
            times: Some(2),
            after: 1,
            ..rule()
        };
        assert_eq!(hits(twice, 5), [false, true, true, false, false]);
    }

    #[test]
    fn a_rule_holds_until_its_time_is_over() {
        let mut brief = Rule {
            ttl: Some(500),
            since: 1_000,
            ..rule()
        };
        assert!(brief.evaluate(&HIT, 1_499).is_some());
        assert!(brief.evaluate(&HIT, 1_500).is_none());
    }

    #[test]
    fn chance_is_drawn_from_the_seed() {
        let half = |seed| Rule {
            probability: 0.5,
            seed,
            ..rule()
        };
        let first = hits(half(7), 1_000);
        assert_eq!(first, hits(half(7), 1_000));
        assert_ne!(first, hits(half(8), 1_000));
        let n = first.iter().filter(|request| **request).count();
        assert!((400..600).contains(&n), "{n}");
        assert!(
            !hits(
                Rule {
                    probability: 0.0,
                    ..rule()
                },
                100
            )
            .contains(&true)
        );
    }

    #[test]
    fn delays_are_distributed_as_they_are_told() {
        let rule = rule();
        let lengths = |delay| -> Vec<u128> {
            let mut all: Vec<u128> = (0..1_000)
                .map(|n| rule.length(delay, n).as_millis())
                .collect();
            all.sort_unstable();
            all
        };
        assert_eq!(lengths(Delay::Fixed(200))[0], 200);
        let uniform = lengths(Delay::Uniform(100, 300));
        assert!(uniform[0] >= 100 && uniform[999] <= 300);
        assert!((180..220).contains(&uniform[500]), "{}", uniform[500]);
        let skewed = lengths(Delay::LogNormal {
            median: 200,
            sigma: 0.5,
        });
        assert!((180..220).contains(&skewed[500]), "{}", skewed[500]);
        // One deviation above the median: 200 times e to the 0.5.
        assert!((300..360).contains(&skewed[841]), "{}", skewed[841]);
    }
}
