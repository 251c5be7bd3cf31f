//! The server's side: its certificate, and the handshake.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsAcceptor, TlsStream};

use super::{Authority, TlsError, files, provider};

/// The most certificates that are made for names that clients ask for. Then they are made anew.
const MOST_MADE: usize = 256;

/// A certificate with its key, and all that a handshake needs.
#[derive(Clone)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
    ca_pem: Option<Arc<str>>,
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ServerTls").finish_non_exhaustive()
    }
}

impl ServerTls {
    /// A certificate of a file, with those of its authorities behind it, and the key of another. The error has a line for
    /// each file that cannot be used.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let (chain, read_key) = match (files::certificates(certificate), files::private_key(key)) {
            (Ok(chain), Ok(key)) => (chain, key),
            (chain, key) => {
                let lines = [chain.err(), key.err()];
                return Err(TlsError::Files(lines.into_iter().flatten().collect()));
            }
        };
        let certified = CertifiedKey::from_der(chain, read_key, &provider()).map_err(|error| {
            let (certificate, key) = (certificate.display(), key.display());
            let why = match error {
                rustls::Error::InconsistentKeys(_) => {
                    "the key is not that of the certificate".to_owned()
                }
                error => error.to_string(),
            };
            TlsError::Files(vec![format!("{certificate} with {key}: {why}")])
        })?;
        Self::new(Arc::new(Fixed(Arc::new(certified))), None)
    }

    /// Certificates of an authority: one for `names`, which are host names and IP addresses, and one for each further name
    /// that a client asks for and `may_be_asked` allows.
    ///
    /// A name of its own goes where a wildcard would not: OpenSSL takes none right below a top-level domain, such as
    /// `*.localhost`.
    pub fn of_authority(
        authority: Arc<Authority>,
        names: &[String],
        may_be_asked: Box<dyn Fn(&str) -> bool + Send + Sync>,
    ) -> Result<Self, TlsError> {
        let usual = Arc::new(authority.certify(names)?);
        let ca_pem = authority.pem().into();
        let made = OnDemand {
            authority,
            usual,
            names: names.to_vec(),
            may_be_asked,
            made: Mutex::default(),
        };
        Self::new(Arc::new(made), Some(ca_pem))
    }

    fn new(
        certificates: Arc<dyn ResolvesServerCert>,
        ca_pem: Option<Arc<str>>,
    ) -> Result<Self, TlsError> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::Certificate(error.to_string()))?
            .with_no_client_auth()
            .with_cert_resolver(certificates);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let config = Arc::new(config);
        Ok(Self { config, ca_pem })
    }

    /// The certificate of the authority, in PEM, if it was made for this run.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// Speaks TLS with a client that has connected.
    pub async fn accept<S>(&self, stream: S) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let acceptor = TlsAcceptor::from(Arc::clone(&self.config));
        acceptor.accept(stream).await.map(TlsStream::Server)
    }
}

/// The same certificate for every client.
#[derive(Debug)]
struct Fixed(Arc<CertifiedKey>);

impl ResolvesServerCert for Fixed {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// A certificate for each name.
struct OnDemand {
    authority: Arc<Authority>,
    usual: Arc<CertifiedKey>,
    names: Vec<String>,
    may_be_asked: Box<dyn Fn(&str) -> bool + Send + Sync>,
    made: Mutex<HashMap<String, Arc<CertifiedKey>>>,
}

impl fmt::Debug for OnDemand {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OnDemand").finish_non_exhaustive()
    }
}

impl OnDemand {
    fn certificate(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.get(name) {
            return Some(Arc::clone(known));
        }
        let certified = Arc::new(self.authority.certify(&[name.to_owned()]).ok()?);
        if made.len() >= MOST_MADE {
            made.clear();
        }
        made.insert(name.to_owned(), Arc::clone(&certified));
        Some(certified)
    }
}

impl ResolvesServerCert for OnDemand {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let asked = hello.server_name().map(str::to_ascii_lowercase);
        let asked = asked.filter(|name| {
            !self.names.contains(name)
                && name.parse::<IpAddr>().is_err()
                && (self.may_be_asked)(name)
        });
        let certified = asked.and_then(|name| self.certificate(&name));
        // The client says itself that the name is another.
        Some(certified.unwrap_or_else(|| Arc::clone(&self.usual)))
    }
}
