//! Addresses of resources in responses.

use serde::Serialize;

/// The addresses of a resource or a list and of its neighbours.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct IamLinks {
    #[serde(rename = "self")]
    own: String,
    /// Always null.
    #[cfg_attr(test, schema(required))]
    previous: Option<String>,
    /// Always null.
    #[cfg_attr(test, schema(required))]
    next: Option<String>,
}

impl IamLinks {
    /// The links of `path` below the URL of the emulator.
    pub(super) fn new(base: &str, path: &str) -> Self {
        Self {
            own: format!("{base}{path}"),
            previous: None,
            next: None,
        }
    }
}

/// The address of a resource or a list.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct IamSelfLink {
    #[serde(rename = "self")]
    own: String,
}

impl IamSelfLink {
    /// The link of `path` below the URL of the emulator.
    pub(super) fn new(base: &str, path: &str) -> Self {
        Self {
            own: format!("{base}{path}"),
        }
    }
}
