//! The middleware around every handler.
//!
//! - [`instrument`] is the outermost one: request id, evidence, hints, log line, journal and metrics.
//! - [`log`] has its log lines.
//! - [`guard`] is the token-header middleware of the families. It checks the token header or the signature, the
//!   permission and the declared size of a request, and refuses it with the family's documented `errorCode` body. Its parts
//!   are `fault`, `kept_answer` and `request_body`.

mod fault;
pub mod guard;
pub mod instrument;
mod kept_answer;
pub mod log;
mod request_body;
