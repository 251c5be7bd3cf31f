//! The log lines about refused requests, and about clients that speak another protocol.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::process::{Process, answer, command, send};

/// The log of a process to which requests are sent.
fn log(arguments: &[&str], requests: impl FnOnce(u16)) -> String {
    let arguments = [&["--listen", "127.0.0.1:0"], arguments].concat();
    let mut process = Process::spawn(command(&arguments).stderr(Stdio::piped()));
    requests(process.port());
    process.assert_signal_sent("-TERM");
    process.child.wait().unwrap();
    let mut log = String::new();
    let stderr = process.child.stderr.as_mut().unwrap();
    stderr.read_to_string(&mut log).unwrap();
    log
}

fn refused(port: u16) {
    answer(send(
        port,
        "POST",
        "/v3/p/pipeline/pipelines",
        r#"{"name":7}"#,
    ));
    answer(send(port, "GET", "/v3/p/pipeline/pipeline", ""));
    answer(send(port, "GET", "/v3/p/pipeline/pipelines", ""));
}

const LINES: [&str; 2] = [
    "POST /v3/p/pipeline/pipelines 400 SVCSTG.00100400: parameter invalid: name: must be a string, not 7",
    "GET /v3/p/pipeline/pipeline 404 APIGW.0101: The API does not exist or has not been published in the environment; \
     hint: did you mean GET /v3/{project_id}/pipeline/pipelines?",
];

#[test]
fn a_refused_request_is_a_line_with_its_reason_where_the_level_asks_for_it() {
    for level in ["warn", "info"] {
        let log = log(&["--log-level", level], refused);
        for line in LINES {
            assert_eq!(log.matches(line).count(), 1, "{line} in {log}");
        }
        let n_lines = if level == "warn" { 2 } else { 3 };
        assert_eq!(log.lines().count(), n_lines, "{log}");
    }
}

#[test]
fn without_a_terminal_and_without_a_level_refused_requests_are_not_logged() {
    assert_eq!(log(&[], refused), "");
    assert_eq!(log(&["--log-level", "error"], refused), "");
}

#[test]
fn a_line_of_the_json_log_has_the_code_and_the_hint_as_fields() {
    let log = log(&["--log-level", "warn", "--log", "json"], refused);
    let last: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    let fields = &last["fields"];
    assert_eq!(last["level"], "WARN");
    assert_eq!(
        [&fields["status"], &fields["code"], &fields["hints"]],
        [
            &json!(404),
            &json!("APIGW.0101"),
            &json!("did you mean GET /v3/{project_id}/pipeline/pipelines?")
        ]
    );
}

#[test]
fn another_protocol_is_told_in_one_line() {
    for (bytes, expected) in [
        (
            &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
            "a TLS handshake; this port speaks plain HTTP, so begin the URL with http://, or ask the port of --tls",
        ),
        (
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x01\x01\x05\0\0\0\x01\x82",
            "HTTP/2.0 is not supported; use HTTP/1.1",
        ),
    ] {
        for arguments in [&[][..], &["--log-level", "warn"], &["--log-level", "info"]] {
            let log = log(arguments, |port| {
                let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
                stream.write_all(bytes).unwrap();
                let mut answer = Vec::new();
                stream.read_to_end(&mut answer).unwrap();
                assert!(!answer.is_empty());
            });
            assert_eq!(log.lines().count(), 1, "{log}");
            assert!(log.contains(expected), "{log}");
        }
    }
}
