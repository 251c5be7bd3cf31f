//! What every family's router needs, and nothing of any cloud: dialects, operations, extractors, the gate.
//!
//! A request passes, outermost first: [`finish`] (request id, evidence, hints, log line), the family's
//! [`gate`] (unknown method; then credential, permission, declared size), the extractors, the handler.

pub mod auth;
pub mod declare;
pub mod declared;
pub mod extract;
pub mod finish;
pub mod gate;
pub mod json;
pub mod lent;
pub mod mangle;
pub mod nearest;
pub mod notes;
pub mod operation;
pub mod render;
pub mod routes;
pub mod seal;
pub mod serve;
pub mod spelling;
pub mod watch;
mod writer;

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::OpenApi;

pub use operation::Operation;

/// The voice of a family: how it recognises its callers and words its refusals.
///
/// The state of a family's router implements it, so extractors learn the dialect from the state and
/// handlers carry no type parameter.
pub trait Dialect: Clone + Send + Sync + 'static {
    /// The family's error, which says every [`Rejection`] in the family's own words.
    type Error: From<Rejection> + IntoResponse + Send;

    /// Whether it is the dialect of an emulated service, whose operations declare how they are known.
    const EMULATES: bool = true;

    /// Whether HEAD is answered as GET without a body; otherwise it is a wrong method.
    const HEAD_IS_GET: bool = true;

    /// The most a request body may hold, in bytes: 12 MiB, the documented limit of the gateway.
    const MAX_BODY: usize = 12 << 20;

    /// What notices the requests of the world.
    fn watch(&self) -> &Arc<watch::Watch>;

    /// Whether the request's credential covers its body, which is then read before the caller is recognised,
    /// and so its size is looked at first.
    fn covers_body(&self, request: &Parts) -> bool {
        let _ = request;
        false
    }

    /// Recognises who calls by what the request says of itself. The body is empty unless the credential
    /// covers it.
    fn caller(&self, request: &Parts, body: &Bytes) -> Result<Caller, Rejection>;

    /// Whether the caller may use the operation. A family that must look at more than the request's head
    /// allows it here and decides in its handlers.
    fn permit(
        &self,
        caller: &Caller,
        operation: &Operation,
        request: &Parts,
    ) -> Result<(), Rejection> {
        let _ = request;
        caller.permit(operation)
    }

    /// The project, mesh or project key that a request names in its head.
    fn scope(&self, request: &Parts) -> Option<String> {
        let _ = request;
        None
    }

    /// Answers in place of the service, in the family's words: what a fault asks for.
    fn fault(&self, answer: &watch::faults::Answer) -> Response {
        let _ = answer;
        Self::Error::from(Rejection::Fault).into_response()
    }

    /// Adds to the family's part of the OpenAPI document what the gate does to every operation: the
    /// credential it asks for, and its refusals.
    fn declare(api: &mut OpenApi) {
        let _ = api;
    }

    /// Refuses a request that no route takes ([`Rejection::NoRoute`], [`Rejection::WrongMethod`]). A family
    /// whose gateway looks at the credential first does so here.
    fn unrouted(&self, request: &Parts, why: Rejection) -> Self::Error {
        let _ = request;
        why.into()
    }
}

/// Everything that can go wrong before a handler runs. Each family maps it once, exhaustively.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// No credential, or one that does not hold.
    Unauthenticated(auth::Failure),
    /// A known caller who may not do this.
    Forbidden {
        /// The permission that is missing.
        action: String,
        /// Why, and what would have been allowed.
        why: String,
    },
    /// There is no such path.
    NoRoute,
    /// The path exists, but not for this method.
    WrongMethod,
    /// The path holds the literal `{project_id}` of a client that was given no project.
    NoProject,
    /// A path parameter cannot be read; says which and why.
    BadPath(String),
    /// A query parameter cannot be read; says which and why.
    BadQuery(String),
    /// The body cannot be read; says where (a JSON path) and why.
    BadBody(String),
    /// The body is over [`Dialect::MAX_BODY`].
    TooLarge,
    /// The emulator's own fault.
    Fault,
}

/// Who calls.
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

    /// Whether the caller may do the action.
    #[must_use]
    pub fn may(&self, action: &str) -> bool {
        self.actions.as_ref().is_none_or(|allowed| {
            allowed
                .iter()
                .any(|allowed| wildmatch::WildMatch::new(allowed).matches(action))
        })
    }

    /// Whether the caller may use an operation: its action is allowed, or the older name of it.
    pub fn permit(&self, operation: &Operation) -> Result<(), Rejection> {
        let older = &operation.alias;
        if operation.action == operation::NONE
            || self.may(&operation.action)
            || (!older.is_empty() && self.may(older))
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
    pub fn home(&self) -> Option<&str> {
        let only = || match self.projects.as_deref() {
            Some([only]) => Some(only.as_str()),
            _ => None,
        };
        self.named_project.as_deref().or_else(only)
    }
}
