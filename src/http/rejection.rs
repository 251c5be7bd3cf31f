//! The refusals of the guard and of extractors, without the words of any family.

use axum::http::Extensions;

use super::Evidence;
use super::auth;
use super::head::MalformedHead;

/// A refusal before the handler runs. Each family maps it to its own error, exhaustively.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// A head that is not valid HTTP.
    MalformedHead(MalformedHead),
    /// A missing or invalid credential.
    Unauthenticated(auth::CredentialError),
    /// An authenticated caller without the permission.
    Forbidden {
        /// The missing permission.
        action: String,
        /// The explanation, with the permissions that the caller has.
        why: String,
        /// The grounds on which the service refuses this.
        evidence: Evidence,
    },
    /// An unknown path.
    NoRoute,
    /// A known path with another method.
    WrongMethod,
    /// The literal `{project_id}` in the path, from a client without a project.
    NoProject,
    /// An invalid path parameter, with its name and the reason.
    BadPath(String),
    /// An invalid query parameter, with its name and the reason.
    BadQuery(String),
    /// An invalid body, with a JSON path and the reason.
    BadBody(String),
    /// A body over [`Dialect::MAX_BODY`](super::Dialect::MAX_BODY).
    TooLarge,
    /// A body in an encoding that is not read, by its name.
    UnsupportedEncoding(String),
    /// The memory for resources is full.
    NoRoom,
    /// Too many bytes of bodies and answers are under way.
    Busy,
    /// The disk takes no further command; the text has the file and the reason.
    NotStored(String),
    /// A bug in the emulator.
    Internal,
}

impl Rejection {
    /// The hint at the end of a full memory.
    pub const NO_ROOM: &str = "the memory for resources is full: delete some, or reset the world, or start with a larger \
        --memory";

    /// The hint at the end of too many bytes under way.
    pub const BUSY: &str = "the memory for bodies and answers under way is full: read the answers, and send it again, or \
        start with a larger --memory";

    /// The hint at a disk that takes no further command.
    pub fn not_stored_hint(reason: &str) -> String {
        format!("the data directory cannot be written: {reason}; then send it again")
    }

    /// The hint at an encoding that is not read.
    pub fn encoding_hint(encoding: &str) -> String {
        format!("the body has the Content-Encoding {encoding:?}; send it in gzip, or without one")
    }

    /// The refusal of a request whose head is malformed.
    pub fn of_head(extensions: &Extensions) -> Option<Self> {
        let malformed = extensions.get::<MalformedHead>()?;
        Some(Self::MalformedHead(malformed.clone()))
    }
}
