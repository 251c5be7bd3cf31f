//! The middleware around every handler.
//!
//! - [`instrument`] is the outermost one: request id, evidence, hints, log line, journal and metrics.
//! - [`log`] has its log lines.
//! - [`guard`] is the token-header middleware of the families. It checks the token header or the signature, the
//!   permission and the declared size of a request, and refuses it with the family's documented `errorCode` body.

pub mod guard;
pub mod instrument;
pub mod log;
