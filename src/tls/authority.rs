//! A certificate authority for one run: nothing on disk knows its key, which ends with the process.

use std::fmt;

use chrono::Datelike;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;

use super::{TlsError, pem, provider};
use crate::sim::Millis;
use crate::sim::clock::system_now;
use crate::sim::time::instant;

/// The length for which a certificate is valid. Some clients refuse one that is valid for longer than 398 days.
const VALID: Millis = 396 * DAY;

/// The time by which clocks of clients may be late.
const EARLIER: Millis = DAY;

const DAY: Millis = 86_400_000;

/// The digits of the key's identifier in the name of an authority, which tell those of two runs apart.
const DIGITS: usize = 8;

/// The authority of one run.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Authority {
    /// Makes an authority with a new key.
    pub fn new() -> Result<Self, TlsError> {
        let key = KeyPair::generate().map_err(unmade)?;
        let mut params = dated();
        let id = base16ct::lower::encode_string(&params.key_identifier(&key));
        let name = format!("release-emulator, for this run only ({})", &id[..DIGITS]);
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(unmade)?;
        Ok(Self { issuer })
    }

    /// Its own certificate, in PEM.
    pub fn pem(&self) -> String {
        pem(self.der())
    }

    /// Its own certificate.
    pub fn der(&self) -> &[u8] {
        self.issuer.der()
    }

    /// A new key with a certificate for host names and IP addresses.
    pub(super) fn certify(&self, names: &[String]) -> Result<CertifiedKey, TlsError> {
        let key = KeyPair::generate().map_err(unmade)?;
        let mut params = dated();
        let named = CertificateParams::new(names).map_err(unmade)?;
        params.subject_alt_names = named.subject_alt_names;
        // Python since 3.13 refuses a certificate without it.
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let name = names.first().map_or("release-emulator", String::as_str);
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.signed_by(&key, &self.issuer).map_err(unmade)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let chain: Vec<CertificateDer<'static>> =
            vec![certificate.der().clone(), self.issuer.der().clone()];
        CertifiedKey::from_der(chain, key, &provider()).map_err(unmade)
    }
}

/// Parameters without names, valid from yesterday on.
fn dated() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    let day = |at| {
        let at = instant(at);
        // A month and a day of it are small.
        let small = |number: u32| u8::try_from(number).unwrap_or(1);
        date_time_ymd(at.year(), small(at.month()), small(at.day()))
    };
    let now = system_now();
    params.not_before = day(now - EARLIER);
    params.not_after = day(now + VALID);
    params
}

fn unmade(error: impl fmt::Display) -> TlsError {
    TlsError::Certificate(format!("a certificate cannot be made: {error}"))
}
