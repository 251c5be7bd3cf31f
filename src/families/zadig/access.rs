//! The permissions of callers, which depend on the project of a request.

use super::error::Error;
use crate::http::{Caller, Evidence, Rejection};

/// The role that may read versions of every project in the artifact centre.
pub const RELEASE_GET: &str = "release_get";

/// The roles that every user has in a public project.
pub const PUBLIC_ROLES: [&str; 3] = [
    "get_delivery",
    "get_environment",
    "get_production_environment",
];

/// Checks that the caller has a role in a project; a project administrator has every role there.
pub fn check_role(caller: &Caller, project: &str, role: &str) -> Result<(), Error> {
    if has_role(caller, project, role) {
        return Ok(());
    }
    Err(forbidden(&format!("{role} in project {project:?}")))
}

/// Returns true if the caller has a role in a project; a project administrator has every role there.
pub fn has_role(caller: &Caller, project: &str, role: &str) -> bool {
    let is_admin = caller.actions.is_none();
    let has_role = |role| caller.is_allowed(&format!("{role}@{project}"));
    is_admin || has_role(role) || has_role("project_admin")
}

/// Returns true if the caller has some role in a project.
pub fn has_any_role(caller: &Caller, project: &str) -> bool {
    caller.actions.as_ref().is_none_or(|actions| {
        let mut projects = actions.iter().filter_map(|action| action.split_once('@'));
        projects.any(|(_, known)| known == project)
    })
}

/// The refusal of a caller who lacks a permission.
pub fn forbidden(needed: &str) -> Error {
    Rejection::Forbidden {
        action: needed.to_owned(),
        why: String::new(),
        evidence: Evidence::Observed,
    }
    .into()
}

/// Checks that the caller has a role in the whole installation.
pub fn check_system_role(caller: &Caller, role: &str) -> Result<(), Error> {
    if caller.is_allowed(role) {
        return Ok(());
    }
    let (action, why) = (role.to_owned(), String::new());
    Err(Rejection::Forbidden {
        action,
        why,
        evidence: Evidence::Observed,
    }
    .into())
}
