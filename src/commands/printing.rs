//! The commands that print a text: guides, man pages.

use std::io::{ErrorKind, Write};
use std::path::Path;

use super::exit::{ExitError, USAGE};
use crate::cli::{self, DocsOptions, USUAL_PORT};
use crate::docs as guides;

pub(super) fn print(text: &str) -> Result<u8, ExitError> {
    match writeln!(std::io::stdout(), "{}", text.trim_end_matches('\n')) {
        Ok(()) => Ok(0),
        // The reader has seen enough, as `head` has.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(0),
        Err(error) => Err((USAGE, format!("cannot write to stdout: {error}"))),
    }
}

/// Prints the man page, or writes all of them into a folder.
pub(super) fn write_man(folder: Option<&Path>) -> Result<u8, ExitError> {
    match folder {
        None => print(&cli::man_page()),
        Some(folder) => cli::write_man_pages(folder).map(|()| 0).map_err(|error| {
            let folder = folder.display();
            (
                USAGE,
                format!("cannot write man pages to {folder}: {error}"),
            )
        }),
    }
}

/// Prints a page of the guides, all of them, or their list.
pub(super) fn docs(options: &DocsOptions) -> Result<u8, ExitError> {
    let Some(name) = &options.page else {
        return print(&if options.all {
            guides::all()
        } else {
            guides::list()
        });
    };
    if name == guides::LLMS {
        return print(&guides::llms(&format!("http://127.0.0.1:{USUAL_PORT}")));
    }
    if let Some(page) = guides::find(name.trim_end_matches(".md")) {
        return print(&page.printed());
    }
    let near = guides::nearest_page(name);
    let near = near.map_or_else(String::new, |near| format!(", did you mean {near}?"));
    let text = format!("there is no page {name}{near}");
    Err((USAGE, format!("{text}\n`release-emulator docs` lists them")))
}
