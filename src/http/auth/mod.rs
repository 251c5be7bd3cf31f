//! The credentials of requests: tokens and signatures.
//!
//! This module parses credentials and verifies signatures. The families look up their owners.
//!
//! - [`signature`]: the header, its algorithms and keys.
//! - [`canonical`]: the text that is signed.
//! - [`verify`]: the verification of a signature; [`diagnosis`]: the reason for a failure.
//! - `sign`: the signing of requests, for a client of the real services.
//! - [`redact`]: the masking of secrets in whatever is shown.

pub mod canonical;
pub mod diagnosis;
pub mod jwt;
pub mod redact;
pub mod secret;
#[cfg(feature = "cli")]
pub mod sign;
pub mod signature;
pub mod verify;

use std::fmt;

use axum::http::{HeaderMap, HeaderName, header};

pub use secret::Secret;
pub use signature::Signature;

/// The header with the token of the caller of a Huawei service.
pub const AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// The header with the token that IAM is to describe, or that it has issued.
pub const SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");

/// The header with the session token of a temporary access key.
pub const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-security-token");

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialError {
    /// There is no credential.
    Missing,
    /// The credential cannot be parsed, with the reason.
    Malformed(String),
    /// An unknown token, if only known ones are accepted.
    UnknownToken,
    Expired {
        /// The end of the token, in the format of the token's own body.
        at: String,
    },
    Revoked,
    /// A signature by an unknown access key, if only known ones are accepted.
    UnknownKey {
        /// The access key.
        ak: String,
    },
    /// A signature that does not verify or a wrong session token.
    BadSignature {
        /// The reason.
        why: String,
        /// The lines of the canonical request, with secrets masked and `|` between them; absent if the signature was not
        /// compared with one.
        canonical: Option<String>,
    },
    /// A signature that is too old, or from too far in the future.
    Skewed {
        /// The time of the signature: the value of `X-Sdk-Date`.
        signed: String,
        /// The server's time, in the same format.
        server: String,
    },
}

impl CredentialError {
    /// A signature that cannot be valid for any canonical request.
    pub fn bad_signature(why: impl Into<String>) -> Self {
        Self::BadSignature {
            why: why.into(),
            canonical: None,
        }
    }
}

/// A well-formed credential.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential<'a> {
    Token(&'a str),
    Signature(Signature<'a>),
}

/// Masks tokens.
impl fmt::Debug for Credential<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Token(_) => formatter.write_str("Token(***)"),
            Self::Signature(signature) => write!(formatter, "Signature({signature:?})"),
        }
    }
}

/// Parses the credential of a request to a Huawei service: a signature if there is one, else `X-Auth-Token`.
/// An empty header counts as absent, and so does an `Authorization` with another scheme.
pub fn huawei(headers: &HeaderMap) -> Result<Credential<'_>, CredentialError> {
    if let Some(text) = header_value(headers, &header::AUTHORIZATION)?
        && let Some(signature) = Signature::read(text).map_err(CredentialError::Malformed)?
    {
        return Ok(Credential::Signature(signature));
    }
    match header_value(headers, &AUTH_TOKEN) {
        Ok(Some(token)) => Ok(Credential::Token(token)),
        Ok(None) => Err(CredentialError::Missing),
        // No service issues a token that is not printable ASCII.
        Err(_) => Err(CredentialError::UnknownToken),
    }
}

/// The value of a header; `None` if it is absent or empty.
pub fn header_value<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a str>, CredentialError> {
    match headers.get(name).map(|value| value.to_str().map(str::trim)) {
        None | Some(Ok("")) => Ok(None),
        Some(Ok(text)) => Ok(Some(text)),
        Some(Err(_)) => Err(CredentialError::Malformed(format!(
            "the header {name} is not printable ASCII"
        ))),
    }
}

/// The tokens of a request to Zadig. They differ only if the request has two.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ZadigTokens<'a> {
    /// The token that the gateway checks: that of the query first.
    pub checked: &'a str,
    /// The token that identifies the caller: that of the header first, as in the service behind the gateway.
    pub identity: &'a str,
}

/// Masks tokens.
impl fmt::Debug for ZadigTokens<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("ZadigTokens(***)")
    }
}

/// Parses the tokens of a request to Zadig: `?token=` and `Authorization: <scheme> <token>`, with any scheme. A header
/// that does not have exactly two parts is an error even beside `?token=`.
pub fn zadig<'a>(
    headers: &'a HeaderMap,
    query_token: Option<&'a str>,
) -> Result<ZadigTokens<'a>, CredentialError> {
    let malformed = || {
        CredentialError::Malformed(
            "Authorization must be a scheme and a token with one space between them".to_owned(),
        )
    };
    let header = match headers.get(header::AUTHORIZATION) {
        None => None,
        Some(value) => {
            let text = value.to_str().map_err(|_| malformed())?.trim();
            match text.split(' ').collect::<Vec<_>>()[..] {
                [scheme, token] if !scheme.is_empty() && !token.is_empty() => Some(token),
                _ => return Err(malformed()),
            }
        }
    };
    let query = query_token.filter(|token| !token.is_empty());
    match (query.or(header), header.or(query)) {
        (Some(checked), Some(identity)) => Ok(ZadigTokens { checked, identity }),
        _ => Err(CredentialError::Missing),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        all.iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect()
    }

    const SIGNED: &str = "SDK-HMAC-SHA256 Access=AK1, SignedHeaders=host;x-sdk-date, \
        Signature=39999c9366b9daca76960691026e9981cfc3eb8dee75548486049716d15f6d86";

    #[test]
    fn a_signature_takes_precedence_over_a_token() {
        let both = headers(&[("authorization", SIGNED), ("x-auth-token", "t")]);
        assert!(matches!(
            huawei(&both),
            Ok(Credential::Signature(Signature { ak: "AK1", .. }))
        ));
    }

    #[test]
    fn empty_headers_and_other_schemes_count_as_absent() {
        assert_eq!(
            huawei(&headers(&[("authorization", ""), ("x-auth-token", " ")])),
            Err(CredentialError::Missing)
        );
        for other in ["", "Bearer t"] {
            let beside = headers(&[("authorization", other), ("x-auth-token", "t")]);
            assert_eq!(huawei(&beside), Ok(Credential::Token("t")));
        }
    }

    #[test]
    fn a_malformed_signature_is_an_error_even_beside_a_token() {
        let beside = headers(&[
            ("authorization", "SDK-HMAC-SHA256 Access=AK1"),
            ("x-auth-token", "t"),
        ]);
        assert!(matches!(
            huawei(&beside),
            Err(CredentialError::Malformed(_))
        ));
    }

    #[test]
    fn a_zadig_header_has_exactly_two_parts() {
        let at = |value, query| {
            let headers = headers(&[("authorization", value)]);
            zadig(&headers, query)
                .map(|tokens| [tokens.checked, tokens.identity].map(str::to_owned))
        };
        let tokens = |checked: &str, identity: &str| Ok([checked, identity].map(str::to_owned));
        assert_eq!(at("Bearer t", None), tokens("t", "t"));
        assert_eq!(at("Token t", Some("q")), tokens("q", "t"));
        assert_eq!(at("Token t", Some("")), tokens("t", "t"));
        for wrong in ["t", "Bearer", "Bearer  t", "Bearer a b", ""] {
            let refused = at(wrong, Some("q"));
            assert!(
                matches!(refused, Err(CredentialError::Malformed(_))),
                "{wrong:?}"
            );
        }
        assert_eq!(
            zadig(&HeaderMap::new(), None),
            Err(CredentialError::Missing)
        );
    }
}
