//! Clients that speak another protocol: TLS, HTTP/2 with and without an upgrade.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::answer;
use crate::socket::Server;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
/// `GET /` from the static table, on the stream 5.
const REQUEST: [u8; 12] = [0, 0, 3, 1, 5, 0, 0, 0, 5, 0x82, 0x84, 0x86];

/// The frames of some bytes: kind, flags, stream and payload.
fn frames(mut bytes: &[u8]) -> Vec<(u8, u8, u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let length = usize::from(bytes[1]) << 8 | usize::from(bytes[2]);
        let (frame, rest) = bytes.split_at(9 + length);
        frames.push((frame[3], frame[4], frame[8], frame[9..].to_vec()));
        bytes = rest;
    }
    frames
}

#[tokio::test]
async fn a_client_of_http_2_gets_the_refusal_in_its_own_protocol() {
    let server = Server::start().await;
    let bytes = [PREFACE, &SETTINGS, &REQUEST].concat();
    let answer = frames(&server.raw_bytes(&bytes).await);

    let kinds: Vec<_> = answer
        .iter()
        .map(|(kind, flags, stream, _)| [*kind, *flags, *stream])
        .collect();
    // Settings, their confirmation, a head, a body that ends the stream, the end of the connection.
    assert_eq!(
        kinds,
        [[4, 0, 0], [4, 1, 0], [1, 4, 5], [0, 1, 5], [7, 0, 0]]
    );
    let head = String::from_utf8_lossy(&answer[2].3);
    assert!(
        head.starts_with("\u{8}\u{3}400") && head.contains("x-request-id"),
        "{head}"
    );
    let body: Value = serde_json::from_slice(&answer[3].3).unwrap();
    assert_eq!(
        body["error_msg"],
        "Bad request: HTTP/2.0 is not supported; use HTTP/1.1"
    );
    // HTTP_1_1_REQUIRED, after the stream 5.
    assert_eq!(answer[4].3[..8], [0, 0, 0, 5, 0, 0, 0, 0xd]);
}

#[tokio::test]
async fn a_client_that_waits_for_the_settings_gets_them_before_its_request() {
    let server = Server::start().await;
    let mut stream = server.connect().await;
    stream
        .write_all(&[PREFACE, &SETTINGS].concat())
        .await
        .unwrap();
    let mut settings = [0; 9];
    stream.read_exact(&mut settings).await.unwrap();
    assert_eq!(settings, SETTINGS);
    // In pieces, as the network may deliver it.
    for byte in REQUEST {
        stream.write_all(&[byte]).await.unwrap();
    }
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert_eq!(frames(&rest).len(), 4);
}

#[tokio::test]
async fn an_upgrade_to_http_2_is_left_alone() {
    let server = Server::start().await;
    let upgrade = b"GET /_emulator/v1/health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\n\
        Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n";
    let health = answer(&server, upgrade).await;
    assert_eq!(health.status, 200);
    assert_eq!(health.json(), json!({"status": "ok"}));
}

#[tokio::test]
async fn a_handshake_of_tls_is_answered_at_once() {
    let server = Server::start().await;
    let mut stream = server.connect().await;
    // The beginning of a ClientHello; the client waits for an answer, without a line feed and without an end.
    stream
        .write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        .await
        .unwrap();
    let mut begin = [0; 12];
    stream.read_exact(&mut begin).await.unwrap();
    // Go tells its user that the server speaks HTTP if an answer begins like this.
    assert_eq!(&begin, b"HTTP/1.1 400");
}
