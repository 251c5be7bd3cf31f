//! The answers of IAM.

use chrono::DateTime;
use serde::Serialize;
use utoipa::ToSchema;

use crate::sim::Millis;
use crate::sim::clock::MAX_INSTANT;
use crate::world::identities::{Directory, Project, Token, domain_id, id_of, user_id};
use crate::world::time::parse_rfc3339;

/// How long an issued token lives: 24 hours of the world's clock, in milliseconds.
pub const LIFE: Millis = 24 * 60 * 60 * 1_000;

/// An instant as tokens tell it: RFC 3339 in UTC with six digits of a second, `2015-11-09T01:42:57.527363Z`.
#[must_use]
pub fn stamp(at: Millis) -> String {
    let time = DateTime::from_timestamp_millis(at).unwrap_or(DateTime::UNIX_EPOCH);
    time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// A token as a login and a look at it answer it.
#[derive(Debug, Serialize, ToSchema)]
pub struct IamTokenEnvelope {
    token: IamToken,
}

/// What a token is worth.
#[derive(Debug, Serialize, ToSchema)]
struct IamToken {
    /// How it was obtained: `["password"]`.
    methods: [&'static str; 1],
    /// When it ends, in UTC.
    #[schema(example = "2015-11-09T01:42:57.527363Z")]
    expires_at: String,
    /// When it was issued, in UTC.
    #[schema(example = "2015-11-09T00:42:57.527404Z")]
    issued_at: String,
    /// Whose it is.
    user: IamTokenUser,
    /// The account that it is for; only without a project.
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<IamDomainRef>,
    /// The project that it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<IamProjectRef>,
    /// Where the services are: all of them here. Absent with `nocatalog`.
    #[serde(skip_serializing_if = "Option::is_none")]
    catalog: Option<Vec<IamService>>,
    /// What it allows: a role for each action that the fixtures allow, `te_admin` where these limit nothing.
    roles: Vec<IamRole>,
}

/// The user that a token is of.
#[derive(Debug, Serialize, ToSchema)]
struct IamTokenUser {
    domain: IamDomainRef,
    id: String,
    name: String,
    /// Always null: passwords do not end.
    password_expires_at: Option<String>,
}

/// An account by id and name.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct IamDomainRef {
    id: String,
    name: String,
}

impl IamDomainRef {
    fn of(name: &str) -> Self {
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

/// A service, and where it is.
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

/// What a token allows.
#[derive(Debug, Serialize, ToSchema)]
struct IamRole {
    /// Always `0`, which stands for no permission of the service's own.
    id: &'static str,
    name: String,
}

impl IamTokenEnvelope {
    /// A token, seen from outside at `base`, the address of the emulator.
    #[must_use]
    pub fn of(token: &Token, directory: &Directory, base: &str, with_catalog: bool) -> Self {
        let ends = token.expires_at.as_deref().and_then(parse_rfc3339);
        let ends = ends.unwrap_or(MAX_INSTANT);
        let (issued_at, domain, project) = match token.issued() {
            Some(issued) => (
                parse_rfc3339(&issued.at).unwrap_or(ends - LIFE),
                issued.domain.clone(),
                issued.project.clone(),
            ),
            // Nobody told when a token of the fixtures was issued, nor for which one of its user's projects. One
            // that never ends may be as old as time.
            None => (
                if ends == MAX_INSTANT { 0 } else { ends - LIFE },
                directory.domain_of(&token.user).to_owned(),
                directory.own_projects(&token.user).first().cloned(),
            ),
        };
        let domain = IamDomainRef::of(&domain);
        let roles = match directory.actions_of(&token.user) {
            None => vec!["te_admin".to_owned()],
            Some(actions) => actions.to_vec(),
        };
        let catalog = with_catalog.then(|| catalog(base, project.as_ref()));
        Self {
            token: IamToken {
                methods: ["password"],
                expires_at: stamp(ends),
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

/// The services that a token for a project, or for an account, leads to.
fn catalog(base: &str, project: Option<&Project>) -> Vec<IamService> {
    let service = |name, kind, region: &str, url| IamService {
        endpoints: [IamEndpoint {
            id: id_of("endpoint", name),
            interface: "public",
            region: region.to_owned(),
            region_id: region.to_owned(),
            url,
        }],
        id: id_of("service", name),
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

/// The projects that a caller may enter.
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
    /// The account's id: every project is one of the service's own.
    parent_id: String,
    /// The account's id.
    domain_id: String,
    name: String,
}

/// Where a list and its neighbours are.
#[derive(Debug, Serialize, ToSchema)]
struct IamLinks {
    #[serde(rename = "self")]
    own: String,
    previous: Option<String>,
    next: Option<String>,
}

/// Where something is.
#[derive(Debug, Serialize, ToSchema)]
struct IamSelfLink {
    #[serde(rename = "self")]
    own: String,
}

impl IamProjects {
    /// A list of an account's projects, asked for at `path`.
    #[must_use]
    pub fn of(projects: Vec<Project>, domain: &str, base: &str, path: &str) -> Self {
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
            links: IamLinks::at(base, path),
            projects: projects.into_iter().map(project).collect(),
        }
    }
}

impl IamLinks {
    fn at(base: &str, path: &str) -> Self {
        Self {
            own: format!("{base}{path}"),
            previous: None,
            next: None,
        }
    }
}

/// The accounts that a caller belongs to.
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
    #[must_use]
    pub fn of(name: &str, base: &str, path: &str) -> Self {
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
            links: IamLinks::at(base, path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_has_six_digits_of_a_second() {
        assert_eq!(stamp(1_767_268_800_007), "2026-01-01T12:00:00.007000Z");
    }
}
