//! Checks before the operations: credentials, paths, methods, permissions, bodies.

use serde_json::{Value, json};

use super::*;
use crate::common::CREDENTIALS;
use release_emulator::internals::world::settings::Auth;

fn list_of(project: &str) -> String {
    format!("{RELEASES}?projectKey={project}&pageNum=1&pageSize=1")
}

#[tokio::test]
async fn without_a_token_everything_is_an_empty_401() {
    let app = App::new();
    for (method, path) in [
        ("GET", list_of("demo").as_str()),
        ("GET", "/openapi/delivery/releases"),
        ("POST", "/openapi/delivery/releases/k8s"),
        ("DELETE", "/openapi/delivery/releases/x"),
        ("PUT", "/openapi/delivery/releases/x"),
        ("HEAD", "/openapi/delivery/releases"),
        ("GET", "/openapi/delivery/releases/"),
        ("GET", "/openapi/nothing/here"),
        ("GET", "/openapi"),
    ] {
        for headers in [
            &[][..],
            &[("authorization", "t")],
            &[("authorization", "Bearer  t")],
        ] {
            app.send(method, path, headers, "")
                .await
                .assert_reply(401, "");
        }
    }
}

#[tokio::test]
async fn a_token_passes_under_any_scheme_or_in_the_query() {
    let app = App::new();
    let path = list_of("demo");
    for scheme in ["Bearer", "Token", "x"] {
        let header = format!("{scheme} t");
        let reply = app
            .send("GET", &path, &[("authorization", &header)], "")
            .await;
        reply.assert_reply(200, r#"{"list":[],"total":0}"#);
    }
    let query = format!("{path}&token=t");
    app.send("GET", &query, &[], "").await.assert_status(200);
    let malformed = app.send("GET", &query, &[("authorization", "t")], "").await;
    malformed.assert_reply(401, "");
}

#[tokio::test]
async fn an_unknown_path_or_method_is_plain_text() {
    let app = App::new();
    for (method, path) in [
        ("GET", "/openapi/delivery/nothing"),
        ("GET", "/openapi/delivery/releases/a/b"),
        ("DELETE", "/openapi/delivery/releases/"),
        ("PUT", "/openapi/delivery/releases/"),
        ("POST", "/openapi/delivery/releases/a/"),
        ("GET", "/openapi"),
    ] {
        let reply = app.send(method, path, CREDENTIALS, "").await;
        reply.assert_reply(404, &format!("Invalid path: {path}"));
    }
    for (method, path) in [
        ("POST", "/openapi/delivery/releases"),
        ("PUT", "/openapi/delivery/releases/x"),
        ("PUT", "/openapi/delivery/releases/retry"),
        ("PATCH", "/openapi/delivery/releases/k8s"),
    ] {
        let reply = app.send(method, path, CREDENTIALS, "").await;
        reply.assert_reply(405, &format!("Method not allowed: {method} {path}"));
        assert_eq!(reply.header("allow"), "", "the service sends none");
    }
    let escaped = app.get("/openapi/%E4%B8%AD").await;
    escaped.assert_reply(404, "Invalid path: /openapi/中");
}

#[tokio::test]
async fn head_is_a_wrong_method() {
    let app = App::new();
    for path in [RELEASES, "/openapi/delivery/releases/x"] {
        assert_eq!(app.send("HEAD", path, CREDENTIALS, "").await.status, 405);
    }
}

#[tokio::test]
async fn a_path_with_a_trailing_slash_is_redirected() {
    let app = App::new();
    for (method, path, status, to) in [
        ("GET", "/?projectKey=a%20b", 301, "?projectKey=a%20b"),
        ("GET", "/", 301, ""),
        ("GET", "/x/", 301, "/x"),
        ("POST", "/k8s/", 307, "/k8s"),
        ("POST", "/helm/?a=b", 307, "/helm?a=b"),
        ("DELETE", "/x/?projectKey=p", 307, "/x?projectKey=p"),
    ] {
        let path = format!("{RELEASES}{path}");
        let reply = app.send(method, &path, CREDENTIALS, "").await;
        let location = format!("{RELEASES}{to}");
        assert_eq!(
            (reply.status, reply.header("location")),
            (status, &*location),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn k8s_and_helm_are_ids_to_get_and_delete() {
    let app = App::new();
    for id in ["k8s", "helm"] {
        app.get(&format!("{RELEASES}/{id}?projectKey=demo"))
            .await
            .assert_reply(500, &unknown(id));
        app.delete(&format!("{RELEASES}/{id}?projectKey=demo"))
            .await
            .assert_reply(500, &malformed(id));
    }
}

fn unknown(id: &str) -> String {
    internal(&format!(
        "failed to get delivery version, ID: {id}, error: 查询交付中心版本失败: "
    ))
}

fn malformed(id: &str) -> String {
    internal(&format!(
        "failed to delete delivery version, ID: {id}, error: 删除交付中心版本失败: "
    ))
}

#[tokio::test]
async fn an_unknown_version_is_a_500_to_get_and_a_success_to_delete() {
    let app = App::new();
    for id in [
        "66287b110b8b8a631910f5ae",
        "66287b11",
        "zz287b110b8b8a631910f5ae",
    ] {
        let path = format!("{RELEASES}/{id}?projectKey=demo");
        app.get(&path).await.assert_reply(500, &unknown(id));
    }
    let path = |id: &str| format!("{RELEASES}/{id}?projectKey=demo");
    app.delete(&path("66287b110b8b8a631910f5ae"))
        .await
        .assert_reply(200, SUCCESS);
    for id in ["66287b11", "zz287b110b8b8a631910f5ae"] {
        app.delete(&path(id))
            .await
            .assert_reply(500, &malformed(id));
    }
}

#[tokio::test]
async fn a_deletion_needs_a_project_and_a_detail_only_with_strict_fidelity() {
    let documented = App::load(&json!({"zadig": {"projects": [{"key": "demo", "versions": [
        {"id": "66287b110b8b8a631910f5ae", "version_name": "v13"}]}]}}));
    let strict = App::with(|settings| {
        settings.fidelity = release_emulator::internals::world::settings::Fidelity::Strict;
    });
    let path = format!("{RELEASES}/66287b110b8b8a631910f5ae");
    for path in [path.clone(), format!("{path}?projectKey=")] {
        documented.get(&path).await.assert_status(200);
        strict
            .get(&path)
            .await
            .assert_reply(400, &bad_request("projectKey can't be empty!"));
        documented
            .delete(&path)
            .await
            .assert_reply(400, &bad_request("projectKey can't be empty!"));
    }
}

#[tokio::test]
async fn the_list_needs_all_three_parameters() {
    let app = App::new();
    let line = |field: &str| {
        format!(
            "Key: 'OpenAPIListDeliveryVersionRequest.{field}' Error:Field validation for '{field}' failed on the \
             'required' tag"
        )
    };
    let all = ["ProjectKey", "PageNum", "PageSize"].map(line).join("\n");
    app.get(RELEASES)
        .await
        .assert_reply(400, &bad_request(&all));
    let zero = format!("{RELEASES}?projectKey=demo&pageNum=1&pageSize=0");
    app.get(&zero)
        .await
        .assert_reply(400, &bad_request(&line("PageSize")));
    let word = format!("{RELEASES}?pageNum=abc");
    let parse = r#"strconv.ParseInt: parsing "abc": invalid syntax"#;
    app.get(&word).await.assert_reply(400, &bad_request(parse));
}

/// Alice is the administrator, Bob that of project `demo`; the others have one role each there.
fn users() -> Value {
    let user = |name: &str, projects: Value| json!({"token": format!("{name}-token"), "name": name, "projects": projects});
    json!({
        "identities": {"zadig_users": [
            {"token": "alice-token", "name": "alice", "admin": true},
            user("bob", json!({"demo": ["project_admin"]})),
            user("gina", json!({"demo": ["get_delivery"]})),
            user("carl", json!({"demo": ["create_delivery"]})),
            user("dora", json!({"demo": ["delete_delivery"]})),
            user("rene", json!({"other": ["release_get"]})),
            user("nora", json!({}))
        ]},
        "zadig": {"projects": [{"key": "demo", "versions": [
            {"id": "66287b110b8b8a631910f5ae", "version_name": "v13", "status": "failed"}]}]}
    })
}

#[tokio::test]
async fn permissions_are_those_in_the_project() {
    let get = format!("{RELEASES}/66287b110b8b8a631910f5ae?projectKey=demo");
    let requests = [
        ("GET", list_of("demo"), "", "alice bob gina"),
        ("GET", list_of("other"), "", "alice"),
        ("GET", get.clone(), "", "alice bob gina rene"),
        (
            "GET",
            get.replace("?projectKey=demo", ""),
            "",
            "alice bob gina rene",
        ),
        ("GET", get.replace("=demo", "=other"), "", "alice rene"),
        (
            "POST",
            format!("{RELEASES}/k8s"),
            r#"{"project_key":"demo"}"#,
            "alice bob carl",
        ),
        ("POST", format!("{RELEASES}/k8s"), "{}", "alice"),
        (
            "POST",
            format!("{RELEASES}/helm"),
            r#"{"project_key":"demo"}"#,
            "alice bob carl",
        ),
        ("DELETE", get, "", "alice bob dora"),
    ];
    for (method, path, body, allowed) in requests {
        for name in ["alice", "bob", "gina", "carl", "dora", "rene", "nora"] {
            let app = App::load(&users());
            let token = format!("Bearer {name}-token");
            let reply = app
                .send(method, &path, &[("authorization", &token)], body)
                .await;
            if allowed.split(' ').any(|allowed| allowed == name) {
                assert_ne!(reply.status, 403, "{name} {}", reply.request);
            } else {
                reply.assert_reply(403, "");
                assert!(!reply.header("x-emulator-hint").is_empty());
            }
        }
    }
}

#[tokio::test]
async fn without_a_project_an_unknown_version_is_a_500_for_every_user() {
    let app = App::load(&users());
    let id = "0".repeat(24);
    for token in ["Bearer gina-token", "Bearer nora-token"] {
        let path = format!("{RELEASES}/{id}");
        let reply = app
            .send("GET", &path, &[("authorization", token)], "")
            .await;
        reply.assert_reply(500, &unknown(&id));
        let path = format!("{path}?projectKey=other");
        let reply = app
            .send("GET", &path, &[("authorization", token)], "")
            .await;
        reply.assert_reply(403, "");
    }
}

#[tokio::test]
async fn a_malformed_request_is_reported_before_a_missing_permission() {
    let app = App::load(&users());
    let nora = &[("authorization", "Bearer nora-token")];
    let list = app.send("GET", RELEASES, nora, "").await;
    assert_eq!(list.status, 400);
    let body = app
        .send("POST", &format!("{RELEASES}/k8s"), nora, "{")
        .await;
    body.assert_reply(400, &bad_request("unexpected EOF"));
}

#[tokio::test]
async fn only_known_tokens_pass_with_strict_auth() {
    let app = App::build(|settings| settings.auth = Auth::Strict, &users());
    let path = list_of("demo");
    app.get(&path).await.assert_reply(401, "");
    let alice = &[("authorization", "Bearer alice-token")];
    app.send("GET", &path, alice, "").await.assert_status(200);
}

#[tokio::test]
async fn of_two_tokens_the_query_has_the_checked_one_and_the_header_the_identity() {
    let gina = &[("authorization", "Bearer gina-token")];
    let nora = &[("authorization", "Bearer nora-token")];
    let with = |token: &str| format!("{}&token={token}", list_of("demo"));
    for (auth, unknown) in [(Auth::Shape, 200), (Auth::Strict, 401)] {
        let app = App::build(|settings| settings.auth = auth, &users());
        let reply = app.send("GET", &with("nora-token"), gina, "").await;
        reply.assert_status(200);
        let reply = app.send("GET", &with("gina-token"), nora, "").await;
        reply.assert_reply(403, "");
        let reply = app.send("GET", &with("unknown-token"), gina, "").await;
        reply.assert_status(unknown);
    }
}

#[tokio::test]
async fn versions_show_the_name_of_the_token() {
    let app = App::load(&users());
    for (token, name) in [("carl-token", "carl"), ("unknown-token", "emulator")] {
        let header = format!("Bearer {token}");
        let body = json!({"project_key": "demo", "version_name": name}).to_string();
        let path = format!("{RELEASES}/k8s");
        app.send("POST", &path, &[("authorization", &header)], body)
            .await
            .assert_reply(200, SUCCESS);
        let detail = app.detail(name).await;
        assert_eq!(detail["version_info"]["created_by"], name);
    }
}

#[tokio::test]
async fn a_body_is_bound_as_go_binds_it() {
    let app = App::new();
    for (body, description) in [
        ("", "EOF"),
        ("{\"retry\":", "unexpected EOF"),
        (
            "not json",
            "invalid character 'o' in literal null (expecting 'u')",
        ),
        (
            r#"{"retry":"yes"}"#,
            "json: cannot unmarshal string into Go struct field OpenAPICreateK8SDeliveryVersionRequest.retry of \
             type bool",
        ),
        (
            r#"{"yaml_datas":[{"image_datas":[{"image_tag":1}]}]}"#,
            "json: cannot unmarshal number into Go struct field OpenAPIDeliveryVersionImageData.yaml_datas.\
             image_datas.image_tag of type string",
        ),
        (
            "[]",
            "json: cannot unmarshal array into Go value of type service.OpenAPICreateK8SDeliveryVersionRequest",
        ),
    ] {
        let path = format!("{RELEASES}/k8s");
        let reply = app.send("POST", &path, CREDENTIALS, body).await;
        reply.assert_reply(400, &bad_request(description));
    }
    let helm = app
        .send(
            "POST",
            &format!("{RELEASES}/helm"),
            CREDENTIALS,
            r#"{"chart_datas":{}}"#,
        )
        .await;
    helm.assert_reply(
        400,
        &bad_request(
            "json: cannot unmarshal object into Go struct field OpenAPICreateHelmDeliveryVersionRequest.chart_datas \
             of type []*service.OpenAPICreateHelmDeliveryVersionChartData",
        ),
    );
}

#[tokio::test]
async fn nulls_crash_the_service() {
    let app = App::new();
    for (path, body) in [
        ("k8s", "null"),
        ("helm", "null"),
        ("k8s", r#"{"yaml_datas":[null]}"#),
        ("k8s", r#"{"yaml_datas":[{"image_datas":[null]}]}"#),
        ("helm", r#"{"chart_datas":[null]}"#),
        ("helm", r#"{"chart_datas":[{"image_datas":[null]}]}"#),
    ] {
        let before = app.state().await;
        let path = format!("{RELEASES}/{path}");
        app.send("POST", &path, CREDENTIALS, body)
            .await
            .assert_reply(500, "");
        assert_eq!(app.state().await, before);
    }
}

#[tokio::test]
async fn keys_in_any_case_unknown_keys_and_garbage_are_accepted() {
    let app = App::new();
    let body =
        r#"{"PROJECT_KEY":"demo","Version_Name":"v1","labels":null,"colour":"red"} and more"#;
    let path = format!("{RELEASES}/k8s");
    let headers = &[("authorization", "Bearer t"), ("content-type", "text/html")];
    let reply = app.send("POST", &path, headers, body).await;
    reply.assert_reply(200, SUCCESS);
    assert!(reply.header("x-emulator-hint").contains("colour"));
    assert_eq!(app.list().await["total"], 1);
}

#[tokio::test]
async fn a_body_over_12_mib_is_an_empty_413() {
    let app = App::new();
    let path = format!("{RELEASES}/k8s");
    let body = |length: usize| format!("{{\"project_key\":\"demo\"}}{}", " ".repeat(length - 22));
    let full = app.send("POST", &path, CREDENTIALS, body(12 << 20)).await;
    full.assert_reply(200, SUCCESS);
    let over = app
        .send("POST", &path, CREDENTIALS, body((12 << 20) + 1))
        .await;
    over.assert_reply(413, "");
}

#[tokio::test]
async fn answers_are_escaped_as_go_escapes_them() {
    let app = App::new();
    app.create_k8s(json!({"project_key": "demo", "version_name": "a<b>&\u{2028}\"é"}))
        .await
        .assert_reply(200, SUCCESS);
    let list = app.get(&list_of("demo")).await;
    assert!(
        list.text()
            .contains(r#""version_name":"a\u003cb\u003e\u0026\u2028\"é""#),
        "{}",
        list.text()
    );
}
