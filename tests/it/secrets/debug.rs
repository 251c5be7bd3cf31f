//! The debug output of values contains no secrets.

use axum::http::{HeaderMap, HeaderValue};
use release_emulator::State;
use release_emulator::internals::families::iam::model::LoginRequest;
use release_emulator::internals::families::iam::wire::login::IamTokenRequest;
use release_emulator::internals::http::auth::verify::Key;
use release_emulator::internals::http::auth::{Secret, huawei, zadig};
use release_emulator::internals::sim::memory::Memory;
use release_emulator::internals::world::identities::Directory;
use serde_json::json;

use super::{UNMISTAKABLE, assert_quiet, identities};

/// Asserts that the debug output of a value masks its secrets.
#[track_caller]
fn assert_masked(value: &dyn std::fmt::Debug) {
    let text = format!("{value:?} {value:#?}");
    assert_quiet(&text, &[], &"");
    assert!(text.contains("***"), "{text}");
}

#[test]
fn debug_output_masks_identities() {
    let state = State::from_json(&identities().to_string()).unwrap();
    assert_masked(&state);
    assert_masked(&state.identities);
    let lists = &state.identities;
    assert_masked(&lists.users);
    assert_masked(&lists.access_keys);
    assert_masked(&lists.tokens);
    assert_masked(&lists.zadig_users);
    assert_masked(&Secret::new("hush"));

    let mut directory = Directory::new(&Memory::default());
    directory.load(state.identities.clone());

    assert_masked(&directory);
    assert_masked(&directory.by_key("AKTEMP", 0).unwrap());
    assert_masked(&directory.valid_token("hush-token", 0));
    assert_masked(&directory.zadig_user("hush-zadig"));
    let temporary = &state.identities.access_keys[1];
    assert_masked(&Key {
        sk: &temporary.sk,
        session: temporary.security_token.as_ref(),
    });
}

#[test]
fn debug_output_masks_credentials() {
    let headers = |all: &[(&'static str, &str)]| -> HeaderMap {
        let pairs = all.iter().map(|(name, value)| {
            let value = HeaderValue::from_str(value).unwrap();
            (axum::http::HeaderName::from_static(name), value)
        });
        pairs.collect()
    };
    let token = headers(&[("x-auth-token", "hush-token")]);
    assert_masked(&huawei(&token));
    let bearer = headers(&[("authorization", "Bearer hush-zadig")]);
    assert_masked(&zadig(&bearer, Some("hush-query")));

    let signed = format!(
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date, Signature={}",
        UNMISTAKABLE[0]
    );
    for authorization in [
        &*signed,
        "SDK-HMAC-SHA256 Access=AK, Signature=hush",
        "SDK-HMAC-SHA256 hush",
    ] {
        let read = headers(&[("authorization", authorization), ("x-auth-token", "hush")]);
        assert_quiet(&format!("{:?}", huawei(&read)), &[], &authorization);
    }
    let raw = headers(&[("authorization", "hush-raw")]);
    assert_quiet(&format!("{:?}", zadig(&raw, Some("hush"))), &[], &"");
}

#[test]
fn debug_output_masks_logins() {
    let user = json!({"name": "ann", "password": "hush-password", "domain": {"name": "acme"}});
    let body = json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}});

    let request: IamTokenRequest = serde_json::from_value(body.clone()).unwrap();
    let login_request = LoginRequest::read(body.to_string().as_bytes(), &mut |_| {}).unwrap();

    assert_masked(&request);
    assert_masked(&login_request);
}
