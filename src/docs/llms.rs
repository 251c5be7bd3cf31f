//! The pages for people who work with assistants: an index by the convention of `llms.txt`, and everything in one text.

use std::fmt::Write;

use super::PAGES;

/// The name under which the index is printed.
pub const LLMS: &str = "llms";

const INTRODUCTION: &str = "\
# release-emulator

> One binary that emulates four cloud release APIs on localhost: Huawei ASM grayscale releases, ServiceStage release plans \
and pipelines, and Zadig delivery versions, with the part of Huawei IAM that clients call first. Releases proceed on a \
virtual clock that the test controls.

Everything that tests control is below `/_emulator/v1`. Refused requests explain themselves in the header `x-emulator-hint`. \
`release-emulator docs --all` prints all pages at once.
";

/// The index as `llms.txt` has it: a line with a link for each page of the emulator at a base URL.
#[must_use]
pub fn llms(base: &str) -> String {
    let mut text = INTRODUCTION.to_owned();
    for section in PAGES.chunk_by(|one, other| one.section == other.section) {
        let _ = writeln!(text, "\n## {}\n", section[0].section);
        for page in section {
            let (title, name, summary) = (page.title(), page.name, page.summary());
            let _ = writeln!(
                text,
                "- [{title}]({base}/_emulator/docs/{name}.md): {summary}"
            );
        }
    }
    let _ = writeln!(
        text,
        "\n## Optional\n\n\
         - [OpenAPI]({base}/_emulator/v1/openapi.json): the OpenAPI 3.1 document of all services and of the control plane\n\
         - [Operations]({base}/_emulator/v1/operations): every operation with its evidence, source and differences, as JSON"
    );
    text
}

/// The pages with their titles, for the terminal.
#[must_use]
pub fn list() -> String {
    let names = PAGES.iter().map(|page| page.name.len()).max();
    let width = names.unwrap_or_default();
    let mut text = String::new();
    for section in PAGES.chunk_by(|one, other| one.section == other.section) {
        let _ = writeln!(text, "{}", section[0].section);
        for page in section {
            let _ = writeln!(text, "  {:width$}  {}", page.name, page.title());
        }
    }
    text.push_str(
        "\n`release-emulator docs PAGE` prints a page, `--all` prints all of them, `llms` an index with links.\n\
         A running emulator serves them at /_emulator/docs/.\n",
    );
    text
}

/// All pages, one after the other.
#[must_use]
pub fn all() -> String {
    let texts: Vec<&str> = PAGES.iter().map(|page| page.text).collect();
    texts.join("\n")
}
