//! The same misuses of every family, refused in its own words: status, content type and body. Nothing is answered in the
//! words of the framework, a refused request changes nothing, and its hint says what would have worked.

mod asm;
mod control;
mod huawei;
mod iam;
mod servicestage;
mod zadig;

use serde_json::json;

use crate::common::{App, CREDENTIALS, PROJECT, Reply};
use crate::pipelines::pipelines;

/// A refusal in the words of a family.
struct Refusal {
    status: u16,
    content_type: &'static str,
    /// With `{id}` for the request id.
    body: String,
}

impl Refusal {
    fn new(status: u16, content_type: &'static str, body: impl Into<String>) -> Self {
        Self {
            status,
            content_type,
            body: body.into(),
        }
    }
}

fn gateway(status: u16, code: &str, text: &str) -> Refusal {
    let body =
        format!(r#"{{"error_msg":"{text}","error_code":"APIGW.{code}","request_id":"{{id}}"}}"#);
    Refusal::new(status, "application/json", body)
}

fn asm(status: u16, code: &str, text: &str) -> Refusal {
    let body = json!({"errorCode": format!("ASM.{code}"), "errorMsg": text}).to_string();
    Refusal::new(status, "application/json", body)
}

fn iam(status: u16, code: &str, text: &str) -> Refusal {
    let body = json!({"error_msg": text, "error_code": format!("IAM.{code}")}).to_string();
    Refusal::new(status, "application/json", body)
}

fn keystone(status: u16, text: &str, title: &str) -> Refusal {
    let body = json!({"error": {"code": status, "message": text, "title": title}}).to_string();
    Refusal::new(status, "application/json", body)
}

fn unauthenticated(reason: &str) -> Refusal {
    let text = format!("Incorrect IAM authentication information: {reason}");
    gateway(401, "0301", &text)
}

fn asm_unauthenticated(reason: &str) -> Refusal {
    let text = format!("Authenticate error. Incorrect IAM authentication information: {reason}");
    asm(401, "01000001", &text)
}

fn no_such_api() -> Refusal {
    let text = "The API does not exist or has not been published in the environment";
    gateway(404, "0101", text)
}

fn method_not_allowed() -> Refusal {
    let text =
        "The API does not exist or has not been published in the environment: method not allowed";
    gateway(405, "0101", text)
}

fn body_too_large() -> Refusal {
    gateway(413, "0201", "Request entity too large")
}

fn unsupported_encoding() -> Refusal {
    let text = "Unsupported media type: the Content-Encoding \\\"br\\\" is not read";
    gateway(415, "0201", text)
}

/// The credentials of all families, and a body in brotli.
const IN_BROTLI: &[(&str, &str)] = &[
    ("x-auth-token", "t"),
    ("authorization", "Bearer t"),
    ("content-encoding", "br"),
];

fn over_12_mib() -> String {
    "x".repeat((12 << 20) + 1)
}

fn not_utf8(parameter: &str) -> String {
    format!("Invalid UTF-8 in `{parameter}`")
}

fn plans() -> String {
    format!("/v3/{PROJECT}/cas/release-plans")
}

/// A signature without its digest; the token beside it does not count.
const HALF_A_SIGNATURE: &[(&str, &str)] = &[
    ("authorization", "SDK-HMAC-SHA256 Access=AK"),
    ("x-auth-token", "t"),
];

/// A request to misuse a family with.
struct Misuse {
    method: &'static str,
    path: String,
    headers: &'static [(&'static str, &'static str)],
    body: String,
}

fn anonymous(method: &'static str, path: impl Into<String>) -> Misuse {
    Misuse {
        method,
        path: path.into(),
        headers: &[],
        body: String::new(),
    }
}

fn authorized(method: &'static str, path: impl Into<String>) -> Misuse {
    anonymous(method, path).headers(CREDENTIALS)
}

impl Misuse {
    fn headers(self, headers: &'static [(&'static str, &'static str)]) -> Self {
        Self { headers, ..self }
    }

    fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }
}

/// Sends all requests to one emulator, and asserts that each is refused as expected and that nothing has changed.
async fn assert_refusals<const N: usize>(cases: [(Misuse, Refusal); N]) {
    let app = App::load(&crate::memory::one_of_each());
    let before = app.state().await;
    for (misuse, expected) in cases {
        let Misuse {
            method,
            path,
            headers,
            body,
        } = misuse;
        let reply = app.send(method, &path, headers, body).await;
        assert_refused(&reply, &expected);
    }
    assert_eq!(
        app.state().await,
        before,
        "a refused request changes nothing"
    );
}

#[track_caller]
fn assert_refused(reply: &Reply, expected: &Refusal) {
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
    (
        "unexpected end at line",
        "it says where the JSON breaks off",
    ),
    ("unexpected EOF", "it says that the JSON breaks off"),
    (
        ": must be a string, not ",
        "it names the place, and what was expected",
    ),
    ("json: cannot unmarshal", "it names the field and its type"),
    ("Invalid UTF-8 in ", "it names the parameter"),
    ("there is no such path under", "it names the list of paths"),
];

/// Asserts that a refusal has a hint, which is one line of ASCII, unless its text needs none.
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
