//! Zadig in the fixture format.

use serde::{Deserialize, Serialize};

use super::references::{ChartRepo, Environment, Registry};
use super::rows::{Deploy, Distribute, Kind, Progress, Status};
use crate::api::history::RunState;
use crate::api::state::{Misfit, upsert, upsert_with};
use crate::http::json::{objects, some_object, some_objects};

/// Projects with their versions and what these refer to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct State {
    /// The projects.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "objects")]
    pub projects: Vec<Project>,
}

/// One project.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// Its key.
    pub key: String,
    /// Its versions, as the list or the detail shows them; among equal seconds the later is the newer.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "objects"
    )]
    pub versions: Vec<Item>,
    /// Its environments.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "objects"
    )]
    pub environments: Vec<Environment>,
    /// Registries of the installation.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "objects"
    )]
    pub registries: Vec<Registry>,
    /// Chart repositories of the installation.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "objects"
    )]
    pub chart_repos: Vec<ChartRepo>,
}

/// A version: an item of the list, or a whole detail.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Item {
    /// Of a detail: the version itself. Then none of the keys of a list item may be there.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "some_object"
    )]
    pub version_info: Option<Info>,
    /// Of a detail: what it delivers of a K8s project.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "some_objects"
    )]
    pub deploy_infos: Option<Vec<Deploy>>,
    /// Of a detail: what it delivers of a Helm project.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "some_objects"
    )]
    pub distribute_infos: Option<Vec<Distribute>>,
    /// Of a list item: see [`Info`], as all that follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_name: Option<String>,
    /// What it is made of.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// What it is at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Its labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How far it is.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "some_object"
    )]
    pub progress: Option<Progress>,
    /// Who created it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// When it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_time: Option<i64>,
    /// How it goes; absent: it stays as it is given, until a retry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emulator: Option<LifeState>,
}

/// The version itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Info {
    /// Its id: 24 hexadecimal digits, lower case; absent: one is drawn.
    pub id: Option<String>,
    /// Its name.
    pub version_name: Option<String>,
    /// What it is made of; absent: a chart if it has rows for distribution, else YAML.
    #[serde(rename = "type")]
    pub kind: Option<Kind>,
    /// What it is at; absent: `success`.
    pub status: Option<Status>,
    /// Its labels.
    pub labels: Option<Vec<String>>,
    /// What it is for.
    pub description: Option<String>,
    /// How far it is; null: what its rows and its status tell.
    #[serde(deserialize_with = "some_object")]
    pub progress: Option<Progress>,
    /// Who created it.
    pub created_by: Option<String>,
    /// When it was created, in seconds since the epoch; absent: now.
    pub create_time: Option<i64>,
}

/// How a version goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LifeState {
    /// Its images are pushed, or were.
    Pushing(PushingState),
    /// It failed before any push began.
    Stopped(StoppedState),
}

/// The pushes of a version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushingState {
    /// When what was pushed or will be.
    pub run: RunState,
    /// The images by step.
    #[serde(deserialize_with = "objects")]
    pub pushes: Vec<PushState>,
    /// Whether it is a retry.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retried: bool,
}

/// The push of one image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushState {
    /// The image's name.
    pub image: String,
    /// The service it belongs to.
    pub service: String,
}

/// Why a version failed before any push began, and what a retry does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoppedState {
    /// Why.
    pub error: String,
    /// Where the charts go.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub chart_repo: String,
    /// The charts that a retry packages.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "objects"
    )]
    pub charts: Vec<ChartState>,
}

/// A chart to be packaged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChartState {
    /// The service.
    pub service: String,
    /// The chart's version.
    pub version: String,
    /// The images to be pushed.
    #[serde(default)]
    pub images: Vec<String>,
}

impl State {
    /// Takes over what a patch says: versions and registries by id, everything else by name.
    pub fn merge(&mut self, patch: Self) {
        upsert_with(
            &mut self.projects,
            patch.projects,
            |project| project.key.as_str(),
            Project::merge,
        );
    }
}

impl Project {
    fn merge(&mut self, patch: Self) {
        // A version without an id is always a new one.
        let (named, fresh): (Vec<_>, Vec<_>) = patch
            .versions
            .into_iter()
            .partition(|item| item.id().is_some());
        upsert(&mut self.versions, named, |item| item.id().unwrap_or(""));
        self.versions.extend(fresh);
        upsert(&mut self.registries, patch.registries, |registry| {
            registry.id.as_str()
        });
        upsert(&mut self.chart_repos, patch.chart_repos, |repo| {
            repo.name.as_str()
        });
        for environment in patch.environments {
            let same = |known: &&mut Environment| {
                known.name == environment.name && known.production == environment.production
            };
            match self.environments.iter_mut().find(same) {
                Some(known) => *known = environment,
                None => self.environments.push(environment),
            }
        }
    }
}

impl Item {
    fn id(&self) -> Option<&str> {
        let info = self.version_info.as_ref();
        info.and_then(|info| info.id.as_deref())
            .or(self.id.as_deref())
    }

    /// The version itself, wherever its keys are.
    pub(super) fn info(&mut self) -> Result<Info, Misfit> {
        let bare = Info {
            id: self.id.take(),
            version_name: self.version_name.take(),
            kind: self.kind.take(),
            status: self.status.take(),
            labels: self.labels.take(),
            description: self.description.take(),
            progress: self.progress.take(),
            created_by: self.created_by.take(),
            create_time: self.create_time.take(),
        };
        match self.version_info.take() {
            None => Ok(bare),
            Some(info) if bare == Info::default() => Ok(info),
            Some(_) => Err(Misfit::new(
                "version_info",
                "either version_info or the keys of a list item, not both",
            )),
        }
    }
}
