//! The vendor's documents, from the crates that hold them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

use super::schema::Schema;

/// A manifest that names the crates with the documents, which are needed for their files alone: as dependencies of the
/// project they would bring sixty crates to every `cargo test`.
const MANIFEST: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/it/vendor/documents/Cargo.toml"
);

/// The folders of the crates with documents, by the name of the service. Cargo downloads what is missing.
static FOLDERS: LazyLock<HashMap<String, PathBuf>> = LazyLock::new(|| {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(["--filter-platform", "host-tuple"])
        .args(["--manifest-path", MANIFEST])
        .output()
        .expect("cargo runs");
    assert!(
        metadata.status.success(),
        "cannot get the vendor's documents; `cargo fetch --manifest-path {MANIFEST}` downloads them:\n{}",
        String::from_utf8_lossy(&metadata.stderr)
    );
    let metadata: Value = serde_json::from_slice(&metadata.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages").iter();
    packages
        .filter_map(|package| {
            let service = package["name"]
                .as_str()?
                .strip_prefix("huawei-cloud-api-definitions-")?;
            let manifest = PathBuf::from(package["manifest_path"].as_str()?);
            Some((service.to_owned(), manifest.parent()?.join("src")))
        })
        .collect()
});

/// A document, which describes one operation.
pub(super) struct VendorDocument {
    whole: Value,
    pub(super) path: String,
    pub(super) method: String,
}

impl VendorDocument {
    pub(super) fn read(service: &str, name: &str) -> Self {
        let path = FOLDERS[service].join(format!("{name}.json"));
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let whole: Value = serde_json::from_str(&text).expect("JSON");
        let paths = whole["paths"].as_object().expect("paths");
        let (path, item) = paths.iter().next().expect("a path");
        let method = item
            .as_object()
            .expect("methods")
            .keys()
            .next()
            .expect("a method");
        Self {
            path: path.clone(),
            method: method.clone(),
            whole,
        }
    }

    pub(super) fn operation(&self) -> &Value {
        &self.whole["paths"][&self.path][&self.method]
    }

    /// The parameters, with those of the whole document in place of the references to them.
    pub(super) fn parameters(&self) -> Vec<Value> {
        let parameters = self.operation()["parameters"]
            .as_array()
            .into_iter()
            .flatten();
        parameters
            .map(|parameter| match parameter["$ref"].as_str() {
                Some(reference) => self
                    .whole
                    .pointer(&reference[1..])
                    .expect(reference)
                    .clone(),
                None => parameter.clone(),
            })
            .collect()
    }

    /// The schema of the request body, if there is one.
    pub(super) fn request(&self) -> Option<Schema> {
        let parameters = self.parameters();
        let body = parameters
            .iter()
            .find(|parameter| parameter["in"] == "body")?;
        Some(Schema::of(&self.whole, &body["schema"]))
    }

    /// The status and the schema of the answer to a successful request.
    pub(super) fn success(&self) -> (&str, Schema) {
        let responses = self.operation()["responses"]
            .as_object()
            .expect("responses");
        let mut responses = responses.iter();
        let success = responses.find(|(status, _)| status.as_str() < "400");
        let (status, response) = success.expect("a success");
        (status, Schema::of(&self.whole, &response["schema"]))
    }

    /// The examples of request bodies.
    pub(super) fn request_examples(&self) -> impl Iterator<Item = &Value> {
        let operation = self.operation();
        let keys = (1..10).map(|n| format!("x-request-examples-{n}"));
        keys.filter_map(move |key| operation.get(&key).filter(|example| example.is_object()))
    }

    /// The examples of bodies with a status.
    pub(super) fn response_examples(&self, status: &str) -> impl Iterator<Item = &Value> {
        let examples = &self.operation()["responses"][status]["examples"];
        examples
            .as_object()
            .into_iter()
            .flat_map(|examples| examples.values())
    }
}
