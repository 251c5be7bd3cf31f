//! The emulator in a program as a server of TLS: its certificate, and the authority that clients trust.

use std::sync::Arc;

use super::Emulator;
use crate::server::http_client::is_localhost;
use crate::tls::{Authority, ServerTls, TlsError};

impl Emulator {
    /// The base URL in TLS without a trailing slash; `None` without [`EmulatorBuilder::tls`](super::EmulatorBuilder::tls).
    #[must_use]
    pub fn https_url(&self) -> Option<String> {
        self.host.https_url()
    }

    /// The certificate of the authority in PEM, for clients to trust; `None` without
    /// [`EmulatorBuilder::tls`](super::EmulatorBuilder::tls).
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.host.tls()?.ca_pem()
    }
}

/// A certificate for the names of the loopback, by an authority whose key ends with the emulator.
pub(super) fn certificate() -> Result<ServerTls, TlsError> {
    let names = ["localhost", "127.0.0.1"].map(str::to_owned);
    let authority = Arc::new(Authority::new()?);
    ServerTls::of_authority(authority, &names, Box::new(is_localhost))
}
