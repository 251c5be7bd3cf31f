//! The beginning of a connection, in the protocol of its port: HTTP, TLS, or that of a proxy.

use std::io;

use tokio::net::TcpStream;

use super::connection::{ConnectionContext, Way, refuse_connection, serve_connection};
use super::connections::Admission;
use super::handshake::{Begun, begin_tls, is_distrust};
use super::listeners::Role;
use super::proxy::serve_proxy;
use super::transport::Transport;
use crate::http::head::MalformedHead;

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

/// Logs a handshake that has failed, with the way out if it is known.
fn log_broken(cause: &io::Error) {
    let text = cause.to_string();
    if is_distrust(cause) {
        tracing::warn!("a TLS handshake has failed ({text}): {UNTRUSTED}");
    } else {
        tracing::warn!("a TLS handshake has failed: {text}");
    }
}
