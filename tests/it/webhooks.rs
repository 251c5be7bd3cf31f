//! Webhooks, delivered to a real receiver that fails, stalls, goes away and comes back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use hmac::{Hmac, KeyInit, Mac};
use release_emulator::Emulator;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use crate::common::{App, PROJECT};
use crate::pipelines::pipelines;
use crate::remote::Remote;

const WEBHOOKS: &str = "/_emulator/v1/webhooks";

/// The limit for every wait, so that a missing delivery fails the test instead of blocking it.
const PATIENCE: Duration = Duration::from_secs(30);

/// The answer of a receiver to one delivery.
#[derive(Clone, Copy)]
enum Answer {
    Status(u16),
    Never,
}

/// A receiver of deliveries on the loopback, which answers 204 once it has given its other answers.
struct Receiver {
    port: u16,
    deliveries: UnboundedReceiver<(HeaderMap, Bytes)>,
    server: tokio::task::JoinHandle<()>,
}

impl Receiver {
    async fn start(port: u16, answers: &[Answer]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, deliveries) = unbounded_channel();
        let answers: VecDeque<_> = answers.iter().copied().collect();
        let state = (sender, Arc::new(Mutex::new(answers)));
        let router = axum::Router::new().fallback(receive).with_state(state);
        let server = tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self {
            port,
            deliveries,
            server,
        }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook?from=emulator", self.port)
    }

    async fn next(&mut self) -> (HeaderMap, Bytes) {
        let next = timeout(PATIENCE, self.deliveries.recv()).await;
        next.expect("in time").expect("a running receiver")
    }

    /// The data of the next delivery.
    async fn next_transition(&mut self) -> Value {
        let (_, body) = self.next().await;
        serde_json::from_slice::<Value>(&body).unwrap()["data"].take()
    }
}

type ReceiverState = (
    UnboundedSender<(HeaderMap, Bytes)>,
    Arc<Mutex<VecDeque<Answer>>>,
);

async fn receive(
    axum::extract::State((sender, answers)): axum::extract::State<ReceiverState>,
    headers: HeaderMap,
    body: Bytes,
) -> axum::response::Response {
    let answer = answers.lock().unwrap().pop_front();
    // The test may be over.
    let _ = sender.send((headers, body));
    match answer.unwrap_or(Answer::Status(204)) {
        Answer::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Answer::Never => std::future::pending().await,
    }
}

async fn emulator() -> (Emulator, Remote) {
    let noon = "2026-01-01T12:00:00Z";
    let emulator = Emulator::builder().freeze(noon).start().await.unwrap();
    let main = Remote::at(emulator.url());
    (emulator, main)
}

async fn add(main: &Remote, webhook: Value) -> String {
    let added = main.post(WEBHOOKS, webhook).await.assert_status(201);
    added["id"].as_str().unwrap().to_owned()
}

/// Creates a pipeline of one task, and starts it.
async fn start_pipeline(main: &Remote, name: &str) -> String {
    let body = json!({"name": name, "model_version": 2, "config_mode": "ui",
        "stages": [{"name": "build", "tasks": [{"name": "compile"}]}]});
    let created = main.post(&pipelines(), body).await.assert_status(200);
    let id = created["id"].as_str().unwrap().to_owned();
    let action = format!("{}/{id}/action?action_id=start", pipelines());
    main.post(&action, json!({})).await.assert_status(200);
    id
}

/// The webhook once nothing waits any more.
async fn settled(main: &Remote, id: &str) -> Value {
    let settle = async {
        loop {
            let path = format!("{WEBHOOKS}/{id}");
            let shown = main.get(&path).await.assert_status(200);
            if shown["pending"] == 0 {
                break shown;
            }
        }
    };
    timeout(PATIENCE, settle).await.expect("in time")
}

#[tokio::test]
async fn transitions_arrive_in_order_as_signed_cloud_events() {
    let (_emulator, main) = emulator().await;
    let mut receiver = Receiver::start(0, &[]).await;
    let chosen = json!({"url": receiver.url(), "secret": "hush", "match": {"level": "resource"}});
    let id = add(&main, chosen).await;
    let pipeline = start_pipeline(&main, "shop").await;
    main.advance(60_000).await;

    let (headers, body) = receiver.next().await;
    assert_eq!(
        headers["content-type"],
        "application/cloudevents+json; charset=utf-8"
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(b"hush").unwrap();
    mac.update(&body);
    let signature = headers["x-emulator-signature"].to_str().unwrap();
    let code = signature.strip_prefix("sha256=").unwrap();
    mac.verify_slice(&base16ct::lower::decode_vec(code).unwrap())
        .unwrap();
    let event: Value = serde_json::from_slice(&body).unwrap();
    let created = &event["data"];
    assert_eq!(
        event,
        json!({"specversion": "1.0", "id": created["id"].to_string(), "source": "/_emulator/v1/worlds/main",
            "type": "release-emulator.transition", "subject": format!("pipelines/{PROJECT}/{pipeline}"),
            "time": "2026-01-01T12:00:00Z", "datacontenttype": "application/json", "data": created})
    );
    assert_eq!(
        (&created["resource"], &created["cause"], &created["name"]),
        (&json!(pipeline), &json!("create"), &json!("shop"))
    );
    let mut status = created["to"].clone();
    let mut n_delivered = 1;
    while status != "2" {
        let transition = receiver.next_transition().await;
        assert_eq!(transition["from"], status);
        status = transition["to"].clone();
        n_delivered += 1;
    }

    let shown = settled(&main, &id).await;
    assert_eq!(
        (&shown["delivered"], &shown["failed"], &shown["missed"]),
        (&json!(n_delivered), &json!(0), &json!(0))
    );
    assert_eq!(
        (&shown["signed"], shown.get("secret")),
        (&json!(true), None)
    );
    let first = &shown["attempts"][0];
    assert_eq!(
        (&first["status"], &first["attempt"]),
        (&json!(204), &json!(1))
    );
    // The receiver is not an emulated service, so the journal has none of this.
    let requests = main.get("/_emulator/v1/requests").await.assert_status(200);
    let paths = requests["requests"].as_array().unwrap().iter();
    assert!(
        paths
            .map(|request| &request["path"])
            .all(|path| path != "/hook")
    );
}

#[tokio::test]
async fn a_failure_is_repeated_with_the_same_id_and_delays_only_its_own_resource() {
    let (_emulator, main) = emulator().await;
    let answers = [500, 302].map(Answer::Status);
    let mut receiver = Receiver::start(0, &answers).await;
    let pattern = json!({"family": "pipelines", "to": "4", "level": "resource"});
    let id = add(&main, json!({"url": receiver.url(), "match": pattern})).await;
    let first = start_pipeline(&main, "one").await;

    let ids = [
        receiver.next_transition().await["id"].clone(),
        receiver.next_transition().await["id"].clone(),
        receiver.next_transition().await["id"].clone(),
    ];
    assert!(ids.iter().all(|other| *other == ids[0]), "{ids:?}");
    let shown = settled(&main, &id).await;
    let attempts = shown["attempts"].as_array().unwrap().iter();
    let statuses: Vec<_> = attempts.map(|attempt| &attempt["status"]).collect();
    assert_eq!(statuses, [&json!(500), &json!(302), &json!(204)]);
    assert_eq!(shown["delivered"], 1);
    assert_eq!(shown["match"], pattern);
    assert_ne!(first, "");
}

#[tokio::test]
async fn a_receiver_that_stalls_or_goes_away_is_asked_again() {
    let (_emulator, main) = emulator().await;
    let mut receiver = Receiver::start(0, &[Answer::Never]).await;
    let pattern = json!({"to": "4", "level": "resource"});
    let id = add(&main, json!({"url": receiver.url(), "match": pattern})).await;
    start_pipeline(&main, "shop").await;
    receiver.next().await;
    // Gone while it owes an answer, and back on the same port.
    let port = receiver.port;
    receiver.server.abort();
    assert!(receiver.server.await.unwrap_err().is_cancelled());
    let mut receiver = Receiver::start(port, &[]).await;

    assert_eq!(receiver.next_transition().await["to"], "4");
    let shown = settled(&main, &id).await;
    assert_eq!(
        (&shown["delivered"], &shown["failed"]),
        (&json!(1), &json!(0))
    );
    let first = &shown["attempts"][0];
    assert_eq!(first["status"], Value::Null);
    assert!(
        first["error"]
            .as_str()
            .is_some_and(|error| !error.is_empty())
    );
}

#[tokio::test]
async fn a_webhook_is_told_of_nothing_before_it_was_added_or_after_it_was_removed() {
    let (emulator, main) = emulator().await;
    let mut receiver = Receiver::start(0, &[]).await;
    start_pipeline(&main, "before").await;
    let hook = json!({"url": receiver.url(), "match": {"level": "resource", "from": ""}});
    let id = add(&main, hook.clone()).await;
    start_pipeline(&main, "meanwhile").await;
    assert_eq!(receiver.next_transition().await["name"], "meanwhile");
    main.delete(&format!("{WEBHOOKS}/{id}"))
        .await
        .assert_status(204);
    start_pipeline(&main, "after").await;
    let second = add(&main, hook.clone()).await;
    assert_ne!(second, id, "ids are not used again");
    start_pipeline(&main, "again").await;
    assert_eq!(receiver.next_transition().await["name"], "again");

    emulator.reset();
    let listed = main.get(WEBHOOKS).await.assert_status(200);
    assert_eq!(listed, json!({"webhooks": []}));
}

#[tokio::test]
async fn an_unusable_webhook_is_refused_with_all_reasons() {
    let (_emulator, main) = emulator().await;
    for (url, reason) in [
        ("/hook", "must be an absolute URL"),
        ("https://127.0.0.1/hook", "must have the scheme http"),
        ("http://me:it@127.0.0.1/", "must not have a user name"),
        ("http://example.test/", "must be on the loopback"),
        ("http://10.0.0.1/", "must be on the loopback"),
        ("http://localhost.example.test/", "must be on the loopback"),
    ] {
        let chosen = json!({"url": url, "secret": "", "match": {"family": "pipeline"}});
        let refused = main.post(WEBHOOKS, chosen).await.assert_status(400);
        let detail = refused["detail"].as_str().unwrap();
        for part in [
            reason,
            "match.family: matches no family",
            "did you mean pipelines?",
            "secret: must not be empty",
        ] {
            assert!(detail.contains(part), "{part} in {detail}");
        }
    }
    for url in [
        "http://localhost:1/",
        "http://hook.localhost",
        "http://[::1]:9/x",
        "http://127.8.8.8",
    ] {
        add(&main, json!({"url": url})).await;
    }
    let unknown = main.get(&format!("{WEBHOOKS}/webhook-9")).await;
    assert_eq!(
        unknown.assert_status(404)["detail"],
        "there is no webhook webhook-9"
    );
    main.delete(&format!("{WEBHOOKS}/webhook-9"))
        .await
        .assert_status(404);
    main.delete(WEBHOOKS).await.assert_status(204);
    for _ in 0..100 {
        add(&main, json!({"url": "http://127.0.0.1:9/"})).await;
    }
    let refused = main
        .post(WEBHOOKS, json!({"url": "http://127.0.0.1:9/"}))
        .await;
    refused.assert_status(429);
}

#[tokio::test]
async fn a_world_without_a_server_cannot_deliver() {
    let app = App::new();
    let refused = app
        .post(WEBHOOKS, json!({"url": "http://127.0.0.1:9/"}))
        .await;
    refused.assert_status(501);
}
