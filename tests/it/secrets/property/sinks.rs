//! Everything that shows requests, and the search for secrets in it.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::Request;
use clap::ValueEnum;
use futures_util::FutureExt;
use http_body_util::BodyExt;
use percent_encoding::percent_decode_str;
use release_emulator::internals::app;
use release_emulator::internals::exec::{FailOn, FailureReport};
use serde_json::json;
use tower::ServiceExt;
use tracing_subscriber::fmt::MakeWriter;

use crate::common::{App, PROJECT};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A text in base64.
pub(super) fn base64(bytes: &[u8]) -> String {
    let groups = bytes.chunks(3).map(|group| {
        let mut padded = [0; 3];
        padded[..group.len()].copy_from_slice(group);
        let bits = u32::from_be_bytes([0, padded[0], padded[1], padded[2]]);
        let sextets =
            (0..4).map(|n| ALPHABET[usize::try_from(bits >> (18 - 6 * n) & 63).expect("small")]);
        let text: String = sextets.take(group.len() + 1).map(char::from).collect();
        format!("{text:=<4}")
    });
    groups.collect()
}

/// The texts of which one is in every text that has the secret in base64.
fn base64_cores(secret: &str) -> Vec<String> {
    (0..3)
        .map(|shift| {
            let shifted = [&b"xxx"[..shift], secret.as_bytes()].concat();
            // The first and the last characters depend on what stands beside the secret.
            let begin = [0, 2, 3][shift];
            let text = base64(&shifted[..shifted.len() / 3 * 3]);
            text[begin..].to_owned()
        })
        .collect()
}

/// The first secret that a text shows, in whatever encoding.
pub(super) fn leak(text: &str, secrets: &[String]) -> Option<String> {
    // By the first bytes of each shape, since there are many secrets and long texts.
    let mut shapes: HashMap<&[u8], Vec<(&str, &String)>> = HashMap::new();
    let cores: Vec<(String, &String)> = secrets
        .iter()
        .flat_map(|secret| {
            base64_cores(secret)
                .into_iter()
                .map(move |core| (core, secret))
        })
        .collect();
    let plain = secrets.iter().map(|secret| (secret.as_str(), secret));
    let cores = cores.iter().map(|(core, secret)| (core.as_str(), *secret));
    for (shape, secret) in plain.chain(cores) {
        shapes
            .entry(&shape.as_bytes()[..4])
            .or_default()
            .push((shape, secret));
    }
    let mut forms = vec![
        text.to_owned(),
        text.replace("\\\"", "\"").replace("\\\\", "\\"),
    ];
    for _ in 0..3 {
        let last = forms.last().expect("a form");
        let decoded = percent_decode_str(last).decode_utf8_lossy().into_owned();
        if decoded == *last {
            break;
        }
        forms.push(decoded);
    }
    forms.iter().find_map(|form| {
        let form = form.as_bytes();
        form.windows(4).enumerate().find_map(|(n, first)| {
            let shapes = shapes.get(first)?;
            let (_, secret) = shapes
                .iter()
                .find(|(shape, _)| form[n..].starts_with(shape.as_bytes()))?;
            Some((*secret).clone())
        })
    })
}

/// What an emulator shows of the requests that it has answered.
pub(super) struct Sinks<'a>(pub(super) &'a App);

impl Sinks<'_> {
    /// The texts of all sinks, by their names.
    pub(super) async fn texts(&self) -> Vec<(String, String)> {
        let mut texts = vec![("events".to_owned(), self.events().await)];
        for path in [
            "requests",
            "requests?limit=1000",
            "requests?status=4*",
            "requests?status=2*",
            "requests?family=iam",
            "requests?unknown_route=true",
            "requests?method=POST&body./name.exists=true",
            "openapi.json",
            "metrics",
            "clock",
            "scripts",
            "faults",
            "webhooks",
            "resources",
            "worlds",
            "state?secrets=false",
            "health",
        ] {
            texts.push((
                path.to_owned(),
                self.get(&format!("/_emulator/v1/{path}")).await,
            ));
        }
        for family in ["asm", "plans", "pipelines", "zadig"] {
            let path = format!("/_emulator/v1/timeline/{family}/{PROJECT}");
            texts.push((format!("the timeline of {family}"), self.get(&path).await));
        }
        for filter in near_misses() {
            let name = format!("verify {filter}");
            let body = json!({"match": filter, "exactly": 1_000});
            let reply = self.0.post("/_emulator/v1/requests/verify", body).await;
            texts.push((name, String::from_utf8_lossy(&reply.body).into_owned()));
        }
        let advanced = self.0.advance(10_000).await;
        texts.push(("an advance".to_owned(), json!(advanced).to_string()));
        let records = self.0.world.recorder().journal.entries();
        let records: Vec<String> = records
            .iter()
            .map(|record| strict_json::to_string(record).expect("JSON"))
            .collect();
        texts.push(("records".to_owned(), records.join("\n")));
        texts.push(("the tail of exec".to_owned(), self.tail()));
        texts
    }

    async fn get(&self, path: &str) -> String {
        let reply = self.0.get(path).await;
        format!(
            "{:?} {}",
            reply.headers,
            String::from_utf8_lossy(&reply.body)
        )
    }

    /// The events so far. The stream does not end, so it is read until it would have to wait.
    async fn events(&self) -> String {
        let request = Request::builder()
            .uri("/_emulator/v1/events")
            .header("last-event-id", "0");
        let request = request.body(Body::empty()).expect("a request");
        let response = app(&self.0.world)
            .oneshot(request)
            .await
            .expect("infallible");
        let mut body = response.into_body();
        let mut text = String::new();
        while let Some(Some(Ok(frame))) = body.frame().now_or_never() {
            let data = frame.into_data().unwrap_or_default();
            text.push_str(&String::from_utf8_lossy(&data));
        }
        assert!(text.contains("event: request"), "{text}");
        text
    }

    /// The report of `exec` on a failed command.
    fn tail(&self) -> String {
        let report = FailureReport::default();
        let collect = report.collect(FailOn::value_variants().to_vec());
        collect("main", &self.0.world);
        [report.lines(), report.notes(), report.tail()]
            .concat()
            .join("\n")
    }
}

/// Filters that no request matches, so that the nearest ones are shown with the fields that differ.
fn near_misses() -> Vec<serde_json::Value> {
    let mut filters = vec![
        json!({"path": "/nothing"}),
        json!({"status": "299"}),
        json!({"scope": "nothing"}),
        json!({"caller": "nothing"}),
    ];
    for name in [
        "x-auth-token",
        "authorization",
        "referer",
        "user-agent",
        "x-note",
        "x-api-key",
        "cookie",
    ] {
        filters.push(json!({"headers": {(name): "nothing"}}));
    }
    for name in [
        "token",
        "signature",
        "name",
        "description",
        "page",
        "api_key",
    ] {
        filters.push(json!({"query": {(name): "nothing"}}));
        filters.push(json!({"body": {format!("/{name}"): "nothing"}}));
    }
    filters.push(json!({"body": {"/auth/identity": "nothing"}}));
    filters.push(json!({"body": {"/auth/identity/token/id": "nothing"}}));
    filters
}

/// A log in memory, at the finest level.
#[derive(Clone, Default)]
pub(super) struct Capture(Arc<Mutex<Vec<u8>>>);

impl Capture {
    /// Captures the log of this thread.
    pub(super) fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        let log = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(self.clone())
            .finish();
        tracing::subscriber::with_default(log, work)
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("no panic")).into_owned()
    }
}

impl io::Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Capture {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
