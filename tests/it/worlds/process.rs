//! Worlds of a process: many processes that each use one, a signal, and a thousand worlds one after the other.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use release_emulator::internals::sim::clock::Stopwatch;
use serde_json::{Value, json};

use super::{WORLDS, free_ports, pipeline, pipelines};
use crate::common::assert_same;
use crate::process::Process;
use crate::remote::Remote;

/// The processes that run the story at once.
const PROCESSES: usize = 32;

/// Environment variable that makes this test binary act as one of the processes: its number and the URL.
const STORY: &str = "WORLDS_TEST_STORY";

#[tokio::test]
async fn thirty_two_processes_run_their_stories_at_once_each_in_a_world_of_its_own() {
    let emulator = Process::start(&["--listen", "127.0.0.1:0"]);
    let url = format!("http://127.0.0.1:{}", emulator.port());
    let start = |n: usize| -> Child {
        Command::new(std::env::current_exe().unwrap())
            .args([
                "worlds::process::the_story_of_one_process",
                "--exact",
                "--nocapture",
            ])
            .env(STORY, format!("{n} {url}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let mut processes: Vec<Child> = (0..PROCESSES).map(start).collect();
    // Each has opened its world before any goes on.
    for process in &mut processes {
        let mut lines = BufReader::new(process.stdout.as_mut().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().ends_with("world is open")));
    }
    for process in &mut processes {
        process.stdin.take().unwrap().write_all(b"go\n").unwrap();
    }
    for (n, process) in processes.into_iter().enumerate() {
        let output = process.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "process {n}: {said}");
    }

    let main = Remote::at(&url);
    let list = json!({"worlds": [{"name": "main", "url": url}]});
    assert_same(&main.get(WORLDS).await.assert_status(200), &list);
    assert_eq!(main.get(&pipelines()).await.assert_status(200), json!([]));
}

/// One of the processes if the environment says so, from opening a world to its end, with exact times of its
/// own; as an ordinary test it has nothing to do.
#[tokio::test]
async fn the_story_of_one_process() {
    let Ok(story) = std::env::var(STORY) else {
        return;
    };
    let (n, url) = story.split_once(' ').unwrap();
    let n: i64 = n.parse().unwrap();
    let (main, name) = (Remote::at(url), format!("process-{n}"));
    // Years, tasks and pauses differ from process to process.
    let begin: i64 = 1_893_456_000_000 + n * 31_536_000_000;
    let freeze = chrono::DateTime::from_timestamp_millis(begin)
        .unwrap()
        .to_rfc3339();
    let step = 1_000 + n;
    let world = main
        .open(json!({"name": name, "freeze": freeze, "step": format!("{step}ms")}))
        .await;
    std::io::stdout().write_all(b"world is open\n").unwrap();
    std::io::stdin().read_line(&mut String::new()).unwrap();

    let created = world
        .post(&pipelines(), pipeline(&name))
        .await
        .assert_status(200);
    let id = created["id"].as_str().unwrap();
    let action = |word: &str| format!("{}/{id}/action?action_id={word}", pipelines());
    let started = world
        .post(&action("start"), json!({}))
        .await
        .assert_status(200);
    assert_same(
        &started,
        &json!({"id": 286_541, "pipeline_id": id, "status": 4}),
    );
    let seen = |transitions: Vec<Value>| {
        let of = |one: &Value| {
            let text = |key: &str| one[key].as_str().map(str::to_owned);
            (
                text("time").unwrap(),
                text("name").unwrap(),
                text("step"),
                text("to").unwrap(),
            )
        };
        transitions.iter().map(of).collect::<Vec<_>>()
    };
    let at = |ms: i64| {
        let time = chrono::DateTime::from_timestamp_millis(begin + ms).unwrap();
        let fraction = if ms % 1_000 == 0 {
            "%Y-%m-%dT%H:%M:%SZ"
        } else {
            "%Y-%m-%dT%H:%M:%S%.3fZ"
        };
        time.format(fraction).to_string()
    };
    let to = |ms, step: Option<&str>, to: &str| {
        (at(ms), name.clone(), step.map(str::to_owned), to.to_owned())
    };

    let gate = seen(world.advance(step).await);
    assert_eq!(
        gate,
        [
            to(step, None, "5"),
            to(step, Some("compile"), "2"),
            to(step, Some("deploy"), "5")
        ]
    );

    let pause = 60_000 + n;
    assert_eq!(world.advance(pause).await, Vec::<Value>::new(), "it waits");
    let agree = json!({"task_name": "deploy", "approval_type": "agree"});
    let agreed = world
        .post(&action("approval"), agree)
        .await
        .assert_status(200);
    assert_eq!(agreed["status"], 4);

    assert_eq!(world.advance(step - 1).await, Vec::<Value>::new());
    let end = seen(world.advance(1).await);
    assert_eq!(
        end.first(),
        Some(&to(2 * step + pause, None, "2")),
        "{end:?}"
    );

    let ended = begin + 2 * step + pause;
    let records = world
        .get(&format!("{}/{id}/records", pipelines()))
        .await
        .assert_status(200);
    let record = json!({"id": 286_541, "pipeline_id": id, "version": 1, "trigger": "emulator", "trigger_type": 0,
        "trigger_at": begin, "status": 2, "end_at": ended});
    assert_same(&records, &json!({"count": 1, "records": [record]}));
    let listed = world.get(&pipelines()).await.assert_status(200);
    let names: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names, [&json!(name)], "it sees its own alone");
    main.delete(&format!("{WORLDS}/{name}"))
        .await
        .assert_status(204);
}

#[tokio::test]
async fn a_signal_stops_all_worlds_within_200_ms_while_clients_are_connected() {
    let mut process = Process::start(&["--listen", "127.0.0.1:0"]);
    let main = Remote::at(format!("http://127.0.0.1:{}", process.port()));
    let mut ports = Vec::new();
    for _ in 0..40 {
        let world = main.open(json!({})).await;
        ports.push(world.url.strip_prefix("http://").unwrap().to_owned());
    }
    let mut clients: Vec<TcpStream> = Vec::new();
    for port in &ports {
        let mut half = TcpStream::connect(port).unwrap();
        half.write_all(b"GET /_emulator/v1/health HTTP/1.1\r\nHost")
            .unwrap();
        clients.extend([TcpStream::connect(port).unwrap(), half]);
    }

    process.assert_signal_sent("-TERM");
    let stopwatch = Stopwatch::start();
    let status = process.child.wait().unwrap();

    assert_eq!(status.code(), Some(0));
    assert!(
        stopwatch.elapsed() < Duration::from_millis(200),
        "{:?}",
        stopwatch.elapsed()
    );
    for port in &ports {
        assert!(TcpStream::connect(port).is_err());
    }
}

/// The open files of a process, and its resident memory in KiB.
#[cfg(target_os = "linux")]
fn held(pid: u32) -> (usize, u64) {
    let files = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .count();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let resident = resident.unwrap().trim().strip_suffix(" kB").unwrap();
    (files, resident.parse().unwrap())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_thousand_worlds_one_after_the_other_leave_neither_files_nor_memory_nor_ports() {
    let range = free_ports(1);
    let ports = format!("{}-{}", range.start(), range.end());
    let process = Process::start(&["--listen", "127.0.0.1:0", "--world-ports", &ports]);
    let main = Remote::at(format!("http://127.0.0.1:{}", process.port()));
    let cycle = async |n: usize| {
        let opened = main.post(WORLDS, json!({})).await.assert_status(201);
        let url = opened["url"].as_str().unwrap();
        // Of each tenth a client stays connected past the end.
        let client = n.is_multiple_of(10).then(|| Remote::at(url));
        if let Some(client) = &client {
            client
                .post(&pipelines(), pipeline("shop"))
                .await
                .assert_status(200);
        }
        let path = format!("{WORLDS}/{}", opened["name"].as_str().unwrap());
        main.delete(&path).await.assert_status(204);
    };
    for n in 0..200 {
        cycle(n).await;
    }
    let before = held(process.child.id());
    for n in 200..1_000 {
        cycle(n).await;
    }
    let after = held(process.child.id());

    assert!(after.0 <= before.0 + 3, "open files: {before:?}, {after:?}");
    // A world that stayed would hold some 80 KiB, 800 of them 64,000.
    assert!(after.1 < before.1 + 4_096, "KiB: {before:?}, {after:?}");
    let list = json!({"worlds": [{"name": "main", "url": main.url}]});
    assert_same(&main.get(WORLDS).await.assert_status(200), &list);
}
