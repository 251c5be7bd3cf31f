//! An HTTP client for webhooks, health checks and the Rust API: one request on a connection of its own, without redirects.
//! Only health checks speak TLS.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header};
use futures_util::future::{Either, select};
use http_body_util::{BodyExt, Collected, Full, Limited};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::tls::ClientTls;

/// The longest delivery of a webhook.
const LONGEST_DELIVERY: Duration = Duration::from_secs(5);

/// The header of the control token.
pub const TOKEN_HEADER: &str = "x-emulator-token";

/// The most bytes that are read of a receiver's answer.
const MOST_READ: usize = 64 << 10;

const USER_AGENT: &str = concat!("release-emulator/", env!("CARGO_PKG_VERSION"));

/// Posts a body to an absolute URL, and returns the status of the answer. The error is the reason that there is none.
pub(super) async fn post(
    url: &Uri,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
) -> Result<u16, String> {
    let exchange = send(Method::POST, url, headers, body, MOST_READ, None);
    let response = within(LONGEST_DELIVERY, exchange).await?;
    Ok(response.status.as_u16())
}

/// Gets an absolute URL, and returns the status of the answer with the beginning of its body. Speaks TLS if it is given.
pub async fn get(
    url: &Uri,
    headers: Vec<(&'static str, String)>,
    longest: Duration,
    tls: Option<&ClientTls>,
) -> Result<(u16, Bytes), String> {
    let exchange = send(Method::GET, url, headers, Bytes::new(), MOST_READ, tls);
    let response = within(longest, exchange).await?;
    Ok((response.status.as_u16(), response.body))
}

/// An answer that was read, as far as the limit on its body allowed.
pub struct ReadResponse {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

async fn within<T>(
    longest: Duration,
    exchange: impl Future<Output = Result<T, AnyError>>,
) -> Result<T, String> {
    match timeout(longest, exchange).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {} s", longest.as_secs())),
    }
}

/// The reason that there is no answer.
pub type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// A connection of any kind.
pub trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// Sends a request to an absolute URL, and reads up to `most_read` bytes of the body of the answer. What is longer is
/// left out. Speaks TLS if it is given.
pub async fn send(
    method: Method,
    url: &Uri,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
    most_read: usize,
    tls: Option<&ClientTls>,
) -> Result<ReadResponse, AnyError> {
    let stream = connect(url, tls).await?;
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let authority = url.authority().map_or("", |authority| authority.as_str());
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, authority)
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::CONNECTION, "close")
        .body(Full::new(body))?;
    for (name, value) in headers {
        let name = HeaderName::from_static(name);
        request
            .headers_mut()
            .insert(name, HeaderValue::try_from(value)?);
    }
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    let exchange = async {
        let response = sender.send_request(request).await?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, most_read).collect().await;
        Ok(ReadResponse {
            status: head.status,
            headers: head.headers,
            body: body.map(Collected::to_bytes).unwrap_or_default(),
        })
    };
    match select(Box::pin(exchange), Box::pin(connection)).await {
        Either::Left((response, _)) => response,
        // The connection has ended, and with it the exchange.
        Either::Right((_, exchange)) => exchange.await,
    }
}

/// Connects to the host of a URL. The names of the loopback are not looked up.
async fn connect(url: &Uri, tls: Option<&ClientTls>) -> std::io::Result<Box<dyn Connection>> {
    let host = url.host().unwrap_or_default();
    let usual_port = if tls.is_some() { 443 } else { 80 };
    let port = url.port_u16().unwrap_or(usual_port);
    let addresses: Vec<SocketAddr> = if is_localhost(host) {
        vec![
            (Ipv4Addr::LOCALHOST, port).into(),
            (Ipv6Addr::LOCALHOST, port).into(),
        ]
    } else {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        lookup_host((host, port)).await?.collect()
    };
    let stream = TcpStream::connect(&addresses[..]).await?;
    Ok(match tls {
        Some(tls) => Box::new(tls.connect(host, stream).await?),
        None => Box::new(stream),
    })
}

/// True for the names that always mean the loopback. Source: RFC 6761, section 6.3.
pub fn is_localhost(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}
