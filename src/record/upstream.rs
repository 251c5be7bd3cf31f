//! The services behind a recorder: their URLs, and the connections to them.

use std::io;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use axum::http::Uri;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::server::http_client::{Connection, is_localhost};
use crate::tls::{ClientTls, Roots, TlsError};

/// The longest wait for a connection.
const LONGEST_CONNECT: Duration = Duration::from_secs(10);

/// The services that `huawei:REGION` stands for.
const HUAWEI: [&str; 3] = ["iam", "asm", "servicestage"];

/// The prefix of the shorthand for the services of a region.
const SHORTHAND: &str = "huawei:";

/// A service: a scheme, a host, and perhaps a path in front of all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    pub is_tls: bool,
    /// Without brackets.
    pub host: String,
    pub port: u16,
    /// The host, and the port if it is given, as in a URL.
    pub authority: String,
    /// Without a slash at its end.
    pub base_path: String,
}

/// The value of a flag: one service, or those of a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstreams(pub Vec<Upstream>);

impl FromStr for Upstreams {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(region) = text.strip_prefix(SHORTHAND) else {
            return Ok(Self(vec![text.parse()?]));
        };
        let is_allowed =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if region.is_empty() || !region.bytes().all(is_allowed) {
            return Err("must name a region, such as huawei:cn-north-4".to_owned());
        }
        let of = |service: &&str| format!("https://{service}.{region}.myhuaweicloud.com").parse();
        HUAWEI.iter().map(of).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for Upstream {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected =
            || "must be a URL such as https://zadig.example.com, or huawei:REGION".to_owned();
        let uri: Uri = text.parse().map_err(|_| expected())?;
        let is_tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(expected()),
        };
        let authority = uri.authority().ok_or_else(expected)?;
        if authority.as_str().contains('@') {
            return Err("must have no user: credentials come from the clients".to_owned());
        }
        if uri.query().is_some() {
            return Err("must have no query".to_owned());
        }
        let usual_port = if is_tls { 443 } else { 80 };
        Ok(Self {
            is_tls,
            host: authority
                .host()
                .trim_start_matches('[')
                .trim_end_matches(']')
                .to_owned(),
            port: authority.port_u16().unwrap_or(usual_port),
            authority: authority.to_string(),
            base_path: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

impl Upstream {
    pub fn url(&self) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        format!("{scheme}://{}{}", self.authority, self.base_path)
    }

    /// True if a `Host` header names the service.
    pub fn is_named(&self, host: &str) -> bool {
        let with_port = format!("{}:{}", self.host, self.port);
        host.eq_ignore_ascii_case(&self.authority) || host.eq_ignore_ascii_case(&with_port)
    }

    /// True if the service is on this machine, where any name will do.
    pub fn is_local(&self) -> bool {
        let ip: Option<std::net::IpAddr> = self.host.parse().ok();
        is_localhost(&self.host) || ip.is_some_and(|ip| ip.is_loopback())
    }
}

/// Connects to services.
#[derive(Clone)]
pub struct Connector {
    /// Absent: no service speaks TLS.
    tls: Option<ClientTls>,
}

impl Connector {
    /// A connector for these services, which trusts the authorities of a file, or those of the system.
    pub fn new(upstreams: &[Upstream], authorities: Option<&Path>) -> Result<Self, String> {
        let needs_tls = upstreams.iter().any(|upstream| upstream.is_tls);
        if !needs_tls && authorities.is_none() {
            return Ok(Self { tls: None });
        }
        match ClientTls::new(&Roots::of(authorities)) {
            Ok(tls) => Ok(Self { tls: Some(tls) }),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Connects to a service.
    pub async fn connect(&self, upstream: &Upstream) -> io::Result<Box<dyn Connection>> {
        let connected = timeout(LONGEST_CONNECT, self.connect_patiently(upstream)).await;
        connected.unwrap_or_else(|_| {
            let why = format!("no connection within {} s", LONGEST_CONNECT.as_secs());
            Err(io::Error::new(io::ErrorKind::TimedOut, why))
        })
    }

    async fn connect_patiently(&self, upstream: &Upstream) -> io::Result<Box<dyn Connection>> {
        let host = upstream.host.as_str();
        let addresses: Vec<_> = lookup_host((host, upstream.port)).await?.collect();
        let stream = TcpStream::connect(&addresses[..]).await?;
        // Requests pass as they come; waiting to fill a packet would only add latency.
        let _ = stream.set_nodelay(true);
        match &self.tls {
            Some(tls) if upstream.is_tls => Ok(Box::new(tls.connect(host, stream).await?)),
            None if upstream.is_tls => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                TlsError::Absent.to_string(),
            )),
            _ => Ok(Box::new(stream)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_short_for_its_services() {
        let Upstreams(upstreams) = "huawei:cn-north-4".parse().unwrap();
        let urls: Vec<String> = upstreams.iter().map(Upstream::url).collect();
        assert_eq!(
            urls,
            [
                "https://iam.cn-north-4.myhuaweicloud.com",
                "https://asm.cn-north-4.myhuaweicloud.com",
                "https://servicestage.cn-north-4.myhuaweicloud.com",
            ]
        );
    }

    #[test]
    fn a_url_has_a_scheme_and_no_user() {
        let read = |text: &str| text.parse::<Upstreams>();
        assert!(read("zadig.example.com").is_err());
        assert!(read("ftp://zadig.example.com").is_err());
        assert!(
            read("https://u:p@zadig.example.com")
                .unwrap_err()
                .contains("no user")
        );
        assert!(read("huawei:").is_err() && read("huawei:A B").is_err());
        let Upstreams(upstreams) = read("http://[::1]:81/zadig/").unwrap();
        assert_eq!(upstreams[0].host, "::1");
        assert_eq!(
            (upstreams[0].port, upstreams[0].base_path.as_str()),
            (81, "/zadig")
        );
        assert!(upstreams[0].is_named("[::1]:81"));
    }
}
