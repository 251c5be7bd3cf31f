//! The operations of IAM and the mesh operations of ASM, held against the vendor's machine-readable API documents: path,
//! method, parameters, keys of requests and answers with their types, and examples. Every difference is listed with its
//! reason in [`known`]; a listed difference that is gone fails too.

mod document;
mod examples;
mod known;
mod meshes;
mod schema;

use std::collections::{BTreeMap, BTreeSet};

use release_emulator::internals::registry;
use serde_json::Value;

use crate::openapi::Document;
use document::VendorDocument;
use known::KNOWN;
use schema::{Direction, Schema, compare};

/// The vendor's documents of each operation; none where the vendor has none.
const OPERATIONS: [(&str, &str, &[&str]); 22] = [
    ("CreateMesh", "ASM", &["CreateMesh"]),
    ("DeleteMesh", "ASM", &["DeleteMesh"]),
    ("ListMeshes", "ASM", &["ListMeshes"]),
    ("ShowMesh", "ASM", &["ShowMesh"]),
    ("ListApiVersions", "IAM", &["KeystoneListVersions"]),
    ("ShowApiVersion", "IAM", &["KeystoneShowVersion"]),
    (
        "CreateToken",
        "IAM",
        &[
            "KeystoneCreateUserTokenByPassword",
            "KeystoneCreateUserTokenByPasswordAndMfa",
            "KeystoneCreateAgencyToken",
        ],
    ),
    ("ShowToken", "IAM", &["KeystoneValidateToken"]),
    ("DeleteToken", "IAM", &[]),
    (
        "CreateTemporaryAccessKey",
        "IAM",
        &[
            "CreateTemporaryAccessKeyByToken",
            "CreateTemporaryAccessKeyByAgency",
        ],
    ),
    ("ListProjects", "IAM", &["KeystoneListProjects"]),
    ("ListAuthProjects", "IAM", &["KeystoneListAuthProjects"]),
    ("ShowProject", "IAM", &["KeystoneShowProject"]),
    ("ListDomains", "IAM", &["KeystoneListAuthDomains"]),
    ("ListUsers", "IAM", &["KeystoneListUsers"]),
    ("ShowCatalog", "IAM", &["KeystoneShowCatalog"]),
    ("ListServices", "IAM", &["KeystoneListServices"]),
    ("ListEndpoints", "IAM", &["KeystoneListEndpoints"]),
    ("ListRegions", "IAM", &["KeystoneListRegions"]),
    ("CreateTokenWithIdToken", "IAM", &["CreateTokenWithIdToken"]),
    ("AssumeAgency", "IAM", &[]),
    ("GetCallerIdentity", "IAM", &[]),
];

/// The operations that are not emulated: only their paths are compared.
const NOT_EMULATED: [&str; 1] = ["CreateTokenWithIdToken"];

#[test]
fn every_operation_of_iam_and_of_meshes_is_held_against_the_vendors_documents() {
    let held: BTreeSet<&str> = OPERATIONS.iter().map(|(id, ..)| *id).collect();
    let ours = registry::operations().filter(|operation| {
        operation.family == "iam" || operation.path.starts_with("/v1/{project_id}/meshes")
    });
    let ours: BTreeSet<&str> = ours.map(|operation| operation.id.as_str()).collect();
    assert_eq!(held, ours);
}

#[test]
fn operations_differ_from_the_vendors_documents_as_listed() {
    let mut found = BTreeSet::new();
    for (id, service, names) in OPERATIONS {
        let documents: Vec<_> = names
            .iter()
            .map(|name| VendorDocument::read(service, name))
            .collect();
        for difference in differences(id, &documents) {
            found.insert((id, difference));
        }
    }
    let mut known = BTreeSet::new();
    for (ids, reason, differences) in KNOWN {
        assert!(!reason.is_empty());
        let lines = differences.lines().map(str::trim);
        for line in lines.filter(|line| !line.is_empty()) {
            known.extend(ids.iter().map(|id| (*id, line.to_owned())));
        }
    }
    let unlisted: Vec<_> = found.difference(&known).collect();
    let gone: Vec<_> = known.difference(&found).collect();
    assert!(unlisted.is_empty(), "not listed: {unlisted:#?}");
    assert!(gone.is_empty(), "listed, but gone: {gone:#?}");
}

/// The differences of an operation from the vendor's documents.
fn differences(id: &str, documents: &[VendorDocument]) -> Vec<String> {
    let operation = registry::operations().find(|operation| operation.id == id);
    let operation = operation.expect(id);
    if documents.is_empty() {
        return vec!["no document".to_owned()];
    }
    let mut differences = Vec::new();
    for document in documents {
        let (own, theirs) = (
            format!("{} {}", operation.method, operation.path),
            format!("{} {}", document.method.to_uppercase(), document.path),
        );
        if own != theirs {
            differences.push(format!("{own} is {theirs}"));
        }
    }
    if NOT_EMULATED.contains(&id) {
        return differences;
    }
    let ours = Document::new();
    let method = operation.method.to_lowercase();
    let declared = &ours.0["paths"][&operation.path][&method];
    differences.extend(compare_parameters(declared, documents));
    let own = Schema::of(
        &ours.0,
        &declared["requestBody"]["content"]["application/json"]["schema"],
    );
    let theirs: Vec<_> = documents
        .iter()
        .filter_map(VendorDocument::request)
        .collect();
    differences.extend(compare(&own, &theirs, Direction::Request));
    let status = documents[0].success().0.to_owned();
    let own = Schema::of(
        &ours.0,
        &declared["responses"][&status]["content"]["application/json"]["schema"],
    );
    let theirs: Vec<_> = documents
        .iter()
        .map(|document| document.success().1)
        .collect();
    differences.extend(compare(&own, &theirs, Direction::Response));
    differences
}

/// The differences of the parameters. The credential and the type of the body are not parameters of an operation.
fn compare_parameters(declared: &Value, documents: &[VendorDocument]) -> Vec<String> {
    let key = |parameter: &Value| {
        let text = |key: &str| parameter[key].as_str().unwrap_or_default().to_owned();
        (text("in"), text("name"))
    };
    let is_required = |parameter: &Value| parameter["required"].as_bool().unwrap_or_default();
    let is_own = |(place, name): &(String, String)| {
        place != "body" && !["X-Auth-Token", "Content-Type"].contains(&name.as_str())
    };
    let ours = declared["parameters"].as_array().into_iter().flatten();
    let ours: BTreeMap<_, _> = ours
        .map(|parameter| (key(parameter), is_required(parameter)))
        .filter(|(key, _)| is_own(key))
        .collect();
    let mut theirs: BTreeMap<_, bool> = BTreeMap::new();
    for parameter in documents.iter().flat_map(VendorDocument::parameters) {
        if is_own(&key(&parameter)) {
            theirs.insert(key(&parameter), is_required(&parameter));
        }
    }
    let mut differences = Vec::new();
    for ((place, name), required) in &theirs {
        match ours.get(&(place.clone(), name.clone())) {
            None => differences.push(format!("{place} {name}: missing")),
            Some(own) if own != required => {
                differences.push(format!("{place} {name}: required is {own}, not {required}"));
            }
            Some(_) => {}
        }
    }
    let extra = ours.keys().filter(|key| !theirs.contains_key(*key));
    differences.extend(extra.map(|(place, name)| format!("{place} {name}: of the emulator alone")));
    differences
}
