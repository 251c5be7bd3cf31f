//! TLS on either side of a connection: the certificate of the server, the authority that makes certificates for a run, and
//! the client of services that speak it.
//!
//! Without the feature `tls` the same names exist, and none of them can be made: [`TlsError::Absent`] is the answer.

#[cfg(not(feature = "tls"))]
mod absent;
#[cfg(feature = "tls")]
mod authority;
#[cfg(feature = "tls")]
mod client;
#[cfg(feature = "tls")]
mod files;
#[cfg(feature = "tls")]
mod server;
#[cfg(feature = "tls")]
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

#[cfg(not(feature = "tls"))]
pub use absent::{Authority, ClientTls, ServerTls, TlsStream, system_roots};
#[cfg(feature = "tls")]
pub use authority::Authority;
#[cfg(feature = "tls")]
pub use client::{ClientTls, system_roots};
#[cfg(feature = "tls")]
pub use server::ServerTls;
#[cfg(feature = "tls")]
pub use tokio_rustls::TlsStream;

/// The certificates that a client trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Roots {
    /// Those of the operating system.
    System,
    /// Those of a file in PEM, and no others.
    File(PathBuf),
}

impl Roots {
    /// Those of a file if it is given, else those of the system.
    pub fn of(file: Option<&Path>) -> Self {
        file.map_or(Self::System, |file| Self::File(file.to_owned()))
    }
}

/// The reason that TLS cannot be spoken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The program was built without it.
    #[error("this build has no TLS; build it with the feature `tls`")]
    Absent,
    /// Files do not contain what they should, a line each.
    #[error("{}", .0.join("\n"))]
    Files(Vec<String>),
    /// No certificate of an authority is known to the system.
    #[error("the system has no certificates of authorities{0}; name a file with --ca")]
    NoRoots(String),
    /// A certificate cannot be made or used.
    #[error("{0}")]
    Certificate(String),
}

/// True if the program speaks TLS.
pub const IS_PRESENT: bool = cfg!(feature = "tls");

/// A certificate in PEM.
pub fn pem(der: &[u8]) -> String {
    pem_block("CERTIFICATE", der)
}

/// A block of PEM, with lines of 64 characters.
fn pem_block(label: &str, der: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    /// The bytes of a line: 64 characters.
    const LINE: usize = 48;
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in der.chunks(LINE) {
        for three in line.chunks(3) {
            let byte = |n: usize| u32::from(three.get(n).copied().unwrap_or(0));
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            for n in 0..4 {
                let index = bits >> (18 - 6 * n) & 0x3f;
                let is_filler = n > three.len();
                text.push(if is_filler {
                    '='
                } else {
                    char::from(ALPHABET[index as usize])
                });
            }
        }
        text.push('\n');
    }
    text.extend(["-----END ", label, "-----\n"]);
    text
}

/// The one provider of algorithms. Named wherever it is needed, so that nothing depends on a global default.
#[cfg(feature = "tls")]
fn provider() -> std::sync::Arc<rustls::crypto::CryptoProvider> {
    std::sync::Arc::new(rustls::crypto::ring::default_provider())
}
