//! The answer of a world as it compares with the recorded one.

use super::kinds::{Difference, DriftKind, weight_of};

/// The answer that a world gave, with what it differs in.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub differences: Vec<Difference>,
    pub status: u16,
    /// The evidence that our answer claimed.
    pub evidence: String,
}

impl Outcome {
    /// The badness of an answer: the differences that another state of the world would explain count before all others, since
    /// behind them the rest cannot be seen.
    pub(super) fn badness(&self) -> (usize, u32) {
        let gaps = self
            .differences
            .iter()
            .filter(|difference| matches!(difference.kind, DriftKind::Status | DriftKind::Paging));
        (gaps.count(), weight_of(&self.differences))
    }

    pub(super) const fn is_clean(&self) -> bool {
        self.differences.is_empty()
    }
}
