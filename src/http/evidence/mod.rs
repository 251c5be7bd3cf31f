//! The evidence for an answer: which of its parts are documented, observed or inferred.
//!
//! Each part declares its evidence where it is defined: an operation in its attribute, a field or a parameter by the
//! type `Inferred` of `http/attributes`, a word in the schema of its enum, an error in the table of its family. While a
//! request is served, the parts that the answer uses are collected in an [`AnswerEvidence`], and the answer is known
//! only as well as the weakest of them.

pub mod answer;
pub mod error_row;
pub mod level;
pub mod operation;
pub mod schema;
pub mod tree;

use std::collections::BTreeMap;

pub use answer::AnswerEvidence;
pub use level::Evidence;

/// The dates of recordings of the real service that agree with the emulator, by the id of the operation.
pub type RecordedDates = BTreeMap<String, String>;
