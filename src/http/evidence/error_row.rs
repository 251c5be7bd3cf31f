//! The rows of the error tables of the families.

use serde::Serialize;

use super::level::Evidence;

/// A refusal of a family: its status, its code and its text, and how they are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ErrorRow {
    pub status: u16,
    /// The code in the body; empty if the body has none.
    pub code: &'static str,
    /// The text in the body; a detail may follow it, or stand in place of `%(key)s`.
    pub text: &'static str,
    /// The grounds on which the emulator refuses in this way.
    pub evidence: Evidence,
}

impl ErrorRow {
    pub const fn documented(status: u16, code: &'static str, text: &'static str) -> Self {
        Self {
            status,
            code,
            text,
            evidence: Evidence::Documented,
        }
    }

    pub const fn inferred(status: u16, code: &'static str, text: &'static str) -> Self {
        Self {
            evidence: Evidence::Inferred,
            ..Self::documented(status, code, text)
        }
    }

    pub const fn observed(status: u16, code: &'static str, text: &'static str) -> Self {
        Self {
            evidence: Evidence::Observed,
            ..Self::documented(status, code, text)
        }
    }

    /// The code, or the text of a row without a code.
    pub const fn name(&self) -> &'static str {
        if self.code.is_empty() {
            self.text
        } else {
            self.code
        }
    }

    /// The same refusal in a case for which it is a guess.
    pub const fn as_inferred(self) -> Self {
        self.known_as(Evidence::Inferred)
    }

    /// The same refusal in a case that is known otherwise.
    pub const fn known_as(self, evidence: Evidence) -> Self {
        Self { evidence, ..self }
    }
}
