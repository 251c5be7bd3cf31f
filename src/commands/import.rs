//! The command `import`.

use std::io::Write;

use super::exit::{BAD_FIXTURES, ExitError};
use super::printing::print;
use crate::cli::ImportOptions;
use crate::corpus::import::import_files;

/// Prints fixtures with what files show.
pub(super) fn import(options: &ImportOptions) -> Result<u8, ExitError> {
    let imported = import_files(&options.files, options.zadig);
    let imported = imported.map_err(|error| (BAD_FIXTURES, error.to_string()))?;
    for line in &imported.unusable {
        // Stderr may be closed.
        let _ = writeln!(std::io::stderr(), "release-emulator: not imported: {line}");
    }
    print(&imported.fixtures)
}
