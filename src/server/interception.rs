//! The interception of requests to the real services: the hosts that are emulated, their certificates, and the hosts that
//! were asked although they are not.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_TYPE, HOST};
use axum::http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use hyper::body::Incoming;
use indexmap::IndexMap;

use super::http_client::is_localhost;
use crate::http::head::WithinTls;
use crate::http::host_name::host_of;
use crate::tls::ServerTls;

/// The headers between a client and its proxy, which are not for the service.
const OF_PROXY: [HeaderName; 2] = [
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("proxy-authorization"),
];

/// The most hosts that are listed. Further ones are counted together.
const MOST_LISTED: usize = 1_000;

/// The name of all further hosts.
const FURTHER: &str = "further hosts";

/// The hosts by name, each with the number of its requests or connections.
type HostCounts = IndexMap<String, usize>;

/// The interception of one run.
pub struct Interception {
    tls: ServerTls,
    is_emulated: Box<dyn Fn(&str) -> bool + Send + Sync>,
    /// The addresses of the emulator itself, once it listens.
    own: OnceLock<Vec<SocketAddr>>,
    escaped: Mutex<HostCounts>,
    distrusted: Mutex<HostCounts>,
}

impl fmt::Debug for Interception {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Interception")
            .finish_non_exhaustive()
    }
}

/// A host that is not emulated, with its port as far as it was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Escape(String);

impl fmt::Display for Escape {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let host = &self.0;
        write!(
            formatter,
            "{host} is not emulated, and `release-emulator exec --intercept` lets nothing else out; \
             --intercept-host adds the host of a Zadig"
        )
    }
}

impl Interception {
    /// `is_emulated` tells the hosts for which there are certificates.
    pub fn new(tls: ServerTls, is_emulated: Box<dyn Fn(&str) -> bool + Send + Sync>) -> Self {
        Self {
            tls,
            is_emulated,
            own: OnceLock::new(),
            escaped: Mutex::default(),
            distrusted: Mutex::default(),
        }
    }

    /// Names the addresses of the emulator itself, which can be reached through the proxy too.
    pub fn set_own(&self, addresses: Vec<SocketAddr>) {
        // They are named once.
        let _ = self.own.set(addresses);
    }

    /// The hosts that were refused, with the number of requests or connections.
    pub fn escaped(&self) -> Vec<(String, usize)> {
        counts(&self.escaped)
    }

    /// The hosts whose certificate a client did not trust, with the number of connections.
    pub fn distrusted(&self) -> Vec<(String, usize)> {
        counts(&self.distrusted)
    }

    /// The certificates of the emulated hosts.
    pub(super) fn tls(&self) -> &ServerTls {
        &self.tls
    }

    /// Notes that a client broke off the handshake with a host.
    pub(super) fn note_distrust(&self, host: &str) {
        count(&self.distrusted, host);
    }

    /// Makes a request to a proxy one to the service, or returns its refusal.
    pub(super) fn refuse(&self, request: &mut Request<Incoming>) -> Option<Response<Body>> {
        match self.restore(request) {
            Ok(()) => None,
            Err((status, text)) => Some(refusal(status, &text)),
        }
    }

    /// Gives a request the target that the service would get. The error is the status and the text of its refusal.
    fn restore(&self, request: &mut Request<Incoming>) -> Result<(), (StatusCode, String)> {
        let bad = |text: &str| Err((StatusCode::BAD_REQUEST, text.to_owned()));
        let Some(authority) = request.uri().authority().cloned() else {
            return bad(
                "this port is a proxy: it takes requests that name their host, and CONNECT",
            );
        };
        if *request.method() == Method::CONNECT {
            return bad("CONNECT must be the first request of a connection");
        }
        let host = authority.as_str();
        let host = host.rsplit_once('@').map_or(host, |(_, rest)| rest);
        // Some clients do not ask for a tunnel, and leave TLS to the proxy.
        let is_secure = request.uri().scheme_str() == Some("https");
        self.check(host, if is_secure { 443 } else { 80 })
            .map_err(|escape| (StatusCode::FORBIDDEN, escape.to_string()))?;
        if is_secure {
            request.extensions_mut().insert(WithinTls);
        }
        let mut parts = axum::http::uri::Parts::default();
        parts.path_and_query = request.uri().path_and_query().cloned();
        if let Ok(target) = Uri::from_parts(parts) {
            *request.uri_mut() = target;
        }
        let headers = request.headers_mut();
        if let Ok(host) = HeaderValue::from_str(host) {
            // The target goes before it (RFC 9112, section 3.2.2).
            headers.insert(HOST, host);
        }
        for name in OF_PROXY {
            headers.remove(name);
        }
        Ok(())
    }

    /// Returns if the emulator stands for a host, and notes one that it does not.
    pub(super) fn check(&self, host_and_port: &str, usual_port: u16) -> Result<(), Escape> {
        let host = host_of(host_and_port).unwrap_or(host_and_port);
        let rest = host_and_port.strip_prefix(host).unwrap_or_default();
        let port = rest.strip_prefix(':').and_then(|port| port.parse().ok());
        let port = port.unwrap_or(usual_port);
        if (self.is_emulated)(host) || self.is_own(host, port) {
            return Ok(());
        }
        let shown: String = format!("{host}:{port}").chars().take(300).collect();
        count(&self.escaped, &shown);
        Err(Escape(shown))
    }

    /// True for an address of the emulator itself.
    fn is_own(&self, host: &str, port: u16) -> bool {
        let mut own = self.own.get().into_iter().flatten();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let ip = bare.parse::<IpAddr>().ok();
        own.any(|address| {
            let is_loopback = address.ip().is_loopback() || address.ip().is_unspecified();
            address.port() == port
                && (ip == Some(address.ip())
                    || is_loopback && ip.is_some_and(|ip| ip.is_loopback())
                    || is_loopback && is_localhost(host))
        })
    }
}

/// A refusal in words, after which the connection ends.
fn refusal(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{text}\n")));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn count(hosts: &Mutex<HostCounts>, host: &str) {
    let mut hosts = lock(hosts);
    let is_listed = hosts.len() < MOST_LISTED || hosts.contains_key(host);
    let name = if is_listed { host } else { FURTHER };
    *hosts.entry(name.to_owned()).or_default() += 1;
}

fn counts(hosts: &Mutex<HostCounts>) -> Vec<(String, usize)> {
    let hosts = lock(hosts);
    hosts.iter().map(|(host, n)| (host.clone(), *n)).collect()
}

fn lock(hosts: &Mutex<HostCounts>) -> MutexGuard<'_, HostCounts> {
    hosts.lock().unwrap_or_else(PoisonError::into_inner)
}
