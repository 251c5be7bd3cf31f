//! Signed requests over HTTP.

use release_emulator::internals::sim::clock::system_now;
use release_emulator::internals::world::settings::{Auth, Fidelity};
use serde_json::json;

use super::{AK, DATE, SIGNED_AT, SK, Signed, now, sha256, strict, with, with_fidelity};
use crate::common::{App, PROJECT, Reply};

const LIST: &str = "/v3/p1/pipeline/pipelines";

#[track_caller]
fn assert_refused(reply: &Reply, reason: &str) {
    let expected = format!("Incorrect IAM authentication information: {reason}");
    let body = reply.assert_status(401);
    // A signature that was compared with a canonical request has that after the reason.
    let text = body["error_msg"].as_str().unwrap_or_default();
    let text = text.split(",canonicalRequest:").next().unwrap_or_default();
    assert_eq!(
        (&body["error_code"], text),
        (&json!("APIGW.0301"), &*expected),
        "{}",
        reply.header("x-emulator-hint")
    );
    assert_eq!(body["request_id"], reply.header("x-request-id"));
}

/// The documented reason for a signature that does not verify.
const VERIFY_FAILED: &str = "verify aksk signature fail";

#[tokio::test]
async fn a_signed_body_reaches_the_handler_unchanged() {
    let app = strict();
    let body = r#"{ "name":"release-a",  "model_version": 2, "config_mode":"ui","stages":[{"name":"s","tasks":[]}],"description":"grün" }"#;
    let create = Signed::new("POST", LIST, body).with("content-type", "application/json");

    let created = create
        .send(&app, &create.authorization(AK, SK))
        .await
        .assert_status(200);

    assert_eq!(
        (&created["creator"], &created["description"]),
        (&json!("ann"), &json!("grün"))
    );
    let list = Signed::new("GET", LIST, "");
    let rows = list
        .send(&app, &list.authorization(AK, SK))
        .await
        .assert_status(200);
    assert_eq!(rows[0]["id"], created["id"]);
}

#[tokio::test]
async fn signatures_verify_with_escapes_and_any_order_of_the_query() {
    let app = strict();
    for project in [
        "a b",
        "grün",
        "a%20b",
        "100%",
        "a+b",
        "a:b@c(d)*'!",
        "a;b,c=d&e",
    ] {
        let mut list = Signed::new("GET", LIST, "");
        project.clone_into(&mut list.path[1]);
        list.query = [
            ("offset", "0"),
            ("limit", "10"),
            ("q", "a b/c*"),
            ("q", "ü"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .to_vec();
        list.send(&app, &list.authorization(AK, SK))
            .await
            .assert_status(200);
    }
    // A client may sign a path without the escapes that it does not send.
    let bare = Signed::new("GET", LIST, "");
    let canonical = bare.canonical(&sha256(b"")).replace("/v3/p1/", "/v3/p:1/");
    let authorization = bare.authorization_over(AK, SK, &canonical);
    let headers = [
        ("authorization", authorization.as_str()),
        ("host", "127.0.0.1:4600"),
        ("x-sdk-date", DATE),
    ];
    let target = LIST.replace("p1", "p:1");
    app.send("GET", &target, &headers, "")
        .await
        .assert_status(200);
}

#[tokio::test]
async fn a_plus_sign_in_a_query_means_a_space() {
    let app = strict();
    let mut list = Signed::new("GET", LIST, "");
    list.query = vec![("q".to_owned(), "a b".to_owned())];
    let authorization = list.authorization(AK, SK);
    let headers = [
        ("authorization", authorization.as_str()),
        ("host", "127.0.0.1:4600"),
        ("x-sdk-date", DATE),
    ];
    app.send("GET", &format!("{LIST}?q=a+b"), &headers, "")
        .await
        .assert_status(200);
    let literal = app
        .send("GET", &format!("{LIST}?q=a%2Bb"), &headers, "")
        .await;
    assert_refused(&literal, VERIFY_FAILED);
}

#[tokio::test]
async fn a_changed_request_is_refused() {
    let app = strict();
    let body = r#"{"name":"release-a","model_version":2,"config_mode":"ui","stages":[{"name":"s","tasks":[]}]}"#;
    let request = Signed::new("POST", LIST, body).with("x-project-id", "p1");
    let authorization = request.authorization(AK, SK);
    let mut others = vec![request.clone(), request.clone(), request.clone()];
    others[0].body.push(b' ');
    "p2".clone_into(&mut others[1].path[1]);
    others[2].query.push(("limit".to_owned(), "1".to_owned()));
    others.push(request.clone().with("x-project-id", "p2"));
    others.push(request.clone().with("host", "localhost:4600"));
    others.push(Signed {
        method: "PUT".to_owned(),
        ..request.clone()
    });
    let before = app.state().await;
    for other in others {
        let reply = other.send(&app, &authorization).await;
        if other.method == "POST" {
            assert_refused(&reply, VERIFY_FAILED);
        } else {
            assert_eq!(reply.status, 405, "an unknown method is refused first");
        }
    }
    assert_eq!(app.state().await, before);
    request.send(&app, &authorization).await.assert_status(200);
}

#[tokio::test]
async fn a_missing_or_repeated_signed_header_is_refused() {
    let app = strict();
    let request = Signed::new("GET", LIST, "").with("x-project-id", "p1");
    let authorization = request.authorization(AK, SK);
    let mut without = request.clone();
    without.headers.retain(|(name, _)| name != "x-project-id");
    let reply = without.send(&app, &authorization).await;
    assert_refused(&reply, VERIFY_FAILED);
    assert!(
        reply
            .header("x-emulator-hint")
            .contains("\"x-project-id\" is not in the request")
    );
    let mut repeated = request.clone();
    repeated
        .headers
        .push(("x-project-id".to_owned(), "p2".to_owned()));
    assert_refused(&repeated.send(&app, &authorization).await, VERIFY_FAILED);
    let undated = Signed::new("GET", LIST, "");
    let names = authorization.replace("host;x-project-id;x-sdk-date", "host");
    let reply = undated.send(&app, &names).await;
    assert_refused(&reply, VERIFY_FAILED);
    assert!(
        reply
            .header("x-emulator-hint")
            .contains("x-sdk-date must be among")
    );
}

#[tokio::test]
async fn a_known_key_is_always_verified_and_an_unknown_one_refused_in_strict_mode_only() {
    let identities = json!({"identities": {
        "users": [{"name": "ann"}], "access_keys": [{"ak": AK, "sk": SK, "user": "ann"}]}});
    let request = Signed::new("GET", LIST, "");
    let at = |auth| App::build(|settings| settings.auth = auth, &identities);
    let (shape, strict) = (at(Auth::Shape), at(Auth::Strict));
    let unknown = request.authorization("NOBODY", SK);
    request.send(&shape, &unknown).await.assert_status(200);
    assert_refused(
        &request.send(&strict, &unknown).await,
        "Get secretKey failed,ak:NOBODY,err:ak not exist",
    );
    let now = chrono::DateTime::from_timestamp_millis(system_now()).unwrap();
    let fresh = request.with("x-sdk-date", &now.format("%Y%m%dT%H%M%SZ").to_string());
    for app in [shape, strict] {
        fresh
            .send(&app, &fresh.authorization(AK, SK))
            .await
            .assert_status(200);
        assert_refused(
            &fresh.send(&app, &fresh.authorization(AK, "wrong")).await,
            VERIFY_FAILED,
        );
    }
}

#[tokio::test]
async fn the_machine_clock_judges_signatures_unless_auth_and_fidelity_are_strict() {
    let identities = json!({"identities": {
        "users": [{"name": "ann"}], "access_keys": [{"ak": AK, "sk": SK, "user": "ann"}]}});
    let request = Signed::new("GET", LIST, "");
    let authorization = request.authorization(AK, SK);
    for (auth, fidelity, uses_world_clock) in [
        (Auth::Strict, Fidelity::Strict, true),
        (Auth::Strict, Fidelity::Documented, false),
        (Auth::Shape, Fidelity::Strict, false),
    ] {
        let choose = |settings: &mut release_emulator::internals::Settings| {
            settings.auth = auth;
            settings.fidelity = fidelity;
            settings.freeze = Some(SIGNED_AT + 900_000);
        };
        let app = App::build(choose, &identities);
        let reply = request.send(&app, &authorization).await;
        if uses_world_clock {
            reply.assert_status(200);
            app.advance(1_000).await;
            assert_refused(
                &request.send(&app, &authorization).await,
                "calc aksk signature fail:signature expired, signature time:20260102T030405Z,server time:20260102T031906Z",
            );
        } else {
            let text = reply.assert_status(401)["error_msg"]
                .as_str()
                .unwrap()
                .to_owned();
            let expected = "signature expired, signature time:20260102T030405Z,server time:";
            assert!(text.contains(expected), "{text}");
        }
    }
}

#[tokio::test]
async fn a_temporary_key_requires_its_session_token_and_a_permanent_one_none() {
    let app = strict();
    let plain = Signed::new("GET", LIST, "");
    let with = |token| plain.clone().with("x-security-token", token);
    with("session-1")
        .send(&app, &with("session-1").authorization("TEMPORARY", SK))
        .await
        .assert_status(200);
    for (request, ak, hint) in [
        (plain.clone(), "TEMPORARY", "requires its session token"),
        (with("other"), "TEMPORARY", "is not the session token"),
        (with("session-1"), AK, "a permanent access key"),
    ] {
        let reply = request.send(&app, &request.authorization(ak, SK)).await;
        assert_refused(&reply, VERIFY_FAILED);
        assert!(reply.header("x-emulator-hint").contains(hint), "{reply:?}");
    }
}

#[tokio::test]
async fn asm_refuses_a_signature_in_its_own_format() {
    let app = strict();
    let request = Signed::new("GET", "/v2/meshes/m1/releases", "");
    let reply = request
        .send(&app, &request.authorization(AK, "wrong"))
        .await;
    assert_eq!(
        reply.assert_status(401),
        json!({"errorCode": "ASM.01000001",
            "errorMsg": "Authenticate error. Incorrect IAM authentication information: verify aksk signature fail,\
                canonicalRequest:GET|/v2/meshes/m1/releases/||host:127.0.0.1:4600|x-sdk-date:20260102T030405Z||\
                host;x-sdk-date|e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"})
    );
}

#[tokio::test]
async fn the_text_of_a_wrong_signature_has_the_canonical_request_with_masked_secrets() {
    let app = strict();
    let request = Signed::new("GET", LIST, "").with("x-auth-token", "hush");
    let reply = request
        .send(&app, &request.authorization(AK, "wrong"))
        .await;
    assert_eq!(
        reply.assert_status(401)["error_msg"],
        "Incorrect IAM authentication information: verify aksk signature fail,\
         canonicalRequest:GET|/v3/p1/pipeline/pipelines/||host:127.0.0.1:4600|x-auth-token:***|\
         x-sdk-date:20260102T030405Z||host;x-auth-token;x-sdk-date|\
         e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
}

#[tokio::test]
async fn the_hint_suspects_the_host_and_knows_the_one_that_a_proxy_forwards() {
    let app = strict();
    let request = Signed::new("GET", LIST, "").with("host", "asm.cn-north-4.myhuaweicloud.com");
    let authorization = request.authorization(AK, SK);
    let at_proxy = request.clone().with("host", "127.0.0.1:4600");

    let reply = at_proxy.send(&app, &authorization).await;
    assert_refused(&reply, VERIFY_FAILED);
    let hint = reply.header("x-emulator-hint");
    assert!(
        hint.contains("most likely its Host, which arrived as 127.0.0.1:4600"),
        "{hint}"
    );

    let forwarded = at_proxy.with("x-forwarded-host", "asm.cn-north-4.myhuaweicloud.com");
    let reply = forwarded.send(&app, &authorization).await;
    let hint = reply.header("x-emulator-hint");
    assert!(
        hint.contains(
            "the client signed the Host of X-Forwarded-Host asm.cn-north-4.myhuaweicloud.com, which a proxy replaced"
        ),
        "{hint}"
    );
    assert!(hint.contains("--trust-proxy"), "{hint}");
}

#[tokio::test]
async fn a_trusted_proxy_may_replace_the_host_that_was_signed() {
    let app = with(Fidelity::Strict, |settings| settings.trusts_proxy = true);
    let request = Signed::new("GET", LIST, "").with("host", "asm.cn-north-4.myhuaweicloud.com");
    let authorization = request.authorization(AK, SK);
    let at_proxy = request.with("host", "127.0.0.1:4600");
    let forwarded = at_proxy.with("x-forwarded-host", "asm.cn-north-4.myhuaweicloud.com");
    forwarded
        .send(&app, &authorization)
        .await
        .assert_status(200);
}

#[tokio::test]
async fn the_hint_names_the_host_of_this_machine_that_was_signed() {
    let app = strict();
    let request = Signed::new("GET", LIST, "").with("host", "localhost:8080");
    let authorization = request.authorization(AK, SK);
    let at_proxy = request.with("host", "emulator:8080");
    let reply = at_proxy.send(&app, &authorization).await;
    let hint = reply.header("x-emulator-hint");
    assert!(
        hint.contains("the client signed the Host localhost:8080, which a proxy replaced"),
        "{hint}"
    );
}

#[tokio::test]
async fn a_header_with_two_values_is_signed_in_one_line_or_in_two() {
    let app = strict();
    let request = Signed::new("GET", LIST, "").with("x-note", "a,b");
    let joined = request.canonical(&sha256(b""));
    let single = joined.replace("x-note:a,b\n", "x-note:a\nx-note:b\n");
    let swapped = joined.replace("x-note:a,b\n", "x-note:b\nx-note:a\n");
    let mut sent = request.clone();
    sent.headers.retain(|(name, _)| name != "x-note");
    for value in ["a", "b"] {
        sent.headers
            .push(("x-note".to_owned(), format!(" {value}\t")));
    }
    for (canonical, status) in [(joined, 200), (single, 200), (swapped, 401)] {
        let authorization = request.authorization_over(AK, SK, &canonical);
        sent.send(&app, &authorization).await.assert_status(status);
    }
}

#[tokio::test]
async fn a_signed_request_names_no_other_project_than_its_path() {
    let request = Signed::new("GET", LIST, "").with("x-project-id", "p2");
    let why = "X-Project-Id names the project p2, the path p1";
    let app = strict();
    let reply = request.send(&app, &request.authorization(AK, SK)).await;
    assert_eq!(reply.assert_status(403)["error_code"], "APIGW.0302");
    assert_eq!(reply.header("x-emulator-hint"), why);

    let app = App::new();
    let reply = request.send(&app, &request.authorization(AK, SK)).await;
    reply.assert_status(200);
    assert!(
        reply.header("x-emulator-hint").starts_with(why),
        "{reply:?}"
    );
    let by_token = [("x-auth-token", "t"), ("x-project-id", "p2")];
    let reply = app.send("GET", LIST, &by_token, "").await;
    reply.assert_status(200);
    assert_eq!(reply.header("x-emulator-hint"), "");
}

#[tokio::test]
async fn the_doubly_escaped_path_of_the_node_sdk_is_refused_with_full_fidelity_only() {
    for (fidelity, date, status) in [
        (Fidelity::Documented, now(), 200),
        (Fidelity::Strict, DATE.to_owned(), 401),
    ] {
        let request = Signed::new("GET", "/v3/a b/pipeline/pipelines", "")
            .with("user-agent", "huaweicloud-usdk-nodejs/3.0; any")
            .with("x-sdk-date", &date);
        let canonical = request.canonical(&sha256(b"")).replace("a%20b", "a%2520b");
        let authorization = request.authorization_over(AK, SK, &canonical);
        let reply = request.send(&with_fidelity(fidelity), &authorization).await;
        reply.assert_status(status);
        let is_explained = reply.header("x-emulator-hint").contains("escaped twice");
        assert_eq!(is_explained, status == 401, "{reply:?}");
    }
}

#[tokio::test]
async fn a_large_body_is_refused_before_the_signature_is_verified() {
    let app = strict();
    let body = "x".repeat((12 << 20) + 1);
    let request = Signed::new("POST", LIST, &body);
    let reply = request
        .send(&app, &request.authorization(AK, "wrong"))
        .await;
    assert_eq!(reply.assert_status(413)["error_code"], "APIGW.0201");
}

#[tokio::test]
async fn a_digest_in_a_header_must_be_that_of_the_body() {
    let app = strict();
    let body = r#"{"name":"release-a","model_version":2,"config_mode":"ui","stages":[{"name":"s","tasks":[]}]}"#;
    let request =
        Signed::new("POST", LIST, body).with("x-sdk-content-sha256", &sha256(body.as_bytes()));
    request
        .send(&app, &request.authorization(AK, SK))
        .await
        .assert_status(200);
    let forged = Signed {
        body: body.replace("release-a", "release-b").into_bytes(),
        ..request.clone()
    };
    let reply = forged.send(&app, &request.authorization(AK, SK)).await;
    assert_refused(&reply, VERIFY_FAILED);
    assert_eq!(
        reply.header("x-emulator-hint"),
        "x-sdk-content-sha256 is not the digest of the body"
    );
}

#[tokio::test]
async fn the_hint_shows_both_canonical_requests_and_marks_the_line_that_differs() {
    let app = strict();
    let request = Signed::new("GET", &format!("/v3/{PROJECT}/pipeline/pipelines"), "");
    let lines = format!(
        "host:127.0.0.1:4600\\nx-sdk-date:{DATE}\\n\\nhost;x-sdk-date\\n{}",
        sha256(b"")
    );
    let path = format!("/v3/{PROJECT}/pipeline/pipelines");
    // A client that forgets the slash at the end of the path.
    let canonical = request
        .canonical(&sha256(b""))
        .replace("pipelines/\n", "pipelines\n");
    let forgetful = request.authorization_over(AK, SK, &canonical);
    let reply = request.send(&app, &forgetful).await;
    assert_refused(&reply, VERIFY_FAILED);
    assert_eq!(
        reply.header("x-emulator-hint"),
        format!(
            "the client signed a path without the slash at its end: GET\\n>> {path}\\n\\n{lines} \
             -- but the request is: GET\\n>> {path}/\\n\\n{lines}"
        )
    );
    // Another secret key: no mistake explains the signature.
    let mut unsorted = request.clone();
    unsorted.query = [("token", "s3cret"), ("limit", "1")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .to_vec();
    let reply = unsorted
        .send(&app, &unsorted.authorization(AK, "wrong"))
        .await;
    assert_refused(&reply, VERIFY_FAILED);
    assert_eq!(
        reply.header("x-emulator-hint"),
        format!(
            "the client has another secret key, or a proxy changed the request, most likely its Host, \
             which arrived as 127.0.0.1:4600; the canonical request is, with a sorted query: GET\\n{path}/\\n>> limit=1&token=***\\n{lines} \
             -- or as sent: GET\\n{path}/\\n>> token=***&limit=1\\n{lines}"
        )
    );
}

#[tokio::test]
async fn the_hint_names_the_usual_mistakes() {
    let app = strict();
    let mut request = Signed::new("POST", LIST, "{}");
    request.query = vec![("q".to_owned(), "a b".to_owned())];
    "a b".clone_into(&mut request.path[1]);
    let payload = sha256(b"{}");
    let right = request.canonical(&payload);
    for (wrong, mistake) in [
        (right.replacen("POST", "GET", 1), "another method"),
        (
            right.replace("a%20b/", "a%2520b/"),
            "a path that is escaped twice",
        ),
        (
            right.replace("a%20b/", "a b/"),
            "a path that is not escaped",
        ),
        (right.replace("q=a%20b", ""), "no query"),
        (
            right.replace("q=a%20b", "q=a%2Bb"),
            "a plus sign where the query has a space",
        ),
        (
            right.replace("127.0.0.1:4600", "127.0.0.1"),
            "the host without its port",
        ),
        (
            right.replace(&payload, &sha256(b"")),
            "the digest of an empty body",
        ),
        (
            right.replace(&payload, &sha256(b"{}\n")),
            "the body with a line feed at its end",
        ),
        (
            right.replace(&payload, "UNSIGNED-PAYLOAD"),
            "UNSIGNED-PAYLOAD without",
        ),
    ] {
        assert_ne!(wrong, right, "{mistake}");
        let authorization = request.authorization_over(AK, SK, &wrong);
        let reply = request.send(&app, &authorization).await;
        assert_refused(&reply, VERIFY_FAILED);
        let hint = reply.header("x-emulator-hint");
        assert!(
            hint.starts_with(&format!("the client signed {mistake}")),
            "{mistake}: {hint}"
        );
        assert_eq!(hint.matches(">> ").count(), 2, "{hint}");
    }
}

#[tokio::test]
async fn the_hint_masks_signed_headers_that_are_secret() {
    let app = strict();
    let request = Signed::new("GET", LIST, "")
        .with("x-auth-token", "s3cret-token")
        .with("x-security-token", "session-1")
        .with("cookie", "s3cret-cookie");
    let reply = request
        .send(&app, &request.authorization("TEMPORARY", "wrong"))
        .await;
    assert_refused(&reply, VERIFY_FAILED);
    let hint = reply.header("x-emulator-hint");
    assert!(
        hint.contains("x-auth-token:***") && hint.contains("cookie:***"),
        "{hint}"
    );
    for secret in ["s3cret", "session-1", SK] {
        assert!(
            !hint.contains(secret) && !reply.text().contains(secret),
            "{hint}"
        );
    }
}
