//! The loading of fixtures: files in JSON or YAML, and the built-in documented examples.

use std::path::Path;

use crate::registry::State;
use crate::registry::World;
use crate::world::fixture::ValidationError;
use crate::world::settings::{Settings, ZadigGeneration};

/// The name of the built-in documented examples.
const DOCUMENTED: &str = "documented";

/// The built-in documented examples.
pub const DOCUMENTED_STATE: &str = include_str!("documented.json");

/// The name in errors of a state that comes from no file.
const GIVEN: &str = "given as a state";

/// An error while loading fixtures.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read the fixtures {file}: {cause}")]
    Unreadable { file: String, cause: std::io::Error },
    #[error("the fixtures {file} are invalid: {validation_error}")]
    Invalid {
        file: String,
        validation_error: ValidationError,
    },
    /// Each file is valid alone, but not together with the others.
    #[error("the fixtures are invalid together: {0}")]
    Together(ValidationError),
}

impl Error {
    /// For `map_err`: an error in that file.
    fn invalid(file: &str) -> impl Fn(ValidationError) -> Self {
        move |validation_error| Self::Invalid {
            file: file.to_owned(),
            validation_error,
        }
    }
}

/// A world that holds the fixtures: the files in order, then the state. A resource replaces an earlier one with the
/// same id.
pub fn world(files: &[String], state: Option<State>, settings: &Settings) -> Result<World, Error> {
    let mut parts: Vec<(&str, State)> = files
        .iter()
        .map(|file| Ok((file.as_str(), read(file, settings)?)))
        .collect::<Result<_, _>>()?;
    parts.extend(state.map(|state| (GIVEN, state)));
    if let [(file, _)] = parts[..] {
        let (_, alone) = parts.remove(0);
        return World::new(settings.clone(), alone).map_err(Error::invalid(file));
    }
    let mut all = State::default();
    for (_, state) in &parts {
        all.merge(state.clone());
    }
    World::new(settings.clone(), all).map_err(|validation_error| {
        // Each part alone, so that an error names its file and has the path in it.
        parts
            .into_iter()
            .find_map(|(file, state)| {
                let validation_error = World::new(settings.clone(), state).err()?;
                Some(Error::invalid(file)(validation_error))
            })
            .unwrap_or(Error::Together(validation_error))
    })
}

fn read(file: &str, settings: &Settings) -> Result<State, Error> {
    if file == DOCUMENTED {
        let built_in = |text| State::from_json(text).map_err(Error::invalid(file));
        let mut state = built_in(DOCUMENTED_STATE)?;
        if settings.zadig == Some(ZadigGeneration::V4) {
            state.merge(built_in(include_str!("documented_v4.json"))?);
        }
        return Ok(state);
    }
    let path = Path::new(file);
    let text = std::fs::read_to_string(path).map_err(|cause| Error::Unreadable {
        file: file.to_owned(),
        cause,
    })?;
    // Some editors on Windows begin a file with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    let state = if extension == "yaml" || extension == "yml" {
        State::from_yaml(text)
    } else {
        State::from_json(text)
    };
    state.map_err(Error::invalid(file))
}
