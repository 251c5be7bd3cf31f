//! The loopback of a new network, which is down at first.

use std::io;

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with,
};

/// The type of a message that changes an interface, and the flags: it is a request, and wants an answer. Source:
/// `rtnetlink(7)`, `netlink(7)`.
const NEW_LINK: u16 = 16;
const REQUEST_WITH_ANSWER: u16 = 0x1 | 0x4;

/// The number of the loopback in every new network.
const LOOPBACK: i32 = 1;

/// The flag of an interface that is up.
const UP: u32 = 1;

/// The length of the message: a head of 16 bytes, and the description of an interface.
const LENGTH: u32 = 32;

/// The place of the error number in the answer, behind its head.
const ERROR: std::ops::Range<usize> = 16..20;

/// Sets the loopback up.
pub(super) fn set_up() -> io::Result<()> {
    // The protocol 0 is that of interfaces and routes.
    let socket = socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        None,
    )?;
    let kernel = SocketAddrNetlink::new(0, 0);
    sendto(&socket, &request(), SendFlags::empty(), &kernel)?;
    let mut answer = [0; 256];
    let (n, _) = recv(&socket, &mut answer, RecvFlags::empty())?;
    let code = answer[..n]
        .get(ERROR)
        .and_then(|bytes| bytes.try_into().ok());
    match code.map(i32::from_ne_bytes) {
        Some(0) => Ok(()),
        Some(code) => Err(io::Error::from_raw_os_error(-code)),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn request() -> Vec<u8> {
    let mut message = Vec::new();
    message.extend(LENGTH.to_ne_bytes());
    message.extend(NEW_LINK.to_ne_bytes());
    message.extend(REQUEST_WITH_ANSWER.to_ne_bytes());
    // The number of the message and of its sender.
    message.extend([1_u32, 0].map(u32::to_ne_bytes).as_flattened());
    // The family and the type, which are any.
    message.extend([0; 4]);
    message.extend(LOOPBACK.to_ne_bytes());
    // The flags, and those of them that change.
    message.extend([UP, UP].map(u32::to_ne_bytes).as_flattened());
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_is_as_long_as_it_says() {
        assert_eq!(request().len(), LENGTH as usize);
    }
}
