//! The cost of a signature: its verification alone, a request whose signature is verified, and the same request with an
//! unknown key, whose signature is only parsed.
//!
//! The body has 1 KiB, and five headers are signed, as by the official SDKs.

use std::hint::black_box;

use axum::Router;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use hmac::{Hmac, KeyInit, Mac};
use release_emulator::internals::http::auth::canonical::{self, CanonicalForms};
use release_emulator::internals::http::auth::verify::{Key, verify};
use release_emulator::internals::http::auth::{Secret, Signature};
use release_emulator::internals::sim::clock::system_now;
use release_emulator::internals::{Settings, State, World, app};
use sha2::Sha256;
use sm3::Sm3;
use tokio::runtime::Builder;
use tower::ServiceExt;

use crate::suite::Suite;

const SK: &str = "emulatorSecretKey0123456789abcdefABCDEF01";
const NAMES: &str = "content-type;host;user-agent;x-project-id;x-sdk-date";
const CODE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A list, which is cheap to handle, with a body that the handler does not read.
fn request(authorization: &str, date: &str) -> Request<Vec<u8>> {
    Request::get("/v3/0605767aee00d2562f3cc0123456789a/pipeline/pipelines?limit=20&offset=0")
        .header("authorization", authorization)
        .header("content-type", "application/json")
        .header("host", "127.0.0.1:4600")
        .header(
            "user-agent",
            "huaweicloud-usdk-python/3.0; os/linux python/3.11.7",
        )
        .header("x-project-id", "0605767aee00d2562f3cc0123456789a")
        .header("x-sdk-date", date)
        .body(vec![b'x'; 1024])
        .expect("a request")
}

/// The header by an access key, `word` being the algorithm's.
fn authorization(word: &str, ak: &str, date: &str) -> String {
    let access = if word.starts_with("V11") {
        format!("Credential={ak}/20260102/cn-north-4/servicestage")
    } else {
        format!("Access={ak}")
    };
    let unsigned = format!("{word} {access}, SignedHeaders={NAMES}, Signature={CODE}");
    let (parts, body) = request(&unsigned, date).into_parts();
    let signature = Signature::read(&unsigned)
        .expect("well formed")
        .expect("a signature");
    let forms = CanonicalForms::new(&seen(&parts, &body), &signature).expect("it can be spelt");
    let text = signature.string_to_sign(date, &forms.first().text());
    let key = signature.signing_key(SK);
    let code = if word.contains("SM3") {
        mac::<Hmac<Sm3>>(&key, &text)
    } else {
        mac::<Hmac<Sha256>>(&key, &text)
    };
    unsigned.replace(CODE, &code)
}

fn mac<M: Mac + KeyInit>(key: &[u8], text: &str) -> String {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("a key of any length");
    mac.update(text.as_bytes());
    let code = mac.finalize().into_bytes();
    let digits: Vec<String> = code.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

fn seen<'a>(parts: &'a Parts, body: &'a [u8]) -> canonical::Request<'a> {
    canonical::Request {
        method: &parts.method,
        uri: &parts.uri,
        headers: &parts.headers,
        body,
        is_strict: false,
    }
}

pub(crate) fn verifying(suite: &mut Suite) {
    let sk = Secret::new(SK);
    let (date, now) = (now(), system_now());
    for word in ["SDK-HMAC-SHA256", "SDK-HMAC-SM3", "V11-HMAC-SHA256"] {
        let header = authorization(word, "KNOWN", &date);
        let (parts, body) = request(&header, &date).into_parts();
        suite.run(&format!("signature of 1 KiB: verify {word}"), || {
            let signature = Signature::read(black_box(&header)).expect("well formed");
            let key = Key {
                sk: &sk,
                session: None,
            };
            let signature = signature.expect("a signature");
            verify(&signature, &seen(&parts, &body), &key, now).expect("it holds");
        });
    }
}

/// An emulator that knows the key `KNOWN` and accepts any other unverified.
fn emulator() -> Router {
    let identities = serde_json::json!({"identities": {
        "users": [{"name": "ann"}], "access_keys": [{"ak": "KNOWN", "sk": SK, "user": "ann"}]}});
    let state = State::from_json(&identities.to_string()).expect("a state");
    app(&World::new(Settings::default(), state).expect("a consistent state"))
}

pub(crate) fn requests(suite: &mut Suite) {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let emulator = emulator();
    for (ak, name) in [("UNKNOWN", "read"), ("KNOWN", "verified")] {
        let date = now();
        let header = authorization("SDK-HMAC-SHA256", ak, &date);
        suite.run(&format!("signature of 1 KiB: request, {name}"), || {
            let request = request(&header, &date).map(Body::from);
            let response = runtime.block_on(emulator.clone().oneshot(request));
            assert_eq!(response.expect("infallible").status(), StatusCode::OK);
        });
    }
}

/// The machine's time as a client signs it.
fn now() -> String {
    let now = chrono::DateTime::from_timestamp_millis(system_now()).expect("within the calendar");
    now.format("%Y%m%dT%H%M%SZ").to_string()
}
