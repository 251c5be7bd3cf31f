//! The guides, a module for each page. `release-emulator docs` prints the same pages, and a running emulator serves them at
//! `/_emulator/docs/`.

#![expect(
    clippy::doc_markdown,
    reason = "the pages are for everybody, and names of products are words in them"
)]

#[cfg(feature = "cli")]
mod html;
#[cfg(feature = "cli")]
mod llms;
mod page;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub use html::{ICON, STYLE, not_found, render, slug};
#[cfg(feature = "cli")]
#[doc(hidden)]
pub use llms::{LLMS, all, list, llms};
#[doc(hidden)]
pub use page::{Drawing, Page};

use crate::sim::fuzzy::nearest;

/// Declares the pages: each is a module with the page's text, and an entry of [`PAGES`].
macro_rules! pages {
    ($($module:ident $name:literal $section:literal $([$($drawing:literal)+])?;)+) => {
        pages! { @modules
            // Rustdoc resolves links by these definitions, since the first definition of a label counts.
            [$("[" $name "]: crate::docs::" stringify!($module) "\n")+]
            $($module $name [$($($drawing)+)?];)+
        }

        /// All pages, in the order in which they are listed.
        #[doc(hidden)]
        pub static PAGES: &[Page] = &[$(Page {
            name: $name,
            section: $section,
            text: include_str!(concat!($name, ".md")),
            drawings: &[$($(Drawing {
                name: $drawing,
                svg: include_str!(concat!($drawing, ".svg")),
            }),+)?],
        }),+];
    };
    (@modules $links:tt $($module:ident $name:literal $drawings:tt;)+) => {
        $(
            #[doc = pages!(@joined $links)]
            #[doc = include_str!(concat!($name, ".md"))]
            #[doc = pages!(@drawn $drawings)]
            pub mod $module {}
        )+
    };
    (@joined [$($part:expr)+]) => {
        concat!($($part),+)
    };
    (@drawn []) => {
        ""
    };
    (@drawn [$($drawing:literal)+]) => {
        // The tag around it begins a block of HTML.
        concat!($("\n<div>\n", include_str!(concat!($drawing, ".svg")), "</div>\n"),+)
    };
}

pages! {
    index "index" "Start";
    quick_start "quick-start" "Start";
    pipelines "pipelines" "Services" ["pipeline"];
    plans "plans" "Services" ["plan"];
    asm "asm" "Services" ["release" "mesh"];
    zadig "zadig" "Services" ["version"];
    zadig_release_plans "zadig-release-plans" "Services" ["zadig-plan"];
    zadig_reads "zadig-reads" "Services";
    zadig_workflows "zadig-workflows" "Services" ["task"];
    iam "iam" "Services" ["token"];
    dashboard "dashboard" "Control";
    time "time" "Control";
    scripts "scripts" "Control";
    faults "faults" "Control";
    hints "hints" "Control";
    journal "journal" "Control";
    events "events" "Control";
    worlds "worlds" "Control";
    fixtures "fixtures" "Control";
    keep "keep" "Control";
    credentials "credentials" "Control";
    exec "exec" "Tests";
    intercept "intercept" "Tests";
    testing_python "testing-python" "Tests";
    testing_javascript "testing-javascript" "Tests";
    testing_rust "testing-rust" "Tests";
    testing_go "testing-go" "Tests";
    testing_java "testing-java" "Tests";
    ci "ci" "Tests";
    containers "containers" "Tests";
    tls "tls" "Tests";
    wiremock "wiremock" "Tests";
    callers "callers" "Tests";
    flags "flags" "Reference";
    control_plane "control-plane" "Reference";
    coverage "coverage" "Reference";
    differences "differences" "Reference";
    check "check" "Reference";
    costs "costs" "Reference";
}

/// The page of that name.
#[doc(hidden)]
#[must_use]
pub fn find(name: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.name == name)
}

/// The page whose name is closest to an unknown one.
#[doc(hidden)]
#[must_use]
pub fn nearest_page(name: &str) -> Option<&'static str> {
    nearest(name, PAGES.iter().map(|page| page.name)).or_else(|| {
        let is_part = |page: &&Page| name.len() > 2 && page.name.contains(name);
        Some(PAGES.iter().find(is_part)?.name)
    })
}
