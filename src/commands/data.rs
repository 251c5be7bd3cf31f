//! The commands about a data directory, and the worlds in it at the start.

use std::io::Write;
use std::path::Path;

use super::exit::{BAD_FIXTURES, CANNOT_BIND, ExitError, USAGE};
use super::printing::print;
use crate::cli::ServeOptions;
use crate::control;
use crate::registry::durable::{DurableError, DurableWorlds};
use crate::registry::{World, fixtures};
use crate::server::keeping::Keeping;
use crate::server::worlds::MAIN;
use crate::storage::{OpenMode, StorageError};
use crate::world::settings::Settings;

/// Prints a line for each world of a data directory.
pub(super) fn check_data(directory: &Path) -> Result<u8, ExitError> {
    let (lines, is_whole) = DurableWorlds::open(directory, OpenMode::Read, false)
        .and_then(|worlds| worlds.check())
        .map_err(|error| data_error(&error, directory))?;
    print(&lines.join("\n"))?;
    Ok(if is_whole { 0 } else { BAD_FIXTURES })
}

/// Prints a world of a data directory as a state document.
pub(super) fn export_data(directory: &Path, world: &str) -> Result<u8, ExitError> {
    let worlds = DurableWorlds::open(directory, OpenMode::Read, false);
    let saved =
        worlds.and_then(|worlds| worlds.saved(world, &Settings::default(), control::replay_router));
    let saved = saved.map_err(|error| data_error(&error, directory))?;
    let state = serde_json::to_string_pretty(&saved.export()).expect("the keys are strings");
    print(&state)
}

/// Opens the data directory, and restores its worlds or begins it with the fixtures.
pub(super) fn data_worlds(
    options: &ServeOptions,
    settings: &Settings,
) -> Result<(World, Option<Keeping>), ExitError> {
    let fixtures = || {
        let world = fixtures::world(&options.fixtures, None, settings);
        world.map_err(|error| (BAD_FIXTURES, error.to_string()))
    };
    let Some(directory) = &options.keep.data else {
        return Ok((fixtures()?, None));
    };
    let started = Keeping::start(
        directory,
        MAIN,
        options.keep.data_reset,
        options.keep.sync,
        settings,
        control::replay_router,
    );
    let started = started.map_err(|error| data_error(&error, directory))?;
    for note in &started.notes {
        // Stderr may be closed.
        let _ = writeln!(std::io::stderr(), "release-emulator: {note}");
    }
    if started.first.is_some() && !options.fixtures.is_empty() {
        let _ = writeln!(
            std::io::stderr(),
            "release-emulator: --fixtures is ignored, since {} has worlds already; --data-reset starts over",
            directory.display()
        );
    }
    let unusable = |error| data_error(&error, directory);
    let (world, keeping) = started.first_or(MAIN, fixtures, unusable)?;
    Ok((world, Some(keeping)))
}

/// The exit code and the text of a data directory that cannot be used, with the remedy.
fn data_error(error: &DurableError, directory: &Path) -> ExitError {
    let code = match error {
        DurableError::Storage(StorageError::InUse { .. }) => CANNOT_BIND,
        DurableError::Storage(StorageError::Io { .. }) | DurableError::Unknown { .. } => USAGE,
        _ => BAD_FIXTURES,
    };
    let remedy = if error.is_damage() {
        let directory = directory.display();
        format!(
            "\n`release-emulator data export {directory}` prints what can be saved as a state document; start again with \
             --data-reset and that as --fixtures"
        )
    } else {
        String::new()
    };
    (code, format!("{error}{remedy}"))
}
