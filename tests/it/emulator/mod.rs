//! The emulator inside a program: its builder, its handles, its stop.

mod alone;
mod requests;
mod shop;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use release_emulator::internals::Settings;
use release_emulator::internals::http::auth::Secret;
use release_emulator::internals::http::cors::CorsOrigin;
use release_emulator::internals::http::observe::events::ResetTo;
use release_emulator::internals::sim::clock::Stopwatch;
use release_emulator::internals::world::settings::ControlAccess;
use release_emulator::{
    Auth, ClockError, Delay, Emulator, EmulatorBuilder, Family, Fault, Fidelity, PipelinesList,
    Progress, References, Script, State, Until, Work, ZadigGeneration,
};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::common::{NOON, PROJECT, assert_same};
use crate::process::scratch;
use crate::remote::Remote;

fn noon() -> DateTime<Utc> {
    "2026-01-01T12:00:00Z".parse().unwrap()
}

fn seconds(n: i64) -> TimeDelta {
    TimeDelta::seconds(n)
}

const PIPELINES: &str = "/v3/p1/pipeline/pipelines";

/// Creates a pipeline of two tasks and starts it; answers its id.
async fn started(remote: &Remote) -> String {
    let stages = json!([{"name": "deploy", "tasks": [{"name": "prepare"}, {"name": "roll-out"}]}]);
    let shop = json!({"name": "shop", "model_version": 2, "config_mode": "ui", "stages": stages});
    let created = remote.post(PIPELINES, shop).await.assert_status(200);
    let id = created["id"].as_str().unwrap().to_owned();
    let start = format!("{PIPELINES}/{id}/action?action_id=start");
    remote.post(&start, json!({})).await.assert_status(200);
    id
}

#[tokio::test]
async fn a_run_follows_the_clock_that_the_program_moves() {
    let emulator = Emulator::builder().freeze(noon()).start().await.unwrap();
    let remote = Remote::at(emulator.url());
    let id = started(&remote).await;

    let transitions = emulator.clock().advance(Duration::from_secs(4)).unwrap();

    let seen: Vec<_> = transitions
        .iter()
        .map(|one| {
            (
                one.time - noon(),
                one.step.as_deref(),
                one.from.as_str(),
                one.to.as_str(),
            )
        })
        .collect();
    let expected = [
        (seconds(2), Some("prepare"), "4", "2"),
        (seconds(2), Some("roll-out"), "1", "4"),
        (seconds(4), None, "4", "2"),
        (seconds(4), Some("roll-out"), "4", "2"),
    ];
    assert_eq!(seen, expected);
    assert_eq!(emulator.clock().now(), noon() + Duration::from_secs(4));
    let shown = remote
        .get(&format!("{PIPELINES}/{id}"))
        .await
        .assert_status(200);
    assert_eq!(shown["status"], 2);
}

#[tokio::test]
async fn scripts_are_added_listed_and_taken_back() {
    let emulator = Emulator::builder().freeze(noon()).start().await.unwrap();
    let remote = Remote::at(emulator.url());
    let once = Script::fail("image not found")
        .family(Family::Pipelines)
        .scope("p?")
        .name("sh*")
        .step("roll-out")
        .takes(Duration::from_secs(3))
        .times(1);
    let id = emulator.scripts().add(once.clone()).unwrap();
    let rollback = emulator
        .scripts()
        .add(Script::succeed().work(Work::Rollback))
        .unwrap();

    started(&remote).await;
    let transitions = emulator.clock().advance(Duration::from_secs(5)).unwrap();

    assert_eq!(
        transitions
            .last()
            .map(|last| (last.time - noon(), last.to.as_str())),
        Some((seconds(5), "3"))
    );
    let rules = emulator.scripts().list();
    let used: Vec<_> = rules
        .iter()
        .map(|rule| (rule.id.as_str(), rule.used))
        .collect();
    assert_eq!(used, [(id.as_str(), 1), (rollback.as_str(), 0)]);
    assert_eq!(rules[0].script, once);
    let listed = remote.get("/_emulator/v1/scripts").await.assert_status(200);
    let expected = json!({"id": id, "match": {"family": "pipelines", "scope": "p?", "name": "sh*", "step": "roll-out",
        "work": "run"}, "outcome": "fail", "message": "image not found", "takes_ms": 3000, "times": 1, "used": 1});
    assert_same(&listed["scripts"][0], &expected);

    assert!(emulator.scripts().remove(&id));
    assert!(!emulator.scripts().remove(&id));
    emulator.scripts().clear();
    assert!(emulator.scripts().list().is_empty());
}

#[tokio::test]
async fn families_have_the_words_that_rules_know() {
    let emulator = Emulator::builder().start().await.unwrap();
    let remote = Remote::at(emulator.url());
    for (family, word) in [
        (Family::Asm, "asm"),
        (Family::Plans, "plans"),
        (Family::Pipelines, "pipelines"),
        (Family::Zadig, "zadig"),
    ] {
        emulator.scripts().clear();
        emulator
            .scripts()
            .add(Script::succeed().family(family))
            .unwrap();
        let listed = remote.get("/_emulator/v1/scripts").await.assert_status(200);
        assert_eq!(listed["scripts"][0]["match"]["family"], word);
    }
}

#[tokio::test]
async fn the_clock_is_set_frozen_and_set_running_but_never_back() {
    let emulator = Emulator::builder().freeze(noon()).start().await.unwrap();
    let clock = emulator.clock();
    let later = noon() + Duration::from_hours(1);

    assert_eq!(clock.set(later).unwrap(), []);
    assert_eq!(clock.now(), later);
    let back = clock.set(noon()).unwrap_err();
    assert_eq!(back, ClockError::Backwards(later));
    assert_eq!(
        back.to_string(),
        "it is already 2026-01-01T13:00:00+00:00, and only a rewind or a reset moves the clock back"
    );

    let short = clock.advance(Duration::from_nanos(1)).unwrap_err();
    assert_eq!(short, ClockError::TooShort);
    assert_eq!(clock.advance(Duration::ZERO).unwrap(), []);

    clock.run(60.0).unwrap();
    assert_eq!((clock.is_frozen(), clock.pace()), (false, 60.0));
    for pace in [0.0, -1.0, f64::NAN, 1e6 + 1.0] {
        assert!(
            matches!(clock.run(pace), Err(ClockError::Pace(_))),
            "{pace}"
        );
    }
    clock.freeze();
    assert!(clock.is_frozen());
    assert!(clock.now() >= later);

    emulator.reset();
    assert_eq!(clock.now(), noon());
}

#[tokio::test]
async fn an_advance_past_the_end_of_time_is_refused() {
    let emulator = Emulator::builder().freeze(noon()).start().await.unwrap();
    let past = emulator.clock().advance(Duration::MAX);
    assert_eq!(past, Err(ClockError::TooFar));
    assert_eq!(emulator.clock().now(), noon());
}

#[tokio::test]
async fn settings_out_of_range_are_refused_at_the_start() {
    let refused = async |builder: EmulatorBuilder| builder.start().await.unwrap_err().to_string();
    let builder = Emulator::builder;
    for pace in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(
            refused(builder().pace(pace)).await,
            "pace: must be over 0 and at most 1000000"
        );
    }
    assert_eq!(
        refused(builder().freeze(DateTime::<Utc>::MAX_UTC)).await,
        "freeze: the clock ends with the year 9999"
    );
    assert_eq!(
        refused(builder().freeze(DateTime::<Utc>::MIN_UTC)).await,
        "freeze: the clock begins with the year 0"
    );
    assert_eq!(
        refused(builder().step(Duration::MAX)).await,
        "step: must be at most ten years"
    );
    assert_eq!(
        refused(builder().step(Duration::from_nanos(1))).await,
        "step: must be 0, or at least 1 ms"
    );
    for most in [0, 65_536] {
        assert_eq!(
            refused(builder().max_connections(most)).await,
            "max_connections: must be from 1 to 65535"
        );
    }
}

#[tokio::test]
async fn scripts_that_the_control_plane_refuses_are_refused() {
    let emulator = Emulator::builder().start().await.unwrap();
    let second = Duration::from_secs(1);
    let with_sequence = "sequence: goes without outcome, message, takes_ms and times";
    let inner = "sequence: takes outcomes without match and times";
    for (script, expected) in [
        (Script::succeed().times(0), "times: must be at least 1"),
        (
            Script::succeed().takes(Duration::MAX),
            "takes_ms: is too long; a step that never ends has the outcome hang",
        ),
        (
            Script::hang().takes(second),
            "takes_ms: goes with outcome succeed or fail",
        ),
        (
            Script::fail("no").work(Work::Abort),
            "outcome: an abort cannot fail",
        ),
        (
            Script::succeed().family(Family::Iam),
            "match.family: must be asm, plans, pipelines or zadig",
        ),
        (
            Script::sequence([]),
            "sequence: must have at least one outcome",
        ),
        (Script::sequence([Script::hang()]).times(2), with_sequence),
        (Script::hang().weight(1.0), "weight: goes into a sequence"),
        (
            Script::hang().sometimes(1.5),
            "probability: must be from 0 to 1",
        ),
        (
            Script::sequence([Script::hang()]).takes(second),
            with_sequence,
        ),
        (Script::sequence([Script::hang().times(2)]), inner),
        (Script::sequence([Script::hang().step("x")]), inner),
        (
            Script::sequence([Script::sequence([Script::hang()])]),
            inner,
        ),
        (
            Script::sequence([Script::hang().takes(second)]),
            "sequence[0].takes_ms: goes with outcome succeed or fail",
        ),
    ] {
        let refused = emulator.scripts().add(script.clone()).unwrap_err();
        assert_eq!(refused.to_string(), expected, "{script:?}");
    }
    assert!(emulator.scripts().list().is_empty());
}

#[tokio::test]
async fn faults_that_the_control_plane_refuses_are_refused() {
    let emulator = Emulator::builder().start().await.unwrap();
    let delay = "do.delay_ms: must be up to 3600000, as a number, as min and max, or as median and sigma (0 to 10)";
    let probability = "probability: must be from 0 to 1";
    let second = Duration::from_secs(1);
    let longer = |sigma| Delay::LogNormal {
        median: second,
        sigma,
    };
    for (fault, expected) in [
        (
            Fault::new(),
            "do: must have at least one of status, headers, body, patch, delay_ms, drop, garbage, slow_bytes_per_s",
        ),
        (Fault::status(199), "do.status: must be from 200 to 599"),
        (Fault::status(0), "do.status: must be from 200 to 599"),
        (
            Fault::new().delay(second).code("X"),
            "do.code: goes with a status",
        ),
        (
            Fault::new().delay(second).message("x"),
            "do.message: goes with a status",
        ),
        (Fault::new().delay(Duration::MAX), delay),
        (
            Fault::new().delay(Delay::Uniform {
                min: second,
                max: Duration::ZERO,
            }),
            delay,
        ),
        (Fault::new().delay(longer(-1.0)), delay),
        (Fault::new().delay(longer(f64::NAN)), delay),
        (
            Fault::new().slow(0),
            "do.slow_bytes_per_s: must be at least 1",
        ),
        (Fault::status(503).times(0), "times: must be at least 1"),
        (Fault::status(503).sometimes(f64::NAN), probability),
        (Fault::status(503).sometimes(-0.1), probability),
        (Fault::status(503).sometimes(1.1), probability),
        (
            Fault::status(503).lasts(Duration::ZERO),
            "ttl_ms: must be from 1 to 31536000000, a year",
        ),
        (
            Fault::status(503).lasts(Duration::MAX),
            "ttl_ms: must be from 1 to 31536000000, a year",
        ),
        (
            Fault::status(503).operation("ListPiplines"),
            "match.operation: matches no operation, did you mean ListPipelines?",
        ),
    ] {
        let refused = emulator.faults().add(fault.clone()).unwrap_err();
        assert_eq!(refused.to_string(), expected, "{fault:?}");
    }
    assert!(emulator.faults().list().is_empty());
}

#[tokio::test]
async fn a_fault_says_all_that_the_control_plane_can() {
    let emulator = Emulator::builder().start().await.unwrap();
    let fault = Fault::status(503)
        .code("APIG.0201")
        .message("away")
        .delay(Delay::LogNormal {
            median: Duration::from_millis(20),
            sigma: 0.5,
        })
        .drop_midway()
        .garbage()
        .slow(100)
        .family(Family::Pipelines)
        .operation("List*")
        .when_method("GET")
        .when_path("/v3/*")
        .caller("ann")
        .times(3)
        .after(1)
        .sometimes(0.5)
        .seed(7)
        .lasts(Duration::from_mins(1));
    let id = emulator.faults().add(fault.clone()).unwrap();

    let listed = &emulator.faults().list()[0];
    assert_eq!((&listed.id, &listed.fault, listed.used), (&id, &fault, 0));
    let remote = Remote::at(emulator.url());
    let shown = remote.get("/_emulator/v1/faults").await.assert_status(200);
    let expected = json!({"id": id, "match": {"family": "pipelines", "operation": "List*", "method": "GET",
        "path": "/v3/*", "caller": "ann"}, "do": {"status": 503, "code": "APIG.0201", "message": "away",
        "delay_ms": {"median": 20, "sigma": 0.5}, "drop": "midway", "garbage": true, "slow_bytes_per_s": 100},
        "times": 3, "after": 1, "probability": 0.5, "seed": 7, "ttl_ms": 60000, "used": 0});
    assert_same(&shown["faults"][0], &expected);
}

#[tokio::test]
async fn fixtures_come_from_files_from_the_documents_and_from_the_program() {
    let folder = scratch("emulator");
    let file = folder.join("state.yaml");
    std::fs::write(&file, "zadig: {projects: [{key: from-a-file}]}").unwrap();
    let own =
        r#"{"servicestage":{"projects":[{"id":"p1","pipelines":[{"id":"a","name":"own"}]}]}}"#;
    let emulator = Emulator::builder()
        .fixtures("documented")
        .fixtures(file.to_str().unwrap())
        .state(State::from_json(own).unwrap())
        .start()
        .await
        .unwrap();

    let ids = || {
        let state = crate::common::json_of(&emulator.state());
        let all = |list: &serde_json::Value, key: &str| {
            let all = list.as_array().unwrap().iter();
            all.map(|one| one[key].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        (
            all(&state["servicestage"]["projects"], "id"),
            all(&state["zadig"]["projects"], "key"),
        )
    };
    let (projects, keys) = ids();
    assert_eq!(projects, [PROJECT, "p1"]);
    assert!(
        keys.contains(&"from-a-file".to_owned()) && keys.contains(&"demo".to_owned()),
        "{keys:?}"
    );
    emulator.world().reset(ResetTo::Empty);
    assert!(emulator.state().zadig.projects.is_empty());
    emulator.reset();
    assert_eq!(ids(), (projects, keys));
}

#[tokio::test]
async fn fixtures_that_do_not_fit_are_told_with_their_origin_and_place() {
    let nowhere = Emulator::builder()
        .fixtures("/nowhere/at/all.json")
        .start()
        .await;
    let said = nowhere.unwrap_err().to_string();
    assert!(
        said.starts_with("cannot read the fixtures /nowhere/at/all.json: No such file"),
        "{said}"
    );

    let twice = r#"{"servicestage":{"projects":[{"id":"p","pipelines":[{"id":"a"},{"id":"a"}]}]}}"#;
    let twice = || State::from_json(twice).unwrap();
    let expected = "the fixtures given as a state are invalid: \
        servicestage.projects[0].pipelines[1].id: duplicate \"a\"";
    for builder in [
        Emulator::builder(),
        Emulator::builder().fixtures("documented"),
    ] {
        let said = builder
            .state(twice())
            .start()
            .await
            .unwrap_err()
            .to_string();
        assert_eq!(said, expected);
    }
}

#[tokio::test]
async fn every_setting_is_that_of_the_world() {
    let emulator = Emulator::builder()
        .freeze(noon())
        .auth(Auth::Strict)
        .fidelity(Fidelity::Strict)
        .references(References::Checked)
        .pipelines_list(PipelinesList::Object)
        .zadig(ZadigGeneration::V4)
        .step(Duration::from_millis(1_500))
        .pace(2.0)
        .allow_host("*.example.com")
        .allow_origin("http://localhost:5173")
        .cors("*")
        .control_token("hush")
        .start()
        .await
        .unwrap();
    let expected = Settings {
        freeze: Some(NOON),
        auth: Auth::Strict,
        fidelity: Fidelity::Strict,
        references: References::Checked,
        pipelines_list: PipelinesList::Object,
        zadig: Some(ZadigGeneration::V4),
        step: 1_500,
        pace: 2.0,
        control_access: ControlAccess {
            hosts: vec!["*.example.com".parse().unwrap()],
            origins: vec!["http://localhost:5173".parse().unwrap()],
            token: Some(Secret::new("hush")),
        },
        cors: vec![CorsOrigin::Any],
        ..Settings::default()
    };
    assert_eq!(emulator.world().settings(), &expected);
    assert!(emulator.world().is_ready());
    assert!(
        format!("{emulator:?}").starts_with(&format!("Emulator {{ url: \"{}\"", emulator.url()))
    );
}

#[tokio::test]
async fn emulators_side_by_side_share_nothing() {
    let (one, other) = (Emulator::builder().start(), Emulator::builder().start());
    let (one, other) = (one.await.unwrap(), other.await.unwrap());
    started(&Remote::at(one.url())).await;
    assert_eq!(other.state().servicestage, State::default().servicestage);
}

#[tokio::test]
async fn a_stop_returns_once_ports_are_closed_and_a_drop_closes_them_soon() {
    for is_dropped in [false, true] {
        let emulator = Emulator::builder().start().await.unwrap();
        let further = Remote::at(emulator.url()).open(json!({})).await.url;
        let ports =
            [emulator.url(), &further].map(|url| url.strip_prefix("http://").unwrap().to_owned());
        let _silent = TcpStream::connect(&ports[0]).await.unwrap();

        if is_dropped {
            drop(emulator);
        } else {
            emulator.stop().await;
        }

        let dropped = Stopwatch::start();
        for port in &ports {
            while TcpStream::connect(port).await.is_ok() {
                assert!(
                    is_dropped && dropped.elapsed() < Duration::from_secs(1),
                    "{port} is open"
                );
            }
        }
    }
}

#[tokio::test]
async fn steps_go_in_turn_and_hang_as_a_program_says() {
    let emulator = Emulator::builder().freeze(noon()).start().await.unwrap();
    let steps = [Script::fail("no image"), Script::hang()];
    let id = emulator
        .scripts()
        .add(Script::sequence(steps).step("roll-out"))
        .unwrap();
    let listed = Remote::at(emulator.url())
        .get("/_emulator/v1/scripts")
        .await
        .assert_status(200);
    let expected = json!({"id": id, "match": {"step": "roll-out", "work": "run"},
        "sequence": [{"outcome": "fail", "message": "no image"}, {"outcome": "hang"}], "used": 0});
    assert_same(&listed["scripts"][0], &expected);
}

#[tokio::test]
async fn faults_and_requests_are_told_and_asked_without_http() {
    let emulator = Emulator::builder().freeze(noon()).start().await.unwrap();
    let fault = Fault::status(503)
        .message("away")
        .operation("ListPipelines")
        .times(1);
    let id = emulator.faults().add(fault).unwrap();
    let remote = Remote::at(emulator.url());

    let refused = remote.get("/v3/p1/pipeline/pipelines").await;
    assert_eq!(
        (refused.status, refused.header("x-emulator-fault")),
        (503, id.as_str())
    );
    assert_eq!(refused.json()["error_msg"], "away");
    remote
        .get("/v3/p1/pipeline/pipelines")
        .await
        .assert_status(200);

    assert_eq!(emulator.faults().list()[0].used, 1);
    let records = emulator.requests().of("ListPipelines").unwrap();
    let statuses: Vec<u16> = records.iter().map(|record| record.summary.status).collect();
    assert_eq!(
        (statuses, emulator.requests().dropped()),
        (vec![503, 200], 0)
    );
    assert!(emulator.faults().remove(&id) && !emulator.faults().remove(&id));
    emulator.requests().clear();
    assert!(emulator.requests().all().is_empty());
}

#[tokio::test]
async fn a_script_draws_as_its_seed_says() {
    let ends = async |seed: u64| {
        let emulator = Emulator::builder().freeze(noon()).start().await.unwrap();
        let length = Delay::Uniform {
            min: Duration::from_secs(1),
            max: Duration::from_secs(100),
        };
        let jitter = Script::succeed().takes(length).seed(seed);
        emulator.scripts().add(jitter).unwrap();
        let rare = [Script::hang().weight(1e-6), Script::succeed().weight(1e6)];
        emulator.scripts().add(Script::sequence(rare)).unwrap();
        started(&Remote::at(emulator.url())).await;
        let transitions = emulator.clock().advance(Duration::from_secs(200)).unwrap();
        transitions.iter().map(|told| told.time).collect::<Vec<_>>()
    };
    assert_eq!(ends(7).await, ends(7).await);
    assert_ne!(ends(7).await, ends(8).await);
}

#[tokio::test]
async fn a_clock_advances_until_a_target_is_reached() {
    let emulator = Emulator::builder().freeze(noon()).start().await.unwrap();
    let clock = emulator.clock();
    let id = started(&Remote::at(emulator.url())).await;
    let hour = Duration::from_hours(1);

    let first = clock.advance_until(Until::next(), hour).unwrap();
    assert_eq!(first[0].stage.as_deref(), Some("deploy"));
    assert_eq!(clock.now(), noon() + Duration::from_secs(2));
    let failed = Until::status(Family::Pipelines, &id, "failed");
    let missed = clock.advance_until(&failed, hour).unwrap_err();
    assert!(
        matches!(&missed, ClockError::Target(text) if text.contains("does not get the status 3 (failed)")),
        "{missed}"
    );
    assert_eq!(clock.now(), noon() + Duration::from_secs(2), "it stays");
    clock.advance_until(Until::idle(), hour).unwrap();
    assert_eq!(clock.now(), noon() + Duration::from_secs(4));
    let unknown = Until::status(Family::Plans, &id, "SUCCESS");
    let unknown = clock.advance_until(&unknown, hour).unwrap_err();
    assert_eq!(
        unknown.to_string(),
        format!("there is no resource {id} of plans")
    );
}

#[tokio::test]
async fn reads_bring_progress_where_a_program_says_so() {
    let builder = Emulator::builder().freeze(noon());
    let emulator = builder.progress(Progress::Reads).start().await.unwrap();
    let remote = Remote::at(emulator.url());
    let shop = format!("{PIPELINES}/{}", started(&remote).await);
    for status in [4, 2] {
        let shown = remote.get(&shop).await.assert_status(200);
        assert_eq!(shown["status"], status);
    }
}

#[tokio::test]
async fn connections_are_limited_and_may_end_with_their_first_answer() {
    let builder = Emulator::builder().max_connections(1);
    let emulator = builder.keep_alive(Duration::ZERO).start().await.unwrap();
    let address = emulator.url().strip_prefix("http://").unwrap();
    let held = TcpStream::connect(address).await.unwrap();
    let answer = async || {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let health = b"GET /_emulator/v1/health HTTP/1.1\r\nHost: x\r\n\r\n";
        stream.write_all(health).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let refused = answer().await;
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    drop(held);
    while !answer().await.starts_with("HTTP/1.1 200 ") {}
}
