//! Versions of the API in responses.

use serde::Serialize;

/// The versions of the API.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct IamVersions {
    versions: IamVersionValues,
}

/// A list of versions.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamVersionValues {
    values: [IamVersion; 1],
}

/// One version of the API.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct IamVersionEnvelope {
    version: IamVersion,
}

/// A version of the API.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamVersion {
    #[cfg_attr(test, schema(example = "v3.6"))]
    id: &'static str,
    links: [IamVersionLink; 1],
    #[serde(rename = "media-types")]
    media_types: [IamMediaType; 1],
    #[cfg_attr(test, schema(example = "stable"))]
    status: &'static str,
    #[cfg_attr(test, schema(example = "2016-04-04T00:00:00Z"))]
    updated: &'static str,
}

/// The address of a version.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamVersionLink {
    /// The emulator's URL with the path `/v3/`.
    href: String,
    /// Always `self`.
    rel: &'static str,
}

/// A format of bodies.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamMediaType {
    #[cfg_attr(test, schema(example = "application/json"))]
    base: &'static str,
    #[serde(rename = "type")]
    #[cfg_attr(test, schema(example = "application/vnd.openstack.identity-v3+json"))]
    kind: &'static str,
}

impl IamVersion {
    fn new(base: &str) -> Self {
        Self {
            id: "v3.6",
            links: [IamVersionLink {
                href: format!("{base}/v3/"),
                rel: "self",
            }],
            media_types: [IamMediaType {
                base: "application/json",
                kind: "application/vnd.openstack.identity-v3+json",
            }],
            status: "stable",
            updated: "2016-04-04T00:00:00Z",
        }
    }
}

impl IamVersions {
    pub fn new(base: &str) -> Self {
        Self {
            versions: IamVersionValues {
                values: [IamVersion::new(base)],
            },
        }
    }
}

impl IamVersionEnvelope {
    pub fn new(base: &str) -> Self {
        Self {
            version: IamVersion::new(base),
        }
    }
}
