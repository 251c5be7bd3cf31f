//! Test vectors: requests with the signatures that the official SDKs computed.
//!
//! V1 to V6 come from the signers of the Python SDK 3.1.219, the last two from the unit test of the Go SDK's.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use release_emulator::internals::http::auth::canonical::{CanonicalForms, Request};
use release_emulator::internals::http::auth::verify::{Key, verify};
use release_emulator::internals::http::auth::{CredentialError, Secret, Signature};

use super::{AK, DATE, SIGNED_AT, SK, sha256};

const PROJECT: (&str, &str) = ("x-project-id", "0605767aee00d2562f3cc0123456789a");
const JSON: (&str, &str) = ("content-type", "application/json");
const MESH: &str = "/v2/meshes/8d4f7c1a-0000-4000-8000-000000000001";
const EMPTY: &[u8] = b"";

/// A request with the signature of an official SDK.
struct Vector<'a> {
    method: &'a str,
    target: &'a str,
    headers: &'a [(&'a str, &'a str)],
    body: &'a [u8],
    authorization: &'a str,
    sk: &'a str,
    session: Option<&'a str>,
    signed_at: i64,
}

impl Vector<'_> {
    fn headers(&self) -> HeaderMap {
        self.headers
            .iter()
            .map(|(name, value)| {
                let name: HeaderName = name.parse().unwrap();
                (name, HeaderValue::from_str(value).unwrap())
            })
            .collect()
    }

    fn verify(&self) -> Result<(), CredentialError> {
        let parts = self.parts();
        let sk = Secret::new(self.sk);
        let session = self.session.map(Secret::new);
        let key = Key {
            sk: &sk,
            session: session.as_ref(),
        };
        verify(
            &self.signature(),
            &self.request(&parts),
            &key,
            self.signed_at,
        )
    }

    /// The SHA-256 of each canonical form in order.
    fn digests(&self) -> Vec<String> {
        let parts = self.parts();
        let forms = CanonicalForms::new(&self.request(&parts), &self.signature()).unwrap();
        forms
            .iter()
            .map(|canonical| sha256(&canonical.text()))
            .collect()
    }

    fn parts(&self) -> (Method, Uri, HeaderMap) {
        (
            self.method.parse().unwrap(),
            self.target.parse().unwrap(),
            self.headers(),
        )
    }

    fn request<'a>(&'a self, (method, uri, headers): &'a (Method, Uri, HeaderMap)) -> Request<'a> {
        Request {
            method,
            uri,
            headers,
            body: self.body,
            is_strict: false,
        }
    }

    fn signature(&self) -> Signature<'_> {
        Signature::read(self.authorization).unwrap().unwrap()
    }

    /// Asserts that the signature verifies, and not with another key, body, path, query or method.
    #[track_caller]
    fn assert_verifies(&self) {
        assert_eq!(self.verify(), Ok(()));
        let unsigned = ("x-sdk-content-sha256", "UNSIGNED-PAYLOAD");
        let longer = [self.body, b" "].concat();
        let (path, query) = self.target.split_once('?').unwrap_or((self.target, ""));
        let (elsewhere, more) = (format!("{path}x?{query}"), format!("{path}?{query}&more=1"));
        for (method, target, body, sk) in [
            (self.method, self.target, self.body, "another"),
            ("PATCH", self.target, self.body, self.sk),
            (self.method, &elsewhere, self.body, self.sk),
            (self.method, &more, self.body, self.sk),
            (self.method, self.target, &longer, self.sk),
        ] {
            let other = Vector {
                method,
                target,
                body,
                sk,
                ..*self
            };
            let refused = matches!(other.verify(), Err(CredentialError::BadSignature { .. }));
            let is_unsigned = body == longer && self.headers.contains(&unsigned);
            assert!(refused || is_unsigned, "{method} {target} {sk}");
        }
    }
}

fn vector<'a>(method: &'a str, target: &'a str, authorization: &'a str) -> Vector<'a> {
    Vector {
        method,
        target,
        headers: &[],
        body: EMPTY,
        authorization,
        sk: SK,
        session: None,
        signed_at: SIGNED_AT,
    }
}

const HOST: (&str, &str) = ("host", "127.0.0.1:8080");
const AT: (&str, &str) = ("x-sdk-date", DATE);

#[test]
fn v1_get_without_a_body() {
    let target = format!("{MESH}/releases");
    let v1 = Vector {
        headers: &[HOST, AT, PROJECT, JSON],
        ..vector(
            "GET",
            &target,
            "SDK-HMAC-SHA256 Access=EMULATORACCESSKEY001, SignedHeaders=content-type;host;x-project-id;x-sdk-date, Signature=39999c9366b9daca76960691026e9981cfc3eb8dee75548486049716d15f6d86",
        )
    };
    v1.assert_verifies();
    assert_eq!(v1.signature().ak, AK);
    assert_eq!(
        v1.digests()[0],
        "6f5953cba9640084930f426552c9fcd1c07c11fb91f3b32ca70c0444b256c7e1"
    );
}

#[test]
fn v2_post_with_a_body_that_is_hashed_unchanged() {
    let target = format!("{MESH}/namespaces/default/releases");
    let v2 = Vector {
        headers: &[HOST, AT, PROJECT, JSON],
        body: br#"{"kind": "Release", "apiVersion": "asm/v2", "metadata": {"name": "demo-gray"}, "spec": {"serviceName": "reviews"}}"#,
        ..vector(
            "POST",
            &target,
            "SDK-HMAC-SHA256 Access=EMULATORACCESSKEY001, SignedHeaders=content-type;host;x-project-id;x-sdk-date, Signature=2916a89a54bc98b27676378de01c3733d29f7b37ca60edd930a7544753f49048",
        )
    };
    v2.assert_verifies();
    assert_eq!(
        v2.digests()[0],
        "a246ec6ad87d2e966abcb062670a760fa855ca0f16a3fe9f0bc8dc1aa94efff1"
    );
}

#[test]
fn v3_delete_with_escapes_and_a_query_in_numeric_order() {
    let target = "/v2/meshes/m%201/namespaces/default/releases/r~1?action=cancel&flag=true&limit=2&limit=10&q=a%20b%2Fc%2A";
    let v3 = Vector {
        headers: &[
            HOST,
            AT,
            JSON,
            ("x-security-token", "tok-1"),
            ("x_ignored", "x"),
        ],
        session: Some("tok-1"),
        ..vector(
            "DELETE",
            target,
            "SDK-HMAC-SHA256 Access=EMULATORACCESSKEY001, SignedHeaders=content-type;host;x-sdk-date;x-security-token, Signature=c4ea0ad1446cb34710870acdcf5e3584e2081ddd171e80ddf3581de994cd4129",
        )
    };
    v3.assert_verifies();
    let signed = "679288fe54410a0a01110f21c9ba7829490682481b9e12389aa046cf3ec85328";
    let digests = v3.digests();
    assert_ne!(digests[0], signed, "sorted as text, 10 goes before 2");
    assert!(digests.iter().any(|digest| digest == signed));
}

#[test]
fn v4_unsigned_body() {
    let v4 = Vector {
        headers: &[
            HOST,
            AT,
            ("content-type", "application/octet-stream"),
            ("x-sdk-content-sha256", "UNSIGNED-PAYLOAD"),
        ],
        body: b"\x00\x01raw",
        ..vector(
            "PUT",
            "/upload",
            "SDK-HMAC-SHA256 Access=EMULATORACCESSKEY001, SignedHeaders=content-type;host;x-sdk-content-sha256;x-sdk-date, Signature=9e8a6f42eb2527317e455072782d19f9fdb963e7517a0dea8e063d4dcc983844",
        )
    };
    v4.assert_verifies();
    assert_eq!(
        Vector {
            body: b"other",
            ..v4
        }
        .verify(),
        Ok(())
    );
}

#[test]
fn v5_key_derived_for_a_day_a_region_and_a_service() {
    let target = format!("{MESH}/releases");
    let v5 = Vector {
        headers: &[HOST, AT, PROJECT],
        ..vector(
            "GET",
            &target,
            "V11-HMAC-SHA256 Credential=EMULATORACCESSKEY001/20260102/cn-north-4/asm, SignedHeaders=host;x-project-id;x-sdk-date, Signature=3cee293dd8d46df550aa669614c067e30d1402df8abca5450414ce22f27de01a",
        )
    };
    v5.assert_verifies();
    let key = v5.signature().signing_key(SK);
    assert_eq!(
        key,
        b"34f0796f50a3c81c0d850a2426a8e2d10d03acebe11cc42bc1e94b2ec5ba83e4"
    );
}

fn v6(target: &str) -> Vector<'_> {
    Vector {
        headers: &[HOST, AT, PROJECT],
        ..vector(
            "GET",
            target,
            "SDK-HMAC-SM3 Access=EMULATORACCESSKEY001, SignedHeaders=host;x-project-id;x-sdk-date, Signature=9b056029d612e2c73813c7bcb196474df9be3c12ffbe35c69d1d0eec1d063466",
        )
    }
}

#[test]
fn v6_sm3() {
    v6(&format!("{MESH}/releases")).assert_verifies();
}

/// 2006-01-02T15:04:05Z.
const GO_TIME: i64 = 1_136_214_245_000;

fn go_vector<'a>(method: &'a str, target: &'a str, authorization: &'a str) -> Vector<'a> {
    Vector {
        headers: &[("x-sdk-date", "20060102T150405Z")],
        sk: "SecretKey",
        signed_at: GO_TIME,
        ..vector(method, target, authorization)
    }
}

#[test]
fn the_go_sdk_signs_only_the_date_header() {
    let authorization = "SDK-HMAC-SHA256 Access=AccessKey, SignedHeaders=x-sdk-date, Signature=5a2ce64c865e0e6046321c6f3d5a77ba8413eeaf355c3166c03d58d02ac79624";
    go_vector("GET", "/path?limit=1", authorization).assert_verifies();
}

#[test]
fn the_go_sdk_ends_a_body_with_a_line_feed() {
    let authorization = "SDK-HMAC-SHA256 Access=AccessKey, SignedHeaders=x-sdk-date, Signature=cecc2af119b18ab70b4d094c0750f3b42c02f254903179a0fc2cc72fc9db4f59";
    let post = Vector {
        body: b"{\"Name\":\"test\",\"Id\":1}\n",
        ..go_vector("POST", "/path?key=value", authorization)
    };
    post.assert_verifies();
}

#[test]
fn a_signature_is_valid_for_fifteen_minutes_before_and_after_its_date() {
    let target = format!("{MESH}/releases");
    let at = |signed_at| {
        let v6 = v6(&target);
        Vector { signed_at, ..v6 }.verify()
    };
    for within in [-900_000, 0, 900_000, 900_999] {
        assert_eq!(at(SIGNED_AT + within), Ok(()), "{within}");
    }
    for (beyond, server) in [
        (901_000, "20260102T031906Z"),
        (-900_001, "20260102T024904Z"),
    ] {
        let skewed = CredentialError::Skewed {
            signed: DATE.to_owned(),
            server: server.to_owned(),
        };
        assert_eq!(at(SIGNED_AT + beyond), Err(skewed), "{beyond}");
    }
}
