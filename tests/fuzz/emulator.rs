//! An emulator of its own for each sequence: its router for direct calls, its ports for the rest.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header};
use futures_util::FutureExt;
use http_body_util::BodyExt;
use release_emulator::internals::registry::fixtures;
use release_emulator::internals::server::worlds::{Limits, WorldContext, WorldServer};
use release_emulator::internals::{Settings, State, World, app, app_with_host};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::DropGuard;
use tower::ServiceExt;

use super::setup::Setup;
use super::step::{MAIN, Step};
use super::wire::Connection;

/// The most worlds of an emulator.
pub(crate) const MOST_WORLDS: usize = 5;

/// An emulator with its worlds.
pub(crate) struct Emulator {
    host: WorldServer,
    router: Router,
    is_over_socket: bool,
    /// The addresses of the worlds by name.
    authorities: HashMap<String, String>,
    connections: HashMap<String, Connection>,
    /// Changes answers before they are checked, in tests of the checks.
    tamper: Option<Tamper>,
    stop: DropGuard,
}

/// A planted fault.
pub(crate) type Tamper = fn(&Step, &mut Answer);

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// The outcome of a request.
pub(crate) enum Sent {
    Answered(Answer),
    /// The connection ended without a whole answer.
    Unanswered,
    /// It cannot be sent: its world is closed, or its head is no request that a router can be handed.
    Unsendable,
    Panicked(String),
}

impl Answer {
    /// A header, or an empty text.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).map(HeaderValue::to_str);
        value.and_then(Result::ok).unwrap_or_default()
    }

    /// The media type without parameters.
    pub(crate) fn media_type(&self) -> &str {
        let value = self.header("content-type");
        value.split(';').next().unwrap_or_default().trim_end()
    }

    /// The body as JSON; null if it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Emulator {
    pub(crate) async fn start(setup: &Setup, tamper: Option<Tamper>) -> Self {
        let files = setup.is_documented.then(|| "documented".to_owned());
        let files: Vec<String> = files.into_iter().collect();
        let world = fixtures::world(&files, None, &setup.settings).expect("consistent fixtures");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let limits = Limits {
            most: MOST_WORLDS,
            ..Limits::default()
        };
        world.open();
        let host = WorldServer::start(world.clone(), listener, limits, app_with_host, None);
        let host = host.expect("a server");
        let context = WorldContext {
            host: host.clone(),
            name: MAIN.into(),
        };
        Self {
            router: app_with_host(&world, context),
            is_over_socket: setup.is_over_socket,
            authorities: HashMap::from([(MAIN.to_owned(), host.address().to_string())]),
            connections: HashMap::new(),
            tamper,
            stop: host.stop().drop_guard(),
            host,
        }
    }

    /// Returns once all ports are closed.
    pub(crate) async fn stop(self) {
        let Self { host, stop, .. } = self;
        drop(stop);
        host.closed().await;
    }

    /// Notes the worlds that an answer tells of.
    pub(crate) fn note_world(&mut self, name: &str, url: &str) {
        let authority = url.rsplit('/').next().unwrap_or_default();
        self.authorities
            .insert(name.to_owned(), authority.to_owned());
    }

    pub(crate) fn forget_world(&mut self, name: &str) {
        self.authorities.remove(name);
        self.connections.remove(name);
    }

    /// Sends a request.
    pub(crate) async fn send(&mut self, step: &Step) -> Sent {
        let Some(authority) = self.authorities.get(&step.world).cloned() else {
            return Sent::Unsendable;
        };
        let mut sent = if self.is_over_socket || step.world != MAIN {
            self.send_over_socket(step, &authority).await
        } else {
            match request(step, &authority) {
                Some(request) => call(self.router.clone(), request).await,
                None => Sent::Unsendable,
            }
        };
        if let (Some(tamper), Sent::Answered(answer)) = (self.tamper, &mut sent) {
            tamper(step, answer);
        }
        sent
    }

    async fn send_over_socket(&mut self, step: &Step, authority: &str) -> Sent {
        if let Some(connection) = self.connections.get_mut(&step.world)
            && let Some(answer) = connection.send(step, authority).await
        {
            if step.has_own_framing() {
                self.connections.remove(&step.world);
            }
            return Sent::Answered(answer);
        }
        // A connection that was kept may have been closed meanwhile.
        self.connections.remove(&step.world);
        let Some(mut connection) = Connection::open(authority).await else {
            return Sent::Unanswered;
        };
        match connection.send(step, authority).await {
            Some(answer) => {
                if connection.is_open && !step.has_own_framing() {
                    self.connections.insert(step.world.clone(), connection);
                }
                Sent::Answered(answer)
            }
            None => Sent::Unanswered,
        }
    }

    /// Asks the control plane of the first world directly.
    /// The first world.
    pub(crate) fn world(&self) -> &World {
        self.host.first()
    }

    pub(crate) async fn ask(&self, target: &str) -> Answer {
        ask(&self.router, &Step::new("GET", target)).await
    }

    /// Sends a step to the first world directly, whatever the rest uses.
    pub(crate) async fn tell(&self, step: &Step) -> Answer {
        ask(&self.router, step).await
    }
}

/// Another emulator with the state of a first one at the same instant, without its scripts and faults.
pub(crate) struct Fork {
    world: World,
    router: Router,
}

impl Fork {
    /// Fails with the reason if the state is refused.
    pub(crate) fn new(settings: &Settings, state: &str, now: i64) -> Result<Self, String> {
        let settings = Settings {
            freeze: Some(now),
            progress: release_emulator::Progress::Clock,
            ..settings.clone()
        };
        let state = State::from_json(state).map_err(|error| error.to_string())?;
        let world = World::new(settings, state).map_err(|error| error.to_string())?;
        Ok(Self::of(world))
    }

    /// A copy of a world.
    pub(crate) fn of(world: World) -> Self {
        world.open();
        let router = app(&world);
        Self { world, router }
    }

    /// Its state as JSON.
    pub(crate) fn state(&self) -> String {
        serde_json::to_string(&self.world.export()).expect("JSON")
    }

    pub(crate) async fn send(&self, step: &Step) -> Answer {
        ask(&self.router, step).await
    }
}

async fn ask(router: &Router, step: &Step) -> Answer {
    let request = request(step, "127.0.0.1").expect("a valid request");
    match call(router.clone(), request).await {
        Sent::Answered(answer) => answer,
        Sent::Panicked(what) => panic!("{} {}: {what}", step.method, step.target),
        Sent::Unanswered | Sent::Unsendable => panic!("{} got no answer", step.target),
    }
}

/// The request that a router is handed, if there is one.
fn request(step: &Step, authority: &str) -> Option<Request<Body>> {
    let method = Method::from_bytes(step.method.as_bytes()).ok()?;
    let uri: Uri = step.target.parse().ok()?;
    if !step.target.starts_with('/') {
        return None;
    }
    let mut request = Request::new(Body::from(step.body.clone().unwrap_or_default()));
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    let headers = request.headers_mut();
    for (name, value) in &step.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
    }
    if !headers.contains_key(header::HOST) {
        headers.insert(header::HOST, authority.parse().ok()?);
    }
    if let Some(body) = &step.body {
        headers.insert(header::CONTENT_LENGTH, body.len().into());
    }
    Some(request)
}

async fn call(router: Router, request: Request<Body>) -> Sent {
    let answer = async {
        let (head, body) = router
            .oneshot(request)
            .await
            .expect("infallible")
            .into_parts();
        let is_stream = head.headers.get(header::CONTENT_TYPE)
            == Some(&HeaderValue::from_static("text/event-stream"));
        let body = if is_stream {
            Bytes::new()
        } else {
            // A fault can break it off.
            body.collect().await.ok()?.to_bytes()
        };
        Some(Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        })
    };
    match AssertUnwindSafe(answer).catch_unwind().await {
        Ok(Some(answer)) => Sent::Answered(answer),
        Ok(None) => Sent::Unanswered,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
            Sent::Panicked(text.unwrap_or_else(|| "a panic".to_owned()))
        }
    }
}
