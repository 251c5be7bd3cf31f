//! Response bodies.

use chrono::DateTime;
use serde::Serialize;
use utoipa::ToSchema;

use crate::sim::Millis;
use crate::sim::time::{MAX_INSTANT, parse_rfc3339};
use crate::world::identities::{Directory, Project, Token, derived_id, domain_id, user_id};

/// The lifetime of an issued token: 24 hours of the world's clock.
pub const LIFETIME: Millis = 24 * 60 * 60 * 1_000;

/// A timestamp in the format of tokens: RFC 3339 in UTC with microseconds, `2015-11-09T01:42:57.527363Z`.
pub fn stamp(at: Millis) -> String {
    let time = DateTime::from_timestamp_millis(at).unwrap_or(DateTime::UNIX_EPOCH);
    time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// The description of a token, as login and showing it answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct IamTokenEnvelope {
    token: IamToken,
}

/// The description of a token.
#[derive(Debug, Serialize, ToSchema)]
struct IamToken {
    /// The method of the login: `["password"]`.
    methods: [&'static str; 1],
    /// The expiry, in UTC.
    #[schema(example = "2015-11-09T01:42:57.527363Z")]
    expires_at: String,
    /// The time of issue, in UTC.
    #[schema(example = "2015-11-09T00:42:57.527404Z")]
    issued_at: String,
    /// The owner.
    user: IamTokenUser,
    /// The account in scope; only without a project.
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<IamDomainRef>,
    /// The project in scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<IamProjectRef>,
    /// The addresses of the services, all of them the emulator's. Absent with `nocatalog`.
    #[serde(skip_serializing_if = "Option::is_none")]
    catalog: Option<Vec<IamService>>,
    /// The permissions: a role per action that the fixtures allow, `te_admin` if they limit nothing.
    roles: Vec<IamRole>,
}

/// The owner of a token.
#[derive(Debug, Serialize, ToSchema)]
struct IamTokenUser {
    domain: IamDomainRef,
    id: String,
    name: String,
    /// Always null: passwords do not expire.
    password_expires_at: Option<String>,
}

/// An account by id and name.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct IamDomainRef {
    id: String,
    name: String,
}

impl IamDomainRef {
    fn new(name: &str) -> Self {
        Self {
            id: domain_id(name),
            name: name.to_owned(),
        }
    }
}

/// A project by id and name.
#[derive(Debug, Serialize, ToSchema)]
struct IamProjectRef {
    domain: IamDomainRef,
    id: String,
    name: String,
}

/// A service with its address.
#[derive(Debug, Serialize, ToSchema)]
struct IamService {
    endpoints: [IamEndpoint; 1],
    id: String,
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// An address of a service.
#[derive(Debug, Serialize, ToSchema)]
struct IamEndpoint {
    id: String,
    /// Always `public`.
    interface: &'static str,
    region: String,
    region_id: String,
    url: String,
}

/// A permission of a token.
#[derive(Debug, Serialize, ToSchema)]
struct IamRole {
    /// Always `0`.
    id: &'static str,
    name: String,
}

impl IamTokenEnvelope {
    /// The description of a token. `base` is the URL of the emulator.
    pub fn new(token: &Token, directory: &Directory, base: &str, with_catalog: bool) -> Self {
        let expires_at = token
            .expires_at
            .as_deref()
            .and_then(parse_rfc3339)
            .unwrap_or(MAX_INSTANT);
        let (issued_at, domain, project) = match token.issued() {
            Some(issued) => (
                parse_rfc3339(&issued.at).unwrap_or(expires_at - LIFETIME),
                issued.domain.clone(),
                issued.project.clone(),
            ),
            // Fixtures do not say when a token was issued, nor for which of its user's projects. A token that
            // never expires may be of any age.
            None => (
                if expires_at == MAX_INSTANT {
                    0
                } else {
                    expires_at - LIFETIME
                },
                directory.domain_of(&token.user).to_owned(),
                directory.own_projects(&token.user).first().cloned(),
            ),
        };
        let domain = IamDomainRef::new(&domain);
        let roles = match directory.actions_of(&token.user) {
            None => vec!["te_admin".to_owned()],
            Some(actions) => actions.to_vec(),
        };
        let catalog = with_catalog.then(|| catalog(base, project.as_ref()));
        Self {
            token: IamToken {
                methods: ["password"],
                expires_at: stamp(expires_at),
                issued_at: stamp(issued_at),
                user: IamTokenUser {
                    domain: domain.clone(),
                    id: user_id(&token.user),
                    name: token.user.clone(),
                    password_expires_at: None,
                },
                domain: project.is_none().then(|| domain.clone()),
                project: project.map(|Project { id, name }| IamProjectRef { domain, id, name }),
                catalog,
                roles: roles
                    .into_iter()
                    .map(|name| IamRole { id: "0", name })
                    .collect(),
            },
        }
    }
}

/// The services for a token, by its project.
fn catalog(base: &str, project: Option<&Project>) -> Vec<IamService> {
    let service = |name, kind, region: &str, url| IamService {
        endpoints: [IamEndpoint {
            id: derived_id("endpoint", name),
            interface: "public",
            region: region.to_owned(),
            region_id: region.to_owned(),
            url,
        }],
        id: derived_id("service", name),
        name,
        kind,
    };
    let mut services = vec![service("iam", "identity", "*", format!("{base}/v3"))];
    if let Some(Project { id, name }) = project {
        services.push(service("asm", "asm", name, format!("{base}/v1/{id}")));
        services.push(service(
            "servicestage",
            "servicestage",
            name,
            format!("{base}/v3/{id}"),
        ));
    }
    services
}

/// The projects of a caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct IamProjects {
    links: IamLinks,
    projects: Vec<IamProject>,
}

/// One project.
#[derive(Debug, Serialize, ToSchema)]
struct IamProject {
    /// Always false.
    is_domain: bool,
    /// Always empty.
    description: &'static str,
    links: IamSelfLink,
    /// Always true.
    enabled: bool,
    id: String,
    /// The account's id.
    parent_id: String,
    /// The account's id.
    domain_id: String,
    name: String,
}

/// The addresses of a list and its neighbours.
#[derive(Debug, Serialize, ToSchema)]
struct IamLinks {
    #[serde(rename = "self")]
    own: String,
    previous: Option<String>,
    next: Option<String>,
}

/// The address of a resource.
#[derive(Debug, Serialize, ToSchema)]
struct IamSelfLink {
    #[serde(rename = "self")]
    own: String,
}

impl IamProjects {
    /// The response to a request for `path`.
    pub fn new(projects: Vec<Project>, domain: &str, base: &str, path: &str) -> Self {
        let project = |Project { id, name }| IamProject {
            is_domain: false,
            description: "",
            links: IamSelfLink {
                own: format!("{base}/v3/projects/{id}"),
            },
            enabled: true,
            id,
            parent_id: domain_id(domain),
            domain_id: domain_id(domain),
            name,
        };
        Self {
            links: IamLinks::new(base, path),
            projects: projects.into_iter().map(project).collect(),
        }
    }
}

impl IamLinks {
    fn new(base: &str, path: &str) -> Self {
        Self {
            own: format!("{base}{path}"),
            previous: None,
            next: None,
        }
    }
}

/// The accounts of a caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct IamDomains {
    domains: [IamDomain; 1],
    links: IamLinks,
}

/// One account.
#[derive(Debug, Serialize, ToSchema)]
struct IamDomain {
    /// Always empty.
    description: &'static str,
    /// Always true.
    enabled: bool,
    id: String,
    links: IamSelfLink,
    name: String,
}

impl IamDomains {
    /// The one account of a user.
    pub fn new(name: &str, base: &str, path: &str) -> Self {
        let id = domain_id(name);
        Self {
            domains: [IamDomain {
                description: "",
                enabled: true,
                links: IamSelfLink {
                    own: format!("{base}/v3/domains/{id}"),
                },
                id,
                name: name.to_owned(),
            }],
            links: IamLinks::new(base, path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_has_microseconds() {
        assert_eq!(stamp(1_767_268_800_007), "2026-01-01T12:00:00.007000Z");
    }
}
