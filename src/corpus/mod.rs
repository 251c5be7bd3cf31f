//! The corpus: recorded exchanges with a real service, without its secrets, as JSON lines.
//!
//! A line is an exchange: the operation, the request and the answer, redacted. The type that is written,
//! [`RedactedExchange`], is made by a [`Redactor`] and by nothing else, and it cannot be read from JSON; the type that is
//! read, [`Exchange`], cannot be written. So nothing that was not redacted reaches a file.
//!
//! The redaction denies by default. A value is written where the published schema of its operation calls it data: a number,
//! a boolean, a time, a word of an enumeration, a code. Names, ids, hosts and the like become stand-ins, counted in the
//! order in which they turn up, so that nothing of the original is in them. Everything else is written as its shape.

pub mod catalog;
mod clean;
mod error_text;
pub mod exchange;
pub mod forms;
pub mod har;
pub mod headers;
pub mod import;
pub mod materialize;
mod raw;
pub mod read;
mod redact;
pub mod resources;
pub mod schema;
mod stand_ins;
pub mod value;
mod vocabulary;
pub mod writer;

pub use exchange::{Exchange, RecordedAnswer, RecordedRequest};
pub use raw::{RawAnswer, RawExchange, RawRequest};
pub use read::{CorpusError, read_file, read_lines};
pub use redact::{RedactedExchange, Redactor, Session};
pub use value::Recorded;
