//! No sink contains a secret, whatever requests carry it: random requests with secrets in every place that has one, then a
//! look at everything that the emulator shows.

mod planted;
mod sinks;

use proptest::collection::vec;
use proptest::prelude::*;
use release_emulator::Auth;
use release_emulator::internals::corpus::{Redactor, Session};
use serde_json::json;

use self::planted::{Draw, Planted, Secrets};
use self::sinks::{Capture, Sinks, leak};
use crate::common::{App, NOON, PROJECT, cases};

const TOKENS: &str = "/v3/auth/tokens";

/// Fixtures whose credentials are known secrets.
fn fixtures(secrets: &Secrets) -> serde_json::Value {
    let [password, totp, sk, session, token, zadig] = &secrets.configured;
    json!({"identities": {
        "users": [
            {"name": "ann", "password": password, "domain": "acme", "projects": [{"id": PROJECT, "name": "cn-north-4"}]},
            {"name": "kim", "password": "x", "totp_secret": totp, "domain": "acme"}
        ],
        "access_keys": [{"ak": "AKANN", "sk": sk, "user": "ann", "security_token": session}],
        "tokens": [{"token": token, "user": "ann"}],
        "zadig_users": [{"token": zadig, "name": "rita", "admin": true}]
    }})
}

/// Logs in, so that a token is issued, and revokes the first of two.
async fn issue(app: &App, secrets: &mut Secrets) {
    let user =
        json!({"name": "ann", "password": secrets.configured[0], "domain": {"name": "acme"}});
    let login =
        json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}});
    for _ in 0..2 {
        let reply = app.post(TOKENS, login.clone()).await;
        assert_eq!(reply.status, 201);
        secrets
            .known
            .push(reply.header("x-subject-token").to_owned());
    }
    let by = secrets.configured[4].as_str();
    let subject = secrets.known.last().expect("an issued token").clone();
    let headers = [("x-auth-token", by), ("x-subject-token", &*subject)];
    let revoked = app.send("DELETE", TOKENS, &headers, "").await;
    assert_eq!(revoked.status, 204);
    let keys = "/v3.0/OS-CREDENTIAL/securitytokens";
    let identity = json!({"auth": {"identity": {"methods": ["token"]}}});
    let reply = app
        .send("POST", keys, &[("x-auth-token", by)], identity.to_string())
        .await;
    let key = &reply.assert_status(201)["credential"];
    for half in ["secret", "securitytoken"] {
        secrets
            .known
            .push(key[half].as_str().expect("a text").to_owned());
    }
    let hook = json!({"url": "http://127.0.0.1:9/", "secret": secrets.webhook});
    let added = app.post("/_emulator/v1/webhooks", hook).await;
    // Without a server there are no deliveries.
    assert!(matches!(added.status, 201 | 501), "{}", added.status);
    if added.status == 201 {
        secrets.known.push(secrets.webhook.clone());
    }
}

/// Sends the requests that the seeds stand for, and returns what leaks, and all secrets.
async fn leaks(auth: Auth, seeds: &[u64]) -> (Vec<String>, Vec<String>) {
    let mut secrets = Secrets::new(seeds.first().copied().unwrap_or_default());
    let app = App::build(|settings| settings.auth = auth, &fixtures(&secrets));
    issue(&app, &mut secrets).await;
    let mut found = Vec::new();
    let mut redactor = Redactor::new(Session::new(NOON));
    let mut all = secrets.known.clone();
    for seed in seeds {
        let planted = Planted::new(&mut Draw(*seed | 1), &secrets);
        let (reply, headers) = planted.send(&app).await;
        if let Some(redacted) = redactor.redact(&planted.exchange(&reply)) {
            let line = redacted.line().expect("JSON");
            let line = String::from_utf8_lossy(&line);
            if let Some(said) = leak(&line, &planted.hidden()) {
                found.push(format!("a corpus shows {said}: {planted:?}\n{line}"));
            }
        }
        if let Some(said) = leak(&headers, &planted.hidden()) {
            found.push(format!("a hint shows {said}: {planted:?}\n{headers}"));
        }
        if reply.status >= 400 {
            let body = String::from_utf8_lossy(&reply.body);
            if let Some(said) = leak(&body, &secrets.known) {
                found.push(format!("an error shows {said}: {planted:?}\n{body}"));
            }
        }
        all.extend(planted.own);
    }
    for (sink, text) in Sinks(&app).texts().await {
        if let Some(said) = leak(&text, &all) {
            let at = text.find(&said).unwrap_or_default();
            let around = text.as_bytes()[at.saturating_sub(400)..].iter().take(900);
            let around: Vec<u8> = around.copied().collect();
            let around = String::from_utf8_lossy(&around);
            found.push(format!("{sink} shows {said}: {around}"));
        }
    }
    (found, all)
}

/// Runs the requests in a runtime, under a log that is captured.
fn assert_nothing_leaks(auth: Auth, seeds: &[u64]) {
    let capture = Capture::default();
    let (mut found, all) = capture.during(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.expect("a runtime");
        runtime.block_on(leaks(auth, seeds))
    });
    let log = capture.text();
    assert!(log.contains("answered") || log.contains("refused"), "{log}");
    if let Some(said) = leak(&log, &all) {
        let lines: Vec<&str> = log.lines().filter(|line| line.contains(&said)).collect();
        found.push(format!("the log shows {said}: {lines:#?}"));
    }
    assert!(found.is_empty(), "{}", found.join("\n\n"));
}

proptest! {
    #![proptest_config(cases(8))]

    #[test]
    fn no_sink_contains_a_secret_in_shape_mode(seeds in vec(any::<u64>(), 1..50)) {
        assert_nothing_leaks(Auth::Shape, &seeds);
    }

    #[test]
    fn no_sink_contains_a_secret_in_strict_mode(seeds in vec(any::<u64>(), 1..50)) {
        assert_nothing_leaks(Auth::Strict, &seeds);
    }
}

/// A test that cannot fail shows nothing: the secrets are in the memory, and the same search finds them there.
#[tokio::test]
async fn the_search_finds_secrets_where_they_are_meant_to_be() {
    let mut secrets = Secrets::new(7);
    let app = App::load(&fixtures(&secrets));
    issue(&app, &mut secrets).await;
    let whole = app.state().await.to_string();
    for secret in &secrets.configured {
        assert!(
            leak(&whole, std::slice::from_ref(secret)).is_some(),
            "{secret}"
        );
    }
    for seed in 1..40 {
        Planted::new(&mut Draw(seed * 2 + 1), &secrets)
            .send(&app)
            .await;
    }
    let records = app.world.recorder().journal.entries();
    let raw = records.iter().map(|record| {
        let headers = record.request.headers.iter();
        let headers = headers.map(|(_, value)| String::from_utf8_lossy(value).into_owned());
        let headers: Vec<String> = headers.collect();
        let body = String::from_utf8_lossy(&record.request.body).into_owned();
        let query = record.summary.query.as_deref().unwrap_or_default();
        format!("{} {query} {headers:?} {body}", record.summary.path)
    });
    let n_secret = raw
        .filter(|raw| leak(raw, &secrets.known).is_some())
        .count();
    assert!(n_secret > 20, "{n_secret} of {} requests", records.len());
}

/// Every encoding in which a secret may stand is seen by the search.
#[test]
fn the_search_undoes_encodings() {
    let secret = ["Zq7-hush_quiet.5+/x=".to_owned()];
    for shown in [
        "a Zq7-hush_quiet.5+/x= b",
        "%5aq7-hush_quiet.5%2B%2fx%3D",
        "Zq7-hush_quiet.5%252B%252Fx%253D",
        // ann:Zq7-hush_quiet.5+/x=
        "YW5uOlpxNy1odXNoX3F1aWV0LjUrL3g9",
    ] {
        assert!(leak(shown, &secret).is_some(), "{shown}");
    }
    assert_eq!(leak("Zq7-*** and ***", &secret), None);
}
