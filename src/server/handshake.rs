//! The handshake of TLS.
//!
//! It runs in the task of the connection, so a client that stalls within it keeps nobody waiting, and has the time of a head
//! for it.

use std::io;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::connection::ConnectionContext;
use super::transport::Transport;
use crate::tls::ServerTls;

/// The first byte of a handshake, its type of record. No method of HTTP begins with it.
const HANDSHAKE: u8 = 0x16;

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

/// True if the client has broken a handshake off since it does not trust the certificate. Some close the connection
/// without a word.
pub(super) fn is_distrust(cause: &io::Error) -> bool {
    let text = cause.to_string();
    ["UnknownCA", "BadCertificate", "CertificateUnknown"]
        .iter()
        .any(|alert| text.contains(alert))
}
