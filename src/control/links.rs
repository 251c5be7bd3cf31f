//! The links of the index: the ways into the control plane.

/// The guides, which the library does not bring.
pub(super) const GUIDES: &str = "/_emulator/docs/";

/// The links of the index: path, name and purpose.
const LINKS: [(&str, &str, &str); 11] = [
    (GUIDES, "Guides", "how to use the emulator, page by page"),
    (
        "/_emulator/v1/openapi.json",
        "OpenAPI",
        "the document of all services and of the control plane",
    ),
    (
        "/_emulator/v1/operations",
        "Operations",
        "every emulated operation with its source",
    ),
    (
        "/_emulator/v1/resources",
        "Resources",
        "everything there is, with its status",
    ),
    ("/_emulator/v1/clock", "Clock", "the virtual time"),
    (
        "/_emulator/v1/requests",
        "Requests",
        "the journal of requests and answers",
    ),
    (
        "/_emulator/v1/events",
        "Events",
        "a stream of changes and requests",
    ),
    (
        "/_emulator/v1/state",
        "State",
        "the whole state, as a fixture",
    ),
    (
        "/_emulator/v1/worlds",
        "Worlds",
        "the worlds of this process",
    ),
    (
        "/_emulator/v1/metrics",
        "Metrics",
        "counters for Prometheus",
    ),
    (
        "/_emulator/v1/health",
        "Health",
        "whether the process is alive",
    ),
];

/// The links that lead somewhere in this build: the library has no guides.
pub(super) fn links() -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str)> {
    let has_guides = cfg!(feature = "cli");
    LINKS
        .iter()
        .filter(move |(path, ..)| has_guides || *path != GUIDES)
}
