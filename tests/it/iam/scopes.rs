//! Scopes of tokens: a token is valid in its project only, and in none if it is for an account.

use serde_json::json;

use super::{ACME, EAST, body, gateway, get, login, north, pipelines, strict, token, unauthorized};
use crate::common::{App, PROJECT, Reply};

const SCOPE: &str = "The request you have made requires authentication.";

#[track_caller]
fn assert_forbidden(reply: &Reply, action: &str) {
    let text = format!("The IAM user is not authorized to access the API: {action}");
    reply.assert_answer(403, &gateway(reply, "0302", &text));
}

#[tokio::test]
async fn a_token_of_one_project_is_forbidden_in_another_of_the_same_user() {
    let app = strict();
    let token = token(&app, "ann", north()).await;

    let plans = get(&app, &format!("/v3/{EAST}/cas/release-plans"), &token).await;
    let pipelines = get(&app, &pipelines(EAST), &token).await;
    let meshes = get(&app, &format!("/v1/{EAST}/meshes"), &token).await;

    assert_forbidden(&plans, "servicestage::listReleasePlan");
    assert_forbidden(&pipelines, "servicestage:pipeline:list");
    meshes.assert_answer(
        403,
        r#"{"errorCode":"ASM.01000002","errorMsg":"Forbidden."}"#,
    );
    for reply in [plans, pipelines, meshes] {
        reply.assert_hint(PROJECT);
        reply.assert_hint(EAST);
    }
}

#[tokio::test]
async fn paths_of_asm_without_a_project_go_by_the_header_that_names_one() {
    let app = strict();
    let token = token(&app, "ann", north()).await;
    let mesh = json!({"asm": {"meshes": [{"id": "m1", "name": "m1"}]}});
    app.patch("/_emulator/v1/state", mesh)
        .await
        .assert_status(204);
    let ask = async |project: Option<&str>| {
        let mut headers = vec![("x-auth-token", &*token)];
        headers.extend(project.map(|id| ("x-project-id", id)));
        app.send("GET", "/v2/meshes/m1/releases", &headers, "")
            .await
    };

    ask(None).await.assert_status(200);
    ask(Some(PROJECT)).await.assert_status(200);
    let foreign = ask(Some(EAST)).await;

    foreign.assert_answer(
        403,
        r#"{"errorCode":"ASM.01000002","errorMsg":"Forbidden."}"#,
    );
    foreign.assert_hint(PROJECT);
    foreign.assert_hint(EAST);
}

#[tokio::test]
async fn a_token_of_an_account_is_forbidden_in_every_project() {
    let app = strict();
    for scope in [json!(null), json!({"domain": {"name": "acme"}})] {
        let token = token(&app, "ann", scope).await;
        for project in [PROJECT, EAST] {
            let reply = get(&app, &pipelines(project), &token).await;
            assert_forbidden(&reply, "servicestage:pipeline:list");
            reply.assert_hint("get one for a project");
            let reply = get(&app, &format!("/v1/{project}/meshes"), &token).await;
            reply.assert_status(403);
        }
        let releases = get(&app, "/v2/meshes/m1/releases", &token).await;
        releases.assert_status(403);
        get(&app, "/v3/projects", &token).await.assert_status(200);
        get(&app, "/v3/auth/domains", &token)
            .await
            .assert_status(200);
    }
}

#[tokio::test]
async fn a_token_of_the_fixtures_is_good_in_all_projects_of_its_user() {
    let mut fixtures = super::users();
    fixtures["identities"]["tokens"] = json!([{"token": "fixed", "user": "ann"}]);
    let app = App::load(&fixtures);

    for project in [PROJECT, EAST] {
        get(&app, &pipelines(project), "fixed")
            .await
            .assert_status(200);
    }

    let reply = get(&app, &pipelines("elsewhere"), "fixed").await;
    assert_forbidden(&reply, "servicestage:pipeline:list");
    reply.assert_hint(&format!("{PROJECT} or {EAST}"));
}

#[tokio::test]
async fn a_scope_that_the_user_may_not_enter_is_refused() {
    let app = strict();
    for (user, scope, hint) in [
        (
            "bob",
            json!({"project": {"name": "cn-east-3"}}),
            format!("bob may enter [cn-north-4 ({PROJECT})], not cn-east-3"),
        ),
        (
            "bob",
            json!({"project": {"id": EAST}}),
            format!("bob may enter [cn-north-4 ({PROJECT})], not {EAST}"),
        ),
        (
            "bob",
            json!({"domain": {"name": "umbrella"}}),
            "the account of bob is acme".to_owned(),
        ),
        (
            "zoe",
            json!({"domain": {"id": super::ACME}}),
            "the account of zoe is emulator".to_owned(),
        ),
    ] {
        let before = app.state().await;

        let reply = login(&app, &body(user, &scope)).await;

        reply.assert_answer(401, &unauthorized(SCOPE));
        reply.assert_hint(&hint);
        assert_eq!(reply.header("x-subject-token"), "");
        assert_eq!(app.state().await, before);
    }
}

#[tokio::test]
async fn a_user_who_is_limited_to_no_project_may_enter_any() {
    let app = strict();
    for (scope, id, name) in [
        (json!({"project": {"name": "cn-east-3"}}), EAST, "cn-east-3"),
        (json!({"project": {"id": EAST}}), EAST, "cn-east-3"),
        (
            json!({"project": {"name": "ap-test-9"}}),
            "be702556634a6144e6197f4b8485291f",
            "ap-test-9",
        ),
        (json!({"project": {"id": "p1"}}), "p1", "p1"),
    ] {
        let reply = login(&app, &body("zoe", &scope)).await;

        let project = reply.assert_status(201)["token"]["project"].clone();
        assert_eq!(
            (&project["id"], &project["name"]),
            (&json!(id), &json!(name))
        );
        let token = reply.header("x-subject-token");
        get(&app, &pipelines(id), token).await.assert_status(200);
        let other = get(&app, &pipelines("another"), token).await;
        assert_forbidden(&other, "servicestage:pipeline:list");
    }
}

#[tokio::test]
async fn what_is_issued_keeps_to_its_project_when_its_user_changes_theirs() {
    let app = strict();
    let token = token(&app, "bob", north()).await;
    let east = json!({"id": EAST, "name": "cn-east-3"});
    let patch = json!({"identities": {"users": [{"name": "bob", "password": "of-bob", "projects": [east]}]}});

    app.patch("/_emulator/v1/state", patch)
        .await
        .assert_status(204);

    get(&app, &pipelines(PROJECT), &token)
        .await
        .assert_status(200);
    get(&app, &pipelines(EAST), &token).await.assert_status(403);
}

#[tokio::test]
async fn a_project_may_name_its_account_which_must_be_the_users() {
    let app = strict();
    for (account, status, hint) in [
        (json!({"name": "acme"}), 201, ""),
        (json!({"id": ACME}), 201, ""),
        (
            json!({"name": "umbrella"}),
            401,
            "the account of ann is acme",
        ),
        (json!({}), 400, "auth.scope.project.domain.name is required"),
    ] {
        let scope = json!({"project": {"name": "cn-north-4", "domain": account}});
        let reply = login(&app, &body("ann", &scope)).await;
        reply.assert_status(status);
        assert_eq!(reply.header("x-emulator-hint"), hint);
    }
}
