//! The parts of the dashboard, each with a page.

/// A part.
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

pub(super) const REQUESTS: Part = Part {
    path: "/_emulator/requests",
    name: "Requests",
};

pub(super) const FAILURES: Part = Part {
    path: "/_emulator/failures",
    name: "Make it fail",
};

pub(super) const DEMO: Part = Part {
    path: "/_emulator/demo",
    name: "Try it",
};

pub(super) const REFERENCE: Part = Part {
    path: "/_emulator/reference",
    name: "Reference",
};

/// The parts in the order of the navigation.
pub(super) const PARTS: &[Part] = &[OVERVIEW, REQUESTS, FAILURES, DEMO, REFERENCE];

/// True for the paths of pages.
pub(in crate::control) fn is_page(path: &str) -> bool {
    PARTS.iter().any(|part| {
        let below = path.strip_prefix(part.path);
        below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
    }) || path.starts_with("/_emulator/releases/")
}
