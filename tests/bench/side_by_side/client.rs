//! A minimal HTTP client: keep-alive connections with one request at a time, and a load at a fixed rate.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use release_emulator::internals::sim::clock::Stopwatch;

/// The maximum number of requests in flight at a fixed rate.
const CONNECTIONS: usize = 64;

/// The bytes of a request.
#[derive(Clone)]
pub(crate) struct Request(Vec<u8>);

impl Request {
    /// A request with a credential that the service accepts.
    pub(crate) fn new(method: &str, path: &str, body: &str) -> Self {
        let authorization = authorization(path);
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        Self([head.as_bytes(), body.as_bytes()].concat())
    }

    /// A request without a body.
    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path, "")
    }
}

/// The header with a credential that the service at this path accepts.
pub(crate) fn authorization(path: &str) -> &'static str {
    if path.starts_with("/openapi/") {
        "Authorization: Bearer any"
    } else {
        "X-Auth-Token: any"
    }
}

/// A complete response.
pub(crate) struct Answer {
    pub(crate) status: u16,
    body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

/// A keep-alive connection.
pub(crate) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(address: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            read: Vec::new(),
        })
    }

    /// Sends a request and waits for the response.
    pub(crate) fn ask(&mut self, request: &Request) -> Answer {
        self.stream
            .write_all(&request.0)
            .expect("the server is there");
        loop {
            if let Some(answer) = self.answer() {
                return answer;
            }
        }
    }

    /// Sends a request and asserts that it succeeds.
    pub(crate) fn done(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let answer = self.ask(&Request::new(method, path, body));
        let Answer { status, .. } = answer;
        assert!(
            status < 300,
            "{method} {path} was answered {status}: {}",
            answer.text()
        );
        answer
    }

    /// Reads more bytes, and returns the response once it is complete.
    fn answer(&mut self) -> Option<Answer> {
        let mut part = [0; 16 << 10];
        match self.stream.read(&mut part) {
            Ok(0) => panic!("the server hung up"),
            Ok(n) => self.read.extend_from_slice(&part[..n]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
            Err(error) => panic!("{error}"),
        }
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(head) = response.parse(&self.read).expect("HTTP") else {
            return None;
        };
        let status = response.code.expect("a whole head has a status");
        let mut headers = response.headers.iter();
        let length = headers.find(|header| header.name.eq_ignore_ascii_case("content-length"));
        let length = length.map_or(0, |header| {
            let text = std::str::from_utf8(header.value).expect("digits");
            text.parse().expect("a number")
        });
        let whole = head + length;
        if self.read.len() < whole {
            return None;
        }
        let body = self.read[head..whole].to_vec();
        self.read.drain(..whole);
        Some(Answer { status, body })
    }
}

/// Sends requests at a fixed rate over as many connections as needed, and returns the latencies. A latency counts from
/// the instant at which the request was due, so a slow server does not profit from late requests.
pub(crate) fn at_rate(
    address: &str,
    request: &Request,
    per_second: u32,
    lasting: Duration,
) -> Vec<Duration> {
    let gap = Duration::from_secs(1) / per_second;
    let clock = Stopwatch::start();
    let mut due = Duration::ZERO;
    let mut waiting = VecDeque::new();
    let (mut idle, mut busy): (Vec<Connection>, Vec<(Connection, Duration)>) = Default::default();
    let mut took = Vec::new();
    while due < lasting || !busy.is_empty() || !waiting.is_empty() {
        while due <= clock.elapsed() && due < lasting {
            waiting.push_back(due);
            due += gap;
        }
        // If all are busy the rest waits, and the wait counts.
        while busy.len() < CONNECTIONS
            && let Some(since) = waiting.pop_front()
        {
            let mut connection = idle.pop().unwrap_or_else(|| {
                let connection = Connection::open(address).expect("it listens");
                connection.stream.set_nonblocking(true).expect("it can");
                connection
            });
            let sent = connection.stream.write_all(&request.0);
            sent.expect("a small request is taken at once");
            busy.push((connection, since));
        }
        let mut n = 0;
        while n < busy.len() {
            if let Some(answer) = busy[n].0.answer() {
                assert!(answer.status < 300, "{}", answer.text());
                let (connection, since) = busy.swap_remove(n);
                took.push(clock.elapsed().saturating_sub(since));
                idle.push(connection);
            } else {
                n += 1;
            }
        }
    }
    took
}

/// Sends a request over and over to many servers at once, on a connection to each, and returns the answers per second.
pub(crate) fn in_turn(addresses: &[String], request: &Request, lasting: Duration) -> f64 {
    let connect = |address: &String| {
        let connection = Connection::open(address).expect("it listens");
        connection.stream.set_nonblocking(true).expect("it can");
        connection
    };
    let mut connections: Vec<Connection> = addresses.iter().map(connect).collect();
    let clock = Stopwatch::start();
    for connection in &mut connections {
        let sent = connection.stream.write_all(&request.0);
        sent.expect("a small request is taken at once");
    }
    let mut answers: u32 = 0;
    while clock.elapsed() < lasting {
        for connection in &mut connections {
            let Some(answer) = connection.answer() else {
                continue;
            };
            assert_eq!(answer.status, 200, "{}", answer.text());
            answers += 1;
            let sent = connection.stream.write_all(&request.0);
            sent.expect("a small request is taken at once");
        }
    }
    f64::from(answers) / clock.elapsed().as_secs_f64()
}
