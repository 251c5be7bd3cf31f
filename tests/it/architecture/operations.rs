//! The declarations of operations, and the OpenAPI document built from them.

use std::collections::{HashMap, HashSet};

use release_emulator::internals::{Settings, control, registry};
use serde_json::{Value, json};

#[test]
fn every_operation_declares_evidence_source_action_and_a_unique_id() {
    let operations: Vec<_> = registry::operations().collect();
    let mut ids = HashSet::new();
    for operation in &operations {
        assert!(ids.insert(&operation.id), "{} is there twice", operation.id);
        assert!(
            ["iam", "asm", "plans", "pipelines", "zadig"].contains(&operation.family.as_str()),
            "{operation:?}"
        );
        assert!(
            !operation.source.is_empty() && !operation.action.is_empty(),
            "{operation:?}"
        );
        assert!(!operation.summary.is_empty(), "{operation:?}");
    }
    let count = |family: &str| {
        operations
            .iter()
            .filter(|operation| operation.family == family)
            .count()
    };
    assert_eq!(
        (
            count("iam"),
            count("asm"),
            count("plans"),
            count("pipelines"),
            count("zadig")
        ),
        (18, 10, 9, 10, 48)
    );
}

#[test]
fn the_openapi_document_is_the_same_each_time_and_names_every_path_parameter() {
    let text = control::openapi(&Settings::default(), "http://h");
    let document: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(document["openapi"], "3.1.0");

    for (path, item) in document["paths"].as_object().expect("paths") {
        let wanted: HashSet<&str> = path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .collect();
        for (method, operation) in item.as_object().expect("methods") {
            let parameters = operation["parameters"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let listed: HashSet<&str> = parameters
                .iter()
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| parameter["name"].as_str().expect("a name"))
                .collect();
            assert_eq!(listed, wanted, "{method} {path}");
            assert!(
                operation["responses"]
                    .as_object()
                    .is_some_and(|all| !all.is_empty()),
                "{method} {path}"
            );
            for described in parameters.iter().chain(
                operation["responses"]
                    .as_object()
                    .expect("answers")
                    .values(),
            ) {
                let text = described["description"].as_str();
                assert!(text.is_some_and(|text| !text.is_empty()), "{method} {path}");
            }
            let is_family = !path.starts_with("/_emulator");
            let has_evidence = operation.get("x-evidence").is_some();
            assert_eq!(has_evidence, is_family, "{method} {path}");
            assert_eq!(
                operation["security"] == json!([]),
                !is_family,
                "{method} {path}"
            );
            // Without a credential nothing can be wrong with it, except at a login.
            if operation["security"] != json!([{}]) {
                let refused = operation["responses"].get("401").is_some();
                assert_eq!(refused, is_family, "{method} {path}");
            }
        }
    }
}

#[test]
fn schemas_of_the_openapi_document_are_there_and_mean_one_thing_each() {
    let parts = registry::definitions(&Settings::default()).chain([control::definition()]);
    let mut known = HashMap::new();
    for part in parts {
        let schemas = part["components"]["schemas"].as_object().cloned();
        for (name, schema) in schemas.expect("schemas") {
            let first = known.entry(name.clone()).or_insert_with(|| schema.clone());
            assert_eq!(*first, schema, "{name} means two things");
        }
    }
    // A schema that allows anything would make a choice between it and another one undecidable.
    let any = r##"{"$ref":"#/components/schemas/Verbatim""##;
    let text = control::openapi(&Settings::default(), "http://h");
    assert!(!text.contains(&format!(r#""oneOf":[{any}"#)));

    let references = text.split("\"#/components/schemas/").skip(1);
    for reference in references {
        let name = reference.split('"').next().expect("a name").to_owned();
        assert!(known.contains_key(&name), "{name} is not there");
    }
}
