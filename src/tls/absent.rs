//! The names of the module in a program without TLS. None of the types has a value.

use std::convert::Infallible;
use std::io;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::{Roots, TlsError};

/// The authority of one run.
#[derive(Debug)]
pub struct Authority(Infallible);

impl Authority {
    pub fn new() -> Result<Self, TlsError> {
        Err(TlsError::Absent)
    }

    pub fn pem(&self) -> String {
        match self.0 {}
    }

    pub fn der(&self) -> &[u8] {
        match self.0 {}
    }
}

/// A certificate with its key.
#[derive(Clone, Debug)]
pub struct ServerTls(Infallible);

impl ServerTls {
    pub fn from_files(_: &Path, _: &Path) -> Result<Self, TlsError> {
        Err(TlsError::Absent)
    }

    pub fn of_authority(
        authority: Arc<Authority>,
        _: &[String],
        _: Box<dyn Fn(&str) -> bool + Send + Sync>,
    ) -> Result<Self, TlsError> {
        match authority.0 {}
    }

    pub fn ca_pem(&self) -> Option<&str> {
        match self.0 {}
    }

    pub async fn accept<S>(&self, _: S, _: Option<IpAddr>) -> io::Result<TlsStream<S>> {
        match self.0 {}
    }
}

/// The side of a client, with the roots that it trusts.
#[derive(Clone)]
pub struct ClientTls(Infallible);

impl ClientTls {
    pub fn new(_: &Roots) -> Result<Self, TlsError> {
        Err(TlsError::Absent)
    }

    pub async fn connect(&self, _: &str, _: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        match self.0 {}
    }
}

/// No certificates: nobody asks for them.
pub fn system_roots() -> Vec<Vec<u8>> {
    Vec::new()
}

/// A connection with TLS.
#[derive(Debug)]
pub struct TlsStream<S>(Infallible, PhantomData<S>);

impl<S> TlsStream<S> {
    pub fn get_ref(&self) -> (&S, ()) {
        match self.0 {}
    }
}

impl<S> AsyncRead for TlsStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.0 {}
    }
}

impl<S> AsyncWrite for TlsStream<S> {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        match self.0 {}
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.0 {}
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.0 {}
    }
}
