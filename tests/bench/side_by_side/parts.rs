//! The measurements, a function for each part of the table.

use std::ops::Range;
use std::process::Command;
use std::time::Duration;

use super::client::{Request, at_rate};
use super::load::{Load, Round, drive};
use super::server::{CLIENTS, Server, start_up};
use super::table::{median, row};
use super::{give_up, soak as soaking};

/// The measured rounds. Servers under load get one more to warm up.
pub(super) const ROUNDS: usize = 5;

/// Duration of a round of load.
pub(super) const ROUND: Duration = Duration::from_secs(2);

/// Number of measured starts.
const STARTS: usize = 11;

/// Stored resources, unless their number is measured.
const FEW: u64 = 1_000;

/// Stored resources if their number is measured.
const MANY: u64 = 1_000_000;

/// Releases stored to measure the memory of one.
const RELEASES: u64 = 50_000;

/// The rate at which latency is measured, per second.
const RATE: u32 = 5_000;

/// Duration of a soak.
const LASTING: Duration = Duration::from_mins(10);

pub(super) const PLANS: &str = "/v3/p1/cas/release-plans";
pub(super) const PIPELINES: &str = "/v3/p1/pipeline/pipelines";
const RELEASES_OF: &str = "/v2/meshes/m1/namespaces/default/releases";

pub(super) const PLAN: &str = r#"{"name":"plan-__N__","components":[{"seq":0,"name":"web","runtime_stack":{"name":"java"}}]}"#;
const PIPELINE: &str = r#"{"name":"shop-__N__","model_version":2,"config_mode":"ui","stages":[{"name":"build","tasks":[{"name":"compile"}]}]}"#;
const RELEASE: &str = r#"{"metadata":{"name":"reviews-__N__"},"spec":{"serviceName":"reviews-__N__","grayDeployments":[{"template":{"kind":"Deployment","spec":{"template":{"spec":{"containers":[{"name":"app","image":"shop/reviews:2"}]}}}}}]}}"#;
const ITEM: &str = r#"{"name":"release-__N__","action":"create","creator":"emulator"}"#;

/// Rounds in which servers take turns, the first round left out. Each server is driven by a load of its own.
pub(super) fn rounds<const N: usize>(driven: [(&Server, Load); N]) -> Vec<[Round; N]> {
    let round = || driven.map(|(server, load)| drive(server, load, ROUND));
    round();
    (0..ROUNDS).map(|_| round()).collect()
}

/// The medians of two servers' rates and of their ratios.
pub(super) fn rates<const N: usize>(
    rounds: &[[Round; N]],
    own: usize,
    beside: usize,
) -> (f64, f64, f64) {
    let rate = |n: usize| median(rounds.iter().map(|round| round[n].rate));
    let ratios = rounds
        .iter()
        .map(|round| round[own].rate / round[beside].rate);
    (rate(own), rate(beside), median(ratios))
}

/// Prints a row of two rates and their ratio.
pub(super) fn ratio_row(
    what: &str,
    (rate, beside, ratio): (f64, f64, f64),
    name: &str,
    wanted: [&str; 2],
) {
    let beside = format!("{name} {beside:.0}");
    row(what, format!("{rate:.0}"), beside, ratio, wanted);
}

/// An emulator with some plans, each of which has been executed.
pub(super) fn with_plans(flags: &[&str]) -> Server {
    let server = Server::emulator(&[&["--step", "0s"], flags].concat());
    let mut connection = server.connect();
    for n in 0..FEW {
        let body = PLAN.replace("__N__", &format!("{n:06}"));
        let created = connection.done("POST", PLANS, &body).json();
        let id = created["id"].as_str().expect("an id");
        connection.done("POST", &format!("{PLANS}/{id}/execute"), "");
    }
    server
}

/// Lists, compared with (b) and (a).
pub(crate) fn lists() {
    let (emulator, baseline) = (with_plans(&[]), Server::baseline());
    for (limit, wanted) in [(20, ["≥ 1.00", "≥ 1.20"]), (1_000, ["≥ 4", "≥ 6"])] {
        // The documents know no larger limit than 100, and without one 1,000 come.
        let own = if limit > 100 {
            PLANS.to_owned()
        } else {
            format!("{PLANS}?limit={limit}")
        };
        let (typed, constant) = (
            format!("/items?limit={limit}"),
            format!("/constant?limit={limit}"),
        );
        let rounds = rounds([
            (&emulator, Load::get(&own)),
            (&baseline, Load::get(&typed)),
            (&baseline, Load::get(&constant)),
        ]);
        let what = format!("list of {limit}, polled, requests/s");
        ratio_row(&what, rates(&rounds, 0, 1), "(b)", wanted);
        ratio_row(&what, rates(&rounds, 0, 2), "(a)", ["", ""]);
    }
}

/// Creations and an action, compared with (b)'s creation.
pub(crate) fn creations() {
    for (what, path, body) in [
        ("create a release plan", PLANS, PLAN),
        ("create a pipeline", PIPELINES, PIPELINE),
        ("create an ASM release", RELEASES_OF, RELEASE),
        ("start a pipeline", "", ""),
    ] {
        let (emulator, baseline) = (Server::emulator(&["--step", "0s"]), Server::baseline());
        let pipeline = PIPELINE.replace("__N__", "0");
        let created = emulator.connect().done("POST", PIPELINES, &pipeline).json();
        let id = created["id"].as_str().expect("an id");
        let action = format!("{PIPELINES}/{id}/action?action_id=start");
        let load = Load::post(if path.is_empty() { &action } else { path }, body);
        let rounds = rounds([(&emulator, load), (&baseline, Load::post("/items", ITEM))]);
        let what = format!("{what}, requests/s");
        let wanted = ["≥ 0.75", "≥ 0.90"];
        ratio_row(&what, rates(&rounds, 0, 1), "(b)'s creation", wanted);
    }
}

/// Some plans as a file of fixtures.
fn fixtures() -> String {
    let plans: Vec<String> = (0..FEW)
        .map(|n| {
            format!(
                r#"{{"id":"{n:08x}-0000-4000-8000-000000000000","name":"plan-{n:06}","action":"create",
                "status":"SUCCESS","creator":"emulator","create_time":1893456000000,"execute_time":1893456000000}}"#
            )
        })
        .collect();
    let plans = plans.join(",");
    let state =
        format!(r#"{{"servicestage":{{"projects":[{{"id":"p1","release_plans":[{plans}]}}]}}}}"#);
    let path = std::env::temp_dir().join(format!("side-by-side-{}.json", std::process::id()));
    std::fs::write(&path, state).expect("the folder for temporary files can be written");
    path.to_str().expect("a readable path").to_owned()
}

/// Start-up time, compared with the minimal program.
pub(crate) fn starts() {
    let fixtures = fixtures();
    let (mut own, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let emulator = || Server::emulator(&["--fixtures", &fixtures]);
        let list = Request::get(&format!("{PLANS}?limit=20"));
        own.push(start_up(emulator, &list).as_secs_f64() * 1e3);
        let list = Request::get("/items?limit=20");
        beside.push(start_up(Server::baseline, &list).as_secs_f64() * 1e3);
    }
    let _ = std::fs::remove_file(fixtures);
    let ratios = own.iter().zip(&beside).map(|(own, beside)| own / beside);
    let ratio = median(ratios);
    let (own, beside) = (median(own), median(beside));
    row(
        "start to the first 200 with 1,000 resources in fixtures, ms",
        format!("{own:.1}"),
        format!("minimal axum {beside:.1}"),
        ratio,
        ["≤ 3", "≤ 2"],
    );
}

/// Resident memory, at rest and per stored resource.
pub(crate) fn memory() {
    let mib = |bytes: u64| format!("{:.1}", in_kib(bytes) / 1024.0);
    let (emulator, baseline) = (Server::emulator(&[]), Server::baseline());
    emulator.connect().done("GET", PLANS, "");
    baseline.connect().done("GET", "/items?limit=20", "");
    let (own, beside) = (emulator.memory(), baseline.memory());
    row(
        "resident memory when idle, MiB",
        mib(own),
        format!("minimal axum {}", mib(beside)),
        in_kib(own) / in_kib(beside),
        ["≤ 2.5", "≤ 2"],
    );

    // The history has a limit of its own, up to which it would count here.
    let frozen = ["--freeze", "2030-01-01T00:00:00Z", "--history-bytes", "0"];
    let emulator = Server::emulator(&frozen);
    let mut connection = emulator.connect();
    let mut create = |numbers: Range<u64>| {
        for n in numbers {
            let body = RELEASE.replace("__N__", &format!("{n:08}"));
            connection.done("POST", RELEASES_OF, &body);
        }
        // They come to be `Running`, and that is remembered.
        connection.done("POST", "/_emulator/v1/clock/advance", r#"{"ms":2000}"#);
    };
    // Whatever has a bound, the journal say, is full by then.
    create(0..RELEASES / 2);
    let before = emulator.memory();
    create(RELEASES / 2..RELEASES / 2 + RELEASES);
    let each = (emulator.memory() - before) / RELEASES;
    let (_, template) = RELEASE
        .split_once(r#""template":"#)
        .expect("it has a template");
    let template = template.len() - "}]}}".len();
    let beyond = u32::try_from(each).expect("little") - u32::try_from(template).expect("little");
    row(
        "memory of a small ASM release beyond its template, bytes",
        beyond,
        format!("its template {template}"),
        f64::from(beyond) / 600.0,
        ["≤ 1 (600 bytes)", ""],
    );
}

fn in_kib(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes >> 10).expect("less than 4 TiB"))
}

/// Size of the program.
pub(crate) fn size() {
    let binary = std::fs::metadata(env!("CARGO_BIN_EXE_release-emulator"));
    let mb = in_kib(binary.expect("it was built").len()) * 1024.0 / 1e6;
    row(
        "binary, stripped, MB",
        format!("{mb:.2}"),
        "15",
        mb / 15.0,
        ["≤ 1", "≤ 0.8"],
    );
}

/// The cost of a page of a long list, compared with a page of a short one.
pub(crate) fn growth() {
    // A kept page costs nothing, wherever it is.
    let anew = ["--answer-cache-bytes", "0"];
    let (small, large) = (with_plans(&anew), with_plans(&anew));
    let count = |server: &Server| {
        let list = server
            .connect()
            .done("GET", &format!("{PLANS}?limit=1"), "")
            .json();
        list["count"].as_u64().expect("a count")
    };
    while count(&large) < MANY {
        drive(&large, Load::post(PLANS, PLAN), ROUND);
    }
    for (what, hundredths) in [("first page", 0), ("page from the middle", 50)] {
        let page = |server: &Server| {
            let offset = count(server) * hundredths / 100;
            format!("{PLANS}?limit=20&offset={offset}")
        };
        let (of_many, of_few) = (page(&large), page(&small));
        let rounds = rounds([(&large, Load::get(&of_many)), (&small, Load::get(&of_few))]);
        let cpu = |n: usize| median(rounds.iter().map(|round| round[n].cpu_us));
        let ratio = median(rounds.iter().map(|round| round[0].cpu_us / round[1].cpu_us));
        row(
            &format!("{what} of 20, {} stored, CPU us a request", count(&large)),
            format!("{:.1}", cpu(0)),
            format!("{} stored {:.1}", count(&small), cpu(1)),
            ratio,
            ["≤ 1.5", "≤ 1.2"],
        );
    }
}

/// Latency at a rate below saturation, compared with (b).
pub(crate) fn latency() {
    let (emulator, baseline) = (with_plans(&[]), Server::baseline());
    pin_myself();
    let own = Request::get(&format!("{PLANS}?limit=20"));
    let typed = Request::get("/items?limit=20");
    let round = || {
        [(&emulator, &own), (&baseline, &typed)].map(|(server, request)| {
            let took = at_rate(server.address(), request, RATE, ROUND);
            let mut took: Vec<f64> = took.iter().map(|took| took.as_secs_f64() * 1e6).collect();
            took.sort_by(f64::total_cmp);
            [50, 99].map(|percent| took[took.len() * percent / 100])
        })
    };
    round();
    let rounds: Vec<_> = (0..ROUNDS).map(|_| round()).collect();
    for (n, what, wanted) in [(0, "p50", ["≤ 1.1", ""]), (1, "p99", ["≤ 1.3", ""])] {
        let of = |server: usize| median(rounds.iter().map(|round| round[server][n]));
        row(
            &format!("{what} at 5,000 requests/s, us"),
            format!("{:.0}", of(0)),
            format!("(b) {:.0}", of(1)),
            median(rounds.iter().map(|round| round[0][n] / round[1][n])),
            wanted,
        );
    }
}

/// Moves this process to the clients' core: from here on it is the client.
pub(super) fn pin_myself() {
    let mut taskset = Command::new("taskset");
    taskset.args(["-cp", CLIENTS, &std::process::id().to_string()]);
    if !taskset.output().is_ok_and(|output| output.status.success()) {
        give_up("taskset cannot choose a core");
    }
}

/// A list with the journal, compared with the same list without it.
pub(crate) fn journal() {
    let (with, without) = (with_plans(&[]), with_plans(&["--journal-bytes", "0"]));
    let list = format!("{PLANS}?limit=20");
    let rounds = rounds([(&with, Load::get(&list)), (&without, Load::get(&list))]);
    let (rate, beside, ratio) = rates(&rounds, 0, 1);
    row(
        "list of 20 with the journal, requests/s",
        format!("{rate:.0}"),
        format!("without {beside:.0}"),
        ratio,
        ["≥ 0.75", ""],
    );
}

/// Resident memory during a long run of creating and deleting.
pub(crate) fn soak() {
    let seconds = std::env::var("SOAK_SECONDS").ok();
    let seconds = seconds.map(|text| text.parse().expect("SOAK_SECONDS is a number"));
    let lasting = seconds.map_or(LASTING, Duration::from_secs);
    let soaked = soaking::soak(lasting);
    let (minutes, requests) = (&soaked.minutes[1..], soaked.requests);
    let n_minutes = soaked.minutes.len();
    let memories = minutes.iter().map(|minute| in_kib(minute.memory) / 1024.0);
    let memories: Vec<f64> = memories.collect();
    soak_row(
        &format!(
            "resident memory over {n_minutes} minutes, {requests} requests and hostile clients, MiB"
        ),
        &memories,
        ["0.8 to 1.2", ""],
    );
    let latencies = minutes.iter().map(|minute| minute.p99.as_secs_f64() * 1e3);
    let latencies: Vec<f64> = latencies.collect();
    soak_row(
        "p99 of a list beside them, by the minute, ms",
        &latencies,
        ["≤ 2", ""],
    );
    assert!(soaked.dropped > 0, "the journal was full");
}

/// The figures of the minutes after the first, compared with the first of these.
fn soak_row(quantity: &str, figures: &[f64], wanted: [&'static str; 2]) {
    let first = figures[0];
    let most = figures.iter().copied().fold(f64::MIN, f64::max);
    let least = figures.iter().copied().fold(f64::MAX, f64::min);
    let widest = if most / first > first / least {
        most / first
    } else {
        least / first
    };
    row(
        quantity,
        format!("{least:.1} to {most:.1}"),
        format!("in the second minute {first:.1}"),
        widest,
        wanted,
    );
}
