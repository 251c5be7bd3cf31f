//! The same misuses of every family: status, content type and body in its own words. Nothing ever answers in
//! the words of the framework, a refused request changes nothing, and its hint says what would have worked.

use release_emulator::internals::world::settings::Auth;
use serde_json::json;

use crate::common::{App, CREDENTIALS, PROJECT, Reply};
use crate::pipelines::pipelines;

/// A refusal in some family's words.
struct Expected {
    status: u16,
    content_type: &'static str,
    /// With `{id}` for the request id.
    body: String,
}

fn gateway(status: u16, code: &str, text: &str) -> Expected {
    let body =
        format!(r#"{{"error_msg":"{text}","error_code":"APIGW.{code}","request_id":"{{id}}"}}"#);
    Expected {
        status,
        content_type: "application/json",
        body,
    }
}

fn servicestage(status: u16, code: &str, text: &str) -> Expected {
    let body = json!({"error_code": format!("SVCSTG.{code}"), "error_msg": text}).to_string();
    Expected {
        status,
        content_type: "application/json",
        body,
    }
}

fn asm(status: u16, code: &str, text: &str) -> Expected {
    let body = json!({"errorCode": format!("ASM.{code}"), "errorMsg": text}).to_string();
    Expected {
        status,
        content_type: "application/json",
        body,
    }
}

fn iam(status: u16, code: &str, text: &str) -> Expected {
    let body = json!({"error_msg": text, "error_code": format!("IAM.{code}")}).to_string();
    Expected {
        status,
        content_type: "application/json",
        body,
    }
}

fn zadig(status: u16, body: &str) -> Expected {
    Expected {
        status,
        content_type: "application/json; charset=utf-8",
        body: body.to_owned(),
    }
}

fn zadig_text(status: u16, body: &str) -> Expected {
    Expected {
        status,
        content_type: "text/plain; charset=utf-8",
        body: body.to_owned(),
    }
}

fn empty(status: u16) -> Expected {
    Expected {
        status,
        content_type: "",
        body: String::new(),
    }
}

fn control(status: u16, title: &str, detail: &str) -> Expected {
    let body = json!({"type": "about:blank", "title": title, "status": status, "detail": detail})
        .to_string();
    Expected {
        status,
        content_type: "application/problem+json",
        body,
    }
}

#[track_caller]
fn assert_refused(reply: &Reply, expected: &Expected) {
    let id = reply.header("x-request-id");
    assert!(
        id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{reply:?}"
    );
    let actual = (reply.status, reply.header("content-type"), reply.text());
    let body = expected.body.replace("{id}", id);
    assert_eq!(
        actual,
        (expected.status, expected.content_type, body),
        "{}",
        reply.request
    );
    assert_hinted(reply);
}

/// Texts of refusals that need no hint, with the reason.
const PLAIN: [(&str, &str); 6] = [
    ("EOF while parsing", "it says where the JSON breaks off"),
    ("unexpected EOF", "it says that the JSON breaks off"),
    (
        "invalid type: ",
        "it names the place, and what was expected",
    ),
    ("json: cannot unmarshal", "it names the field and its type"),
    ("Invalid UTF-8 in ", "it names the parameter"),
    ("there is no such path below", "it names the list of paths"),
];

/// Asserts that a refusal carries one line of ASCII that says what would have worked, or that its text does.
#[track_caller]
fn assert_hinted(reply: &Reply) {
    let hint = reply.header("x-emulator-hint");
    assert!(
        hint.bytes().all(|byte| matches!(byte, b' '..=b'~')),
        "{hint}"
    );
    let text = reply.text();
    let is_plain = PLAIN.iter().any(|(plain, _)| text.contains(plain));
    assert!(
        reply.status >= 500 || is_plain || !hint.is_empty(),
        "no hint: {} {text}",
        reply.request
    );
}

/// Method, path, headers and body of a request, and how it is refused.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], String, Expected);

/// Sends each request to one emulator and checks that its memory is the same after all of them.
async fn refuses(cases: Vec<Case<'_>>) {
    let app = App::load(&crate::memory::one_of_each());
    let before = app.state().await;
    for (method, path, headers, body, expected) in cases {
        let reply = app.send(method, path, headers, body).await;
        assert_refused(&reply, &expected);
    }
    assert_eq!(
        app.state().await,
        before,
        "a refused request changes nothing"
    );
}

const RELEASES: &str = "/v2/meshes/mesh-demo/namespaces/default/releases";

fn plans() -> String {
    format!("/v3/{PROJECT}/cas/release-plans")
}

const TOKENS: &str = "/v3/auth/tokens";
const VERSIONS: &str = "/openapi/delivery/releases";
const NONE: &[(&str, &str)] = &[];

#[tokio::test]
async fn a_missing_token() {
    let text = "Incorrect IAM authentication information: x-auth-token not found";
    let by_gateway = || gateway(401, "0301", text);
    let by_asm = || asm(401, "01000001", &format!("Authenticate error. {text}"));
    refuses(vec![
        (
            "GET",
            "/v2/meshes/mesh-demo/releases",
            NONE,
            String::new(),
            by_asm(),
        ),
        ("POST", RELEASES, NONE, "{".to_owned(), by_asm()),
        ("GET", "/v1/p/meshes", NONE, String::new(), by_asm()),
        ("GET", &plans(), NONE, String::new(), by_gateway()),
        ("POST", &plans(), NONE, "{".to_owned(), by_gateway()),
        ("GET", &pipelines(), NONE, String::new(), by_gateway()),
        (
            "GET",
            &pipelines(),
            &[("x-auth-token", "")],
            String::new(),
            by_gateway(),
        ),
        ("GET", "/v3/projects", NONE, String::new(), by_gateway()),
        ("GET", "/v3/auth/domains", NONE, String::new(), by_gateway()),
        (
            "GET",
            TOKENS,
            &[("x-subject-token", "t")],
            String::new(),
            by_gateway(),
        ),
        ("DELETE", TOKENS, NONE, String::new(), by_gateway()),
        ("GET", VERSIONS, NONE, String::new(), empty(401)),
        (
            "GET",
            VERSIONS,
            &[("authorization", "raw-token")],
            String::new(),
            empty(401),
        ),
        (
            "POST",
            "/openapi/delivery/releases/k8s",
            NONE,
            "{".to_owned(),
            empty(401),
        ),
    ])
    .await;
}

#[tokio::test]
async fn half_a_signature() {
    let headers: &[(&str, &str)] = &[
        ("authorization", "SDK-HMAC-SHA256 Access=AK"),
        ("x-auth-token", "t"),
    ];
    let text = "Incorrect IAM authentication information: verify aksk signature fail";
    refuses(vec![
        (
            "GET",
            &plans(),
            headers,
            String::new(),
            gateway(401, "0301", text),
        ),
        (
            "GET",
            "/v3/projects",
            headers,
            String::new(),
            gateway(401, "0301", text),
        ),
        (
            "GET",
            "/v2/meshes/mesh-demo/releases",
            headers,
            String::new(),
            asm(401, "01000001", &format!("Authenticate error. {text}")),
        ),
    ])
    .await;
}

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
    let unauthenticated = |why: &str| format!("Incorrect IAM authentication information: {why}");
    let releases = "/v2/meshes/mesh-demo/releases";
    for (headers, why) in [
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
        let text = unauthenticated(why);
        assert_refused(&ask(&plans(), &headers).await, &gateway(401, "0301", &text));
        let projects = ask("/v3/projects", &headers).await;
        assert_refused(&projects, &gateway(401, "0301", &text));
        let text = format!("Authenticate error. {text}");
        assert_refused(&ask(releases, &headers).await, &asm(401, "01000001", &text));
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
    let text = unauthenticated("token expires, expires_at: 2026-01-01T12:00:10Z");
    assert_refused(&ask(&pipelines(), ann).await, &gateway(401, "0301", &text));

    let bob: &[(&str, &str)] = &[("x-auth-token", "of-bob")];
    assert_eq!(ask(&pipelines(), bob).await.status, 200);
    let one = ask(&format!("{}/x", pipelines()), bob).await;
    assert_refused(&one, &forbidden("servicestage:pipeline:get"));
    assert_refused(
        &ask(releases, bob).await,
        &asm(403, "01000002", "Forbidden."),
    );
    let text = "Policy doesn't allow iam:projects:listProjects to be performed.";
    assert_refused(&ask("/v3/projects", bob).await, &iam(403, "0003", text));
}

#[tokio::test]
async fn an_unknown_path() {
    let not_found = || {
        gateway(
            404,
            "0101",
            "The API does not exist or has not been published in the environment",
        )
    };
    let control_404 = || {
        control(
            404,
            "Not Found",
            "there is no such path below /_emulator; see GET /_emulator/v1/openapi.json",
        )
    };
    refuses(vec![
        ("GET", "/", NONE, String::new(), not_found()),
        ("GET", "/v2/meshes", NONE, String::new(), not_found()),
        (
            "GET",
            "/v2/meshes/mesh-demo/releases/",
            NONE,
            String::new(),
            not_found(),
        ),
        (
            "GET",
            "/v2/meshes//releases",
            CREDENTIALS,
            String::new(),
            not_found(),
        ),
        (
            "GET",
            "/v3//pipeline/pipelines",
            NONE,
            String::new(),
            not_found(),
        ),
        (
            "GET",
            &format!("{}/", pipelines()),
            CREDENTIALS,
            String::new(),
            not_found(),
        ),
        (
            "GET",
            &format!("{}/a/b/c", plans()),
            NONE,
            String::new(),
            not_found(),
        ),
        ("GET", "/v3/auth/nope", NONE, String::new(), not_found()),
        (
            "POST",
            "/v3/auth/tokens/",
            NONE,
            "{".to_owned(),
            not_found(),
        ),
        ("OPTIONS", "*", NONE, String::new(), not_found()),
        ("GET", "/_emulators", NONE, String::new(), not_found()),
        ("GET", "/openapi", NONE, String::new(), empty(401)),
        (
            "GET",
            "/openapi/delivery/nope",
            NONE,
            String::new(),
            empty(401),
        ),
        (
            "GET",
            "/openapi/delivery/nope",
            CREDENTIALS,
            String::new(),
            zadig_text(404, "Invalid path: /openapi/delivery/nope"),
        ),
        ("GET", "/_emulator", NONE, String::new(), control_404()),
        (
            "GET",
            "/_emulator/v1/nope",
            NONE,
            String::new(),
            control_404(),
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_wrong_method() {
    let text =
        "The API does not exist or has not been published in the environment: method not allowed";
    let not_allowed = || gateway(405, "0101", text);
    let one = format!("{}/x", pipelines());
    refuses(vec![
        (
            "PATCH",
            "/v2/meshes/mesh-demo/releases",
            NONE,
            String::new(),
            not_allowed(),
        ),
        (
            "POST",
            "/v2/meshes/mesh-demo/releases",
            CREDENTIALS,
            String::new(),
            not_allowed(),
        ),
        ("DELETE", &plans(), NONE, String::new(), not_allowed()),
        (
            "TRACE",
            &pipelines(),
            CREDENTIALS,
            String::new(),
            not_allowed(),
        ),
        ("FOO", &pipelines(), NONE, String::new(), not_allowed()),
        ("DELETE", &one, CREDENTIALS, String::new(), not_allowed()),
        ("PUT", TOKENS, NONE, "{".to_owned(), not_allowed()),
        (
            "POST",
            "/v3/projects",
            CREDENTIALS,
            "{".to_owned(),
            not_allowed(),
        ),
        ("PUT", VERSIONS, NONE, String::new(), empty(401)),
        (
            "PUT",
            VERSIONS,
            CREDENTIALS,
            String::new(),
            zadig_text(405, "Method not allowed: PUT /openapi/delivery/releases"),
        ),
        (
            "PUT",
            "/_emulator/v1/health",
            NONE,
            String::new(),
            control(
                405,
                "Method Not Allowed",
                "the path exists, but not for this method",
            ),
        ),
    ])
    .await;
}

#[tokio::test]
async fn broken_json() {
    let eof = "EOF while parsing an object at line 1 column 1";
    refuses(vec![
        ("POST", RELEASES, CREDENTIALS, "{".to_owned(), asm(400, "01010001", &format!("Invalid request. {eof}"))),
        ("POST", &plans(), CREDENTIALS, "{".to_owned(), servicestage(400, "00100400", &format!("parameter invalid: {eof}"))),
        ("POST", &pipelines(), CREDENTIALS, "{".to_owned(), servicestage(400, "00100400", &format!("parameter invalid: {eof}"))),
        ("POST", TOKENS, NONE, "{".to_owned(), iam(400, "0011", "Request body is invalid.")),
        (
            "POST",
            "/openapi/delivery/releases/k8s",
            CREDENTIALS,
            "{".to_owned(),
            zadig(400, r#"{"code":400,"description":"unexpected EOF","extra":{},"message":"Bad Request","type":"error"}"#),
        ),
        ("POST", "/_emulator/v1/scripts", NONE, "{".to_owned(), control(400, "Bad Request", eof)),
        ("PUT", "/_emulator/v1/state", NONE, "{".to_owned(), control(400, "Bad Request", eof)),
    ])
    .await;
}

#[tokio::test]
async fn a_wrong_type_with_its_json_path() {
    let wrong = "invalid type: integer `7`, expected a string";
    let release = r#"{"metadata":{"name":7}}"#;
    let plan = r#"{"name":"release-a","components":[{"seq":0,"name":7}]}"#;
    let pipeline = r#"{"name":"release-a","model_version":2,"config_mode":"ui","stages":[{"name":"s","tasks":[{"name":7}]}]}"#;
    let version = r#"{"yaml_datas":[{"service_name":7}]}"#;
    let login = r#"{"auth":{"identity":{"methods":7}}}"#;
    refuses(vec![
        (
            "POST",
            RELEASES,
            CREDENTIALS,
            release.to_owned(),
            asm(400, "01010001", &format!("Invalid request. metadata.name: {wrong} at line 1 column 21")),
        ),
        (
            "POST",
            &plans(),
            CREDENTIALS,
            plan.to_owned(),
            servicestage(400, "00100400", &format!("parameter invalid: components[0].name: {wrong}")),
        ),
        (
            "POST",
            &pipelines(),
            CREDENTIALS,
            pipeline.to_owned(),
            servicestage(400, "00100400", &format!("parameter invalid: stages[0].tasks[0].name: {wrong}")),
        ),
        (
            "POST",
            TOKENS,
            NONE,
            login.to_owned(),
            iam(400, "0073", "Invalid input for field 'methods'. The value is '7'."),
        ),
        (
            "POST",
            "/openapi/delivery/releases/k8s",
            CREDENTIALS,
            version.to_owned(),
            zadig(400, r#"{"code":400,"description":"json: cannot unmarshal number into Go struct field OpenAPICreateK8SDeliveryVersionYamlData.yaml_datas.service_name of type string","extra":{},"message":"Bad Request","type":"error"}"#),
        ),
        (
            "POST",
            "/_emulator/v1/scripts",
            NONE,
            r#"{"match":{"step":7}}"#.to_owned(),
            control(400, "Bad Request", &format!("match.step: {wrong} at line 1 column 18")),
        ),
        (
            "PUT",
            "/_emulator/v1/state",
            NONE,
            r#"{"servicestage":{"projects":[{"id":7}]}}"#.to_owned(),
            control(400, "Bad Request", &format!("servicestage.projects[0].id: {wrong} at line 1 column 36")),
        ),
    ])
    .await;
}

#[tokio::test]
async fn too_large_a_body() {
    let large = || "x".repeat((12 << 20) + 1);
    let by_gateway = || gateway(413, "0201", "Request entity too large");
    refuses(vec![
        ("POST", RELEASES, CREDENTIALS, large(), by_gateway()),
        ("POST", &plans(), CREDENTIALS, large(), by_gateway()),
        ("POST", &pipelines(), CREDENTIALS, large(), by_gateway()),
        ("GET", &pipelines(), CREDENTIALS, large(), by_gateway()),
        (
            "POST",
            TOKENS,
            NONE,
            large(),
            iam(413, "0011", "Request body is invalid."),
        ),
        (
            "POST",
            "/openapi/delivery/releases/k8s",
            CREDENTIALS,
            large(),
            empty(413),
        ),
    ])
    .await;
}

#[tokio::test]
async fn an_unknown_id() {
    let unknown = || servicestage(404, "00100433", "application release not found");
    let detail = r#"{"code":500,"description":"failed to get delivery version, ID: 66287b110b8b8a631910ffff, error: 查询交付中心版本失败: ","message":"Internal Error: "}"#;
    refuses(vec![
        (
            "GET",
            "/v2/meshes/nope/releases",
            CREDENTIALS,
            String::new(),
            asm(404, "01010002", "Resource not found."),
        ),
        (
            "GET",
            &format!("{RELEASES}/nope"),
            CREDENTIALS,
            String::new(),
            asm(404, "01010002", "Resource not found."),
        ),
        (
            "GET",
            &format!("/v1/{PROJECT}/meshes/nope"),
            CREDENTIALS,
            String::new(),
            asm(404, "01010002", "Resource not found."),
        ),
        (
            "GET",
            &format!("{}/nope", plans()),
            CREDENTIALS,
            String::new(),
            unknown(),
        ),
        (
            "POST",
            &format!("{}/nope/execute", plans()),
            CREDENTIALS,
            String::new(),
            unknown(),
        ),
        (
            "GET",
            &format!("{}/nope", pipelines()),
            CREDENTIALS,
            String::new(),
            unknown(),
        ),
        (
            "POST",
            &format!("{}/nope/action?action_id=start", pipelines()),
            CREDENTIALS,
            String::new(),
            unknown(),
        ),
        (
            "GET",
            TOKENS,
            &[("x-auth-token", "t"), ("x-subject-token", "nope")],
            String::new(),
            iam(404, "0004", "Could not find token."),
        ),
        (
            "DELETE",
            TOKENS,
            &[("x-auth-token", "t"), ("x-subject-token", "nope")],
            String::new(),
            iam(404, "0004", "Could not find token."),
        ),
        (
            "GET",
            &format!("{VERSIONS}/66287b110b8b8a631910ffff?projectKey=demo"),
            CREDENTIALS,
            String::new(),
            zadig(500, detail),
        ),
        (
            "DELETE",
            "/_emulator/v1/scripts/nope",
            NONE,
            String::new(),
            control(404, "Not Found", "there is no script nope"),
        ),
    ])
    .await;
}

#[tokio::test]
async fn garbage_in_the_path() {
    let unknown = || servicestage(404, "00100433", "application release not found");
    let not_utf8 = |name: &str| format!("Invalid UTF-8 in `{name}`");
    refuses(vec![
        (
            "GET",
            "/v2/meshes/%FF/releases",
            CREDENTIALS,
            String::new(),
            asm(
                400,
                "01010001",
                &format!("Invalid request. {}", not_utf8("mesh_id")),
            ),
        ),
        (
            "GET",
            &format!("{}/%FF", plans()),
            CREDENTIALS,
            String::new(),
            servicestage(
                400,
                "00100400",
                &format!("parameter invalid: {}", not_utf8("release_plan_id")),
            ),
        ),
        (
            "GET",
            &format!("{}/%FF", pipelines()),
            CREDENTIALS,
            String::new(),
            servicestage(
                400,
                "00100400",
                &format!("parameter invalid: {}", not_utf8("pipeline_id")),
            ),
        ),
        (
            "GET",
            &format!("{}/%00", pipelines()),
            CREDENTIALS,
            String::new(),
            unknown(),
        ),
        (
            "GET",
            &format!("{}/a%2Fb", plans()),
            CREDENTIALS,
            String::new(),
            unknown(),
        ),
        (
            "GET",
            &format!("{}/%zz", plans()),
            CREDENTIALS,
            String::new(),
            unknown(),
        ),
    ])
    .await;

    let app = App::new();
    let reply = app.get(&format!("{VERSIONS}/%FF?projectKey=demo")).await;
    assert_eq!(
        (reply.status, reply.json()["code"].clone()),
        (500, json!(500)),
        "{reply:?}"
    );
}

#[tokio::test]
async fn a_literal_project_placeholder_is_told_apart() {
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
