//! Heads of requests, on a raw socket.

use std::time::Duration;

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Edits;
use crate::common::cases;
use crate::socket::Server;

const HEAD: &str = "GET /v3/p1/cas/release-plans?limit=2 HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: t\r\nAccept: */*\r\n\
    Content-Length: 0\r\n\r\n";

const WORDS: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    " ",
    "\t",
    ":",
    "\0",
    "HTTP/1.0",
    "HTTP/2",
    "Transfer-Encoding: chunked\r\n",
    "Content-Length: 5\r\n",
    "Host: b\r\n",
    "Connection: close\r\n",
    "Expect: 100-continue\r\n",
    "\r\n \r\n",
    "%zz",
    "é",
    "GET ",
    "\u{7f}",
    "Content-Length: 18446744073709551616\r\n",
    "Upgrade: h2c\r\n",
];

/// Sends bytes and nothing more. Returns all that comes back.
async fn exchange(port: u16, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    // The server may refuse the head before it has read all.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    answer
}

/// True if a strict reader accepts the head, and it is the whole input.
fn is_strict(bytes: &[u8]) -> bool {
    let mut fields = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut fields);
    let parsed = request.parse(bytes);
    parsed.is_ok_and(|status| status.is_complete() && status.unwrap() == bytes.len())
        && request.version == Some(1)
        && request
            .path
            .is_some_and(|path| path.starts_with("/v3/p1/cas/release-plans"))
        && request.method == Some("GET")
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn a_head_is_answered_or_the_connection_is_closed(edits in Edits::any(WORDS)) {
        let bytes = edits.apply(HEAD.as_bytes());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let server = Server::start().await;
            let answer = timeout(Duration::from_secs(20), exchange(server.port, &bytes)).await;
            let answer = answer.expect("it ends");
            if !answer.is_empty() {
                assert!(answer.starts_with(b"HTTP/1."), "{:?}", String::from_utf8_lossy(&answer));
            }
            if is_strict(&bytes) {
                assert!(!answer.is_empty(), "a strict head is answered");
            }
            let healthy = exchange(server.port, b"GET /_emulator/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
            assert!(healthy.starts_with(b"HTTP/1.1 200 OK"));
        });
    }
}
