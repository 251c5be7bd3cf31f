//! The app in process, under a frozen clock, with requests and replies.

pub mod happenings;
pub mod used;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt;
use proptest::test_runner::Config;
use release_emulator::internals::{Settings, State, World, app};
use serde_json::{Value, json};
use tower::ServiceExt;

/// The instant at which every test begins: 2026-01-01T12:00:00Z.
pub const NOON: i64 = 1_767_268_800_000;

/// The project of the tests.
pub const PROJECT: &str = "0605767aee00d2562f3cc0123456789a";

/// An emulator: frozen at [`NOON`], seeded, with steps of 2,000 ms.
pub struct App {
    pub world: World,
    router: Router,
}

impl App {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// An empty emulator with other settings.
    pub fn with(choose: impl FnOnce(&mut Settings)) -> Self {
        Self::build(choose, &json!({}))
    }

    /// An emulator with fixtures.
    #[track_caller]
    pub fn load(fixtures: &Value) -> Self {
        Self::build(|_| {}, fixtures)
    }

    /// An emulator with other settings and fixtures.
    #[track_caller]
    pub fn build(choose: impl FnOnce(&mut Settings), fixtures: &Value) -> Self {
        let mut settings = Settings {
            freeze: Some(NOON),
            ..Settings::default()
        };
        choose(&mut settings);
        let state = State::from_json(&fixtures.to_string()).expect("a state");
        Self::of(World::new(settings, state).expect("a consistent state"))
    }

    /// The emulator of a world.
    pub fn of(world: World) -> Self {
        world.open();
        let router = app(&world);
        Self { world, router }
    }

    /// GET with a credential that every family accepts.
    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, CREDENTIALS, Body::empty()).await
    }

    /// DELETE with a credential.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, CREDENTIALS, Body::empty()).await
    }

    /// POST with a credential and a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send("POST", path, CREDENTIALS, body.to_string()).await
    }

    /// PUT with a credential and a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send("PUT", path, CREDENTIALS, body.to_string()).await
    }

    /// PATCH with a credential and a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send("PATCH", path, CREDENTIALS, body.to_string())
            .await
    }

    /// Any request, with these headers only.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).expect("a request");
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("infallible");
        let (head, body) = response.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        let reply = Reply {
            request: format!("{method} {path}"),
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        };
        used::note(&reply);
        reply
    }

    /// Advances the clock and returns the transitions.
    pub async fn advance(&self, ms: i64) -> Vec<Value> {
        let reply = self
            .post("/_emulator/v1/clock/advance", json!({ "ms": ms }))
            .await;
        reply.assert_status(200)["transitions"]
            .as_array()
            .expect("transitions")
            .clone()
    }

    /// Adds a script.
    pub async fn script(&self, rule: Value) {
        self.post("/_emulator/v1/scripts", rule)
            .await
            .assert_status(201);
    }

    /// The whole memory.
    pub async fn state(&self) -> Value {
        self.get("/_emulator/v1/state").await.assert_status(200)
    }
}

/// Headers that every family accepts.
pub const CREDENTIALS: &[(&str, &str)] = &[("x-auth-token", "t"), ("authorization", "Bearer t")];

/// A response, with its request for error messages.
#[derive(Debug)]
pub struct Reply {
    pub request: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    /// Asserts the status, and returns the body as JSON.
    #[track_caller]
    pub fn assert_status(&self, status: u16) -> Value {
        assert_eq!(
            self.status,
            status,
            "{} answered {}",
            self.request,
            self.text()
        );
        if self.body.is_empty() {
            Value::Null
        } else {
            self.json()
        }
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        let text = strict_json::from_slice::<&strict_json::value::RawValue>(&self.body);
        match text.map(|text| serde_json::from_str(text.get()).expect("it is JSON")) {
            Ok(json) => json,
            Err(error) => panic!("{} answered {:?}: {error}", self.request, self.text()),
        }
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header, or an empty text.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("printable"))
    }
}

/// Settings for `n` cases of a property, or as many as `PROPTEST_CASES` says. Failures are printed and not written to a
/// file.
pub fn cases(n: u32) -> Config {
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_some() {
        return config;
    }
    Config { cases: n, ..config }
}

/// Asserts that JSON is equal, including the order of keys, which the equality of `Value` ignores.
#[track_caller]
pub fn assert_same(actual: &Value, expected: &Value) {
    let text = |value: &Value| serde_json::to_string_pretty(value).expect("JSON");
    assert_eq!(text(actual), text(expected));
}

/// A text as errors repeat it: in quotes, and cut after 64 characters.
pub fn shown(text: &str) -> String {
    let quoted = format!("{text:?}");
    match quoted.char_indices().nth(64) {
        Some((end, _)) => format!("{}…", &quoted[..end]),
        None => quoted,
    }
}

/// A value of the library as JSON. It writes its parts that are carried verbatim with the JSON of its own.
pub fn json_of(value: &impl serde::Serialize) -> Value {
    let text = strict_json::to_string(value).expect("JSON");
    serde_json::from_str(&text).expect("JSON")
}

/// A documented example, by file name.
#[track_caller]
pub fn golden(name: &str) -> Value {
    let path = format!(
        "{}/src/registry/documented/{name}",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).expect("JSON")
}
