//! The limits of connections: heads that are long or do not end, clients that send or accept nothing, and too many of them.

use std::time::Duration;

use release_emulator::internals::server::connections::ConnectionLimits;
use release_emulator::internals::server::worlds::{Limits, WorldServer};
use release_emulator::internals::{Settings, State, World, app_with_host};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::DropGuard;

use crate::remote::Remote;

/// Longer than any limit of these tests, and shorter than those that are not tested.
const PATIENCE: Duration = Duration::from_secs(10);

/// A limit that is soon exceeded.
const SHORT: Duration = Duration::from_millis(50);

const HEALTH: &str = "GET /_emulator/v1/health HTTP/1.1\r\nHost: x\r\n\r\n";

struct Server {
    main: Remote,
    port: u16,
    _stop: DropGuard,
}

impl Server {
    async fn with(connections: ConnectionLimits) -> Self {
        let world = World::new(Settings::default(), State::default()).unwrap();
        world.open();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let limits = Limits {
            connections,
            ..Limits::default()
        };
        let host = WorldServer::start(world, listener, limits, app_with_host, None).unwrap();
        Self {
            main: Remote::at(host.url()),
            port,
            _stop: host.stop().drop_guard(),
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }

    /// The text that comes back for bytes until the connection ends.
    async fn whole(&self, bytes: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
        rest(&mut stream).await
    }
}

/// The text that comes until the connection ends.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut text)).await;
    // A connection that is reset has ended too.
    let _ = read.expect("the connection ends");
    String::from_utf8(text).unwrap()
}

/// Reads one answer of a connection that goes on.
async fn answer(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    while !text.ends_with("}\n") {
        let mut bytes = [0; 1_024];
        let n = timeout(PATIENCE, stream.read(&mut bytes)).await;
        let n = n.expect("an answer").unwrap();
        assert!(n > 0, "{text}");
        text.push_str(std::str::from_utf8(&bytes[..n]).unwrap());
    }
    text
}

/// True if the connection is open, and nothing has come.
async fn is_silent(stream: &mut TcpStream) -> bool {
    timeout(4 * SHORT, stream.read(&mut [0])).await.is_err()
}

fn short_heads() -> ConnectionLimits {
    ConnectionLimits {
        longest_head: SHORT,
        ..ConnectionLimits::default()
    }
}

#[tokio::test]
async fn a_head_that_does_not_end_in_time_is_408_in_the_words_of_its_family() {
    let server = Server::with(short_heads()).await;
    for (beginning, code) in [
        (
            "GET /v3/p1/pipeline/pipelines HTTP/1.1\r\nHost: x\r\nX-Note",
            "APIGW.0201",
        ),
        (
            "GET /openapi/delivery/releases HTTP/1.1\r\n",
            "\"code\":408",
        ),
        (
            "GET /_emulator/v1/health HTTP/1.1\r\nHost: x\r\n",
            "\"title\":\"Request Timeout\"",
        ),
        // The first of these lines cannot be read, and hyper gives up there.
        (
            "GET /v3/p1/pipeline/pipelines HTTP/1.1\r\nno colon\r\nHost: x\r\n",
            "APIGW.0201",
        ),
        ("GE", "APIGW.0201"),
    ] {
        let refusal = server.whole(beginning).await;
        assert!(
            refusal.starts_with("HTTP/1.1 408 "),
            "{beginning:?}: {refusal}"
        );
        assert!(refusal.contains(code), "{beginning:?}: {refusal}");
        assert!(
            refusal.contains("did not end in time"),
            "{beginning:?}: {refusal}"
        );
        assert!(refusal.contains("Connection: close\r\n"), "{refusal}");
    }
}

#[tokio::test]
async fn a_byte_now_and_then_does_not_prolong_a_head() {
    let server = Server::with(short_heads()).await;
    let (mut read, mut write) = server.connect().await.into_split();
    write
        .write_all(&HEALTH.as_bytes()[..HEALTH.len() - 2])
        .await
        .unwrap();
    let drip = tokio::spawn(async move {
        while write.write_all(b"X: 1\r\n").await.is_ok() {
            tokio::time::sleep(SHORT / 10).await;
        }
    });
    let mut text = Vec::new();
    let read = timeout(PATIENCE, read.read_to_end(&mut text)).await;
    drop(read.expect("the connection ends"));
    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
    drip.abort();
}

#[tokio::test]
async fn the_next_head_of_a_connection_has_the_same_time_and_idleness_none_of_it() {
    let server = Server::with(short_heads()).await;
    let mut stream = server.connect().await;
    stream.write_all(HEALTH.as_bytes()).await.unwrap();
    answer(&mut stream).await;
    assert!(is_silent(&mut stream).await, "it is kept");
    stream.write_all(HEALTH.as_bytes()).await.unwrap();
    answer(&mut stream).await;
    stream.write_all(b"GET /v3/p HTTP/1.1\r\n").await.unwrap();
    let refusal = rest(&mut stream).await;
    assert!(refusal.starts_with("HTTP/1.1 408 "), "{refusal}");
}

#[tokio::test]
async fn an_idle_connection_ends_without_a_word_and_one_that_waits_for_an_answer_stays() {
    let limits = ConnectionLimits {
        keep_alive: SHORT,
        ..ConnectionLimits::default()
    };
    let server = Server::with(limits).await;
    let mut silent = server.connect().await;
    assert_eq!(rest(&mut silent).await, "");

    let mut used = server.connect().await;
    used.write_all(HEALTH.as_bytes()).await.unwrap();
    answer(&mut used).await;
    assert_eq!(rest(&mut used).await, "");

    let fault = json!({"match": {"operation": "ListPipelines"}, "do": {"delay_ms": 200}});
    server
        .main
        .post("/_emulator/v1/faults", fault)
        .await
        .assert_status(201);
    let slow = "GET /v3/p/pipeline/pipelines HTTP/1.1\r\nHost: x\r\nX-Auth-Token: t\r\n\r\n";
    let listed = server.whole(slow).await;
    assert!(listed.starts_with("HTTP/1.1 200 "), "{listed}");

    let mut events = server.connect().await;
    let listen = "GET /_emulator/v1/events HTTP/1.1\r\nHost: x\r\n\r\n";
    events.write_all(listen.as_bytes()).await.unwrap();
    let mut head = [0; 15];
    events.read_exact(&mut head).await.unwrap();
    let closed = async {
        let mut part = [0; 1_024];
        while events.read(&mut part).await.is_ok_and(|n| n > 0) {}
    };
    assert!(
        timeout(4 * SHORT, closed).await.is_err(),
        "the stream goes on"
    );
}

#[tokio::test]
async fn without_keep_alive_each_connection_ends_with_its_first_answer() {
    let limits = ConnectionLimits {
        keep_alive: Duration::ZERO,
        ..ConnectionLimits::default()
    };
    let server = Server::with(limits).await;
    let answer = server.whole(HEALTH).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("Connection: close\r\n"), "{answer}");
}

#[tokio::test]
async fn a_client_that_accepts_nothing_of_an_answer_is_cut_off_and_one_that_reads_slowly_is_not() {
    let limits = ConnectionLimits {
        longest_stall: 4 * SHORT,
        ..ConnectionLimits::default()
    };
    let server = Server::with(limits).await;
    // More than the buffers of both sockets hold.
    let long = "x".repeat(16 << 20);
    let pipeline = json!({"servicestage": {"projects": [{"id": "p", "pipelines": [
        {"id": "a", "name": "long-one", "description": long}]}]}});
    let put = axum::http::Method::PUT;
    let state = "/_emulator/v1/state";
    let put = server
        .main
        .send(put, state, &[], pipeline.to_string())
        .await;
    put.assert_status(204);
    let get = "GET /_emulator/v1/state HTTP/1.1\r\nHost: x\r\n\r\n";

    let mut slow = server.connect().await;
    slow.write_all(get.as_bytes()).await.unwrap();
    let mut n_read = 0;
    let mut part = vec![0; 1 << 20];
    while n_read < long.len() {
        tokio::time::sleep(SHORT / 10).await;
        let n = timeout(PATIENCE, slow.read(&mut part))
            .await
            .unwrap()
            .unwrap();
        assert!(n > 0, "it is not cut off after {n_read} bytes");
        n_read += n;
    }

    let mut stalled = server.connect().await;
    stalled.write_all(get.as_bytes()).await.unwrap();
    let cut_off = async {
        // This sees the end, and accepts nothing.
        while stalled.write_all(b" ").await.is_ok() {
            tokio::time::sleep(SHORT / 10).await;
        }
    };
    timeout(PATIENCE, cut_off).await.expect("it is cut off");
}

#[tokio::test]
async fn a_head_has_at_most_64_kib_in_all() {
    let server = Server::with(ConnectionLimits::default()).await;
    let close = "Host: x\r\nConnection: close\r\n";
    let with_note = |length: usize| {
        let head = format!("GET /_emulator/v1/health HTTP/1.1\r\n{close}X-Note: \r\n\r\n");
        let note = "n".repeat(length - head.len());
        head.replace("X-Note: ", &format!("X-Note: {note}"))
    };
    let with_path = |length: usize| format!("GET /{} HTTP/1.1\r\n{close}\r\n", "p".repeat(length));
    for (head, status) in [
        (with_note(65_536), 200),
        (with_note(65_537), 431),
        (with_note(400_000), 431),
        (with_path(60_000), 404),
        (with_path(70_000), 414),
        // A line that hyper cannot read does not lead past the limit.
        (with_note(60_000).replace("Host", "no colon\r\nHost"), 200),
        (with_note(66_000).replace("Host", "no colon\r\nHost"), 431),
    ] {
        let answer = server.whole(&head).await;
        let expected = format!("HTTP/1.1 {status} ");
        let begin = answer.get(..400).unwrap_or(&answer);
        assert!(answer.starts_with(&expected), "{}: {begin}", head.len());
        if status > 404 {
            assert!(answer.contains("64 KiB"), "{begin}");
        }
    }
}

#[tokio::test]
async fn connections_beyond_the_limit_are_refused_in_words_and_counted() {
    let limits = ConnectionLimits {
        most: 2,
        ..ConnectionLimits::default()
    };
    let server = Server::with(limits).await;
    let mut held = server.connect().await;
    held.write_all(HEALTH.as_bytes()).await.unwrap();
    answer(&mut held).await;
    // The limit is that of all worlds.
    let world = server.main.open(json!({})).await;
    let port: u16 = world.url.rsplit(':').next().unwrap().parse().unwrap();
    let mut other = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    other.write_all(HEALTH.as_bytes()).await.unwrap();
    answer(&mut other).await;

    for (path, code) in [
        ("/v3/p1/pipeline/pipelines", "APIGW.0201"),
        (
            "/openapi/delivery/releases",
            "\"description\":\"there are 2 connections",
        ),
        ("/_emulator/v1/health", "\"title\":\"Service Unavailable\""),
    ] {
        let body = "x".repeat(100_000);
        let length = body.len();
        let request =
            format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}");
        let refusal = server.whole(&request).await;
        assert!(refusal.starts_with("HTTP/1.1 503 "), "{refusal}");
        for part in [
            code,
            "Retry-After: 1\r\n",
            "Connection: close\r\n",
            "the limit of --max-connections",
        ] {
            assert!(refusal.contains(part), "{part:?} in {refusal}");
        }
    }
    let metrics = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    held.write_all(metrics.as_bytes()).await.unwrap();
    let metrics = rest(&mut held).await;
    assert!(
        metrics.contains("release_emulator_connections 2\n"),
        "{metrics}"
    );
    assert!(
        metrics.contains("release_emulator_connections_refused_total 3\n"),
        "{metrics}"
    );

    // The place is free again once its connection has ended.
    let served = async {
        while !server
            .whole(&HEALTH.replace("Host", "Connection: close\r\nHost"))
            .await
            .starts_with("HTTP/1.1 200 ")
        {}
    };
    timeout(PATIENCE, served).await.expect("it is served");
}
