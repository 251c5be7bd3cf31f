//! The addresses that the process listens on, a port that is taken, and `health`.

use std::net::{Ipv6Addr, TcpListener, TcpStream};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::process::{Process, assert_start_fails, command};
use crate::remote::Remote;

/// True if the machine has `::1`.
fn has_ipv6() -> bool {
    TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}

/// A port that is free on the loopback.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// The exit code of `health`, with its line.
fn health(command: &mut Command) -> (i32, String) {
    let output = command.output().expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).expect("text");
    (output.status.code().expect("a code"), text)
}

#[test]
fn both_loopbacks_are_listened_on_by_default() {
    for arguments in [
        ["--port", "0"],
        ["--listen", "0"],
        ["--listen", "localhost:0"],
    ] {
        let process = Process::start(&arguments);
        TcpStream::connect(("127.0.0.1", process.port())).unwrap();
        if has_ipv6() {
            TcpStream::connect((Ipv6Addr::LOCALHOST, process.port())).unwrap();
        }
    }
}

#[tokio::test]
async fn worlds_have_a_port_on_each_of_the_addresses() {
    let process = Process::start(&["--listen", "127.0.0.1:0", "--listen", "127.0.0.2:0"]);
    let other = Remote::at(format!("http://127.0.0.2:{}", process.port()));
    let world = other.open(json!({"name": "t1"})).await;
    world.get("/_emulator/v1/ready").await.assert_status(200);
    let port = world.url.rsplit(':').next().unwrap();
    let same = Remote::at(format!("http://127.0.0.1:{port}"));
    same.get("/_emulator/v1/ready").await.assert_status(200);
}

#[test]
fn the_variable_takes_several_addresses_and_the_flag_goes_before_its_port() {
    let port = free_port().to_string();
    let mut several = command(&["--port", &port]);
    let process = Process::spawn(several.env("RELEASE_EMULATOR_LISTEN", "127.0.0.1:1,127.0.0.2:1"));
    assert_eq!(process.port().to_string(), port);
    TcpStream::connect(("127.0.0.2", process.port())).unwrap();
}

#[test]
fn variables_that_kubernetes_injects_for_the_service_do_not_stop_the_process() {
    let mut injected = command(&["--listen", "127.0.0.1:0"]);
    for (name, value) in [
        ("SERVICE_HOST", "10.0.171.239"),
        ("SERVICE_PORT", "4600"),
        ("SERVICE_PORT_HTTP", "4600"),
        ("PORT", "tcp://10.0.171.239:4600"),
        ("PORT_4600_TCP", "tcp://10.0.171.239:4600"),
        ("PORT_4600_TCP_ADDR", "10.0.171.239"),
    ] {
        injected.env(format!("RELEASE_EMULATOR_{name}"), value);
    }
    let process = Process::spawn(&mut injected);
    assert!(process.ready.starts_with("release-emulator ready "));
}

#[test]
fn a_port_that_another_emulator_has_is_told_with_a_way_out() {
    let first = Process::start(&["--listen", "127.0.0.1:0"]);
    let (port, pid) = (first.port(), first.child.id());
    let next = port.checked_add(1).unwrap_or(4600);

    let (code, error) = assert_start_fails(&mut command(&["--port", &port.to_string()]));

    assert_eq!(code, 3);
    let holder =
        format!("cannot listen on 127.0.0.1:{port}: another release-emulator has the port");
    assert!(error.contains(&holder), "{error}");
    if cfg!(target_os = "linux") {
        assert!(
            error.contains(&format!("(pid {pid}, http://127.0.0.1:{port})")),
            "{error}"
        );
    }
    let way_out = format!("; take another with --port {next}, or a free one with --port 0\n");
    assert!(error.ends_with(&way_out), "{error}");
}

#[test]
fn a_port_that_another_program_has_is_told_with_the_program() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();

    let listen = ["--listen", &address.to_string()];
    let (code, error) = assert_start_fails(&mut command(&listen));

    assert_eq!(code, 3);
    let pid = std::process::id();
    if cfg!(target_os = "linux") {
        assert!(
            error.contains(&format!("has the port (pid {pid})")),
            "{error}"
        );
    } else {
        assert!(error.contains("another program has the port"), "{error}");
    }
    assert!(
        error.ends_with("or a free one with --listen 127.0.0.1:0\n"),
        "{error}"
    );
}

#[test]
fn health_is_0_where_an_emulator_is_ready_and_1_with_the_reason_elsewhere() {
    let process = Process::start(&["--listen", "127.0.0.1:0"]);
    let url = format!("http://127.0.0.1:{}", process.port());
    let port = process.port().to_string();

    let ready = (0, format!("ready: {url}\n"));
    assert_eq!(health(&mut command(&["health", "--url", &url])), ready);
    assert_eq!(health(&mut command(&["health", "--port", &port])), ready);
    let mut by_variable = command(&["health"]);
    by_variable.env("RELEASE_EMULATOR_LISTEN", format!(":{port}"));
    assert_eq!(health(&mut by_variable), ready);
    // That of a command of `exec`; flags go before it.
    by_variable.env("RELEASE_EMULATOR_URL", "http://127.0.0.1:1");
    assert_eq!(health(&mut by_variable).0, 1);
    assert_eq!(health(by_variable.args(["--port", &port])), ready);

    let free = format!("http://127.0.0.1:{}", free_port());
    let (code, error) = health(&mut command(&["health", "--url", &free]));
    assert_eq!(code, 1);
    let expected = format!("release-emulator: no answer from {free}: ");
    assert!(
        error.starts_with(&expected) && error.lines().count() == 1,
        "{error}"
    );
    let (code, error) = health(&mut command(&["health", "--url", &format!("{url}/v3")]));
    assert_eq!(code, 1);
    assert!(error.contains("/v3 is not a release-emulator"), "{error}");
    let (code, error) = health(&mut command(&["health", "--url", "ftp://127.0.0.1:1"]));
    assert!(
        code == 1 && error.contains("is not a URL of the emulator"),
        "{error}"
    );
}

#[test]
fn health_waits_until_the_emulator_is_ready() {
    let port = free_port().to_string();
    let mut waiting = command(&["health", "--port", &port, "--wait", "20s"]);
    let mut waiting = waiting.stdout(Stdio::null()).spawn().expect("it starts");
    let _process = Process::start(&["--port", &port]);
    assert_eq!(waiting.wait().unwrap().code(), Some(0));
}

#[test]
fn the_command_of_exec_is_understood_without_dashes() {
    let (code, output) = health(&mut command(&[
        "exec",
        "sh",
        "-c",
        "echo $RELEASE_EMULATOR_URL",
    ]));
    assert_eq!(code, 0, "{output}");
    assert!(output.starts_with("http://127.0.0.1:"), "{output}");
}
