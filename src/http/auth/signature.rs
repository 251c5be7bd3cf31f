//! The `Authorization` header of a signed request, and the arithmetic of its algorithms.
//!
//! `<algorithm> Access=<ak>, SignedHeaders=<a;b>, Signature=<64 hex>`, or for the derived key
//! `Credential=<ak>/<date>/<region>/<service>` in place of `Access`. Source: the signers of the official SDKs
//! (Python 3.1.219), read 2026-08.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use sm3::Sm3;

/// The number of bytes of a digest, and of a signature, in every algorithm.
const SIZE: usize = 32;

/// A parsed `Authorization` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature<'a> {
    pub algorithm: Algorithm,
    /// The access key.
    pub ak: &'a str,
    /// `<date>/<region>/<service>`; only with a derived key.
    pub scope: Option<&'a str>,
    /// The names of the signed headers, separated by semicolons.
    pub signed_headers: &'a str,
    /// The signature itself.
    pub code: [u8; SIZE],
}

/// The algorithms that clients sign with, by their schemes in the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
pub enum Algorithm {
    #[strum(serialize = "SDK-HMAC-SHA256")]
    Sha256,
    #[strum(serialize = "SDK-HMAC-SM3")]
    Sm3,
    /// Like the first, with a key derived for a day, a region and a service.
    #[strum(serialize = "V11-HMAC-SHA256")]
    Derived,
}

impl Algorithm {
    /// The scheme in the header.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The header in which a client may send the digest of the body.
    pub fn content_header(self) -> &'static str {
        match self {
            Self::Sha256 | Self::Derived => "x-sdk-content-sha256",
            Self::Sm3 => "x-sdk-content-sm3",
        }
    }

    /// The digest in lower-case hexadecimal digits.
    pub fn digest(self, bytes: &[u8]) -> String {
        match self {
            Self::Sha256 | Self::Derived => hex(&Sha256::digest(bytes)),
            Self::Sm3 => hex(&Sm3::digest(bytes)),
        }
    }

    /// The HMAC of a text, in lower-case hexadecimal digits.
    pub fn code(self, key: &[u8], text: &[u8]) -> String {
        match self {
            Self::Sha256 | Self::Derived => {
                hex(&mac::<Hmac<Sha256>>(key, text).finalize().into_bytes())
            }
            Self::Sm3 => hex(&mac::<Hmac<Sm3>>(key, text).finalize().into_bytes()),
        }
    }

    /// Returns true if a code is the HMAC of a text, in constant time.
    pub fn verify(self, key: &[u8], text: &[u8], code: &[u8; SIZE]) -> bool {
        match self {
            Self::Sha256 | Self::Derived => mac::<Hmac<Sha256>>(key, text).verify_slice(code),
            Self::Sm3 => mac::<Hmac<Sm3>>(key, text).verify_slice(code),
        }
        .is_ok()
    }
}

/// Algorithms of the SDKs that are not emulated.
const NOT_EMULATED: [&str; 2] = ["SDK-ECDSA-P256-SHA256", "SDK-SM2-SM3"];

impl<'a> Signature<'a> {
    /// Parses the header; `None` if it has another scheme. The error is a text for the user.
    pub fn read(header: &'a str) -> Result<Option<Self>, String> {
        let blank = |character: char| character.is_ascii_whitespace();
        let (scheme, rest) = header.split_once(blank).unwrap_or((header, ""));
        let Ok(algorithm) = scheme.parse::<Algorithm>() else {
            if NOT_EMULATED.contains(&scheme) {
                return Err(format!(
                    "{scheme} is not emulated; sign with SDK-HMAC-SHA256, SDK-HMAC-SM3 or V11-HMAC-SHA256"
                ));
            }
            return Ok(None);
        };
        let field = |name: &str| {
            let values = rest.split(',').filter_map(|field| {
                let value = field.trim_start().strip_prefix(name)?;
                Some(value.trim_start().strip_prefix('=')?.trim())
            });
            match values.collect::<Vec<_>>()[..] {
                [] | ["", ..] => Err(format!("the signature header has no {name}; {FORM}")),
                [value] => Ok(value),
                _ => Err(format!("the signature header has {name} twice; {FORM}")),
            }
        };
        let (ak, scope) = if algorithm == Algorithm::Derived {
            let (ak, scope) = field("Credential")?
                .split_once('/')
                .filter(|(ak, _)| !ak.is_empty())
                .ok_or_else(|| {
                    "Credential must be <ak>/<date>/<region>/<service> in the signature header"
                        .to_owned()
                })?;
            (ak, Some(scope))
        } else {
            (field("Access")?, None)
        };
        let signed_headers = field("SignedHeaders")?;
        let mut code = [0; SIZE];
        match base16ct::mixed::decode(field("Signature")?, &mut code) {
            Ok(bytes) if bytes.len() == SIZE => {}
            _ => {
                return Err(format!(
                    "the Signature must be 64 hexadecimal digits; {FORM}"
                ));
            }
        }
        Ok(Some(Self {
            algorithm,
            ak,
            scope,
            signed_headers,
            code,
        }))
    }

    /// The key that the request was signed with, from the secret access key.
    pub fn signing_key(&self, sk: &str) -> Vec<u8> {
        match self.scope {
            None => sk.as_bytes().to_vec(),
            // HKDF with one block of output; the SDKs use its hexadecimal text as the key.
            Some(scope) => {
                let extracted = mac::<Hmac<Sha256>>(self.ak.as_bytes(), sk.as_bytes()).finalize();
                let mut expanded = mac::<Hmac<Sha256>>(&extracted.into_bytes(), scope.as_bytes());
                expanded.update(&[1]);
                hex(&expanded.finalize().into_bytes()).into_bytes()
            }
        }
    }

    /// The text that is signed: the algorithm, the date, the scope and the digest of the canonical request.
    pub fn string_to_sign(&self, date: &str, canonical: &[u8]) -> String {
        let (scheme, digest) = (self.algorithm.as_str(), self.algorithm.digest(canonical));
        match self.scope {
            None => format!("{scheme}\n{date}\n{digest}"),
            Some(scope) => format!("{scheme}\n{date}\n{scope}\n{digest}"),
        }
    }
}

const FORM: &str = "the form is <algorithm> Access=<ak>, SignedHeaders=<a;b>, Signature=<64 hex>";

fn mac<M: Mac + KeyInit>(key: &[u8], text: &[u8]) -> M {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("a key of any length");
    mac.update(text);
    mac
}

fn hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "3cee293dd8d46df550aa669614c067e30d1402df8abca5450414ce22f27de01a";

    #[test]
    fn the_credential_of_a_derived_key_has_the_access_key_before_the_scope() {
        let header = format!(
            "V11-HMAC-SHA256 Credential=AK1/20260102/cn-north-4/asm, SignedHeaders=host, Signature={CODE}"
        );
        let signature = Signature::read(&header).unwrap().unwrap();
        assert_eq!(
            (signature.ak, signature.scope),
            ("AK1", Some("20260102/cn-north-4/asm"))
        );
    }

    #[test]
    fn a_malformed_header_is_explained_and_another_scheme_is_ignored() {
        let short = format!(
            "SDK-HMAC-SHA256 Access=AK, SignedHeaders=a, Signature={}",
            &CODE[..62]
        );
        for (header, wrong) in [
            ("SDK-HMAC-SHA256", "no Access"),
            ("SDK-HMAC-SHA256 Access=AK1", "no SignedHeaders"),
            ("SDK-HMAC-SHA256 Access=, SignedHeaders=a", "no Access"),
            ("SDK-HMAC-SHA256 Access=AK1, Access=AK2", "Access twice"),
            (
                "SDK-HMAC-SHA256 Access=AK1, SignedHeaders=a, Signature=zz",
                "64 hexadecimal",
            ),
            (&short, "64 hexadecimal"),
            (
                "V11-HMAC-SHA256 Access=AK1, SignedHeaders=a",
                "no Credential",
            ),
            (
                "V11-HMAC-SHA256 Credential=AK1, SignedHeaders=a",
                "Credential must be",
            ),
            ("SDK-ECDSA-P256-SHA256 Access=AK1", "is not emulated"),
            ("SDK-SM2-SM3 Access=AK1", "is not emulated"),
        ] {
            let error = Signature::read(header).unwrap_err();
            assert!(error.contains(wrong), "{header}: {error}");
        }
        for other in ["", "Bearer t", "SDK-HMAC-SHA512 Access=AK1"] {
            assert_eq!(Signature::read(other), Ok(None));
        }
    }

    #[test]
    fn blanks_between_the_parts_do_no_harm() {
        let usual = format!("SDK-HMAC-SHA256 Access=AK, SignedHeaders=a;b, Signature={CODE}");
        let wide =
            format!("SDK-HMAC-SHA256\t Access = AK ,\tSignedHeaders= a;b,Signature =\t{CODE}");
        assert_eq!(Signature::read(&wide), Signature::read(&usual));
    }
}
