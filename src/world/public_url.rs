//! The URL by which callers reach the server.

use std::fmt;
use std::str::FromStr;

use axum::http::{HeaderMap, header};

use crate::http::context::scheme;
use crate::http::web_origin::WebOrigin;

/// A scheme, a host and perhaps a port, without a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(WebOrigin);

impl PublicUrl {
    /// The URL that the current request was sent to, of which these are the headers.
    ///
    /// # Panics
    /// Never: `localhost` is a host.
    pub fn of_request(headers: &HeaderMap) -> Self {
        let host = headers.get(header::HOST);
        let scheme = scheme();
        let origin = host.and_then(|host| WebOrigin::new(scheme, host.to_str().ok()?));
        let origin = origin.or_else(|| WebOrigin::new(scheme, "localhost"));
        Self(origin.expect("a name is a host"))
    }

    /// The URL of another port of the same host.
    #[must_use]
    pub fn with_port(self, port: u16) -> Self {
        Self(self.0.with_port(port))
    }

    /// The URL of a port of the same host at which TLS is spoken.
    #[must_use]
    pub fn in_tls(&self, port: u16) -> Self {
        let host = self.0.host();
        let origin = WebOrigin::new("https", host).unwrap_or_else(|| self.0.clone());
        Self(origin.with_port(port))
    }

    /// True if it is spoken in TLS.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The origin of pages at this URL.
    pub const fn origin(&self) -> &WebOrigin {
        &self.0
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let origin = text.parse::<WebOrigin>().ok();
        let origin = origin.filter(|origin| matches!(origin.scheme(), "http" | "https"));
        let expected = || "expected a URL without a path, such as https://emulator.test:4600";
        origin.map(Self).ok_or_else(|| expected().to_owned())
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        self.0.fmt(formatter)
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
