//! What texts must look like, and how to say that one does not.

use super::super::Error;
use crate::api::state::Misfit;

/// Something that is not as it must be, and where. Requests and fixtures are refused with the same words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The JSON path.
    pub path: String,
    /// What is wrong there.
    pub what: String,
}

impl Wrong {
    /// Something wrong at `path`.
    pub fn at(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            what: what.into(),
        }
    }
}

impl From<Wrong> for Error {
    fn from(wrong: Wrong) -> Self {
        Self::at(wrong.path, wrong.what)
    }
}

impl From<Wrong> for Misfit {
    fn from(wrong: Wrong) -> Self {
        Self::new(wrong.path, wrong.what)
    }
}

/// The most characters of a description.
const LONGEST_DESC: usize = 128;

/// Checks a name, of a plan or a component: 2 to 64 letters, digits, `-` and `_`, the first a letter, the last
/// a letter or a digit. Source: ServiceStage API reference, page 0230, and user guide, page 0245, read 2026-08.
pub fn name(path: impl Into<String>, text: &str) -> Result<(), Wrong> {
    let bytes = text.as_bytes();
    let fits = (2..=64).contains(&bytes.len())
        && bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if fits {
        return Ok(());
    }
    Err(Wrong::at(
        path,
        format!(
            "{text:?} is not 2 to 64 letters, digits, - and _ that begin with a letter and end with a letter \
             or a digit"
        ),
    ))
}

/// Checks a description: at most 128 characters. Source: user guide, page 0245, read 2026-08.
pub fn desc(text: &str) -> Result<(), Wrong> {
    match text.chars().count() {
        n if n <= LONGEST_DESC => Ok(()),
        n => Err(Wrong::at(
            "desc",
            format!("{n} characters are more than {LONGEST_DESC}"),
        )),
    }
}
