//! `--intercept` and `--isolate`: a command that calls the real services, and what it cannot reach.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Output, Stdio};

use release_emulator::internals::tls::{Authority, ClientTls, Roots};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[cfg(target_os = "linux")]
use super::behind;
use super::{shell, stderr};
use crate::process::{Process, command, scratch};

/// Environment variable that makes this test binary act as the command of a run: the actions, in order.
const PART: &str = "INTERCEPT_TEST_PART";

const IAM: &str = "iam.cn-north-4.myhuaweicloud.com";

/// Runs a part of this binary as a command.
fn run(flags: &[&str], part: &str) -> Output {
    let mut exec = command(&["exec"]);
    exec.args(flags)
        .arg("--")
        .arg(std::env::current_exe().unwrap());
    exec.args([
        "exec::intercept::the_part_of_a_command",
        "--exact",
        "--nocapture",
    ]);
    exec.env(PART, part).output().expect("it runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap()
}

async fn connect_proxy() -> TcpStream {
    let proxy = variable("HTTPS_PROXY");
    TcpStream::connect(proxy.strip_prefix("http://").unwrap())
        .await
        .unwrap()
}

/// Asks the proxy for a tunnel, and returns it with the first line of the answer.
async fn tunnel(target: &str) -> (TcpStream, String) {
    let mut stream = connect_proxy().await;
    let connect = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
    stream.write_all(connect.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    (stream, head.lines().next().unwrap().to_owned())
}

/// The whole answer to a request on a connection.
async fn ask(
    stream: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin),
    target: &str,
    host: &str,
) -> String {
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: {host}\r\nX-Auth-Token: t\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

/// Acts as the command of a run if the environment says so; as an ordinary test it has nothing to do.
#[tokio::test]
#[expect(
    clippy::print_stdout,
    reason = "the tests read what their command prints"
)]
async fn the_part_of_a_command() {
    let Ok(part) = std::env::var(PART) else {
        return;
    };
    for word in part.split(' ') {
        let (action, host) = word.split_once(':').unwrap_or((word, IAM));
        match action {
            "tls" | "distrust" => {
                let (stream, line) = tunnel(&format!("{host}:443")).await;
                println!("{line}");
                let other = scratch("distrust");
                let file = if action == "tls" {
                    variable("SSL_CERT_FILE").into()
                } else {
                    let file = other.join("other.pem");
                    std::fs::write(&file, Authority::new().unwrap().pem()).unwrap();
                    file
                };
                let roots = Roots::File(file);
                match ClientTls::new(&roots).unwrap().connect(host, stream).await {
                    Ok(mut stream) => println!("{}", ask(&mut stream, "/v3", host).await),
                    Err(error) => println!("{error}"),
                }
            }
            "plain" => {
                let mut stream = connect_proxy().await;
                println!(
                    "{}",
                    ask(&mut stream, &format!("http://{host}/v3"), host).await
                );
            }
            "tunnelled" => {
                let (mut stream, _) = tunnel(&format!("{host}:80")).await;
                println!("{}", ask(&mut stream, "/v3", host).await);
            }
            "refused" => println!("{}", tunnel(&format!("{host}:443")).await.1),
            "own" => {
                let url = variable("RELEASE_EMULATOR_URL");
                let own = url.strip_prefix("http://").unwrap();
                let mut stream = connect_proxy().await;
                let target = format!("{url}/_emulator/v1/health");
                println!("{}", ask(&mut stream, &target, own).await);
            }
            "direct" => {
                // Of the network for documentation (RFC 5737).
                let address: SocketAddr = "192.0.2.1:80".parse().unwrap();
                println!(
                    "{:?}",
                    TcpStream::connect(address).await.unwrap_err().kind()
                );
            }
            other => panic!("{other}"),
        }
    }
}

#[test]
fn calls_of_the_cloud_reach_the_emulator_in_every_form() {
    let output = run(
        &["--intercept", "--fail-on", "escaped"],
        "tls plain tunnelled own",
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let said = stdout(&output);
    assert!(
        said.contains("HTTP/1.1 200 Connection established\n"),
        "{said}"
    );
    let links = said.matches("\"href\":\"https://iam.cn-north-4.myhuaweicloud.com/v3/\"");
    assert_eq!(links.count(), 1, "{said}");
    let links = said.matches("\"href\":\"http://iam.cn-north-4.myhuaweicloud.com/v3/\"");
    assert_eq!(links.count(), 2, "{said}");
    assert!(said.contains("{\"status\":\"ok\"}"), "{said}");
}

#[test]
fn the_host_of_a_zadig_is_emulated_if_it_is_named() {
    let host = "zadig.example.com";
    let flags = [
        "--intercept",
        "--intercept-host",
        host,
        "--fail-on",
        "escaped",
    ];
    let output = run(&flags, &format!("tls:{host}"));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("HTTP/1.1 200 Connection established\n"));
    let output = run(
        &["--intercept", "--fail-on", "escaped"],
        &format!("refused:{host}"),
    );
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
}

#[test]
fn any_other_host_is_refused_in_words_listed_and_fails_the_run_if_it_is_told_so() {
    let part = "refused:obs.cn-north-4.myhuaweicloud.com plain:example.com plain:example.com";
    let output = run(&["--intercept", "--fail-on", "escaped"], part);
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
    let said = stdout(&output);
    let words = "403 Forbidden: obs.cn-north-4.myhuaweicloud.com:443 is not emulated, and ";
    assert!(said.contains(words), "{said}");
    assert!(said.contains("HTTP/1.1 403 Forbidden\r\n"), "{said}");
    assert!(
        said.contains("\nexample.com:80 is not emulated, and "),
        "{said}"
    );
    let report = "the command succeeded, but\n  \
        escaped: obs.cn-north-4.myhuaweicloud.com:443 is not emulated and was refused (times: 1)\n  \
        escaped: example.com:80 is not emulated and was refused (times: 2)\n";
    assert!(stderr(&output).ends_with(report), "{}", stderr(&output));

    let output = run(&["--intercept"], part);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let line =
        "release-emulator: escaped: example.com:80 is not emulated and was refused (times: 2)\n";
    assert!(stderr(&output).contains(line), "{}", stderr(&output));
}

#[test]
fn a_program_that_does_not_trust_the_certificate_is_named_at_the_end() {
    let output = run(&["--intercept"], "distrust");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let line = format!("intercept: a program did not trust the certificate for {IAM} (times: 1); ");
    assert!(stderr(&output).contains(&line), "{}", stderr(&output));
}

const FOLDER: &str = "dirname \"$RELEASE_EMULATOR_CA_FILE\"";

#[test]
fn the_directory_is_the_users_own_and_is_gone_at_the_end() {
    let script = format!("{FOLDER}; ls -ld $({FOLDER}); exit 3");
    let output = shell(&["--intercept"], &script).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let said = stdout(&output);
    let (folder, listed) = said.split_once('\n').unwrap();
    assert!(listed.starts_with("drwx------"), "{said}");
    assert!(!Path::new(folder).exists(), "{folder}");
}

#[test]
fn a_signal_removes_the_directory_too() {
    let script = format!("{FOLDER}; sleep 600");
    let mut exec = shell(&["--intercept"], &script);
    let mut exec = Process::spawn(exec.stderr(Stdio::null()));
    let folder = exec.ready.trim().to_owned();
    assert!(Path::new(&folder).exists(), "{folder}");
    exec.assert_signal_sent("-TERM");
    exec.child.wait().unwrap();
    assert!(!Path::new(&folder).exists(), "{folder}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_guard_removes_the_directory_of_an_exec_that_was_killed() {
    use std::time::Duration;

    use release_emulator::internals::sim::clock::Stopwatch;

    let script = format!("{FOLDER}; sleep 600");
    let exec = Process::spawn(&mut behind(&["setsid"], &shell(&["--intercept"], &script)));
    let folder = exec.ready.trim().to_owned();
    exec.assert_signal_sent("-KILL");
    let stopwatch = Stopwatch::start();
    while Path::new(&folder).exists() {
        assert!(stopwatch.elapsed() < Duration::from_secs(10), "{folder}");
        std::thread::yield_now();
    }
}

#[test]
fn the_users_own_exceptions_from_a_proxy_do_not_count() {
    let mut exec = shell(
        &["--intercept"],
        "echo $NO_PROXY $no_proxy $JAVA_TOOL_OPTIONS",
    );
    let output = exec
        .env("NO_PROXY", "*")
        .env("no_proxy", ".myhuaweicloud.com")
        .env("JAVA_TOOL_OPTIONS", "-Xmx64m")
        .output()
        .unwrap();
    let own = "localhost,127.0.0.1,::1 localhost,127.0.0.1,::1 -Xmx64m -Djavax.net.ssl.trustStore=";
    assert!(stdout(&output).starts_with(own), "{}", stdout(&output));
}

#[test]
fn options_that_need_the_interception_say_so() {
    for flags in [
        ["--intercept-host", "zadig.example.com"],
        ["--fail-on", "escaped"],
    ] {
        let output = shell(&flags, "true").output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(
            stderr(&output).contains("needs --intercept"),
            "{}",
            stderr(&output)
        );
    }
}

/// True if this system lets a process have a network of its own.
#[cfg(target_os = "linux")]
fn has_networks() -> bool {
    let mut probe = std::process::Command::new("unshare");
    let probe = probe.args(["-Urn", "true"]).stderr(Stdio::null()).status();
    probe.is_ok_and(|status| status.success())
}

#[cfg(target_os = "linux")]
#[test]
fn in_a_network_of_its_own_a_command_reaches_the_emulator_and_nothing_else() {
    let flags = ["--intercept", "--isolate", "--fail-on", "escaped"];
    if !has_networks() {
        let output = run(&flags, "tls");
        assert_eq!(output.status.code(), Some(6), "{}", stderr(&output));
        assert!(
            stderr(&output).contains("--isolate: "),
            "{}",
            stderr(&output)
        );
        return;
    }
    let output = run(&flags, "direct tls own");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let said = stdout(&output);
    assert!(said.contains("NetworkUnreachable\n"), "{said}");
    assert!(
        said.contains("\"https://iam.cn-north-4.myhuaweicloud.com/v3/\""),
        "{said}"
    );
    assert!(said.contains("{\"status\":\"ok\"}"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_command_that_cannot_be_started_in_its_network_is_named() {
    if !has_networks() {
        return;
    }
    let output = command(&["exec", "--isolate", "--", "no-such-command"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(127), "{}", stderr(&output));
    let said = "release-emulator: cannot start no-such-command: ";
    assert!(stderr(&output).starts_with(said), "{}", stderr(&output));
}
