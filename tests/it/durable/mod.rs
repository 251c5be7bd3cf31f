//! Worlds on disk: what comes back after a kill, and the exit codes of a directory.

mod disk_faults;
mod fault_lifetime;
mod past;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use serde_json_lenient::{Value, json};

use crate::process::{Process, command};

const PLANS: &str = "/v3/p1/cas/release-plans";

struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn arguments(&self) -> [&str; 6] {
        let path = self.0.to_str().expect("a text");
        [
            "--listen",
            "127.0.0.1:0",
            "--freeze",
            "2030-01-01T00:00:00Z",
            "--data",
            path,
        ]
    }

    fn start(&self) -> Process {
        Process::start(&self.arguments())
    }

    fn log(&self) -> PathBuf {
        self.0.join("worlds/main/log-1")
    }
}

/// The exit code and the output of a start that fails, or of another command.
fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let output = command(arguments).output().expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).expect("text"))
}

/// A request with its status, head and body.
fn ask(process: &Process, method: &str, path: &str, body: &str) -> (u16, String) {
    ask_port(process.port(), method, path, body)
}

fn ask_port(port: u16, method: &str, path: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: any\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let status = answer.split_whitespace().nth(1).expect("a status");
    (status.parse().expect("a number"), answer)
}

fn create(process: &Process, name: &str, size: usize) -> (u16, String) {
    let component = json!({"seq": 0, "name": "web", "runtime_stack": {"name": "x".repeat(size)}});
    let body = json!({"name": name, "components": [component]}).to_string();
    ask(process, "POST", PLANS, &body)
}

fn state(process: &Process) -> String {
    let (status, answer) = ask(process, "GET", "/_emulator/v1/state", "");
    assert_eq!(status, 200);
    answer.split_once("\r\n\r\n").expect("a body").1.to_owned()
}

/// The body of an answer that is asked for with success.
#[track_caller]
fn body_of(process: &Process, method: &str, path: &str, body: &str) -> String {
    let (status, answer) = ask(process, method, path, body);
    assert!((200..300).contains(&status), "{method} {path}: {answer}");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    body.to_owned()
}

fn kill(mut process: Process) {
    process.child.kill().expect("it runs");
    process.child.wait().expect("it ends");
}

#[test]
fn all_worlds_come_back_after_a_kill_and_a_closed_one_does_not() {
    let directory = Directory::new("durable-worlds");
    let process = directory.start();
    assert!(create(&process, "spring", 1).0 < 300);
    for name in ["side", "gone"] {
        let body = json!({"name": name}).to_string();
        assert_eq!(ask(&process, "POST", "/_emulator/v1/worlds", &body).0, 201);
    }
    assert_eq!(
        ask(&process, "DELETE", "/_emulator/v1/worlds/gone", "").0,
        204
    );
    let script = json!({"outcome": "fail"}).to_string();
    assert!(ask(&process, "POST", "/_emulator/v1/scripts", &script).0 < 300);
    let moved = ask(
        &process,
        "POST",
        "/_emulator/v1/clock/advance",
        "{\"ms\": 5000}",
    );
    assert_eq!(moved.0, 200);
    let scripts = |process: &Process| {
        ask(process, "GET", "/_emulator/v1/scripts", "")
            .1
            .split_once("\r\n\r\n")
            .expect("a body")
            .1
            .to_owned()
    };
    let before = (state(&process), scripts(&process));
    kill(process);

    let process = directory.start();
    assert_eq!((state(&process), scripts(&process)), before);
    let clock = ask(&process, "GET", "/_emulator/v1/clock", "").1;
    assert!(clock.contains("2030-01-01T00:00:05Z"), "{clock}");
    let worlds = ask(&process, "GET", "/_emulator/v1/worlds", "").1;
    assert!(
        worlds.contains("\"side\"") && !worlds.contains("\"gone\""),
        "{worlds}"
    );
}

#[test]
fn a_reset_and_an_imported_state_come_back() {
    let directory = Directory::new("durable-reset");
    let process = directory.start();
    assert!(create(&process, "spring", 1).0 < 300);
    let exported = state(&process);
    assert!(
        ask(
            &process,
            "POST",
            "/_emulator/v1/clock/advance",
            "{\"ms\": 5000}"
        )
        .0 == 200
    );
    assert!(ask(&process, "POST", "/_emulator/v1/reset", "{}").0 < 300);
    assert!(create(&process, "summer", 1).0 < 300);
    let after_reset = state(&process);
    kill(process);
    let process = directory.start();
    assert_eq!(state(&process), after_reset);
    assert!(ask(&process, "PUT", "/_emulator/v1/state", &exported).0 < 300);
    assert!(create(&process, "autumn", 1).0 < 300);
    let imported = state(&process);
    kill(process);
    assert_eq!(state(&directory.start()), imported);
}

#[test]
fn a_second_process_is_told_of_the_first() {
    let directory = Directory::new("durable-second");
    let process = directory.start();
    let (code, text) = run(&directory.arguments());
    assert_eq!(code, Some(3));
    let pid = process.child.id();
    assert!(text.contains(&format!("in use by process {pid}")), "{text}");
}

#[test]
fn a_damaged_middle_stops_the_start_with_its_place_and_what_can_be_saved_is_printed() {
    let directory = Directory::new("durable-damage");
    let process = directory.start();
    for name in ["spring", "summer", "autumn"] {
        assert!(create(&process, name, 1).0 < 300);
    }
    kill(process);
    let mut bytes = std::fs::read(directory.log()).expect("a log");
    let starts: Vec<usize> = (0..bytes.len())
        .filter(|at| bytes[*at..].starts_with(b"RECD"))
        .collect();
    bytes[starts[1] + 40] ^= 1;
    std::fs::write(directory.log(), bytes).expect("it is written");
    let (code, text) = run(&directory.arguments());
    assert_eq!(code, Some(4));
    let place = format!("byte {}", starts[1]);
    assert!(
        text.contains(&place) && text.contains("data export"),
        "{text}"
    );
    let path = directory.0.to_str().expect("a text");
    let (code, text) = run(&["data", "check", path]);
    assert_eq!(code, Some(4));
    assert!(
        text.contains("main: ") && text.contains("1 commands can be saved"),
        "{text}"
    );
    let (code, text) = run(&["data", "export", path]);
    assert_eq!(code, Some(0));
    let saved: Value = serde_json_lenient::from_str(&text).expect("a state");
    let plans = saved["servicestage"]["projects"][0]["release_plans"].as_array();
    assert_eq!(plans.map(Vec::len), Some(1), "{text}");
    // The remedy works.
    let fixtures = directory.0.with_extension("json");
    std::fs::write(&fixtures, &text).expect("it is written");
    let fixtures = fixtures.to_str().expect("a text");
    let reset = [
        &directory.arguments()[..],
        &["--data-reset", "--fixtures", fixtures],
    ]
    .concat();
    let process = Process::start(&reset);
    assert!(state(&process).contains("spring"));
}
