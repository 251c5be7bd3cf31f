//! Zadig's part of the fixture format.

use std::collections::HashSet;
use std::hash::Hash;

use serde::{Deserialize, Serialize};

use super::catalog::{ChartRepo, Environment, ImageRegistry, ProjectCatalog};
use super::table::Table;
use super::versions::fixture::VersionFixture;
use crate::sim::Millis;
use crate::sim::ids::Ids;
use crate::sim::transition::ChangeContext;
use crate::world::fixture::{ValidationError, upsert};
use crate::world::settings::ZadigGeneration;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ZadigFixture {
    /// The generation of the world, and of what is below; absent: that of the world's fixtures, or the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<ZadigGeneration>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub projects: Vec<ZadigProject>,
}

/// A project with its versions and the resources that they refer to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZadigProject {
    pub key: String,
    /// The versions, oldest first, in the form of the list or of the detail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<VersionFixture>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<Environment>,
    /// Registries of the installation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub registries: Vec<ImageRegistry>,
    /// Chart repositories of the installation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chart_repos: Vec<ChartRepo>,
}

impl ZadigProject {
    /// Applies a patch: versions and registries are replaced by id, everything else by name.
    pub fn merge(&mut self, patch: Self) {
        // A version without an id is always a new one.
        let (known, new): (Vec<_>, Vec<_>) = patch
            .versions
            .into_iter()
            .partition(|version| version.id().is_some());
        upsert(&mut self.versions, known, |version| {
            version.id().unwrap_or("")
        });
        self.versions.extend(new);
        upsert(&mut self.registries, patch.registries, |known| &known.id);
        upsert(&mut self.chart_repos, patch.chart_repos, |known| {
            &known.name
        });
        for environment in patch.environments {
            let known = self.environments.iter_mut().find(|known| {
                known.name == environment.name && known.production == environment.production
            });
            match known {
                Some(known) => *known = environment,
                None => self.environments.push(environment),
            }
        }
    }
}

impl Table {
    pub fn load_project(
        &mut self,
        project: ZadigProject,
        ids: &Ids,
        change_context: &mut ChangeContext,
    ) -> Result<(), ValidationError> {
        let key = project.key;
        if self.catalog.0.contains_key(&key) {
            return Err(ValidationError::new("key", format!("duplicate {key:?}")));
        }
        let environments = project.environments.iter();
        let environment_keys = environments.map(|known| (&known.name, known.production));
        check_unique("environments", environment_keys)?;
        let registry_keys = project.registries.iter().map(|known| (&known.id, ()));
        check_unique("registries", registry_keys)?;
        let chart_repo_keys = project.chart_repos.iter().map(|known| (&known.name, ()));
        check_unique("chart_repos", chart_repo_keys)?;
        let project_catalog = ProjectCatalog {
            environments: project.environments,
            registries: project.registries,
            chart_repos: project.chart_repos,
        };
        self.catalog.0.insert(key.clone(), project_catalog);
        for (n, version) in project.versions.into_iter().enumerate() {
            self.versions
                .load(&key, version, ids, change_context)
                .map_err(|error| error.nested_in(format!("versions[{n}]")))?;
        }
        Ok(())
    }

    /// The table in the fixture format; oldest first, so that loading it gives the same order.
    pub fn save_fixture(&self, now: Millis) -> ZadigFixture {
        let mut keys: Vec<&str> = self.catalog.0.keys().map(String::as_str).collect();
        keys.extend(self.versions.collection.scopes());
        keys.sort_unstable();
        keys.dedup();
        let projects = keys.into_iter().map(|key| {
            let project_catalog = self.catalog.0.get(key).cloned().unwrap_or_default();
            let versions = self.versions.collection.of(key);
            ZadigProject {
                key: key.to_owned(),
                versions: versions
                    .map(|stored| VersionFixture::new(&stored.id, &stored.item, now))
                    .collect(),
                environments: project_catalog.environments,
                registries: project_catalog.registries,
                chart_repos: project_catalog.chart_repos,
            }
        });
        ZadigFixture {
            generation: Some(self.generation()),
            projects: projects.collect(),
        }
    }
}

/// Checks that no key comes twice; the error shows its name.
fn check_unique<'a, K: Hash + Eq>(
    list: &str,
    keys: impl Iterator<Item = (&'a String, K)>,
) -> Result<(), ValidationError> {
    let mut seen = HashSet::new();
    for (n, key) in keys.enumerate() {
        let name = key.0;
        if !seen.insert(key) {
            return Err(ValidationError::new(
                format!("{list}[{n}]"),
                format!("duplicate {name:?}"),
            ));
        }
    }
    Ok(())
}
