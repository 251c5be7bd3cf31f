//! Builds and shell scripts.

use serde::Deserialize;
use serde_json::Value;

use super::context::{JobContext, settings_of};
use super::inputs::{BuildInput, BuildServiceInput, ScriptInput, repositories, variables};
use crate::families::zadig::catalog::ImageRegistry;
use crate::families::zadig::workflows::messages::TaskError;
use crate::families::zadig::workflows::model::definition::WorkflowJob;
use crate::families::zadig::workflows::model::job_task::{BuildSpec, JobSpec};
use crate::http::json::RawJson;
use crate::sim::Millis;
use crate::sim::time::instant;

/// The settings of a build.
#[derive(Clone, Debug, PartialEq)]
pub struct BuildSettings {
    /// The registry of the images, with their namespace.
    registry: String,
    services: Vec<BuildService>,
}

#[derive(Clone, Debug, PartialEq)]
struct BuildService {
    name: String,
    module: String,
    image: String,
    repos: Value,
    variables: Value,
}

/// The settings of a shell script.
#[derive(Clone, Debug, PartialEq)]
pub struct ScriptSettings {
    repos: Value,
    variables: Value,
}

/// The settings of a build in its workflow.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Configured {
    docker_registry_id: String,
    service_and_builds: Vec<ConfiguredService>,
    service_and_builds_options: Vec<ConfiguredService>,
    default_service_and_builds: Vec<ConfiguredService>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct ConfiguredService {
    service_name: String,
    service_module: String,
    image_name: String,
    repos: Value,
    key_vals: Value,
}

/// The settings of a build after its inputs. A service that the job does not have is left out, unless it has none at all.
pub fn build(
    job: &WorkflowJob,
    input: &BuildInput,
    context: &JobContext,
) -> Result<BuildSettings, TaskError> {
    let configured: Configured = settings_of(job);
    let lists = [
        configured.service_and_builds_options,
        configured.service_and_builds,
        configured.default_service_and_builds,
    ];
    let known = lists.into_iter().find(|list| !list.is_empty());
    let is_named = |registry: &&ImageRegistry| {
        let with_scheme = format!("{}/{}", registry.address, registry.namespace);
        input.registry == with_scheme || input.registry == registry.origin()
    };
    let mut registries = context.catalog.registries();
    let registry = registries.find(is_named);
    if registry.is_none() && context.checks_references {
        return Err(TaskError::Update {
            job: job.name.clone(),
            cause: "didn't find the specified image registry".to_owned(),
        });
    }
    let own = || {
        context
            .catalog
            .registry(context.project, &configured.docker_registry_id)
    };
    let registry = match registry {
        Some(registry) => registry.target(),
        None if input.registry.is_empty() => own().map_or_else(
            || format!("registry.local/{}", context.project),
            ImageRegistry::target,
        ),
        None => input.registry.clone(),
    };
    let services = input.service_list.iter().map(|service| {
        let service = service
            .as_ref()
            .ok_or(TaskError::Crash("a null in service_list"))?;
        let is_same = |known: &&ConfiguredService| {
            known.service_name == service.service_name
                && known.service_module == service.service_module
        };
        let found = match &known {
            Some(known) => known.iter().find(is_same).cloned(),
            None => Some(ConfiguredService::default()),
        };
        Ok(found.map(|known| build_service(service, &known)))
    });
    let services = services.collect::<Result<Vec<_>, TaskError>>()?;
    Ok(BuildSettings {
        registry,
        services: services.into_iter().flatten().collect(),
    })
}

fn build_service(service: &BuildServiceInput, known: &ConfiguredService) -> BuildService {
    let image = if known.image_name.is_empty() {
        &service.service_module
    } else {
        &known.image_name
    };
    BuildService {
        name: service.service_name.clone(),
        module: service.service_module.clone(),
        image: image.clone(),
        repos: repositories(&known.repos, &service.repo_info),
        variables: variables(&known.key_vals, &service.inputs),
    }
}

impl BuildSettings {
    /// The parts: one for each service. The tag of an image has the time, the number of the task and the branch.
    pub fn parts(self, task_id: i64, now: Millis) -> Vec<(Vec<(String, String)>, JobSpec)> {
        let time = instant(now).format("%Y%m%d%H%M%S");
        let parts = self.services.into_iter().map(|service| {
            let branch = service.repos[0]["branch"].as_str().unwrap_or_default();
            let branch = if branch.is_empty() { "main" } else { branch };
            let tag = format!("{time}-{task_id}-{}", branch.replace('/', "-"));
            let image = format!("{}/{}:{tag}", self.registry, service.image);
            let info = vec![
                ("service_name".to_owned(), service.name.clone()),
                ("service_module".to_owned(), service.module.clone()),
            ];
            let spec = BuildSpec {
                repos: Some(RawJson::new(&service.repos)),
                image: String::new(),
                package: String::new(),
                service_name: service.name,
                service_module: service.module,
                envs: Some(RawJson::new(&service.variables)),
            };
            (info, JobSpec::Build { spec, image })
        });
        parts.collect()
    }
}

/// The settings of a shell script after its inputs.
pub fn script(job: &WorkflowJob, input: &ScriptInput) -> ScriptSettings {
    let spec: Value = settings_of(job);
    let or = |first: &Value, second: &Value| {
        if first.is_array() {
            first.clone()
        } else {
            second.clone()
        }
    };
    let repos = or(&spec["repos"], &spec["steps"][0]["spec"]["repos"]);
    let known = or(&spec["envs"], &spec["properties"]["envs"]);
    ScriptSettings {
        repos: repositories(&repos, &input.repo_info),
        variables: variables(&known, &input.kv),
    }
}

impl ScriptSettings {
    /// The one part. A script has the shape of a build without an image.
    pub fn part(self) -> (Vec<(String, String)>, JobSpec) {
        let spec = BuildSpec {
            repos: Some(RawJson::new(&self.repos)),
            envs: Some(RawJson::new(&self.variables)),
            ..BuildSpec::default()
        };
        let image = String::new();
        (Vec::new(), JobSpec::Build { spec, image })
    }
}
