//! The options of TLS: the certificate, the addresses, and the proxy in front that speaks it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::listen::{ListenAddress, ListenOptions, USUAL_PORT};
use crate::http::host_name::{HostPattern, is_private};
use crate::http::machine_name::machine_name;
use crate::server::listeners::ListenEndpoint;
use crate::tls::{Authority, IS_PRESENT, ServerTls, TlsError};

/// The distance of the usual port for TLS from that for plain HTTP.
const DISTANCE: u16 = 43;

/// The port for TLS by default.
pub const USUAL_TLS_PORT: u16 = USUAL_PORT + DISTANCE;

const TLS_LISTEN_HELP: &str = "An address to speak TLS on, in the form of --listen [default: the addresses of --listen, \
    and their ports plus 43: 4643]; port 0 picks a free one; may be repeated, or comma-separated";

/// The options of TLS.
#[derive(Clone, Debug, Default, Args)]
pub struct TlsOptions {
    /// Speak TLS too, on ports of its own, with a certificate that is made at the start
    #[arg(long, env = "RELEASE_EMULATOR_TLS")]
    tls: bool,
    /// Speak TLS too, with the certificate in this file (PEM, with those of its authorities behind it)
    #[arg(long, env = "RELEASE_EMULATOR_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// The private key of --tls-cert (PEM)
    #[arg(long, env = "RELEASE_EMULATOR_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// An address to speak TLS on
    #[arg(
        long,
        env = "RELEASE_EMULATOR_TLS_LISTEN",
        value_name = "ADDRESS",
        value_delimiter = ',',
        help = TLS_LISTEN_HELP
    )]
    tls_listen: Vec<ListenAddress>,
    /// Heed X-Forwarded-Host and X-Forwarded-Proto, as the proxy in front of the emulator sends them
    #[arg(long, env = "RELEASE_EMULATOR_TRUST_PROXY")]
    pub(super) trust_proxy: bool,
}

impl TlsOptions {
    /// Checks that the options fit together.
    pub(super) fn check(&self) -> Result<(), String> {
        let is_on = self.tls || self.tls_cert.is_some() || self.tls_key.is_some();
        if is_on && !IS_PRESENT {
            return Err(format!("--tls: {}", TlsError::Absent));
        }
        let text = match (&self.tls_cert, &self.tls_key) {
            (Some(_), None) => {
                "--tls-cert needs the private key of the certificate: --tls-key FILE"
            }
            (None, Some(_)) => "--tls-key needs the certificate of the key: --tls-cert FILE",
            _ if !is_on && !self.tls_listen.is_empty() => {
                "--tls-listen needs a certificate: --tls makes one, --tls-cert and --tls-key name one"
            }
            _ => return Ok(()),
        };
        Err(text.to_owned())
    }

    /// The endpoints for TLS. `usual_port` is that of addresses for plain HTTP without one.
    pub fn endpoints(&self, listen: &ListenOptions, usual_port: u16) -> Vec<ListenEndpoint> {
        let beside = |port: u16| match port {
            0 => 0,
            port => port.checked_add(DISTANCE).unwrap_or(0),
        };
        if self.tls_listen.is_empty() {
            let endpoints = listen.endpoints(usual_port).into_iter();
            return endpoints
                .map(|endpoint| ListenEndpoint::new(endpoint.ips, beside(endpoint.port)))
                .collect();
        }
        let addresses = self.tls_listen.iter();
        addresses
            .map(|address| {
                let port = address.port.unwrap_or_else(|| beside(usual_port));
                ListenEndpoint::new(&*address.ips, port)
            })
            .collect()
    }

    /// The certificate of the server; `None` if it does not speak TLS.
    pub(super) fn server(
        &self,
        listen: &ListenOptions,
        allowed: &[HostPattern],
        public_host: Option<&str>,
    ) -> Result<Option<ServerTls>, TlsError> {
        if let (Some(certificate), Some(key)) = (&self.tls_cert, &self.tls_key) {
            return ServerTls::from_files(certificate, key).map(Some);
        }
        if !self.tls {
            return Ok(None);
        }
        let endpoints = listen.endpoints(USUAL_PORT).into_iter();
        let endpoints = endpoints.chain(self.endpoints(listen, USUAL_PORT));
        let ips = endpoints.flat_map(|endpoint| endpoint.ips);
        let ips = ips.filter(|ip| !ip.is_unspecified());
        let mut addresses: BTreeSet<String> = ips.map(|ip| ip.to_string()).collect();
        addresses.extend(["127.0.0.1", "::1"].map(str::to_owned));
        let given = self
            .tls_listen
            .iter()
            .filter_map(|address| address.name.as_deref());
        let given = listen.names().chain(given).chain(public_host);
        let mut names: BTreeSet<String> = given
            .filter(|name| !name.starts_with('['))
            .map(str::to_ascii_lowercase)
            .collect();
        names.extend(machine_name().map(str::to_ascii_lowercase));
        names.remove("localhost");
        let names: Vec<String> = ["localhost".to_owned()]
            .into_iter()
            .chain(names)
            .chain(addresses)
            .collect();
        let allowed = allowed.to_vec();
        let may_be_asked = move |name: &str| {
            is_private(name) || allowed.iter().any(|pattern| pattern.matches(name))
        };
        let authority = Arc::new(Authority::new()?);
        ServerTls::of_authority(authority, &names, Box::new(may_be_asked)).map(Some)
    }
}
