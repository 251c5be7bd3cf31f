//! Misuses of the gateway in front of every Huawei service.

use release_emulator::internals::world::settings::Auth;

use super::*;

#[tokio::test]
async fn a_credential_that_does_not_hold() {
    let identities = json!({"identities": {
        "users": [
            {"name": "ann", "projects": [{"id": PROJECT, "name": "cn-north-4"}]},
            {"name": "bob", "actions": ["servicestage:*:list", "asm:mesh:getRelease"]}
        ],
        "access_keys": [{"ak": "AK1", "sk": "s", "user": "ann"}],
        "tokens": [
            {"token": "of-ann", "user": "ann", "expires_at": "2026-01-01T12:00:10Z"},
            {"token": "of-bob", "user": "bob"}
        ]
    }});
    let app = App::build(|settings| settings.auth = Auth::Strict, &identities);
    let signed = |ak: &str| {
        format!(
            "SDK-HMAC-SHA256 Access={ak}, SignedHeaders=x-sdk-date, Signature={}",
            "a".repeat(64)
        )
    };
    let ask = async |path: &str, headers: &[(&str, &str)]| app.send("GET", path, headers, "").await;
    let releases = "/v2/meshes/mesh-demo/releases";
    for (headers, reason) in [
        ([("x-auth-token", "of-nobody")], "decrypt token fail"),
        (
            [("authorization", &*signed("AK2"))],
            "Get secretKey failed,ak:AK2,err:ak not exist",
        ),
        (
            [("authorization", &*signed("AK1"))],
            "verify aksk signature fail",
        ),
    ] {
        assert_refused(&ask(&plans(), &headers).await, &unauthenticated(reason));
        let projects = ask("/v3/projects", &headers).await;
        assert_refused(&projects, &unauthenticated(reason));
        let expected = asm_unauthenticated(reason);
        assert_refused(&ask(releases, &headers).await, &expected);
    }
    let ann: &[(&str, &str)] = &[("x-auth-token", "of-ann")];
    assert_eq!(ask(&pipelines(), ann).await.status, 200);
    let forbidden = |action: &str| {
        gateway(
            403,
            "0302",
            &format!("The IAM user is not authorized to access the API: {action}"),
        )
    };
    let foreign = ask("/v3/another/pipeline/pipelines", ann).await;
    assert_refused(&foreign, &forbidden("servicestage:pipeline:list"));
    app.advance(9_999).await;
    assert_eq!(ask(&pipelines(), ann).await.status, 200);
    app.advance(1).await;
    let expected = unauthenticated("token expires, expires_at: 2026-01-01T12:00:10Z");
    assert_refused(&ask(&pipelines(), ann).await, &expected);

    let bob: &[(&str, &str)] = &[("x-auth-token", "of-bob")];
    assert_eq!(ask(&pipelines(), bob).await.status, 200);
    let one = ask(&format!("{}/x", pipelines()), bob).await;
    assert_refused(&one, &forbidden("servicestage:pipeline:get"));
    assert_refused(
        &ask(releases, bob).await,
        &asm(403, "01000002", "Forbidden."),
    );
    let text = "You have no right to do this action";
    let no_right = keystone(403, text, "Forbidden");
    assert_refused(&ask("/v3/projects", bob).await, &no_right);
}

#[tokio::test]
async fn an_unknown_path() {
    assert_refusals([
        (anonymous("GET", "/v1"), no_such_api()),
        (anonymous("OPTIONS", "*"), no_such_api()),
        (anonymous("GET", "/_emulators"), no_such_api()),
    ])
    .await;
}

#[tokio::test]
async fn a_literal_project_placeholder_is_recognised() {
    let app = App::new();
    for path in [
        "/v3/%7Bproject_id%7D/pipeline/pipelines",
        "/v3/{project_id}/cas/release-plans",
        "/v1/%7Bproject_id%7D/meshes",
    ] {
        let reply = app.get(path).await;
        let expected = gateway(
            400,
            "0602",
            "Bad request: the path holds the literal {project_id}",
        );
        assert_refused(&reply, &expected);
        assert!(
            reply.header("x-emulator-hint").contains("project id"),
            "{reply:?}"
        );
    }
}
