//! Repeated query parameters: the first value counts in every family, and a hint names the repetition.

use serde_json::json;

use crate::common::{App, PROJECT};

#[tokio::test]
async fn the_first_value_of_a_repeated_parameter_counts_in_every_family() {
    let app = App::new();
    let plans = format!("/v3/{PROJECT}/cas/release-plans");
    let pipelines = format!("/v3/{PROJECT}/pipeline/pipelines");
    let action = format!("{pipelines}/unknown/action");
    let zadig = "/openapi/delivery/releases";
    for (method, path, query, repeated, status) in [
        (
            "GET",
            plans.as_str(),
            "limit=1&limit=x&limit=y",
            "limit",
            200,
        ),
        ("GET", &plans, "limit=x&limit=1", "limit", 400),
        (
            "GET",
            &pipelines,
            "offset=0&limit=1&o%66fset=x",
            "offset",
            200,
        ),
        (
            "POST",
            &action,
            "action_id=start&action_id=x",
            "action_id",
            404,
        ),
        ("GET", "/v3/projects", "name=a&name=b", "name", 200),
        (
            "GET",
            zadig,
            "projectKey=p&pageNum=1&pageSize=9&pageNum=x",
            "pageNum",
            200,
        ),
        (
            "GET",
            "/_emulator/v1/requests",
            "limit=1&limit=x",
            "limit",
            200,
        ),
    ] {
        let reply = app
            .send(
                method,
                &format!("{path}?{query}"),
                crate::common::CREDENTIALS,
                "{}",
            )
            .await;
        reply.assert_status(status);
        let hint = format!("query parameter {repeated} is repeated; its first value counts");
        assert_eq!(
            reply.header("x-emulator-hint").matches(&hint).count(),
            1,
            "{reply:?}"
        );
    }
    let one = app
        .get("/v3/projects?name=a&name=b")
        .await
        .assert_status(200);
    assert_eq!(one["projects"][0]["name"], "a");
}

#[tokio::test]
async fn a_body_in_an_encoding_that_is_not_read_is_refused_with_the_reason() {
    let app = App::new();
    let login = json!({"auth": {}}).to_string();
    let with_mark = [b"\xef\xbb\xbf", login.as_bytes()].concat();
    let compressed = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00".to_vec();
    let wide = b"\xff\xfe{\x00}\x00".to_vec();
    let pipelines = format!("/v3/{PROJECT}/pipeline/pipelines");
    for path in [
        "/v2/meshes/m1/namespaces/default/releases",
        &pipelines,
        "/v3/auth/tokens",
        "/openapi/delivery/releases/k8s",
        "/_emulator/v1/scripts",
    ] {
        for (body, why) in [
            (&with_mark, "begins with a byte order mark"),
            (&compressed, "is compressed with gzip"),
            (&wide, "is encoded in UTF-16"),
        ] {
            let reply = app
                .send("POST", path, crate::common::CREDENTIALS, body.clone())
                .await;
            reply.assert_status(400);
            assert!(
                reply.header("x-emulator-hint").contains(why),
                "{path}: {reply:?}"
            );
        }
    }
}
