//! The past of a world after a restart: its limit, its snapshots, and rewinds.

use serde_json_lenient::{Value, json};

use super::{Directory, ask, body_of, create, kill, state};
use crate::process::Process;

fn value(process: &Process, method: &str, path: &str, body: &Value) -> Value {
    let text = body_of(process, method, path, &body.to_string());
    serde_json_lenient::from_str(&text).expect("JSON")
}

fn advance(process: &Process, ms: u64) {
    body_of(
        process,
        "POST",
        "/_emulator/v1/clock/advance",
        &json!({ "ms": ms }).to_string(),
    );
}

/// Asks a world by its name.
fn ask_world(process: &Process, name: &str, method: &str, path: &str, body: &str) -> (u16, String) {
    let world = value(
        process,
        "GET",
        &format!("/_emulator/v1/worlds/{name}"),
        &json!({}),
    );
    let url = world["url"].as_str().expect("a URL");
    let port = url.rsplit(':').next().and_then(|port| port.parse().ok());
    super::ask_port(port.expect("a port"), method, path, body)
}

#[test]
fn a_world_keeps_its_own_limit_of_history() {
    let directory = Directory::new("durable-history-bytes");
    let process = directory.start();
    for (name, bytes) in [("none", 0), ("some", 4_000_000)] {
        let body = json!({"name": name, "history_bytes": bytes});
        body_of(&process, "POST", "/_emulator/v1/worlds", &body.to_string());
    }
    let earliest = |process: &Process, name: &str| {
        let (status, answer) = ask_world(process, name, "GET", "/_emulator/v1/history", "");
        assert_eq!(status, 200, "{answer}");
        let body = answer.split_once("\r\n\r\n").expect("a body").1;
        let page: Value = serde_json_lenient::from_str(body).expect("JSON");
        page["earliest"].clone()
    };
    assert_eq!(earliest(&process, "none"), Value::Null);
    kill(process);
    let process = directory.start();
    assert_eq!(earliest(&process, "none"), Value::Null);
    assert_ne!(earliest(&process, "some"), Value::Null);
    kill(process);

    // A directory of a version that did not store the limit.
    let path = directory.0.join("worlds/none/settings");
    let stored = std::fs::read_to_string(&path).expect("settings");
    let older = stored.replace("\"history_bytes\":0,", "");
    assert_ne!(older, stored);
    std::fs::write(&path, older).expect("it is written");
    assert_ne!(earliest(&directory.start(), "none"), Value::Null);
}

#[test]
fn the_earliest_instant_is_a_metric() {
    let directory = Directory::new("durable-earliest");
    let process = directory.start();
    let none = json!({"name": "none", "history_bytes": 0}).to_string();
    body_of(&process, "POST", "/_emulator/v1/worlds", &none);
    let name = "release_emulator_history_earliest_timestamp_seconds";
    let metrics = body_of(&process, "GET", "/_emulator/v1/metrics", "");
    assert!(
        metrics.contains(&format!("\n{name} 1893456000.0\n")),
        "{metrics}"
    );
    let (_, metrics) = ask_world(&process, "none", "GET", "/_emulator/v1/metrics", "");
    assert!(metrics.contains("release_emulator_log_size") && !metrics.contains(name));
}

#[test]
fn snapshots_come_back_and_can_be_forked_and_restored() {
    let directory = Directory::new("durable-snapshots");
    let process = directory.start();
    let snapshots = "/_emulator/v1/snapshots";
    assert!(create(&process, "spring", 1).0 < 300);
    let at_spring = state(&process);
    value(&process, "POST", snapshots, &json!({"name": "spring"}));
    advance(&process, 5_000);
    assert!(create(&process, "summer", 1).0 < 300);
    value(&process, "POST", snapshots, &json!({"name": "summer"}));
    value(&process, "POST", snapshots, &json!({"name": "gone"}));
    let gone = format!("{snapshots}/gone");
    assert_eq!(ask(&process, "DELETE", &gone, "").0, 204);
    advance(&process, 5_000);
    assert!(create(&process, "autumn", 1).0 < 300);
    let (listed, at_autumn) = (body_of(&process, "GET", snapshots, ""), state(&process));
    assert!(listed.contains("summer") && !listed.contains("gone"));
    kill(process);

    let process = directory.start();
    assert_eq!(body_of(&process, "GET", snapshots, ""), listed);
    assert_eq!(state(&process), at_autumn);
    // A fork of the first, by the command of the snapshot.
    let command = serde_json_lenient::from_str::<Value>(&listed).expect("JSON");
    let command = &command["snapshots"][0]["command"];
    let fork = json!({"name": "copy", "from": "main", "command": command});
    value(&process, "POST", "/_emulator/v1/worlds", &fork);
    let (status, answer) = ask_world(&process, "copy", "GET", "/_emulator/v1/state", "");
    assert_eq!(status, 200);
    assert_eq!(answer.split_once("\r\n\r\n").expect("a body").1, at_spring);

    let restore = format!("{snapshots}/spring/restore");
    value(&process, "POST", &restore, &json!({}));
    assert_eq!(state(&process), at_spring);
    assert!(create(&process, "winter", 1).0 < 300);
    let at_winter = state(&process);
    let after_restore = body_of(&process, "GET", snapshots, "");
    assert!(after_restore.contains("spring") && !after_restore.contains("summer"));
    kill(process);

    let process = directory.start();
    assert_eq!(state(&process), at_winter);
    assert_eq!(body_of(&process, "GET", snapshots, ""), after_restore);
    value(&process, "POST", &restore, &json!({}));
    assert_eq!(state(&process), at_spring);
    kill(process);
    assert_eq!(state(&directory.start()), at_spring);
}

#[test]
fn a_rewind_to_before_the_base_comes_back() {
    let directory = Directory::new("durable-rewind");
    let process = directory.start();
    let snapshots = "/_emulator/v1/snapshots";
    assert!(create(&process, "spring", 1).0 < 300);
    let at_spring = state(&process);
    value(&process, "POST", snapshots, &json!({"name": "spring"}));
    // So much that a base takes the place of the log.
    for n in 0..150 {
        assert!(create(&process, &format!("plan-{n}"), 60_000).0 < 300);
    }
    let base = directory.0.join("worlds/main/base-2");
    let is_there = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        base.exists()
    });
    assert!(is_there, "there is no second base");
    assert!(create(&process, "late", 1).0 < 300);
    let restore = format!("{snapshots}/spring/restore");
    let rewound = value(&process, "POST", &restore, &json!({}));
    assert_eq!(rewound["dropped"].as_array().map(Vec::len), Some(151));
    assert_eq!(state(&process), at_spring);
    kill(process);

    let process = directory.start();
    assert_eq!(state(&process), at_spring);
    assert!(create(&process, "summer", 1).0 < 300);
    let at_summer = state(&process);
    kill(process);
    assert_eq!(state(&directory.start()), at_summer);
}
