//! Clients that no server wants: slow heads, unread answers, large bodies, broken requests.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Connections whose heads never end.
const SLOW: usize = 50;

/// Connections that do not read their answers.
const UNREAD: usize = 10;

/// A body over the limit of every operation, and one just within that of the services.
const TOO_LARGE: usize = 20 << 20;
const LARGE: usize = 12 << 20;

/// A kind of hostile client.
pub(crate) type Client = fn(&str, &AtomicBool);

/// All kinds.
pub(crate) const CLIENTS: [Client; 4] = [slow_heads, unread_answers, large_bodies, broken_requests];

fn is_going_on(is_over: &AtomicBool) -> bool {
    !is_over.load(Ordering::Relaxed)
}

/// A connection that waits for no answer for long.
fn connect(address: &str) -> Option<TcpStream> {
    let stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream
        .set_write_timeout(Some(Duration::from_secs(5)))
        .ok()?;
    Some(stream)
}

/// Sends a byte of each head per second.
fn slow_heads(address: &str, is_over: &AtomicBool) {
    let head = b"GET /v3/p1/cas/release-plans HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
    let mut streams: Vec<(Option<TcpStream>, usize)> = Vec::new();
    streams.resize_with(SLOW, || (None, 0));
    while is_going_on(is_over) {
        for (stream, n_sent) in &mut streams {
            let byte = [head.get(*n_sent).copied().unwrap_or(b'a')];
            let is_sent = stream
                .as_mut()
                .is_some_and(|stream| stream.write_all(&byte).is_ok());
            if is_sent {
                *n_sent += 1;
            } else {
                (*stream, *n_sent) = (connect(address), 0);
            }
        }
        thread::sleep(Duration::from_secs(1));
    }
}

/// Asks for megabytes and reads none of them.
fn unread_answers(address: &str, is_over: &AtomicBool) {
    let request = b"GET /_emulator/v1/requests?limit=2000 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut streams = Vec::new();
    while is_going_on(is_over) {
        if streams.len() == UNREAD {
            streams.remove(0);
        }
        if let Some(mut stream) = connect(address) {
            let _ = stream.write_all(request);
            streams.push(stream);
        }
        thread::sleep(Duration::from_secs(1));
    }
}

/// Sends bodies of megabytes that are not JSON, or too large.
fn large_bodies(address: &str, is_over: &AtomicBool) {
    let body = vec![b' '; TOO_LARGE];
    let paths = ["/v3/p1/cas/release-plans", "/_emulator/v1/scripts"];
    let mut n = 0;
    while is_going_on(is_over) {
        let length = if n % 2 == 0 { LARGE } else { TOO_LARGE };
        let path = paths[n / 2 % paths.len()];
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: any\r\nConnection: close\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        if let Some(mut stream) = connect(address) {
            let sent = stream.write_all(head.as_bytes());
            let _ = sent.and_then(|()| stream.write_all(&body[..length]));
            let _ = stream.read_to_end(&mut Vec::new());
        }
        n += 1;
        thread::sleep(Duration::from_millis(500));
    }
}

/// Sends what is no HTTP, and closes in the middle of what is.
fn broken_requests(address: &str, is_over: &AtomicBool) {
    let broken: [&[u8]; 8] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /v3/p1/cas/release-plans HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 2\r\n\r\n{}",
        b"POST /v3/p1/cas/release-plans HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{\"name\":",
        b"POST /v3/p1/cas/release-plans HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /v3/p1/cas/release-plans HTTP/1.1\r\nno colon\r\nHost: a\r\n\r\n",
        b"GET /_emulator/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ];
    for bytes in broken.iter().cycle() {
        if !is_going_on(is_over) {
            break;
        }
        if let Some(mut stream) = connect(address) {
            let _ = stream.write_all(bytes);
            let _ = stream.read(&mut [0; 100]);
        }
        thread::sleep(Duration::from_millis(20));
    }
}
