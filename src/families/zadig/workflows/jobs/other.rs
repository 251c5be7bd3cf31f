//! Tests and plugins.

use serde_json::{Value, json};

use super::context::{JobPart, object, settings_of};
use super::inputs::{NamedObjects, PluginInput, TestsInput, field, repositories, variables};
use crate::families::zadig::workflows::model::definition::WorkflowJob;

/// The parts of tests: one for each.
pub fn tests(job: &WorkflowJob, input: &TestsInput, project: &str) -> Vec<JobPart> {
    let spec: Value = settings_of(job);
    let known = spec["test_modules"].as_array().cloned().unwrap_or_default();
    let parts = input.testing_list.iter().flatten().map(|test| {
        let mut modules = known.iter();
        let module = modules.find(|module| module["name"] == *test.testing_name);
        let module = module.cloned().unwrap_or_default();
        let kind = spec["test_type"].as_str().unwrap_or_default();
        let info = [
            ("testing_name", test.testing_name.as_str()),
            ("test_type", kind),
            ("rand_str", ""),
        ];
        let info = info.iter().filter(|(_, name)| !name.is_empty());
        JobPart {
            info: info
                .map(|(key, name)| ((*key).to_owned(), (*name).to_owned()))
                .collect(),
            spec: object(&[
                ("repos", repositories(&module["repos"], &test.repo_info)),
                ("junit_report", false.into()),
                ("archive", false.into()),
                ("html_report", false.into()),
                ("project_name", project.into()),
                ("test_name", test.testing_name.clone().into()),
                ("test_type", kind.into()),
                ("service_name", "".into()),
                ("service_module", "".into()),
                ("envs", variables(&module["key_vals"], &test.inputs)),
            ]),
        }
    });
    parts.collect()
}

/// The one part of a plugin.
pub fn plugin(job: &WorkflowJob, input: &PluginInput) -> JobPart {
    let spec: Value = settings_of(job);
    let plugin = &spec["plugin"];
    let mut inputs = NamedObjects::new(&plugin["inputs"], "name");
    for given in input.kv.iter().flatten() {
        inputs.set(
            &given.key,
            field("value", given.text()),
            || json!({"name": given.key}),
        );
    }
    let text = |key: &str| plugin[key].as_str().unwrap_or_default();
    let list = |key: &str| plugin[key].as_array().cloned().unwrap_or_default();
    JobPart {
        info: Vec::new(),
        spec: object(&[
            ("name", text("name").into()),
            (
                "is_offical",
                plugin["is_offical"].as_bool().unwrap_or_default().into(),
            ),
            ("category", text("category").into()),
            ("description", text("description").into()),
            ("repo_url", text("repo_url").into()),
            ("version", text("version").into()),
            ("image", text("image").into()),
            ("args", list("args").into()),
            ("cmds", list("cmds").into()),
            ("envs", list("envs").into()),
            ("inputs", inputs.into_json()),
            ("outputs", list("outputs").into()),
        ]),
    }
}
