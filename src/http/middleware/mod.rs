//! The middleware around every handler.
//!
//! - [`instrument`]: the outermost; request id, evidence, hints, log line, journal and numbers of every answer.
//! - [`guard`]: the token-header middleware of the families. It checks the token header (or the signature) of a
//!   request, then the permission and the declared size, and refuses with the family's documented `errorCode` body.

pub mod guard;
pub mod instrument;
