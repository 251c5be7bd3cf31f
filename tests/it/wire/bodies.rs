//! Bodies that nobody reads: a refusal does not wait for them.

use std::time::Duration;

use release_emulator::internals::Settings;
use release_emulator::internals::sim::clock::Stopwatch;
use release_emulator::internals::world::settings::Auth;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{RawAnswer, answers};
use crate::common::PROJECT;
use crate::socket::Server;

/// A well-formed signature that no key has made.
const SIGNED: &str = "Authorization: SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date, \
    Signature=39999c9366b9daca76960691026e9981cfc3eb8dee75548486049716d15f6d86\r\n\
    X-Sdk-Date: 20260102T030405Z\r\n";

#[tokio::test]
async fn a_refusal_does_not_wait_for_the_body() {
    let server = Server::with(Settings {
        auth: Auth::Strict,
        ..Settings::default()
    })
    .await;
    let pipelines = format!("/v3/{PROJECT}/pipeline/pipelines");
    let releases = "/v2/meshes/m1/namespaces/default/releases";
    for (method, path, fields, status) in [
        ("POST", pipelines.as_str(), "", "401"),
        ("POST", &pipelines, "X-Auth-Token: unknown\r\n", "401"),
        ("POST", &pipelines, SIGNED, "401"),
        ("POST", releases, SIGNED, "401"),
        ("POST", "/openapi/delivery/releases/k8s", "", "401"),
        ("POST", "/nowhere", "", "404"),
        ("BREW", &pipelines, "", "405"),
        ("BREW", "/_emulator/v1/clock", "", "405"),
        ("GET", "/v3/projects", "", "401"),
    ] {
        for length in ["Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"] {
            let head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\n{fields}{length}\r\n");
            let mut stream = server.connect().await;
            stream.write_all(head.as_bytes()).await.unwrap();
            let begun = Stopwatch::start();
            let mut line = [0; 12];
            stream.read_exact(&mut line).await.unwrap();
            assert_eq!(
                String::from_utf8_lossy(&line),
                format!("HTTP/1.1 {status}"),
                "{head}"
            );
            assert!(begun.elapsed() < Duration::from_secs(1), "{head}");
        }
    }
}

#[tokio::test]
async fn the_connection_goes_on_after_a_body_that_arrives_late() {
    let server = Server::start().await;
    let path = format!("/v3/{PROJECT}/pipeline/pipelines");
    let refused = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n");
    let list =
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: t\r\nConnection: close\r\n\r\n");
    let mut stream = server.connect().await;
    stream.write_all(refused.as_bytes()).await.unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 401");

    stream.write_all(&vec![b'x'; 200_000]).await.unwrap();
    stream.write_all(list.as_bytes()).await.unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    assert!(rest.contains("HTTP/1.1 200 OK"), "{rest}");
}

#[tokio::test]
async fn a_body_that_waits_for_permission_is_refused_without_it() {
    let server = Server::start().await;
    let path = format!("/v3/{PROJECT}/pipeline/pipelines");
    for length in ["Content-Length: 9", "Transfer-Encoding: chunked"] {
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n{length}\r\n\r\n");
        let all = answers(&server, head.as_bytes()).await;
        assert_eq!(all.len(), 1, "no 100: {all:?}");
        assert_eq!((all[0].status, all[0].field("connection")), (401, "close"));
    }
}

#[tokio::test]
async fn a_body_that_waits_for_permission_is_read_after_it_and_the_connection_goes_on() {
    let server = Server::start().await;
    let path = format!("/v3/{PROJECT}/pipeline/pipelines");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: t\r\nExpect: 100-continue\r\n\
         Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"
    );
    let list =
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: t\r\nConnection: close\r\n\r\n");
    let all = answers(&server, (head + &list).as_bytes()).await;
    let statuses: Vec<u16> = all.iter().map(|answer: &RawAnswer| answer.status).collect();
    assert_eq!(statuses, [100, 400, 200]);
}

#[tokio::test]
async fn a_fault_with_a_status_that_has_no_body_is_sent_without_one() {
    let server = Server::start().await;
    let path = format!("/v3/{PROJECT}/pipeline/pipelines");
    for status in [204, 205, 304] {
        for effect in [
            "",
            r#","garbage":true"#,
            r#","slow_bytes_per_s":1"#,
            r#","drop":"midway""#,
        ] {
            let fault = format!(r#"{{"do":{{"status":{status}{effect}}},"times":1}}"#);
            let add = format!(
                "POST /_emulator/v1/faults HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{fault}",
                fault.len()
            );
            let list = format!("GET {path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: t\r\n");
            let twice = format!("{add}{list}\r\n{list}Connection: close\r\n\r\n");
            let all = answers(&server, twice.as_bytes()).await;
            let statuses: Vec<u16> = all.iter().map(|answer| answer.status).collect();
            let (expected, connection): (&[u16], _) = if status == 205 {
                (&[201, 205], "close")
            } else {
                (&[201, status, 200], "")
            };
            assert_eq!(statuses, expected, "{fault}");
            assert_eq!(all[1].field("content-length"), "", "{fault}");
            assert_eq!(all[1].field("content-type"), "", "{fault}");
            assert_eq!(all[1].field("connection"), connection, "{fault}");
        }
    }
}
