//! The answers to reads of registries.

use serde::Serialize;

use crate::families::zadig::catalog::ImageRegistry;

/// An image registry.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ZadigRegistry))]
pub struct RegistryView<'a> {
    /// The id.
    pub registry_id: &'a str,
    /// The address.
    pub address: &'a str,
    /// The provider, such as `harbor` and `native`.
    pub provider: &'a str,
    /// The region, of an `ecr` registry.
    pub region: &'a str,
    /// The namespace.
    pub namespace: &'a str,
    /// True for the one registry that is used by default.
    pub is_default: bool,
}

impl<'a> RegistryView<'a> {
    pub fn new(registry: &'a ImageRegistry) -> Self {
        Self {
            registry_id: &registry.id,
            address: &registry.address,
            provider: registry.provider.as_deref().unwrap_or_default(),
            region: &registry.region,
            namespace: &registry.namespace,
            is_default: registry.is_default,
        }
    }
}
