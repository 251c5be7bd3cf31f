//! The settings with which the emulator of a sequence starts.

use std::time::Duration;

use release_emulator::internals::Settings;
use release_emulator::{Auth, Fidelity, PipelinesList, Progress, References, ZadigGeneration};

use super::random::Random;

/// 2026-01-01T12:00:00Z.
const NOON: i64 = 1_767_268_800_000;

/// The settings of a sequence.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) settings: Settings,
    /// True if the fixtures are the documented examples; otherwise there are none.
    pub(crate) is_documented: bool,
    /// True if requests go over a socket, and not directly to the router.
    pub(crate) is_over_socket: bool,
}

impl Setup {
    /// The defaults, with a clock that stands.
    pub(crate) fn plain() -> Self {
        let settings = Settings {
            freeze: Some(NOON),
            // Some requests announce more than they send.
            longest_pause: Duration::from_secs(1),
            ..Settings::default()
        };
        Self {
            settings,
            is_documented: true,
            is_over_socket: false,
        }
    }

    /// Any settings.
    pub(crate) fn generate(random: &mut Random) -> Self {
        let mut setup = Self::plain();
        let settings = &mut setup.settings;
        if random.percent(40) {
            settings.auth = Auth::Strict;
        }
        if random.percent(25) {
            settings.fidelity = Fidelity::Strict;
        }
        if random.percent(25) {
            settings.references = References::Checked;
        }
        if random.percent(20) {
            settings.pipelines_list = PipelinesList::Object;
        }
        if random.percent(40) {
            settings.zadig = Some(ZadigGeneration::V4);
        }
        if random.percent(15) {
            settings.progress = Progress::Reads;
        }
        settings.step = *random.pick(&[2_000, 2_000, 2_000, 1, 0, 60_000]);
        setup.is_documented = random.percent(85);
        setup.is_over_socket = random.percent(12);
        setup
    }

    /// True if a read can change something.
    pub(crate) fn is_moved_by_reads(&self) -> bool {
        self.settings.progress == Progress::Reads
    }

    /// The flags of the command line that give the same.
    pub(crate) fn flags(&self) -> String {
        let Settings {
            auth,
            fidelity,
            references,
            pipelines_list,
            zadig,
            progress,
            step,
            ..
        } = &self.settings;
        let mut flags = vec!["--freeze 2026-01-01T12:00:00Z".to_owned()];
        let mut differing = |is_default: bool, flag: &str| {
            if !is_default {
                flags.push(flag.to_owned());
            }
        };
        differing(*auth == Auth::default(), "--auth strict");
        differing(*fidelity == Fidelity::default(), "--fidelity strict");
        differing(*references == References::default(), "--references checked");
        let list = "--pipelines-list object";
        differing(*pipelines_list == PipelinesList::default(), list);
        differing(zadig.is_none(), "--zadig v4");
        differing(*progress == Progress::default(), "--progress reads");
        differing(*step == 2_000, &format!("--step {step}ms"));
        differing(!self.is_documented, "--fixtures documented");
        flags.join(" ")
    }
}
