//! The options of a world. Their words are the same on the command line and in JSON.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::sim::Millis;

/// Which credentials pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[non_exhaustive]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// A credential must be there and well formed; any value passes.
    #[default]
    Shape,
    /// Only credentials of the fixtures pass.
    Strict,
}

/// What is followed where a document and the real service are known to differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[non_exhaustive]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Fidelity {
    /// The document.
    #[default]
    Documented,
    /// The service.
    Strict,
}

/// Whether what a request refers to must exist, where the emulator does not own it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[non_exhaustive]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum References {
    /// It need not.
    #[default]
    Lenient,
    /// It must be in the fixtures.
    Checked,
}

/// How the pipelines list is wrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[non_exhaustive]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum PipelinesList {
    /// A bare array, as the documented example shows.
    #[default]
    Array,
    /// `{"pipelines":[…]}`, as the documented table says.
    Object,
}

/// Everything that may be chosen of a world.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The credentials that pass.
    pub auth: Auth,
    /// The authority in doubt.
    pub fidelity: Fidelity,
    /// The treatment of references to unknown resources.
    pub references: References,
    /// The shape of the pipelines list.
    pub pipelines_list: PipelinesList,
    /// The length of one step of work, in milliseconds.
    pub step: Millis,
    /// Virtual seconds per real second.
    pub pace: f64,
    /// The instant at which the clock stands; absent: it runs.
    pub freeze: Option<Millis>,
    /// About how many bytes the journal holds; 0: it is off.
    pub journal_bytes: usize,
    /// The seed of all identifiers.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            auth: Auth::default(),
            fidelity: Fidelity::default(),
            references: References::default(),
            pipelines_list: PipelinesList::default(),
            step: 2_000,
            pace: 1.0,
            freeze: None,
            journal_bytes: 8 << 20,
            seed: 0x1d5,
        }
    }
}

/// The longest step of work: ten years.
pub const LONGEST_LENGTH: Millis = 10 * 366 * 86_400_000;

/// Reads a length with a unit, up to ten years; otherwise says what was expected.
pub fn length(text: &str) -> Result<Millis, String> {
    let expected =
        || "expected a length with a unit, such as 2s, 500ms or 1m 30s, up to ten years".to_owned();
    let length = humantime::parse_duration(text).map_err(|_| expected())?;
    let ms = Millis::try_from(length.as_millis()).map_err(|_| expected())?;
    if ms <= LONGEST_LENGTH {
        Ok(ms)
    } else {
        Err(expected())
    }
}

/// True if a clock can run at that pace.
#[must_use]
pub fn is_pace(pace: f64) -> bool {
    pace > 0.0 && pace <= 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_units() {
        assert_eq!(length("1m 30s"), Ok(90_000));
        for wrong in ["2", "-1s", "two", "11years"] {
            assert!(length(wrong).is_err(), "{wrong}");
        }
    }
}
