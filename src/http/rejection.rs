//! Refusals before a handler runs, without the words of any family.

use super::auth;

/// Everything that can go wrong before a handler runs. Each family maps it once, exhaustively.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// No credential, or one that does not hold.
    Unauthenticated(auth::CredentialError),
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
    /// The body is over [`Dialect::MAX_BODY`](super::Dialect::MAX_BODY).
    TooLarge,
    /// The emulator's own fault.
    Internal,
}
