//! Server-sent events, with a real client; and faults that only show on a socket.

use std::time::Duration;

use release_emulator::internals::Settings;
use release_emulator::internals::sim::clock::Stopwatch;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::common::NOON;
use crate::socket::Server;

/// The longest that anything here may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client that listens.
struct Listener {
    lines: Lines<BufReader<TcpStream>>,
}

/// An event as it is sent.
#[derive(Debug, PartialEq)]
struct Heard {
    id: Option<u64>,
    kind: String,
    data: Value,
}

impl Listener {
    async fn to(server: &Server, query: &str, last: Option<u64>) -> Self {
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

    async fn next(&mut self) -> Heard {
        let mut heard = Heard {
            id: None,
            kind: String::new(),
            data: Value::Null,
        };
        loop {
            // Lengths of chunks stand between events and are passed over.
            let line = self.line().await;
            match line.split_once(": ") {
                Some(("id", id)) => heard.id = Some(id.parse().unwrap()),
                Some(("event", kind)) => kind.clone_into(&mut heard.kind),
                Some(("data", data)) => heard.data = serde_json::from_str(data).unwrap(),
                _ if line.is_empty() && !heard.kind.is_empty() => return heard,
                _ => {}
            }
        }
    }

    /// The next transition that the clock brought about: when, which step, from what to what.
    async fn clocked(&mut self) -> (String, Value, String, String) {
        loop {
            let Heard { kind, data, .. } = self.next().await;
            if kind == "transition" && data["cause"] == "clock" {
                let text = |key: &str| data[key].as_str().unwrap_or_default().to_owned();
                return (text("time"), data["step"].clone(), text("from"), text("to"));
            }
        }
    }

    /// The status the next transition leads to; `None` for a request.
    async fn led_to(&mut self) -> Option<String> {
        let heard = self.next().await;
        (heard.kind == "transition").then(|| heard.data["to"].as_str().unwrap().to_owned())
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

async fn executed(server: &Server) -> String {
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
async fn requests_and_transitions_are_heard_in_order_as_they_happen() {
    let server = Server::with(frozen()).await;
    let mut listener = Listener::to(&server, "", None).await;
    let id = executed(&server).await;
    let mut heard = Vec::new();
    while heard.len() < 2 {
        let event = listener.next().await;
        if event.kind == "request" {
            heard.push(event.data);
        }
    }
    assert_eq!(
        (
            &heard[0]["operation"],
            &heard[1]["operation"],
            &heard[1]["path"]
        ),
        (
            &json!("CreateReleasePlan"),
            &json!("ExecuteReleasePlan"),
            &json!(format!("/v3/p1/cas/release-plans/{id}/execute"))
        )
    );
    assert!(heard[0]["request"].is_null(), "no headers and no bodies");

    let advance = json!({"ms": 4000});
    assert_eq!(
        send(&server, "POST", "/_emulator/v1/clock/advance", &advance)
            .await
            .0,
        200
    );

    let mut all = Vec::new();
    for _ in 0..4 {
        all.push(listener.clocked().await);
    }
    let at = |second| format!("2026-01-01T12:00:0{second}Z");
    let told =
        |time, step: Value, from: &str, to: &str| (time, step, from.to_owned(), to.to_owned());
    assert_eq!(
        all,
        [
            told(at(2), json!("web"), "RUNNING", "SUCCESS"),
            told(at(2), json!("db"), "CREATED", "RUNNING"),
            told(at(4), Value::Null, "RUNNING", "SUCCESS"),
            told(at(4), json!("db"), "RUNNING", "SUCCESS"),
        ]
    );
}

#[tokio::test]
async fn what_a_command_changes_is_told_with_the_command() {
    let server = Server::with(frozen()).await;
    let mut listener = Listener::to(&server, "?family=plans", None).await;
    let id = executed(&server).await;
    let mut told = Vec::new();
    while told.len() < 2 {
        let Heard { kind, data, .. } = listener.next().await;
        if kind == "transition" && data.get("step").is_none() {
            assert_eq!(data["resource"], id.as_str());
            told.push((data["from"].clone(), data["cause"].clone()));
        }
    }
    assert_eq!(told[0], (json!(""), json!("create")));
    assert_eq!(told[1].1, json!("execute"));
    assert_ne!(told[1].0, json!(""));
}

#[tokio::test]
async fn transitions_come_when_they_are_due_without_anybody_asking() {
    let settings = Settings {
        step: 300,
        ..Settings::default()
    };
    let server = Server::with(settings).await;
    let mut listener = Listener::to(&server, "?family=plans", None).await;
    let watch = Stopwatch::start();
    executed(&server).await;
    while listener.led_to().await.as_deref() != Some("SUCCESS") {}
    let took = watch.elapsed().as_millis();
    assert!(
        (250..1_500).contains(&took),
        "the first step takes 300 ms, not {took}"
    );
}

#[tokio::test]
async fn who_was_away_resumes_behind_the_last_event_that_was_seen() {
    let server = Server::with(frozen()).await;
    executed(&server).await;
    let mut listener = Listener::to(&server, "", Some(0)).await;
    let (first, second) = (listener.next().await, listener.next().await);
    assert_eq!(first.id, Some(1));
    let mut again = Listener::to(&server, "", first.id).await;
    assert_eq!(again.next().await, second);
    // The number of an emulator that ran here before: of this one, nothing was seen yet.
    let mut another = Listener::to(&server, "", Some(5_000)).await;
    let told = timeout(PATIENCE, another.next()).await;
    assert_eq!(told.expect("in time"), first);

    let head = "GET /_emulator/v1/events HTTP/1.1\r\nHost: x\r\nLast-Event-ID: x\r\nConnection: close\r\n\r\n";
    assert!(
        server
            .raw(head.as_bytes())
            .await
            .starts_with("HTTP/1.1 400")
    );
}

#[tokio::test]
async fn a_filter_lets_through_what_concerns_one_resource() {
    let server = Server::with(frozen()).await;
    let first = executed(&server).await;
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
    let mut listener = Listener::to(&server, &format!("?id={second}"), Some(0)).await;
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
        let heard = listener.next().await;
        let concerns = heard.data["resource"] == second.as_str()
            || heard.data["path"]
                .as_str()
                .is_some_and(|path| path.ends_with(&second));
        assert!(concerns, "{heard:?}");
        if heard.kind == "request" {
            break;
        }
    }
}

async fn with_fault(effect: Value) -> Server {
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
async fn a_connection_dropped_before_the_answer_carries_not_one_byte_of_it() {
    let server = with_fault(json!({"drop": "before"})).await;
    assert_eq!(server.raw(GET).await, "");
    let (_, journal) = send(&server, "GET", "/_emulator/v1/requests", &Value::Null).await;
    let journal: Value = serde_json::from_str(&journal).unwrap();
    assert_eq!(journal["total"], 1, "it was served all the same");
}

#[tokio::test]
async fn a_connection_dropped_midway_leaves_half_of_the_announced_body() {
    let server = with_fault(json!({"drop": "midway", "status": 500})).await;
    let answer = server.raw(GET).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let announced = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let announced: usize = announced.unwrap().parse().unwrap();
    assert!(
        head.starts_with("HTTP/1.1 500") && head.contains("x-emulator-fault: "),
        "{head}"
    );
    assert_eq!(body.len(), announced / 2);
}

#[tokio::test]
async fn a_delay_holds_the_answer_up_and_nobody_else() {
    let server = with_fault(json!({"delay_ms": 400})).await;
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
async fn a_slow_answer_arrives_whole_and_late() {
    let message = "x".repeat(40);
    let server =
        with_fault(json!({"slow_bytes_per_s": 400, "status": 500, "message": message})).await;
    let watch = Stopwatch::start();
    let answer = server.raw(GET).await;
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    let expected = json!({"error_code": "SVCSTG.00100500", "error_msg": message}).to_string();
    assert_eq!(body, expected);
    // So many bytes at 400 a second, in steps of a tenth.
    let least = Duration::from_millis(expected.len() as u64 * 1_000 / 400 - 100);
    assert!(watch.elapsed() >= least, "{:?}", watch.elapsed());
}
