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
    /// Present if an authority makes the certificates.
    on_demand: Option<Arc<OnDemand>>,
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
        Ok(Self {
            config: config(Arc::new(Fixed(Arc::new(certified))))?,
            on_demand: None,
        })
    }

    /// Certificates of an authority, for `names`, which are host names and IP addresses, and for each further name that a
    /// client asks for and `may_be_asked` allows.
    ///
    /// A name of its own goes where a wildcard would not: OpenSSL takes none right below a top-level domain, such as
    /// `*.localhost`.
    pub fn of_authority(
        authority: Arc<Authority>,
        names: &[String],
        may_be_asked: Box<dyn Fn(&str) -> bool + Send + Sync>,
    ) -> Result<Self, TlsError> {
        let on_demand = Arc::new(OnDemand {
            usual: Arc::new(authority.certify(names)?),
            ca_pem: authority.pem(),
            authority,
            names: names.to_vec(),
            may_be_asked,
            made: Mutex::default(),
        });
        Ok(Self {
            config: config(Arc::clone(&on_demand) as _)?,
            on_demand: Some(on_demand),
        })
    }

    /// The certificate of the authority, in PEM, if it was made for this run.
    pub fn ca_pem(&self) -> Option<&str> {
        self.on_demand.as_ref().map(|made| made.ca_pem.as_str())
    }

    /// Speaks TLS with a client that has connected to an address of this machine.
    pub async fn accept<S>(&self, stream: S, address: Option<IpAddr>) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let acceptor = TlsAcceptor::from(self.config_at(address));
        acceptor.accept(stream).await.map(TlsStream::Server)
    }

    /// The configuration at an address. A client that asks for an address names none in its handshake.
    fn config_at(&self, address: Option<IpAddr>) -> Arc<ServerConfig> {
        let certified = self
            .on_demand
            .as_ref()
            .zip(address)
            .and_then(|(made, address)| made.certificate_of(address.to_canonical()));
        let Some(certified) = certified else {
            return Arc::clone(&self.config);
        };
        let mut config = (*self.config).clone();
        if let Some(made) = &self.on_demand {
            config.cert_resolver = Arc::new(AtAddress(Arc::clone(made), certified));
        }
        Arc::new(config)
    }
}

fn config(certificates: Arc<dyn ResolvesServerCert>) -> Result<Arc<ServerConfig>, TlsError> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::Certificate(error.to_string()))?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
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
    ca_pem: String,
    /// That of the names alone.
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
    /// The certificate for the usual names and a further one.
    fn certificate(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.get(name) {
            return Some(Arc::clone(known));
        }
        let names = [&self.names[..], &[name.to_owned()]].concat();
        let certified = Arc::new(self.authority.certify(&names).ok()?);
        if made.len() >= MOST_MADE {
            made.clear();
        }
        made.insert(name.to_owned(), Arc::clone(&certified));
        Some(certified)
    }

    /// The certificate at an address that the usual one does not have.
    fn certificate_of(&self, address: IpAddr) -> Option<Arc<CertifiedKey>> {
        let name = address.to_string();
        let is_usual = address.is_loopback() || self.names.contains(&name);
        (!is_usual).then(|| self.certificate(&name)).flatten()
    }

    /// The certificate for the name that a client asks for, if it asks for another than the usual ones.
    fn asked(&self, hello: &ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name()?.to_ascii_lowercase();
        let is_new = !self.names.contains(&name) && (self.may_be_asked)(&name);
        is_new.then(|| self.certificate(&name)).flatten()
    }
}

impl ResolvesServerCert for OnDemand {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // The client says itself that the name is another.
        let asked = self.asked(&hello);
        Some(asked.unwrap_or_else(|| Arc::clone(&self.usual)))
    }
}

/// The certificate at an address, for clients that ask for no name.
#[derive(Debug)]
struct AtAddress(Arc<OnDemand>, Arc<CertifiedKey>);

impl ResolvesServerCert for AtAddress {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let Self(made, at_address) = self;
        let asked = made.asked(&hello);
        Some(asked.unwrap_or_else(|| Arc::clone(at_address)))
    }
}
