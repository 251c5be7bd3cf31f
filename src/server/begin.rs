//! The beginning of a connection, in the protocol of its port: HTTP, TLS, or that of a proxy.
//!
//! It runs in the task of the connection, so a client that stalls within its handshake keeps nobody waiting, and has the
//! time of a head for it.

use std::io;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::connection::{ConnectionContext, Way, refuse_connection, serve_connection};
use super::connections::Admission;
use super::listeners::Role;
use super::proxy::serve_proxy;
use super::transport::Transport;
use crate::http::head::MalformedHead;
use crate::tls::ServerTls;

/// The first byte of a handshake, its type of record. No method of HTTP begins with it.
const HANDSHAKE: u8 = 0x16;

/// The advice for a client that breaks the handshake off.
const UNTRUSTED: &str =
    "the client does not trust the certificate; GET /_emulator/v1/ca.pem has that of its authority";

/// Serves a connection, or refuses it if there are too many.
pub(super) async fn begin_connection(
    stream: TcpStream,
    role: Role,
    admission: Admission,
    context: ConnectionContext,
) {
    let (transport, way) = match role {
        Role::Plain => (Transport::Plain(stream), Way::default()),
        Role::Tls(tls) => {
            let stop = context.stop.clone();
            let begun = tokio::select! {
                () = stop.cancelled() => return,
                begun = begin_tls(stream, &tls, &context) => begun,
            };
            let way = |is_tls| Way {
                is_tls,
                ..Way::default()
            };
            match begun {
                Begun::Tls(transport) => (transport, way(true)),
                Begun::Plain(stream) => {
                    let transport = Transport::Plain(stream);
                    let why = MalformedHead::without_tls();
                    return refuse_connection(transport, way(false), context, why).await;
                }
                Begun::Broken(cause) => return log_broken(&cause),
                Begun::Gone => return,
            }
        }
        Role::Proxy(proxy) => return serve_proxy(stream, proxy, admission, context).await,
    };
    match admission {
        Admission::Served(_) => serve_connection(transport, way, context).await,
        Admission::Refused(_) => {
            let why = MalformedHead::too_many_connections(context.limits.most);
            refuse_connection(transport, way, context, why).await;
        }
    }
}

/// The end of a handshake.
pub(super) enum Begun {
    Tls(Transport),
    /// The client speaks something else, of which nothing was read.
    Plain(TcpStream),
    /// The handshake has failed.
    Broken(io::Error),
    /// The client has sent nothing in time, or has closed the connection.
    Gone,
}

/// Speaks TLS with a client if it does. It has the time of a head for that.
pub(super) async fn begin_tls(
    stream: TcpStream,
    tls: &ServerTls,
    context: &ConnectionContext,
) -> Begun {
    let begin = async {
        let mut first = [0];
        match stream.peek(&mut first).await {
            Ok(0) | Err(_) => return Begun::Gone,
            Ok(_) if first[0] != HANDSHAKE => return Begun::Plain(stream),
            Ok(_) => {}
        }
        let asked = stream.local_addr().ok().map(|address| address.ip());
        match tls.accept(stream, asked).await {
            Ok(stream) => Begun::Tls(Transport::Tls(Box::new(stream))),
            Err(error) => Begun::Broken(error),
        }
    };
    let begun = timeout(context.limits.longest_head, begin).await;
    begun.unwrap_or(Begun::Gone)
}

/// Logs a handshake that has failed, with the way out if it is known.
fn log_broken(cause: &io::Error) {
    let text = cause.to_string();
    if is_distrust(cause) {
        tracing::warn!("a TLS handshake has failed ({text}): {UNTRUSTED}");
    } else {
        tracing::warn!("a TLS handshake has failed: {text}");
    }
}

/// True if the client has broken a handshake off since it does not trust the certificate. Some close the connection
/// without a word.
pub(super) fn is_distrust(cause: &io::Error) -> bool {
    let text = cause.to_string();
    ["UnknownCA", "BadCertificate", "CertificateUnknown"]
        .iter()
        .any(|alert| text.contains(alert))
}
