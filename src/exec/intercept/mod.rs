//! The interception of what a command sends to the real services: a proxy with certificates of its own, the variables by
//! which programs find both, and the report on the hosts that were asked and are not emulated.

mod folder;
mod hosts;
mod java;
mod variables;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use self::folder::PrivateFolder;
use self::hosts::is_cloud;
use crate::http::host_name::HostPattern;
use crate::server::interception::Interception;
use crate::tls::{Authority, ServerTls, TlsError, pem, system_roots};

/// The hosts for which the certificate of a client that names none is made.
const USUAL_HOSTS: [&str; 1] = ["iam.myhuaweicloud.com"];

/// The script by which an older Node finds the proxy.
const NODE: &str = include_str!("node.js");

/// The reason that requests cannot be intercepted.
#[derive(Debug, thiserror::Error)]
pub enum InterceptError {
    #[error("--intercept: {0}")]
    Tls(#[from] TlsError),
    #[error("--intercept: cannot write the certificates into a temporary directory: {0}")]
    Folder(#[from] io::Error),
}

/// The interception of one run. Its files are removed with it.
#[derive(Debug)]
pub struct Intercept {
    proxy: Arc<Interception>,
    folder: PrivateFolder,
}

impl Intercept {
    /// Makes the certificates of the run. `hosts` are emulated beside those of the cloud.
    pub fn begin(hosts: Vec<HostPattern>) -> Result<Self, InterceptError> {
        let authority = Arc::new(Authority::new()?);
        let is_emulated =
            move |host: &str| is_cloud(host) || hosts.iter().any(|pattern| pattern.matches(host));
        let may_be_asked = Box::new(is_emulated.clone());
        let usual = USUAL_HOSTS.map(str::to_owned);
        let tls = ServerTls::of_authority(Arc::clone(&authority), &usual, may_be_asked)?;
        let folder = PrivateFolder::new()?;
        let mut roots = system_roots();
        folder.write("ca.pem", authority.pem().as_bytes())?;
        let bundle: String = roots.iter().map(|root| pem(root)).collect();
        folder.write("bundle.pem", (bundle + &authority.pem()).as_bytes())?;
        roots.push(authority.der().to_vec());
        folder.write("java.jks", &java::trust_store(&roots))?;
        folder.write("node.js", NODE.as_bytes())?;
        let proxy = Arc::new(Interception::new(tls, Box::new(is_emulated)));
        Ok(Self { proxy, folder })
    }

    /// The proxy, for a listening socket.
    pub fn proxy(&self) -> &Arc<Interception> {
        &self.proxy
    }

    /// The directory of the certificates.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The environment variables by which programs find the proxy at its address, and the certificates. `outer` is the
    /// value of a variable so far.
    pub fn variables(
        &self,
        proxy: SocketAddr,
        outer: impl Fn(&str) -> Option<String>,
    ) -> Vec<(&'static str, String)> {
        variables::variables(self.folder.path(), proxy, &outer)
    }

    /// The findings of `--fail-on escaped`, a line each.
    pub fn escaped(&self) -> Vec<String> {
        let escaped = self.proxy.escaped().into_iter();
        escaped
            .map(|(host, n)| {
                format!("escaped: {host} is not emulated and was refused (times: {n})")
            })
            .collect()
    }

    /// The remarks that are no findings, a line each.
    pub fn notes(&self) -> Vec<String> {
        let distrusted = self.proxy.distrusted().into_iter();
        distrusted
            .map(|(host, n)| {
                format!(
                    "intercept: a program did not trust the certificate for {host} (times: {n}); it must read its \
                     authorities from RELEASE_EMULATOR_CA_FILE, see `release-emulator docs intercept`"
                )
            })
            .collect()
    }
}
