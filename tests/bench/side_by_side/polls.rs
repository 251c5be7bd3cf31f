//! Polling: the same question again and again, as release automation asks it.

use std::thread;

use super::client::{Request, at_rate, in_turn};
use super::load::{Load, drive};
use super::parts::{
    PIPELINES, PLANS, ROUND, ROUNDS, pin_myself, rates, ratio_row, rounds, with_plans,
};
use super::server::Server;
use super::table::median;

/// The writes beside a poll, per second.
const WRITES: u32 = 100;

/// The worlds that are polled at once, with the first.
const WORLDS: usize = 256;

/// The versions of Zadig on a page.
const VERSIONS: u64 = 20;

const LONG_PIPELINE: &str = r#"{"name":"shop-long","model_version":2,"config_mode":"ui","stages":[{"name":"build","tasks":[{"name":"compile"},{"name":"test"}]}]}"#;

/// Polls, compared with (b).
pub(crate) fn polls() {
    beside_writes();
    of_one();
    of_generations();
    of_worlds();
}

/// A list while something else is written.
fn beside_writes() {
    let (emulator, baseline) = (with_plans(&[]), Server::baseline());
    let pipeline = create(&emulator, LONG_PIPELINE);
    let start = format!("{PIPELINES}/{pipeline}/action?action_id=start");
    let (own, typed) = (format!("{PLANS}?limit=20"), "/items?limit=20");
    let item = r#"{"name":"release","action":"create","creator":"emulator"}"#;
    let writes = [
        (&emulator, Request::new("POST", &start, "")),
        (&baseline, Request::new("POST", "/items", item)),
    ];
    let round = || {
        let loads = [Load::get(&own), Load::get(typed)];
        let mut loads = writes.iter().zip(loads);
        std::array::from_fn(|_| {
            let ((server, write), load) = loads.next().expect("two of each");
            thread::scope(|scope| {
                scope.spawn(|| at_rate(server.address(), write, WRITES, ROUND));
                drive(server, load, ROUND)
            })
        })
    };
    let _: [_; 2] = round();
    let rounds: Vec<[_; 2]> = (0..ROUNDS).map(|_| round()).collect();
    let what = format!("list of 20 while {WRITES} writes/s go on, requests/s");
    ratio_row(&what, rates(&rounds, 0, 1), "(b)", ["≥ 0.85", "≥ 0.95"]);
}

/// A pipeline that runs, while the clock does.
fn of_one() {
    let (emulator, baseline) = (Server::emulator(&["--step", "1h"]), Server::baseline());
    let pipeline = create(&emulator, LONG_PIPELINE);
    let detail = format!("{PIPELINES}/{pipeline}");
    let start = format!("{detail}/action?action_id=start");
    emulator.connect().done("POST", &start, "");
    let rounds = rounds([
        (&emulator, Load::get(&detail)),
        (&baseline, Load::get("/items?limit=1")),
    ]);
    let what = "detail of a running pipeline, polled, requests/s";
    let beside = "(b)'s list of 1";
    ratio_row(what, rates(&rounds, 0, 1), beside, ["≥ 1.00", "≥ 1.1"]);
}

/// The lists of both generations of Zadig.
fn of_generations() {
    let (older, newer) = (
        Server::emulator(&["--step", "0s"]),
        Server::emulator(&["--step", "0s", "--zadig", "v4"]),
    );
    let versions: Vec<String> = (0..VERSIONS)
        .map(|n| {
            format!(
                r#"{{"id":"{n:024x}","version_name":"v{n}","type":"K8SYaml","status":"success"}}"#
            )
        })
        .collect();
    for (server, generation) in [(&older, "v3"), (&newer, "v4")] {
        let state = format!(
            r#"{{"zadig":{{"generation":"{generation}","projects":[{{"key":"shop","versions":[{}]}}]}}}}"#,
            versions.join(",")
        );
        let mut connection = server.connect();
        connection.done("PATCH", "/_emulator/v1/state", &state);
    }
    let list = "/openapi/delivery/releases?projectKey=shop&pageNum=1&pageSize=20";
    let rounds = rounds([(&newer, Load::get(list)), (&older, Load::get(list))]);
    let what = "list of 20 versions, Zadig v4, requests/s";
    ratio_row(what, rates(&rounds, 0, 1), "Zadig v3", ["≥ 0.90", ""]);
}

/// Many worlds at once, compared with one.
fn of_worlds() {
    let many = Server::emulator(&["--step", "0s"]);
    let one = Server::emulator(&["--step", "0s"]);
    let mut addresses = vec![many.address().to_owned()];
    while addresses.len() < WORLDS {
        let opened = many
            .connect()
            .done("POST", "/_emulator/v1/worlds", "{}")
            .json();
        let url = opened["url"].as_str().expect("a url");
        let address = url.trim_start_matches("http://");
        addresses.push(address.to_owned());
    }
    let alone = vec![one.address().to_owned(); WORLDS];
    pin_myself();
    let list = Request::get(&format!("{PLANS}?limit=20"));
    let round = || [&addresses, &alone].map(|addresses| in_turn(addresses, &list, ROUND));
    round();
    let rounds: Vec<[f64; 2]> = (0..ROUNDS).map(|_| round()).collect();
    let rate = |n: usize| median(rounds.iter().map(|round| round[n]));
    let ratio = median(rounds.iter().map(|round| round[0] / round[1]));
    let what = format!("empty lists of {WORLDS} worlds at once, requests/s");
    ratio_row(
        &what,
        (rate(0), rate(1), ratio),
        "of one world",
        ["≥ 0.9", ""],
    );
}

/// Creates a pipeline, and returns its id.
fn create(server: &Server, body: &str) -> String {
    let created = server.connect().done("POST", PIPELINES, body).json();
    created["id"].as_str().expect("an id").to_owned()
}
