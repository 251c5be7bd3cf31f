//! Zadig in the fixture format.

use serde::{Deserialize, Serialize};

use super::references::{ChartRepo, Environment, Provided, Registry};
use super::rows::{Deploy, Distribute, Kind, Progress, Status, UNSAID};
use super::table::{Table, is_id};
use super::version::{Chart, Life, Push, Pushing, Stopped, Version};
use crate::api::gateway::UNKNOWN_CALLER;
use crate::api::history::RunState;
use crate::api::state::{Misfit, upsert, upsert_with};
use crate::http::json::{objects, some_object, some_objects};
use crate::sim::Ms;
use crate::sim::ids::Ids;

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
    fn info(&mut self) -> Result<Info, Misfit> {
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

impl Table {
    /// Fills an empty table.
    pub fn load(&mut self, state: State, ids: &Ids, now: Ms) -> Result<(), Misfit> {
        for (n, project) in state.projects.into_iter().enumerate() {
            let place = format!("projects[{n}]");
            self.load_project(project, ids, now)
                .map_err(|misfit| misfit.under(place))?;
        }
        Ok(())
    }

    fn load_project(&mut self, project: Project, ids: &Ids, now: Ms) -> Result<(), Misfit> {
        let Project {
            key,
            versions,
            environments,
            registries,
            chart_repos,
        } = project;
        if self.references.0.contains_key(&key) {
            return Err(Misfit::new("key", "each project only once"));
        }
        let environment = |known: &Environment| (known.name.clone(), known.production);
        unique("environments", environments.iter().map(environment))?;
        unique("registries", registries.iter().map(|known| &known.id))?;
        unique("chart_repos", chart_repos.iter().map(|known| &known.name))?;
        let provided = Provided {
            environments,
            registries,
            chart_repos,
        };
        self.references.0.insert(key.clone(), provided);
        for (n, item) in versions.into_iter().enumerate() {
            self.load_version(&key, item, ids, now)
                .map_err(|misfit| misfit.under(format!("versions[{n}]")))?;
        }
        Ok(())
    }

    fn load_version(
        &mut self,
        project: &str,
        mut item: Item,
        ids: &Ids,
        now: Ms,
    ) -> Result<(), Misfit> {
        let is_detail = item.version_info.is_some();
        let under = |key: &str| {
            if is_detail {
                format!("version_info.{key}")
            } else {
                key.to_owned()
            }
        };
        let info = item.info()?;
        let create_time = info.create_time.unwrap_or(now.div_euclid(1_000));
        let name = info.version_name.unwrap_or_default();
        if self.has_name(project, &name) {
            return Err(Misfit::new(
                under("version_name"),
                format!("a name that no other version of the project has, not {name}"),
            ));
        }
        let mut given = std::collections::HashSet::new();
        let mut check = |id: &str, place: String| {
            let expected = if !is_id(id) || id.bytes().any(|byte| byte.is_ascii_uppercase()) {
                "24 hexadecimal digits, lower case"
            } else if self.is_taken(id) || !given.insert(id.to_owned()) {
                "an id that is given only once"
            } else {
                return Ok(());
            };
            Err(Misfit::new(place, format!("{expected}, not {id:?}")))
        };
        if let Some(id) = &info.id {
            check(id, under("id"))?;
        }
        let mut deploys = item.deploy_infos.unwrap_or_default();
        let mut distributes = item.distribute_infos.unwrap_or_default();
        for (n, row) in deploys.iter().enumerate() {
            if !row.id.is_empty() {
                check(&row.id, format!("deploy_infos[{n}].id"))?;
            }
        }
        check_rows(&distributes, "distribute_infos", &mut check)?;

        let draw = |given: &mut std::collections::HashSet<String>| {
            let id = ids.object_id(create_time.saturating_mul(1_000), |id| {
                self.is_taken(id) || given.contains(id)
            });
            given.insert(id.clone());
            id
        };
        let id = info.id.unwrap_or_else(|| draw(&mut given));
        for row in &mut deploys {
            if row.id.is_empty() {
                row.id = draw(&mut given);
            }
            if row.create_time == UNSAID {
                row.create_time = create_time;
            }
        }
        complete(&mut distributes, create_time, &mut || draw(&mut given));

        let kind = info.kind.unwrap_or(if distributes.is_empty() {
            Kind::K8sYaml
        } else {
            Kind::HelmChart
        });
        let life = match item.emulator {
            None => Life::Given {
                status: info.status.unwrap_or(Status::Success),
                progress: info.progress,
            },
            Some(life) => life.restore().map_err(|misfit| misfit.under("emulator"))?,
        };
        let version = Version {
            name,
            kind,
            labels: info.labels.unwrap_or_default(),
            description: info.description.unwrap_or_default(),
            created_by: info.created_by.unwrap_or_else(|| UNKNOWN_CALLER.to_owned()),
            create_time,
            deploys,
            distributes,
            life,
        };
        self.insert(project, &id, version, now);
        Ok(())
    }

    /// The table in the fixture format; oldest first, so that loading it gives the same order.
    #[must_use]
    pub fn save(&self, now: Ms) -> State {
        let mut keys: Vec<&str> = self.references.0.keys().map(String::as_str).collect();
        keys.extend(self.versions.scopes());
        keys.sort_unstable();
        keys.dedup();
        let projects = keys.into_iter().map(|key| {
            let provided = self.references.0.get(key).cloned().unwrap_or_default();
            let versions = self.versions.of(key);
            Project {
                key: key.to_owned(),
                versions: versions
                    .map(|entry| Item::of(&entry.id, &entry.item, now))
                    .collect(),
                environments: provided.environments,
                registries: provided.registries,
                chart_repos: provided.chart_repos,
            }
        });
        State {
            projects: projects.collect(),
        }
    }
}

impl Item {
    fn of(id: &str, version: &Version, now: Ms) -> Self {
        let (progress, emulator) = match &version.life {
            Life::Given { progress, .. } => (progress.clone(), None),
            life => (Some(version.progress(now)), LifeState::of(life)),
        };
        Self {
            version_info: Some(Info {
                id: Some(id.to_owned()),
                version_name: Some(version.name.clone()),
                kind: Some(version.kind),
                status: Some(version.status(now)),
                labels: Some(version.labels.clone()),
                description: Some(version.description.clone()),
                progress,
                created_by: Some(version.created_by.clone()),
                create_time: Some(version.create_time),
            }),
            deploy_infos: Some(version.deploys.clone()),
            distribute_infos: Some(version.distributes.clone()),
            emulator,
            ..Self::default()
        }
    }
}

impl LifeState {
    fn of(life: &Life) -> Option<Self> {
        match life {
            Life::Given { .. } => None,
            Life::Stopped(stopped) => Some(Self::Stopped(StoppedState {
                error: stopped.error.clone(),
                chart_repo: stopped.chart_repo.clone(),
                charts: stopped
                    .charts
                    .iter()
                    .map(|chart| ChartState {
                        service: chart.service.clone(),
                        version: chart.version.clone(),
                        images: chart.images.clone(),
                    })
                    .collect(),
            })),
            Life::Pushing(pushing) => Some(Self::Pushing(PushingState {
                run: RunState::of(&pushing.run),
                pushes: pushing
                    .pushes
                    .iter()
                    .map(|push| PushState {
                        image: push.image.clone(),
                        service: push.service.clone(),
                    })
                    .collect(),
                retried: pushing.retried,
            })),
        }
    }

    fn restore(self) -> Result<Life, Misfit> {
        match self {
            Self::Stopped(stopped) => Ok(Life::Stopped(Stopped {
                error: stopped.error,
                chart_repo: stopped.chart_repo,
                charts: stopped
                    .charts
                    .into_iter()
                    .map(|chart| Chart {
                        service: chart.service,
                        version: chart.version,
                        images: chart.images,
                    })
                    .collect(),
            })),
            Self::Pushing(pushing) => {
                let run = pushing.run.restore();
                let run = run.map_err(|expected| Misfit::new("pushing.run", expected))?;
                if run.script().does.len() != pushing.pushes.len() {
                    return Err(Misfit::new(
                        "pushing.pushes",
                        "one for each step of the run",
                    ));
                }
                let pushes = pushing.pushes.into_iter().map(|push| Push {
                    image: push.image,
                    service: push.service,
                });
                Ok(Life::Pushing(Pushing {
                    run,
                    pushes: pushes.collect(),
                    retried: pushing.retried,
                }))
            }
        }
    }
}

/// Checks the ids of rows and of the rows below them.
fn check_rows(
    rows: &[Distribute],
    place: &str,
    check: &mut impl FnMut(&str, String) -> Result<(), Misfit>,
) -> Result<(), Misfit> {
    for (n, row) in rows.iter().enumerate() {
        if !row.id.is_empty() {
            check(&row.id, format!("{place}[{n}].id"))?;
        }
        check_rows(
            &row.sub_distributes,
            &format!("{place}[{n}].sub_distributes"),
            check,
        )?;
    }
    Ok(())
}

/// Gives ids and times to rows that have none, those below a row first, as the service writes them.
fn complete(rows: &mut [Distribute], create_time: i64, draw: &mut impl FnMut() -> String) {
    for row in rows {
        complete(&mut row.sub_distributes, create_time, draw);
        if row.id.is_empty() {
            row.id = draw();
        }
        if row.create_time == UNSAID {
            row.create_time = create_time;
        }
    }
}

fn unique<K: std::hash::Hash + Eq>(
    list: &str,
    keys: impl Iterator<Item = K>,
) -> Result<(), Misfit> {
    let mut seen = std::collections::HashSet::new();
    for (n, key) in keys.enumerate() {
        if !seen.insert(key) {
            return Err(Misfit::new(format!("{list}[{n}]"), "each only once"));
        }
    }
    Ok(())
}
