//! The selection of requests: by faults, and in the journal.

use serde::Serialize;

use super::Family;
use crate::http::json::value::OrderedValue;
use crate::http::matching::condition::Condition;
use crate::http::matching::pattern::RequestFilter;
use crate::sim::glob::Glob;

/// A condition on a parameter, a header or a field of a body. A text becomes a glob with `*` and `?`.
impl Condition {
    /// Any JSON value, which must be equal.
    ///
    /// # Panics
    /// If the value has a map whose keys are not strings.
    pub fn equals(value: impl Serialize) -> Self {
        let text = serde_json::to_string(&value).expect("keys are strings");
        let value: OrderedValue = serde_json::from_str(&text).expect("it is JSON");
        Self::equal_to(value)
    }
}

impl From<&str> for Condition {
    fn from(glob: &str) -> Self {
        Self::matches(glob)
    }
}

impl From<String> for Condition {
    fn from(glob: String) -> Self {
        Self::matches(glob)
    }
}

/// Declares the methods that select requests by what was sent. A fault, which also changes the answer, has `when_` before
/// the names that could mean either.
macro_rules! selection {
    ($type:ty, $($pattern:ident)? { $method:ident $path:ident $query:ident $header:ident $field:ident }) => {
        impl $type {
            /// Selects requests to a family.
            pub fn family(mut self, family: Family) -> Self {
                self.$($pattern.)?family = Some(Glob::new(family.as_str()));
                self
            }

            /// Selects requests for an operation, by its id.
            pub fn operation(mut self, id: impl Into<String>) -> Self {
                self.$($pattern.)?operation = Some(Glob::new(id));
                self
            }

            /// Selects requests by the command that they give, such as `start` or `stop`.
            pub fn action(mut self, action: impl Into<String>) -> Self {
                self.$($pattern.)?action = Some(Glob::new(action));
                self
            }

            /// Selects requests by their method.
            pub fn $method(mut self, method: impl Into<String>) -> Self {
                self.$($pattern.)?method = Some(Glob::new(method));
                self
            }

            /// Selects requests by their path, as it is sent.
            pub fn $path(mut self, path: impl Into<String>) -> Self {
                self.$($pattern.)?path = Some(Glob::new(path));
                self
            }

            /// Selects requests by a parameter of their query.
            pub fn $query(mut self, name: impl Into<String>, condition: impl Into<Condition>) -> Self {
                self.$($pattern.)?query.insert(name.into(), condition.into());
                self
            }

            /// Selects requests by a header, whose name may be in any case.
            pub fn $header(mut self, name: impl Into<String>, condition: impl Into<Condition>) -> Self {
                self.$($pattern.)?headers.insert(name.into(), condition.into());
                self
            }

            /// Selects requests by a field of their JSON body, at a JSON pointer such as `/stages/0/name`.
            pub fn $field(mut self, pointer: impl Into<String>, condition: impl Into<Condition>) -> Self {
                self.$($pattern.)?body.insert(pointer.into(), condition.into());
                self
            }

            /// Selects requests in a project, mesh or project key.
            pub fn scope(mut self, scope: impl Into<String>) -> Self {
                self.$($pattern.)?scope = Some(Glob::new(scope));
                self
            }

            /// Selects requests by the name of their caller.
            pub fn caller(mut self, name: impl Into<String>) -> Self {
                self.$($pattern.)?caller = Some(Glob::new(name));
                self
            }
        }
    };
}
pub(super) use selection;

selection!(RequestFilter, { method path query header field });

/// Without conditions a filter selects all requests. Texts are globs with `*` and `?`.
///
/// ```
/// use release_emulator::{Condition, RequestFilter};
///
/// let creations = RequestFilter::new()
///     .operation("CreatePipeline")
///     .field("/name", "sh*")
///     .header("x-trace", Condition::exists(true));
/// ```
impl RequestFilter {
    /// A filter of all requests.
    pub fn new() -> Self {
        Self::default()
    }

    /// Selects requests by the status of their answer, such as `404` or `4*`.
    pub fn status(mut self, status: impl Into<String>) -> Self {
        self.status = Some(Glob::new(status));
        self
    }

    /// Selects requests by the evidence for their answer, such as `inferred*`.
    pub fn evidence(mut self, evidence: impl Into<String>) -> Self {
        self.evidence = Some(Glob::new(evidence));
        self
    }

    /// Selects requests that no operation serves.
    pub fn unknown_route(mut self) -> Self {
        self.unknown_route = Some(true);
        self
    }
}
