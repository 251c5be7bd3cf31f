//! The client of a service that speaks TLS.

use std::io;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use rustls_native_certs::load_native_certs;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, TlsStream};

use super::{Roots, TlsError, files, provider};

/// The side of a client, with the roots that it trusts. Reading the roots takes milliseconds, so one serves for all connections.
#[derive(Clone)]
pub struct ClientTls(Arc<ClientConfig>);

impl ClientTls {
    /// A client that trusts these roots.
    pub fn new(roots: &Roots) -> Result<Self, TlsError> {
        let certificates = match roots {
            Roots::System => system_certificates()?,
            Roots::File(file) => {
                files::certificates(file).map_err(|line| TlsError::Files(vec![line]))?
            }
        };
        let mut store = RootCertStore::empty();
        let (n_read, _) = store.add_parsable_certificates(certificates);
        if let (Roots::File(file), 0) = (roots, n_read) {
            let line = format!("{}: no certificate in it can be read", file.display());
            return Err(TlsError::Files(vec![line]));
        }
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::Certificate(error.to_string()))?
            .with_root_certificates(store)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }

    /// Speaks TLS with a host over a connection to it. The error of a certificate that is not trusted says so.
    pub async fn connect(&self, host: &str, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "it is not a host name"))?;
        let connector = TlsConnector::from(Arc::clone(&self.0));
        connector.connect(name, stream).await.map(TlsStream::Client)
    }
}

/// The certificates of the authorities that the system trusts, as DER; none if it has none.
pub fn system_roots() -> Vec<Vec<u8>> {
    let found = load_native_certs().certs;
    found.iter().map(|root| root.to_vec()).collect()
}

fn system_certificates() -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found = load_native_certs();
    if found.certs.is_empty() {
        let why = found.errors.first();
        let why = why.map_or_else(String::new, |error| format!(" ({error})"));
        return Err(TlsError::NoRoots(why));
    }
    Ok(found.certs)
}
