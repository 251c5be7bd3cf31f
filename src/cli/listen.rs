//! The addresses to listen on: `--listen` and `--port`.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;

use clap::Args;

use crate::server::http_client::is_localhost;
use crate::server::listeners::{ALL_INTERFACES, LOOPBACKS, ListenEndpoint};

/// The port by default.
pub const USUAL_PORT: u16 = 4600;

const EXPECTED: &str = "expected a port or an address: 4600 or localhost:4600 (both loopbacks), :4600 (all interfaces), \
    192.168.1.5:4600, [::1]:4600, or a name with a port";

const LISTEN_HELP: &str = "An address to listen on: 4600 or localhost:4600 (both loopbacks), :4600 (all interfaces), \
    192.168.1.5:4600, [::1]:4600; port 0 picks a free one; may be repeated, or comma-separated [default: both loopbacks]";

/// The addresses to listen on.
#[derive(Clone, Debug, Default, Args)]
pub struct ListenOptions {
    /// An address to listen on; may be repeated, or comma-separated
    #[arg(
        long,
        env = "RELEASE_EMULATOR_LISTEN",
        value_name = "ADDRESS",
        value_delimiter = ',',
        help = LISTEN_HELP
    )]
    listen: Vec<ListenAddress>,
    /// The port on the loopbacks, or on addresses of --listen without one; 0 picks a free one [default: 4600, with exec
    /// a free one]
    // Kubernetes makes a variable of the flag's name for a Service named `release-emulator`.
    #[arg(long, value_name = "N")]
    port: Option<u16>,
}

impl ListenOptions {
    /// The endpoints, at least one. `usual_port` is that of addresses without one.
    pub fn endpoints(&self, usual_port: u16) -> Vec<ListenEndpoint> {
        let port = self.port.unwrap_or(usual_port);
        if self.listen.is_empty() {
            return vec![ListenEndpoint::new(LOOPBACKS, port)];
        }
        let listen = self.listen.iter();
        listen
            .map(|address| ListenEndpoint::new(&*address.ips, address.port.unwrap_or(port)))
            .collect()
    }

    /// The first address as clients on the same machine reach it. Port 0 is no address, so the usual one stands for it.
    pub fn base_url(&self) -> String {
        let endpoints = self.endpoints(USUAL_PORT);
        let ListenEndpoint { ips, port } = &endpoints[0];
        let ip = match ips[0] {
            IpAddr::V4(ip) if ip.is_unspecified() => LOOPBACKS[0],
            IpAddr::V6(ip) if ip.is_unspecified() => LOOPBACKS[1],
            ip => ip,
        };
        let port = if *port == 0 { USUAL_PORT } else { *port };
        format!("http://{}", SocketAddr::new(ip, port))
    }

    /// The names by which the addresses were given.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.listen
            .iter()
            .filter_map(|address| address.name.as_deref())
    }

    /// The flag that listens on another port of an address.
    pub fn flag_for(&self, address: SocketAddr, port: u16) -> String {
        if self.listen.iter().any(|address| address.port.is_some()) {
            format!("--listen {}", SocketAddr::new(address.ip(), port))
        } else {
            format!("--port {port}")
        }
    }

    /// Applies `--port` to the addresses of the variable, which it goes before. The error is for a port that two flags
    /// give.
    pub(super) fn settle(&mut self, is_listen_a_flag: bool) -> Result<(), String> {
        let (Some(port), Some(given)) = (self.port, self.listen.iter().find_map(|of| of.port))
        else {
            return Ok(());
        };
        if is_listen_a_flag {
            return Err(format!(
                "both --listen and --port give a port ({given} and {port}); leave out one of them"
            ));
        }
        for address in &mut self.listen {
            address.port = None;
        }
        Ok(())
    }
}

/// A host, perhaps with a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListenAddress {
    /// At least one.
    pub(super) ips: Vec<IpAddr>,
    pub(super) port: Option<u16>,
    /// The name of the host, if it was given by one that was looked up.
    pub(super) name: Option<String>,
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Some((scheme, rest)) = text.split_once("://") {
            let rest = rest.trim_end_matches('/');
            return Err(format!(
                "an address has no {scheme}://; did you mean {rest}?"
            ));
        }
        let address = |ips: &[IpAddr], port| Self {
            ips: ips.to_vec(),
            port,
            name: None,
        };
        if text.starts_with(|first: char| first.is_ascii_digit()) && !text.contains(['.', ':']) {
            return Ok(address(&LOOPBACKS, Some(parse_port(text)?)));
        }
        if let Ok(known) = text.parse::<SocketAddr>() {
            return Ok(address(&[known.ip()], Some(known.port())));
        }
        let bare = text.strip_prefix('[').and_then(|ip| ip.strip_suffix(']'));
        if let Ok(ip) = bare.unwrap_or(text).parse::<IpAddr>() {
            return Ok(address(&[ip], None));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(parse_port(port)?)),
            None => (text, None),
        };
        match host {
            "*" => Ok(address(&ALL_INTERFACES, port)),
            "" if port.is_some() => Ok(address(&ALL_INTERFACES, port)),
            host if is_localhost(host) => Ok(address(&LOOPBACKS, port)),
            host if is_name(host) => Ok(Self {
                name: Some(host.to_owned()),
                ..address(&look_up(host)?, port)
            }),
            _ => Err(EXPECTED.to_owned()),
        }
    }
}

fn parse_port(text: &str) -> Result<u16, String> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(port) if is_number => Ok(port),
        _ if is_number => Err(format!("a port is at most 65535, not {text}")),
        _ => Err(EXPECTED.to_owned()),
    }
}

/// True if a text may be the name of a host. One of digits and dots is a mistyped IP address.
fn is_name(host: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    host.bytes().all(is_allowed) && host.bytes().any(|byte| byte.is_ascii_alphabetic())
}

fn look_up(host: &str) -> Result<Vec<IpAddr>, String> {
    let found = (host, 0).to_socket_addrs();
    let found = found.map_err(|error| format!("the name {host} cannot be resolved: {error}"))?;
    let mut ips = Vec::new();
    for address in found {
        if !ips.contains(&address.ip()) {
            ips.push(address.ip());
        }
    }
    if ips.is_empty() {
        return Err(format!("the name {host} has no address"));
    }
    Ok(ips)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[track_caller]
    fn assert_read(text: &str, ips: &[IpAddr], port: Option<u16>) {
        let (ips, name) = (ips.to_vec(), None);
        assert_eq!(
            text.parse(),
            Ok(ListenAddress { ips, port, name }),
            "{text}"
        );
    }

    #[test]
    fn a_port_is_on_the_loopbacks_and_a_colon_before_it_means_all_interfaces() {
        assert_read("4600", &LOOPBACKS, Some(4600));
        assert_read("0", &LOOPBACKS, Some(0));
        assert_read(":4600", &ALL_INTERFACES, Some(4600));
        assert_read("*:4600", &ALL_INTERFACES, Some(4600));
        assert_read("*", &ALL_INTERFACES, None);
    }

    #[test]
    fn an_address_may_have_a_port() {
        assert_read("10.0.0.5:80", &[ip("10.0.0.5")], Some(80));
        assert_read("10.0.0.5", &[ip("10.0.0.5")], None);
        assert_read("[::1]:80", &[ip("::1")], Some(80));
        assert_read("[::1]", &[ip("::1")], None);
        assert_read("::", &[ip("::")], None);
    }

    #[test]
    fn localhost_is_both_loopbacks_wherever_it_is_looked_up() {
        assert_read("localhost:81", &LOOPBACKS, Some(81));
        assert_read("LOCALHOST", &LOOPBACKS, None);
        assert_read("a.localhost:0", &LOOPBACKS, Some(0));
    }

    #[test]
    fn a_wrong_address_says_what_would_be_right() {
        let error = |text: &str| text.parse::<ListenAddress>().unwrap_err();
        for wrong in [
            "",
            ":",
            "a b:1",
            "127.0.0.1:",
            "1.2.3:80",
            "[::1",
            "-1",
            "46x",
        ] {
            assert_eq!(error(wrong), EXPECTED, "{wrong}");
        }
        assert_eq!(error("70000"), "a port is at most 65535, not 70000");
        assert_eq!(error(":70000"), "a port is at most 65535, not 70000");
        assert_eq!(
            error("http://127.0.0.1:4600/"),
            "an address has no http://; did you mean 127.0.0.1:4600?"
        );
        let unknown = error("no-such-host.invalid:4600");
        assert!(
            unknown.starts_with("the name no-such-host.invalid cannot be resolved: "),
            "{unknown}"
        );
    }

    fn options(listen: &[&str], port: Option<u16>) -> ListenOptions {
        let listen = listen.iter().map(|text| text.parse().unwrap()).collect();
        ListenOptions { listen, port }
    }

    #[test]
    fn the_port_is_that_of_addresses_without_one() {
        let of = |listen: &[&str], port| {
            let endpoints = options(listen, port).endpoints(USUAL_PORT).into_iter();
            endpoints.map(|endpoint| endpoint.port).collect::<Vec<_>>()
        };
        assert_eq!(of(&[], None), [4600]);
        assert_eq!(of(&[], Some(81)), [81]);
        assert_eq!(of(&["10.0.0.5", "::1"], Some(81)), [81, 81]);
        assert_eq!(of(&["10.0.0.5:80", "::1"], None), [80, 4600]);
    }

    #[test]
    fn two_flags_must_not_give_a_port_and_the_flag_goes_before_the_variable() {
        let error = options(&["::1", "::1:80"], None).settle(true);
        assert_eq!(error, Ok(()));
        let mut both = options(&["127.0.0.1:80"], Some(81));
        let error = both.settle(true).unwrap_err();
        assert!(error.contains("(80 and 81)"), "{error}");
        both.settle(false).unwrap();
        assert_eq!(both.endpoints(USUAL_PORT)[0].port, 81);
    }
}
