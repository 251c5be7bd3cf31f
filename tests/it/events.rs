//! Server-sent events, and faults that only show on a socket.

use std::time::Duration;

use release_emulator::internals::Settings;
use release_emulator::internals::sim::clock::Stopwatch;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::common::NOON;
use crate::socket::Server;

/// The limit for every wait, so that a missing event fails the test instead of blocking it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client of the event stream.
struct Listener {
    lines: Lines<BufReader<TcpStream>>,
}

/// A received event.
#[derive(Debug, PartialEq)]
struct ReceivedEvent {
    id: Option<u64>,
    kind: String,
    data: Value,
}

impl Listener {
    async fn connect(server: &Server, query: &str, last: Option<u64>) -> Self {
        let mut stream = server.connect().await;
        let last = last.map_or_else(String::new, |id| format!("Last-Event-ID: {id}\r\n"));
        let head = format!("GET /_emulator/v1/events{query} HTTP/1.1\r\nHost: x\r\n{last}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut listener = Self {
            lines: BufReader::new(stream).lines(),
        };
        assert_eq!(listener.line().await, "HTTP/1.1 200 OK");
        while !listener.line().await.is_empty() {}
        listener
    }

    async fn line(&mut self) -> String {
        let line = timeout(PATIENCE, self.lines.next_line()).await;
        line.expect("in time").expect("readable").expect("open")
    }

    async fn next(&mut self) -> ReceivedEvent {
        let mut received = ReceivedEvent {
            id: None,
            kind: String::new(),
            data: Value::Null,
        };
        loop {
            // The lengths of chunks between the events match no arm.
            let line = self.line().await;
            match line.split_once(": ") {
                Some(("id", id)) => received.id = Some(id.parse().unwrap()),
                Some(("event", kind)) => kind.clone_into(&mut received.kind),
                Some(("data", data)) => received.data = serde_json::from_str(data).unwrap(),
                _ if line.is_empty() && !received.kind.is_empty() => return received,
                _ => {}
            }
        }
    }

    /// The time, step and statuses of the next transition by the clock.
    async fn next_by_clock(&mut self) -> (String, Value, String, String) {
        loop {
            let ReceivedEvent { kind, data, .. } = self.next().await;
            if kind == "transition" && data["cause"] == "clock" {
                let text = |key: &str| data[key].as_str().unwrap_or_default().to_owned();
                return (text("time"), data["step"].clone(), text("from"), text("to"));
            }
        }
    }

    /// The new status if the next event is a transition.
    async fn next_status(&mut self) -> Option<String> {
        let received = self.next().await;
        (received.kind == "transition").then(|| received.data["to"].as_str().unwrap().to_owned())
    }
}

async fn send(server: &Server, method: &str, path: &str, body: &Value) -> (u16, String) {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: t\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = server.raw(request.as_bytes()).await;
    let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok());
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status.unwrap_or(0), body.to_owned())
}

fn plan() -> Value {
    json!({"name": "spring", "components": [
        {"seq": 0, "name": "web", "runtime_stack": {"name": "java"}},
        {"seq": 1, "name": "db", "runtime_stack": {"name": "java"}}]})
}

/// Creates a release plan, executes it and returns its id.
async fn execute_plan(server: &Server) -> String {
    let (status, body) = send(server, "POST", "/v3/p1/cas/release-plans", &plan()).await;
    assert_eq!(status, 200, "{body}");
    let id = serde_json::from_str::<Value>(&body).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/v3/p1/cas/release-plans/{id}/execute");
    assert_eq!(send(server, "POST", &path, &Value::Null).await.0, 200);
    id
}

fn frozen() -> Settings {
    Settings {
        freeze: Some(NOON),
        ..Settings::default()
    }
}

#[tokio::test]
async fn requests_and_transitions_arrive_in_order() {
    let server = Server::with(frozen()).await;
    let mut listener = Listener::connect(&server, "", None).await;
    let id = execute_plan(&server).await;
    let mut received = Vec::new();
    while received.len() < 2 {
        let event = listener.next().await;
        if event.kind == "request" {
            received.push(event.data);
        }
    }
    assert_eq!(
        (
            &received[0]["operation"],
            &received[1]["operation"],
            &received[1]["path"]
        ),
        (
            &json!("CreateReleasePlan"),
            &json!("ExecuteReleasePlan"),
            &json!(format!("/v3/p1/cas/release-plans/{id}/execute"))
        )
    );
    assert!(received[0]["request"].is_null(), "no headers and no bodies");

    let advance = json!({"ms": 4000});
    assert_eq!(
        send(&server, "POST", "/_emulator/v1/clock/advance", &advance)
            .await
            .0,
        200
    );

    let mut all = Vec::new();
    for _ in 0..4 {
        all.push(listener.next_by_clock().await);
    }
    let at = |second| format!("2026-01-01T12:00:0{second}Z");
    let transition =
        |time, step: Value, from: &str, to: &str| (time, step, from.to_owned(), to.to_owned());
    assert_eq!(
        all,
        [
            transition(at(2), json!("web"), "RUNNING", "SUCCESS"),
            transition(at(2), json!("db"), "CREATED", "RUNNING"),
            transition(at(4), Value::Null, "RUNNING", "SUCCESS"),
            transition(at(4), json!("db"), "RUNNING", "SUCCESS"),
        ]
    );
}

#[tokio::test]
async fn the_stream_begins_at_once_and_is_not_buffered_by_proxies() {
    let server = Server::with(frozen()).await;
    let mut stream = server.connect().await;
    let head = "GET /_emulator/v1/events HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut lines = BufReader::new(stream).lines();
    let mut received = Vec::new();
    while !received.iter().any(|line: &String| line.starts_with(':')) {
        let line = timeout(PATIENCE, lines.next_line()).await;
        received.push(line.expect("in time").expect("readable").expect("open"));
    }
    assert!(
        received.contains(&"X-Accel-Buffering: no".to_owned()),
        "{received:?}"
    );
}

#[tokio::test]
async fn what_the_control_plane_does_is_told_by_name() {
    let server = Server::with(frozen()).await;
    let mut listener = Listener::connect(&server, "", None).await;
    let script = json!({"match": {"family": "pipelines"}, "outcome": "fail"});
    let fault = json!({"match": {"family": "asm"}, "do": {"status": 503}});
    let control = |method: &'static str, path: &str, body: Value| {
        let (server, path) = (&server, format!("/_emulator/v1/{path}"));
        async move {
            let (status, body) = send(server, method, &path, &body).await;
            assert!(status < 300, "{method} {path}: {status} {body}");
            serde_json::from_str::<Value>(&body).unwrap_or_default()
        }
    };
    control("POST", "clock/advance", json!({"ms": 1_000})).await;
    control("PUT", "clock", json!({"pace": 2.0})).await;
    let script = control("POST", "scripts", script).await["id"].take();
    let fault = control("POST", "faults", fault).await["id"].take();
    control(
        "DELETE",
        &format!("faults/{}", fault.as_str().unwrap()),
        Value::Null,
    )
    .await;
    control("DELETE", "scripts", Value::Null).await;
    control("POST", "reset", json!({"to": "empty"})).await;

    let clock = |now, pace| json!({"now": now, "mode": "frozen", "pace": pace});
    for (kind, data) in [
        ("clock", clock("2026-01-01T12:00:01Z", 1.0)),
        ("clock", clock("2026-01-01T12:00:01Z", 2.0)),
        ("script", json!({"change": "added", "id": script})),
        ("fault", json!({"change": "added", "id": fault})),
        ("fault", json!({"change": "removed", "id": fault})),
        ("script", json!({"change": "removed", "id": null})),
        ("reset", json!({"to": "empty"})),
    ] {
        let received = listener.next().await;
        assert_eq!((received.kind.as_str(), received.data), (kind, data));
        assert!(received.id.is_some());
    }
}

#[tokio::test]
async fn the_transition_of_a_command_names_the_command() {
    let server = Server::with(frozen()).await;
    let mut listener = Listener::connect(&server, "?family=plans", None).await;
    let id = execute_plan(&server).await;
    let mut transitions = Vec::new();
    while transitions.len() < 2 {
        let ReceivedEvent { kind, data, .. } = listener.next().await;
        if kind == "transition" && data.get("step").is_none() {
            assert_eq!(data["resource"], id.as_str());
            transitions.push((data["from"].clone(), data["cause"].clone()));
        }
    }
    assert_eq!(transitions[0], (json!(""), json!("create")));
    assert_eq!(transitions[1].1, json!("execute"));
    assert_ne!(transitions[1].0, json!(""));
}

#[tokio::test]
async fn transitions_arrive_on_time_without_a_request() {
    let settings = Settings {
        step: 300,
        ..Settings::default()
    };
    let server = Server::with(settings).await;
    let mut listener = Listener::connect(&server, "?family=plans", None).await;
    let watch = Stopwatch::start();
    execute_plan(&server).await;
    while listener.next_status().await.as_deref() != Some("SUCCESS") {}
    let took = watch.elapsed().as_millis();
    assert!(
        (250..1_500).contains(&took),
        "the first step takes 300 ms, not {took}"
    );
}

#[tokio::test]
async fn a_listener_resumes_after_its_last_event() {
    let server = Server::with(frozen()).await;
    execute_plan(&server).await;
    let mut listener = Listener::connect(&server, "", Some(0)).await;
    let (first, second) = (listener.next().await, listener.next().await);
    assert_eq!(first.id, Some(1));
    let mut again = Listener::connect(&server, "", first.id).await;
    assert_eq!(again.next().await, second);
    // The number of an emulator that ran here before, so the listener gets all events.
    let mut another = Listener::connect(&server, "", Some(5_000)).await;
    let resent = timeout(PATIENCE, another.next()).await;
    assert_eq!(resent.expect("in time"), first);

    let head = "GET /_emulator/v1/events HTTP/1.1\r\nHost: x\r\nLast-Event-ID: x\r\nConnection: close\r\n\r\n";
    assert!(
        server
            .raw(head.as_bytes())
            .await
            .starts_with("HTTP/1.1 400")
    );
}

#[tokio::test]
async fn a_filter_selects_the_events_of_one_resource() {
    let server = Server::with(frozen()).await;
    let first = execute_plan(&server).await;
    let (_, body) = send(
        &server,
        "POST",
        "/v3/p1/cas/release-plans",
        &json!({"name": "autumn",
        "components": [{"seq": 0, "name": "web", "runtime_stack": {"name": "java"}}]}),
    )
    .await;
    let second = serde_json::from_str::<Value>(&body).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut listener = Listener::connect(&server, &format!("?id={second}"), Some(0)).await;
    assert_eq!(
        send(
            &server,
            "GET",
            &format!("/v3/p1/cas/release-plans/{first}"),
            &Value::Null
        )
        .await
        .0,
        200
    );
    assert_eq!(
        send(
            &server,
            "GET",
            &format!("/v3/p1/cas/release-plans/{second}"),
            &Value::Null
        )
        .await
        .0,
        200
    );
    loop {
        let received = listener.next().await;
        let concerns = received.data["resource"] == second.as_str()
            || received.data["path"]
                .as_str()
                .is_some_and(|path| path.ends_with(&second));
        assert!(concerns, "{received:?}");
        if received.kind == "request" {
            break;
        }
    }
}

/// A server with a fault for requests to pipelines.
async fn start_with_fault(effect: Value) -> Server {
    let server = Server::start().await;
    let rule = json!({"match": {"family": "pipelines"}, "do": effect});
    assert_eq!(
        send(&server, "POST", "/_emulator/v1/faults", &rule).await.0,
        201
    );
    server
}

const GET: &[u8] =
    b"GET /v3/p1/pipeline/pipelines HTTP/1.1\r\nHost: x\r\nX-Auth-Token: t\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn a_connection_dropped_before_the_answer_has_no_byte_of_it() {
    let server = start_with_fault(json!({"drop": "before"})).await;
    assert_eq!(server.raw(GET).await, "");
    let (_, journal) = send(&server, "GET", "/_emulator/v1/requests", &Value::Null).await;
    let journal: Value = serde_json::from_str(&journal).unwrap();
    assert_eq!(journal["total"], 1, "the request was served");
}

#[tokio::test]
async fn a_connection_dropped_midway_has_half_of_the_announced_body() {
    let server = start_with_fault(json!({"drop": "midway", "status": 500})).await;
    let answer = server.raw(GET).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let announced = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "));
    let announced: usize = announced.unwrap().parse().unwrap();
    assert!(
        head.starts_with("HTTP/1.1 500") && head.contains("X-Emulator-Fault: "),
        "{head}"
    );
    assert_eq!(body.len(), announced / 2);
}

#[tokio::test]
async fn a_delay_does_not_hold_up_other_requests() {
    let server = start_with_fault(json!({"delay_ms": 400})).await;
    let watch = Stopwatch::start();
    let (answer, other) = tokio::join!(server.raw(GET), async {
        send(&server, "GET", "/v3/p1/cas/release-plans", &Value::Null).await;
        watch.elapsed()
    });
    assert!(answer.starts_with("HTTP/1.1 200"));
    assert!(watch.elapsed() >= Duration::from_millis(400));
    assert!(other < Duration::from_millis(400), "{other:?}");
}

#[tokio::test]
async fn a_slow_answer_arrives_complete_and_late() {
    let message = "x".repeat(40);
    let server =
        start_with_fault(json!({"slow_bytes_per_s": 400, "status": 500, "message": message})).await;
    let watch = Stopwatch::start();
    let answer = server.raw(GET).await;
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    let expected = json!({"error_code": "SVCSTG.00100500", "error_msg": message}).to_string();
    assert_eq!(body, expected);
    // 400 bytes a second, in ten parts a second.
    let least = Duration::from_millis(expected.len() as u64 * 1_000 / 400 - 100);
    assert!(watch.elapsed() >= least, "{:?}", watch.elapsed());
}
