//! The options of a world. Their values have the same names on the command line and in JSON.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::public_url::PublicUrl;
use crate::http::auth::Secret;
use crate::http::body::LONGEST_PAUSE;
use crate::http::cors::CorsOrigin;
use crate::http::evidence::RecordedDates;
use crate::http::host_name::HostPattern;
use crate::http::observe::KeptCommands;
use crate::http::web_origin::WebOrigin;
use crate::sim::Millis;
use crate::sim::memory::Memory;
use crate::sim::pack::pack_enums;
use crate::sim::time::millis;

/// The credentials that are accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// Any well-formed credential.
    #[default]
    Shape,
    /// Only credentials of the fixtures.
    Strict,
}

/// The source to follow where the documentation and the real service are known to differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Fidelity {
    /// The documentation.
    #[default]
    Documented,
    /// The real service.
    Strict,
}

/// The treatment of references to resources that the emulator does not own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum References {
    /// They need not exist.
    #[default]
    Lenient,
    /// They must exist in the fixtures.
    Checked,
}

/// The shape of the pipelines list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
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

/// The generation of Zadig's delivery API and of its neighbours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum ZadigGeneration {
    /// The first, of Zadig v2.3.1 to v3.4.1.
    #[default]
    V3,
    /// The second, of Zadig v4.0.0 and later.
    V4,
}

/// The cause for which runs proceed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[non_exhaustive]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Progress {
    /// The clock alone.
    #[default]
    Clock,
    /// Reads too: each GET moves the resources that it answers to their next status.
    Reads,
}

/// The callers of the control plane that are let in beside those of this machine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ControlAccess {
    /// The hosts by which it may be asked.
    pub hosts: Vec<HostPattern>,
    /// The origins of web pages that may use it.
    pub origins: Vec<WebOrigin>,
    /// The token that every caller must have; absent: none needs one.
    pub token: Option<Secret>,
}

/// All options of a world.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub auth: Auth,
    pub fidelity: Fidelity,
    pub references: References,
    pub pipelines_list: PipelinesList,
    /// The generation of Zadig; absent: that of the fixtures, or the first.
    pub zadig: Option<ZadigGeneration>,
    pub progress: Progress,
    /// The length of one step of work, in milliseconds.
    pub step: Millis,
    /// Virtual seconds per real second.
    pub pace: f64,
    /// The instant at which the clock is frozen; absent: it runs.
    pub freeze: Option<Millis>,
    /// The approximate size of the journal in bytes; 0: it is off.
    pub journal_bytes: usize,
    /// The approximate size of the history in bytes; 0: the past cannot be reached.
    pub history_bytes: usize,
    /// The approximate size of the answers that are kept, in bytes; 0: none are.
    pub answer_cache_bytes: usize,
    /// True if commands are kept on a disk.
    pub is_durable: bool,
    /// The budget of the process, which all its worlds share.
    pub memory: Memory,
    /// The most bytes of a state in a request; absent: a tenth of the memory.
    pub max_state: Option<usize>,
    /// The longest pause of a client within the body of a request.
    pub longest_pause: Duration,
    /// The seed of all identifiers.
    pub seed: u64,
    /// The URL of the first world in answers; absent: the one that was asked.
    pub public_url: Option<PublicUrl>,
    /// True if the headers of a proxy tell the URL that was asked.
    pub trusts_proxy: bool,
    /// True if webhooks may be anywhere, and not only on the loopback.
    pub webhooks_anywhere: bool,
    /// The callers of the control plane.
    pub control_access: ControlAccess,
    /// The origins of web pages that may read the answers of the emulated services.
    pub cors: Vec<CorsOrigin>,
    /// The dates of recordings that agree with the emulator, by operation.
    pub recorded: Arc<RecordedDates>,
}

impl Settings {
    /// True if references to unknown resources are refused.
    pub fn checks_references(&self) -> bool {
        self.references == References::Checked
    }

    /// True if commands are kept, to go back or to go on later.
    pub fn keeps_commands(&self) -> bool {
        self.history_bytes > 0 || self.is_durable
    }

    /// The requests that are kept if they change the memory.
    pub fn kept_commands(&self) -> KeptCommands {
        if !self.keeps_commands() {
            KeptCommands::None
        } else if self.progress == Progress::Reads {
            KeptCommands::All
        } else {
            KeptCommands::Writes
        }
    }

    /// The approximate size of the answers that are kept. Under [`Progress::Reads`] no answer is like the one before.
    pub fn answer_cache_bytes(&self) -> usize {
        match self.progress {
            Progress::Clock => self.answer_cache_bytes,
            Progress::Reads => 0,
        }
    }

    /// The most bytes of a state in a request.
    pub fn max_state(&self) -> usize {
        let usual = self.memory.budget() / 10;
        self.max_state.unwrap_or(usual)
    }
}

/// The bytes that it takes to read a byte of a state, beside its body: the parts that are read from it.
pub const STATE_WEIGHT: usize = 2;

impl Default for Settings {
    fn default() -> Self {
        Self {
            auth: Auth::default(),
            fidelity: Fidelity::default(),
            references: References::default(),
            pipelines_list: PipelinesList::default(),
            zadig: None,
            progress: Progress::default(),
            step: 2_000,
            pace: 1.0,
            freeze: None,
            journal_bytes: 8 << 20,
            history_bytes: 32 << 20,
            answer_cache_bytes: 4 << 20,
            is_durable: false,
            memory: Memory::default(),
            max_state: None,
            longest_pause: LONGEST_PAUSE,
            seed: 0x1d5,
            public_url: None,
            trusts_proxy: false,
            webhooks_anywhere: false,
            control_access: ControlAccess::default(),
            cors: Vec::new(),
            recorded: Arc::default(),
        }
    }
}

/// The longest step of work: ten years.
pub const LONGEST_LENGTH: Millis = 10 * 366 * 86_400_000;

/// Parses a length with a unit, up to ten years. The error is the expected format.
pub fn length(text: &str) -> Result<Millis, String> {
    let length = humantime::parse_duration(text).ok().filter(|length| {
        let millis = Millis::try_from(length.as_millis());
        millis.is_ok_and(|millis| millis <= LONGEST_LENGTH)
    });
    let length = length.ok_or_else(|| {
        "expected a length with a unit, such as 2s, 500ms or 1m 30s, up to ten years".to_owned()
    })?;
    match millis(length) {
        0 if !length.is_zero() => Err("must be 0s, or at least 1ms".to_owned()),
        millis => Ok(millis),
    }
}

/// True if a token can be sent in a header.
pub fn is_token(token: &Secret) -> bool {
    let text = token.expose();
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// True if a clock can run at that pace.
pub fn is_pace(pace: f64) -> bool {
    pace > 0.0 && pace <= 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_units() {
        assert_eq!(length("1m 30s"), Ok(90_000));
        assert_eq!(
            [length("0"), length("0ns"), length("1ms")],
            [Ok(0), Ok(0), Ok(1)]
        );
        for wrong in ["2", "-1s", "two", "11years", "1ns", "999us"] {
            assert!(length(wrong).is_err(), "{wrong}");
        }
    }
}

pack_enums! { ZadigGeneration { 0: V3, 1: V4 } }
