//! The rules of faults: patterns of requests, and effects on their responses.
//!
//! Durations are real time, since a fault is meant for the client and not for the world.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::json::strict;
use crate::sim::Millis;
use crate::sim::glob::Glob;

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
    pub(super) fn matches(&self, request: &RequestInfo) -> bool {
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
#[must_use = "a fault does nothing before it is added"]
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

impl FaultEffect {
    /// True if the client gets another response than the service's own. A delay or a slow body leaves it as it is.
    pub fn changes_response(&self) -> bool {
        self.stub_response().is_some() || self.drop.is_some() || self.garbage
    }

    /// The response in place of the service's, if the effect has one.
    pub fn stub_response(&self) -> Option<StubResponse> {
        Some(StubResponse {
            status: self.status?,
            code: self.code.clone(),
            message: self.message.clone(),
        })
    }

    /// Returns true if the effect alters a response on its way to the client.
    pub fn alters_response(&self) -> bool {
        self.drop.is_some() || self.garbage || self.slow_bytes_per_s.is_some()
    }
}

/// A request for the tests of patterns and of injection.
#[cfg(test)]
pub(super) const HIT: RequestInfo = RequestInfo {
    family: "asm",
    operation: "CreateRelease",
    method: "POST",
    path: "/v2/meshes/m1/namespaces/default/releases",
    caller: Some("ann"),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_must_match_every_field_of_a_pattern() {
        let text = |text: &str| Some(Glob::new(text));
        let pattern = RequestPattern {
            family: text("asm"),
            operation: text("Create*"),
            method: text("POST"),
            path: text("/v2/meshes/*"),
            caller: text("a*"),
        };
        assert!(pattern.matches(&HIT));
        let anonymous = RequestInfo {
            caller: None,
            ..HIT
        };
        assert!(!pattern.matches(&anonymous) && RequestPattern::default().matches(&anonymous));
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
            assert!(!pattern.matches(&other), "{other:?}");
        }
    }
}
