//! Paths as the service's router takes them.

use serde_json::{Value, json};

use super::*;

async fn send(app: &App, method: &str, path: &str) -> Reply {
    let headers = [("authorization", "Bearer any")];
    app.send(method, path, &headers, "").await
}

#[tokio::test]
async fn a_path_with_a_slash_too_many_is_redirected() {
    let app = App::new();
    let internal = "/api/aslan/delivery/releases";
    for (method, path, status, location) in [
        ("GET", format!("{RELEASES}/"), 301, RELEASES.to_owned()),
        (
            "GET",
            format!("{RELEASES}/?projectKey=a&pageNum=1"),
            301,
            format!("{RELEASES}?projectKey=a&pageNum=1"),
        ),
        ("GET", format!("{RELEASES}//"), 301, format!("{RELEASES}/")),
        (
            "GET",
            format!("{RELEASES}/a%20b/"),
            301,
            format!("{RELEASES}/a%20b"),
        ),
        (
            "GET",
            format!("{internal}/?page=1"),
            301,
            format!("{internal}?page=1"),
        ),
        (
            "GET",
            "/openapi/environments/production/".to_owned(),
            301,
            "/openapi/environments/production".to_owned(),
        ),
        (
            "DELETE",
            format!("{RELEASES}//"),
            307,
            format!("{RELEASES}/"),
        ),
        (
            "POST",
            format!("{RELEASES}/k8s/"),
            307,
            format!("{RELEASES}/k8s"),
        ),
    ] {
        let reply = send(&app, method, &path).await;
        let (content_type, body) = if status == 301 {
            let shown = location.replace('&', "&amp;");
            let body = format!("<a href=\"{shown}\">Moved Permanently</a>.\n\n");
            ("text/html; charset=utf-8", body)
        } else {
            ("", String::new())
        };
        let (shown_type, shown_location) = (reply.header("content-type"), reply.header("location"));
        assert_eq!(
            (reply.status, shown_type, shown_location, reply.text()),
            (status, content_type, &*location, body),
            "{method} {path}"
        );
        let without_token = app.send(method, &path, &[], "").await;
        assert_eq!(without_token.status, 401, "{method} {path}");
    }
    for (method, path) in [
        ("DELETE", format!("{RELEASES}/")),
        ("PUT", format!("{RELEASES}/")),
        ("POST", format!("{RELEASES}//")),
        ("GET", "/openapi/service/yaml/".to_owned()),
    ] {
        let reply = send(&app, method, &path).await;
        reply.assert_reply(404, &format!("Invalid path: {path}"));
    }
}

#[tokio::test]
async fn the_decoded_path_decides() {
    let app = App::new();
    let text = |reply: Reply| (reply.status, reply.text());
    assert_eq!(
        text(send(&app, "GET", &format!("{RELEASES}/a%2Fb")).await),
        (404, format!("Invalid path: {RELEASES}/a/b"))
    );
    assert_eq!(
        text(send(&app, "PUT", &format!("{RELEASES}/%6b8s")).await),
        (405, format!("Method not allowed: PUT {RELEASES}/k8s"))
    );
    assert_eq!(
        text(send(&app, "GET", "/openapi/%6eowhere").await),
        (404, "Invalid path: /openapi/nowhere".to_owned())
    );
    app.post(&format!("{RELEASES}/%6b8s"), k8s("v1"))
        .await
        .assert_reply(200, SUCCESS);
    app.post("/openapi/delivery%2freleases/k8s", k8s("v2"))
        .await
        .assert_reply(200, SUCCESS);
    let list = send(
        &app,
        "GET",
        "/openapi/deliver%79/releases?projectKey=demo&pageNum=1&pageSize=9",
    );
    assert_eq!(list.await.assert_status(200)["total"], 2);
    let unknown = format!("{RELEASES}/a%252Fb?projectKey=demo");
    send(&app, "GET", &unknown).await.assert_reply(
        500,
        &internal("failed to get delivery version, ID: a%2Fb, error: 查询交付中心版本失败: "),
    );
}

#[tokio::test]
async fn a_request_is_recorded_once_and_as_it_was_sent() {
    let app = App::new();
    app.post(&format!("{RELEASES}/%6b8s"), k8s("v1"))
        .await
        .assert_status(200);
    send(&app, "GET", &format!("{RELEASES}/a%2Fb?x=1")).await;
    let listed = app.get("/_emulator/v1/requests").await.assert_status(200);
    let requests = listed["requests"].as_array().unwrap().iter();
    let shown: Vec<Value> = requests
        .map(|request| json!([request["path"], request["operation"], request["status"]]))
        .collect();
    let created = json!([format!("{RELEASES}/%6b8s"), "CreateK8sVersion", 200]);
    let unknown = json!([format!("{RELEASES}/a%2Fb"), null, 404]);
    assert!(
        shown.len() == 2 && shown.contains(&created) && shown.contains(&unknown),
        "{shown:?}"
    );
}

#[tokio::test]
async fn the_neighbours_of_internal_operations_are_zadigs_too() {
    let app = App::new();
    for path in [
        "/api/aslan",
        "/api/aslan/",
        "/api/aslan/delivery/nowhere",
        "/api/aslan/a%2Fb",
    ] {
        let reply = send(&app, "GET", path).await;
        let shown = path.replace("%2F", "/");
        reply.assert_reply(404, &format!("Invalid path: {shown}"));
        app.send("GET", path, &[], "").await.assert_reply(401, "");
    }
    let put = send(&app, "PUT", "/api/aslan/delivery/releases").await;
    put.assert_reply(405, "Method not allowed: PUT /api/aslan/delivery/releases");
    // Another service's.
    let other = send(&app, "GET", "/api/aslant").await;
    assert!(other.text().contains("APIGW"), "{}", other.text());
}

#[tokio::test]
async fn a_fixed_name_is_an_id_for_the_methods_that_it_has_none_for() {
    let app = App::new();
    for (method, name, operation) in [
        ("DELETE", "k8s", "DeleteVersion"),
        ("DELETE", "detail", "DeleteVersion"),
        ("DELETE", "retry", "DeleteVersion"),
        ("GET", "helm", "GetVersion"),
        ("GET", "retry", "GetVersion"),
    ] {
        let fault = json!({"match": {"operation": operation}, "do": {"status": 418}});
        let id = app.post("/_emulator/v1/faults", fault).await.json()["id"].clone();
        let path = format!("{RELEASES}/{name}?projectKey=demo");
        let faulty = send(&app, method, &path).await;
        assert_eq!(faulty.status, 418, "{method} {name}");
        let removed = format!("/_emulator/v1/faults/{}", id.as_str().unwrap());
        app.delete(&removed).await.assert_status(204);
        let refused = send(&app, method, &path).await;
        assert!(
            refused.text().contains(name),
            "{method} {name}: {}",
            refused.text()
        );
        let recorded = app.get("/_emulator/v1/requests?limit=1").await.json();
        assert_eq!(recorded["requests"][0]["operation"], operation);
    }
}
