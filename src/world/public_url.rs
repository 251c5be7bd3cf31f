//! The URL by which callers reach the server.

use std::fmt;
use std::str::FromStr;

use axum::http::{HeaderMap, Uri, header};

/// A scheme, a host and perhaps a port, without a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    scheme: String,
    /// In square brackets if it is an IPv6 address.
    host: String,
    port: Option<u16>,
}

impl PublicUrl {
    /// The URL that a request was sent to.
    pub fn of_request(headers: &HeaderMap) -> Self {
        let host = headers.get(header::HOST);
        let host = host.and_then(|host| format!("http://{}", host.to_str().ok()?).parse().ok());
        host.unwrap_or_else(|| Self {
            scheme: "http".to_owned(),
            host: "localhost".to_owned(),
            port: None,
        })
    }

    /// The URL of another port of the same host.
    #[must_use]
    pub fn with_port(self, port: u16) -> Self {
        Self {
            port: Some(port),
            ..self
        }
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected =
            || "expected a URL without a path, such as https://emulator.test:4600".to_owned();
        let uri: Uri = text.parse().map_err(|_| expected())?;
        let scheme = uri
            .scheme_str()
            .filter(|scheme| matches!(*scheme, "http" | "https"));
        let authority = uri.authority().ok_or_else(expected)?;
        let has_port = authority.as_str().len() > authority.host().len();
        if authority.host().is_empty()
            || authority.as_str().contains('@')
            || has_port && authority.port_u16().is_none()
            || !matches!(uri.path(), "" | "/")
            || uri.query().is_some()
        {
            return Err(expected());
        }
        Ok(Self {
            scheme: scheme.ok_or_else(expected)?.to_owned(),
            host: authority.host().to_owned(),
            port: authority.port_u16(),
        })
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let Self { scheme, host, port } = self;
        write!(formatter, "{scheme}://{host}")?;
        match port {
            Some(port) => write!(formatter, ":{port}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_public_url_has_a_scheme_a_host_and_perhaps_a_port() {
        for url in [
            "http://emulator.test",
            "https://[::1]:4600",
            "http://10.0.0.1:80",
        ] {
            assert_eq!(url.parse::<PublicUrl>().unwrap().to_string(), url);
        }
        let slash: PublicUrl = "https://a.test/".parse().unwrap();
        assert_eq!(slash.with_port(1).to_string(), "https://a.test:1");
        for wrong in [
            "",
            "emulator.test",
            "emulator.test:4600",
            "ftp://a.test",
            "http://a.test/path",
            "http://a.test?x=1",
            "http://me@a.test",
            "http://a.test:70000",
            "http://a.test:",
            "http://",
        ] {
            let error = wrong.parse::<PublicUrl>().unwrap_err();
            assert!(error.contains("such as https://"), "{wrong}: {error}");
        }
    }

    #[test]
    fn the_url_of_a_request_has_the_host_that_was_asked() {
        let mut headers = HeaderMap::new();
        assert_eq!(
            PublicUrl::of_request(&headers).to_string(),
            "http://localhost"
        );
        for host in ["emulator.docker:9999", "[::1]:4600", "asm.localhost"] {
            headers.insert(header::HOST, HeaderValue::from_static(host));
            assert_eq!(
                PublicUrl::of_request(&headers).to_string(),
                format!("http://{host}")
            );
        }
    }
}
