//! The names by which a server is asked: which of them a stranger could own.
//!
//! A page of `evil.example` may have its name resolved to 127.0.0.1 once it is loaded (DNS rebinding): the browser takes
//! the server for the page's own then, and only the header `Host` tells.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::web_origin::trim_root;

/// The endings of names that no registry sells. Source: RFC 6761, RFC 6762, and ICANN's resolution 2024.07.29.06.
const PRIVATE_ENDINGS: [&str; 3] = [".localhost", ".local", ".internal"];

/// The host in the value of `Host`, without its port; `None` for a value that is no host with a port.
pub fn host_of(value: &str) -> Option<&str> {
    let (host, rest) = match value.find(']') {
        Some(end) if value.starts_with('[') => value.split_at(end + 1),
        _ => value.split_at(value.find(':').unwrap_or(value.len())),
    };
    let is_port = rest.strip_prefix(':').map_or(rest.is_empty(), |port| {
        port.bytes().all(|byte| byte.is_ascii_digit())
    });
    is_port.then_some(host)
}

/// True if no stranger can own a host: an IP address, `localhost`, a name without a dot as containers have, or one with a
/// private ending.
pub fn is_private(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']').unwrap_or_default();
        // The zone of a link-local address belongs to the machine of the client.
        let (address, _) = address.split_once('%').unwrap_or((address, ""));
        return address.parse::<Ipv6Addr>().is_ok();
    }
    if host.parse::<Ipv4Addr>().is_ok() {
        return true;
    }
    let name = trim_root(host).to_ascii_lowercase();
    is_name(&name)
        && (!name.contains('.') || PRIVATE_ENDINGS.iter().any(|ending| name.ends_with(ending)))
}

/// True for labels of letters, digits, hyphens and underscores, with dots between them.
fn is_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    name.split('.')
        .all(|label| !label.is_empty() && label.bytes().all(is_allowed))
}

/// A host that is accepted too: a name, or all names below one, as `*.example.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern {
    /// In lower case.
    name: String,
    is_below: bool,
}

impl HostPattern {
    /// True if a host is meant. Case does not matter, nor does a dot at its end.
    pub fn matches(&self, host: &str) -> bool {
        let host = trim_root(host).to_ascii_lowercase();
        if !self.is_below {
            return host == self.name;
        }
        let label = host
            .strip_suffix(&self.name)
            .and_then(|rest| rest.strip_suffix('.'));
        label.is_some_and(is_name)
    }
}

impl FromStr for HostPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.strip_prefix("*.").unwrap_or(text);
        let name = trim_root(name).to_ascii_lowercase();
        if !is_name(&name) {
            return Err(
                "expected a name without a port, such as emulator.example.com, or *.example.com for all names below it"
                    .to_owned(),
            );
        }
        Ok(Self {
            is_below: text.starts_with("*."),
            name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_what_stands_before_its_port() {
        for (value, host) in [
            ("localhost:4600", "localhost"),
            ("localhost", "localhost"),
            ("localhost:", "localhost"),
            ("[::1]:4600", "[::1]"),
            ("[::1]", "[::1]"),
            ("127.0.0.1:1", "127.0.0.1"),
        ] {
            assert_eq!(host_of(value), Some(host), "{value}");
        }
        for wrong in [
            "localhost:4600:1",
            "localhost:evil.example",
            "[::1]evil.example",
            "::1",
            "localhost:4600@evil.example",
        ] {
            assert_eq!(host_of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn no_stranger_owns_an_address_or_a_private_name() {
        for host in [
            "127.0.0.1",
            "192.168.1.5",
            "[::1]",
            "[fe80::1%25eth0]",
            "localhost",
            "LOCALHOST.",
            "app.localhost",
            "emulator",
            "release_emulator",
            "printer.local",
            "emulator.default.svc.cluster.local.",
            "host.docker.internal",
            "Box.Internal",
        ] {
            assert!(is_private(host), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example.",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1.nip.io",
            "1.2.3.4.5",
            "evillocal.com",
            "notlocalhost.com",
            "a..local",
            ".local",
            "..",
            "",
            "[::1",
            "[evil.example]",
            "localhost\\.evil.example",
            "evil.example#.local",
            "a.test",
        ] {
            assert!(!is_private(host), "{host}");
        }
    }

    #[test]
    fn a_pattern_is_a_name_or_all_names_below_one() {
        let name: HostPattern = "Emulator.Example.com".parse().unwrap();
        assert!(name.matches("emulator.example.com") && name.matches("EMULATOR.example.com."));
        for other in [
            "x.emulator.example.com",
            "example.com",
            "emulator.example.co",
        ] {
            assert!(!name.matches(other), "{other}");
        }
        let below: HostPattern = "*.example.com".parse().unwrap();
        assert!(below.matches("a.example.com") && below.matches("a.b.Example.com"));
        for other in [
            "example.com",
            ".example.com",
            "aexample.com",
            "a.example.com.evil.test",
        ] {
            assert!(!below.matches(other), "{other}");
        }
        for wrong in ["", "*", "*.", "a:1", "http://a", "a.*.com", "a b", "[::1]"] {
            let error = wrong.parse::<HostPattern>().unwrap_err();
            assert!(error.contains("*.example.com"), "{wrong}: {error}");
        }
    }
}
