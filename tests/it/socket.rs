//! Behaviour on real sockets: large bodies, many concurrent clients.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::BodyExt;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use release_emulator::internals::server::accept::serve;
use release_emulator::internals::server::connections::{ConnectionLimits, Connections};
use release_emulator::internals::server::timer::tick;
use release_emulator::internals::sim::clock::Stopwatch;
use release_emulator::internals::{Settings, State, World, app};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::common::{PROJECT, Reply, used};

/// An emulator on a port of its own, which stops with the test.
pub struct Server {
    pub port: u16,
    _stop: DropGuard,
}

impl Server {
    pub async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> Self {
        Self::within(settings, ConnectionLimits::default()).await
    }

    /// The same with limits on its connections.
    pub async fn within(settings: Settings, limits: ConnectionLimits) -> Self {
        let world = World::new(settings, State::default()).unwrap();
        world.open();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = CancellationToken::new();
        let connections = Connections::new(limits);
        tokio::spawn(serve(listener, app(&world), stop.clone(), connections));
        tokio::spawn(tick(world, stop.clone()));
        Self {
            port,
            _stop: stop.drop_guard(),
        }
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }

    /// Sends bytes and answers everything that comes back until the connection closes.
    pub async fn raw(&self, bytes: &[u8]) -> String {
        String::from_utf8_lossy(&self.raw_bytes(bytes).await).into_owned()
    }

    /// The same, without a conversion.
    pub async fn raw_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        answer
    }

    /// Sends bytes, and reads the answer until the connection closes.
    pub async fn reply(&self, bytes: &[u8]) -> Reply {
        let answer = self.raw_bytes(bytes).await;
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let (head, body) = answer.split_at(end.expect("a head") + 4);
        let mut fields = [httparse::EMPTY_HEADER; 32];
        let mut response = httparse::Response::new(&mut fields);
        response.parse(head).expect("HTTP");
        let headers = response.headers.iter().map(|field| {
            let name = HeaderName::from_bytes(field.name.as_bytes()).expect("a name");
            (name, HeaderValue::from_bytes(field.value).expect("a value"))
        });
        let reply = Reply {
            request: "a request in raw bytes".to_owned(),
            status: response.code.expect("a status"),
            headers: headers.collect(),
            body: body.to_vec().into(),
        };
        used::note(&reply);
        reply
    }

    /// Sends bytes and returns the head of the answer.
    pub async fn raw_head(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        String::from_utf8(head).unwrap()
    }

    /// Sends bytes, each in a packet of its own, and answers everything that comes back.
    pub async fn raw_slowly(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.set_nodelay(true).unwrap();
        for byte in bytes {
            stream.write_all(&[*byte]).await.unwrap();
            tokio::task::yield_now().await;
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    async fn client(&self) -> Client {
        let (sender, connection) = handshake(TokioIo::new(self.connect().await)).await.unwrap();
        tokio::spawn(connection);
        Client { sender }
    }
}

/// A client on one connection.
struct Client {
    sender: SendRequest<Body>,
}

impl Client {
    async fn send(&mut self, method: Method, path: &str, body: String) -> (StatusCode, Value) {
        self.sender.ready().await.unwrap();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost")
            .header("x-auth-token", "t")
            .header("authorization", "Bearer t")
            .body(Body::from(body))
            .unwrap();
        let response = self.sender.send_request(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }
}

#[tokio::test]
async fn a_body_that_is_declared_too_large_is_refused_before_it_is_sent() {
    let server = Server::start().await;
    let head = format!(
        "POST /v3/{PROJECT}/pipeline/pipelines HTTP/1.1\r\nHost: x\r\nX-Auth-Token: t\r\n\
         Content-Length: 13631488\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    );
    let answer = server.raw(head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("APIGW.0201"), "{answer}");
}

#[tokio::test]
async fn a_client_that_writes_a_large_body_before_it_reads_sees_the_refusal() {
    let server = Server::start().await;
    let large = "x".repeat(13 << 20);
    let pipelines = format!("/v3/{PROJECT}/pipeline/pipelines");
    let execute = format!("/v3/{PROJECT}/cas/release-plans/unknown/execute");
    let sized = format!("Content-Length: {}\r\n\r\n{large}", large.len());
    let chunk = format!("{:x}\r\n{large}\r\n", large.len());
    let chunked = format!("Transfer-Encoding: chunked\r\n\r\n{chunk}{chunk}0\r\n\r\n");
    for (path, token, body, status) in [
        (pipelines.as_str(), "X-Auth-Token: t\r\n", &sized, "413"),
        (&pipelines, "X-Auth-Token: t\r\n", &chunked, "413"),
        (&pipelines, "", &sized, "401"),
        ("/nowhere", "X-Auth-Token: t\r\n", &sized, "404"),
        // Its handler looks at no body.
        (&execute, "X-Auth-Token: t\r\n", &chunked, "404"),
    ] {
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\n{token}Connection: close\r\n");
        let answer = server.raw(format!("{head}{body}").as_bytes()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_client_that_stalls_within_a_body_is_answered_and_let_go() {
    let settings = Settings {
        longest_pause: Duration::from_millis(50),
        ..Settings::default()
    };
    let server = Server::with(settings).await;
    for (token, status) in [("X-Auth-Token: t\r\n", "400"), ("", "401")] {
        let half = format!(
            "POST /v3/{PROJECT}/pipeline/pipelines HTTP/1.1\r\nHost: x\r\n{token}\
             Content-Length: 100\r\n\r\n{{"
        );
        let answer = server.raw(half.as_bytes()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_clients_at_once_lose_nothing() {
    const CLIENTS: usize = 64;
    let server = Server::start().await;
    let begun = Stopwatch::start();
    let faults = Arc::new(AtomicUsize::new(0));
    let mut clients = Vec::new();
    for n in 0..CLIENTS {
        let mut client = server.client().await;
        let faults = Arc::clone(&faults);
        clients.push(tokio::spawn(async move {
            let pipelines = format!("/v3/{PROJECT}/pipeline/pipelines");
            let plans = format!("/v3/{PROJECT}/cas/release-plans");
            let mut created = (Vec::new(), Vec::new(), Vec::new(), 0);
            for k in 0.. {
                if begun.elapsed() > Duration::from_secs(5) {
                    break;
                }
                let name = format!("release-{n}-{k}x");
                let stages = json!([{"name": "s", "tasks": [{"name": "t"}]}]);
                let body = json!({"name": name, "model_version": 2, "config_mode": "ui", "stages": stages});
                let component = json!({"name": "web", "seq": 0, "runtime_stack": {"name": "java"}});
                let plan = json!({"name": name, "components": [component]});
                let release = json!({"metadata": {"name": name}, "spec": {"serviceName": name,
                    "grayDeployments": [{"template": {"kind": "Deployment"}}]}});
                let version = json!({"project_key": "demo", "version_name": name, "env_name": "dev"});

                let (status, answer) = client.send(Method::POST, &pipelines, body.to_string()).await;
                if status == StatusCode::OK {
                    created.0.push(answer["id"].as_str().unwrap().to_owned());
                }
                let action = format!("{pipelines}/{}/action?action_id=start", answer["id"].as_str().unwrap_or("-"));
                let mut seen = vec![status];
                seen.push(client.send(Method::POST, &action, "{}".to_owned()).await.0);
                seen.push(client.send(Method::GET, &format!("{pipelines}?limit=20"), String::new()).await.0);
                let (status, answer) = client.send(Method::POST, &plans, plan.to_string()).await;
                if status == StatusCode::OK {
                    created.1.push(answer["id"].as_str().unwrap().to_owned());
                }
                seen.push(status);
                let execute = format!("{plans}/{}/execute", answer["id"].as_str().unwrap_or("-"));
                seen.push(client.send(Method::POST, &execute, String::new()).await.0);
                seen.push(client.send(Method::GET, &format!("{plans}?limit=20"), String::new()).await.0);
                let (status, answer) =
                    client.send(Method::POST, "/v2/meshes/m/namespaces/default/releases", release.to_string()).await;
                if status == StatusCode::CREATED {
                    created.2.push(answer["metadata"]["uid"].as_str().unwrap().to_owned());
                }
                seen.push(status);
                let (status, _) =
                    client.send(Method::POST, "/openapi/delivery/releases/k8s", version.to_string()).await;
                created.3 += usize::from(status == StatusCode::OK);
                seen.push(status);
                let list = "/openapi/delivery/releases?projectKey=demo&pageNum=1&pageSize=20";
                seen.push(client.send(Method::GET, list, String::new()).await.0);
                let wrong = seen.iter().filter(|status| !status.is_success()).count();
                faults.fetch_add(wrong, Ordering::Relaxed);
            }
            created
        }));
    }

    let (mut pipelines, mut plans, mut releases, mut versions) =
        (HashSet::new(), HashSet::new(), HashSet::new(), 0);
    let mut answered = [0; 3];
    for client in clients {
        let created = client.await.unwrap();
        answered = [
            answered[0] + created.0.len(),
            answered[1] + created.1.len(),
            answered[2] + created.2.len(),
        ];
        pipelines.extend(created.0);
        plans.extend(created.1);
        releases.extend(created.2);
        versions += created.3;
    }
    assert_eq!(faults.load(Ordering::Relaxed), 0, "every request succeeds");
    assert!(
        answered.iter().all(|n| *n >= CLIENTS),
        "every client came through: {answered:?}"
    );
    assert_eq!(
        [pipelines.len(), plans.len(), releases.len()],
        answered,
        "ids are unique"
    );

    let mut client = server.client().await;
    let state = client
        .send(Method::GET, "/_emulator/v1/state", String::new())
        .await
        .1;
    let project = &state["servicestage"]["projects"][0];
    let count = |list: &Value| list.as_array().map_or(0, Vec::len);
    assert_eq!(count(&project["pipelines"]), answered[0]);
    assert_eq!(count(&project["release_plans"]), answered[1]);
    assert_eq!(count(&state["asm"]["meshes"][0]["releases"]), answered[2]);
    let list = "/openapi/delivery/releases?projectKey=demo&pageNum=1&pageSize=1";
    assert_eq!(
        client.send(Method::GET, list, String::new()).await.1["total"],
        versions
    );
}
