//! The circumstances in which answers are compared.

use crate::corpus::catalog::CatalogEntry;

/// The question that an answer is compared for.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a circumstance of its own"
)]
pub(super) struct Comparison<'a> {
    pub(super) entry: &'static CatalogEntry,
    /// The words of the statuses of all resources.
    pub(super) status_words: &'a [String],
    /// True if a difference of words may be one of state, which the world has guessed.
    pub(super) is_state_guessed: bool,
    /// True if the world has what the recorded answer shows, so that it says the same words.
    pub(super) is_seeded: bool,
    /// True if the answer is a list, of which the world has all items.
    pub(super) is_list: bool,
    /// The number of items that the request asks for at most.
    pub(super) limit: Option<usize>,
    /// True if the request was a HEAD.
    pub(super) is_head: bool,
}
