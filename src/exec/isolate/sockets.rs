//! The exchange between the emulator and the helper in the network, over a pair of sockets: an address one way, a listening
//! socket or the reason that there is none the other way.

use std::io::{self, IoSlice, IoSliceMut, Read};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::cmsg_space;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

/// The longest message: an address, or the reason of a failure.
const LONGEST: usize = 1_024;

/// The message with a socket, or before the first of them.
pub(super) const DONE: &str = "done";

/// Sends a message, with a listening socket if there is one.
pub(super) fn send(
    channel: &UnixStream,
    text: &str,
    listener: Option<&TcpListener>,
) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let descriptors = listener.map(AsFd::as_fd);
    let descriptors = descriptors.as_slice();
    if !descriptors.is_empty() {
        control.push(SendAncillaryMessage::ScmRights(descriptors));
    }
    let text = IoSlice::new(text.as_bytes());
    sendmsg(channel, &[text], &mut control, SendFlags::empty())?;
    Ok(())
}

/// Receives an answer, with the socket that came with it; `None` if the other end is gone.
pub(super) fn receive(channel: &UnixStream) -> io::Result<Option<(String, Option<TcpListener>)>> {
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut bytes = [0; LONGEST];
    let flags = RecvFlags::CMSG_CLOEXEC;
    let received = recvmsg(
        channel,
        &mut [IoSliceMut::new(&mut bytes)],
        &mut control,
        flags,
    )?;
    if received.bytes == 0 {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&bytes[..received.bytes]).into_owned();
    let mut messages = control.drain();
    let descriptor = messages.find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    Ok(Some((text, descriptor.map(|fd: OwnedFd| fd.into()))))
}

/// Reads a message without a socket; empty if the other end is gone.
pub(super) fn read_text(mut channel: &UnixStream) -> io::Result<String> {
    let mut bytes = [0; LONGEST];
    let n = channel.read(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes[..n]).into_owned())
}
