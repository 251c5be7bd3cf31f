//! Loading fixtures: files in JSON or YAML, and the documented examples that are built in.

use std::path::Path;

use crate::registry::State;
use crate::registry::World;
use crate::world::fixture::ValidationError;
use crate::world::settings::Settings;

/// The name under which the documented examples are built in.
const DOCUMENTED: &str = "documented";

/// The name of a state that came from no file, for error messages.
pub const GIVEN: &str = "given as a state";

/// An error while loading fixtures.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file is missing or cannot be read.
    #[error("cannot read the fixtures {file}: {cause}")]
    Unreadable {
        /// The file, as it was named.
        file: String,
        cause: std::io::Error,
    },
    /// A file does not fit.
    #[error("the fixtures {file} do not fit: {validation_error}")]
    Invalid {
        /// The file, as it was named.
        file: String,
        validation_error: ValidationError,
    },
    /// Each file fits by itself, but not beside the others.
    #[error("the fixtures do not fit together: {0}")]
    Together(ValidationError),
}

/// A world that holds the fixtures in order; what has the same id in a later one replaces the earlier.
pub fn world(files: &[String], settings: &Settings) -> Result<World, Error> {
    world_with(files, None, settings)
}

/// Like [`world`], with a state applied after the files; errors name it [`GIVEN`].
pub fn world_with(
    files: &[String],
    given: Option<State>,
    settings: &Settings,
) -> Result<World, Error> {
    let mut parts: Vec<(&str, State)> = files
        .iter()
        .map(|file| Ok((file.as_str(), read(file)?)))
        .collect::<Result<_, _>>()?;
    parts.extend(given.map(|state| (GIVEN, state)));
    let misfit_in = |file: &str, validation_error| Error::Invalid {
        file: file.to_owned(),
        validation_error,
    };
    if let [(file, _)] = parts[..] {
        let alone = parts.pop().map(|(_, state)| state).unwrap_or_default();
        return World::new(settings.clone(), alone)
            .map_err(|validation_error| misfit_in(file, validation_error));
    }
    let mut all = State::default();
    for (_, state) in &parts {
        all.merge(state.clone());
    }
    World::new(settings.clone(), all).map_err(|validation_error| {
        // Try each part by itself, to report the faulty one with paths into its own text.
        let alone = |(file, state): (&str, State)| {
            let validation_error = World::new(settings.clone(), state).err()?;
            Some(misfit_in(file, validation_error))
        };
        parts
            .into_iter()
            .find_map(alone)
            .unwrap_or(Error::Together(validation_error))
    })
}

fn read(file: &str) -> Result<State, Error> {
    let validation_error = |validation_error| Error::Invalid {
        file: file.to_owned(),
        validation_error,
    };
    if file == DOCUMENTED {
        return State::from_json(include_str!("documented.json")).map_err(validation_error);
    }
    let path = Path::new(file);
    let text = std::fs::read_to_string(path).map_err(|cause| Error::Unreadable {
        file: file.to_owned(),
        cause,
    })?;
    // Some editors of Windows begin a file with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let ending = path
        .extension()
        .and_then(|ending| ending.to_str())
        .map(str::to_ascii_lowercase);
    match ending.as_deref() {
        Some("yaml" | "yml") => State::from_yaml(text).map_err(validation_error),
        _ => State::from_json(text).map_err(validation_error),
    }
}
