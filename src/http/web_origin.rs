//! The origin of a web page or a server: a scheme, a host and a port.

use std::fmt;
use std::str::FromStr;

use axum::http::Uri;
use axum::http::uri::Authority;

/// A scheme, a host and perhaps a port, without a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebOrigin {
    scheme: String,
    /// In square brackets if it is an IPv6 address.
    host: String,
    port: Option<u16>,
}

impl WebOrigin {
    /// The origin of a scheme and an authority, such as the value of `Host`.
    pub fn new(scheme: &str, authority: &str) -> Option<Self> {
        Self::of_authority(scheme, &authority.parse().ok()?)
    }

    /// The origin of a URL with any path.
    pub fn of_url(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        Self::of_authority(uri.scheme_str()?, uri.authority()?)
    }

    fn of_authority(scheme: &str, authority: &Authority) -> Option<Self> {
        let (host, port) = (authority.host(), authority.port_u16());
        // A user, which no origin has, stands before the host.
        let text = authority.as_str();
        let host_and_port = text.rsplit_once('@').map_or(text, |(_, rest)| rest);
        let has_wrong_port = host_and_port.len() > host.len() && port.is_none();
        (!host.is_empty() && !has_wrong_port).then(|| Self {
            scheme: scheme.to_owned(),
            host: host.to_owned(),
            port,
        })
    }

    /// The scheme, as it was written.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The host, as it was written.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The origin of another port of the same host.
    #[must_use]
    pub fn with_port(self, port: u16) -> Self {
        Self {
            port: Some(port),
            ..self
        }
    }

    /// True if a browser takes both for the same: names in any case, with or without the usual port of the scheme.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.scheme.eq_ignore_ascii_case(&other.scheme)
            && trim_root(&self.host).eq_ignore_ascii_case(trim_root(&other.host))
            && self.effective_port() == other.effective_port()
    }

    fn effective_port(&self) -> Option<u16> {
        self.port
            .or_else(|| match self.scheme.to_ascii_lowercase().as_str() {
                "http" | "ws" => Some(80),
                "https" | "wss" => Some(443),
                _ => None,
            })
    }
}

/// A name without the dot at its end, which means the root of all names.
pub fn trim_root(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// Reads an origin as browsers write it. A slash at the end is accepted, a path is not.
impl FromStr for WebOrigin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || {
            "expected a scheme and a host, perhaps with a port, such as http://localhost:5173"
                .to_owned()
        };
        let uri: Uri = text.parse().map_err(|_| expected())?;
        let authority = uri.authority().ok_or_else(expected)?;
        if !matches!(uri.path(), "" | "/")
            || uri.query().is_some()
            || text.contains(['@', '#', '*'])
        {
            return Err(expected());
        }
        let scheme = uri.scheme_str().ok_or_else(expected)?;
        Self::of_authority(scheme, authority).ok_or_else(expected)
    }
}

/// The text that a browser sends as `Origin`, if the origin was written as browsers do.
impl fmt::Display for WebOrigin {
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
    use super::*;

    fn origin(text: &str) -> WebOrigin {
        text.parse().unwrap()
    }

    #[test]
    fn an_origin_has_a_scheme_a_host_and_perhaps_a_port() {
        for text in [
            "http://localhost:5173",
            "https://[::1]:4600",
            "http://10.0.0.1",
            "chrome-extension://abcdefgh",
        ] {
            assert_eq!(origin(text).to_string(), text);
        }
        assert_eq!(origin("http://a.test/").to_string(), "http://a.test");
        for wrong in [
            "",
            "*",
            "null",
            "localhost:5173",
            "http://",
            "http://a.test/path",
            "http://a.test?x=1",
            "http://me@a.test",
            "http://a.test:70000",
            "http://a.test:",
            "http://*.a.test",
            "http://a b",
        ] {
            let error = wrong.parse::<WebOrigin>().unwrap_err();
            assert!(error.contains("such as http://"), "{wrong}: {error}");
        }
    }

    #[test]
    fn the_origin_of_a_url_has_neither_its_path_nor_its_user() {
        for (url, expected) in [
            ("http://a.test:81/x?y=http://b.test", "http://a.test:81"),
            ("https://me:hush@a.test/", "https://a.test"),
            ("https://me@a.test:8/", "https://a.test:8"),
            ("http://[::1]:1/", "http://[::1]:1"),
        ] {
            assert_eq!(WebOrigin::of_url(url), Some(origin(expected)), "{url}");
        }
        for other in ["", "/path", "a.test", "about:blank", "http://a.test:x/"] {
            assert_eq!(WebOrigin::of_url(other), None, "{other}");
        }
    }

    #[test]
    fn origins_are_compared_as_browsers_do() {
        for same in [
            "HTTP://A.test",
            "http://a.test:80",
            "http://a.test/",
            "http://a.test.",
        ] {
            assert!(origin("http://a.test").is_same_as(&origin(same)), "{same}");
        }
        for other in [
            "https://a.test",
            "http://a.test:81",
            "http://b.a.test",
            "http://a.tes",
            "http://a.test:443",
        ] {
            assert!(
                !origin("http://a.test").is_same_as(&origin(other)),
                "{other}"
            );
        }
    }
}
