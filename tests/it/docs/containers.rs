//! The examples for docker compose and Kubernetes: their flags, variables, fixtures and probes are tried with the binary.

use std::process::Command;

use serde_json::Value;

use super::Page;
use super::blocks::{blocks, documents};
use super::sessions::empty_folder;
use crate::common::App;

/// The YAML documents of the page.
fn examples() -> Vec<Value> {
    let page = Page::named("containers");
    let blocks = blocks(&page, "yaml");
    let examples = blocks.iter().flat_map(|block| documents(&page, block));
    examples.collect()
}

/// Finds every value of a key, at any depth.
fn find<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == key {
                    found.push(value);
                }
                find(value, key, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| find(item, key, found)),
        _ => {}
    }
}

#[test]
fn the_flags_the_variables_and_the_fixtures_start_an_emulator() {
    let folder = empty_folder("containers");
    let (mut arguments, mut variables, mut n_files) = (Vec::new(), Vec::new(), 0);
    for example in examples() {
        if example["kind"] == "ConfigMap" {
            for (name, text) in example["data"].as_object().expect("files") {
                n_files += 1;
                std::fs::write(folder.join(name), text.as_str().expect("a text")).expect("written");
            }
        }
        let mut lists = Vec::new();
        find(&example, "args", &mut lists);
        for argument in lists
            .iter()
            .flat_map(|list| list.as_array().expect("arguments"))
        {
            let argument = argument.as_str().expect("a text");
            arguments.push(argument.replace("/fixtures", &folder.display().to_string()));
        }
        let emulator = &example["services"]["emulator"]["environment"];
        for (name, value) in emulator.as_object().into_iter().flatten() {
            variables.push((name.clone(), value.as_str().expect("a text").to_owned()));
        }
    }
    assert!(!arguments.is_empty() && !variables.is_empty() && n_files > 0);
    // The ones that Kubernetes adds for a Service of that name.
    for (name, value) in [
        ("RELEASE_EMULATOR_PORT", "tcp://10.0.0.1:4600"),
        ("RELEASE_EMULATOR_SERVICE_HOST", "10.0.0.1"),
        ("RELEASE_EMULATOR_PORT_4600_TCP_ADDR", "10.0.0.1"),
    ] {
        variables.push((name.to_owned(), value.to_owned()));
    }
    let output = Command::new(env!("CARGO_BIN_EXE_release-emulator"))
        .arg("exec")
        .args(&arguments)
        .args(["--", "true"])
        .envs(variables)
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test]
async fn the_probes_are_answered() {
    let app = App::new();
    let mut n_probes = 0;
    for example in examples() {
        let mut probes = Vec::new();
        find(&example, "httpGet", &mut probes);
        for probe in probes {
            n_probes += 1;
            let path = probe["path"].as_str().expect("a path");
            assert_eq!(app.get(path).await.status, 200, "{path}");
            assert_eq!(probe["port"], 4600);
        }
    }
    assert_eq!(n_probes, 3);
}
