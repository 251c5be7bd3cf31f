//! The redaction of secrets in whatever is shown of requests: journal, events, log, hints, errors.
//!
//! Three layers decide what is a secret:
//!
//! - [`bodies`]: the places that are read as credentials, in logins and in the families' own bodies.
//! - [`names`]: the names that are secrets anywhere, of headers, parameters and fields, and in [`texts`] that quote them.
//! - [`known`]: the values of the secrets that are configured or issued, wherever they turn up.
//!
//! A [`Mask`] applies all of them when something is shown. Requests themselves are kept as they were sent.

pub mod bodies;
pub mod encodings;
pub mod known;
pub mod mask;
pub mod names;
pub mod texts;

pub use known::KnownSecrets;
pub use mask::Mask;
pub use names::{MARKER, MASK, is_secret, is_secret_header, may_be_secret};
