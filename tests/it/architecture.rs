//! What the crate docs claim of the code: who imports whom, what is absent, what every operation declares.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use release_emulator::{control, registry};
use serde_json::Value;

/// The files of the library, by their path below `src`, without comments.
fn sources() -> Vec<(String, String)> {
    fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                collect(&path, into);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                into.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let read = |file: PathBuf| {
        let text = std::fs::read_to_string(&file).expect("a text");
        let code: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        let name = file
            .strip_prefix(&root)
            .expect("below src")
            .to_str()
            .expect("unicode")
            .to_owned();
        (name, code.join("\n"))
    };
    files.into_iter().map(read).collect()
}

/// Asserts that no file that `concerned` picks holds one of the words.
#[track_caller]
fn absent(words: &[&str], concerned: impl Fn(&str) -> bool) {
    let mut n_files = 0;
    for (file, code) in sources() {
        if concerned(&file) {
            n_files += 1;
            for word in words {
                assert!(!code.contains(word), "src/{file} must not hold {word}");
            }
        }
    }
    assert!(n_files > 0, "the rule concerns no file");
}

#[test]
fn the_kernel_knows_nothing_of_http_or_json() {
    let words = [
        "axum",
        "serde",
        "StatusCode",
        "tokio",
        "crate::http",
        "crate::registry",
        "crate::control",
    ];
    absent(&words, |file| file.starts_with("sim/"));
}

#[test]
fn the_http_layer_knows_no_family() {
    absent(&["crate::registry", "crate::control"], |file| {
        file.starts_with("http/")
    });
}

#[test]
fn the_host_knows_neither_the_control_plane_nor_the_whole() {
    absent(
        &["crate::control", "crate::app", "crate::emulator"],
        |file| file == "host.rs",
    );
}

#[test]
fn families_know_neither_each_other_nor_the_control_plane() {
    for (folder, others) in [
        ("families/asm/", &["servicestage", "zadig", "iam::"][..]),
        (
            "families/zadig/",
            &["servicestage", "asm::", "iam::", "gateway::authenticate"],
        ),
        ("families/servicestage/", &["api::asm", "zadig", "iam::"]),
        ("families/servicestage/plans/", &["pipelines"]),
        ("families/servicestage/pipelines/", &["plans"]),
        ("families/iam/", &["servicestage::", "asm::", "zadig"]),
        ("families/", &["crate::control"]),
    ] {
        absent(others, |file| file.starts_with(folder));
    }
}

#[test]
fn nouns_know_nothing_of_http() {
    // Every file of a family is one of a noun, unless its name says that it faces the wire.
    const FACING: [&str; 10] = [
        "mod.rs",
        "error.rs",
        "operations.rs",
        "wire.rs",
        "views.rs",
        "response.rs",
        "query.rs",
        "fixture.rs",
        "paging.rs",
        "decode.rs",
    ];
    let families = ["families/asm/", "families/zadig/", "families/servicestage/"];
    absent(
        &["axum", "StatusCode", "serde_json::Value", "extract::"],
        |file| {
            families.iter().any(|family| file.starts_with(family))
                && !FACING
                    .iter()
                    .any(|facing| file.ends_with(&format!("/{facing}")))
        },
    );
}

#[test]
fn time_is_read_and_waited_for_in_few_places() {
    absent(&["SystemTime::now", "Instant::now", "Utc::now"], |file| {
        file != "sim/clock.rs"
    });
    absent(&["sleep"], |file| {
        // The ticker, the accept loop, and the faults with what they make of answers.
        !matches!(
            file,
            "ticker.rs" | "http/serve.rs" | "http/middleware/guard.rs" | "http/faults/apply.rs"
        )
    });
    // The process and what is due to it; a world's tasks; a connection's; a command.
    absent(&["spawn"], |file| {
        !matches!(file, "main.rs" | "host.rs" | "http/serve.rs" | "exec.rs")
    });
}

#[test]
fn chrono_cannot_read_the_clock_and_uuid_cannot_draw_by_itself() {
    for (package, feature) in [("chrono", "now"), ("chrono", "clock"), ("uuid", "v4")] {
        let output = Command::new(env!("CARGO"))
            .args([
                "tree",
                "--locked",
                "--edges",
                "features,normal",
                "--invert",
                package,
            ])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo runs");
        let tree = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(
            tree.contains(&format!("{package} feature \"std\"")),
            "the tree shows features:\n{tree}"
        );
        assert!(
            !tree.contains(&format!("{package} feature \"{feature}\"")),
            "{feature} is on:\n{tree}"
        );
    }
}

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
        (5, 9, 9, 10, 5)
    );
}

#[test]
fn the_openapi_document_is_the_same_each_time_and_names_every_path_parameter() {
    let text = control::openapi();
    let document: Value = serde_json::from_str(text).expect("JSON");
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
            for (key, wanted) in [("x-evidence", is_family), ("security", is_family)] {
                assert_eq!(operation.get(key).is_some(), wanted, "{method} {path}");
            }
            let refused = operation["responses"].get("401").is_some();
            assert_eq!(refused, is_family, "{method} {path}");
        }
    }
}

#[test]
fn schemas_of_the_openapi_document_are_there_and_mean_one_thing_each() {
    let parts = registry::families()
        .into_iter()
        .chain([control::definition().api()]);
    let mut known = HashMap::new();
    for part in parts {
        let schemas = part.components.into_iter().flat_map(|all| all.schemas);
        for (name, schema) in schemas {
            let schema = serde_json::to_value(schema).expect("JSON");
            let first = known.entry(name.clone()).or_insert_with(|| schema.clone());
            assert_eq!(*first, schema, "{name} means two things");
        }
    }
    // What may be anything would make a choice between it and something else undecidable.
    let any = r##"{"$ref":"#/components/schemas/Verbatim""##;
    assert!(!control::openapi().contains(&format!(r#""oneOf":[{any}"#)));

    let references = control::openapi().split("\"#/components/schemas/").skip(1);
    for reference in references {
        let name = reference.split('"').next().expect("a name").to_owned();
        assert!(known.contains_key(&name), "{name} is not there");
    }
}
