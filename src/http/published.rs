//! The published OpenAPI document of a dialect: a file that a test writes from the attributes of the handlers.
//!
//! The attributes are code that builds the document, a sixth of a binary. So only tests have that code; they hold the file
//! to it, and everything else reads the file.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use axum::http::Method;
use serde_json::Value;

use super::evidence::operation::OperationEvidence;
use super::openapi::request_schema::RequestSchema;
use super::operation::{Operation, OperationName};

/// Declares the published document of a dialect, by its path in `src`.
macro_rules! published {
    ($file:literal) => {
        fn published() -> &'static $crate::http::published::PublishedApi {
            static PUBLISHED: $crate::http::published::PublishedApi =
                $crate::http::published::PublishedApi::new(
                    $file,
                    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/", $file)),
                );
            &PUBLISHED
        }
    };
}
pub(crate) use published;

/// The declaration of a method of a path.
pub struct MethodSpec {
    pub method: Method,
    /// The tag and the id of the operation.
    pub name: OperationName,
    /// Absent: the dialect is not that of an emulated service.
    pub operation: Option<Operation>,
    pub request_schema: RequestSchema,
    /// Absent: the dialect is not that of an emulated service.
    pub evidence: Option<OperationEvidence>,
}

/// The published document of a dialect.
pub struct PublishedApi {
    /// Its path in `src`.
    pub file: &'static str,
    text: &'static str,
    /// The declarations of each path, ordered by method as in OpenAPI. They are read on first use because they are large.
    paths: OnceLock<BTreeMap<String, Vec<MethodSpec>>>,
}

impl PublishedApi {
    pub const fn new(file: &'static str, text: &'static str) -> Self {
        Self {
            file,
            text,
            paths: OnceLock::new(),
        }
    }

    /// The document.
    ///
    /// # Panics
    /// Never: a test compares the file with the attributes.
    pub fn document(&self) -> Value {
        serde_json::from_str(self.text).expect("an OpenAPI document")
    }

    /// The declarations of a path, ordered by method as in OpenAPI.
    ///
    /// # Panics
    /// If an attribute of an emulated service lacks a mandatory extension.
    pub fn declared(&self, path: &str, is_emulated_service: bool) -> &[MethodSpec] {
        let paths = self
            .paths
            .get_or_init(|| read(&self.document(), is_emulated_service));
        paths.get(path).map_or(&[], Vec::as_slice)
    }
}

fn read(document: &Value, is_emulated_service: bool) -> BTreeMap<String, Vec<MethodSpec>> {
    let components = &document["components"];
    let paths = document["paths"].as_object().into_iter().flatten();
    let read = |path: &str, method: Method, declared: &Value| {
        let evidence = is_emulated_service.then(|| OperationEvidence::new(declared, components));
        MethodSpec {
            name: OperationName::new(declared),
            operation: evidence
                .as_ref()
                .map(|evidence| Operation::new(&method, path, declared, evidence.list())),
            request_schema: RequestSchema::new(declared, components),
            evidence,
            method,
        }
    };
    paths
        .map(|(path, item)| {
            let declared = METHODS
                .iter()
                .filter_map(|(word, method)| Some(read(path, method.clone(), item.get(*word)?)));
            (path.clone(), declared.collect())
        })
        .collect()
}

/// The methods in the order in which OpenAPI documents list them.
const METHODS: [(&str, Method); 5] = [
    ("get", Method::GET),
    ("post", Method::POST),
    ("put", Method::PUT),
    ("patch", Method::PATCH),
    ("delete", Method::DELETE),
];
