//! Loading the table from the fixture format, and saving it.

use std::collections::HashSet;

use super::references::{Environment, Provided};
use super::rows::{Distribute, Kind, Status, UNSAID};
use super::state::{
    ChartState, Info, Item, LifeState, Project, PushState, PushingState, State, StoppedState,
};
use super::table::{Table, is_id};
use super::version::{Chart, Life, Push, Pushing, Stopped, Version};
use crate::api::gateway::UNKNOWN_CALLER;
use crate::api::history::RunState;
use crate::api::state::Misfit;
use crate::sim::Ms;
use crate::sim::ids::Ids;
use crate::sim::transition::Occasion;

impl Table {
    /// Fills an empty table.
    pub fn load(&mut self, state: State, ids: &Ids, occasion: &mut Occasion) -> Result<(), Misfit> {
        for (n, project) in state.projects.into_iter().enumerate() {
            let place = format!("projects[{n}]");
            self.load_project(project, ids, occasion)
                .map_err(|misfit| misfit.under(place))?;
        }
        Ok(())
    }

    fn load_project(
        &mut self,
        project: Project,
        ids: &Ids,
        occasion: &mut Occasion,
    ) -> Result<(), Misfit> {
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
            self.load_version(&key, item, ids, occasion)
                .map_err(|misfit| misfit.under(format!("versions[{n}]")))?;
        }
        Ok(())
    }

    fn load_version(
        &mut self,
        project: &str,
        mut item: Item,
        ids: &Ids,
        occasion: &mut Occasion,
    ) -> Result<(), Misfit> {
        let now = occasion.now;
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
        let mut given = HashSet::new();
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

        let draw = |given: &mut HashSet<String>| {
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
            Some(life) => life
                .restore(now)
                .map_err(|misfit| misfit.under("emulator"))?,
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
        self.insert(project, &id, version, occasion);
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

    fn restore(self, now: Ms) -> Result<Life, Misfit> {
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
                let run = pushing.run.restore(now);
                let run = run.map_err(|misfit| misfit.under("pushing.run"))?;
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
    let mut seen = HashSet::new();
    for (n, key) in keys.enumerate() {
        if !seen.insert(key) {
            return Err(Misfit::new(format!("{list}[{n}]"), "each only once"));
        }
    }
    Ok(())
}
