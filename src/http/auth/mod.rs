//! Credentials as requests carry them: tokens and signatures.
//!
//! Here they are read ("is there one, and is it well formed"), and a signature is verified with the key that
//! it names. Whom a credential belongs to is looked up by the families, whose identities differ.
//!
//! - [`signature`]: the header, its algorithms and keys.
//! - [`canonical`]: the text that is signed.
//! - [`verify`]: whether a signature holds; [`diagnosis`]: why it does not.

pub mod canonical;
pub mod diagnosis;
pub mod redact;
pub mod secret;
pub mod signature;
pub mod verify;

use std::fmt;

use axum::http::{HeaderMap, HeaderName, header};

pub use secret::Secret;
pub use signature::Signature;

/// The header that carries the token of whoever calls a Huawei service.
pub const AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// The header that carries the token which IAM is asked about, or has issued.
pub const SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");

/// The header that carries the session token of a temporary access key.
pub const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-security-token");

/// The headers whose values must not be seen.
pub const SECRET_HEADERS: [HeaderName; 4] = [
    header::AUTHORIZATION,
    AUTH_TOKEN,
    SUBJECT_TOKEN,
    SECURITY_TOKEN,
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialError {
    /// There is none.
    Missing,
    /// There is one, but nobody could read it; says what is wrong with it.
    Malformed(String),
    /// A token that nobody knows, where only known ones pass.
    UnknownToken,
    /// A token whose time is over.
    Expired {
        /// When it ended, as the token's own body says it.
        at: String,
    },
    /// A token that was revoked.
    Revoked,
    /// A signature by an access key that nobody knows, where only known ones pass.
    UnknownKey {
        /// The access key.
        ak: String,
    },
    /// A signature that does not verify, or a session token that is not the key's; says why.
    BadSignature(String),
    /// A signature that was made too long ago, or too far ahead.
    Skewed {
        /// When, as `X-Sdk-Date` says it.
        signed: String,
        /// The server's time, written alike.
        server: String,
    },
}

/// A well-formed credential.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential<'a> {
    /// A token.
    Token(&'a str),
    /// A signature.
    Signature(Signature<'a>),
}

/// Tokens stay out of logs.
impl fmt::Debug for Credential<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Token(_) => formatter.write_str("Token(***)"),
            Self::Signature(signature) => write!(formatter, "Signature({signature:?})"),
        }
    }
}

/// Reads the credential of a request to a Huawei service: a signature if there is one, else `X-Auth-Token`.
/// An empty header counts as absent, and so does an `Authorization` of another kind.
pub fn huawei(headers: &HeaderMap) -> Result<Credential<'_>, CredentialError> {
    if let Some(text) = header_value(headers, &header::AUTHORIZATION)?
        && let Some(signature) = Signature::read(text).map_err(CredentialError::Malformed)?
    {
        return Ok(Credential::Signature(signature));
    }
    match header_value(headers, &AUTH_TOKEN) {
        Ok(Some(token)) => Ok(Credential::Token(token)),
        Ok(None) => Err(CredentialError::Missing),
        // No service has issued it.
        Err(_) => Err(CredentialError::UnknownToken),
    }
}

/// What a header says, unless it is absent or empty.
pub fn header_value<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a str>, CredentialError> {
    match headers.get(name).map(|value| value.to_str().map(str::trim)) {
        None | Some(Ok("")) => Ok(None),
        Some(Ok(text)) => Ok(Some(text)),
        Some(Err(_)) => Err(CredentialError::Malformed(format!(
            "the header {name} is no printable ASCII"
        ))),
    }
}

/// The tokens of a request to Zadig. They differ only if it carries two.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ZadigTokens<'a> {
    /// The one that the gateway looks at: that of the query first.
    pub checked: &'a str,
    /// The one that says who calls: that of the header first, as the service behind the gateway reads it.
    pub identity: &'a str,
}

/// Tokens stay out of logs.
impl fmt::Debug for ZadigTokens<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("ZadigTokens(***)")
    }
}

/// Reads the tokens of a request to Zadig: `?token=`, and `Authorization: <scheme> <token>` in exactly two
/// parts. A header that is not in two parts fails even beside `?token=`; the scheme's word does not matter.
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
            let text = value.to_str().map_err(|_| malformed())?;
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
    fn a_signature_goes_before_a_token() {
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
    fn a_broken_signature_is_not_saved_by_a_token() {
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
    fn zadig_wants_exactly_two_parts() {
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
