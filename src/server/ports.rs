//! The ports of the worlds of a process, which are those of the same addresses.

use std::io;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::listeners::{InnerNetwork, ListenEndpoint, Listeners, Role, is_out_of_files};
use crate::tls::ServerTls;

/// The addresses of the first world, and the ports of further ones.
pub(super) struct WorldPorts {
    /// At least one.
    pub(super) addresses: Vec<SocketAddr>,
    /// Those for TLS.
    pub(super) tls_addresses: Vec<SocketAddr>,
    pub(super) tls: Option<ServerTls>,
    /// The network in which every world is reached too.
    pub(super) inner: Option<Arc<dyn InnerNetwork>>,
    /// The ports of further worlds; absent: any free port.
    pub(super) range: Option<RangeInclusive<u16>>,
}

/// The listening sockets of a world, with their ports.
pub(super) struct BoundWorld {
    pub(super) listeners: Listeners,
    pub(super) port: u16,
    pub(super) tls_port: Option<u16>,
}

/// The reason that no port was bound.
#[derive(Debug)]
pub(super) enum BindError {
    NoPort {
        tried: String,
        /// The reason the last of them was not bound.
        cause: io::Error,
    },
    /// The process has no file descriptor left.
    NoFile(io::Error),
}

impl WorldPorts {
    /// Binds the port after `last` that is free on all addresses, and another for TLS if the process speaks it.
    pub(super) fn bind(&self, last: Option<u16>) -> Result<BoundWorld, BindError> {
        let (mut listeners, port) = self.bind_next(&self.addresses, last)?;
        let mut tls_port = None;
        if let Some(tls) = self.tls.clone() {
            let (for_tls, port) = self.bind_next(&self.tls_addresses, Some(port))?;
            listeners = listeners.and(for_tls.with_role(&Role::Tls(tls)));
            tls_port = Some(port);
        }
        if let Some(inner) = &self.inner {
            let within = listeners.within(&**inner);
            listeners = within.map_err(|cause| BindError::NoPort {
                tried: format!("{port} in the network of the command"),
                cause,
            })?;
        }
        Ok(BoundWorld {
            listeners,
            port,
            tls_port,
        })
    }

    /// Binds the next port that is free on all of the addresses.
    fn bind_next(
        &self,
        addresses: &[SocketAddr],
        last: Option<u16>,
    ) -> Result<(Listeners, u16), BindError> {
        let (ports, tried) = match &self.range {
            None => (vec![0], "any port".to_owned()),
            Some(range) => (
                rotating_ports(range, last).collect(),
                format!("{} to {}", range.start(), range.end()),
            ),
        };
        let mut cause = io::ErrorKind::AddrInUse.into();
        for port in ports {
            let ips = addresses.iter().map(SocketAddr::ip);
            let endpoints: Vec<_> = ips.map(|ip| ListenEndpoint::new([ip], port)).collect();
            let bound = Listeners::bind(&endpoints).map_err(|error| error.cause);
            match bound.and_then(|listeners| Ok((listeners.addresses()?[0].port(), listeners))) {
                Ok((port, listeners)) => return Ok((listeners, port)),
                Err(error) if is_out_of_files(&error) => return Err(BindError::NoFile(error)),
                Err(error) => cause = error,
            }
        }
        Err(BindError::NoPort { tried, cause })
    }
}

/// The ports of a range, each once, starting after the given one.
fn rotating_ports(range: &RangeInclusive<u16>, after: Option<u16>) -> impl Iterator<Item = u16> {
    let (start, end) = (*range.start(), *range.end());
    let after = after.unwrap_or(end);
    range
        .clone()
        .filter(move |port| *port > after)
        .chain((start..=end).filter(move |port| *port <= after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_come_in_turn_and_each_once() {
        let after = |last| rotating_ports(&(4601..=4604), last).collect::<Vec<_>>();
        assert_eq!(after(None), [4601, 4602, 4603, 4604]);
        assert_eq!(after(Some(4602)), [4603, 4604, 4601, 4602]);
        assert_eq!(after(Some(4604)), [4601, 4602, 4603, 4604]);
    }
}
