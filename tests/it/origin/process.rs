//! The flags of the binary, its word about other machines, and the programs that know the token.

use std::io::Read;
use std::net::TcpStream;
use std::process::{Command, Stdio};

use axum::http::Method;

use crate::process::{Process, assert_start_fails, command};
use crate::remote::Remote;

const TOKEN: &str = "hush-4711";
const VARIABLE: &str = "RELEASE_EMULATOR_CONTROL_TOKEN";

/// All that a server writes to stderr until it is stopped.
fn stderr_of(arguments: &[&str], talk: impl FnOnce(u16)) -> String {
    let mut serve = command(&[arguments, &["--port", "0"]].concat());
    let mut process = Process::spawn(serve.stderr(Stdio::piped()));
    let (_, port) = process
        .ready
        .split(' ')
        .nth(2)
        .unwrap()
        .rsplit_once(':')
        .unwrap();
    talk(port.parse().unwrap());
    process.assert_signal_sent("-TERM");
    let mut text = String::new();
    process
        .child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text
}

#[test]
fn addresses_beyond_the_loopback_are_told_once_with_what_they_open() {
    for listen in ["0.0.0.0", "*"] {
        let text = stderr_of(&["--listen", listen], |port| {
            drop(TcpStream::connect(("127.0.0.1", port)));
        });
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(
            text.contains("control plane")
                && text.contains("secrets")
                && text.contains("--control-token"),
            "{text}"
        );
    }
    for quiet in [
        &["--listen", "127.0.0.1,127.0.0.2"][..],
        &[],
        &["--listen", "*", "--control-token", TOKEN],
    ] {
        assert_eq!(stderr_of(quiet, |_| {}), "", "{quiet:?}");
    }
}

#[tokio::test]
async fn the_flags_let_in_what_they_name() {
    let mut serve = command(&[
        "--listen",
        "127.0.0.1:0",
        "--allow-host",
        "a.example,*.b.example",
        "--cors",
        "*",
    ]);
    let process = Process::spawn(serve.env(
        "RELEASE_EMULATOR_ALLOW_ORIGIN",
        "http://x.test,http://y.test:81",
    ));
    let remote = Remote::at(format!("http://127.0.0.1:{}", process.port()));
    for (header, status) in [
        (("host", "a.example"), 200),
        (("host", "x.b.example"), 200),
        (("host", "b.example"), 403),
        (("origin", "http://x.test"), 200),
        (("origin", "http://y.test:81"), 200),
        (("origin", "http://y.test"), 403),
    ] {
        let reply = remote
            .send(Method::GET, "/_emulator/v1/clock", &[header], String::new())
            .await;
        reply.assert_status(status);
    }
    let page = [("origin", "http://z.test"), ("x-auth-token", "any")];
    let reply = remote
        .send(
            Method::GET,
            "/v3/p1/pipeline/pipelines",
            &page,
            String::new(),
        )
        .await;
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    // The control plane of further worlds has the same rules.
    let world = remote.open(serde_json::json!({})).await;
    world
        .send(
            Method::GET,
            "/_emulator/v1/clock",
            &[("host", "evil.example")],
            String::new(),
        )
        .await
        .assert_status(403);
}

#[test]
fn wrong_values_say_what_is_expected() {
    for (arguments, expected) in [
        (
            ["--allow-host", "a.example:80"],
            "expected a name without a port",
        ),
        (["--allow-origin", "*"], "expected a scheme and a host"),
        (["--allow-origin", "null"], "expected a scheme and a host"),
        (["--cors", "localhost:5173"], "or * for all pages"),
        (
            ["--control-token", "two words"],
            "the control token must be",
        ),
        (["--control-token", ""], "the control token must be"),
    ] {
        let (code, error) = assert_start_fails(&mut command(&arguments));
        assert_eq!(code, 2);
        assert!(
            error.contains(expected) && !error.contains("two words"),
            "{error}"
        );
    }
}

#[test]
fn health_and_the_commands_of_exec_know_the_token() {
    let process = Process::start(&["--listen", "127.0.0.1:0", "--control-token", TOKEN]);
    let port = process.port().to_string();
    let health = |flags: &[&str], variable: Option<&str>| {
        let mut health = command(&[&["health", "--port", &port], flags].concat());
        health.envs(variable.map(|token| (VARIABLE, token)));
        let output = health.output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    assert_eq!(health(&["--control-token", TOKEN], None).0, Some(0));
    assert_eq!(health(&[], Some(TOKEN)).0, Some(0));
    for (code, error) in [health(&[], None), health(&[], Some("other"))] {
        assert_eq!(code, Some(1));
        assert!(
            error.contains("requires its control token") && error.contains(VARIABLE),
            "{error}"
        );
    }
    // It is still told from another program on its port.
    let (code, error) = assert_start_fails(&mut command(&["--port", &port]));
    assert!(
        code == 3 && error.contains("another release-emulator has the port"),
        "{error}"
    );

    let ask = "curl -sf -H \"X-Emulator-Token: $RELEASE_EMULATOR_CONTROL_TOKEN\" \"$RELEASE_EMULATOR_URL/_emulator/v1/ready\"";
    let mut by_flag = command(&["exec", "--control-token", TOKEN, "--", "sh", "-c", ask]);
    assert!(by_flag.output().unwrap().status.success());
    let mut by_variable = command(&["exec", "--", "sh", "-c", ask]);
    assert!(
        by_variable
            .env(VARIABLE, TOKEN)
            .output()
            .unwrap()
            .status
            .success()
    );
}

#[tokio::test]
async fn help_and_log_do_not_show_the_token() {
    for arguments in [
        &["--help"][..],
        &["exec", "--help"],
        &["health", "--help"],
        &["man"],
    ] {
        let output = command(arguments).env(VARIABLE, TOKEN).output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(
            !text.contains(TOKEN) && text.contains("control"),
            "{arguments:?}: {text}"
        );
    }
    let text = stderr_of(
        &["--log-level", "trace", "--control-token", TOKEN],
        |port| {
            for header in [
                format!("X-Emulator-Token: {TOKEN}"),
                "X-Emulator-Token: other".to_owned(),
            ] {
                for path in ["_emulator/v1/state", "v3/p1/pipeline/pipelines", "nope"] {
                    let url = format!("http://127.0.0.1:{port}/{path}");
                    let asked = Command::new("curl")
                        .args(["-s", "-o", "/dev/null", "-H", &header, &url])
                        .status();
                    assert!(asked.unwrap().success());
                }
            }
        },
    );
    assert!(
        text.contains("/_emulator/v1/state") && !text.contains(TOKEN),
        "{text}"
    );
}
