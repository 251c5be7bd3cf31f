//! Heads that are odd and not wrong: what nginx reads or ignores does no harm here either.

use super::{answer, answers};
use crate::common::PROJECT;
use crate::socket::Server;

fn list(fields: &str) -> String {
    format!("GET /v3/{PROJECT}/pipeline/pipelines HTTP/1.1\r\nHost: x\r\n{fields}\r\n")
}

const CLOSE: &str = "Connection: close\r\n";

#[tokio::test]
async fn a_credential_with_a_carriage_return_at_its_end_is_read() {
    let server = Server::start().await;
    for fields in [
        "X-Auth-Token: t\r\r\n",
        "X-Auth-Token: \t t \t\r\r\r\n",
        "X-Odd: 1\r\r\nX-Auth-Token: t\r\n",
        "X-Auth-Token:\r\n t\r\n",
    ] {
        let answer = answer(&server, list(&format!("{fields}{CLOSE}")).as_bytes()).await;
        answer.assert_hinted(200, "");
        assert_eq!(answer.hint(), "", "{fields:?}");
    }
}

#[tokio::test]
async fn a_head_that_was_repaired_is_followed_by_its_body_and_by_other_requests() {
    let server = Server::start().await;
    let body = r#"{"name":"shop","model_version":2,"config_mode":"ui","stages":[{"name":"s","tasks":[{"name":"t"}]}]}"#;
    let length = body.len();
    let create = format!(
        "POST /v3/{PROJECT}/pipeline/pipelines HTTP/1.1\r\nHost: x\r\nX-Auth-Token: t\r\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    let chunked = create.replace("shop", "mall").replace(
        &format!("Content-Length: {length}\r\n\r\n"),
        &format!("Transfer-Encoding: chunked\r\r\n\r\n{length:x}\r\n"),
    ) + "\r\n0\r\n\r\n";
    let token = "X-Auth-Token: t\r\n";
    let many = [
        list(token),
        create,
        list(token),
        chunked,
        list(&format!("X-Auth-Token: t\r\r\n{CLOSE}")),
    ];

    let all = answers(&server, many.concat().as_bytes()).await;

    assert!(all.iter().all(|answer| answer.status == 200), "{all:?}");
    let counts: Vec<_> = [0, 2, 4]
        .map(|n| all[n].json().as_array().unwrap().len())
        .into();
    assert_eq!(counts, [0, 1, 2]);
}

#[tokio::test]
async fn a_head_may_arrive_byte_by_byte() {
    let server = Server::start().await;
    let bytes =
        list("X-Auth-Token: t\r\r\n") + &list(&format!("X Odd: 1\r\nX-Auth-Token: t\r\n{CLOSE}"));
    let text = server.raw_slowly(bytes.as_bytes()).await;
    assert_eq!(text.matches("HTTP/1.1 200 OK\r\n").count(), 2, "{text}");
    assert!(text.contains("the header X Odd was ignored"), "{text}");
}

#[tokio::test]
async fn a_field_that_cannot_be_read_is_ignored_with_a_hint() {
    let server = Server::start().await;
    for (field, hint) in [
        ("no colon", "header line 1 was ignored: it has no colon"),
        (
            "X-Odd\u{7f}: 1",
            "its name has a character that is not allowed",
        ),
        ("X-Odd : 1", "the header X-Odd was ignored: its name has"),
        ("Größe: 1", "the header Gr%C3%B6%C3%9Fe was ignored"),
        (
            "X-Odd: a\u{1}b",
            "the header X-Odd was ignored: its value has a control character",
        ),
        (
            "X-Odd: a\rb",
            "the header X-Odd was ignored: its value has a control character",
        ),
    ] {
        let bytes = format!(
            "GET /v3/{PROJECT}/pipeline/pipelines HTTP/1.1\r\n{field}\r\nHost: x\r\nX-Auth-Token: t\r\n{CLOSE}\r\n"
        );
        answer(&server, bytes.as_bytes())
            .await
            .assert_hinted(200, hint);
    }
}

#[tokio::test]
async fn a_credential_that_cannot_be_read_is_refused_with_a_hint_that_does_not_show_it() {
    let server = Server::start().await;
    let releases = "GET /v2/meshes/m1/namespaces/default/releases/r1 HTTP/1.1\r\nHost: x\r\n";
    let versions = "GET /openapi/delivery/releases HTTP/1.1\r\nHost: x\r\n";
    let pipelines = "GET /v3/p1/pipeline/pipelines HTTP/1.1\r\nHost: x\r\n";
    for (head, field, hint) in [
        (
            pipelines,
            "X-Auth-Token: hu\rsh\r\n",
            "the header X-Auth-Token was ignored: its value",
        ),
        (
            pipelines,
            "X-Auth-Token : hush\r\n",
            "the header X-Auth-Token was ignored: its name",
        ),
        (
            releases,
            "X-Auth-Token: hush\u{0}\r\n",
            "the header X-Auth-Token was ignored",
        ),
        (
            versions,
            "Authorization: Bearer hush\u{7}\r\n",
            "the header Authorization was ignored",
        ),
        (
            pipelines,
            "X-Auth-Token hush\r\n",
            "header line 2 was ignored: it has no colon",
        ),
    ] {
        let bytes = format!("{head}{field}{CLOSE}\r\n");
        let refusal = answer(&server, bytes.as_bytes()).await;
        refusal.assert_hinted(401, hint);
        assert!(!format!("{refusal:?}").contains("hush"), "{refusal:?}");
    }
}
