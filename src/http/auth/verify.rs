//! The verification of a signature.

use axum::http::HeaderMap;
use chrono::{DateTime, NaiveDateTime};

use super::canonical::{self, Canonical, CanonicalForms, DATE, Request};
use super::{CredentialError, SECURITY_TOKEN, Secret, Signature, diagnosis, header_value};
use crate::sim::Millis;

/// The format of `X-Sdk-Date`, in UTC.
const FORMAT: &str = "%Y%m%dT%H%M%SZ";

/// The maximum difference between the time of a signature and the server's: 15 minutes. Source: API Request Signing
/// Guide, error codes, read 2026-08.
const MAX_SKEW: Millis = 15 * 60 * 1_000;

/// The secrets of an access key.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    /// The secret access key.
    pub sk: &'a Secret,
    /// The session token of a temporary key.
    pub session: Option<&'a Secret>,
}

/// Verifies that a signature was made for the request, with the key, and at about the time `now`.
///
/// A temporary key requires its session token in `X-Security-Token`; any other key must come without one.
pub fn verify(
    signature: &Signature,
    request: &Request,
    key: &Key,
    now: Millis,
) -> Result<(), CredentialError> {
    verify_head(signature, request.headers, key, now)?;
    verify_digest(signature, request, key.sk)
}

/// The part of [`verify`] that needs no body.
pub fn verify_head(
    signature: &Signature,
    headers: &HeaderMap,
    key: &Key,
    now: Millis,
) -> Result<(), CredentialError> {
    check_session(headers, key)?;
    check_date(date(headers), now)?;
    canonical::check_signed_headers(headers, signature.signed_headers)
        .map_err(CredentialError::bad_signature)
}

/// The part of [`verify`] that needs the body.
pub fn verify_digest(
    signature: &Signature,
    request: &Request,
    sk: &Secret,
) -> Result<(), CredentialError> {
    let date = date(request.headers);
    let forms = CanonicalForms::new(request, signature).map_err(CredentialError::bad_signature)?;
    let signing_key = signature.signing_key(sk.expose());
    let is_signed = |canonical: &Canonical| {
        let text = signature.string_to_sign(date, &canonical.text());
        let algorithm = signature.algorithm;
        algorithm.verify(&signing_key, text.as_bytes(), &signature.code)
    };
    if forms.iter().any(|canonical| is_signed(&canonical)) {
        return Ok(());
    }
    Err(CredentialError::BadSignature {
        why: diagnosis::explain(request, signature.algorithm, &forms, is_signed),
        canonical: Some(forms.first().masked_lines().join("|")),
    })
}

/// The value of `X-Sdk-Date`; empty if it is absent.
fn date(headers: &HeaderMap) -> &str {
    let date = headers.get(DATE);
    date.map_or("", |date| date.to_str().unwrap_or_default().trim())
}

fn check_session(headers: &HeaderMap, key: &Key) -> Result<(), CredentialError> {
    let wrong = match (key.session, header_value(headers, &SECURITY_TOKEN)?) {
        (None, None) => return Ok(()),
        (Some(session), Some(token)) if session.is(token) => return Ok(()),
        (Some(_), Some(_)) => "X-Security-Token is not the session token of the access key",
        (Some(_), None) => "a temporary access key requires its session token in X-Security-Token",
        (None, Some(_)) => "a permanent access key must come without X-Security-Token",
    };
    Err(CredentialError::bad_signature(wrong))
}

fn check_date(date: &str, now: Millis) -> Result<(), CredentialError> {
    let signed = match NaiveDateTime::parse_from_str(date, FORMAT) {
        // The parser accepts numbers without their leading zeros.
        Ok(signed) if date.len() == 16 => signed.and_utc().timestamp_millis(),
        _ => {
            return Err(CredentialError::bad_signature(
                "X-Sdk-Date must be a time like 20260102T030405Z",
            ));
        }
    };
    // The header has whole seconds, and so has the time in the refusal.
    let now = now - now.rem_euclid(1_000);
    if (now - signed).abs() <= MAX_SKEW {
        return Ok(());
    }
    let server = DateTime::from_timestamp_millis(now).unwrap_or(DateTime::UNIX_EPOCH);
    Err(CredentialError::Skewed {
        signed: date.to_owned(),
        server: server.format(FORMAT).to_string(),
    })
}
