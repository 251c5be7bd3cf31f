//! Signatures: test vectors, requests over HTTP, and property tests.

mod fuzz;
mod requests;
mod vectors;

use hmac::{Hmac, KeyInit, Mac};
use release_emulator::internals::Settings;
use release_emulator::internals::sim::clock::system_now;
use release_emulator::internals::world::settings::{Auth, Fidelity};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::common::App;

/// The access key of the tests.
pub const AK: &str = "EMULATORACCESSKEY001";
/// The secret access key.
pub const SK: &str = "emulatorSecretKey0123456789abcdefABCDEF01";
/// The time of the signatures in the vectors, as `X-Sdk-Date`.
pub const DATE: &str = "20260102T030405Z";
/// The same time in milliseconds.
pub const SIGNED_AT: i64 = 1_767_323_045_000;

/// A strict emulator with one user and two keys, frozen at [`SIGNED_AT`].
pub fn strict() -> App {
    with_fidelity(Fidelity::Strict)
}

/// The same emulator with another fidelity. Unless that is strict, signatures are as old as the machine's clock says.
pub fn with_fidelity(fidelity: Fidelity) -> App {
    with(fidelity, |_| {})
}

/// The same emulator with another fidelity and other settings.
pub fn with(fidelity: Fidelity, change: impl FnOnce(&mut Settings)) -> App {
    let identities = json!({"identities": {
        "users": [{"name": "ann"}],
        "access_keys": [
            {"ak": AK, "sk": SK, "user": "ann"},
            {"ak": "TEMPORARY", "sk": SK, "user": "ann", "security_token": "session-1"}
        ]
    }});
    let choose = move |settings: &mut Settings| {
        settings.auth = Auth::Strict;
        settings.fidelity = fidelity;
        settings.freeze = Some(SIGNED_AT);
        change(settings);
    };
    App::build(choose, &identities)
}

/// A request to sign like the official SDKs, without the emulator's own code.
#[derive(Clone, Debug)]
pub struct Signed {
    pub method: String,
    /// Decoded segments.
    pub path: Vec<String>,
    /// Decoded pairs.
    pub query: Vec<(String, String)>,
    /// Headers that are signed, names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Signed {
    pub fn new(method: &str, path: &str, body: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.split('/').skip(1).map(str::to_owned).collect(),
            query: Vec::new(),
            headers: vec![
                ("host".to_owned(), "127.0.0.1:4600".to_owned()),
                ("x-sdk-date".to_owned(), DATE.to_owned()),
            ],
            body: body.as_bytes().to_vec(),
        }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The target as it is sent.
    pub fn target(&self) -> String {
        let mut target = String::new();
        for segment in &self.path {
            target.push('/');
            target.push_str(&escaped(segment));
        }
        for (n, (key, value)) in self.query.iter().enumerate() {
            target.push(if n == 0 { '?' } else { '&' });
            target.push_str(&pair(key, value));
        }
        target
    }

    /// The canonical request, with the query sorted.
    pub fn canonical(&self, payload: &str) -> String {
        let mut query = self.query.clone();
        query.sort();
        let query: Vec<String> = query.iter().map(|(key, value)| pair(key, value)).collect();
        let path: Vec<String> = self
            .path
            .iter()
            // Signers do not distinguish an escaped slash from a separator.
            .map(|segment| format!("/{}", escaped(segment).replace("%2F", "/")))
            .collect();
        let mut headers = self.headers.clone();
        headers.sort();
        let lines: Vec<String> = headers
            .iter()
            .map(|(name, value)| format!("{name}:{}\n", value.trim()))
            .collect();
        let (path, lines) = (path.concat(), lines.concat());
        let slash = if path.ends_with('/') { "" } else { "/" };
        format!(
            "{}\n{path}{slash}\n{}\n{lines}\n{}\n{payload}",
            self.method,
            query.join("&"),
            self.names()
        )
    }

    pub fn names(&self) -> String {
        let mut names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.join(";")
    }

    /// The `Authorization` header for a key.
    pub fn authorization(&self, ak: &str, sk: &str) -> String {
        self.authorization_over(ak, sk, &self.canonical(&sha256(&self.body)))
    }

    /// The `Authorization` header for another canonical request.
    pub fn authorization_over(&self, ak: &str, sk: &str, canonical: &str) -> String {
        let date = self.headers.iter().find(|(name, _)| name == "x-sdk-date");
        let date = date.map_or("", |(_, date)| date.as_str());
        let text = format!("SDK-HMAC-SHA256\n{date}\n{}", sha256(canonical.as_bytes()));
        let mut mac = Hmac::<Sha256>::new_from_slice(sk.as_bytes()).expect("any length");
        mac.update(text.as_bytes());
        let code = hex(&mac.finalize().into_bytes());
        let names = self.names();
        format!("SDK-HMAC-SHA256 Access={ak}, SignedHeaders={names}, Signature={code}")
    }

    /// Sends the request with an `Authorization` header.
    pub async fn send(&self, app: &App, authorization: &str) -> crate::common::Reply {
        let mut headers: Vec<(&str, &str)> = vec![("authorization", authorization)];
        for (name, value) in &self.headers {
            headers.push((name, value));
        }
        app.send(&self.method, &self.target(), &headers, self.body.clone())
            .await
    }
}

/// Escapes every byte but the unreserved characters.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            escaped.push(byte.into());
        } else {
            escaped.push('%');
            escaped.push_str(&hex(&[byte]).to_uppercase());
        }
    }
    escaped
}

/// An escaped pair of a query.
pub fn pair(key: &str, value: &str) -> String {
    format!("{}={}", escaped(key), escaped(value))
}

/// The machine's time, as `X-Sdk-Date`.
pub fn now() -> String {
    let now = chrono::DateTime::from_timestamp_millis(system_now()).expect("within the calendar");
    now.format("%Y%m%dT%H%M%SZ").to_string()
}

pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}
