//! The connections to the proxy: tunnels, which clients ask for with CONNECT, and requests that name their host.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::connection::{ConnectionContext, Way, refuse_connection, serve_connection};
use super::connections::Admission;
use super::handshake::{Begun, begin_tls, is_distrust};
use super::interception::{Escape, Interception};
use super::transport::Transport;
use crate::http::head::MalformedHead;

/// The longest head of a CONNECT.
const LONGEST_HEAD: usize = 16 << 10;

/// The longest wait for a client that reads a refusal and closes the connection.
const LINGER: Duration = Duration::from_secs(1);

/// The answer to a CONNECT to an emulated host.
const ESTABLISHED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";

/// Serves a connection to the proxy.
pub(super) async fn serve_proxy(
    stream: TcpStream,
    proxy: Arc<Interception>,
    admission: Admission,
    context: ConnectionContext,
) {
    let mut stream = stream;
    let stop = context.stop.clone();
    let opened = tokio::select! {
        () = stop.cancelled() => return,
        opened = open(&mut stream, &proxy, &context) => opened,
    };
    let (begun, host) = match opened {
        Opened::Tunnel(host) => {
            let begun = tokio::select! {
                () = stop.cancelled() => return,
                begun = begin_tls(stream, proxy.tls(), &context) => begun,
            };
            (begun, Some(host))
        }
        Opened::Requests => (Begun::Plain(stream), None),
        Opened::Closed => return,
    };
    let (transport, way) = match (begun, host) {
        (Begun::Tls(transport), _) => {
            let way = Way {
                is_tls: true,
                proxy: None,
            };
            (transport, way)
        }
        (Begun::Plain(stream), Some(_)) => (Transport::Plain(stream), Way::default()),
        (Begun::Plain(stream), None) => {
            let way = Way {
                is_tls: false,
                proxy: Some(proxy),
            };
            (Transport::Plain(stream), way)
        }
        (Begun::Broken(cause), host) => {
            let host = host.unwrap_or_default();
            if is_distrust(&cause) {
                proxy.note_distrust(&host);
            }
            tracing::debug!("the TLS handshake with {host} has failed: {cause}");
            return;
        }
        (Begun::Gone, _) => return,
    };
    match admission {
        Admission::Served(_) => serve_connection(transport, way, context).await,
        Admission::Refused(_) => {
            let why = MalformedHead::too_many_connections(context.limits.most);
            refuse_connection(transport, way, context, why).await;
        }
    }
}

/// The first request of a connection.
enum Opened {
    /// A tunnel to this host, which is emulated.
    Tunnel(String),
    /// Another request, of which nothing was read.
    Requests,
    /// The connection has ended, or nothing came in time.
    Closed,
}

/// Answers a CONNECT, if the connection begins with one.
async fn open(stream: &mut TcpStream, proxy: &Interception, context: &ConnectionContext) -> Opened {
    let limits = &context.limits;
    let mut first = [0];
    let idle = limits.keep_alive.max(limits.longest_head);
    match timeout(idle, stream.peek(&mut first)).await {
        Ok(Ok(1)) if first == *b"C" => {}
        Ok(Ok(1)) => return Opened::Requests,
        _ => return Opened::Closed,
    }
    let Ok(Some(head)) = timeout(limits.longest_head, read_head(stream)).await else {
        return Opened::Closed;
    };
    let mut words = head.split([' ', '\r', '\n']);
    let (method, target) = (words.next(), words.next().unwrap_or_default());
    if method != Some("CONNECT") {
        let text = "the only method that begins with C is CONNECT";
        refuse(stream, "400 Bad Request", text).await;
        return Opened::Closed;
    }
    match proxy.check(target, 443) {
        Ok(()) => {
            let host = target.rsplit_once(':').map_or(target, |(host, _)| host);
            match stream.write_all(ESTABLISHED).await {
                Ok(()) => Opened::Tunnel(host.to_owned()),
                Err(_) => Opened::Closed,
            }
        }
        Err(escape) => {
            refuse_tunnel(stream, &escape).await;
            Opened::Closed
        }
    }
}

/// Reads a head to its end, and nothing of what follows it: byte by byte, which for one head is fast enough.
async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && !head.ends_with(b"\n\n") {
        if head.len() >= LONGEST_HEAD {
            return None;
        }
        head.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}

/// Refuses a tunnel. Most clients show nothing of the answer but its first line, so this has the words too.
async fn refuse_tunnel(stream: &mut TcpStream, escape: &Escape) {
    let words = escape.to_string();
    let line = format!(
        "403 Forbidden: {}",
        words.replace(|c: char| c.is_control(), " ")
    );
    refuse(stream, &line, &words).await;
}

async fn refuse(stream: &mut TcpStream, status: &str, text: &str) {
    let length = text.len() + 1;
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{text}\n"
    );
    let close = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        // Input that nobody reads would reset the connection, and with it the answer.
        let mut rest = [0; 1_024];
        while stream.read(&mut rest).await? > 0 {}
        Ok::<(), std::io::Error>(())
    };
    // The client may be gone.
    let _ = timeout(LINGER, close).await;
}
