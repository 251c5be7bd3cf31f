//! The signing of requests, as the official clients do it, with `SDK-HMAC-SHA256`.

use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};

use super::canonical::{CanonicalForms, Request};
use super::{SECURITY_TOKEN, Secret, Signature};

/// The access key of a client.
#[derive(Clone, Debug)]
pub struct ClientKey {
    pub ak: String,
    pub sk: Secret,
    /// The session token of a temporary key.
    pub session: Option<Secret>,
}

/// Signs a request: adds the date and the signature to its headers, which have the host already. `date` is the present time
/// as `20300101T120000Z`. The error is a text for the user.
pub fn sign(
    key: &ClientKey,
    date: &str,
    method: &Method,
    uri: &Uri,
    headers: &mut HeaderMap,
    body: &[u8],
) -> Result<(), String> {
    let value = |text: &str| HeaderValue::try_from(text).map_err(|error| error.to_string());
    headers.insert("x-sdk-date", value(date)?);
    if let Some(session) = &key.session {
        headers.insert(SECURITY_TOKEN, value(session.expose())?);
    }
    let of_code = |code: &str| {
        format!(
            "SDK-HMAC-SHA256 Access={}, SignedHeaders=host;x-sdk-date, Signature={code}",
            key.ak
        )
    };
    let unsigned = of_code(&"0".repeat(64));
    let signature = Signature::read(&unsigned)?.ok_or("no scheme of signatures")?;
    let request = Request {
        method,
        uri,
        headers,
        body,
        is_strict: true,
    };
    let canonical = CanonicalForms::new(&request, &signature)?.first().text();
    let text = signature.string_to_sign(date, &canonical);
    let code = signature
        .algorithm
        .code(&signature.signing_key(key.sk.expose()), text.as_bytes());
    headers.insert(header::AUTHORIZATION, value(&of_code(&code))?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::verify::{Key, verify};
    use super::*;

    #[test]
    fn what_is_signed_is_verified() {
        let key = ClientKey {
            ak: "AK".to_owned(),
            sk: Secret::new("sk"),
            session: None,
        };
        let uri: Uri = "/v3/p1/pipeline/pipelines?limit=1&offset=2"
            .parse()
            .unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("a.example"));
        sign(
            &key,
            "20300101T120000Z",
            &Method::GET,
            &uri,
            &mut headers,
            b"",
        )
        .unwrap();

        let authorization = headers[header::AUTHORIZATION].to_str().unwrap().to_owned();
        let signature = Signature::read(&authorization).unwrap().unwrap();
        let request = Request {
            method: &Method::GET,
            uri: &uri,
            headers: &headers,
            body: b"",
            is_strict: true,
        };
        let secrets = Key {
            sk: &key.sk,
            session: None,
        };
        verify(&signature, &request, &secrets, 1_893_499_200_000).unwrap();
    }
}
