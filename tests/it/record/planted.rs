//! Planted differences, one of each kind at each of several places, all of which are found.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use release_emulator::internals::drift::kinds::DriftKind;
use release_emulator::internals::drift::text;
use serde_json::{Value, json};

use super::double;
use super::process::{Recorder, folder, json_of, verify};
use super::session::{Answer, Recording, findings};
use crate::common::{App, PROJECT};

/// A difference: the request, the change of its answer, and what is to be found.
struct Planted {
    path: &'static str,
    alter: fn(&mut Answer),
    kind: DriftKind,
    field: &'static str,
}

const PIPELINES: &str = "/v3/{project}/pipeline/pipelines";
const PIPELINE: &str = "/v3/{project}/pipeline/pipelines/4105b37a-947e-4aca-90d8-cec7c04c6f38";
const UNKNOWN: &str = "/v3/{project}/pipeline/pipelines/unknown";
const PLANS: &str = "/v3/{project}/cas/release-plans";
const VERSIONS: &str = "/openapi/delivery/releases?projectKey=demo&pageNum=1&pageSize=20";
const VERSION: &str = "/openapi/delivery/releases/66287b110b8b8a631910f5ae?projectKey=demo";
const MESHES: &str = "/v1/{project}/meshes";

/// The keys of an object in another order.
fn reversed(value: &mut Value) {
    let fields = value.as_object().unwrap().clone();
    let fields: Vec<_> = fields.into_iter().collect();
    *value = Value::Object(fields.into_iter().rev().collect());
}

fn remove(value: &mut Value, key: &str) {
    let object = value.as_object_mut().unwrap();
    assert!(object.shift_remove(key).is_some(), "{key}");
}

const PLANTED: [Planted; 30] = [
    Planted {
        path: PIPELINES,
        alter: |answer| answer.status = 206,
        kind: DriftKind::Status,
        field: "status",
    },
    Planted {
        path: UNKNOWN,
        alter: |answer| answer.status = 400,
        kind: DriftKind::Status,
        field: "status",
    },
    Planted {
        path: PIPELINE,
        alter: |answer| answer.body = json!(null),
        kind: DriftKind::Body,
        field: "body",
    },
    Planted {
        path: PIPELINE,
        alter: |answer| answer.set_header("content-type", "text/plain"),
        kind: DriftKind::ContentType,
        field: "header content-type",
    },
    Planted {
        path: PLANS,
        alter: |answer| answer.set_header("x-openstack-request-id", "req-1"),
        kind: DriftKind::HeaderMissing,
        field: "header x-openstack-request-id",
    },
    Planted {
        path: VERSIONS,
        alter: |answer| drop(answer.headers.remove("x-request-id")),
        kind: DriftKind::HeaderExtra,
        field: "header x-request-id",
    },
    Planted {
        path: PIPELINES,
        alter: |answer| answer.body[0]["lane_type"] = json!("blue"),
        kind: DriftKind::KeyMissing,
        field: "[].lane_type",
    },
    Planted {
        path: VERSION,
        alter: |answer| answer.body["version_info"]["gmtCreate"] = json!(1),
        kind: DriftKind::KeyMissing,
        field: "version_info.gmtCreate",
    },
    Planted {
        path: PIPELINE,
        alter: |answer| remove(&mut answer.body, "fail_mode"),
        kind: DriftKind::KeyExtra,
        field: "fail_mode",
    },
    Planted {
        path: VERSION,
        alter: |answer| remove(&mut answer.body["deploy_infos"][0], "image_name"),
        kind: DriftKind::KeyExtra,
        field: "deploy_infos[].image_name",
    },
    Planted {
        path: PLANS,
        alter: |answer| reversed(&mut answer.body["release_plans"][0]),
        kind: DriftKind::KeyOrder,
        field: "release_plans[]",
    },
    Planted {
        path: PIPELINE,
        alter: |answer| reversed(&mut answer.body),
        kind: DriftKind::KeyOrder,
        field: "body",
    },
    Planted {
        path: PIPELINES,
        alter: |answer| answer.body = json!({"pipelines": answer.body.take()}),
        kind: DriftKind::Type,
        field: "body",
    },
    Planted {
        path: VERSION,
        alter: |answer| answer.body["version_info"]["labels"] = json!({}),
        kind: DriftKind::Type,
        field: "version_info.labels",
    },
    Planted {
        path: PLANS,
        alter: |answer| answer.body["release_plans"][0]["name"] = json!(true),
        kind: DriftKind::Type,
        field: "release_plans[].name",
    },
    Planted {
        path: PIPELINES,
        alter: |answer| remove(&mut answer.body[0], "enterprise_project"),
        kind: DriftKind::NullOrAbsent,
        field: "[].enterprise_project",
    },
    Planted {
        path: PLANS,
        alter: |answer| answer.body["release_plans"][0]["lane_id"] = json!(null),
        kind: DriftKind::NullOrAbsent,
        field: "release_plans[].lane_id",
    },
    Planted {
        path: PIPELINES,
        alter: |answer| answer.body[0]["version"] = json!("1"),
        kind: DriftKind::NumberOrText,
        field: "[].version",
    },
    Planted {
        path: VERSIONS,
        alter: |answer| answer.body["list"][0]["create_time"] = json!("1713928977"),
        kind: DriftKind::NumberOrText,
        field: "list[].create_time",
    },
    Planted {
        path: VERSIONS,
        alter: |answer| answer.body["list"][0]["id"] = json!(17),
        kind: DriftKind::NumberOrText,
        field: "list[].id",
    },
    Planted {
        path: PIPELINES,
        alter: |answer| answer.body[0]["create_time"] = json!(1_739_865_312),
        kind: DriftKind::Units,
        field: "[].create_time",
    },
    Planted {
        path: VERSIONS,
        alter: |answer| answer.body["list"][0]["create_time"] = json!(1_713_928_977_000_i64),
        kind: DriftKind::Units,
        field: "list[].create_time",
    },
    Planted {
        path: MESHES,
        alter: |answer| {
            answer.body["items"][0]["metadata"]["creationTimestamp"] = json!("2026-01-01 12:00:00");
        },
        kind: DriftKind::Format,
        field: "items[].metadata.creationTimestamp",
    },
    Planted {
        path: PLANS,
        alter: |answer| answer.body["release_plans"][0]["status"] = json!("FINISHED"),
        kind: DriftKind::Enumeration,
        field: "release_plans[].status",
    },
    Planted {
        path: PIPELINE,
        alter: |answer| answer.body["status"] = json!(99),
        kind: DriftKind::Enumeration,
        field: "status",
    },
    Planted {
        path: VERSIONS,
        alter: |answer| answer.body["list"][0]["status"] = json!("done"),
        kind: DriftKind::Enumeration,
        field: "list[].status",
    },
    Planted {
        path: UNKNOWN,
        alter: |answer| answer.body["error_code"] = json!("SVCSTG.00100404"),
        kind: DriftKind::ErrorCode,
        field: "error_code",
    },
    Planted {
        path: UNKNOWN,
        alter: |answer| answer.body["error_msg"] = json!("the application release was not found"),
        kind: DriftKind::ErrorTextSimilar,
        field: "error_msg",
    },
    Planted {
        path: UNKNOWN,
        alter: |answer| answer.body["error_msg"] = json!("the request is invalid"),
        kind: DriftKind::ErrorTextDifferent,
        field: "error_msg",
    },
    Planted {
        path: VERSIONS,
        alter: |answer| answer.body["total"] = json!(9),
        kind: DriftKind::Paging,
        field: "total",
    },
];

#[tokio::test]
async fn each_planted_difference_is_found_and_named() {
    let mut wrong = Vec::new();
    for (n, planted) in PLANTED.iter().enumerate() {
        let mut recording = Recording::documented();
        let path = planted.path.replace("{project}", PROJECT);
        recording
            .altered("GET", &path, Value::Null, planted.alter)
            .await;
        let report = recording.verify().await;
        let found = findings(&report);
        let is_found = found
            .iter()
            .any(|found| found.kind == planted.kind && found.field == planted.field);
        let is_alone = found.len() == 1;
        if !is_found || !is_alone {
            let (kind, field) = (planted.kind.as_str(), planted.field);
            wrong.push(format!("{n}: {kind} at {field} in\n{}", text(&report)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let kinds: BTreeSet<DriftKind> = PLANTED.iter().map(|planted| planted.kind).collect();
    assert_eq!(kinds.len(), 18, "each kind is planted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recorder_and_a_comparison_find_what_a_program_over_a_socket_has_planted() {
    let state = release_emulator::internals::registry::fixtures::DOCUMENTED_STATE;
    let app = App::load(&serde_json::from_str(state).unwrap());
    let n_answers = AtomicUsize::new(0);
    let url = double::start(app, move |_, answer| {
        let n = n_answers.fetch_add(1, Ordering::Relaxed);
        (PLANTED[n].alter)(answer);
    })
    .await;
    let (_folder, corpus) = folder();
    // A session for each, since a service that answers the same request in two ways has changed meanwhile.
    for planted in &PLANTED {
        let recorder = Recorder::start(&url, &corpus);
        let path = planted.path.replace("{project}", PROJECT);
        recorder.remote.get(&path).await;
        recorder.stop();
    }

    let output = verify(&corpus, &["--format", "json"]);
    assert_eq!(output.status.code(), Some(8));
    let report = json_of(&output);
    let operations = report["operations"].as_array().unwrap();
    let mut found: Vec<(&str, &str)> = Vec::new();
    for operation in operations {
        for finding in operation["findings"].as_array().unwrap() {
            let text = |name: &str| finding[name].as_str().unwrap();
            found.push((text("kind"), text("field")));
        }
    }
    for planted in &PLANTED {
        let wanted = (planted.kind.as_str(), planted.field);
        assert!(found.contains(&wanted), "{wanted:?} in {report:#}");
    }
}

#[tokio::test]
async fn a_finding_tells_its_weight_its_evidence_and_where_to_look() {
    let mut recording = Recording::documented();
    let path = PIPELINE.replace("{project}", PROJECT);
    let alter = |answer: &mut Answer| answer.body["status"] = json!("4");
    recording.altered("GET", &path, Value::Null, alter).await;
    let report = recording.verify().await;
    let [finding] = &findings(&report)[..] else {
        panic!("{}", text(&report));
    };
    assert_eq!(finding.weight, DriftKind::NumberOrText.weight());
    assert!(
        finding.evidence.contains("inferred"),
        "{}",
        finding.evidence
    );
    let (file, line) = finding.place.split_once(':').unwrap();
    let source = std::fs::read_to_string(file).unwrap();
    let line = source
        .lines()
        .nth(line.parse::<usize>().unwrap() - 1)
        .unwrap();
    assert!(line.contains("struct"), "{line}");
    assert_eq!(finding.seen, ["test.jsonl:1"]);
}
