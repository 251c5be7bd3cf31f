//! Environments in the fixture format.

use serde::{Deserialize, Serialize};

use super::{Environment, EnvironmentService, EnvironmentStatus, GlobalVariable};
use crate::world::fixture::ValidationError;

/// An environment, also as the list or the detail shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EnvironmentFixture {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name in answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env_key: Option<String>,
    /// The alias in the detail; without `name` and `env_key` the name, as in the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// The alias in the list.
    #[serde(rename = "envName", skip_serializing_if = "Option::is_none")]
    pub list_alias: Option<String>,
    /// The project in the detail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_key: Option<String>,
    pub production: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_id: Option<String>,
    /// Absent: `<project>-env-<name>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Absent: the default registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_id: Option<String>,
    /// Absent: `success`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<EnvironmentStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_by: Option<String>,
    /// In seconds since the epoch; absent: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_time: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub global_variables: Vec<GlobalVariable>,
    pub services: Vec<EnvironmentService>,
}

impl EnvironmentFixture {
    /// The name, in any of its spellings.
    pub fn name(&self) -> Option<&str> {
        let name = self.name.as_deref().or(self.env_key.as_deref());
        name.or(self.env_name.as_deref())
    }

    /// The environment, of a project.
    pub fn into_environment(self, project: &str) -> Result<Environment, ValidationError> {
        let wrong = |field, message: String| Err(ValidationError::new(field, message));
        let Some(name) = self.name().map(str::to_owned) else {
            return wrong("name", "is required".to_owned());
        };
        if self.env_key.as_ref().is_some_and(|key| *key != name) {
            return wrong("env_key", format!("must be the name, {name:?}"));
        }
        if self.project_key.as_ref().is_some_and(|key| key != project) {
            return wrong("project_key", format!("must be {project:?}"));
        }
        let is_named = self.name.is_some() || self.env_key.is_some();
        let other = self.env_name.filter(|_| is_named);
        let alias = self.alias.or(self.list_alias).or(other);
        let namespace = self.namespace;
        Ok(Environment {
            alias: alias.unwrap_or_default(),
            production: self.production,
            cluster_id: self.cluster_id.unwrap_or_default(),
            namespace: namespace.unwrap_or_else(|| usual_namespace(project, &name)),
            registry_id: self.registry_id.unwrap_or_default(),
            status: self.status.unwrap_or_default(),
            update_by: self.update_by.unwrap_or_default(),
            update_time: self.update_time.unwrap_or_default(),
            global_variables: self.global_variables,
            services: self.services,
            name,
        })
    }
}

impl EnvironmentFixture {
    /// The fixture of an environment of a project.
    pub fn new(environment: &Environment, project: &str) -> Self {
        let usual = usual_namespace(project, &environment.name);
        let given = |text: &String| (!text.is_empty()).then(|| text.clone());
        Self {
            name: Some(environment.name.clone()),
            alias: given(&environment.alias),
            production: environment.production,
            cluster_id: given(&environment.cluster_id),
            namespace: (environment.namespace != usual).then(|| environment.namespace.clone()),
            registry_id: given(&environment.registry_id),
            status: (environment.status != EnvironmentStatus::default())
                .then_some(environment.status),
            update_by: given(&environment.update_by),
            update_time: (environment.update_time != 0).then_some(environment.update_time),
            global_variables: environment.global_variables.clone(),
            services: environment.services.clone(),
            ..Self::default()
        }
    }
}

fn usual_namespace(project: &str, name: &str) -> String {
    format!("{project}-env-{name}")
}
