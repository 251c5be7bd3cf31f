//! The findings that make a run fail although its command succeeded.

use serde_json::json;

use super::{exec, exec_part, stderr};
use crate::process::scratch;

#[test]
fn a_script_that_was_never_used_fails_a_run_that_succeeded() {
    let flags = ["--fail-on", "unused-script"];
    let used = exec_part(&flags, "script use");
    assert_eq!(used.status.code(), Some(0), "{}", stderr(&used));

    let unused = exec_part(&flags, "script");
    assert_eq!(unused.status.code(), Some(7), "{}", stderr(&unused));
    let said = stderr(&unused);
    let (before, after) = said
        .split_once("world main: unused-script: ")
        .expect("the finding");
    assert_eq!(before, "release-emulator: the command succeeded, but\n  ");
    assert!(
        after.ends_with(" (family pipelines, step roll-out)\n"),
        "{said}"
    );

    let own = exec_part(&flags, "script fail");
    assert_eq!(own.status.code(), Some(101), "its own code");
    assert!(!stderr(&own).contains("unused-script:"), "{}", stderr(&own));
    let without = exec_part(&[], "script");
    assert_eq!(without.status.code(), Some(0), "nobody asked");
}

#[test]
fn scripts_of_worlds_that_were_closed_count_too() {
    let output = exec_part(&["--fail-on", "unused-script"], "world");
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("\n  world t1: unused-script: "),
        "{}",
        stderr(&output)
    );
    assert!(
        stderr(&output).ends_with(" (any step)\n"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_fault_that_was_never_used_fails_a_run_that_succeeded() {
    let flags = ["--fail-on", "unused-fault"];
    let used = exec_part(&flags, "fault list");
    assert_eq!(used.status.code(), Some(0), "{}", stderr(&used));

    let unused = exec_part(&flags, "fault");
    assert_eq!(unused.status.code(), Some(7), "{}", stderr(&unused));
    let line = "world main: unused-fault: away (match {\"method\":\"GET\"})";
    let said = format!("release-emulator: the command succeeded, but\n  {line}\n");
    assert_eq!(stderr(&unused), said);
    let without = exec_part(&[], "fault");
    assert_eq!(without.status.code(), Some(0), "nobody asked");
}

#[test]
fn faults_of_fixtures_hit_the_first_request_and_are_checked_at_the_start() {
    let folder = scratch("exec-faults");
    let file = folder.join("faults.json");
    let file = file.to_str().unwrap();
    let away =
        json!({"id": "away", "match": {"operation": "ListPipelines"}, "do": {"status": 503}});
    let off = json!({"id": "off", "do": {"status": 500}, "enabled": false});
    std::fs::write(file, json!({"faults": [away, off]}).to_string()).unwrap();
    let flags = ["--fixtures", file, "--fail-on", "unused-fault"];
    let output = exec_part(&flags, "list");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let output = exec_part(&flags, "ready");
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("unused-fault: away ("),
        "{}",
        stderr(&output)
    );
    assert!(
        !stderr(&output).contains("unused-fault: off"),
        "{}",
        stderr(&output)
    );

    std::fs::write(
        file,
        r#"{"faults": [{"match": {"family": "pipeline"}, "do": {"status": 500}}]}"#,
    )
    .unwrap();
    let output = exec(&["--fixtures", file], "echo started");
    assert_eq!((output.status.code(), &*output.stdout), (Some(4), &b""[..]));
    let said = format!(
        "release-emulator: the fixtures {file} are invalid: faults[0].match.family: matches no family, did you mean \
         pipelines?\n"
    );
    assert_eq!(stderr(&output), said);
}

#[test]
fn an_unknown_route_fails_a_run_that_names_it_and_noise_does_not() {
    let flags = ["--fail-on", "unknown-route"];
    let line = "GET /v3/p1/pipeline/pipeline returned 404, did you mean GET /v3/{project_id}/pipeline/pipelines?";
    let output = exec_part(&flags, "lost");
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
    let said = format!("the command succeeded, but\n  world main: unknown-route: {line}\n");
    assert!(stderr(&output).ends_with(&said), "{}", stderr(&output));

    let noise = "release-emulator: world main: unknown-route: not counted, since browsers and probes send them by \
        themselves: GET /.well-known/security.txt, GET /apple-touch-icon-120x120.png, GET /favicon.ico, GET /robots.txt, \
        OPTIONS /v3/p/pipeline/pipelines (requests: 10)\n";
    let output = exec_part(&flags, "noise noise");
    assert_eq!((output.status.code(), &*stderr(&output)), (Some(0), noise));
    let output = exec_part(&flags, "noise noise lost");
    assert_eq!(output.status.code(), Some(7));
    let said = format!(
        "{noise}release-emulator: the command succeeded, but\n  world main: unknown-route: {line}\n"
    );
    assert_eq!(stderr(&output), said);
}

#[test]
fn a_status_that_the_operation_declares_or_a_fault_injects_is_no_server_error() {
    let flags = [
        "--log-level",
        "error",
        "--fail-on",
        "server-error,unknown-route",
    ];
    let output = exec_part(&flags, "broken fault list");
    assert_eq!(
        (output.status.code(), &*stderr(&output)),
        (Some(0), ""),
        "and nothing is logged"
    );
}
