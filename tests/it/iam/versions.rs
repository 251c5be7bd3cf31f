//! The versions of the API, without a credential.

use serde_json::{Value, json};

use super::{NOTHING, strict};
use crate::common::{App, CREDENTIALS, assert_same};

/// The documented version, at an address.
fn version(base: &str) -> Value {
    json!({
        "id": "v3.6",
        "links": [{"href": format!("{base}/v3/"), "rel": "self"}],
        "media-types": [{
            "base": "application/json",
            "type": "application/vnd.openstack.identity-v3+json"
        }],
        "status": "stable",
        "updated": "2016-04-04T00:00:00Z"
    })
}

#[tokio::test]
async fn the_versions_are_the_documented_one_at_the_emulators_address() {
    let app = strict();
    let host = [("host", "emulator.test:4600")];
    let expected = version("http://emulator.test:4600");

    let versions = app.send("GET", "/", &host, "").await;
    let shown = app.send("GET", "/v3", &host, "").await;
    let followed = app.send("GET", "/v3/", &host, "").await;

    assert_same(
        &versions.assert_status(300),
        &json!({"versions": {"values": [expected]}}),
    );
    assert_same(&shown.assert_status(200), &json!({"version": expected}));
    assert_eq!(followed.assert_status(200), shown.json());
    assert_eq!(versions.header("content-type"), "application/json");
    for reply in [&versions, &shown] {
        assert_eq!(reply.header("x-emulator-evidence"), "documented");
    }
}

#[tokio::test]
async fn the_versions_are_the_same_with_any_credential_even_a_broken_one() {
    let app = strict();
    let broken = [("authorization", "SDK-HMAC-SHA256 Access=AK")];
    for headers in [NOTHING, CREDENTIALS, &broken] {
        app.send("GET", "/", headers, "").await.assert_status(300);
        app.send("GET", "/v3", headers, "").await.assert_status(200);
        let head = app.send("HEAD", "/", headers, "").await;
        head.assert_answer(300, "");
    }
}

#[tokio::test]
async fn every_answer_of_iam_has_a_trace_id_the_same_in_equal_worlds() {
    let (one, two) = (App::new(), App::new());
    for (method, path, headers) in [
        ("GET", "/", NOTHING),
        ("GET", "/v3/projects", CREDENTIALS),
        ("GET", "/v3/projects", NOTHING),
        ("POST", "/v3/auth/tokens", NOTHING),
        ("GET", "/v3/auth/tokens", CREDENTIALS),
        ("GET", "/v5/caller-identity", CREDENTIALS),
        ("PATCH", "/v3/auth/tokens", CREDENTIALS),
        ("OPTIONS", "/v3/projects", NOTHING),
        ("GET", "/v3/", NOTHING),
    ] {
        let (reply, equal) = (
            one.send(method, path, headers, "").await,
            two.send(method, path, headers, "").await,
        );
        let id = reply.header("x-iam-trace-id");
        assert_eq!(id.len(), 32, "{reply:?}");
        assert_eq!(id, equal.header("x-iam-trace-id"));
    }
    let other = one.get("/v3/p1/pipeline/pipelines").await;
    assert_eq!(other.header("x-iam-trace-id"), "");
}
