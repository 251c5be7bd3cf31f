//! The absence of such networks on other systems than Linux.

use std::convert::Infallible;
use std::ffi::OsString;
use std::io;
use std::net::{SocketAddr, TcpListener};

use super::IsolateError;
use crate::server::listeners::InnerNetwork;

/// A network that cannot be made.
#[derive(Debug)]
pub struct Network(Infallible);

impl Network {
    /// The reason that there is none.
    pub fn new() -> Result<Self, IsolateError> {
        Err(IsolateError(
            "only Linux has networks for one command".to_owned(),
        ))
    }

    pub fn entering(&self, _: &[OsString]) -> Vec<OsString> {
        match self.0 {}
    }
}

impl InnerNetwork for Network {
    fn listen(&self, _: SocketAddr) -> io::Result<TcpListener> {
        match self.0 {}
    }
}

/// No process is a helper.
pub fn act() -> Option<u8> {
    None
}
