//! The commands of the binary, one after the other: a service, its recorder, the comparison.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::double;
use crate::common::{App, PROJECT};
use crate::process::{Process, Scratch, command, scratch};
use crate::remote::Remote;

/// A recorder in front of a service.
pub struct Recorder {
    process: Process,
    pub remote: Remote,
}

impl Recorder {
    pub fn start(upstream: &str, corpus: &Path) -> Self {
        let out = corpus.to_str().unwrap();
        let process = Process::start(&[
            "record",
            "--upstream",
            upstream,
            "--port",
            "0",
            "--out",
            out,
        ]);
        let remote = Remote::at(format!("http://127.0.0.1:{}", process.port()));
        Self { process, remote }
    }

    /// Stops it as a terminal does, and returns the summary.
    pub fn stop(mut self) -> String {
        use std::io::Read;
        self.process.assert_signal_sent("-INT");
        let mut summary = String::new();
        let stdout = self.process.child.stdout.as_mut().unwrap();
        stdout.read_to_string(&mut summary).unwrap();
        assert!(self.process.child.wait().unwrap().success(), "{summary}");
        summary
    }
}

pub fn verify(corpus: &Path, flags: &[&str]) -> Output {
    let mut verify = command(&["verify", corpus.to_str().unwrap()]);
    verify.args(flags).output().unwrap()
}

pub fn json_of(output: &Output) -> Value {
    serde_json::from_str(&String::from_utf8_lossy(&output.stdout)).expect("JSON")
}

fn verdict<'r>(report: &'r Value, operation: &str) -> &'r Value {
    let operations = report["operations"].as_array().unwrap();
    operations
        .iter()
        .find(|report| report["operation"] == operation)
        .expect(operation)
}

pub fn folder() -> (Scratch, std::path::PathBuf) {
    static NUMBER: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let n = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let folder = scratch(&format!("record-{n}"));
    let corpus = folder.join("corpus.jsonl");
    (folder, corpus)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emulator_with_other_flags_differs_as_documented() {
    let (_folder, corpus) = folder();
    let flags = [
        "--fixtures",
        "documented",
        "--pipelines-list",
        "object",
        "--fidelity",
        "strict",
        "--zadig",
        "v4",
    ];
    let service = Process::start(&[&["--port", "0"], &flags[..]].concat());
    let recorder = Recorder::start(&format!("http://127.0.0.1:{}", service.port()), &corpus);
    for path in [
        &format!("/v3/{PROJECT}/pipeline/pipelines"),
        &format!("/v3/{PROJECT}/pipeline/pipelines/4105b37a-947e-4aca-90d8-cec7c04c6f38"),
        "/openapi/delivery/releases?projectKey=demo&pageNum=1&pageSize=20",
        "/openapi/delivery/releases/66287b110b8b8a631910f5ae?projectKey=demo",
    ] {
        recorder.remote.get(path).await;
    }
    let summary = recorder.stop();
    assert!(
        summary.starts_with("4 exchanges of 4 operations"),
        "{summary}"
    );

    let output = verify(&corpus, &["--format", "json"]);

    let report = json_of(&output);
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    let list = verdict(&report, "ListPipelines");
    assert_eq!(list["verdict"], "documented");
    let text = list["findings"][0]["documented"]["text"].as_str().unwrap();
    assert!(text.contains("--pipelines-list object"), "{text}");
    for operation in ["ShowPipeline", "ListVersions", "GetVersion"] {
        assert_eq!(
            verdict(&report, operation)["verdict"],
            "agrees",
            "{operation}"
        );
    }
    let notes = report["notes"].to_string();
    assert!(notes.contains("generation v4"), "{notes}");

    let same = verify(&corpus, &[&flags[2..], &["--format", "text"]].concat());
    let text = String::from_utf8(same.stdout).unwrap();
    assert!(
        text.ends_with("4 agree, 0 differ as documented, 0 drift\n"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drift_of_a_double_is_found_with_exit_code_8_in_every_format() {
    let (_folder, corpus) = folder();
    let state = release_emulator::internals::registry::fixtures::DOCUMENTED_STATE;
    let app = App::load(&serde_json::from_str(state).unwrap());
    let url = double::start(app, |path, answer| {
        if path.ends_with("/pipelines") {
            answer.body[0]["version"] = json!("1");
        }
        if path.ends_with("/release-plans") {
            answer.body["release_plans"][0]["lane_type"] = json!("blue");
        }
    })
    .await;
    let recorder = Recorder::start(&url, &corpus);
    recorder
        .remote
        .get(&format!("/v3/{PROJECT}/pipeline/pipelines"))
        .await
        .assert_status(200);
    recorder
        .remote
        .get(&format!("/v3/{PROJECT}/cas/release-plans"))
        .await
        .assert_status(200);
    recorder
        .remote
        .get(&format!("/v1/{PROJECT}/meshes"))
        .await
        .assert_status(200);
    drop(recorder.stop());

    let output = verify(&corpus, &["--format", "json"]);
    assert_eq!(output.status.code(), Some(8));
    let report = json_of(&output);
    let finding = &verdict(&report, "ListPipelines")["findings"][0];
    assert_eq!(
        (&finding["kind"], &finding["field"]),
        (&json!("number-or-text"), &json!("[].version"))
    );
    let finding = &verdict(&report, "ListReleasePlans")["findings"][0];
    assert_eq!(finding["kind"], "key-missing");
    assert_eq!(verdict(&report, "ListMeshes")["verdict"], "agrees");
    assert_eq!(report["summary"]["drifts"], 2);

    let text = String::from_utf8(verify(&corpus, &[]).stdout).unwrap();
    assert!(
        text.contains("release_plans[].lane_type: the service sends a text, we have no such key"),
        "{text}"
    );
    assert!(text.contains("src/families/servicestage/plans/"), "{text}");

    let junit = verify(&corpus, &["--format", "junit"]);
    assert_eq!(junit.status.code(), Some(8));
    let xml = String::from_utf8(junit.stdout).unwrap();
    assert!(
        xml.contains("tests=\"3\" failures=\"2\" skipped=\"0\""),
        "{xml}"
    );
    assert_eq!(xml.matches("<failure ").count(), 2, "{xml}");
}

#[test]
fn what_is_no_corpus_is_refused_with_its_line() {
    let (folder, corpus) = folder();
    let refuse = |text: &str| {
        std::fs::write(&corpus, text).unwrap();
        let output = verify(&corpus, &[]);
        assert_eq!(output.status.code(), Some(4));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refuse("").contains("nothing was recorded"));
    let error = refuse("{\"operation\": 1}\n");
    assert!(error.contains("line 1"), "{error}");
    let missing = Command::new(env!("CARGO_BIN_EXE_release-emulator"))
        .args(["verify", folder.join("nothing").to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(missing.status.code(), Some(4));
}
