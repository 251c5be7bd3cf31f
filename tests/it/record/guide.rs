//! The commands of the guide, run against a double of the service.

use std::net::TcpListener;
use std::process::Command;

use super::double;
use crate::common::{App, PROJECT};
use crate::process::scratch;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_of_the_guide_find_what_a_double_does_differently() {
    let page = release_emulator::internals::docs::find("check")
        .unwrap()
        .text;
    let (_, script) = page.split_once("```sh\nSERVICE=").unwrap();
    let (script, _) = script.split_once("```").unwrap();
    let (_, script) = script.split_once('\n').unwrap();
    let state = release_emulator::internals::registry::fixtures::DOCUMENTED_STATE;
    let app = App::load(&serde_json::from_str(state).unwrap());
    let service = double::start(app, |path, answer| {
        if path.ends_with("/pipelines") {
            answer.body[0]["version"] = serde_json::json!("1");
        }
    })
    .await;
    // Nothing listens on a port that was just given back.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let script = script.replace("4700", &port.to_string());
    let script = format!("SERVICE={service}\n{script}echo $?\n");
    let folder = scratch("guide");
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_release-emulator"));
    let path = format!(
        "{}:{}",
        binary.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );

    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(&*folder)
        .env("PATH", path)
        .env("PROJECT", PROJECT)
        .env("TOKEN", "any")
        .output()
        .unwrap();

    let printed = String::from_utf8(output.stdout).unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        printed.contains("2 exchanges of 2 operations are in corpus.jsonl"),
        "{printed}{error}"
    );
    assert!(
        printed.contains("[].version: the service sends a text, we send a number"),
        "{printed}{error}"
    );
    assert!(
        printed.contains("ListReleasePlans (plans): agrees, 1 exchange"),
        "{printed}{error}"
    );
    assert!(printed.ends_with("\n0\n"), "{printed}{error}");
}
