//! `verify --against`, which asks a service itself, and `--corpus`, which says what a recording has proved.

use std::process::Output;

use serde_json::Value;

use super::session::Recording;
use crate::common::PROJECT;
use crate::process::{Process, command, scratch};
use crate::remote::Remote;

/// Asks a service with these variables.
fn ask(service: &Process, arguments: &[&str], variables: &[(&str, &str)]) -> (Value, Output) {
    let url = format!("http://127.0.0.1:{}", service.port());
    let mut verify = command(&["verify", "--against", &url, "--format", "json"]);
    for name in ["AK", "SK", "PROJECT_ID", "SECURITY_TOKEN"] {
        verify.env_remove(format!("HUAWEICLOUD_SDK_{name}"));
    }
    verify.env_remove("ZADIG_TOKEN");
    let output = verify
        .args(arguments)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    (
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{error}")),
        output,
    )
}

fn verdict(report: &Value, operation: &str) -> String {
    let operations = report["operations"].as_array().unwrap();
    let found = operations
        .iter()
        .find(|report| report["operation"] == operation);
    found.expect(operation)["verdict"]
        .as_str()
        .unwrap()
        .to_owned()
}

const KEY: [(&str, &str); 3] = [
    ("HUAWEICLOUD_SDK_AK", "EMULATORACCESSKEY001"),
    (
        "HUAWEICLOUD_SDK_SK",
        "emulatorSecretKey0123456789abcdefABCDEF01",
    ),
    ("HUAWEICLOUD_SDK_PROJECT_ID", PROJECT),
];

#[test]
fn a_service_is_asked_with_the_credentials_of_the_environment() {
    let service = Process::start(&[
        "--port",
        "0",
        "--fixtures",
        "documented",
        "--auth",
        "strict",
    ]);
    let (report, output) = ask(&service, &[], &KEY);
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    for operation in [
        "ListPipelines",
        "ShowPipeline",
        "ShowPipelineHooks",
        "ListReleasePlans",
        "ShowReleasePlan",
        "ListProjects",
        "GetAllReleases",
    ] {
        assert_eq!(verdict(&report, operation), "agrees", "{operation}");
    }
    for operation in [
        "ListVersions",
        "CreatePipeline",
        "DeleteReleasePlan",
        "GetReleaseByName",
    ] {
        assert_eq!(verdict(&report, operation), "not-asked", "{operation}");
    }
    let reasons = report["operations"].to_string();
    assert!(reasons.contains("ZADIG_TOKEN is not set"), "{reasons}");
    assert!(reasons.contains("--allow-writes"), "{reasons}");
}

#[test]
fn zadig_has_a_token_of_its_own_and_a_header_may_be_one() {
    let service = Process::start(&[
        "--port",
        "0",
        "--fixtures",
        "documented",
        "--auth",
        "strict",
    ]);
    let (report, output) = ask(&service, &[], &[("ZADIG_TOKEN", "demo-token")]);
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    for operation in ["ListZadigProjects", "ListVersions", "GetVersion"] {
        assert_eq!(verdict(&report, operation), "agrees", "{operation}");
    }
    assert_eq!(verdict(&report, "ListPipelines"), "not-asked");

    let variables = [("HUAWEICLOUD_SDK_PROJECT_ID", PROJECT)];
    let (report, _) = ask(
        &service,
        &["--header", "X-Auth-Token: demo-token"],
        &variables,
    );
    assert_eq!(verdict(&report, "ListPipelines"), "agrees");
}

#[test]
fn writes_have_a_project_of_their_own_and_leave_nothing() {
    let service = Process::start(&["--port", "0", "--fixtures", "documented"]);
    let own = [("HUAWEICLOUD_SDK_PROJECT_ID", "own")];
    let flags = ["--allow-writes", "--header", "X-Auth-Token: any"];
    let (report, output) = ask(&service, &flags, &own);
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    for operation in [
        "CreateReleasePlan",
        "UpdateReleasePlan",
        "DeleteReleasePlan",
        "CreatePipeline",
        "UpdatePipeline",
    ] {
        assert_eq!(verdict(&report, operation), "agrees", "{operation}");
    }
    assert_eq!(
        report["notes"],
        serde_json::json!([
            "the pipeline verify-of-emulator is left in the project: the service cannot delete it"
        ])
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let remote = Remote::at(format!("http://127.0.0.1:{}", service.port()));
    let plans = runtime
        .block_on(remote.get("/v3/own/cas/release-plans"))
        .json();
    assert_eq!(plans["count"], 0);

    // There are no plans any more, but the pipeline.
    let (report, _) = ask(&service, &flags, &own);
    assert_eq!(verdict(&report, "CreateReleasePlan"), "agrees");
    assert_eq!(verdict(&report, "CreatePipeline"), "not-asked");

    let used = [("HUAWEICLOUD_SDK_PROJECT_ID", PROJECT)];
    let (report, _) = ask(&service, &flags, &used);
    assert_eq!(verdict(&report, "CreateReleasePlan"), "not-asked");
}

#[test]
fn a_service_that_is_not_there_is_said_so() {
    let mut verify = command(&["verify", "--against", "http://127.0.0.1:9"]);
    let output = verify.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("no answer from http://127.0.0.1:9"),
        "{error}"
    );

    let mut verify = command(&[
        "verify",
        "--against",
        "http://127.0.0.1:9",
        "--header",
        "hush",
    ]);
    let output = verify.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("a header must be") && !error.contains("hush"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_corpus_has_proved_is_in_the_evidence() {
    let mut recording = Recording::documented();
    let pipelines = format!("/v3/{PROJECT}/pipeline/pipelines");
    let plans = format!("/v3/{PROJECT}/cas/release-plans");
    recording.get(&pipelines).await;
    let drift = |answer: &mut super::session::Answer| answer.body["count"] = serde_json::json!("1");
    recording.altered("GET", &plans, Value::Null, drift).await;
    let folder = scratch("proved");
    let corpus = folder.join("corpus.jsonl");
    std::fs::write(&corpus, &recording.lines).unwrap();

    let service = Process::start(&["--port", "0", "--corpus", corpus.to_str().unwrap()]);

    let remote = Remote::at(format!("http://127.0.0.1:{}", service.port()));
    let list = remote.get(&pipelines).await;
    assert_eq!(
        list.header("x-emulator-evidence"),
        "documented; recorded 2026-01-01"
    );
    let plans = remote.get(&plans).await;
    assert_eq!(plans.header("x-emulator-evidence"), "documented");
    let listed = remote.get("/_emulator/v1/operations").await.json();
    let operations = listed["operations"].as_array().unwrap();
    let recorded: Vec<&Value> = operations
        .iter()
        .filter(|operation| operation.get("recorded").is_some())
        .collect();
    assert_eq!(recorded.len(), 1);
    assert_eq!(recorded[0]["id"], "ListPipelines");
    assert_eq!(recorded[0]["recorded"], "2026-01-01");
}
