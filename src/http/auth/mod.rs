//! Credentials as requests carry them: tokens and signatures.
//!
//! Here they are only read ("is there one, and is it well formed"); whom they belong to is looked up by
//! the families, whose identities differ.

use axum::http::{HeaderMap, header};

/// Why a credential was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There is none.
    Missing,
    /// There is one, but nobody could read it.
    Malformed,
    /// A token that nobody knows, where only known ones pass.
    UnknownToken,
    /// A token whose time is over.
    Expired {
        /// When it ended, RFC 3339.
        at: String,
    },
    /// A signature by an access key that nobody knows, where only known ones pass.
    UnknownKey {
        /// The access key.
        ak: String,
    },
}

/// A well-formed credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential<'a> {
    /// A token.
    Token(&'a str),
    /// A signature, by its access key.
    Signature {
        /// The access key.
        ak: &'a str,
    },
}

/// The algorithms of the SDKs that sign.
const ALGORITHMS: [&str; 3] = ["SDK-HMAC-SHA256", "SDK-HMAC-SM3", "V11-HMAC-SHA256"];

/// Reads the credential of a request to a Huawei service: a signature if there is one, else `X-Auth-Token`.
/// An empty header counts as absent.
pub fn huawei(headers: &HeaderMap) -> Result<Credential<'_>, Failure> {
    let said = |name| match headers.get(name).map(|value| value.to_str().map(str::trim)) {
        None | Some(Ok("")) => Ok(None),
        Some(Ok(text)) => Ok(Some(text)),
        Some(Err(_)) => Err(Failure::Malformed),
    };
    if let Some(text) = said(header::AUTHORIZATION.as_str())? {
        if let Some(ak) = signed_by(text) {
            return Ok(Credential::Signature { ak });
        }
        if ALGORITHMS
            .iter()
            .any(|algorithm| text.starts_with(algorithm))
        {
            return Err(Failure::Malformed);
        }
    }
    match said("x-auth-token")? {
        Some(token) => Ok(Credential::Token(token)),
        None => Err(Failure::Missing),
    }
}

/// The access key of a well-formed signature:
/// `<algorithm> Access=<ak>, SignedHeaders=<a;b>, Signature=<hex>`, or with `Credential=<ak>/<scope>`.
fn signed_by(text: &str) -> Option<&str> {
    let (algorithm, rest) = text.split_once(' ')?;
    if !ALGORITHMS.contains(&algorithm) {
        return None;
    }
    let part = |name: &str| {
        let value = rest
            .split(',')
            .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))?;
        (!value.is_empty()).then_some(value)
    };
    let signature = part("Signature")?;
    let hexadecimal =
        signature.len() == 64 && signature.bytes().all(|byte| byte.is_ascii_hexdigit());
    part("SignedHeaders").filter(|_| hexadecimal)?;
    if algorithm == "V11-HMAC-SHA256" {
        part("Credential")?
            .split('/')
            .next()
            .filter(|ak| !ak.is_empty())
    } else {
        part("Access")
    }
}

/// The tokens of a request to Zadig. They differ only if it carries two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZadigTokens<'a> {
    /// The one that the gateway looks at: that of the query first.
    pub checked: &'a str,
    /// The one that says who calls: that of the header first, as the service behind the gateway reads it.
    pub identity: &'a str,
}

/// Reads the tokens of a request to Zadig: `?token=`, and `Authorization: <scheme> <token>` in exactly two
/// parts. A header that is not in two parts fails even beside `?token=`; the scheme's word does not matter.
pub fn zadig<'a>(
    headers: &'a HeaderMap,
    query_token: Option<&'a str>,
) -> Result<ZadigTokens<'a>, Failure> {
    let header = match headers.get(header::AUTHORIZATION) {
        None => None,
        Some(value) => {
            let text = value.to_str().map_err(|_| Failure::Malformed)?;
            match text.split(' ').collect::<Vec<_>>()[..] {
                [scheme, token] if !scheme.is_empty() && !token.is_empty() => Some(token),
                _ => return Err(Failure::Malformed),
            }
        }
    };
    let query = query_token.filter(|token| !token.is_empty());
    match (query.or(header), header.or(query)) {
        (Some(checked), Some(identity)) => Ok(ZadigTokens { checked, identity }),
        _ => Err(Failure::Missing),
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
        assert_eq!(huawei(&both), Ok(Credential::Signature { ak: "AK1" }));
    }

    #[test]
    fn empty_headers_count_as_absent() {
        assert_eq!(
            huawei(&headers(&[("authorization", ""), ("x-auth-token", " ")])),
            Err(Failure::Missing)
        );
        let suppressed = headers(&[("authorization", ""), ("x-auth-token", "t")]);
        assert_eq!(huawei(&suppressed), Ok(Credential::Token("t")));
    }

    #[test]
    fn a_derived_signature_names_its_key_before_the_scope() {
        let derived = "V11-HMAC-SHA256 Credential=AK1/20260102/cn-north-4/asm, SignedHeaders=host, \
            Signature=3cee293dd8d46df550aa669614c067e30d1402df8abca5450414ce22f27de01a";
        assert_eq!(
            huawei(&headers(&[("authorization", derived)])),
            Ok(Credential::Signature { ak: "AK1" })
        );
    }

    #[test]
    fn half_a_signature_is_malformed() {
        for half in [
            "SDK-HMAC-SHA256",
            "SDK-HMAC-SHA256 Access=AK1",
            "SDK-HMAC-SHA256 Access=AK1, SignedHeaders=a, Signature=zz",
        ] {
            assert_eq!(
                huawei(&headers(&[("authorization", half), ("x-auth-token", "t")])),
                Err(Failure::Malformed)
            );
        }
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
            assert_eq!(at(wrong, Some("q")), Err(Failure::Malformed), "{wrong:?}");
        }
        assert_eq!(zadig(&HeaderMap::new(), None), Err(Failure::Missing));
    }
}
