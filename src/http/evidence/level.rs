//! The three levels of evidence.

use serde::{Deserialize, Serialize};

/// The grounds on which the emulator behaves as it does, the strongest first.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Deserialize,
    Serialize,
    strum::IntoStaticStr,
)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Evidence {
    /// The service's own documentation says so.
    #[default]
    Documented,
    /// The source of the service or of an official client says so.
    Observed,
    /// An informed guess.
    Inferred,
}

impl Evidence {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
