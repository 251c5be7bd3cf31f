//! The outcome of an authentication, which may have to wait for the body.

use axum::http::request::Parts;

use super::auth::verify::verify_digest;
use super::auth::{Secret, Signature, canonical};
use super::{Caller, Rejection};

/// The outcome of an authentication by the head of a request.
#[derive(Debug)]
pub enum Authentication<'a> {
    /// The head was enough.
    Done(Caller),
    /// A signature covers the body too.
    AwaitsBody(UnverifiedSignature<'a>),
}

/// The signature of a known key. Everything about it is valid that needs no body.
#[derive(Debug)]
pub struct UnverifiedSignature<'a> {
    pub signature: Signature<'a>,
    /// The secret access key.
    pub sk: Secret,
    /// The owner of the key.
    pub signer: Caller,
    /// True to accept only the encodings of the real gateway.
    pub is_strict: bool,
}

impl Authentication<'_> {
    /// The caller, once the body has arrived.
    pub fn verify(self, request: &Parts, body: &[u8]) -> Result<Caller, Rejection> {
        match self {
            Self::Done(caller) => Ok(caller),
            Self::AwaitsBody(signature) => signature.verify(request, body),
        }
    }
}

impl UnverifiedSignature<'_> {
    /// Verifies the signature, and returns the owner of its key.
    pub fn verify(self, request: &Parts, body: &[u8]) -> Result<Caller, Rejection> {
        let request = canonical::Request {
            method: &request.method,
            uri: &request.uri,
            headers: &request.headers,
            body,
            is_strict: self.is_strict,
        };
        let verified = verify_digest(&self.signature, &request, &self.sk);
        verified.map_err(Rejection::Unauthenticated)?;
        Ok(self.signer)
    }
}
