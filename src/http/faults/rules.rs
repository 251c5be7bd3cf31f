//! The rules of faults: patterns of requests, and effects on their responses.

use serde::{Deserialize, Serialize};

use super::effect::FaultEffect;
use crate::http::json::default_if_null;
use crate::http::matching::pattern::RequestPattern;
use crate::sim::Millis;
use crate::sim::rules::Ignored;

/// A fault and a pattern that selects the requests it hits.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[must_use = "a fault does nothing before it is added"]
pub struct Fault {
    /// Its id: up to 64 letters, digits, dots, underscores and hyphens; absent: a generated id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(max_length = 64, pattern = "^[A-Za-z0-9._-]+$"))]
    pub(crate) id: Option<String>,
    /// The requests it applies to; absent: all to emulated services.
    #[serde(default, deserialize_with = "default_if_null", rename = "match")]
    #[cfg_attr(test, schema(value_type = Option<RequestPattern>))]
    pub(crate) pattern: RequestPattern,
    /// The effect on a request.
    #[serde(rename = "do")]
    pub(crate) effect: FaultEffect,
    /// Its priority: of several that match a request, the highest decides, then the first added; absent: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) priority: Option<i32>,
    /// `false`: it hits nothing until it is enabled; absent: `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enabled: Option<bool>,
    /// The number of requests it hits; absent: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(minimum = 1, maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>))]
    pub(crate) times: Option<u64>,
    /// The number of matching requests that pass before the first is hit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>))]
    pub(crate) after: Option<u64>,
    /// The probability that a matching request is hit, from 0 to 1; absent: always.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(minimum = 0, maximum = 1))]
    pub(crate) probability: Option<f64>,
    /// The seed of chance: the same seed hits the same requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>))]
    pub(crate) seed: Option<u64>,
    /// The real time that it is in force, in milliseconds; absent: until it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(minimum = 1, maximum = 31_536_000_000_i64, value_type = Option<i64>))]
    pub(crate) ttl_ms: Option<Millis>,
    /// Ignored, so that a fault can be sent as it is shown.
    #[serde(default, skip_serializing)]
    #[cfg_attr(test, schema(value_type = Option<usize>))]
    pub(crate) used: Ignored<u64>,
}

impl Fault {
    pub(crate) fn is_enabled(&self) -> bool {
        self.enabled.unwrap_or(true)
    }
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
