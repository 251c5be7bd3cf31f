//! The options of a world in its folder.

use serde::{Deserialize, Serialize};

use crate::registry::state::State;
use crate::registry::world::World;
use crate::sim::Millis;
use crate::world::settings::{
    Auth, Fidelity, PipelinesList, Progress, References, Settings, ZadigGeneration,
};

/// The options of a world as they are stored. Those of the process are not.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredSettings {
    auth: Auth,
    fidelity: Fidelity,
    references: References,
    pipelines_list: PipelinesList,
    zadig: Option<ZadigGeneration>,
    progress: Progress,
    step: Millis,
    pace: f64,
    freeze: Option<Millis>,
    seed: u64,
    journal_bytes: usize,
    /// Absent in the directory of a version that did not store it: that of the process.
    #[serde(default)]
    history_bytes: Option<usize>,
    /// The state that a reset restores, in the fixture format.
    fixtures: State,
}

impl StoredSettings {
    /// Those of a world as they are stored.
    ///
    /// # Panics
    /// Never: the keys are strings.
    pub(super) fn of(world: &World) -> Vec<u8> {
        let settings = Self::new(world.settings(), world.fixtures());
        serde_json::to_vec(&settings).expect("the keys are strings")
    }

    fn new(settings: &Settings, fixtures: &State) -> Self {
        Self {
            auth: settings.auth,
            fidelity: settings.fidelity,
            references: settings.references,
            pipelines_list: settings.pipelines_list,
            zadig: settings.zadig,
            progress: settings.progress,
            step: settings.step,
            pace: settings.pace,
            freeze: settings.freeze,
            seed: settings.seed,
            journal_bytes: settings.journal_bytes,
            history_bytes: Some(settings.history_bytes),
            fixtures: fixtures.clone(),
        }
    }

    /// The settings of a world in a process, and its fixtures.
    pub(super) fn over(self, process: &Settings) -> (Settings, State) {
        let settings = Settings {
            auth: self.auth,
            fidelity: self.fidelity,
            references: self.references,
            pipelines_list: self.pipelines_list,
            zadig: self.zadig,
            progress: self.progress,
            step: self.step,
            pace: self.pace,
            freeze: self.freeze,
            seed: self.seed,
            journal_bytes: self.journal_bytes,
            history_bytes: self.history_bytes.unwrap_or(process.history_bytes),
            is_durable: true,
            ..process.clone()
        };
        (settings, self.fixtures)
    }
}
