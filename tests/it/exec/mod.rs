//! `exec`: a command with an emulator of its own. And `openapi`, which serves nothing.

mod findings;
mod intercept;

use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};

use release_emulator::internals::{Settings, control};
use serde_json::json;

#[cfg(target_os = "linux")]
use crate::process::assert_gone;
use crate::process::{Process, command, scratch};
use crate::remote::Remote;

/// Environment variable that makes this test binary act as the command of a run: the actions, in order.
const PART: &str = "EXEC_TEST_PART";

/// Runs a script of `sh` against an emulator.
fn exec(flags: &[&str], script: &str) -> Output {
    let mut exec = shell(flags, script);
    exec.output().expect("it runs")
}

fn shell(flags: &[&str], script: &str) -> Command {
    let mut exec = command(&["exec"]);
    exec.args(flags).args(["--", "sh", "-c", script]);
    for (name, _) in std::env::vars() {
        if name.starts_with("HUAWEICLOUD_SDK_") {
            exec.env_remove(name);
        }
    }
    exec
}

/// Runs a part of this binary against an emulator.
fn exec_part(flags: &[&str], part: &str) -> Output {
    let mut exec = command(&["exec"]);
    exec.args(flags)
        .arg("--")
        .arg(std::env::current_exe().unwrap());
    exec.args(["exec::the_part_of_a_command", "--exact", "--nocapture"]);
    exec.env(PART, part).output().expect("it runs")
}

/// Acts as the command of a run if the environment says so; as an ordinary test it has nothing to do.
#[tokio::test]
async fn the_part_of_a_command() {
    let Ok(part) = std::env::var(PART) else {
        return;
    };
    let main = Remote::at(std::env::var("RELEASE_EMULATOR_URL").unwrap());
    let script = json!({"match": {"family": "pipelines", "step": "roll-out"}, "outcome": "fail",
        "message": "no image"});
    for word in part.split(' ') {
        match word {
            "lost" => drop(
                main.get("/v3/p1/pipeline/pipeline")
                    .await
                    .assert_status(404),
            ),
            "broken" => {
                let unknown = "/openapi/delivery/releases/66287b110b8b8a631910ffff?projectKey=p";
                drop(main.get(unknown).await.assert_status(500));
            }
            "ready" => drop(main.get("/_emulator/v1/ready").await.assert_status(200)),
            "fault" => drop(
                main.post(
                    "/_emulator/v1/faults",
                    json!({"id": "away", "match": {"method": "GET"}, "do": {"status": 503}}),
                )
                .await
                .assert_status(201),
            ),
            "list" => drop(main.get("/v3/p/pipeline/pipelines").await),
            "noise" => noise(&main).await,
            "script" => drop(
                main.post("/_emulator/v1/scripts", script.clone())
                    .await
                    .assert_status(201),
            ),
            "use" => {
                let stages = json!([{"name": "s", "tasks": [{"name": "roll-out"}]}]);
                start(&main, "shop", &stages).await;
            }
            "gate" => {
                let stages =
                    json!([{"name": "prod", "approval_type": 1, "tasks": [{"name": "roll-out"}]}]);
                start(&main, "blog", &stages).await;
            }
            "pass" => drop(
                main.post("/_emulator/v1/clock/advance", json!({"until": "idle"}))
                    .await
                    .assert_status(200),
            ),
            "world" => {
                let world = main.open(json!({"name": "t1"})).await;
                let any = json!({"times": 1});
                world
                    .post("/_emulator/v1/scripts", any)
                    .await
                    .assert_status(201);
                main.delete("/_emulator/v1/worlds/t1")
                    .await
                    .assert_status(204);
            }
            "busy" => keep_busy(&main).await,
            "fail" => panic!("as told"),
            plan => {
                let parts: Vec<&str> = plan.split(':').collect();
                let [_, component, outcome] = parts[..] else {
                    panic!("{plan}");
                };
                let script = json!({"match": {"step": component}, "outcome": outcome});
                main.post("/_emulator/v1/scripts", script)
                    .await
                    .assert_status(201);
                let component =
                    json!({"seq": 0, "name": component, "runtime_stack": {"name": "java"}});
                let plan = json!({"name": outcome, "components": [component]});
                let plans = "/v3/p/cas/release-plans";
                let created = main.post(plans, plan).await.assert_status(200);
                let execute = format!("{plans}/{}/execute", created["id"].as_str().unwrap());
                main.post(&execute, json!({})).await;
            }
        }
    }
}

/// Creates a pipeline and starts it.
async fn start(main: &Remote, name: &str, stages: &serde_json::Value) {
    let pipeline = json!({"name": name, "model_version": 2, "config_mode": "ui", "stages": stages});
    let created = main
        .post("/v3/p/pipeline/pipelines", pipeline)
        .await
        .assert_status(200);
    let id = created["id"].as_str().unwrap();
    let start = format!("/v3/p/pipeline/pipelines/{id}/action?action_id=start&token=secret");
    main.post(&start, json!({})).await.assert_status(200);
}

#[test]
fn answers_that_rely_on_a_guess_fail_a_run_and_each_guess_is_named() {
    let output = exec_part(&["--fail-on", "inferred"], "use");
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
    let guess = "operation=CreatePipeline; fields=*; parameters=stages.tasks";
    let line = format!("  world main: inferred: CreatePipeline: {guess} (answers: 1)\n");
    let expected = format!("the command succeeded, but\n{line}");
    assert!(stderr(&output).ends_with(&expected), "{}", stderr(&output));

    let output = exec_part(&["--fail-on", "inferred"], "broken");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

/// Asks what browsers and probes ask by themselves.
async fn noise(main: &Remote) {
    for path in [
        "/favicon.ico",
        "/apple-touch-icon-120x120.png",
        "/robots.txt",
        "/.well-known/security.txt",
    ] {
        main.get(path).await.assert_status(404);
    }
    let preflight = [
        ("origin", "http://127.0.0.1:5173"),
        ("access-control-request-method", "GET"),
    ];
    let path = "/v3/p/pipeline/pipelines";
    main.send(axum::http::Method::OPTIONS, path, &preflight, String::new())
        .await;
}

/// Has the emulator do more than anybody would wait for.
async fn keep_busy(main: &Remote) {
    let every_second =
        json!({"schedule": "* * * * * ?", "timezone_operator": "+", "timezone_hour": 0});
    let hooks = json!({"strategy_type": 1, "hooks": [every_second]});
    let state = json!({"servicestage": {"projects": [{"id": "p", "pipelines": [
        {"id": "a", "name": "release-a", "hooks": hooks}]}]}});
    let put = main.send(
        axum::http::Method::PUT,
        "/_emulator/v1/state",
        &[],
        state.to_string(),
    );
    put.await.assert_status(204);
    let (url, ten_years) = (main.url.clone(), json!({"ms": 315_360_000_000_i64}));
    tokio::spawn(async move {
        let advance = Remote::at(url);
        advance.post("/_emulator/v1/clock/advance", ten_years).await
    });
    let path = "/_emulator/v1/clock";
    loop {
        let clock = main.get(path).await.assert_status(200);
        if clock
            .get("advance")
            .is_some_and(|advance| !advance.is_null())
        {
            break;
        }
        tokio::task::yield_now().await;
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn stdout_and_stdin_are_the_commands_and_its_exit_code_is_passed_on() {
    let mut exec = shell(&[], "read line; echo \"heard $line\"; exit 5")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut exec.stdin.take().unwrap(), b"this\n").unwrap();
    let output = exec.wait_with_output().unwrap();

    assert_eq!(output.status.code(), Some(5));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "heard this\n");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_eq!(exec_code("exit 0"), 0);
    assert_eq!(exec_code("kill -KILL $$"), 137, "128 and the signal");
}

fn exec_code(script: &str) -> i32 {
    exec(&[], script).status.code().expect("a code")
}

#[test]
fn the_emulator_answers_while_the_command_runs() {
    let output = exec_part(&[], "ready");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn the_environment_names_the_emulator_and_a_credential_of_the_fixtures() {
    let print = "env | grep -E '^(RELEASE_EMULATOR_URL|HUAWEICLOUD_SDK_)' | sort";
    let lines = |output: Output| {
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let documented = lines(exec(&["--fixtures", "documented"], print));
    let url = documented
        .last()
        .and_then(|line| line.strip_prefix("RELEASE_EMULATOR_URL="));
    let url = url.expect("the url is the last");
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    let urls = [
        format!("HUAWEICLOUD_SDK_REGION_ASM_CN_NORTH_4={url}"),
        format!("HUAWEICLOUD_SDK_REGION_SERVICESTAGE_CN_NORTH_4={url}"),
    ];
    let expected = [
        "HUAWEICLOUD_SDK_AK=EMULATORACCESSKEY001".to_owned(),
        format!("HUAWEICLOUD_SDK_IAM_ENDPOINT={url}"),
        "HUAWEICLOUD_SDK_PROJECT_ID=0605767aee00d2562f3cc0123456789a".to_owned(),
        urls[0].clone(),
        urls[1].clone(),
        "HUAWEICLOUD_SDK_SK=emulatorSecretKey0123456789abcdefABCDEF01".to_owned(),
        format!("RELEASE_EMULATOR_URL={url}"),
    ];
    assert_eq!(documented, expected);

    let own = shell(&["--fixtures", "documented"], print)
        .env("HUAWEICLOUD_SDK_AK", "mine")
        .output()
        .unwrap();
    let own = lines(own);
    assert!(
        own.contains(&"HUAWEICLOUD_SDK_AK=mine".to_owned()),
        "{own:?}"
    );
    assert!(
        !own.iter()
            .any(|line| line.contains("_SK=") || line.contains("PROJECT_ID")),
        "{own:?}"
    );
}

#[test]
fn the_flags_of_serve_hold() {
    let folder = scratch("exec");
    let file = folder.join("port");
    let print = format!("echo $RELEASE_EMULATOR_URL; cat {}", file.display());
    let output = exec(&["--port-file", file.to_str().unwrap()], &print);
    let text = String::from_utf8(output.stdout).unwrap();
    let (url, port) = text.trim().split_once('\n').unwrap();
    assert_eq!(url, format!("http://127.0.0.1:{port}"));

    let output = exec(&["--fixtures", "/nowhere.json"], "echo started");
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(output.stdout, b"", "the command was not started");
    let output = exec(&["--listen", "192.0.2.1:1"], "echo started");
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn a_command_that_cannot_be_started_is_127_and_named() {
    let output = command(&["exec", "--", "/nowhere/at/all", "--flag"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(127));
    let said =
        "release-emulator: cannot start /nowhere/at/all: No such file or directory (os error 2)\n";
    assert_eq!(stderr(&output), said);

    let output = command(&["exec"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("<CMD>"), "{}", stderr(&output));
}

#[test]
fn signals_are_passed_on_to_the_command_which_decides_what_they_mean() {
    for (signal, trapped, code) in [
        ("TERM", "exit 9", 9),
        ("INT", "exit 8", 8),
        ("TERM", "-", 143),
    ] {
        let script = format!("trap '{trapped}' {signal}; echo set; while :; do :; done");
        // Not in the foreground of a terminal, which would signal the command by itself.
        let mut exec = Process::spawn(shell(&[], &script).process_group(0));
        assert_eq!(exec.ready, "set\n");

        exec.assert_signal_sent(&format!("-{signal}"));

        assert_eq!(
            exec.child.wait().unwrap().code(),
            Some(code),
            "{signal} {trapped}"
        );
    }
}

/// A shell that starts a process in the background, prints both ids, and waits.
#[cfg(target_os = "linux")]
const FAMILY: &str = "sleep 600 & echo $$ $!; wait";

/// The ids in the first line of a command.
#[cfg(target_os = "linux")]
fn ids(exec: &Process) -> Vec<u32> {
    let ids = exec.ready.split_whitespace();
    ids.map(|id| id.parse().unwrap()).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn a_command_does_not_outlive_its_exec_nor_do_its_children() {
    for signal in ["-KILL", "-ABRT"] {
        // In a session of its own there is no terminal.
        let exec = Process::spawn(&mut behind(&["setsid"], &shell(&[], FAMILY)));
        let ids = ids(&exec);
        assert_eq!(ids.len(), 2);
        exec.assert_signal_sent(signal);
        ids.into_iter().for_each(assert_gone);
    }
}

/// The same command as an argument of another.
#[cfg(target_os = "linux")]
fn behind(words: &[&str], command: &Command) -> Command {
    let mut outer = Command::new(words[0]);
    outer
        .args(&words[1..])
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    outer
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_command_leaves_behind_in_peace_stays() {
    let output = exec(&[], "sleep 600 > /dev/null 2>&1 & echo $!");
    let pid = String::from_utf8(output.stdout).unwrap();
    let pid = pid.trim();
    let is_there = std::path::Path::new(&format!("/proc/{pid}")).exists();
    let killed = Command::new("sh")
        .args(["-c", &format!("kill {pid}")])
        .status();
    assert!(killed.unwrap().success() && is_there);
}

#[cfg(target_os = "linux")]
#[test]
fn a_hangup_reaches_the_command_which_decides_and_nohup_holds_for_both() {
    // The tests themselves may run behind `nohup`, whose command inherits that the signal is ignored.
    let plain = &["setsid", "env", "--default-signal=HUP"][..];
    for (words, script, code) in [
        (plain, "trap 'exit 9' HUP; echo set; while :; do :; done", 9),
        (plain, "echo set; while :; do :; done", 129),
        (&["setsid", "nohup"], "echo set; sleep 0.3; exit 6", 6),
    ] {
        let mut exec = Process::spawn(&mut behind(words, &shell(&[], script)));
        assert_eq!(exec.ready, "set\n");
        exec.assert_signal_sent("-HUP");
        assert_eq!(
            exec.child.wait().unwrap().code(),
            Some(code),
            "{words:?} {script}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn orphans_are_reaped_and_the_commands_own_exit_code_is_kept() {
    // The shell becomes `exec`, which has its child from then on.
    let check = "while test -e /proc/$ORPHAN; do :; done; exit 5";
    let script = "sleep 0.2 & export ORPHAN=$!; exec \"$0\" exec -- sh -c \"$1\"";
    let mut shell = Command::new("sh");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_release-emulator"), check]);
    assert_eq!(shell.output().unwrap().status.code(), Some(5));
}

#[test]
fn an_advance_that_a_command_leaves_behind_ends_and_the_world_can_be_vouched_for() {
    let output = exec_part(&["--fail-on", "unused-script"], "busy");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn requests_that_the_journal_does_not_hold_cannot_be_vouched_for() {
    for (bytes, said) in [
        ("0", "not checked, since the journal is off"),
        (
            "1",
            "not checked for 2 requests that the journal dropped (--journal-bytes)",
        ),
    ] {
        let flags = ["--journal-bytes", bytes, "--fail-on", "server-error"];
        let output = exec_part(&flags, "lost lost");
        assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
        let said = format!("the command succeeded, but\n  world main: server-error: {said}\n");
        assert!(stderr(&output).ends_with(&said), "{}", stderr(&output));
    }
}

#[test]
fn what_a_run_can_fail_on_is_listed_where_a_word_is_unknown() {
    let output = exec(&["--fail-on", "unused-script,boredom"], "true");
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(
        said.contains("'boredom'")
            && said.contains(
                "[possible values: unused-script, unused-fault, unknown-route, server-error, inferred, escaped]"
            ),
        "{said}"
    );

    let twin = shell(&[], "true")
        .env("RELEASE_EMULATOR_FAIL_ON", "boredom")
        .output()
        .unwrap();
    assert_eq!(twin.status.code(), Some(2));
    assert!(
        stderr(&twin).contains("for 'RELEASE_EMULATOR_FAIL_ON"),
        "{}",
        stderr(&twin)
    );
}

#[test]
fn openapi_prints_the_document_that_is_served() {
    let output = command(&["openapi"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        printed,
        format!(
            "{}\n",
            control::openapi(&Settings::default(), "http://127.0.0.1:4600")
        )
    );
}

#[test]
fn a_command_that_fails_leaves_what_it_asked_last_on_stderr() {
    let output = exec_part(&["--fail-on", "unknown-route"], "lost fail");
    assert_eq!(output.status.code(), Some(101), "{}", stderr(&output));
    let said = "release-emulator: world main: GET /v3/p1/pipeline/pipeline returned 404, did you mean \
        GET /v3/{project_id}/pipeline/pipelines?\n";
    assert!(stderr(&output).ends_with(said), "{}", stderr(&output));
}

#[test]
fn a_command_that_fails_leaves_the_resources_that_have_failed_or_wait_on_stderr() {
    let flags = ["--freeze", "2030-01-01T00:00:00Z"];
    let output = exec_part(&flags, "script use gate pass fail");
    assert_eq!(output.status.code(), Some(101), "{}", stderr(&output));
    let said = stderr(&output);
    let lines: Vec<&str> = said
        .lines()
        .filter_map(|line| line.strip_prefix("release-emulator: world main: "))
        .collect();
    let id = |line: &str| line.split(['(', ')']).nth(1).unwrap_or_default().to_owned();
    let (shop, blog) = (id(lines[4]), id(lines[5]));
    let started = |id: &str| {
        format!("POST /v3/p/pipeline/pipelines/{id}/action?action_id=start&token=*** returned 200")
    };
    let created = "POST /v3/p/pipeline/pipelines returned 200";
    let expected = [
        created,
        &started(&shop),
        created,
        &started(&blog),
        &format!("pipelines pipeline shop ({shop}): failed, at s/roll-out (no image)"),
        &format!("pipelines pipeline blog ({blog}): to be approved, waits at prod"),
    ];
    assert_eq!(lines, expected, "{said}");
}

#[test]
fn work_that_runs_or_has_succeeded_is_not_stuck() {
    for parts in ["use fail", "use pass fail"] {
        let output = exec_part(&["--freeze", "2030-01-01T00:00:00Z"], parts);
        assert_eq!(
            stderr(&output).matches("release-emulator: ").count(),
            2,
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn a_plan_that_failed_and_one_that_hangs_are_named_with_their_components() {
    let flags = ["--freeze", "2030-01-01T00:00:00Z"];
    let output = exec_part(&flags, "plan:web:fail plan:db:hang pass fail");
    let said = stderr(&output);
    assert!(said.contains("): FAILED, at 0/web\n"), "{said}");
    assert!(said.contains("): RUNNING, waits at 0/db\n"), "{said}");
}
