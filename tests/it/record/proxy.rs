//! The recorder as a proxy: what passes, and what is written.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread;

use crate::process::{Process, Scratch, scratch};

/// A service that answers once with given bytes, and tells what it was sent.
fn service(answer: &'static [u8]) -> (u16, thread::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let sent = read_message(&mut stream);
        stream.write_all(answer).unwrap();
        sent
    });
    (port, served)
}

/// Reads a head, and a body of the declared length.
fn read_message(stream: &mut TcpStream) -> Vec<u8> {
    let mut sent = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = sent.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&sent[..end]).to_ascii_lowercase();
            let length = head.split("content-length: ").nth(1);
            let length = length.and_then(|rest| rest.split("\r\n").next()?.parse().ok());
            if sent.len() >= end + 4 + length.unwrap_or(0) {
                return sent;
            }
        }
        let n = stream.read(&mut buffer).unwrap();
        if n == 0 {
            return sent;
        }
        sent.extend_from_slice(&buffer[..n]);
    }
}

struct Recorder {
    process: Process,
    corpus: PathBuf,
    _folder: Scratch,
}

impl Recorder {
    fn start(name: &str, upstreams: &[String]) -> Self {
        let folder = scratch(name);
        let corpus = folder.join("corpus.jsonl");
        let mut arguments = vec![
            "record",
            "--listen",
            "127.0.0.1:0",
            "--out",
            corpus.to_str().unwrap(),
        ];
        for upstream in upstreams {
            arguments.extend(["--upstream", upstream]);
        }
        let process = Process::start(&arguments);
        Self {
            process,
            corpus,
            _folder: folder,
        }
    }

    /// Sends bytes, and returns the whole answer.
    fn send(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.process.port())).unwrap();
        stream.write_all(request).unwrap();
        String::from_utf8(read_message(&mut stream)).unwrap()
    }

    /// Stops it, and returns what it has written.
    fn stop(mut self) -> String {
        self.process.assert_signal_sent("-INT");
        assert!(self.process.child.wait().unwrap().success());
        std::fs::read_to_string(&self.corpus).unwrap()
    }
}

const EMPTY: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Own: a\r\nX-Own: b\r\n\r\n[]";

#[test]
fn requests_and_answers_pass_byte_for_byte_but_for_the_connection() {
    let (port, served) = service(EMPTY);
    let recorder = Recorder::start("proxy", &[format!("http://127.0.0.1:{port}")]);

    let answer = recorder.send(
        b"POST /v3/p1/pipeline/pipelines?a=%7e&b=+&b HTTP/1.1\r\nHost: servicestage.cn-north-4.myhuaweicloud.com\r\n\
        X-Sdk-Date: 20300101T120000Z\r\nAuthorization: SDK-HMAC-SHA256 Access=AK, SignedHeaders=host, Signature=00\r\n\
        Connection: keep-alive, X-Mine\r\nX-Mine: 1\r\nContent-Length: 11\r\n\r\n{\"a\" : 1.0}",
    );

    assert_eq!(answer.as_bytes(), EMPTY);
    let sent = String::from_utf8(served.join().unwrap()).unwrap();
    let expected = "POST /v3/p1/pipeline/pipelines?a=%7e&b=+&b HTTP/1.1\r\nHost: servicestage.cn-north-4.myhuaweicloud.com\r\n\
        X-Sdk-Date: 20300101T120000Z\r\nAuthorization: SDK-HMAC-SHA256 Access=AK, SignedHeaders=host, Signature=00\r\n\
        Content-Length: 11\r\n\r\n{\"a\" : 1.0}";
    assert_eq!(sent, expected);
    let written = recorder.stop();
    assert!(
        written.ends_with('\n') && written.lines().count() == 1,
        "{written}"
    );
    assert!(
        written.contains("\"CreatePipeline\"") && !written.contains("Signature"),
        "{written}"
    );
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_a_corpus() {
    use std::os::unix::fs::PermissionsExt;
    let recorder = Recorder::start("mode", &["http://127.0.0.1:9".to_owned()]);
    let mode = std::fs::metadata(&recorder.corpus)
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_service_that_is_not_there_is_a_502_in_words() {
    // Nothing listens on a port that was just given back.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("http://127.0.0.1:{port}");
    let recorder = Recorder::start("gone", std::slice::from_ref(&url));
    let answer = recorder.send(b"GET /v3/p1/pipeline/pipelines HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
    assert!(
        answer.contains(&format!("no answer from {url}: ")),
        "{answer}"
    );
    assert_eq!(recorder.stop(), "");
}

#[test]
fn the_host_decides_between_several_services() {
    let (first, _unused) = service(EMPTY);
    let (second, served) = service(EMPTY);
    let recorder = Recorder::start(
        "several",
        &[
            format!("http://127.0.0.1:{first}"),
            format!("http://localhost:{second}"),
        ],
    );
    let request =
        format!("GET /v3/p1/pipeline/pipelines HTTP/1.1\r\nHost: localhost:{second}\r\n\r\n");
    assert_eq!(recorder.send(request.as_bytes()).as_bytes(), EMPTY);
    assert!(
        String::from_utf8(served.join().unwrap())
            .unwrap()
            .contains(&format!("Host: localhost:{second}"))
    );
}

#[test]
fn a_line_that_was_cut_does_not_spoil_the_next() {
    let (port, _served) = service(EMPTY);
    let folder = scratch("cut");
    let corpus = folder.join("corpus.jsonl");
    std::fs::write(&corpus, "{\"operation\":\"Li").unwrap();
    let out = corpus.to_str().unwrap();
    let url = format!("http://127.0.0.1:{port}");
    let mut process = Process::start(&["record", "--upstream", &url, "--port", "0", "--out", out]);
    let mut stream = TcpStream::connect(("127.0.0.1", process.port())).unwrap();
    stream
        .write_all(b"GET /v3/p1/pipeline/pipelines HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    read_message(&mut stream);
    process.assert_signal_sent("-INT");
    assert!(process.child.wait().unwrap().success());
    let written = std::fs::read_to_string(&corpus).unwrap();
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(lines.len(), 2);
    let mut notes = Vec::new();
    let read = release_emulator::internals::corpus::read_lines("x", &written, &mut notes).unwrap();
    assert_eq!((read.len(), notes.len()), (1, 1));
}
