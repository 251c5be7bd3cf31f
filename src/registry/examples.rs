//! The examples that the services' own documents print, as the OpenAPI document shows them.

use serde_json::Value;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::{Operation, ParameterBuilder};
use utoipa::openapi::{Content, OpenApi, RefOr};

use crate::http::operation::operations_of;

/// A documented example.
struct Example {
    /// The operation's id.
    of: &'static str,
    part: Part,
    /// The name that distinguishes it from others of the same part.
    name: &'static str,
    text: &'static str,
}

#[derive(Clone, Copy)]
enum Part {
    Request,
    /// The answer with that status.
    Response(&'static str),
}

const EXAMPLES: [Example; 13] = [
    Example {
        of: "CreateMesh",
        part: Part::Request,
        name: "documented",
        text: include_str!("documented/asm_mesh_create_request.json"),
    },
    Example {
        of: "ListMeshes",
        part: Part::Response("200"),
        name: "documented",
        text: include_str!("documented/asm_mesh_list.json"),
    },
    Example {
        of: "GetAllReleases",
        part: Part::Response("200"),
        name: "documented",
        text: include_str!("documented/asm_release_list.json"),
    },
    Example {
        of: "ListReleasePlans",
        part: Part::Response("200"),
        name: "documented",
        text: include_str!("documented/servicestage_release_plans.json"),
    },
    Example {
        of: "ListPipelines",
        part: Part::Response("200"),
        name: "documented",
        text: include_str!("documented/servicestage_pipelines.json"),
    },
    Example {
        of: "OperatePipeline",
        part: Part::Request,
        name: "documented",
        text: include_str!("documented/servicestage_action_request.json"),
    },
    Example {
        of: "OperatePipeline",
        part: Part::Response("200"),
        name: "documented",
        text: include_str!("documented/servicestage_action_response.json"),
    },
    Example {
        of: "CreatePipelineHooks",
        part: Part::Request,
        name: "documented",
        text: include_str!("documented/servicestage_hooks.json"),
    },
    Example {
        of: "UpdatePipelineHooks",
        part: Part::Request,
        name: "documented",
        text: include_str!("documented/servicestage_hooks.json"),
    },
    Example {
        of: "ShowPipelineHooks",
        part: Part::Response("200"),
        name: "documented",
        text: include_str!("documented/servicestage_hooks.json"),
    },
    Example {
        of: "ListVersions",
        part: Part::Response("200"),
        name: "documented",
        text: include_str!("documented/zadig_list.json"),
    },
    Example {
        of: "GetVersion",
        part: Part::Response("200"),
        name: "documented, k8s",
        text: include_str!("documented/zadig_detail_k8s.json"),
    },
    Example {
        of: "GetVersion",
        part: Part::Response("200"),
        name: "documented, helm",
        text: include_str!("documented/zadig_detail_helm.json"),
    },
];

/// What parameters are in the documents, and `--fixtures documented` knows: family, name, value.
const PARAMETERS: [(&str, &str, &str); 15] = [
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
];

const RELEASE: &str = "3f0e4f0c-7a57-4d0b-9e0b-0c1c5f2f7a11";

const PIPELINE: &str = "4105b37a-947e-4aca-90d8-cec7c04c6f38";

const PROJECT: &str = "0605767aee00d2562f3cc0123456789a";

/// Puts the examples into the document.
///
/// # Panics
/// If one is for an operation, or a part of it, that does not exist: a mistake in the table, found by whatever
/// test first makes the document.
pub fn show(document: &mut OpenApi) {
    let mut shown = 0;
    for operation in document.paths.paths.values_mut().flat_map(operations_of) {
        show_parameters(operation);
        let id = operation.operation_id.clone().unwrap_or_default();
        for example in EXAMPLES.iter().filter(|example| example.of == id) {
            let value = serde_json::from_str(example.text).expect("a documented example is JSON");
            let content = content(operation, example.part).expect(example.of);
            let example_of = ExampleBuilder::new().value(Some(value)).build();
            content
                .examples
                .insert(example.name.to_owned(), example_of.into());
            shown += 1;
        }
    }
    assert_eq!(shown, EXAMPLES.len(), "an example is of no operation");
}

/// The JSON of a part of an operation.
fn content(operation: &mut Operation, part: Part) -> Option<&mut Content> {
    let content = match part {
        Part::Request => match operation.request_body.as_mut()? {
            RefOr::T(body) => body.content.get_mut("application/json")?,
            RefOr::Ref(_) => return None,
        },
        Part::Response(status) => match operation.responses.responses.get_mut(status)? {
            RefOr::T(response) => response.content.get_mut("application/json")?,
            RefOr::Ref(_) => return None,
        },
    };
    match content {
        RefOr::T(content) => Some(content),
        RefOr::Ref(_) => None,
    }
}

fn show_parameters(operation: &mut Operation) {
    let Some(family) = operation.tags.iter().flatten().next() else {
        return;
    };
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else {
            continue;
        };
        let known = PARAMETERS
            .iter()
            .find(|(of, name, _)| of == family && *name == parameter.name);
        if let Some((.., value)) = known {
            *parameter = ParameterBuilder::from(parameter.clone())
                .example(Some(Value::from(*value)))
                .build();
        }
    }
}
