//! TLS beside HTTP: certificates, the other protocol on each port, the URLs that answers name, the limits of handshakes.

use std::sync::Arc;
use std::time::Duration;

use release_emulator::Emulator;
use release_emulator::internals::http::auth::Secret;
use release_emulator::internals::server::connections::ConnectionLimits;
use release_emulator::internals::server::listeners::{LOOPBACKS, ListenEndpoint, Listeners, Role};
use release_emulator::internals::server::worlds::{Limits, WorldServer};
use release_emulator::internals::tls::{Authority, ClientTls, Roots, ServerTls};
use release_emulator::internals::{Settings, State, World, app_with_host};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::sync::DropGuard;

use crate::common::App;
use crate::process::{Process, Scratch, answer, assert_start_fails, command, scratch, send};
use crate::remote::Remote;

/// Longer than any limit of these tests.
const PATIENCE: Duration = Duration::from_secs(10);

/// A limit that is soon exceeded.
const SHORT: Duration = Duration::from_millis(50);

/// A server in process that speaks both, and a client that trusts it.
struct Server {
    plain: Remote,
    port: u16,
    tls_port: u16,
    client: ClientTls,
    _folder: Scratch,
    _stop: DropGuard,
}

impl Server {
    fn start(name: &str, connections: ConnectionLimits) -> Self {
        let authority = Arc::new(Authority::new().unwrap());
        let folder = scratch(name);
        let file = folder.join("ca.pem");
        std::fs::write(&file, authority.pem()).unwrap();
        let client = ClientTls::new(&Roots::File(file)).unwrap();
        let names = ["localhost", "127.0.0.1"].map(str::to_owned);
        let may_be_asked = Box::new(|name: &str| name.ends_with(".localhost"));
        let tls = ServerTls::of_authority(authority, &names, may_be_asked).unwrap();

        let world = World::new(Settings::default(), State::default()).unwrap();
        world.open();
        let bind = || Listeners::bind(&[ListenEndpoint::new([LOOPBACKS[0]], 0)]).unwrap();
        let listeners = bind().and(bind().with_role(&Role::Tls(tls)));
        let limits = Limits {
            connections,
            ..Limits::default()
        };
        let host = WorldServer::start(world, listeners, limits, app_with_host, None).unwrap();
        Self {
            plain: Remote::at(host.url()),
            port: host.address().port(),
            tls_port: host.tls_port().unwrap(),
            client,
            _folder: folder,
            _stop: host.stop().drop_guard(),
        }
    }

    async fn connect(&self, port: u16) -> TcpStream {
        TcpStream::connect(("127.0.0.1", port)).await.unwrap()
    }

    /// The whole answer to a request within TLS, to a port of this machine by a name.
    async fn ask(&self, host: &str, port: u16, path: &str) -> String {
        let stream = self.connect(port).await;
        let mut stream = self.client.connect(host, stream).await.unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nX-Auth-Token: t\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    async fn ask_json(&self, host: &str, path: &str) -> Value {
        body(&self.ask(host, self.tls_port, path).await)
    }
}

fn body(answer: &str) -> Value {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
    serde_json::from_str(body).unwrap()
}

/// The text that comes until the connection ends.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut text)).await;
    // A connection that is reset has ended too.
    let _ = read.expect("the connection ends");
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test]
async fn both_ports_serve_the_same_world_under_every_name_of_the_certificate() {
    let server = Server::start("names", ConnectionLimits::default());
    let pipeline = json!({"name": "shop", "model_version": 2, "config_mode": "ui",
        "stages": [{"name": "build", "tasks": []}]});
    let pipelines = "/v3/p/pipeline/pipelines";
    server
        .plain
        .post(pipelines, pipeline)
        .await
        .assert_status(200);
    for host in ["localhost", "127.0.0.1", "asm.localhost"] {
        let listed = server.ask_json(host, pipelines).await;
        assert_eq!(listed[0]["name"], "shop", "{host}");
    }
    let stream = server.connect(server.tls_port).await;
    let error = server.client.connect("elsewhere.example", stream).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("not valid for name"), "{error}");
}

#[tokio::test]
async fn a_url_in_an_answer_has_the_scheme_that_was_asked() {
    let server = Server::start("scheme", ConnectionLimits::default());
    let versions = server.ask_json("localhost", "/v3").await;
    let link = format!("https://localhost:{}/v3/", server.tls_port);
    assert_eq!(versions["version"]["links"][0]["href"], link, "{versions}");
    let plain = server.plain.get("/v3").await.assert_status(200);
    let link = format!("http://127.0.0.1:{}/v3/", server.port);
    assert_eq!(plain["version"]["links"][0]["href"], link);
}

#[tokio::test]
async fn a_further_world_has_a_port_for_each_protocol() {
    let server = Server::start("worlds", ConnectionLimits::default());
    let opened = server
        .plain
        .post("/_emulator/v1/worlds", json!({"name": "t1"}))
        .await;
    let opened = opened.assert_status(201);
    let https_url = opened["https_url"].as_str().unwrap();
    let port: u16 = https_url
        .strip_prefix("https://127.0.0.1:")
        .unwrap()
        .parse()
        .unwrap();
    let listed = body(&server.ask("localhost", port, "/_emulator/v1/worlds").await);
    let main = json!({"name": "main", "url": format!("https://localhost:{}", server.tls_port),
        "https_url": format!("https://localhost:{}", server.tls_port)});
    let url = format!("https://localhost:{port}");
    assert_eq!(
        listed["worlds"],
        json!([main, {"name": "t1", "url": url, "https_url": url}])
    );
    let index = server.ask_json("localhost", "/_emulator/").await;
    assert_eq!(
        index["https_url"],
        format!("https://localhost:{}", server.tls_port)
    );
}

#[tokio::test]
async fn the_authority_is_served_without_a_token_and_only_if_there_is_one() {
    let server = Server::start("ca", ConnectionLimits::default());
    let path = "/_emulator/v1/ca.pem";
    let served = server.plain.get(path).await;
    assert_eq!(served.header("content-type"), "text/plain; charset=utf-8");
    let pem = String::from_utf8(served.body.to_vec()).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----\n"), "{pem}");
    assert!(
        server
            .ask("localhost", server.tls_port, path)
            .await
            .ends_with(&pem)
    );

    let locked = App::with(|settings| {
        settings.control_access.token = Some(Secret::new("hush"));
    });
    let absent = locked.get(path).await.assert_status(404);
    assert!(
        absent["detail"].as_str().unwrap().contains("--tls"),
        "{absent}"
    );
}

#[tokio::test]
async fn plain_http_on_the_port_for_tls_is_told_so_in_plain_http() {
    let server = Server::start("plain", ConnectionLimits::default());
    let mut stream = server.connect(server.tls_port).await;
    let request = b"GET /v3/p/pipeline/pipelines HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(
        answer.starts_with("HTTP/1.1 400 Bad Request\r\n"),
        "{answer}"
    );
    let hint = "X-Emulator-Hint: this port speaks TLS; begin the URL with https://";
    assert!(answer.contains(hint), "{answer}");
}

#[tokio::test]
async fn tls_on_the_port_for_plain_http_is_refused_and_names_the_other() {
    let server = Server::start("hello", ConnectionLimits::default());
    let stream = server.connect(server.port).await;
    server
        .client
        .connect("localhost", stream)
        .await
        .unwrap_err();
    let journal = server
        .plain
        .get("/_emulator/v1/requests")
        .await
        .assert_status(200);
    let journal = journal.to_string();
    assert!(
        journal.contains("a TLS handshake; this port speaks plain HTTP"),
        "{journal}"
    );
}

#[tokio::test]
async fn a_client_that_stalls_within_its_handshake_holds_nobody_up_and_is_cut_off() {
    let limits = ConnectionLimits {
        longest_head: SHORT,
        ..ConnectionLimits::default()
    };
    let server = Server::start("stalled", limits);
    let mut silent = server.connect(server.tls_port).await;
    let mut half = server.connect(server.tls_port).await;
    half.write_all(&[0x16, 3, 1, 0]).await.unwrap();
    let listed = server.ask_json("localhost", "/_emulator/v1/worlds").await;
    assert_eq!(listed["worlds"][0]["name"], "main");
    assert_eq!(rest(&mut silent).await, "");
    assert_eq!(rest(&mut half).await, "");
}

#[tokio::test]
async fn a_handshake_counts_among_the_connections() {
    let limits = ConnectionLimits {
        most: 1,
        ..ConnectionLimits::default()
    };
    let server = Server::start("counted", limits);
    let stalled = server.connect(server.tls_port).await;
    // The second is accepted after the first.
    let answer = server
        .ask("localhost", server.tls_port, "/_emulator/v1/worlds")
        .await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.contains("--max-connections"), "{answer}");
    drop(stalled);
}

#[tokio::test]
async fn a_connection_goes_on_after_its_first_answer_as_a_plain_one_does() {
    let server = Server::start("kept", ConnectionLimits::default());
    let stream = server.connect(server.tls_port).await;
    let mut stream = server.client.connect("localhost", stream).await.unwrap();
    for _ in 0..3 {
        let request = b"GET /_emulator/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut text = String::new();
        while !text.ends_with("}\n") {
            let mut bytes = [0; 1_024];
            let n = timeout(PATIENCE, stream.read(&mut bytes))
                .await
                .unwrap()
                .unwrap();
            assert!(n > 0, "{text}");
            text.push_str(std::str::from_utf8(&bytes[..n]).unwrap());
        }
        assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
    }
}

#[tokio::test]
async fn a_head_that_hyper_cannot_read_is_repaired_within_tls_too() {
    let server = Server::start("repaired", ConnectionLimits::default());
    let stream = server.connect(server.tls_port).await;
    let mut stream = server.client.connect("localhost", stream).await.unwrap();
    let request = b"GET /_emulator/v1/health HTTP/1.1\r\nHost: localhost\r\nBad Name: x\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
    assert!(text.contains("was ignored"), "{text}");
}

#[test]
fn the_ready_line_and_the_port_file_name_both_ports() {
    let folder = scratch("both-ports");
    let file = folder.join("port");
    let flags = [
        "--port",
        "0",
        "--listen",
        "127.0.0.1",
        "--tls",
        "--port-file",
    ];
    let process = Process::start(&[&flags[..], &[file.to_str().unwrap()]].concat());
    let port = process.port();
    let ready = process.ready.trim();
    let (before, https_url) = ready.split_once(" https_url=https://127.0.0.1:").unwrap();
    let (tls_port, ca) = https_url.split_once(' ').unwrap();
    assert!(before.starts_with(&format!(
        "release-emulator ready url=http://127.0.0.1:{port} pid="
    )));
    assert_eq!(
        ca,
        format!("ca=http://127.0.0.1:{port}/_emulator/v1/ca.pem")
    );
    assert_ne!(tls_port, port.to_string());
    let ports = std::fs::read_to_string(&file).unwrap();
    assert_eq!(ports, format!("{port}\n{tls_port}\n"));
}

#[tokio::test]
async fn an_emulator_in_a_program_speaks_it_where_it_is_told_to() {
    let plain = Emulator::start().await.unwrap();
    assert_eq!((plain.https_url(), plain.ca_pem()), (None, None));

    let emulator = Emulator::builder().tls(true).start().await.unwrap();
    let folder = scratch("in-program");
    let file = folder.join("ca.pem");
    std::fs::write(&file, emulator.ca_pem().unwrap()).unwrap();
    let client = ClientTls::new(&Roots::File(file)).unwrap();
    let https_url = emulator.https_url().unwrap();
    let (_, port) = https_url.rsplit_once(':').unwrap();
    for host in ["127.0.0.1", "localhost", "asm.localhost"] {
        let stream = TcpStream::connect(("127.0.0.1", port.parse().unwrap()));
        let stream = client.connect(host, stream.await.unwrap()).await;
        let mut stream = stream.unwrap_or_else(|error| panic!("{host}: {error}"));
        let request =
            "GET /_emulator/v1/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        assert_eq!(body(&text)["status"], "ready", "{host}");
    }
}

#[test]
fn health_asks_over_tls_whom_it_trusts() {
    let process = Process::start(&["--port", "0", "--tls"]);
    let mut words = process.ready.split(' ');
    let https_url = words.find_map(|word| word.strip_prefix("https_url="));
    let https_url = https_url.unwrap();
    let got = answer(send(process.port(), "GET", "/_emulator/v1/ca.pem", ""));
    let (_, ca) = got.split_once("\r\n\r\n").unwrap();
    let folder = scratch("health-tls");
    let file = folder.join("ca.pem");
    std::fs::write(&file, ca).unwrap();
    let ask = |ca: &std::path::Path| {
        let mut asks = command(&["health", "--url", https_url, "--ca"]);
        asks.arg(ca).output().unwrap()
    };
    let asked = ask(&file);
    let told = String::from_utf8(asked.stdout).unwrap();
    assert_eq!(told, format!("ready: {https_url}\n"), "{:?}", asked.stderr);

    let other = folder.join("other.pem");
    std::fs::write(&other, Authority::new().unwrap().pem()).unwrap();
    let asked = ask(&other);
    let told = String::from_utf8(asked.stderr).unwrap();
    assert_eq!(asked.status.code(), Some(1), "{told}");
    assert!(told.contains("--ca FILE names its authority"), "{told}");

    let asked = ask(&folder.join("none.pem"));
    let told = String::from_utf8(asked.stderr).unwrap();
    assert_eq!(asked.status.code(), Some(1), "{told}");
    assert!(
        told.contains("cannot speak TLS with https://") && told.contains("none.pem"),
        "{told}"
    );
}

#[test]
fn certificate_files_that_cannot_be_used_end_the_start_all_at_once() {
    let folder = scratch("bad-files");
    let (certificate, key) = (folder.join("none.pem"), folder.join("empty.pem"));
    std::fs::write(&key, "").unwrap();
    let mut start = command(&["--port", "0", "--tls-cert"]);
    let (code, text) = assert_start_fails(start.arg(&certificate).arg("--tls-key").arg(&key));
    assert_eq!(code, 2);
    assert!(text.contains("none.pem: No such file"), "{text}");
    assert!(
        text.contains("empty.pem: there is no private key in it"),
        "{text}"
    );
}

#[test]
fn options_of_tls_that_lack_another_say_which() {
    for (flags, missing) in [
        (["--tls-cert", "a.pem"], "--tls-key FILE"),
        (["--tls-key", "a.pem"], "--tls-cert FILE"),
        (["--tls-listen", "0"], "--tls-listen needs a certificate"),
    ] {
        let (code, text) = assert_start_fails(&mut command(&flags));
        assert_eq!(code, 2);
        assert!(text.contains(missing), "{text}");
    }
}

/// The headers that a proxy adds, and the link of an answer to them.
async fn link_behind_proxy(trusts_proxy: bool) -> String {
    let app = App::with(|settings| settings.trusts_proxy = trusts_proxy);
    let headers = [
        ("host", "10.0.0.7:4600"),
        ("x-forwarded-host", "iam.example.com"),
        ("x-forwarded-proto", "https"),
    ];
    let shown = app.send("GET", "/v3", &headers, String::new()).await;
    let shown = shown.assert_status(200);
    shown["version"]["links"][0]["href"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn only_a_trusted_proxy_tells_the_url_that_was_asked() {
    assert_eq!(link_behind_proxy(true).await, "https://iam.example.com/v3/");
    assert_eq!(link_behind_proxy(false).await, "http://10.0.0.7:4600/v3/");
}
