//! The decisions on callers, as tables.

use super::*;
use crate::http::auth::Secret;
use crate::http::machine_name::machine_name;

const STATE: &str = "/_emulator/v1/state";

/// The rules: names of example.com, pages of `app.test`, perhaps a token.
fn access(token: Option<&str>) -> ControlAccess {
    ControlAccess {
        hosts: vec!["*.example.com".parse().unwrap()],
        origins: vec!["https://app.test".parse().unwrap()],
        token: token.map(Secret::new),
    }
}

/// The decision on a request, in a few words. A line of `headers` is a header.
fn verdict(access: &ControlAccess, request_line: &str, headers: &str) -> &'static str {
    let (method, path) = request_line.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(path);
    if !headers.lines().any(|line| line.starts_with("host:")) {
        request = request.header("host", "localhost:4600");
    }
    for line in headers
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        let (name, value) = line.split_once(':').unwrap();
        request = request.header(name, value.trim());
    }
    let public_url = "https://emulator.test:8443".parse().unwrap();
    match judge(access, Some(&public_url), &request.body(()).unwrap()) {
        Ok(None) => "served",
        Ok(Some(_)) => "shared",
        Err(Unserved::Preflight(_)) => "preflight",
        Err(Unserved::Refused(refusal)) => match refusal {
            Refusal::Token => "token",
            Refusal::Host(_) => "host",
            Refusal::Page(_) => "page",
            Refusal::Site { is_link: false } => "site",
            Refusal::Site { is_link: true } => "link",
            Refusal::Form(_) => "form",
        },
    }
}

#[track_caller]
fn assert_verdicts(rows: &[(&str, &str, &str)]) {
    for (request_line, headers, expected) in rows {
        let found = verdict(&access(None), request_line, headers);
        assert_eq!(found, *expected, "{request_line} {headers}");
    }
}

#[test]
fn programs_are_served_whatever_they_send() {
    assert_verdicts(&[
        ("GET /_emulator/v1/state", "", "served"),
        (
            "PUT /_emulator/v1/state",
            "content-type: application/json",
            "served",
        ),
        // curl, without a flag for the type.
        (
            "POST /_emulator/v1/reset",
            "content-type: application/x-www-form-urlencoded",
            "served",
        ),
        // The fetch of Node.
        (
            "POST /_emulator/v1/reset",
            "content-type: text/plain;charset=UTF-8\nsec-fetch-mode: cors",
            "served",
        ),
        (
            "POST /_emulator/v1/reset",
            "user-agent: Mozilla/5.0\ncontent-type: text/plain",
            "served",
        ),
        ("DELETE /_emulator/v1/scripts", "referer: ", "served"),
    ]);
}

#[test]
fn a_host_is_accepted_if_no_stranger_can_own_it_or_the_user_says_so() {
    for host in [
        "127.0.0.1:4600",
        "[::1]:4600",
        "192.168.1.5",
        "localhost",
        "LOCALHOST.:4600",
        "x.localhost:1",
        "emulator:4600",
        "emulator.local",
        "emulator.internal",
        "a.example.com:80",
        "emulator.test:1",
        "",
    ] {
        let found = verdict(
            &access(None),
            "GET /_emulator/v1/state",
            &format!("host: {host}"),
        );
        assert_eq!(found, "served", "{host}");
    }
    for host in [
        "evil.example",
        "evil.example:4600",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
        "example.com",
        "x.emulator.test",
        "a b",
        "evil.example:x",
    ] {
        for request_line in [
            "GET /_emulator/",
            "OPTIONS /_emulator/v1/state",
            "POST /_emulator/v1/reset",
        ] {
            let headers =
                format!("host: {host}\nsec-fetch-site: same-origin\norigin: http://{host}");
            assert_eq!(
                verdict(&access(None), request_line, &headers),
                "host",
                "{host}"
            );
        }
    }
    // As a proxy is asked, or with two names.
    let found = verdict(
        &access(None),
        "GET http://evil.example/_emulator/v1/state",
        "",
    );
    assert_eq!(found, "host");
    let found = verdict(
        &access(None),
        "GET /_emulator/",
        "host: localhost\nhost: evil.example",
    );
    assert_eq!(found, "host");
}

#[test]
fn the_machine_may_be_asked_by_its_own_name() {
    if let Some(name) = machine_name() {
        let found = verdict(
            &access(None),
            "GET /_emulator/",
            &format!("host: {name}:4600"),
        );
        assert_eq!(found, "served", "{name}");
    }
}

#[test]
fn the_servers_own_pages_are_served_and_those_that_are_let_in() {
    assert_verdicts(&[
        (
            "GET /_emulator/v1/state",
            "origin: http://localhost:4600",
            "served",
        ),
        (
            "GET /_emulator/v1/state",
            "origin: https://localhost:4600",
            "served",
        ),
        (
            "GET /_emulator/v1/state",
            "origin: https://emulator.test:8443",
            "served",
        ),
        (
            "GET /_emulator/v1/state",
            "sec-fetch-site: same-origin\nreferer: http://localhost:4600/_emulator/",
            "served",
        ),
        (
            "GET /_emulator/v1/state",
            "sec-fetch-site: none\nsec-fetch-mode: navigate",
            "served",
        ),
        (
            "GET /_emulator/v1/state",
            "origin: https://app.test\nsec-fetch-site: cross-site",
            "shared",
        ),
        (
            "GET /_emulator/v1/events",
            "origin: https://APP.test:443",
            "shared",
        ),
        // An image of a page that is let in.
        (
            "GET /_emulator/v1/state",
            "referer: https://app.test/\nsec-fetch-site: cross-site",
            "served",
        ),
    ]);
}

#[test]
fn pages_of_strangers_are_refused_by_each_of_their_marks() {
    assert_verdicts(&[
        (
            "GET /_emulator/v1/state",
            "origin: http://localhost:4601",
            "page",
        ),
        (
            "GET /_emulator/v1/state",
            "origin: http://127.0.0.1:4600",
            "page",
        ),
        ("GET /_emulator/v1/state", "origin: http://app.test", "page"),
        (
            "GET /_emulator/v1/state",
            "origin: https://x.app.test",
            "page",
        ),
        ("GET /_emulator/v1/state", "origin: null", "page"),
        ("GET /_emulator/v1/state", "origin: ", "page"),
        (
            "HEAD /_emulator/v1/state",
            "origin: https://evil.example",
            "page",
        ),
        (
            "GET /_emulator/v1/state",
            "origin: https://app.test\norigin: https://evil.example",
            "page",
        ),
        (
            "GET /_emulator/v1/state",
            "origin: https://app.test\nreferer: https://evil.example/",
            "page",
        ),
        (
            "GET /_emulator/v1/state",
            "sec-fetch-site: none\nreferer: https://evil.example/",
            "page",
        ),
        ("GET /_emulator/v1/state", "referer: about:blank", "page"),
        (
            "GET /_emulator/v1/state",
            "sec-fetch-site: cross-site",
            "site",
        ),
        (
            "GET /_emulator/v1/state",
            "sec-fetch-site: same-site",
            "site",
        ),
        (
            "GET /_emulator/v1/state",
            "sec-fetch-site: cross-site\norigin: http://localhost:4600",
            "site",
        ),
        (
            "DELETE /_emulator/v1/scripts",
            "sec-fetch-site: cross-site",
            "site",
        ),
        ("GET /metrics", "sec-fetch-site: cross-site", "site"),
    ]);
}

#[test]
fn a_link_opens_the_pages_and_nothing_else() {
    let link = "sec-fetch-site: cross-site\nsec-fetch-mode: navigate\nsec-fetch-dest: document\nreferer: https://ci.example/";
    for path in [
        "/_emulator",
        "/_emulator/",
        "/_emulator/docs",
        "/_emulator/docs/",
        "/_emulator/docs/time",
        "/docs",
        "/swagger-ui.html",
    ] {
        assert_eq!(
            verdict(&access(None), &format!("GET {path}"), link),
            "served",
            "{path}"
        );
        let frame = link.replace("document", "iframe");
        assert_eq!(
            verdict(&access(None), &format!("GET {path}"), &frame),
            "page",
            "{path}"
        );
        let elsewhere = format!("{link}\nhost: evil.example");
        assert_eq!(
            verdict(&access(None), &format!("GET {path}"), &elsewhere),
            "host",
            "{path}"
        );
        assert_eq!(
            verdict(&access(None), &format!("POST {path}"), link),
            "page",
            "{path}"
        );
    }
    let unsaid = link.replace("referer: https://ci.example/", "");
    for path in [
        STATE,
        "/_emulator/v1/health",
        "/_emulator/v1/openapi.json",
        "/_emulator/docs/style.css",
        "/_emulator/docs/time.md",
        "/_emulator/docs/mesh.svg",
        "/_emulator/docs/a/b",
        "/llms.txt",
        "/metrics",
        "/health",
        "/openapi.json",
    ] {
        assert_eq!(
            verdict(&access(None), &format!("GET {path}"), link),
            "page",
            "{path}"
        );
        assert_eq!(
            verdict(&access(None), &format!("GET {path}"), &unsaid),
            "link",
            "{path}"
        );
    }
}

#[test]
fn a_browser_sends_no_change_that_a_form_could() {
    let marks = [
        "origin: http://localhost:4600",
        "sec-fetch-site: same-origin",
        "referer: http://localhost:4600/_emulator/",
        "origin: https://app.test",
        "sec-fetch-dest: empty",
        "sec-fetch-site: none",
    ];
    for mark in marks {
        for content_type in [
            "content-type: text/plain",
            "content-type: TEXT/PLAIN ;charset=utf-8",
            "content-type: multipart/form-data; boundary=x",
            "content-type: application/x-www-form-urlencoded",
            "content-length: 5",
            "transfer-encoding: chunked",
            "content-type: application/json\ncontent-type: text/plain",
        ] {
            let headers = format!("{mark}\n{content_type}");
            for method in ["POST", "PUT", "PATCH", "DELETE"] {
                let found = verdict(&access(None), &format!("{method} {STATE}"), &headers);
                assert_eq!(found, "form", "{method} {headers}");
            }
            let found = verdict(&access(None), &format!("GET {STATE}"), &headers);
            assert_ne!(found, "form", "{headers}");
        }
        for other in [
            "content-type: application/json\ncontent-length: 5",
            "content-length: 0",
            "",
        ] {
            let found = verdict(
                &access(None),
                &format!("POST {STATE}"),
                &format!("{mark}\n{other}"),
            );
            assert!(
                ["served", "shared"].contains(&found),
                "{mark} {other}: {found}"
            );
        }
    }
}

#[test]
fn the_preflight_of_a_page_that_is_let_in_needs_no_token_and_that_of_another_is_refused() {
    let asks = "access-control-request-method: PUT";
    let preflight = format!("OPTIONS {STATE}");
    for token in [None, Some("hush")] {
        let access = access(token);
        let of = |headers: String| verdict(&access, &preflight, &headers);
        assert_eq!(of(format!("{asks}\norigin: https://app.test")), "preflight");
        let rebound = format!("{asks}\norigin: https://app.test\nhost: evil.example");
        assert_eq!(of(rebound), if token.is_some() { "token" } else { "host" });
        let other = of(format!("{asks}\norigin: https://evil.example"));
        assert_eq!(other, if token.is_some() { "token" } else { "page" });
    }
}

#[test]
fn a_token_is_required_of_everybody_in_either_header() {
    let access = access(Some("hush"));
    for (headers, expected) in [
        ("", "token"),
        ("x-emulator-token: hus", "token"),
        ("x-emulator-token: hushh", "token"),
        ("x-emulator-token: ", "token"),
        ("authorization: Basic hush", "token"),
        ("authorization: hush", "token"),
        ("x-auth-token: hush", "token"),
        ("x-emulator-token: hush", "served"),
        ("authorization: Bearer hush", "served"),
        ("authorization: bearer  hush", "served"),
        (
            "authorization: Bearer any\nx-emulator-token: hush",
            "served",
        ),
        (
            "x-emulator-token: hush\norigin: https://evil.example",
            "page",
        ),
        ("x-emulator-token: hush\nhost: evil.example", "host"),
        (
            "sec-fetch-mode: navigate\nsec-fetch-dest: document",
            "token",
        ),
    ] {
        for path in ["/_emulator/", "/_emulator/v1/health", "/metrics", "/health"] {
            assert_eq!(
                verdict(&access, &format!("GET {path}"), headers),
                expected,
                "{path} {headers}"
            );
        }
    }
}
