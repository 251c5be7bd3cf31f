//! The emulated services, as the service directory lists them.

use indexmap::IndexSet;

use crate::http::Evidence;
use crate::world::identities::{Project, derived_id};

/// A service that the emulator has.
#[derive(Debug)]
pub struct EmulatedService {
    pub name: &'static str,
    /// The type by which clients look it up.
    pub kind: &'static str,
    /// The version at the beginning of its paths.
    version: &'static str,
    /// True if its paths continue with the id of a project.
    is_of_project: bool,
    /// The evidence for its name and its type.
    pub evidence: Evidence,
}

/// The services.
pub static SERVICES: [EmulatedService; 3] = [
    EmulatedService {
        name: "iam",
        kind: "identity",
        version: "v3",
        is_of_project: false,
        evidence: Evidence::Documented,
    },
    EmulatedService {
        name: "asm",
        kind: "asm",
        version: "v1",
        is_of_project: true,
        evidence: Evidence::Inferred,
    },
    EmulatedService {
        name: "servicestage",
        kind: "servicestage",
        version: "v3",
        is_of_project: true,
        evidence: Evidence::Inferred,
    },
];

/// The region of services that all regions share.
const EVERY_REGION: &str = "*";

/// The region where no fixture names one: the only one that the ASM client of the official SDKs knows.
const DEFAULT_REGION: &str = "cn-north-4";

/// The place of a project's id in an address that is not of one project.
const ANY_PROJECT: &str = "$(tenant_id)s";

/// A service at its address in a region.
#[derive(Debug)]
pub struct Endpoint {
    pub service: &'static EmulatedService,
    pub region: String,
    project_id: String,
}

impl EmulatedService {
    pub fn id(&self) -> String {
        derived_id("service", self.name)
    }
}

impl Endpoint {
    /// The endpoint in a region, or in every region; for any project if there is none.
    fn new(service: &'static EmulatedService, region: &str, project_id: &str) -> Self {
        let region = if service.is_of_project {
            region
        } else {
            EVERY_REGION
        };
        Self {
            service,
            region: region.to_owned(),
            project_id: project_id.to_owned(),
        }
    }

    pub fn id(&self) -> String {
        let name = format!("{} {}", self.service.name, self.region);
        derived_id("endpoint", &name)
    }

    /// The address below the URL of the emulator.
    pub fn url(&self, base: &str) -> String {
        let version = self.service.version;
        if self.service.is_of_project {
            format!("{base}/{version}/{}", self.project_id)
        } else {
            format!("{base}/{version}")
        }
    }
}

/// The endpoints for a project; without one those of services that are not of projects.
pub fn catalog(project: Option<&Project>) -> impl Iterator<Item = Endpoint> {
    SERVICES.iter().filter_map(move |service| match project {
        Some(Project { id, name }) => Some(Endpoint::new(service, region_of(name), id)),
        None => (!service.is_of_project).then(|| Endpoint::new(service, EVERY_REGION, "")),
    })
}

/// The endpoints in some regions.
pub fn endpoints(regions: &[String]) -> impl Iterator<Item = Endpoint> {
    SERVICES.iter().flat_map(move |service| {
        let n_regions = if service.is_of_project {
            regions.len()
        } else {
            1
        };
        let regions = regions.iter().take(n_regions);
        regions.map(move |region| Endpoint::new(service, region, ANY_PROJECT))
    })
}

/// The regions of some projects, at least one.
pub fn regions(projects: &[Project]) -> Vec<String> {
    let regions = projects.iter().map(|project| region_of(&project.name));
    let mut regions: IndexSet<&str> = regions.collect();
    if regions.is_empty() {
        regions.insert(DEFAULT_REGION);
    }
    regions.into_iter().map(str::to_owned).collect()
}

/// The region of a project. A project that an account has added is called like `cn-north-4_shop`.
fn region_of(project: &str) -> &str {
    project.split('_').next().unwrap_or(project)
}
