//! Zadig roles and the operations on versions that they allow.

use release_emulator::ZadigGeneration;
use release_emulator::internals::http::Operation;
use release_emulator::internals::registry::operations;
use release_emulator::internals::world::settings::Auth;
use serde_json::{Value, json};

use crate::common::App;

/// A request to an operation that names a project.
fn request(operation: &Operation, project: &str) -> (String, String) {
    let id = "66287b110b8b8a631910f5ae";
    let segments = operation.path.split('/');
    let filled = segments.map(|segment| {
        if segment.starts_with('{') {
            id
        } else {
            segment
        }
    });
    let path = filled.collect::<Vec<_>>().join("/");
    match &*operation.method {
        "POST" => (
            format!("{path}?projectKey={project}&id={id}"),
            json!({"project_key": project}).to_string(),
        ),
        _ => (
            format!("{path}?projectKey={project}&pageNum=1&pageSize=9&versionName=v1"),
            String::new(),
        ),
    }
}

fn user(name: &str, admin: bool, projects: &Value) -> Value {
    json!({"token": format!("of-{name}"), "name": name, "admin": admin, "projects": projects})
}

#[tokio::test]
async fn a_role_allows_its_own_operations_in_its_own_project() {
    let users = json!({"identities": {"zadig_users": [
        user("admin", true, &json!({})),
        user("head", false, &json!({"shop": ["project_admin"]})),
        user("reader", false, &json!({"shop": ["get_delivery"]})),
        user("maker", false, &json!({"shop": ["create_delivery"]})),
        user("remover", false, &json!({"shop": ["delete_delivery"]})),
        user("visitor", false, &json!({"other": ["release_get"]})),
        user("both", false, &json!({"shop": ["get_delivery", "delete_delivery"]})),
        user("nobody", false, &json!({})),
    ]}});
    let app = |generation| {
        App::build(
            |settings| {
                settings.auth = Auth::Strict;
                settings.zadig = Some(generation);
            },
            &users,
        )
    };
    let (v3, v4) = (app(ZadigGeneration::V3), app(ZadigGeneration::V4));
    let creations = ["CreateHelmVersion", "CreateK8sVersion", "RetryVersion"];
    let every = [
        "CreateHelmVersion",
        "CreateK8sVersion",
        "DeleteVersion",
        "GetVersion",
        "GetVersionByName",
        "ListVersions",
        "RetryVersion",
    ];
    for (name, in_shop, elsewhere) in [
        ("admin", &every[..], &every[..]),
        ("head", &every, &[]),
        ("reader", &every[3..6], &[]),
        ("maker", &creations, &[]),
        ("remover", &every[2..3], &[]),
        ("visitor", &every[3..5], &every[3..5]),
        ("both", &every[2..6], &[]),
        ("nobody", &[], &[]),
    ] {
        for (project, expected) in [("shop", in_shop), ("elsewhere", elsewhere)] {
            let mut allowed = Vec::new();
            for operation in operations().filter(|it| every.contains(&&*it.id)) {
                let (path, body) = request(operation, project);
                let is_of_v4 = matches!(&*operation.id, "GetVersionByName" | "RetryVersion");
                let app = if is_of_v4 { &v4 } else { &v3 };
                let bearer = format!("Bearer of-{name}");
                let headers = [("authorization", &*bearer)];
                let reply = app.send(&operation.method, &path, &headers, body).await;
                if reply.status == 403 {
                    reply.assert_answer(403, "");
                    reply.assert_hint(&format!(" in project {project:?}"));
                } else {
                    allowed.push(&*operation.id);
                }
            }
            allowed.sort_unstable();
            assert_eq!(allowed, expected, "{name} in {project}");
        }
    }
}

#[tokio::test]
async fn without_a_token_that_is_known_every_operation_is_an_empty_401() {
    let users = json!({"identities": {"zadig_users": [user("admin", true, &json!({}))]}});
    let app = App::build(|settings| settings.auth = Auth::Strict, &users);
    for operation in operations().filter(|it| it.family == "zadig") {
        let (path, body) = request(operation, "shop");
        for headers in [
            &[][..],
            &[("authorization", "Bearer of-nobody")],
            &[("authorization", "of-admin")],
            &[("authorization", "Bearer  of-admin")],
            &[("x-auth-token", "of-admin")],
        ] {
            let reply = app
                .send(&operation.method, &path, headers, body.clone())
                .await;
            reply.assert_answer(401, "");
            assert_eq!(reply.header("content-type"), "");
        }
    }
}
