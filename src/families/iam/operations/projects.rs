//! Projects.

use axum::extract::State;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Deserialize;

use super::request::{bad, flag, target};
#[cfg(test)]
use crate::families::iam::error::{IamErrorBody, KeystoneErrorBody};
use crate::families::iam::wire::project::{IamAuthProjects, IamProjectEnvelope, IamProjects};
use crate::families::iam::{Error, Iam};
use crate::http::extract::{Path, Query};
use crate::http::{Caller, response};
use crate::world::identities::{NameOrId, Project};

/// The filter and the page of a list of projects.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(default)]
pub(super) struct ProjectFilter {
    /// The account's id.
    domain_id: Option<String>,
    /// The project's name, which is the region's.
    name: Option<String>,
    /// The id of the parent project or of the account.
    parent_id: Option<String>,
    /// `true` or `false`: availability; all projects are available.
    #[cfg_attr(test, param(value_type = Option<bool>))]
    enabled: Option<String>,
    /// `true` or `false`: accounts or projects; none of the list is an account.
    #[cfg_attr(test, param(value_type = Option<bool>))]
    is_domain: Option<String>,
    /// The number of the page, at least 1; only with `per_page`.
    #[cfg_attr(test, param(value_type = Option<i64>, minimum = 1))]
    page: Option<String>,
    /// The number of projects per page, 1 to 5,000; only with `page`.
    #[cfg_attr(test, param(value_type = Option<i64>, minimum = 1, maximum = 5_000))]
    per_page: Option<String>,
}

/// Lists the projects of the caller.
///
/// `GET /v3/projects`; the SDKs look up the id of their project with `?name=<region>`. A caller without project limits
/// sees the projects of all users, one per name; for an unknown name, a project whose id is derived from the name.
/// Errors: 400 `IAM.0007` for an invalid parameter; 403 without the permission `iam:projects:listProjects`.
#[cfg_attr(test, utoipa::path(get, path = "/v3/projects", operation_id = "ListProjects", tag = "iam", params(ProjectFilter),
    responses((status = 200, body = IamProjects), (status = 400, body = IamErrorBody), (status = 403, body = KeystoneErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("the vendor's API document, KeystoneListProjects, and the Open Telekom Cloud copy of its page iam_06_0001, read 2026-11")),
        ("x-action" = json!("iam:projects:listProjects")),
        ("x-differences" = json!("links.previous and links.next are always null; a caller without project limits is shown a derived project for any name")))))]
pub(super) async fn list_projects(
    State(Iam(handle)): State<Iam>,
    Query(filter): Query<ProjectFilter>,
    caller: Caller,
    parts: Parts,
) -> Result<Response, Error> {
    let page = filter.page()?;
    let enabled = flag("enabled", filter.enabled.as_deref())?;
    let is_domain = flag("is_domain", filter.is_domain.as_deref())?;
    let none_matches = enabled == Some(false) || is_domain == Some(true);
    let (base, path) = (handle.base_url(&parts.headers), target(&parts));
    Ok(handle.read(|(), shared, _| {
        let directory = &shared.identities;
        let domain = directory.account_of(&caller);
        let mut projects = directory.projects(&caller.name);
        if let Some(name) = filter.name.as_deref().filter(|name| !name.is_empty()) {
            projects.retain(|project| project.name == name);
            if projects.is_empty() && !directory.is_limited(&caller.name) {
                projects.push(Project::from_name(name));
            }
        }
        let is_other_domain = |id: &Option<String>| match id.as_deref() {
            None | Some("") => false,
            Some(id) => !NameOrId::Id(id).is_domain(domain),
        };
        if none_matches || is_other_domain(&filter.domain_id) || is_other_domain(&filter.parent_id)
        {
            projects.clear();
        }
        let projects: Vec<Project> = match page {
            Some((skip, take)) => projects.into_iter().skip(skip).take(take).collect(),
            None => projects,
        };
        response::ok(&IamProjects::new(projects, domain, &base, &path), 512)
    }))
}

impl ProjectFilter {
    /// The numbers of projects to skip and to take, if a page is requested.
    fn page(&self) -> Result<Option<(usize, usize)>, Error> {
        match (&self.page, &self.per_page) {
            (None, None) => Ok(None),
            (Some(page), Some(per_page)) => {
                let page = match page.parse::<usize>() {
                    Ok(page) if page > 0 => page,
                    _ => return Err(bad("page", "a positive integer")),
                };
                let Ok(per_page @ 1..=5_000) = per_page.parse::<usize>() else {
                    return Err(bad("per_page", "an integer from 1 to 5000"));
                };
                Ok(Some(((page - 1).saturating_mul(per_page), per_page)))
            }
            (Some(_), None) => Err(bad("per_page", "given together with page")),
            (None, Some(_)) => Err(bad("page", "given together with per_page")),
        }
    }
}

/// Lists the projects that the caller may enter.
///
/// `GET /v3/auth/projects`. Those of the caller's user or agency, whatever the project of the token. A caller without
/// project limits sees the projects of all users, one per name. Errors: the gateway's.
#[cfg_attr(test, utoipa::path(get, path = "/v3/auth/projects", operation_id = "ListAuthProjects", tag = "iam",
    responses((status = 200, body = IamAuthProjects)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("the vendor's API document, KeystoneListAuthProjects, read 2026-11")),
        ("x-action" = json!("none")))))]
pub(super) async fn list_auth_projects(
    State(Iam(handle)): State<Iam>,
    caller: Caller,
    parts: Parts,
) -> Result<Response, Error> {
    let base = handle.base_url(&parts.headers);
    Ok(handle.read(|(), shared, _| {
        let directory = &shared.identities;
        let projects = directory.projects(&caller.name);
        let domain = directory.account_of(&caller);
        response::ok(&IamAuthProjects::new(projects, domain, &base), 512)
    }))
}

/// Shows a project.
///
/// `GET /v3/projects/{project_id}`. Errors: 404 for a project that the caller may not enter. A caller without project
/// limits is shown a project for any id.
#[cfg_attr(test, utoipa::path(get, path = "/v3/projects/{project_id}", operation_id = "ShowProject", tag = "iam",
    params(("project_id" = String, Path, description = "The project's id")),
    responses((status = 200, body = IamProjectEnvelope), (status = 400, body = IamErrorBody),
        (status = 404, body = KeystoneErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("the vendor's API document, KeystoneShowProject, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("a caller without project limits is shown a derived project for any id; the body of the 404 is inferred")))))]
pub(super) async fn show_project(
    State(Iam(handle)): State<Iam>,
    Path(id): Path<String>,
    caller: Caller,
    parts: Parts,
) -> Result<Response, Error> {
    let base = handle.base_url(&parts.headers);
    handle.read(|(), shared, _| {
        let directory = &shared.identities;
        let project = directory.project(&caller.name, NameOrId::Id(&id));
        let project = project.ok_or_else(|| Error::NoSuchProject {
            why: directory.project_refusal(&caller.name, NameOrId::Id(&id)),
            id: id.clone(),
        })?;
        let domain = directory.account_of(&caller);
        let envelope = IamProjectEnvelope::new(project, domain, &base);
        Ok(response::ok(&envelope, 512))
    })
}
