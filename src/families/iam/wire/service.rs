//! Services, their endpoints and their regions in responses.

#[cfg(test)]
use std::borrow::Cow;

use serde::Serialize;
#[cfg(test)]
use utoipa::openapi::{RefOr, Schema};
#[cfg(test)]
use utoipa::{PartialSchema, ToSchema};

use super::links::{IamLinks, IamSelfLink};
#[cfg(test)]
use crate::families::iam::model::SERVICES;
use crate::families::iam::model::{EmulatedService, Endpoint};
#[cfg(test)]
use crate::http::attributes::evidence::known_words;

/// The services that a token can be used for, with their addresses.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct IamCatalog {
    catalog: Vec<IamService>,
    links: IamSelfLink,
}

/// A service with its address.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct IamService {
    endpoints: [IamEndpoint; 1],
    id: String,
    #[cfg_attr(test, schema(value_type = ServiceName))]
    name: &'static str,
    #[serde(rename = "type")]
    #[cfg_attr(test, schema(value_type = ServiceType))]
    kind: &'static str,
}

/// The names of the services, in the schema.
#[cfg(test)]
struct ServiceName;

#[cfg(test)]
impl PartialSchema for ServiceName {
    fn schema() -> RefOr<Schema> {
        let names = SERVICES.iter();
        let names = names.map(|service| (service.name, service.evidence));
        known_words("The name of a service.", names).into()
    }
}

#[cfg(test)]
impl ToSchema for ServiceName {
    fn name() -> Cow<'static, str> {
        "IamServiceName".into()
    }
}

/// The types of the services, in the schema.
#[cfg(test)]
struct ServiceType;

#[cfg(test)]
impl PartialSchema for ServiceType {
    fn schema() -> RefOr<Schema> {
        let types = SERVICES.iter();
        let types = types.map(|service| (service.kind, service.evidence));
        known_words("The type of a service.", types).into()
    }
}

#[cfg(test)]
impl ToSchema for ServiceType {
    fn name() -> Cow<'static, str> {
        "IamServiceType".into()
    }
}

/// An address of a service.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamEndpoint {
    id: String,
    /// Always `public`.
    interface: &'static str,
    region: String,
    region_id: String,
    url: String,
}

impl IamCatalog {
    pub fn new(services: Vec<IamService>, base: &str) -> Self {
        Self {
            catalog: services,
            links: IamSelfLink::new(base, "/v3/auth/catalog"),
        }
    }
}

impl IamService {
    pub fn new(endpoint: Endpoint, base: &str) -> Self {
        let service = endpoint.service;
        Self {
            id: service.id(),
            name: service.name,
            kind: service.kind,
            endpoints: [IamEndpoint {
                id: endpoint.id(),
                interface: PUBLIC,
                url: endpoint.url(base),
                region: endpoint.region.clone(),
                region_id: endpoint.region,
            }],
        }
    }
}

/// The one interface of the endpoints.
pub const PUBLIC: &str = "public";

/// The services.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct IamServices {
    links: IamLinks,
    services: Vec<IamListedService>,
}

/// A service without its addresses.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamListedService {
    /// Always true.
    enabled: bool,
    id: String,
    links: IamLinks,
    #[cfg_attr(test, schema(value_type = ServiceName))]
    name: &'static str,
    #[serde(rename = "type")]
    #[cfg_attr(test, schema(value_type = ServiceType))]
    kind: &'static str,
}

impl IamServices {
    /// The response to a request for `path`.
    pub fn new<'a>(
        services: impl Iterator<Item = &'a EmulatedService>,
        base: &str,
        path: &str,
    ) -> Self {
        let listed = services.map(|service| {
            let id = service.id();
            IamListedService {
                enabled: true,
                links: IamLinks::new(base, &format!("/v3/services/{id}")),
                id,
                name: service.name,
                kind: service.kind,
            }
        });
        Self {
            links: IamLinks::new(base, path),
            services: listed.collect(),
        }
    }
}

/// The endpoints.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct IamEndpoints {
    endpoints: Vec<IamListedEndpoint>,
    links: IamLinks,
}

/// An endpoint with its service.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamListedEndpoint {
    /// Always true.
    enabled: bool,
    id: String,
    /// Always `public`.
    interface: &'static str,
    links: IamLinks,
    region: String,
    region_id: String,
    service_id: String,
    /// The address; `$(tenant_id)s` stands for the id of a project.
    url: String,
}

impl IamEndpoints {
    /// The response to a request for `path`.
    pub fn new(endpoints: impl Iterator<Item = Endpoint>, base: &str, path: &str) -> Self {
        let listed = endpoints.map(|endpoint| {
            let id = endpoint.id();
            IamListedEndpoint {
                enabled: true,
                interface: PUBLIC,
                links: IamLinks::new(base, &format!("/v3/endpoints/{id}")),
                id,
                service_id: endpoint.service.id(),
                url: endpoint.url(base),
                region: endpoint.region.clone(),
                region_id: endpoint.region,
            }
        });
        Self {
            endpoints: listed.collect(),
            links: IamLinks::new(base, path),
        }
    }
}

/// The regions.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct IamRegions {
    links: IamLinks,
    regions: Vec<IamRegion>,
}

/// One region.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamRegion {
    /// Always empty.
    description: &'static str,
    #[cfg_attr(test, schema(example = "cn-north-4"))]
    id: String,
    links: IamSelfLink,
    locales: IamLocales,
    /// Always null.
    #[cfg_attr(test, schema(required))]
    parent_region_id: Option<String>,
    /// Always `public`.
    #[serde(rename = "type")]
    kind: &'static str,
}

/// The names of a region in several languages: its id in each.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamLocales {
    #[serde(rename = "en-us")]
    en_us: String,
    #[serde(rename = "zh-cn")]
    zh_cn: String,
}

impl IamRegions {
    /// The response to a request for `path`.
    pub fn new(ids: Vec<String>, base: &str, path: &str) -> Self {
        let regions = ids.into_iter().map(|id| IamRegion {
            description: "",
            links: IamSelfLink::new(base, &format!("/v3/regions/{id}")),
            locales: IamLocales {
                en_us: id.clone(),
                zh_cn: id.clone(),
            },
            parent_region_id: None,
            kind: PUBLIC,
            id,
        });
        Self {
            links: IamLinks::new(base, path),
            regions: regions.collect(),
        }
    }
}
