//! Zadig's part of the fixture format.

use std::collections::HashSet;
use std::hash::Hash;
use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use super::catalog::fixture::EnvironmentFixture;
use super::catalog::{ChartRepo, ImageRegistry, ProjectCatalog, ProjectInfo, ServiceTemplate};
use super::release_plans::fixture::ZadigPlanFixture;
use super::table::Table;
use super::versions::fixture::VersionFixture;
use super::workflows::model::definition::Workflow;
use super::workflows::table::WorkflowGroup;
use crate::sim::Millis;
use crate::sim::ids::Ids;
use crate::sim::transition::ChangeContext;
use crate::world::fixture::{ValidationError, upsert, upsert_with};
use crate::world::settings::ZadigGeneration;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ZadigFixture {
    /// The generation of the world, and of what is below; absent: that of the world's fixtures, or the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<ZadigGeneration>,
    /// The most workflow tasks that run at once; absent: 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_concurrency: Option<NonZeroUsize>,
    /// The most jobs of a stage that run at once; absent: 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_concurrency: Option<NonZeroUsize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub projects: Vec<ZadigProject>,
    /// The release plans of the installation, oldest first, in the form of the list or of the detail.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub release_plans: Vec<ZadigPlanFixture>,
    /// The number of the newest release plan that there ever was; absent: that of the newest that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_release_plan: Option<i64>,
}

impl ZadigFixture {
    /// Applies a patch to the release plans, which are replaced by id.
    pub fn merge_plans(&mut self, patch: Vec<ZadigPlanFixture>, last: Option<i64>) {
        // A plan without an id is always a new one.
        let (known, new): (Vec<_>, Vec<_>) = patch.into_iter().partition(|plan| plan.id.is_some());
        upsert(&mut self.release_plans, known, |plan| {
            plan.id.as_deref().unwrap_or_default()
        });
        self.release_plans.extend(new);
        self.last_release_plan = self.last_release_plan.max(last);
    }
}

/// A project with its versions and the resources that they refer to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZadigProject {
    #[serde(alias = "project_key")]
    pub key: String,
    /// The name that is shown; absent: the key.
    #[serde(
        alias = "project_name",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub name: Option<String>,
    #[serde(alias = "desc", default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Absent: `k8s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deploy_type: Option<String>,
    #[serde(alias = "is_public", default, skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// In seconds since the epoch; absent: 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_time: Option<i64>,
    /// The last who changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// In seconds since the epoch; absent: the time of its creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_time: Option<i64>,
    /// The versions, oldest first, in the form of the list or of the detail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<VersionFixture>,
    /// The workflows with their tasks, in the order of the list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub workflows: Vec<Workflow>,
    /// The views of workflows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub workflow_views: Vec<WorkflowGroup>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<EnvironmentFixture>,
    /// The services as they are written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub service_templates: Vec<ServiceTemplate>,
    /// Registries of the installation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub registries: Vec<ImageRegistry>,
    /// Chart repositories of the installation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chart_repos: Vec<ChartRepo>,
}

impl ZadigProject {
    /// Applies a patch: versions and registries are replaced by id, everything else by name. What it says about the project
    /// itself replaces what was known.
    pub fn merge(&mut self, patch: Self) {
        self.description = patch.description.or(self.description.take());
        self.public = patch.public.or(self.public);
        self.name = patch.name.or(self.name.take());
        self.deploy_type = patch.deploy_type.or(self.deploy_type.take());
        self.create_time = patch.create_time.or(self.create_time);
        self.created_by = patch.created_by.or(self.created_by.take());
        self.update_time = patch.update_time.or(self.update_time);
        // A version without an id is always a new one.
        let (known, new): (Vec<_>, Vec<_>) = patch
            .versions
            .into_iter()
            .partition(|version| version.id().is_some());
        upsert(&mut self.versions, known, |version| {
            version.id().unwrap_or("")
        });
        self.versions.extend(new);
        upsert_with(
            &mut self.workflows,
            patch.workflows,
            |workflow| workflow.key.as_str(),
            Workflow::merge,
        );
        upsert(&mut self.workflow_views, patch.workflow_views, |view| {
            &view.name
        });
        upsert(&mut self.registries, patch.registries, |known| &known.id);
        upsert(&mut self.chart_repos, patch.chart_repos, |known| {
            &known.name
        });
        for environment in patch.environments {
            let known = self.environments.iter_mut().find(|known| {
                known.name() == environment.name() && known.production == environment.production
            });
            match known {
                Some(known) => *known = environment,
                None => self.environments.push(environment),
            }
        }
        for service in patch.service_templates {
            let known = self
                .service_templates
                .iter_mut()
                .find(|known| known.name == service.name && known.production == service.production);
            match known {
                Some(known) => *known = service,
                None => self.service_templates.push(service),
            }
        }
    }
}

impl ZadigProject {
    /// The project with what the catalog says of it.
    fn with_catalog(self, project_catalog: &ProjectCatalog) -> Self {
        let usual = ProjectInfo::new(&self.key);
        let info = &project_catalog.info;
        let given = |text: &String, usual| (*text != usual).then(|| text.clone());
        let environments = project_catalog.environments.iter();
        Self {
            name: given(&info.name, usual.name),
            description: given(&info.description, usual.description),
            deploy_type: given(&info.deploy_type, usual.deploy_type),
            public: info.is_public.then_some(true),
            create_time: (info.create_time != 0).then_some(info.create_time),
            created_by: given(&info.created_by, usual.created_by),
            update_time: (info.update_time != info.create_time).then_some(info.update_time),
            environments: environments
                .map(|known| EnvironmentFixture::new(known, &self.key))
                .collect(),
            service_templates: project_catalog.services.clone(),
            registries: project_catalog.registries.clone(),
            chart_repos: project_catalog.chart_repos.clone(),
            ..self
        }
    }
}

impl Table {
    /// Checks that an installation has one default registry at most. A registry may be listed with several projects.
    fn check_default_registry(&self, registries: &[ImageRegistry]) -> Result<(), ValidationError> {
        let mut default = self.catalog.default_registry();
        for (n, registry) in registries.iter().enumerate() {
            match default {
                Some(known) if registry.is_default && known.id != registry.id => {
                    return Err(ValidationError::new(
                        format!("registries[{n}].is_default"),
                        format!("{:?} is the default registry", known.id),
                    ));
                }
                _ => default = default.or(registry.is_default.then_some(registry)),
            }
        }
        Ok(())
    }

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
        let usual = ProjectInfo::new(&key);
        let create_time = project.create_time.unwrap_or_default();
        let info = ProjectInfo {
            name: project.name.unwrap_or(usual.name),
            description: project.description.unwrap_or_default(),
            deploy_type: project.deploy_type.unwrap_or(usual.deploy_type),
            is_public: project.public.unwrap_or_default(),
            create_time,
            created_by: project.created_by.unwrap_or(usual.created_by),
            update_time: project.update_time.unwrap_or(create_time),
        };
        let environments = project.environments.into_iter().enumerate();
        let environments = environments.map(|(n, environment)| {
            let environment = environment.into_environment(&key);
            environment.map_err(|error| error.nested_in(format!("environments[{n}]")))
        });
        let environments = environments.collect::<Result<Vec<_>, _>>()?;
        let environment_keys = environments
            .iter()
            .map(|known| (&known.name, known.production));
        check_unique("environments", environment_keys)?;
        let services = project.service_templates;
        let service_keys = services.iter().map(|known| (&known.name, known.production));
        check_unique("service_templates", service_keys)?;
        let registry_keys = project.registries.iter().map(|known| (&known.id, ()));
        check_unique("registries", registry_keys)?;
        self.check_default_registry(&project.registries)?;
        let chart_repo_keys = project.chart_repos.iter().map(|known| (&known.name, ()));
        check_unique("chart_repos", chart_repo_keys)?;
        let project_catalog = ProjectCatalog {
            info,
            environments,
            services,
            registries: project.registries,
            chart_repos: project.chart_repos,
        };
        self.catalog.0.insert(key.clone(), project_catalog);
        let view_keys = project.workflow_views.iter();
        check_unique("workflow_views", view_keys.map(|view| (&view.name, ())))?;
        if !project.workflow_views.is_empty() {
            let views = project.workflow_views;
            self.workflows.views.insert(key.clone(), views);
        }
        for (n, workflow) in project.workflows.into_iter().enumerate() {
            self.workflows
                .load(&key, workflow, change_context)
                .map_err(|error| error.nested_in(format!("workflows[{n}]")))?;
        }
        let is_v4 = self.generation() == ZadigGeneration::V4;
        let upgrade = is_v4.then_some(&self.catalog);
        for (n, version) in project.versions.into_iter().enumerate() {
            self.versions
                .load(&key, version, upgrade, ids, change_context)
                .map_err(|error| error.nested_in(format!("versions[{n}]")))?;
        }
        Ok(())
    }

    /// The table in the fixture format; oldest first, so that loading it gives the same order.
    pub fn save_fixture(&self, now: Millis) -> ZadigFixture {
        let orders = self.workflows.orders();
        let projects = self.project_keys().into_iter().map(|key| {
            let versions = self.versions.collection.of(key);
            let project = ZadigProject {
                key: key.to_owned(),
                versions: versions
                    .map(|stored| VersionFixture::new(key, &stored.id, &stored.item, now))
                    .collect(),
                workflows: self.workflows.save(key, &orders, now),
                workflow_views: self.workflows.views.get(key).cloned().unwrap_or_default(),
                ..ZadigProject::default()
            };
            match self.catalog.0.get(key) {
                Some(project_catalog) => project.with_catalog(project_catalog),
                None => project,
            }
        });
        let (workflow_concurrency, build_concurrency) = self.workflows.concurrency();
        ZadigFixture {
            generation: Some(self.generation()),
            workflow_concurrency,
            build_concurrency,
            projects: projects.collect(),
            release_plans: self.release_plans.save(now),
            last_release_plan: self.release_plans.saved_index(),
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
