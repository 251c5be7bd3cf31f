//! The changes that a check makes if it may: what is created has a name of its own, in a project that has nothing else.
//!
//! Nothing is executed: a pipeline or a plan that runs could change what it deploys to.

use serde_json::{Value, json};

/// The name of whatever a check creates.
pub(super) const NAME: &str = "verify-of-emulator";

/// The life of a resource in a check: created, shown, changed, and deleted where the service can.
pub(super) struct WrittenResource {
    /// The noun in reports.
    pub noun: &'static str,
    /// The list and the place of creation, in which `{project_id}` is the project.
    pub path: &'static str,
    pub create: &'static str,
    pub update: &'static str,
    /// Absent if the service has no such operation.
    pub delete: Option<&'static str>,
    pub body: fn() -> Value,
}

pub(super) const RESOURCES: [WrittenResource; 2] = [
    WrittenResource {
        noun: "release plan",
        path: "/v3/{project_id}/cas/release-plans",
        create: "CreateReleasePlan",
        update: "UpdateReleasePlan",
        delete: Some("DeleteReleasePlan"),
        body: || {
            json!({"name": NAME, "components": [
                {"seq": 0, "name": "web", "version": "1.0.0", "runtime_stack": {"name": "java"}}]})
        },
    },
    WrittenResource {
        noun: "pipeline",
        path: "/v3/{project_id}/pipeline/pipelines",
        create: "CreatePipeline",
        update: "UpdatePipeline",
        delete: None,
        body: || {
            json!({"name": NAME, "model_version": 2, "config_mode": "ui", "stages": [
                {"name": "build", "tasks": [{"name": "compile"}]}]})
        },
    },
];

impl WrittenResource {
    pub(super) fn operations(&self) -> impl Iterator<Item = &'static str> {
        [self.create, self.update].into_iter().chain(self.delete)
    }
}

/// True if an answer is a list of nothing.
pub(super) fn is_empty_list(answer: &Value) -> bool {
    match answer {
        Value::Array(items) => items.is_empty(),
        list => list["count"] == 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;

    #[test]
    fn operations_are_those_of_the_services() {
        for resource in RESOURCES {
            for id in resource.operations() {
                let found = registry::operations().find(|operation| operation.id == id);
                let operation = found.expect(id);
                assert!(operation.path.starts_with(resource.path), "{id}");
                assert_ne!(operation.method, "GET", "{id}");
            }
        }
    }

    #[test]
    fn a_list_is_empty_in_either_form_and_an_unknown_answer_is_not() {
        for empty in [json!([]), json!({"count": 0, "release_plans": []})] {
            assert!(is_empty_list(&empty), "{empty}");
        }
        for other in [json!([{}]), json!({"count": 1}), json!({}), Value::Null] {
            assert!(!is_empty_list(&other), "{other}");
        }
    }
}
