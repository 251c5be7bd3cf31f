//! The verification of a signature.

use chrono::{DateTime, NaiveDateTime};

use super::canonical::{CanonicalForms, DATE, Request};
use super::{CredentialError, SECURITY_TOKEN, Secret, Signature, diagnosis, header_value};
use crate::sim::Millis;

/// The format of the time of a signature, in UTC.
const FORMAT: &str = "%Y%m%dT%H%M%SZ";

/// How far the time of a signature may lie from the server's: 15 minutes. Source: API Request Signing Guide,
/// error codes, read 2026-08.
const SKEW: Millis = 15 * 60 * 1_000;

#[derive(Clone, Debug)]
pub struct Key<'a> {
    /// The secret half of the access key.
    pub sk: &'a Secret,
    /// The session token that a temporary key comes with.
    pub session: Option<&'a Secret>,
}

/// True if a signature is that of the request under the key, made about `now`.
///
/// A temporary key holds only with its session token in `X-Security-Token`, any other only without one.
pub fn verify(
    signature: &Signature,
    request: &Request,
    key: &Key,
    now: Millis,
) -> Result<(), CredentialError> {
    check_session(request, key)?;
    let date = request.headers.get(DATE).map(|value| value.to_str());
    let date = date.and_then(Result::ok).map_or("", str::trim);
    check_date(date, now)?;
    let forms = CanonicalForms::new(request, signature).map_err(CredentialError::BadSignature)?;
    let key = signature.key(key.sk.expose());
    let holds = |text: Vec<u8>| {
        let text = signature.string_to_sign(date, &text);
        let (key, code) = (&key, &signature.code);
        signature.algorithm.verify(key, text.as_bytes(), code)
    };
    if forms.each().any(|spelt| holds(spelt.text())) {
        return Ok(());
    }
    let why = diagnosis::explain(request, signature.algorithm, &forms, holds);
    Err(CredentialError::BadSignature(why))
}

fn check_session(request: &Request, key: &Key) -> Result<(), CredentialError> {
    let wrong = match (key.session, header_value(request.headers, &SECURITY_TOKEN)?) {
        (None, None) => return Ok(()),
        (Some(session), Some(said)) if session.is(said) => return Ok(()),
        (Some(_), Some(_)) => "X-Security-Token is not the session token of the access key",
        (Some(_), None) => "the access key is a temporary one and wants its X-Security-Token",
        (None, Some(_)) => "the access key is a permanent one, but X-Security-Token came with it",
    };
    Err(CredentialError::BadSignature(wrong.to_owned()))
}

fn check_date(date: &str, now: Millis) -> Result<(), CredentialError> {
    let signed = NaiveDateTime::parse_from_str(date, FORMAT)
        .ok()
        .filter(|_| date.len() == 16)
        .map(|time| time.and_utc().timestamp_millis());
    let Some(signed) = signed else {
        return Err(CredentialError::BadSignature(
            "X-Sdk-Date must be a time like 20260102T030405Z".to_owned(),
        ));
    };
    // The header tells whole seconds, and so does the server's answer.
    let now = now - now.rem_euclid(1_000);
    if (now - signed).abs() <= SKEW {
        return Ok(());
    }
    let server = DateTime::from_timestamp_millis(now).unwrap_or(DateTime::UNIX_EPOCH);
    Err(CredentialError::Skewed {
        signed: date.to_owned(),
        server: server.format(FORMAT).to_string(),
    })
}
