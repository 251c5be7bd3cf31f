//! Deployments of services and of workloads.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::context::{JobContext, JobPart, object, settings_of};
use super::inputs::{CustomDeployInput, DeployInput};
use crate::families::zadig::workflows::messages::CreateCause;
use crate::families::zadig::workflows::model::definition::WorkflowJob;
use crate::families::zadig::workflows::model::job_task::{JobSpec, JobTask};
use crate::http::json::RawJson;
use crate::world::settings::ZadigGeneration;

/// The settings of a deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploySettings {
    environment: String,
    is_production: bool,
    service_type: String,
    /// The build whose services are deployed, if the job takes those.
    from_job: Option<String>,
    services: Vec<DeployedModule>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct DeployedModule {
    service_name: String,
    service_module: String,
    #[serde(alias = "image_name")]
    image: String,
    value_merge_strategy: String,
}

/// The settings of a deployment in its workflow.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Configured {
    env: String,
    production: bool,
    deploy_type: String,
    source: String,
    job_name: String,
    service_and_images: Vec<DeployedModule>,
}

/// A deployment of a service as a task shows it.
#[derive(Serialize)]
struct DeploySpec<'a> {
    env: &'a str,
    env_alias: &'a str,
    production: bool,
    service_type: &'a str,
    deploy_contents: [&'a str; 1],
    skip_check_run_status: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_import_to_deploy: Option<bool>,
    service_and_images: Vec<DeployedImage<'a>>,
    yaml_content: &'a str,
    user_supplied_value: &'a str,
    variable_kvs: [(); 0],
    origin_revision: i64,
    value_merge_strategy: &'a str,
}

#[derive(Serialize)]
struct DeployedImage<'a> {
    service_name: &'a str,
    service_module: &'a str,
    image: &'a str,
}

/// The settings of a deployment after its inputs.
pub fn deploy(job: &WorkflowJob, input: DeployInput, context: &JobContext) -> DeploySettings {
    let configured: Configured = settings_of(job);
    // The service takes the environment of the inputs, even an absent one.
    let environment = if !input.env_name.is_empty() {
        input.env_name
    } else if context.is_strict {
        let project_catalog = context.catalog.0.get(context.project);
        let first = project_catalog.and_then(|known| known.environments.first());
        first.map_or_else(String::new, |first| first.name.clone())
    } else {
        configured.env
    };
    let services = input.service_list.into_iter().flatten();
    let services = services.map(|service| DeployedModule {
        service_name: service.service_name,
        service_module: service.service_module,
        image: service.image_name,
        value_merge_strategy: service.value_merge_strategy,
    });
    let services: Vec<_> = services.collect();
    let is_from_job = configured.source == "fromjob";
    DeploySettings {
        environment,
        is_production: configured.production,
        service_type: if configured.deploy_type.is_empty() {
            "k8s".to_owned()
        } else {
            configured.deploy_type
        },
        from_job: is_from_job.then_some(configured.job_name),
        services: if services.is_empty() {
            configured.service_and_images
        } else {
            services
        },
    }
}

impl DeploySettings {
    pub fn check(&self, context: &JobContext) -> Result<(), CreateCause> {
        let known =
            context
                .catalog
                .environment(context.project, &self.environment, self.is_production);
        if context.checks_references && known.is_none() {
            return Err(CreateCause::UnknownEnvironment(self.environment.clone()));
        }
        Ok(())
    }

    /// The parts: one for each service, with its modules.
    pub fn parts(self, earlier: &[JobTask], generation: ZadigGeneration) -> Vec<JobPart> {
        // Without a build there is nothing to look for.
        let earlier = if self.from_job.is_some() {
            earlier
        } else {
            &[]
        };
        let built = earlier.iter().filter_map(|task| match &task.spec {
            JobSpec::Build { spec, image } if Some(&task.origin_name) == self.from_job.as_ref() => {
                Some(DeployedModule {
                    service_name: spec.service_name.clone(),
                    service_module: spec.service_module.clone(),
                    image: image.clone(),
                    ..DeployedModule::default()
                })
            }
            _ => None,
        });
        let built: Vec<_> = built.collect();
        let modules = if built.is_empty() {
            self.services
        } else {
            built
        };
        let mut services: IndexMap<String, Vec<DeployedModule>> = IndexMap::new();
        for module in modules {
            let name = module.service_name.clone();
            services.entry(name).or_default().push(module);
        }
        let parts = services.into_iter().map(|(service, modules)| {
            let strategy = modules.iter().map(|module| &module.value_merge_strategy);
            let strategy = strategy.clone().find(|known| !known.is_empty()).cloned();
            let images = modules.iter().map(|module| DeployedImage {
                service_name: &module.service_name,
                service_module: &module.service_module,
                image: &module.image,
            });
            let images = images.collect();
            let is_import = match generation {
                ZadigGeneration::V3 => None,
                ZadigGeneration::V4 => Some(false),
            };
            JobPart {
                info: vec![("service_name".to_owned(), service)],
                spec: RawJson::new(&DeploySpec {
                    env: &self.environment,
                    env_alias: "",
                    production: self.is_production,
                    service_type: &self.service_type,
                    deploy_contents: ["image"],
                    skip_check_run_status: false,
                    is_import_to_deploy: is_import,
                    service_and_images: images,
                    yaml_content: "",
                    user_supplied_value: "",
                    variable_kvs: [],
                    origin_revision: 0,
                    value_merge_strategy: &strategy.unwrap_or_default(),
                }),
            }
        });
        parts.collect()
    }
}

/// The parts of a deployment of workloads: one for each container.
pub fn custom(job: &WorkflowJob, input: &CustomDeployInput) -> Vec<JobPart> {
    let spec: Value = settings_of(job);
    let text = |key: &str| spec[key].as_str().unwrap_or_default();
    let parts = input.target_list.iter().flatten().map(|target| {
        let names = [
            ("workload_type", &target.workload_type),
            ("workload_name", &target.workload_name),
            ("container_name", &target.container_name),
        ];
        let path = names.map(|(_, name)| name.as_str()).join("/");
        JobPart {
            info: names
                .map(|(key, name)| (key.to_owned(), name.clone()))
                .to_vec(),
            spec: object(&[
                ("image", target.image_name.clone().into()),
                ("target", path.into()),
                ("cluster_name", text("cluster_name").into()),
                ("namespace", text("namespace").into()),
                ("skip_check_run_status", false.into()),
            ]),
        }
    });
    parts.collect()
}
