//! Responses and logs contain no secrets of requests.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::requests::{self, Sent};
use super::{STATE, TOKENS, assert_quiet, identities};
use crate::process::{Process, Scratch, command, scratch};
use crate::signatures::DATE;

#[derive(Debug)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// The answer without the headers whose purpose is to show a token.
    fn shown(&self) -> String {
        let headers = self
            .headers
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "x-subject-token" | "location"));
        format!("{:?} {}", headers.collect::<Vec<_>>(), self.body)
    }
}

impl Answer {
    /// The secret parts of an access key that the answer has issued.
    fn issued_key(&self) -> Vec<String> {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        let parts = ["secret", "securitytoken"].map(|part| body["credential"][part].as_str());
        parts.into_iter().flatten().map(str::to_owned).collect()
    }
}

/// A process that logs everything.
struct LoggingProcess {
    process: Process,
    folder: Scratch,
}

impl LoggingProcess {
    fn start(format: &str) -> Self {
        let folder = scratch(&format!("quiet-{format}"));
        let (fixtures, log) = (folder.join("fixtures.json"), folder.join("log"));
        std::fs::write(&fixtures, identities().to_string()).unwrap();
        // The clock is frozen at the time of the signatures.
        assert_eq!(DATE, "20260102T030405Z");
        let mut command = command(&[
            "--listen",
            "127.0.0.1:0",
            "--fixtures",
            fixtures.to_str().unwrap(),
        ]);
        command
            .args(["--auth", "strict", "--fidelity", "strict"])
            .args(["--freeze", "2026-01-02T03:04:05Z"])
            .args(["--log-level", "trace", "--log", format])
            .stderr(std::fs::File::create(&log).unwrap());
        let process = Process::spawn(&mut command);
        Self { process, folder }
    }

    fn answer(&self, sent: &Sent) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.process.port())).unwrap();
        let mut bytes = Vec::new();
        write!(bytes, "{} {} HTTP/1.1\r\n", sent.method, sent.target).unwrap();
        if !sent.headers.iter().any(|(name, _)| name == "host") {
            bytes.extend(b"host: x\r\n");
        }
        for (name, value) in &sent.headers {
            write!(bytes, "{name}: {value}\r\n").unwrap();
        }
        let length = sent.body.len();
        write!(
            bytes,
            "connection: close\r\ncontent-length: {length}\r\n\r\n{}",
            sent.body
        )
        .unwrap();
        stream.write_all(&bytes).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect(&answer);
        let mut lines = head.lines();
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1))
            .expect(head);
        let headers = lines.filter_map(|line| line.split_once(": "));
        Answer {
            status: status.parse().expect(head),
            headers: headers
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect(),
            body: body.to_owned(),
        }
    }

    /// Stops it; answers the whole log.
    fn stop(mut self) -> String {
        self.process.assert_signal_sent("-TERM");
        self.process.child.wait().unwrap();
        std::fs::read_to_string(self.folder.join("log")).unwrap()
    }
}

/// Asserts that a new process answers all requests without secrets. Returns its log, and the secrets that it issued.
fn assert_quiet_answers(format: &str) -> (String, Vec<String>) {
    let emulator = LoggingProcess::start(format);
    let mut collected = Vec::new();
    let mut hints = String::new();
    for sent in requests::all() {
        let authorization = sent
            .headers
            .iter()
            .find(|(name, _)| name == "authorization");
        if let Some((_, code)) = authorization.and_then(|(_, said)| said.split_once("Signature=")) {
            collected.push(code.to_owned());
        }
        let answer = emulator.answer(&sent);
        if sent.method == "POST" && !answer.header("x-subject-token").is_empty() {
            collected.push(answer.header("x-subject-token").to_owned());
        }

        assert_eq!(answer.status, sent.status, "{sent:?} {answer:?}");
        // An export contains secrets on purpose, and a list of projects and a redirect repeat the query.
        let repeats = sent.status == 301 || sent.target.starts_with("/v3/projects?");
        let shows = sent.target == STATE || repeats;
        if answer.status >= 400 || !shows {
            assert_quiet(&answer.shown(), &collected, &sent);
        }
        collected.extend(answer.issued_key());
        hints.push_str(answer.header("x-emulator-hint"));
    }
    let issued = collected.last().expect("a login has succeeded").clone();
    let (by, subject) = (("x-auth-token", &*issued), ("x-subject-token", &*issued));
    for (method, status) in [("GET", 200), ("DELETE", 204), ("GET", 401)] {
        let sent = Sent::new(method, TOKENS, &[by, subject], status);
        let answer = emulator.answer(&sent);
        assert_eq!(answer.status, status, "{sent:?} {answer:?}");
        assert_quiet(&answer.shown(), &collected, &sent);
    }
    // The masked values were visible before.
    for masked in [
        "the client signed another method",
        "the client has another secret key",
        "x-security-token:***",
        "x-auth-token:***",
        "token=***",
    ] {
        assert!(hints.contains(masked), "{masked}");
    }
    (emulator.stop(), collected)
}

#[test]
fn answers_and_the_text_log_contain_no_secrets() {
    let (log, collected) = assert_quiet_answers("text");

    assert_quiet(&log, &collected, &"the log");
    assert!(log.contains("was refused: ") && log.contains("DELETE /v3/auth/tokens answered 204"));
}

#[test]
fn answers_and_the_json_log_contain_no_secrets() {
    let (log, collected) = assert_quiet_answers("json");

    assert_quiet(&log, &collected, &"the log");
    let lines = log.lines().map(serde_json::from_str::<Value>);
    let levels: Vec<_> = lines
        .map(|line| line.expect("JSON")["level"].clone())
        .collect();
    assert!(levels.contains(&json!("DEBUG")) && levels.contains(&json!("INFO")));
}
