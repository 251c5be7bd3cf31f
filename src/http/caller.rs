//! The caller of a request, and the actions that are allowed to it.

use std::borrow::Cow;

use super::{Operation, Rejection, operation};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The name that resources and records show.
    pub name: Cow<'static, str>,
    /// The projects a known credential is scoped to; absent for an unknown one, which may enter any. A token
    /// that is scoped to an account has none.
    pub projects: Option<Vec<String>>,
    /// The account that a known credential is for, where it says so itself.
    pub account: Option<String>,
    /// The project that the request itself names in a header.
    pub named_project: Option<String>,
    /// The actions allowed, with `*` as a wildcard; absent: all.
    pub actions: Option<Vec<String>>,
}

impl Caller {
    /// A caller of whom only the name is known. Everything is allowed.
    #[must_use]
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            projects: None,
            account: None,
            named_project: None,
            actions: None,
        }
    }

    /// True if the caller may do the action.
    #[must_use]
    pub fn is_allowed(&self, action: &str) -> bool {
        self.actions.as_ref().is_none_or(|allowed| {
            allowed
                .iter()
                .any(|allowed| wildmatch::WildMatch::new(allowed).matches(action))
        })
    }

    /// True if the caller may use an operation: its action is allowed, or the older name of it.
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
                if older.is_empty() {
                    String::new()
                } else {
                    format!(" or {older}")
                },
            ),
        })
    }

    /// The project that what the caller makes belongs to: the one the request names, else the credential's
    /// if it has exactly one.
    #[must_use]
    pub fn default_project(&self) -> Option<&str> {
        let only = || match self.projects.as_deref() {
            Some([only]) => Some(only.as_str()),
            _ => None,
        };
        self.named_project.as_deref().or_else(only)
    }
}
