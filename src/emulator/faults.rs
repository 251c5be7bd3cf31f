//! What goes wrong with requests to an emulator.

use std::time::Duration;

use super::{Family, ms};
use crate::http::faults::rules::{Delay, Disconnect, ResponseFault, Rule, StubResponse};
use crate::registry::World;
use crate::sim::clock::system_now;
use crate::sim::glob::Glob;

/// What goes wrong: the first rule that hits a request decides.
pub struct Faults<'a>(pub(super) &'a World);

impl Faults<'_> {
    /// Adds a fault behind the others, and answers its id, which what it hits carries in `x-emulator-fault`.
    pub fn add(&self, fault: Fault) -> String {
        let id = self.0.request_ids().uuid(|_| false);
        let rule = Rule {
            id: id.clone(),
            since: system_now(),
            ..fault.0
        };
        self.0.recorder().faults.add(rule);
        id
    }

    /// The faults, and how many requests each has hit.
    #[must_use]
    pub fn list(&self) -> Vec<Rule> {
        self.0.recorder().faults.rules()
    }

    /// Takes a fault back; false if there is none of that id.
    pub fn remove(&self, id: &str) -> bool {
        self.0.recorder().faults.remove(id)
    }

    /// Takes all faults back.
    pub fn clear(&self) {
        self.0.recorder().faults.clear();
    }
}

/// A fault to be: what goes wrong, and with which requests. What is not said of them holds for all to emulated
/// services; texts are globs with `*` and `?`.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "it holds once it is added"]
pub struct Fault(Rule);

impl Fault {
    /// A status is answered in place of the service, in the words of the family that is hit.
    ///
    /// # Panics
    /// Unless the status is from 200 to 599.
    #[track_caller]
    pub fn status(status: u16) -> Self {
        assert!(
            (200..=599).contains(&status),
            "a status is from 200 to 599, not {status}"
        );
        let answer = StubResponse {
            status,
            ..StubResponse::default()
        };
        Self(Rule {
            answer: Some(answer),
            ..Rule::default()
        })
    }

    /// The request waits first, for that long in real time.
    pub fn delay(length: Duration) -> Self {
        let length = u64::try_from(ms(length)).unwrap_or(0);
        Self(Rule {
            delay: Some(Delay::Fixed(length)),
            ..Rule::default()
        })
    }

    /// The connection is closed before the first byte of the answer.
    pub fn drop_before() -> Self {
        Self::on_response(ResponseFault {
            disconnect: Some(Disconnect::Before),
            ..ResponseFault::default()
        })
    }

    /// The connection is closed in the middle of the body.
    pub fn drop_midway() -> Self {
        Self::on_response(ResponseFault {
            disconnect: Some(Disconnect::Midway),
            ..ResponseFault::default()
        })
    }

    /// The body is unreadable.
    pub fn garbage() -> Self {
        Self::on_response(ResponseFault {
            garbage: true,
            ..ResponseFault::default()
        })
    }

    /// The body dribbles, so many bytes in a second; at least one.
    pub fn slow(bytes_per_s: u64) -> Self {
        Self::on_response(ResponseFault {
            bytes_per_s: Some(bytes_per_s.max(1)),
            ..ResponseFault::default()
        })
    }

    fn on_response(response_fault: ResponseFault) -> Self {
        Self(Rule {
            response_fault,
            ..Rule::default()
        })
    }

    /// The code in the body of a status, instead of the one that belongs to it.
    pub fn code(mut self, code: impl Into<String>) -> Self {
        if let Some(answer) = &mut self.0.answer {
            answer.code = Some(code.into());
        }
        self
    }

    /// The text in the body of a status, instead of the one that belongs to it.
    pub fn message(mut self, message: impl Into<String>) -> Self {
        if let Some(answer) = &mut self.0.answer {
            answer.message = Some(message.into());
        }
        self
    }

    /// Requests to a family.
    pub fn family(mut self, family: Family) -> Self {
        self.0.pattern.family = Some(Glob::new(family.word()));
        self
    }

    /// Requests for an operation, by its id.
    pub fn operation(mut self, id: impl Into<String>) -> Self {
        self.0.pattern.operation = Some(Glob::new(id));
        self
    }

    /// Requests with a method.
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.0.pattern.method = Some(Glob::new(method));
        self
    }

    /// Requests to a path, as it is sent.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.0.pattern.path = Some(Glob::new(path));
        self
    }

    /// Requests of a caller, by name.
    pub fn caller(mut self, name: impl Into<String>) -> Self {
        self.0.pattern.caller = Some(Glob::new(name));
        self
    }

    /// How many requests it hits, instead of any number.
    pub fn times(mut self, n: u64) -> Self {
        self.0.times = Some(n);
        self
    }

    /// How many that fit pass before the first is hit.
    pub fn after(mut self, n: u64) -> Self {
        self.0.after = n;
        self
    }

    /// Hits only some, drawn from a seed: the same seed hits the same ones. `probability` is from 0 to 1.
    pub fn sometimes(mut self, probability: f64, seed: u64) -> Self {
        (self.0.probability, self.0.seed) = (probability, seed);
        self
    }

    /// For how long it holds in real time, instead of until it is taken back.
    pub fn lasts(mut self, length: Duration) -> Self {
        self.0.ttl = Some(ms(length));
        self
    }
}
