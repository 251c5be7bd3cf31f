//! A network in which a command reaches the emulator and nothing else.
//!
//! Linux has such networks. A helper, this program again, makes one and stays in it for as long as the run lasts: it opens
//! listening sockets there and hands them out, from which the emulator accepts connections as from its others. The command
//! is started by another helper, which enters the network and then becomes the command.

#[cfg(target_os = "linux")]
mod helper;
#[cfg(target_os = "linux")]
mod loopback;
#[cfg(target_os = "linux")]
mod network;
#[cfg(not(target_os = "linux"))]
mod nowhere;
#[cfg(target_os = "linux")]
mod sockets;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

#[cfg(target_os = "linux")]
pub use helper::act;
#[cfg(target_os = "linux")]
pub use network::Network;
#[cfg(not(target_os = "linux"))]
pub use nowhere::{Network, act};

/// The reason that there is no network for the command.
#[derive(Debug, thiserror::Error)]
#[error("--isolate: {0}")]
pub struct IsolateError(String);

/// The address in the network that stands for one of the machine: the network has the loopback alone.
pub fn inner_address(address: SocketAddr) -> SocketAddr {
    let loopback: IpAddr = match address.ip() {
        ip if ip.is_loopback() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(loopback, address.port())
}
