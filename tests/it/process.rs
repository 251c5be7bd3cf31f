//! The binary: its ready line, its port file, its exit codes, its stop.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use release_emulator::internals::sim::clock::Stopwatch;

/// A started binary, killed when the test is over.
pub struct Process {
    pub child: Child,
    pub ready: String,
}

impl Process {
    pub fn start(arguments: &[&str]) -> Self {
        Self::spawn(&mut command(arguments))
    }

    /// Starts a command and waits for its first line.
    pub fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut ready = String::new();
        BufReader::new(child.stdout.as_mut().expect("piped"))
            .read_line(&mut ready)
            .expect("a line");
        Self { child, ready }
    }

    pub fn port(&self) -> u16 {
        let url = self
            .ready
            .split_whitespace()
            .find_map(|word| word.strip_prefix("url=http://127.0.0.1:"));
        url.expect("a url").parse().expect("a port")
    }

    pub fn assert_signal_sent(&self, name: &str) {
        // Every shell has its own `kill`; a small machine has no other.
        let sent = Command::new("sh")
            .args(["-c", &format!("kill {name} {}", self.child.id())])
            .status()
            .expect("a shell runs");
        assert!(sent.success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary with these arguments, and no flags out of the environment.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_release-emulator"));
    command.args(arguments);
    for (name, _) in std::env::vars() {
        if name.starts_with("RELEASE_EMULATOR_") {
            command.env_remove(name);
        }
    }
    command
}

/// A folder of a test's own, which goes with it.
pub struct Scratch(PathBuf);

/// Makes one.
pub fn scratch(name: &str) -> Scratch {
    let folder =
        std::env::temp_dir().join(format!("release-emulator-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    Scratch(folder)
}

impl Deref for Scratch {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Asserts that a start fails without output on stdout, and returns its exit code and error output.
pub fn assert_start_fails(command: &mut Command) -> (i32, String) {
    let output = command.output().expect("it runs");
    assert!(
        output.stdout.is_empty(),
        "stdout carries the ready line alone"
    );
    (
        output.status.code().expect("a code"),
        String::from_utf8(output.stderr).expect("text"),
    )
}

#[test]
fn one_line_on_stdout_says_where_it_listens_after_the_port_file_is_there() {
    let folder = scratch("port");
    let file = folder.join("port");
    let process = Process::start(&[
        "--listen",
        "127.0.0.1:0",
        "--port-file",
        file.to_str().unwrap(),
    ]);

    let port = process.port();

    let expected = format!(
        "release-emulator ready url=http://127.0.0.1:{port} pid={}\n",
        process.child.id()
    );
    assert_eq!(process.ready, expected);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("{port}\n"));
}

#[test]
fn a_signal_stops_it_within_200_ms_while_clients_are_connected() {
    for signal in ["-TERM", "-INT"] {
        let mut process = Process::start(&["--listen", "127.0.0.1:0"]);
        let mut silent = TcpStream::connect(("127.0.0.1", process.port())).unwrap();
        let mut half = TcpStream::connect(("127.0.0.1", process.port())).unwrap();
        half.write_all(b"GET /_emulator/v1/health HTTP/1.1\r\nHost")
            .unwrap();

        process.assert_signal_sent(signal);
        let stopwatch = Stopwatch::start();
        let status = process.child.wait().unwrap();

        assert_eq!(status.code(), Some(0));
        assert!(
            stopwatch.elapsed() < Duration::from_millis(200),
            "{:?}",
            stopwatch.elapsed()
        );
        let mut rest = String::new();
        process
            .child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut rest)
            .unwrap();
        assert_eq!(rest, "", "stdout carries the ready line alone");
        assert_eq!(
            silent.read(&mut [0]).unwrap_or(0),
            0,
            "connections are closed"
        );
    }
}

/// Sends a request without waiting for its answer.
pub fn send(port: u16, method: &str, path: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: t\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    stream
}

/// The answer to a request, once its connection has ended.
pub fn answer(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_signal_stops_it_within_200_ms_while_every_thread_is_at_work() {
    let mut process = Process::start(&[
        "--listen",
        "127.0.0.1:0",
        "--freeze",
        "2026-01-01T12:00:00Z",
    ]);
    let port = process.port();
    // Ten years of a run every second are far too much to wait for.
    let fixture = r#"{"servicestage":{"projects":[{"id":"p","pipelines":[{"id":"a","name":"release-a",
        "hooks":{"strategy_type":1,"hooks":[{"schedule":"* * * * * ?","timezone_operator":"+","timezone_hour":0}]}}]}]}}"#;
    let put = answer(send(port, "PUT", "/_emulator/v1/state", fixture));
    assert!(put.starts_with("HTTP/1.1 204 "), "{put}");
    let n_threads = std::thread::available_parallelism().unwrap().get();
    let _busy: Vec<_> = (0..=n_threads)
        .map(|_| {
            let ten_years = r#"{"ms":315360000000}"#;
            send(port, "POST", "/_emulator/v1/clock/advance", ten_years)
        })
        .collect();

    process.assert_signal_sent("-TERM");
    let stopwatch = Stopwatch::start();
    let status = process.child.wait().unwrap();

    assert_eq!(status.code(), Some(0));
    assert!(
        stopwatch.elapsed() < Duration::from_millis(200),
        "{:?}",
        stopwatch.elapsed()
    );
}

/// The answer to a request, while its connection goes on.
fn first_bytes(stream: &mut TcpStream) {
    stream.read_exact(&mut [0; 15]).unwrap();
}

#[test]
fn a_signal_stops_it_within_200_ms_while_nobody_reads_stderr_or_its_answers() {
    // A machine that does much else at the same time only adds to it.
    let mut tries = std::iter::repeat_with(stop_of_an_unread_process).take(5);
    let limit = Duration::from_millis(200);
    assert!(tries.any(|elapsed| elapsed < limit));
}

/// The time from a signal to the end of a process whose stderr and answers nobody reads.
fn stop_of_an_unread_process() -> Duration {
    let mut command = command(&["--listen", "127.0.0.1:0", "--log-level", "info"]);
    let mut process = Process::spawn(command.stderr(Stdio::piped()));
    let port = process.port();
    // The lines of these fill the pipe, which nobody reads, and then the queue.
    let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let request =
        "GET /v3/p/pipeline/pipelines HTTP/1.1\r\nHost: x\r\nX-Auth-Token: t\r\n\r\n".repeat(100);
    let mut reader = client.try_clone().unwrap();
    let drain = std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
    for _ in 0..120 {
        client.write_all(request.as_bytes()).unwrap();
    }
    let mut events = send(port, "GET", "/_emulator/v1/events", "");
    first_bytes(&mut events);
    let mut half = TcpStream::connect(("127.0.0.1", port)).unwrap();
    half.write_all(b"PUT /_emulator/v1/state HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n{")
        .unwrap();
    let long = "x".repeat(16 << 20);
    let state = format!(
        r#"{{"servicestage":{{"projects":[{{"id":"p","pipelines":[{{"id":"a","name":"long-one","description":"{long}"}}]}}]}}}}"#
    );
    let put = answer(send(port, "PUT", "/_emulator/v1/state", &state));
    assert!(put.starts_with("HTTP/1.1 204 "), "{put}");
    let mut unread = send(port, "GET", "/_emulator/v1/state", "");
    first_bytes(&mut unread);

    process.assert_signal_sent("-TERM");
    let stopwatch = Stopwatch::start();
    let status = process.child.wait().unwrap();

    assert_eq!(status.code(), Some(0));
    let elapsed = stopwatch.elapsed();
    drop(client);
    // It ends with the connection.
    let _ = drain.join().unwrap();
    elapsed
}

/// Waits until a process has ended and was reaped.
#[cfg(target_os = "linux")]
pub fn assert_gone(pid: u32) {
    let stopwatch = Stopwatch::start();
    while Path::new(&format!("/proc/{pid}")).exists() {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"));
        let elapsed = stopwatch.elapsed();
        assert!(elapsed < Duration::from_secs(10), "{status:?}");
        std::thread::yield_now();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn it_reaps_the_children_that_it_has_not_started() {
    // As PID 1 it gets such children from others; here it gets one from the shell whose place it takes.
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        "sleep 0.2 & echo $!; exec \"$0\" --listen 127.0.0.1:0",
    ]);
    let process = Process::spawn(shell.arg(env!("CARGO_BIN_EXE_release-emulator")));
    assert_gone(process.ready.trim().parse().unwrap());
}

#[test]
fn the_end_of_stdin_stops_it_if_it_is_told_so() {
    let mut command = command(&["--listen", "127.0.0.1:0", "--stop-with-stdin"]);
    let mut process = Process::spawn(command.stdin(Stdio::piped()));
    let health = answer(send(process.port(), "GET", "/_emulator/v1/health", ""));
    assert!(health.starts_with("HTTP/1.1 200 "), "{health}");

    drop(process.child.stdin.take());

    assert_eq!(process.child.wait().unwrap().code(), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn too_few_file_descriptors_stop_the_start_in_words() {
    for limit in 4..12 {
        let script =
            format!("ulimit -n {limit}; exec \"$0\" --listen 127.0.0.1:0 --port-file /dev/full");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_release-emulator")]);
        let (code, error) = assert_start_fails(&mut shell);
        assert!([2, 3].contains(&code), "{limit}: {code} {error}");
        assert!(
            error.starts_with("release-emulator: cannot "),
            "{limit}: {error}"
        );
        assert_eq!(error.lines().count(), 1, "{limit}: {error}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_file_descriptor_it_says_so_once_and_goes_on_when_there_is_one() {
    let script = "ulimit -n 24; exec \"$0\" --listen 127.0.0.1:0";
    let mut shell = Command::new("sh");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_release-emulator")]);
    let mut process = Process::spawn(shell.stderr(Stdio::piped()));
    let port = process.port();
    let mut held = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let health = "GET /_emulator/v1/health HTTP/1.1\r\nHost: x\r\n\r\n";
    held.write_all(health.as_bytes()).unwrap();
    first_bytes(&mut held);
    let many: Vec<_> = (0..40)
        .map(|_| TcpStream::connect(("127.0.0.1", port)).unwrap())
        .collect();
    // The last of them waits; the line comes as soon as one has to.
    let mut log = BufReader::new(process.child.stderr.take().unwrap());
    let mut line = String::new();
    log.read_line(&mut line).unwrap();
    assert!(
        line.contains("no file descriptor is left") && line.contains("ulimit -n"),
        "{line}"
    );

    let open = "POST /_emulator/v1/worlds HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
    held.write_all(open.as_bytes()).unwrap();
    let refused = answer(held);
    assert!(refused.contains("HTTP/1.1 429 "), "{refused}");
    assert!(
        refused.contains("no file descriptor is left for another world"),
        "{refused}"
    );

    drop(many);
    let health = answer(send(port, "GET", "/_emulator/v1/health", ""));
    assert!(health.starts_with("HTTP/1.1 200 "), "{health}");
    process.assert_signal_sent("-TERM");
    process.child.wait().unwrap();
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "", "it was said once");
}

#[test]
fn a_refusal_is_logged_with_its_reason_at_debug() {
    let mut command = command(&["--listen", "127.0.0.1:0", "--log-level", "debug"]);
    let mut process = Process::spawn(command.stderr(Stdio::piped()));

    let path = "/v3/p/pipeline/pipelines";
    answer(send(process.port(), "POST", path, r#"{"name":7}"#));
    process.assert_signal_sent("-TERM");
    process.child.wait().unwrap();

    let mut log = String::new();
    let stderr = process.child.stderr.as_mut().unwrap();
    stderr.read_to_string(&mut log).unwrap();
    assert!(log.contains("name: must be a string, not 7"), "{log}");
}

#[test]
fn a_line_of_the_json_log_has_request_id_and_world_and_its_numbers_are_numbers() {
    let arguments = [
        "--listen",
        "127.0.0.1:0",
        "--log",
        "json",
        "--log-level",
        "info",
    ];
    let mut process = Process::spawn(command(&arguments).stderr(Stdio::piped()));
    let reply = answer(send(process.port(), "GET", "/v3/p/pipeline/pipelines", ""));
    process.assert_signal_sent("-TERM");
    process.child.wait().unwrap();

    let mut log = String::new();
    let stderr = process.child.stderr.as_mut().unwrap();
    stderr.read_to_string(&mut log).unwrap();
    let lines = log.lines().map(|line| serde_json::from_str(line).unwrap());
    let mut fields = lines.map(|line: serde_json::Value| line["fields"].clone());
    let fields = fields.find(|fields| fields["path"] == "/v3/p/pipeline/pipelines");
    let fields = fields.unwrap_or_else(|| panic!("no such line in {log}"));
    assert!(
        fields["duration_us"].is_u64() && fields["status"] == 200,
        "{fields}"
    );
    assert_eq!(fields["world"], "main");
    let request_id = fields["request_id"].as_str().unwrap();
    assert!(reply.contains(request_id), "{request_id} in {reply}");
}

#[test]
fn a_port_file_that_cannot_be_written_stops_with_code_2_and_leaves_nothing() {
    let folder = scratch("unwritable");
    std::fs::create_dir_all(folder.join("port")).unwrap();
    let file = folder.join("port");

    let (code, error) = assert_start_fails(&mut command(&[
        "--listen",
        "127.0.0.1:0",
        "--port-file",
        file.to_str().unwrap(),
    ]));

    assert_eq!(code, 2);
    assert!(error.contains("cannot write the port file"), "{error}");
    assert_eq!(std::fs::read_dir(&*folder).unwrap().count(), 1);
}

#[test]
fn a_bad_flag_stops_with_code_2_and_says_what_was_expected() {
    let (code, error) = assert_start_fails(&mut command(&["--step", "soon"]));
    assert_eq!(code, 2);
    assert!(
        error.contains("--step") && error.contains("expected a length with a unit"),
        "{error}"
    );

    for arguments in [&[][..], &["serve"]] {
        let (code, error) =
            assert_start_fails(command(arguments).env("RELEASE_EMULATOR_STEP", "soon"));
        assert_eq!(code, 2);
        assert!(
            error.contains("for 'RELEASE_EMULATOR_STEP': expected a length with a unit"),
            "{error}"
        );
    }

    let (code, error) = assert_start_fails(command(&[]).env("RELEASE_EMULATOR_FIXTURE", "x"));
    assert_eq!(code, 2);
    assert!(
        error.contains("did you mean RELEASE_EMULATOR_FIXTURES?"),
        "{error}"
    );
}

#[test]
fn a_taken_port_stops_with_code_3() {
    let first = Process::start(&["--listen", "127.0.0.1:0"]);
    let address = format!("127.0.0.1:{}", first.port());

    let (code, error) = assert_start_fails(&mut command(&["--listen", &address]));

    assert_eq!(code, 3);
    assert!(
        error.contains(&format!("cannot listen on {address}")),
        "{error}"
    );
}

#[test]
fn bad_fixtures_stop_with_code_4_and_name_file_and_place() {
    let folder = scratch("fixtures");
    for (name, text, expected) in [
        (
            "key.json",
            r#"{"zadig":{"project":[]}}"#,
            "zadig.project: is not a known field; known: generation, workflow_concurrency, build_concurrency, projects, release_plans, last_release_plan",
        ),
        (
            "broken.json",
            "{",
            "the document is not JSON: unexpected end",
        ),
        ("array.json", "[]", "must be an object, not an array"),
        (
            "arrays.json",
            r#"{"servicestage":{"projects":[["p"]]}}"#,
            "servicestage.projects[0]: must be an object, not an array",
        ),
        (
            "value.yaml",
            "servicestage:\n  projects:\n  - id: p\n    pipelines:\n    - {id: a, status: 6}\n",
            "servicestage.projects[0].pipelines[0].status: must be a status code: 1 (initialised), 2 (succeeded), 3 (failed), 4 (releasing), 5 (to be approved), 7 (paused), ",
        ),
        (
            "keys.yaml",
            "asm: {meshes: []}\nasm: {meshes: []}\n",
            "duplicate mapping key `asm` is not allowed here at line 2, column 1",
        ),
        (
            "twice.json",
            r#"{"servicestage":{"projects":[{"id":"p","pipelines":[{"id":"a"},{"id":"a"}]}]}}"#,
            "servicestage.projects[0].pipelines[1].id: duplicate \"a\"",
        ),
    ] {
        let file = folder.join(name);
        std::fs::write(&file, text).unwrap();
        let file = file.to_str().unwrap();

        let (code, error) = assert_start_fails(&mut command(&[
            "--listen",
            "127.0.0.1:0",
            "--fixtures",
            file,
        ]));

        assert_eq!(code, 4, "{error}");
        assert!(
            error.contains(&format!("the fixtures {file} are invalid: {expected}")),
            "{error}"
        );
    }
    let (code, error) = assert_start_fails(&mut command(&["--fixtures", "/nowhere/at/all.json"]));
    assert_eq!(code, 4);
    assert!(
        error.contains("cannot read the fixtures /nowhere/at/all.json: No such file"),
        "{error}"
    );
}

#[test]
fn a_byte_order_mark_before_fixtures_is_passed_over() {
    let folder = scratch("mark");
    let file = folder.join("state.json");
    std::fs::write(&file, "\u{feff}{}").unwrap();
    let file = file.to_str().unwrap();
    let process = Process::start(&["--listen", "127.0.0.1:0", "--fixtures", file]);
    assert!(process.ready.starts_with("release-emulator ready "));
}

#[test]
fn the_documented_fixtures_are_built_in_and_variables_stand_for_flags() {
    let process = Process::spawn(
        command(&["serve"])
            .env("RELEASE_EMULATOR_LISTEN", "127.0.0.1:0")
            .env("RELEASE_EMULATOR_FIXTURES", "documented")
            .env("RELEASE_EMULATOR_FREEZE", "2026-01-01T12:00:00Z"),
    );

    let path = "/v3/0605767aee00d2562f3cc0123456789a/cas/release-plans";
    let answer = answer(send(process.port(), "GET", path, ""));

    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("release-1zws2j"), "{answer}");
}
