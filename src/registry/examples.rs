//! The examples of the services' own documentation, shown in the OpenAPI document.

use serde_json::{Map, Value, json};

use crate::http::openapi::document::operations;
use crate::world::settings::{Fidelity, PipelinesList, Settings, ZadigGeneration};

/// A documented example.
struct Example {
    operation_id: &'static str,
    part: ExamplePart,
    /// The name that distinguishes it from others of the same part.
    name: &'static str,
    /// The generation of Zadig that it belongs to; absent: every one.
    generation: Option<ZadigGeneration>,
    text: &'static str,
}

#[derive(Clone, Copy)]
enum ExamplePart {
    Request,
    /// The response to a successful request.
    Response,
}

/// A generation, if there is one.
macro_rules! generation {
    () => {
        None
    };
    ($generation:ident) => {
        Some(ZadigGeneration::$generation)
    };
}

/// Builds the table of examples from lines of operation, part, name and file, and of the generation of Zadig.
macro_rules! examples {
    ($($operation_id:ident $part:ident $name:literal $file:literal $($generation:ident)?;)*) => {
        [$(Example {
            operation_id: stringify!($operation_id),
            part: ExamplePart::$part,
            name: $name,
            generation: generation!($($generation)?),
            text: include_str!(concat!("documented/", $file)),
        }),*]
    };
}

const EXAMPLES: [Example; 52] = examples! {
    ListApiVersions Response "documented" "iam_versions.json";
    ShowApiVersion Response "documented" "iam_version.json";
    CreateToken Response "documented, project" "iam_token_project.json";
    CreateToken Response "documented, account" "iam_token_domain.json";
    CreateToken Response "documented, one-time code" "iam_token_totp.json";
    CreateToken Response "documented, agency" "iam_token_agency.json";
    ShowToken Response "documented" "iam_token_domain.json";
    CreateTemporaryAccessKey Request "documented, token" "iam_key_by_token.json";
    CreateTemporaryAccessKey Request "documented, agency" "iam_key_by_agency.json";
    CreateTemporaryAccessKey Response "documented" "iam_key.json";
    ListProjects Response "documented" "iam_projects.json";
    ListAuthProjects Response "documented" "iam_auth_projects.json";
    ShowProject Response "documented" "iam_project.json";
    ListDomains Response "documented" "iam_domains.json";
    ShowCatalog Response "documented" "iam_catalog.json";
    ListServices Response "documented" "iam_services.json";
    ListEndpoints Response "documented" "iam_endpoints.json";
    CreateMesh Request "documented" "asm_mesh_create_request.json";
    ListMeshes Response "documented" "asm_mesh_list.json";
    GetAllReleases Response "documented" "asm_release_list.json";
    ListReleasePlans Response "documented" "servicestage_release_plans.json";
    ListPipelines Response "documented" "servicestage_pipelines.json";
    OperatePipeline Request "documented" "servicestage_action_request.json";
    OperatePipeline Response "documented" "servicestage_action_response.json";
    CreatePipelineHooks Request "documented" "servicestage_hooks.json";
    UpdatePipelineHooks Request "documented" "servicestage_hooks.json";
    ShowPipelineHooks Response "documented" "servicestage_hooks.json";
    ListVersions Response "documented" "zadig_list.json" V3;
    GetVersion Response "documented, k8s" "zadig_detail_k8s.json" V3;
    GetVersion Response "documented, helm" "zadig_detail_helm.json" V3;
    ListVersions Response "documented" "zadig_v4_list.json" V4;
    GetVersion Response "documented, k8s" "zadig_v4_detail_k8s.json" V4;
    GetVersion Response "documented, helm" "zadig_v4_detail_helm.json" V4;
    GetVersionByName Response "documented, k8s" "zadig_v4_detail_k8s.json" V4;
    GetVersionByName Response "documented, helm" "zadig_v4_detail_helm.json" V4;
    CreateWorkflowTask Response "documented" "zadig_task_created.json";
    ListWorkflowTasks Response "documented" "zadig_tasks.json";
    ListZadigReleasePlans Response "documented" "zadig_release_plans.json";
    GetZadigReleasePlan Response "documented" "zadig_release_plan.json";
    CreateZadigReleasePlan Request "documented" "zadig_release_plan_request.json";
    ListZadigProjects Response "documented" "zadig_projects.json";
    GetZadigProject Response "documented" "zadig_project.json";
    ListEnvironments Response "documented" "zadig_environments.json";
    ListProductionEnvironments Response "documented" "zadig_production_environments.json";
    GetEnvironment Response "documented" "zadig_environment.json";
    GetProductionEnvironment Response "documented" "zadig_production_environment.json";
    ListRegistries Response "documented" "zadig_registries.json";
    GetRegistry Response "documented" "zadig_registry.json";
    ListYamlServices Response "documented" "zadig_services.json";
    ListProductionYamlServices Response "documented" "zadig_services.json";
    GetYamlService Response "documented" "zadig_service.json";
    GetProductionYamlService Response "documented" "zadig_service.json";
};

/// The values of parameters in the documents, which `--fixtures documented` has: family, name, value.
const PARAMETERS: [(&str, &str, &str); 17] = [
    ("iam", "project_id", PROJECT),
    ("asm", "project_id", PROJECT),
    ("asm", "mesh_id", "mesh-demo"),
    ("asm", "namespace", "bookinfo"),
    ("asm", "release_id", RELEASE),
    ("control", "mesh_id", "mesh-demo"),
    ("control", "namespace", "bookinfo"),
    ("control", "release_id", RELEASE),
    ("control", "family", "pipelines"),
    ("control", "id", PIPELINE),
    ("plans", "project_id", PROJECT),
    (
        "plans",
        "release_plan_id",
        "4cf4d39e-c11a-41b0-82eb-30defc376d52",
    ),
    ("pipelines", "project_id", PROJECT),
    ("pipelines", "pipeline_id", PIPELINE),
    ("zadig", "id", "66287b110b8b8a631910f5ae"),
    ("zadig", "projectKey", "demo"),
    ("zadig", "versionName", "v13"),
];

const RELEASE: &str = "3f0e4f0c-7a57-4d0b-9e0b-0c1c5f2f7a11";

const PIPELINE: &str = "4105b37a-947e-4aca-90d8-cec7c04c6f38";

const PROJECT: &str = "0605767aee00d2562f3cc0123456789a";

const JSON: &str = "application/json";

/// Adds the examples to the document.
///
/// # Panics
/// If an example belongs to no operation or part of one. That is a mistake in the table, which any test that builds the
/// document finds.
pub fn show(document: &mut Value, settings: &Settings) {
    let zadig = settings.zadig.unwrap_or_default();
    let is_of_world = |example: &&Example| example.generation.is_none_or(|of| of == zadig);
    let mut shown = Vec::new();
    for operation in operations(document) {
        show_parameters(operation);
        let id = operation
            .get("operationId")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        for example in EXAMPLES
            .iter()
            .filter(|example| example.operation_id == id && is_of_world(example))
        {
            let mut value =
                serde_json::from_str(example.text).expect("a documented example is JSON");
            if id == "ListPipelines" && settings.pipelines_list == PipelinesList::Object {
                value = json!({"pipelines": value});
            }
            let content = content(operation, example.part).expect(example.operation_id);
            content["examples"][example.name] = json!({"value": value});
            shown.push(example.operation_id);
        }
    }
    // Some operations are only there in documented fidelity.
    let expected = EXAMPLES.iter().filter(is_of_world);
    let missing = expected
        .map(|example| example.operation_id)
        .find(|id| !shown.contains(id));
    let is_documented = settings.fidelity == Fidelity::Documented;
    assert!(
        missing.is_none() || !is_documented,
        "an example belongs to no operation: {missing:?}"
    );
}

/// The JSON of a part of an operation.
fn content(operation: &mut Map<String, Value>, part: ExamplePart) -> Option<&mut Value> {
    let body = match part {
        ExamplePart::Request => operation.get_mut("requestBody")?,
        ExamplePart::Response => {
            let responses = operation.get_mut("responses")?.as_object_mut()?;
            let mut responses = responses.iter_mut();
            responses.find(|(status, _)| status.as_str() < "400")?.1
        }
    };
    body.get_mut("content")?.get_mut(JSON)
}

fn show_parameters(operation: &mut Map<String, Value>) {
    let family = operation.get("tags").and_then(|tags| tags.get(0)).cloned();
    let parameters = operation
        .get_mut("parameters")
        .and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        let documented = PARAMETERS.iter().find(|(of, name, _)| {
            family.as_ref().is_some_and(|family| family == of) && parameter["name"] == *name
        });
        if let Some((.., value)) = documented {
            parameter["example"] = (*value).into();
        }
    }
}
