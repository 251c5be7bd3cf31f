//! Further worlds: each on a port of its own, sharing nothing, gone when they are closed.

mod process;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::RangeInclusive;
use std::time::Duration;

use axum::http::Method;
use release_emulator::Emulator;
use release_emulator::internals::http::observe::events::Most;
use release_emulator::internals::server::worlds::{Limits, WorldServer};
use release_emulator::internals::sim::clock::Stopwatch;
use release_emulator::internals::{Settings, State, World, app_with_host};
use serde_json::{Value, json};

use crate::common::{App, PROJECT, assert_same};
use crate::pipelines::pipelines;
use crate::remote::Remote;

const WORLDS: &str = "/_emulator/v1/worlds";

/// The world at the other end of an emulator's url, frozen at noon.
async fn emulator() -> (Emulator, Remote) {
    let noon = "2026-01-01T12:00:00Z";
    let emulator = Emulator::builder().freeze(noon).start().await.unwrap();
    let main = Remote::at(emulator.url());
    (emulator, main)
}

/// A host with limits, stopped with the test.
async fn host(limits: Limits) -> (tokio_util::sync::DropGuard, Remote) {
    serve(Settings::default(), limits).await
}

async fn serve(settings: Settings, limits: Limits) -> (tokio_util::sync::DropGuard, Remote) {
    let world = World::new(settings, State::default()).unwrap();
    world.open();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = WorldServer::start(world, listener, limits, app_with_host, None).unwrap();
    (host.stop().drop_guard(), Remote::at(host.url()))
}

/// Three ports in a row that were free a moment ago, out of reach of those that are given out for port 0. The tests
/// that call it have different `turn`s, below 2.
fn free_ports(turn: u16) -> RangeInclusive<u16> {
    let begin = 15_000 + u16::try_from(std::process::id() % 1_500).unwrap() * 10 + turn * 5;
    let is_free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
    (begin..60_000)
        .step_by(10)
        .map(|first| first..=first + 2)
        .find(|range| range.clone().all(is_free))
        .expect("free ports")
}

fn pipeline(name: &str) -> Value {
    json!({"name": name, "model_version": 2, "config_mode": "ui", "stages": [
        {"name": "build", "tasks": [{"name": "compile"}]},
        {"name": "deploy", "approval_type": 1, "tasks": [{"name": "roll-out"}]}]})
}

/// Asserts that opening a world is refused, and returns the detail.
async fn assert_refused(main: &Remote, chosen: Value, status: u16) -> String {
    let reply = main.post(WORLDS, chosen).await;
    assert_eq!(reply.header("content-type"), "application/problem+json");
    let problem = reply.assert_status(status);
    problem["detail"].as_str().expect("a detail").to_owned()
}

#[tokio::test]
async fn the_url_of_a_world_has_the_host_that_was_asked_or_the_public_one() {
    let public = Settings {
        public_url: "https://emulator.test:8443".parse().ok(),
        ..Settings::default()
    };
    for (settings, asked, main_url, host_of_others) in [
        (
            Settings::default(),
            "emulator.internal:9999",
            "http://emulator.internal:9999",
            "http://emulator.internal",
        ),
        (
            Settings::default(),
            "emulator.internal",
            "http://emulator.internal",
            "http://emulator.internal",
        ),
        (
            Settings::default(),
            "[::1]:4600",
            "http://[::1]:4600",
            "http://[::1]",
        ),
        (
            public,
            "emulator.internal:9999",
            "https://emulator.test:8443",
            "https://emulator.test",
        ),
    ] {
        let (_stop, main) = serve(settings, Limits::default()).await;
        let host = [("host", asked)];
        let open = main.send(
            Method::POST,
            WORLDS,
            &host,
            json!({"name": "t1"}).to_string(),
        );
        let opened = open.await.assert_status(201);
        let port = opened["url"]
            .as_str()
            .unwrap()
            .rsplit(':')
            .next()
            .unwrap()
            .to_owned();
        let t1 = json!({"name": "t1", "url": format!("{host_of_others}:{port}")});
        assert_eq!(opened, t1);
        let listed = main.send(Method::GET, WORLDS, &host, String::new()).await;
        let main_world = json!({"name": "main", "url": main_url});
        assert_eq!(
            listed.assert_status(200),
            json!({"worlds": [main_world, t1]})
        );
        let versions = main.send(Method::GET, "/", &host, String::new()).await;
        let link = &versions.assert_status(300)["versions"]["values"][0]["links"][0]["href"];
        assert_eq!(link.as_str().unwrap(), format!("{main_url}/v3/"));

        // The port that `t1` has on this machine, asked by the name that callers know.
        let t1 = Remote::at(format!("http://127.0.0.1:{port}"));
        let host = [("host", &*format!("emulator.internal:{port}"))];
        let versions = t1.send(Method::GET, "/", &host, String::new()).await;
        let link = &versions.assert_status(300)["versions"]["values"][0]["links"][0]["href"];
        let host_of_t1 = if main_url.starts_with("https") {
            host_of_others
        } else {
            "http://emulator.internal"
        };
        assert_eq!(link.as_str().unwrap(), format!("{host_of_t1}:{port}/v3/"));
    }
}

#[tokio::test]
async fn a_world_is_told_of_the_opening_and_closing_of_others() {
    let (emulator, main) = emulator().await;
    main.open(json!({"name": "t1"})).await;
    main.delete(&format!("{WORLDS}/t1"))
        .await
        .assert_status(204);
    let events = emulator
        .world()
        .recorder()
        .events
        .since(
            0,
            Most {
                events: 100,
                bytes: usize::MAX,
            },
        )
        .events
        .into_iter();
    let events: Vec<_> = events
        .filter(|(_, event)| event.name() == "world")
        .map(|(_, event)| crate::common::json_of(&event))
        .collect();
    let told = |change| json!({"change": change, "name": "t1"});
    assert_eq!(events, [told("opened"), told("closed")]);
}

#[tokio::test]
async fn worlds_are_opened_listed_and_closed_through_any_of_them() {
    let (_emulator, main) = emulator().await;

    let named = main
        .post(WORLDS, json!({"name": "t1"}))
        .await
        .assert_status(201);
    let t1 = Remote::at(named["url"].as_str().unwrap());
    let generate_name = t1.post(WORLDS, json!({})).await.assert_status(201);
    assert_same(&named, &json!({"name": "t1", "url": t1.url}));
    assert_same(
        &generate_name,
        &json!({"name": "w1", "url": generate_name["url"]}),
    );

    let list = json!({"worlds": [{"name": "main", "url": main.url}, named, generate_name]});
    for world in [
        &main,
        &t1,
        &Remote::at(generate_name["url"].as_str().unwrap()),
    ] {
        assert_same(&world.get(WORLDS).await.assert_status(200), &list);
    }
    assert_same(
        &main.get(&format!("{WORLDS}/t1")).await.assert_status(200),
        &named,
    );

    t1.delete(&format!("{WORLDS}/w1")).await.assert_status(204);
    main.delete(&format!("{WORLDS}/t1"))
        .await
        .assert_status(204);
    let list = json!({"worlds": [{"name": "main", "url": main.url}]});
    assert_same(&main.get(WORLDS).await.assert_status(200), &list);
    let next = main.send(axum::http::Method::POST, WORLDS, &[], String::new());
    assert_eq!(
        next.await.assert_status(201)["name"],
        "w2",
        "a name that was made up does not come again"
    );
}

#[tokio::test]
async fn worlds_share_neither_memory_nor_clock_nor_ids_nor_scripts_nor_tokens() {
    let (_emulator, main) = emulator().await;
    let other = main.open(json!({"freeze": "2030-01-01T00:00:00Z"})).await;

    // The same ids in both: neither draws from the other's.
    for world in [&main, &other] {
        let created = world
            .post(&pipelines(), pipeline("shop"))
            .await
            .assert_status(200);
        assert_eq!(created["id"], "238edbca-bf17-472f-a1c9-1641da5acee1");
    }
    let users = json!({"identities": {"users": [{"name": "ann", "password": "p"}],
        "tokens": [{"token": "t", "user": "ann", "expires_at": "2026-01-01T12:00:01Z"}]}});
    let patch = main.send(
        axum::http::Method::PATCH,
        "/_emulator/v1/state",
        &[],
        users.to_string(),
    );
    patch.await.assert_status(204);
    main.post("/_emulator/v1/scripts", json!({"outcome": "fail"}))
        .await
        .assert_status(201);
    assert_eq!(main.advance(1_000).await, Vec::<Value>::new());

    assert_eq!(
        main.get(&pipelines()).await.status,
        401,
        "ann's token has ended"
    );
    assert_eq!(
        other
            .get(&pipelines())
            .await
            .assert_status(200)
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let clock = json!({"now": "2030-01-01T00:00:00Z", "mode": "frozen", "pace": 1.0});
    assert_same(
        &other.get("/_emulator/v1/clock").await.assert_status(200),
        &clock,
    );
    assert_same(
        &other.get("/_emulator/v1/scripts").await.assert_status(200),
        &json!({"scripts": [], "unused": []}),
    );
    other
        .post("/_emulator/v1/reset", json!({}))
        .await
        .assert_status(204);
    assert_eq!(other.get(&pipelines()).await.assert_status(200), json!([]));
    let state = main.get("/_emulator/v1/state").await.assert_status(200);
    assert_eq!(
        state["servicestage"]["projects"][0]["pipelines"][0]["name"],
        "shop"
    );
}

#[tokio::test]
async fn a_world_is_as_the_process_was_started_where_nothing_else_is_chosen() {
    let emulator = Emulator::builder()
        .fixtures("documented")
        .freeze("2026-01-01T12:00:00Z")
        .step(Duration::from_secs(5))
        .pace(60.0)
        .pipelines_list(release_emulator::internals::world::settings::PipelinesList::Object)
        .start()
        .await
        .unwrap();
    let main = Remote::at(emulator.url());
    // Later changes to the first world stay its own.
    main.post("/_emulator/v1/reset", json!({"to": "empty"}))
        .await
        .assert_status(204);

    let like = main.open(json!({})).await;
    let clock = json!({"now": "2026-01-01T12:00:00Z", "mode": "frozen", "pace": 60.0});
    assert_same(
        &like.get("/_emulator/v1/clock").await.assert_status(200),
        &clock,
    );
    let listed = like.get(&pipelines()).await.assert_status(200);
    assert_eq!(
        listed["pipelines"].as_array().map(Vec::len),
        Some(1),
        "{listed}"
    );

    let fixtures = json!({"servicestage": {"projects": [{"id": PROJECT, "pipelines": [{"id": "a", "name": "own"}]}]}});
    let chosen = json!({"name": "a.b_c-1", "fixtures": fixtures, "freeze": null, "auth": "strict",
        "fidelity": "strict", "references": "checked", "step": "1m 30s", "pace": 0.5, "pipelines_list": "array"});
    let own = main.open(chosen).await;
    let clock = own.get("/_emulator/v1/clock").await.assert_status(200);
    assert_eq!(
        (&clock["mode"], &clock["pace"]),
        (&json!("running"), &json!(0.5))
    );
    assert_eq!(
        own.get(&pipelines()).await.status,
        401,
        "any token does not do"
    );
    own.post("/_emulator/v1/reset", json!({"to": "empty"}))
        .await
        .assert_status(204);
    own.post("/_emulator/v1/reset", json!({}))
        .await
        .assert_status(204);
    let state = own.get("/_emulator/v1/state").await.assert_status(200);
    assert_eq!(
        state["servicestage"]["projects"][0]["pipelines"][0]["name"], "own",
        "its fixtures are what a reset goes back to"
    );
    let version = json!({"project_key": "demo", "version_name": "v1", "env_name": "dev"});
    assert_eq!(
        like.post("/openapi/delivery/releases/k8s", version.clone())
            .await
            .status,
        200
    );
    assert_eq!(
        own.post("/openapi/delivery/releases/k8s", version)
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_world_to_be_is_named_with_its_place() {
    let (_emulator, main) = emulator().await;
    for (chosen, expected) in [
        (json!([]), "must be an object, not an array"),
        (
            json!({"nmae": "a"}),
            "nmae: is not a known field; known: name, from, at, command, fixtures",
        ),
        (json!({"name": 7}), "name: must be a string, not 7"),
        (
            json!({"name": ""}),
            "name: must be 1 to 64 letters, digits, dots, underscores or hyphens",
        ),
        (json!({"name": "a/b"}), "name: must be 1 to 64 letters"),
        (json!({"name": ".."}), "name: must be 1 to 64 letters"),
        (
            json!({"name": "a".repeat(65)}),
            "name: must be 1 to 64 letters",
        ),
        (
            json!({"freeze": "noon"}),
            "freeze: \"noon\" is not an RFC 3339 timestamp (example: 2030-01-01T00:00:00Z)",
        ),
        (
            json!({"auth": "none"}),
            "auth: must be shape or strict, not \"none\"",
        ),
        (
            json!({"fidelity": "low"}),
            "fidelity: must be documented or strict, not \"low\"",
        ),
        (
            json!({"references": "all"}),
            "references: must be lenient or checked, not \"all\"",
        ),
        (
            json!({"pipelines_list": "set"}),
            "pipelines_list: must be array or object, not \"set\"",
        ),
        (
            json!({"zadig": "v5"}),
            "zadig: must be v3 or v4, not \"v5\"",
        ),
        (
            json!({"step": "2"}),
            "step: expected a length with a unit, such as 2s, 500ms or 1m 30s, up to ten years",
        ),
        (
            json!({"pace": 0}),
            "pace: must be over 0 and at most 1000000",
        ),
        (
            json!({"pace": 1e7}),
            "pace: must be over 0 and at most 1000000",
        ),
        (
            json!({"fixtures": []}),
            "fixtures: must be an object, not an array",
        ),
        (
            json!({"fixtures": {"zadig": {"project": []}}}),
            "fixtures.zadig.project: is not a known field; known: generation, workflow_concurrency, build_concurrency, projects, release_plans, last_release_plan",
        ),
        (
            json!({"fixtures": {"servicestage": {"projects": [{"id": "p", "pipelines": [{"id": "a", "status": 6}]}]}}}),
            "fixtures.servicestage.projects[0].pipelines[0].status: must be a status code: 1 (initialised), 2 (succeeded), 3 (failed), 4 (releasing), 5 (to be approved), 7 (paused), 10 (rolling back), 11 (rolled back), 12 (rollback failed), 13 (stopping) or 14 (restarting), not 6",
        ),
        (
            json!({"fixtures": {"identities": {"users": [{"name": "ann", "password": 4711}]}}}),
            "fixtures.identities.users[0].password: must be a string, not ***",
        ),
    ] {
        let said = assert_refused(&main, chosen.clone(), 400).await;
        assert!(said.starts_with(expected), "{chosen}: {said}");
        assert!(!said.contains("4711"), "{said}");
    }
    let list = json!({"worlds": [{"name": "main", "url": main.url}]});
    assert_same(&main.get(WORLDS).await.assert_status(200), &list);
}

#[tokio::test]
async fn a_name_that_is_taken_is_409_and_one_that_is_not_there_404() {
    let (_emulator, main) = emulator().await;
    main.open(json!({"name": "t1"})).await;
    for name in ["t1", "main"] {
        let said = assert_refused(&main, json!({"name": name}), 409).await;
        assert_eq!(said, format!("name: \"{name}\" is already used by a world"));
    }
    for reply in [
        main.get(&format!("{WORLDS}/t2")).await,
        main.delete(&format!("{WORLDS}/t2")).await,
    ] {
        assert_eq!(reply.assert_status(404)["detail"], "there is no world t2");
    }
}

#[tokio::test]
async fn neither_the_first_world_nor_the_one_that_is_asked_can_be_closed() {
    let (_emulator, main) = emulator().await;
    let t1 = main.open(json!({"name": "t1"})).await;

    let itself = t1.delete(&format!("{WORLDS}/t1")).await.assert_status(409);
    assert_eq!(
        itself["detail"],
        "the world t1 cannot close itself; send the request to another world"
    );
    for world in [&main, &t1] {
        let first = world
            .delete(&format!("{WORLDS}/main"))
            .await
            .assert_status(409);
        assert_eq!(
            first["detail"],
            "the world main cannot be closed; it ends with the process"
        );
    }

    t1.get("/_emulator/v1/health").await.assert_status(200);
    main.delete(&format!("{WORLDS}/t1"))
        .await
        .assert_status(204);
}

#[tokio::test]
async fn where_no_process_serves_there_are_no_further_worlds() {
    let app = App::new();
    let t1 = format!("{WORLDS}/t1");
    for reply in [
        app.get(WORLDS).await,
        app.post(WORLDS, json!({})).await,
        app.get(&t1).await,
        app.delete(&t1).await,
    ] {
        let problem = json!({"type": "about:blank", "title": "Not Implemented", "status": 501,
            "detail": "further worlds need a process that serves this one; here it is called directly"});
        assert_same(&reply.assert_status(501), &problem);
    }
}

#[tokio::test]
async fn once_a_world_is_closed_nothing_of_it_is_left() {
    let (_emulator, main) = emulator().await;
    let t1 = main.open(json!({"name": "t1"})).await;
    let port = t1.url.strip_prefix("http://").unwrap();
    let (mut silent, mut half) = (
        TcpStream::connect(port).unwrap(),
        TcpStream::connect(port).unwrap(),
    );
    half.write_all(b"GET /_emulator/v1/health HTTP/1.1\r\nHost")
        .unwrap();
    t1.get("/_emulator/v1/health").await.assert_status(200);

    let stopwatch = Stopwatch::start();
    main.delete(&format!("{WORLDS}/t1"))
        .await
        .assert_status(204);

    assert!(
        stopwatch.elapsed() < Duration::from_millis(300),
        "{:?}",
        stopwatch.elapsed()
    );
    assert!(TcpStream::connect(port).is_err(), "the port is closed");
    for client in [&mut silent, &mut half] {
        assert_eq!(
            client.read(&mut [0]).unwrap_or(0),
            0,
            "connections are closed"
        );
    }
    main.delete(&format!("{WORLDS}/t1"))
        .await
        .assert_status(404);
    main.open(json!({"name": "t1"})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_open_or_close_the_same_world_at_once_one_does() {
    let (_emulator, main) = emulator().await;
    let calls = |open: bool| {
        let calls = (0..16).map(|_| {
            let main = Remote::at(&main.url);
            tokio::spawn(async move {
                if open {
                    main.post(WORLDS, json!({"name": "t1"})).await.status
                } else {
                    main.delete(&format!("{WORLDS}/t1")).await.status
                }
            })
        });
        calls.collect::<Vec<_>>()
    };
    for (open, once, else_) in [(true, 201, 409), (false, 204, 404)] {
        let mut statuses = Vec::new();
        for call in calls(open) {
            statuses.push(call.await.unwrap());
        }
        statuses.sort_unstable();
        let mut expected = vec![else_; 15];
        expected.push(once);
        expected.sort_unstable();
        assert_eq!(statuses, expected);
    }
}

#[tokio::test]
async fn there_are_as_many_worlds_as_allowed_and_then_429() {
    let limits = Limits {
        most: 3,
        ..Limits::default()
    };
    let (_stop, main) = host(limits).await;
    main.open(json!({"name": "a"})).await;
    main.open(json!({"name": "b"})).await;

    let said = assert_refused(&main, json!({}), 429).await;

    let expected = "there are 3 worlds including the first, the limit of --max-worlds; delete one";
    assert_eq!(said, expected);
    main.delete(&format!("{WORLDS}/a")).await.assert_status(204);
    main.open(json!({"name": "c"})).await;
}

#[tokio::test]
async fn ports_come_in_turn_out_of_the_range_past_those_that_are_taken() {
    let range = free_ports(0);
    let (first, last) = (*range.start(), *range.end());
    let url = |port: u16| format!("http://127.0.0.1:{port}");
    let taken = TcpListener::bind(("127.0.0.1", first)).unwrap();
    let limits = Limits {
        ports: Some(range),
        ..Limits::default()
    };
    let (_stop, main) = host(limits).await;

    assert_eq!(main.open(json!({"name": "a"})).await.url, url(first + 1));
    assert_eq!(main.open(json!({"name": "b"})).await.url, url(last));
    let said = assert_refused(&main, json!({}), 429).await;
    let expected = format!("no port is left for another world (tried {first} to {last}: ");
    assert!(said.starts_with(&expected), "{said}");

    drop(taken);
    main.delete(&format!("{WORLDS}/b")).await.assert_status(204);
    // The port that has been free for longer comes first.
    assert_eq!(main.open(json!({"name": "c"})).await.url, url(first));
    assert_eq!(main.open(json!({"name": "d"})).await.url, url(last));
}
