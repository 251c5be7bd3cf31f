//! The permissions of callers, which depend on the project of a request.

use super::error::Error;
use crate::http::{Caller, Evidence, Rejection};

/// The role that may read versions of every project in the artifact centre.
pub const RELEASE_GET: &str = "release_get";

/// Checks that the caller has a role in a project; a project administrator has every role there.
pub fn check_role(caller: &Caller, project: &str, role: &str) -> Result<(), Error> {
    let is_admin = caller.actions.is_none();
    let has_role = |role| caller.is_allowed(&format!("{role}@{project}"));
    if is_admin || has_role(role) || has_role("project_admin") {
        return Ok(());
    }
    let action = format!("{role} in project {project:?}");
    let why = String::new();
    Err(Rejection::Forbidden {
        action,
        why,
        evidence: Evidence::Observed,
    }
    .into())
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
