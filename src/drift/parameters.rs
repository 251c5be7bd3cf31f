//! The parameters of requests to a real service, which its own answers show.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::corpus::catalog;
use crate::corpus::materialize::encoded;
use crate::http::Operation;
use crate::registry;

/// The parameters of a request, by name.
pub(super) type Parameters = BTreeMap<&'static str, String>;

/// A value of a parameter comes from the answers to another operation: from its lists' fields of that name.
pub(super) struct Source {
    pub(super) parameter: &'static str,
    /// The beginning of the ids of the operations that have the parameter.
    pub(super) of: &'static [&'static str],
    /// The operation that shows the values, and the path to them, in which `*` is every item.
    pub(super) from: &'static str,
    pub(super) path: &'static [&'static str],
}

const PIPELINE: &[&str] = &["ShowPipeline", "ShowPipelineHooks", "ListPipelineRecords"];
const PLAN: &[&str] = &["ShowReleasePlan", "ShowReleasePlanDeployInfo"];
const OF_PROJECT: &[&str] = &[
    "GetZadigProject",
    "ListVersions",
    "GetVersion",
    "ListEnvironments",
    "ListProductionEnvironments",
    "GetEnvironment",
    "GetProductionEnvironment",
    "ListYamlServices",
    "ListProductionYamlServices",
    "GetYamlService",
    "GetProductionYamlService",
    "ListWorkflows",
    "GetWorkflow",
    "ListWorkflowTasks",
];

pub(super) const SOURCES: [Source; 18] = [
    Source {
        parameter: "pipeline_id",
        of: PIPELINE,
        from: "ListPipelines",
        path: &["*", "id"],
    },
    Source {
        parameter: "pipeline_id",
        of: PIPELINE,
        from: "ListPipelines",
        path: &["pipelines", "*", "id"],
    },
    Source {
        parameter: "release_plan_id",
        of: PLAN,
        from: "ListReleasePlans",
        path: &["release_plans", "*", "id"],
    },
    Source {
        parameter: "mesh_id",
        of: &["ShowMesh", "GetAllReleases", "GetReleaseByName"],
        from: "ListMeshes",
        path: &["items", "*", "metadata", "uid"],
    },
    Source {
        parameter: "namespace",
        of: &["GetReleaseByName"],
        from: "GetAllReleases",
        path: &["items", "*", "metadata", "namespace"],
    },
    Source {
        parameter: "release_id",
        of: &["GetReleaseByName"],
        from: "GetAllReleases",
        path: &["items", "*", "metadata", "name"],
    },
    Source {
        parameter: "project_id",
        of: &["ShowProject"],
        from: "ListProjects",
        path: &["projects", "*", "id"],
    },
    Source {
        parameter: "projectKey",
        of: OF_PROJECT,
        from: "ListZadigProjects",
        path: &["projects", "*", "project_key"],
    },
    Source {
        parameter: "id",
        of: &["GetVersion"],
        from: "ListVersions",
        path: &["list", "*", "id"],
    },
    Source {
        parameter: "name",
        of: &["GetEnvironment"],
        from: "ListEnvironments",
        path: &["*", "env_key"],
    },
    Source {
        parameter: "name",
        of: &["GetProductionEnvironment"],
        from: "ListProductionEnvironments",
        path: &["*", "env_key"],
    },
    Source {
        parameter: "name",
        of: &["GetYamlService"],
        from: "ListYamlServices",
        path: &["*", "service_name"],
    },
    Source {
        parameter: "name",
        of: &["GetProductionYamlService"],
        from: "ListProductionYamlServices",
        path: &["*", "service_name"],
    },
    Source {
        parameter: "id",
        of: &["GetRegistry"],
        from: "ListRegistries",
        path: &["*", "registry_id"],
    },
    Source {
        parameter: "name",
        of: &["GetWorkflow", "ListWorkflowTasks"],
        from: "ListWorkflows",
        path: &["workflows", "*", "workflow_key"],
    },
    Source {
        parameter: "workflowKey",
        of: &["GetWorkflowTask"],
        from: "ListWorkflowTasks",
        path: &["workflow_tasks", "*", "workflow_key"],
    },
    Source {
        parameter: "taskId",
        of: &["GetWorkflowTask"],
        from: "ListWorkflowTasks",
        path: &["workflow_tasks", "*", "task_id"],
    },
    Source {
        parameter: "id",
        of: &["GetZadigReleasePlan"],
        from: "ListZadigReleasePlans",
        path: &["list", "*", "id"],
    },
];

/// Values that lists of Zadig want.
pub(super) const PAGES: [(&str, &str); 2] = [("pageNum", "1"), ("pageSize", "20")];

/// Reads that need what no list shows.
pub(super) const UNASKED: [&str; 5] = [
    "GetVersionByName",
    "GetManualStage",
    "ListZadigReleasePlanLogs",
    "ShowToken",
    "ListReleases",
];

/// The lists that show what operations need.
pub(super) fn needed_lists(operations: &[&'static Operation]) -> Vec<&'static Operation> {
    let mut needed: Vec<&'static Operation> = operations.to_vec();
    loop {
        let sources = SOURCES.iter().filter(|source| {
            needed
                .iter()
                .any(|operation| source.of.contains(&operation.id.as_str()))
        });
        let lists: Vec<&'static Operation> = sources
            .filter_map(|source| registry::operations().find(|list| list.id == source.from))
            .filter(|list| !needed.iter().any(|known| known.id == list.id))
            .collect();
        if lists.is_empty() {
            return needed;
        }
        for list in lists {
            if !needed.iter().any(|known| known.id == list.id) {
                needed.push(list);
            }
        }
    }
}

/// The path and the query of an operation with these parameters.
pub(super) fn target_of(operation: &Operation, parameters: &Parameters) -> String {
    let mut target = operation.path.clone();
    let mut query = Vec::new();
    for (name, value) in parameters {
        let place = format!("{{{name}}}");
        if target.contains(&place) {
            target = target.replace(&place, &encoded(value));
        } else if is_in_query(operation, name) {
            query.push(format!("{name}={}", encoded(value)));
        }
    }
    if !query.is_empty() {
        target.push('?');
        target.push_str(&query.join("&"));
    }
    target
}

fn is_in_query(operation: &Operation, name: &str) -> bool {
    let entry = catalog::entry(&operation.id);
    entry.is_some_and(|entry| entry.has_query_parameter(name))
}

/// The texts and numbers at a path.
pub(super) fn collect(value: &Value, path: &[&str], found: &mut Vec<String>) {
    let Some((step, rest)) = path.split_first() else {
        match value {
            Value::String(text) if !text.is_empty() => found.push(text.clone()),
            Value::Number(number) => found.push(number.to_string()),
            _ => {}
        }
        return;
    };
    if *step == "*" {
        let items = value.as_array().into_iter().flatten();
        items.for_each(|item| collect(item, rest, found));
    } else {
        collect(&value[*step], rest, found);
    }
}
