//! Certificates and keys in files, in PEM.

use std::path::Path;

use rustls::pki_types::pem::{Error, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The certificates of a file, at least one. The error is a line that names the file.
pub(super) fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let text = read(file)?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) | Err(Error::NoItemsFound) => Err(format!(
            "{}: there is no certificate in it; expected PEM, which begins with -----BEGIN CERTIFICATE-----",
            file.display()
        )),
        Err(error) => Err(format!("{}: it is not PEM: {error}", file.display())),
    }
}

/// The private key of a file. The error is a line that names the file, and shows nothing of the key.
pub(super) fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, String> {
    let text = read(file)?;
    let is_encrypted = String::from_utf8_lossy(&text).contains("ENCRYPTED");
    match PrivateKeyDer::from_pem_slice(&text) {
        Ok(key) => Ok(key),
        Err(_) if is_encrypted => Err(format!(
            "{}: the private key is encrypted; `openssl pkey -in KEY -out PLAIN_KEY` decrypts it",
            file.display()
        )),
        Err(_) => Err(format!(
            "{}: there is no private key in it; expected PEM, which begins with -----BEGIN PRIVATE KEY-----",
            file.display()
        )),
    }
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    let read = std::fs::read(file);
    read.map_err(|error| format!("{}: {error}", file.display()))
}
