//! The network, as the emulator has it: the helper in it, and the sockets that it hands out.

use std::ffi::OsString;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::helper::{ENTER, HOLD};
use super::sockets::{DONE, receive, send};
use super::{IsolateError, inner_address};
use crate::server::listeners::InnerNetwork;

/// The longest wait for the helper, which answers at once.
const LONGEST: Duration = Duration::from_secs(10);

/// A network of its own, which goes with the value.
#[derive(Debug)]
pub struct Network {
    holder: Child,
    /// One question at a time.
    channel: Mutex<UnixStream>,
    program: OsString,
}

impl Network {
    /// Makes a network. The error says what the system does not allow.
    pub fn new() -> Result<Self, IsolateError> {
        let failed = |error: io::Error| IsolateError(error.to_string());
        let program = std::env::current_exe().map_err(failed)?;
        let (channel, other) = UnixStream::pair().map_err(failed)?;
        channel.set_read_timeout(Some(LONGEST)).map_err(failed)?;
        let holder = Command::new(&program)
            .arg(HOLD)
            .stdin(Stdio::from(OwnedFd::from(other)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // It outlasts the signals of a terminal, as the emulator does.
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let network = Self {
            holder,
            channel: Mutex::new(channel),
            program: program.into(),
        };
        let begun = {
            let channel = network.channel.lock();
            receive(&channel.unwrap_or_else(PoisonError::into_inner))
        };
        match begun.map_err(failed)? {
            Some((text, _)) if text == DONE => Ok(network),
            Some((text, _)) => Err(IsolateError(text)),
            None => Err(IsolateError("its helper has ended".to_owned())),
        }
    }

    /// The command line that runs a command in the network.
    pub fn entering(&self, command: &[OsString]) -> Vec<OsString> {
        let holder = self.holder.id().to_string();
        let mut line = vec![self.program.clone(), ENTER.into(), holder.into()];
        line.extend(command.iter().cloned());
        line
    }
}

impl InnerNetwork for Network {
    fn listen(&self, address: SocketAddr) -> io::Result<TcpListener> {
        let channel = self.channel.lock().unwrap_or_else(PoisonError::into_inner);
        send(&channel, &inner_address(address).to_string(), None)?;
        match receive(&channel)? {
            Some((_, Some(listener))) => Ok(listener),
            Some((text, None)) => Err(io::Error::other(text)),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // It holds nothing but the network, which the command keeps for as long as it runs.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
