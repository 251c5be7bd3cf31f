//! The lifetime of faults after a restart: it goes on by the machine's clock.

use std::thread::sleep;
use std::time::Duration;

use serde_json_lenient::json;

use super::{Directory, PLANS, ask, body_of, kill};
use crate::process::Process;

const FAULTS: &str = "/_emulator/v1/faults";

fn is_hit(process: &Process) -> bool {
    ask(process, "GET", PLANS, "").0 == 503
}

fn add(process: &Process, id: &str, ttl_ms: u64) {
    let fault = json!({"id": id, "do": {"status": 503}, "ttl_ms": ttl_ms});
    body_of(process, "POST", FAULTS, &fault.to_string());
}

#[test]
fn the_lifetime_of_a_fault_goes_on_while_the_process_is_away() {
    let directory = Directory::new("durable-lifetime");
    let process = directory.start();
    add(&process, "short", 1_500);
    assert!(is_hit(&process));
    kill(process);
    sleep(Duration::from_millis(1_500));
    let process = directory.start();
    assert!(!is_hit(&process), "it is over");

    add(&process, "long", 600_000);
    kill(process);
    let process = directory.start();
    assert!(is_hit(&process), "it is not over");
    // One that takes the place of another begins anew.
    let short = json!({"do": {"status": 503}, "ttl_ms": 1_500}).to_string();
    body_of(&process, "PUT", &format!("{FAULTS}/long"), &short);
    kill(process);
    sleep(Duration::from_millis(1_500));
    let process = directory.start();
    assert!(!is_hit(&process), "the one in its place is over");
}

#[test]
fn faults_that_came_with_a_state_do_not_live_longer_for_a_restart() {
    let directory = Directory::new("durable-lifetime-state");
    let process = directory.start();
    let state = json!({"faults": [{"id": "own", "do": {"status": 503}, "ttl_ms": 1_500}]});
    body_of(&process, "PATCH", "/_emulator/v1/state", &state.to_string());
    assert!(is_hit(&process));
    kill(process);
    sleep(Duration::from_millis(1_500));
    assert!(!is_hit(&directory.start()));
}
