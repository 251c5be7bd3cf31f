//! The OpenAPI document: it is complete, its examples match their schemas, it is the same in every process.

use std::collections::BTreeSet;
use std::process::Command;

use release_emulator::ZadigGeneration;
use release_emulator::internals::{Settings, control};
use serde_json::{Map, Value};

use super::{BASE, Document};
use crate::common::golden;

fn is_text(value: Option<&Value>) -> bool {
    value
        .and_then(Value::as_str)
        .is_some_and(|text| !text.is_empty())
}

#[test]
fn everything_is_described() {
    let document = Document::new();
    for (name, operation) in document.operations() {
        assert!(is_text(operation.get("operationId")), "{name}");
        assert!(is_text(operation.get("summary")), "{name}");
        for parameter in operation
            .get("parameters")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            assert!(is_text(parameter.get("description")), "{name}: {parameter}");
            assert!(parameter["schema"].is_object(), "{name}: {parameter}");
        }
        for (status, response) in operation["responses"].as_object().expect("responses") {
            assert!(is_text(response.get("description")), "{name}: {status}");
            assert!(
                response["headers"]["X-Request-Id"].is_object(),
                "{name}: {status}"
            );
            for content in response["content"]
                .as_object()
                .into_iter()
                .flat_map(Map::values)
            {
                assert!(content["schema"].is_object(), "{name}: {status}");
            }
        }
    }
    for (name, schema) in document.0["components"]["schemas"]
        .as_object()
        .expect("schemas")
    {
        assert!(is_text(schema.get("description")), "{name}");
        // Neither the parameters of a generic type nor the name of a Rust type.
        assert!(
            name.starts_with(char::is_uppercase) && !name.contains('_'),
            "{name}"
        );
    }
}

/// The operations of IAM without a credential.
const ANONYMOUS: [&str; 4] = [
    "CreateToken",
    "CreateTokenWithIdToken",
    "ListApiVersions",
    "ShowApiVersion",
];

#[test]
fn every_operation_of_a_family_asks_for_a_credential_and_may_refuse_it() {
    let document = Document::new();
    let schemes = document.0["components"]["securitySchemes"]
        .as_object()
        .expect("schemes");
    for (name, operation) in document.operations() {
        let is_control = operation["tags"][0] == "control";
        let security = operation.get("security").and_then(Value::as_array);
        let security = security.expect("a list");
        assert_eq!(security.is_empty(), is_control, "{name}");
        if is_control {
            continue;
        }
        let id = operation["operationId"].as_str().expect("an id");
        let is_anonymous = ANONYMOUS.contains(&id);
        for requirement in security {
            let keys: Vec<_> = requirement
                .as_object()
                .expect("a requirement")
                .keys()
                .collect();
            assert!(keys.iter().all(|key| schemes.contains_key(*key)), "{name}");
            assert_eq!(keys.is_empty(), is_anonymous, "{name}");
        }
        let has = |status: &str| operation["responses"].get(status).is_some();
        let is_login = operation["operationId"] == "CreateToken";
        assert_eq!(has("401"), !is_anonymous || is_login, "{name}");
        assert!(operation["x-action"] == "none" || has("403"), "{name}");
        assert_eq!(has("413"), operation.contains_key("requestBody"), "{name}");
    }
}

#[test]
fn examples_fit_their_schemas_and_every_documented_one_is_shown() {
    let of_v4 = Document::of(&Settings {
        zadig: Some(ZadigGeneration::V4),
        ..Settings::default()
    });
    let documents = [Document::new(), of_v4];
    let mut shown = BTreeSet::new();
    let operations = documents.iter().flat_map(|document| {
        let operations = document.operations();
        operations
            .into_iter()
            .map(move |(name, operation)| (document, name, operation))
    });
    for (document, name, operation) in operations {
        let bodies = operation.get("requestBody").into_iter();
        let bodies = bodies.chain(
            operation["responses"]
                .as_object()
                .expect("responses")
                .values(),
        );
        for content in bodies.flat_map(|body| {
            body["content"]
                .as_object()
                .into_iter()
                .flat_map(Map::values)
        }) {
            let named = content["examples"]
                .as_object()
                .into_iter()
                .flat_map(Map::values);
            for example in named
                .map(|example| &example["value"])
                .chain(content.get("example"))
            {
                let violations = document.violations(&content["schema"], example, "$");
                assert!(violations.is_empty(), "{name}: {violations:#?}");
                shown.insert(example.to_string());
            }
        }
    }
    let folder = format!("{}/src/registry/documented", env!("CARGO_MANIFEST_DIR"));
    for file in std::fs::read_dir(folder).expect("a folder") {
        let file = file.expect("a file").file_name();
        let mut example = golden(file.to_str().expect("unicode"));
        example.sort_all_objects();
        assert!(
            shown.contains(&example.to_string()),
            "{file:?} is not shown"
        );
    }
}

#[test]
fn every_process_prints_the_same_document() {
    let print = || {
        let output = Command::new(env!("CARGO_BIN_EXE_release-emulator"))
            .arg("openapi")
            .output();
        String::from_utf8(output.expect("it runs").stdout).expect("unicode")
    };
    let printed = print();
    assert_eq!(printed, print());
    let usual = control::openapi(&Settings::default(), BASE);
    assert_eq!(printed.trim_end(), usual);
}
