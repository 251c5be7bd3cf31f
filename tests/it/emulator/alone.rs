//! Emulators in a thread of their own, and the report of a failed test.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::LazyLock;

use release_emulator::{
    Emulator, Family, Fault, RequestFilter, Script, StartError, State, Verification, VerifyError,
};
use serde_json::json;

use super::{PIPELINES, noon, started};
use crate::remote::Remote;

/// Sends a request as a client does that blocks its thread, and returns the answer.
fn get(emulator: &Emulator, path: &str) -> String {
    let authority = emulator.url().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(authority).unwrap();
    let head = "HTTP/1.1\r\nhost: x\r\nx-auth-token: any\r\nconnection: close\r\n\r\n";
    stream
        .write_all(format!("GET {path} {head}").as_bytes())
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_program_without_a_runtime_starts_asks_and_stops() {
    let emulator = Emulator::builder().freeze(noon()).start_blocking().unwrap();
    assert!(get(&emulator, PIPELINES).starts_with("HTTP/1.1 200"));

    let listed = RequestFilter::new().operation("ListPipelines");
    let requests = emulator.requests();
    let once = Verification::exactly(1, listed.clone());
    assert_eq!(requests.verify_blocking(once), Ok(()));
    let twice = requests.verify_blocking(Verification::exactly(2, listed));
    assert!(
        matches!(twice, Err(VerifyError::NotVerified(_))),
        "{twice:?}"
    );

    let authority = emulator.url().strip_prefix("http://").unwrap().to_owned();
    drop(emulator);
    assert!(TcpStream::connect(authority).is_err(), "the port is closed");
}

#[tokio::test]
async fn a_blocking_client_in_a_runtime_of_one_thread_is_answered() {
    let emulator = Emulator::start_blocking().unwrap();
    assert!(get(&emulator, PIPELINES).starts_with("HTTP/1.1 200"));
    let any = Verification::at_least(1, RequestFilter::new());
    assert_eq!(emulator.requests().verify_blocking(any), Ok(()));
    emulator.stop().await;
}

#[test]
fn a_static_emulator_outlives_the_thread_that_starts_it() {
    static SHARED: LazyLock<Emulator> = LazyLock::new(|| Emulator::start_blocking().unwrap());
    for _ in 0..2 {
        let asked = std::thread::spawn(|| get(&SHARED, PIPELINES));
        assert!(asked.join().unwrap().starts_with("HTTP/1.1 200"));
    }
}

#[test]
fn a_builder_that_cannot_start_says_so_without_a_runtime_too() {
    let refused = Emulator::builder().freeze("noon").start_blocking();
    let refused = refused.unwrap_err();
    assert!(matches!(refused, StartError::Setting(_)));
    assert_eq!(
        refused.to_string(),
        "freeze: \"noon\" is not an RFC 3339 timestamp (example: 2030-01-01T00:00:00Z)"
    );
}

#[tokio::test]
async fn a_report_has_what_explains_a_failure() {
    let emulator = Emulator::builder().freeze(noon()).start().await.unwrap();
    let url = emulator.url().to_owned();
    assert_eq!(
        emulator.report(),
        format!("requests:\n  no request has come to {url}\n")
    );

    let late = Script::fail("no").id("late").step("rol-out");
    emulator.scripts().add(late).unwrap();
    let never = Fault::status(503).id("never").operation("ListMeshes");
    emulator.faults().add(never).unwrap();
    let remote = Remote::at(&url);
    let id = started(&remote).await;
    let again = format!("{PIPELINES}/{id}/action?action_id=start");
    remote.post(&again, json!({})).await;
    remote.get("/v3/p1/pipeline/piplines").await;

    let report = emulator.report();
    for expected in [
        "refused requests:\n  POST /v3/p1/pipeline/pipelines/",
        "    hint: ",
        "did you mean GET /v3/{project_id}/pipeline/pipelines?",
        "\nrequests:\n  2026-01-01T12:00:00Z POST /v3/p1/pipeline/pipelines returned 200 (CreatePipeline)\n",
        &*format!("\nresources:\n  pipelines pipeline shop ({id}) in p1: releasing, allows "),
        "\n    2026-01-01T12:00:00Z deploy/prepare: releasing (4), cause: start\n",
        "\n    next: 2026-01-01T12:00:02Z to ",
        "\nclock:\n  it is frozen at 2026-01-01T12:00:00Z, and the test has not moved it; shop will change",
        "\nunused scripts:\n  late (step rol-out), did you mean step roll-out?\n",
        "\nunused faults:\n  never (match {\"operation\":\"ListMeshes\"})\n",
    ] {
        assert!(
            report.contains(expected),
            "{expected:?} is missing:\n{report}"
        );
    }
}

/// Names the test that runs itself once more.
const FAILS: &str = "FAIL_WITH_AN_EMULATOR";

#[test]
fn a_failed_test_prints_the_report() {
    let name = "emulator::alone::a_failed_test_prints_the_report";
    if std::env::var_os(FAILS).is_some() {
        let emulator = Emulator::start_blocking().unwrap();
        get(&emulator, "/v3/p1/pipeline/piplines");
        panic!("it fails");
    }
    let program = std::env::current_exe().unwrap();
    let mut failing = Command::new(program);
    failing
        .args(["--exact", name, "--nocapture"])
        .env(FAILS, "1");
    let output = failing.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("it fails"), "{said}");
    assert!(said.contains("the emulator at http://127.0.0.1:"), "{said}");
    assert!(
        said.contains("GET /v3/p1/pipeline/piplines returned 404"),
        "{said}"
    );
}

#[tokio::test]
async fn resources_timelines_and_states_are_those_of_the_control_plane() {
    let emulator = Emulator::builder().freeze(noon()).start().await.unwrap();
    let id = started(&Remote::at(emulator.url())).await;

    let resources = emulator.resources();
    let [shop] = &resources[..] else {
        panic!("{resources:?}")
    };
    assert_eq!(
        (shop.family, shop.kind, &*shop.name, &*shop.id, shop.code),
        (Family::Pipelines, "pipeline", "shop", &*id, Some(4))
    );
    let timeline = emulator.timeline(Family::Pipelines, &id).unwrap();
    assert_eq!(&timeline.resource, shop);
    assert_eq!(timeline.forecast.len(), 2);
    let first = &timeline.transitions[0];
    assert!(first.is_resource("shop") && first.is_resource(&id) && !first.is_step("shop"));
    assert_eq!((first.time, &*first.from), (noon(), ""));
    let changes = &timeline.transitions;
    assert!(changes.iter().any(|change| change.is_step("prepare")));
    assert!(
        changes
            .iter()
            .any(|change| change.is_step("deploy/prepare"))
    );
    assert!(!changes.iter().any(|change| change.is_step("x/prepare")));
    assert_eq!(emulator.timeline(Family::Plans, &id), None);

    let project = json!({"zadig": {"projects": [{"key": "shop"}]}});
    let project = State::from_value(project).unwrap();
    emulator.patch_state(project.clone()).unwrap();
    assert_eq!(emulator.resources().len(), 1);
    emulator.set_state(project).unwrap();
    assert!(emulator.resources().is_empty());
    let twice = json!({"zadig": {"projects": [{"key": "a"}, {"key": "a"}]}});
    let twice = State::from_value(twice).unwrap();
    assert!(emulator.set_state(twice.clone()).is_err());
    assert!(emulator.patch_state(twice).is_err());
    let unknown = State::from_value(json!({"zadg": {}})).unwrap_err();
    assert!(unknown.to_string().starts_with("zadg: "), "{unknown}");
}

#[tokio::test]
async fn mistakes_in_a_test_are_told() {
    let emulator = Emulator::builder().freeze(noon()).start().await.unwrap();
    let slashless = emulator.get("v3/p1/pipeline/pipelines").await.unwrap_err();
    assert_eq!(
        slashless.to_string(),
        "path: must begin with /, not \"v3/p1/pipeline/pipelines\""
    );
    let misspelt = emulator.requests().of("OperatePipelin").unwrap_err();
    assert_eq!(
        misspelt.to_string(),
        "operation: matches no operation, did you mean OperatePipeline?"
    );
    let refused = emulator
        .get("/v3/p1/pipeline/piplines?limit=1")
        .await
        .unwrap();
    let refused = refused.ok().unwrap_err().to_string();
    assert!(
        refused.starts_with("GET /v3/p1/pipeline/piplines?limit=1 returned 404: {")
            && refused.ends_with("(hint: did you mean GET /v3/{project_id}/pipeline/pipelines?)"),
        "{refused}"
    );

    let scripts = emulator.scripts();
    let off = Script::hang().id("off").disabled();
    scripts.add(off).unwrap();
    scripts.add(Script::hang().id("on").step("x")).unwrap();
    let unused: Vec<_> = scripts.unused().into_iter().map(|one| one.id).collect();
    assert_eq!(unused, ["on"]);
    let faults = emulator.faults();
    faults.add(Fault::status(503).id("off").disabled()).unwrap();
    faults
        .add(Fault::status(503).id("on").when_path("/v2/*"))
        .unwrap();
    let unused: Vec<_> = faults.unused().into_iter().map(|one| one.id).collect();
    assert_eq!(unused, ["on"]);
    let printed = format!("{:?}", scripts.get("on").unwrap().script);
    assert!(
        printed.contains("\"x\"") && !printed.contains("WildMatch"),
        "{printed}"
    );

    let said = emulator.clock().set("noon").unwrap_err().to_string();
    assert!(
        said.starts_with("\"noon\" is not an RFC 3339 timestamp"),
        "{said}"
    );
}
