//! The effects of faults: answers in place of the service's, altered answers, delays, broken connections.
//!
//! Durations are real time, since a fault is meant for the client and not for the world.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::header::HeaderChange;
use super::patch::PatchOperation;
use crate::http::json::{self, RawJson, default_if_null};

/// The effect of a fault; at least one of the fields must be given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FaultEffect {
    /// The status in place of the service's answer, with the body of the family's errors. The request is not executed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(minimum = 200, maximum = 599))]
    pub status: Option<u16>,
    /// The code in the body; absent: the code that belongs to the status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The text in the body; absent: the text that belongs to the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Headers of the answer by name, in place of its own; null removes one. 429 and 503 have `Retry-After: 1` otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<Object>, additional_properties))]
    pub headers: Option<IndexMap<String, HeaderChange>>,
    /// The body in place of the answer's, verbatim: a text as `text/plain`, anything else as `application/json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<Value>))]
    pub body: Option<RawJson>,
    /// Changes of the JSON body that would have been answered (JSON Patch, RFC 6902). If they do not apply, the answer
    /// stays as it is, with a hint, and the fault has not hit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(min_items = 1))]
    pub patch: Option<Vec<PatchOperation>>,
    /// The delay of the request, in milliseconds of real time, up to an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<FaultDelay>,
    /// Closes the connection: `before` the first byte of the answer, or `midway` in its body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drop: Option<Disconnect>,
    /// Makes the body unreadable.
    #[serde(
        default,
        deserialize_with = "default_if_null",
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub garbage: bool,
    /// The bytes of the body that are sent in a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(minimum = 1, maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>))]
    pub slow_bytes_per_s: Option<u64>,
}

/// The delay of a request, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(
    untagged,
    expecting = "must be up to 3600000, as a number, as min and max, or as median and sigma (0 to 10)"
)]
pub enum FaultDelay {
    /// The same for every request.
    Fixed(u64),
    /// Evenly distributed.
    Uniform(#[serde(deserialize_with = "json::object")] UniformDelay),
    /// Log-normally distributed.
    LogNormal(#[serde(deserialize_with = "json::object")] LogNormalDelay),
}

/// Evenly distributed from `min` to `max`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = FaultUniformDelay))]
#[serde(deny_unknown_fields)]
pub struct UniformDelay {
    #[cfg_attr(test, schema(maximum = 3_600_000))]
    pub min: u64,
    #[cfg_attr(test, schema(maximum = 3_600_000))]
    pub max: u64,
}

/// Half of the delays are below `median`; their logarithms are normally distributed with the deviation `sigma`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = FaultLogNormalDelay))]
#[serde(deny_unknown_fields)]
pub struct LogNormalDelay {
    #[cfg_attr(test, schema(maximum = 3_600_000))]
    pub median: u64,
    #[cfg_attr(test, schema(minimum = 0, maximum = 10))]
    pub sigma: f64,
}

/// The point at which a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = FaultDrop))]
#[serde(rename_all = "lowercase")]
pub enum Disconnect {
    /// Before the first byte of the answer.
    Before,
    /// In the middle of the body.
    Midway,
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
        self.status.is_some() || self.alters_answer() || self.drop.is_some() || self.garbage
    }

    /// The response in place of the service's, if the effect has one.
    pub fn stub_response(&self) -> Option<StubResponse> {
        Some(StubResponse {
            status: self.status?,
            code: self.code.clone(),
            message: self.message.clone(),
        })
    }

    /// Returns true if the effect alters headers or body of an answer.
    pub fn alters_answer(&self) -> bool {
        self.headers.is_some() || self.body.is_some() || self.patch.is_some()
    }

    /// Returns true if the effect disturbs a response on its way to the client.
    pub fn disturbs_response(&self) -> bool {
        self.drop.is_some() || self.garbage || self.slow_bytes_per_s.is_some()
    }
}
