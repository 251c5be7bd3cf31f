//! The caller of a request, with the allowed actions.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Evidence, Operation, Rejection, operation};
use crate::sim::glob::Glob;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The name that resources and records show.
    pub name: Cow<'static, str>,
    /// The id of the user; absent: the name stands for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The projects that a known credential is scoped to; none for a token that is scoped to an account. Absent: the
    /// credential is unknown and valid for all projects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projects: Option<Vec<String>>,
    /// The account of a known credential that names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The project in a header of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named_project: Option<String>,
    /// The allowed actions, with `*` as a wildcard; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<String>>,
}

impl Caller {
    /// Creates a caller of whom only the name is known. All actions are allowed.
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            user_id: None,
            projects: None,
            account: None,
            named_project: None,
            actions: None,
        }
    }

    /// The id of the user, or the name of one without an id.
    pub fn user_id(&self) -> &str {
        self.user_id.as_deref().unwrap_or(&self.name)
    }

    /// Returns true if the action is allowed.
    pub fn is_allowed(&self, action: &str) -> bool {
        self.actions.as_ref().is_none_or(|allowed| {
            allowed
                .iter()
                .any(|allowed| Glob::new(&**allowed).matches(action))
        })
    }

    /// Checks that the action of an operation is allowed, or the older name of the action.
    pub fn authorize(&self, operation: &Operation) -> Result<(), Rejection> {
        let older = &operation.alias;
        if operation.action == operation::NONE
            || self.is_allowed(&operation.action)
            || (!older.is_empty() && self.is_allowed(older))
        {
            return Ok(());
        }
        let allowed = self.actions.iter().flatten().map(String::as_str);
        Err(Rejection::Forbidden {
            action: operation.action.clone(),
            why: format!(
                "{} is allowed [{}], which does not match {}{}",
                self.name,
                allowed.collect::<Vec<_>>().join(", "),
                operation.action,
                match older.as_str() {
                    "" => String::new(),
                    older => format!(" or {older}"),
                },
            ),
            evidence: Evidence::Documented,
        })
    }

    /// The project of resources that the caller creates: the one that the request names, else the credential's only one.
    pub fn default_project(&self) -> Option<&str> {
        match (&self.named_project, self.projects.as_deref()) {
            (Some(project), _) | (None, Some([project])) => Some(project),
            _ => None,
        }
    }
}
