//! The places in our sources where operations and schemas are defined, which tell where to look.
//!
//! A test writes them to a file, as it does the OpenAPI documents.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
#[cfg(test)]
use serde::Serialize;

/// The file and the line of each definition.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
struct Places {
    operations: BTreeMap<String, String>,
    schemas: BTreeMap<String, String>,
}

static PLACES: LazyLock<Places> =
    LazyLock::new(|| serde_json::from_str(include_str!("places.json")).unwrap_or_default());

/// The place of the handler of an operation, such as `src/families/asm/meshes/operations.rs:40`.
pub(super) fn of_operation(id: &str) -> Option<&'static str> {
    PLACES.operations.get(id).map(String::as_str)
}

/// The place of the type of a schema.
pub(super) fn of_schema(name: &str) -> Option<&'static str> {
    PLACES.schemas.get(name).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::registry;

    const FILE: &str = "src/drift/places.json";

    fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                rust_files(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }

    fn word_after<'l>(line: &'l str, mark: &str) -> Option<&'l str> {
        let (_, rest) = line.split_once(mark)?;
        let end = rest
            .find(|c: char| !c.is_alphanumeric())
            .unwrap_or(rest.len());
        (end > 0).then_some(&rest[..end])
    }

    /// Reads the places from the sources.
    fn read() -> Places {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        rust_files(&root.join("src/families"), &mut files);
        files.sort();
        let mut places = Places::default();
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            let name = file
                .strip_prefix(root)
                .unwrap()
                .display()
                .to_string()
                .replace('\\', "/");
            let (mut operation, mut schema) = (None, None);
            for (n, line) in text.lines().enumerate() {
                let place = || format!("{name}:{}", n + 1);
                if let Some(id) = word_after(line, "operation_id = \"") {
                    operation = Some(id);
                }
                if let Some(given) = word_after(line, "(as = ") {
                    schema = Some(given);
                }
                if line.contains(" fn ")
                    && let Some(id) = operation.take()
                {
                    places.operations.entry(id.to_owned()).or_insert_with(place);
                }
                let defined = word_after(line, " struct ").or_else(|| word_after(line, " enum "));
                let begins = line.starts_with("pub")
                    || line.starts_with("struct")
                    || line.starts_with("enum");
                if let Some(defined) = defined.filter(|_| begins) {
                    let schema = schema.take().unwrap_or(defined);
                    places
                        .schemas
                        .entry(schema.to_owned())
                        .or_insert_with(place);
                }
            }
        }
        let known: Vec<String> =
            registry::definitions(&crate::world::settings::Settings::default())
                .filter_map(|document| document["components"]["schemas"].as_object().cloned())
                .flat_map(|schemas| schemas.into_iter().map(|(name, _)| name))
                .collect();
        places.schemas.retain(|name, _| known.contains(name));
        places
    }

    /// With `UPDATE_OPENAPI=1` in the environment the file is written, else it is compared.
    #[test]
    fn the_published_places_are_those_of_the_sources() {
        let places = read();
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            let text = serde_json::to_string_pretty(&places).unwrap();
            std::fs::write(&file, text + "\n").unwrap();
            return;
        }
        let written: Places =
            serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        assert!(
            places == written,
            "{FILE} is stale: UPDATE_OPENAPI=1 cargo test --lib published"
        );
        for operation in registry::operations() {
            assert!(of_operation(&operation.id).is_some(), "{}", operation.id);
        }
    }
}
