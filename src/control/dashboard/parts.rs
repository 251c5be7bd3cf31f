//! The parts of the dashboard, each a page.

/// A part of the dashboard.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// The path of its page.
    pub(super) path: &'static str,
    pub(super) name: &'static str,
}

pub(super) const OVERVIEW: Part = Part {
    path: "/_emulator/",
    name: "Overview",
};

/// The parts in the order of the navigation.
pub(super) const PARTS: &[Part] = &[OVERVIEW];

/// True for the paths of pages.
pub(in crate::control) fn is_page(path: &str) -> bool {
    PARTS.iter().any(|part| part.path == path) || path.starts_with("/_emulator/releases/")
}
