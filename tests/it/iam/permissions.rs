//! Actions and the operations they allow, for every operation.

use release_emulator::internals::http::Operation;
use release_emulator::internals::registry::operations;
use release_emulator::internals::world::settings::Auth;
use serde_json::json;

use super::forbidden;
use crate::common::{App, PROJECT, Reply};

/// Families whose callers are limited by actions.
const BY_ACTIONS: [&str; 4] = ["iam", "asm", "plans", "pipelines"];

/// Their operations.
fn by_actions() -> impl Iterator<Item = &'static Operation> {
    operations().filter(|it| BY_ACTIONS.contains(&&*it.family))
}

/// Those of them that take a permission.
fn limited() -> impl Iterator<Item = &'static Operation> {
    by_actions().filter(|it| it.action != "none")
}

/// The path of an operation, with something for each of its parameters.
fn path(operation: &Operation) -> String {
    let path = operation.path.replace("{project_id}", PROJECT);
    let segments = path.split('/').map(|segment| {
        if segment.starts_with('{') {
            "x"
        } else {
            segment
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// An emulator whose user `kim` is allowed these actions, with the token `of-kim`.
fn allowing(actions: &[&str]) -> App {
    let identities = json!({"identities": {
        "users": [{"name": "kim", "actions": actions}],
        "tokens": [{"token": "of-kim", "user": "kim"}]
    }});
    App::build(|settings| settings.auth = Auth::Strict, &identities)
}

async fn call(app: &App, operation: &Operation) -> Reply {
    let headers = [("x-auth-token", "of-kim"), ("x-subject-token", "of-nobody")];
    app.send(&operation.method, &path(operation), &headers, "")
        .await
}

/// The ids of the operations that these actions allow, out of those that need one, in alphabetical order.
async fn allowed(actions: &[&str]) -> Vec<&'static str> {
    let app = allowing(actions);
    let mut allowed = Vec::new();
    for operation in limited() {
        if call(&app, operation).await.status != 403 {
            allowed.push(operation.id.as_str());
        }
    }
    allowed.sort_unstable();
    allowed
}

#[tokio::test]
async fn its_own_action_allows_every_operation_and_its_older_name_does_too() {
    let mut n_families = std::collections::HashSet::new();
    for operation in by_actions() {
        n_families.insert(&operation.family);
        for name in [&operation.action, &operation.alias] {
            if !name.is_empty() {
                let reply = call(&allowing(&[name]), operation).await;
                assert!(
                    !matches!(reply.status, 401 | 403 | 405) && !is_unrouted(&reply),
                    "{name}: {reply:?}"
                );
            }
        }
    }
    assert_eq!(n_families.len(), BY_ACTIONS.len());
}

/// True if the request reached no operation, which would prove nothing.
fn is_unrouted(reply: &Reply) -> bool {
    reply.status == 404 && reply.text().contains("APIGW.")
}

#[tokio::test]
async fn no_action_allows_nothing_but_what_needs_none() {
    let app = allowing(&[]);
    let mut free = Vec::new();
    for operation in by_actions() {
        let reply = call(&app, operation).await;

        if operation.action == "none" {
            free.push(&*operation.id);
            assert_ne!(reply.status, 403, "{reply:?}");
            continue;
        }
        let action = &operation.action;
        let (code, text) = match &*operation.family {
            "asm" => ("ASM.01000002", "Forbidden.".to_owned()),
            _ => (
                "APIGW.0302",
                format!("The IAM user is not authorized to access the API: {action}"),
            ),
        };
        let body = reply.assert_status(403);
        reply.assert_hint(&format!("kim is allowed [], which does not match {action}"));
        if operation.family == "iam" {
            assert_eq!(reply.text(), forbidden());
            continue;
        }
        let said = |one: &str, other: &str| body.get(one).or(body.get(other)).cloned();
        assert_eq!(said("error_code", "errorCode"), Some(json!(code)));
        assert_eq!(said("error_msg", "errorMsg"), Some(json!(text)));
    }
    free.sort_unstable();
    assert_eq!(
        free,
        [
            "AssumeAgency",
            "CreateTemporaryAccessKey",
            "CreateToken",
            "CreateTokenWithIdToken",
            "DeleteToken",
            "GetCallerIdentity",
            "ListApiVersions",
            "ListAuthProjects",
            "ListDomains",
            "ListEndpoints",
            "ListRegions",
            "ListServices",
            "ShowApiVersion",
            "ShowCatalog",
            "ShowProject",
            "ShowToken",
        ]
    );
}

#[tokio::test]
async fn a_refusal_names_the_older_name_of_the_action_too() {
    let app = allowing(&["asm:*"]);
    let reply = app
        .send(
            "GET",
            &format!("/v3/{PROJECT}/cas/release-plans"),
            &[("x-auth-token", "of-kim")],
            "",
        )
        .await;

    reply.assert_status(403);
    reply.assert_hint("kim is allowed [asm:*], which does not match servicestage::listReleasePlan or servicestage:app:list");
}

#[tokio::test]
async fn actions_allow_what_is_documented_for_them() {
    for (action, expected) in [
        ("iam:projects:listProjects", &["ListProjects"][..]),
        ("iam:users:listUsers", &["ListUsers"]),
        ("Security Administrator", &["ListUsers"]),
        ("asm:mesh:create", &["CreateMesh"]),
        ("asm:mesh:list", &["ListAccessibleMeshes", "ListMeshes"]),
        ("asm:mesh:get", &["ShowMesh"]),
        ("asm:mesh:delete", &["DeleteMesh"]),
        ("asm:mesh:createRelease", &["CreateRelease"]),
        ("asm:mesh:listReleases", &["GetAllReleases"]),
        ("asm:mesh:getRelease", &["GetReleaseByName"]),
        ("asm:mesh:updateRelease", &["UpdateRelease"]),
        ("asm:mesh:deleteRelease", &["DeleteRelease"]),
        ("servicestage::listReleasePlan", &["ListReleasePlans"]),
        (
            "servicestage::getReleasePlan",
            &["ShowReleasePlan", "ShowReleasePlanDeployInfo"],
        ),
        (
            "servicestage::createReleasePlan",
            &[
                "AbortReleasePlan",
                "CreateReleasePlan",
                "ExecuteReleasePlan",
                "RollbackReleasePlan",
            ],
        ),
        ("servicestage::modifyReleasePlan", &["UpdateReleasePlan"]),
        ("servicestage::deleteReleasePlan", &["DeleteReleasePlan"]),
        ("servicestage:app:list", &["ListReleasePlans"]),
        (
            "servicestage:app:get",
            &["ShowReleasePlan", "ShowReleasePlanDeployInfo"],
        ),
        ("servicestage:app:modify", &["UpdateReleasePlan"]),
        ("servicestage:app:delete", &["DeleteReleasePlan"]),
        (
            "servicestage:pipeline:create",
            &["CreatePipeline", "CreatePipelineHooks"],
        ),
        (
            "servicestage:pipeline:list",
            &["ListPipelines", "ShowPipelineHooks"],
        ),
        (
            "servicestage:pipeline:get",
            &[
                "ListPipelineRecords",
                "ParseTemplatePackage",
                "ShowPipeline",
            ],
        ),
        (
            "servicestage:pipeline:modify",
            &["OperatePipeline", "UpdatePipeline", "UpdatePipelineHooks"],
        ),
        (
            "servicestage:pipeline:execute",
            &["OperatePipeline", "UpdatePipeline", "UpdatePipelineHooks"],
        ),
    ] {
        assert_eq!(allowed(&[action]).await, expected, "{action}");
    }
}

#[tokio::test]
async fn a_star_stands_for_any_text_and_for_none() {
    let all: Vec<_> = {
        let mut ids: Vec<_> = limited().map(|it| &*it.id).collect();
        ids.sort_unstable();
        ids
    };
    let asm = [
        "CreateMesh",
        "CreateRelease",
        "DeleteMesh",
        "DeleteRelease",
        "GetAllReleases",
        "GetReleaseByName",
        "ListAccessibleMeshes",
        "ListMeshes",
        "ShowMesh",
        "UpdateRelease",
    ];
    for (actions, expected) in [
        (&["*"][..], &all[..]),
        (&["*:*:*"], &all),
        (&["asm:mesh:*"], &asm),
        (&["asm:*"], &asm),
        (
            &["asm:mesh:*Release*"],
            &[asm[1], asm[3], asm[4], asm[5], asm[9]],
        ),
        (
            &["servicestage:*:list"],
            &["ListPipelines", "ListReleasePlans", "ShowPipelineHooks"],
        ),
        (&["servicestage::list*"], &["ListReleasePlans"]),
        (
            &["iam:*", "servicestage:pipeline:list"],
            &[
                "ListPipelines",
                "ListProjects",
                "ListUsers",
                "ShowPipelineHooks",
            ],
        ),
        (&["asm"], &[]),
        (&[""], &[]),
        (&["ASM:MESH:LIST"], &[]),
        (&["asm:mesh:lis"], &[]),
        (&["mesh:list"], &[]),
        (&["none"], &[]),
    ] {
        assert_eq!(allowed(actions).await, expected, "{actions:?}");
    }
}

#[tokio::test]
async fn a_user_without_a_list_of_actions_may_do_everything() {
    let identities = json!({"identities": {
        "users": [{"name": "kim"}], "tokens": [{"token": "of-kim", "user": "kim"}]}});
    let app = App::build(|settings| settings.auth = Auth::Strict, &identities);
    for operation in by_actions() {
        assert_ne!(call(&app, operation).await.status, 403, "{}", operation.id);
    }
}

#[tokio::test]
async fn an_issued_token_allows_what_its_user_is_allowed_now() {
    let app = super::strict();
    let token = super::token(&app, "eve", super::north()).await;
    let list = super::pipelines(PROJECT);
    super::get(&app, &list, &token).await.assert_status(403);
    let patch = json!({"identities": {"users": [{"name": "eve", "actions": ["servicestage:*"]}]}});

    app.patch("/_emulator/v1/state", patch)
        .await
        .assert_status(204);

    super::get(&app, &list, &token).await.assert_status(200);
}

#[tokio::test]
async fn head_takes_the_permission_of_get() {
    let (app, list) = (allowing(&[]), super::pipelines(PROJECT));
    let headers = [("x-auth-token", "of-kim")];
    for path in [&*list, "/v3/projects"] {
        app.send("HEAD", path, &headers, "")
            .await
            .assert_answer(403, "");
    }
    let allowed = allowing(&["servicestage:pipeline:list"]);
    allowed
        .send("HEAD", &list, &headers, "")
        .await
        .assert_answer(200, "");
}

#[tokio::test]
async fn permission_is_looked_at_before_the_body() {
    let app = allowing(&[]);
    let headers = [("x-auth-token", "of-kim")];
    let list = super::pipelines(PROJECT);
    app.send("POST", &list, &headers, "{")
        .await
        .assert_status(403);
    let large = "x".repeat((12 << 20) + 1);
    app.send("POST", &list, &headers, large)
        .await
        .assert_status(403);
}
