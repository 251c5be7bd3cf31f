//! Load at full speed: `wrk`, with 64 connections from a core of its own.

use std::time::Duration;

use super::client::authorization;
use super::give_up;
use super::server::{CLIENTS, Server, on_core};

/// The Lua script for wrk, which reads its parameters from the environment.
const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/bench/side_by_side/load.lua"
);

/// The request that a round repeats.
#[derive(Clone, Copy)]
pub(crate) struct Load<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    /// The body, in which `__N__` stands for a unique number.
    pub(crate) body: Option<&'a str>,
}

impl<'a> Load<'a> {
    pub(crate) fn get(path: &'a str) -> Self {
        Self {
            method: "GET",
            path,
            body: None,
        }
    }

    pub(crate) fn post(path: &'a str, body: &'a str) -> Self {
        Self {
            method: "POST",
            path,
            body: Some(body),
        }
    }
}

/// The result of a round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    /// Requests per second.
    pub(crate) rate: f64,
    /// The server's CPU time per request, in microseconds.
    pub(crate) cpu_us: f64,
}

/// Loads a server for that long and asserts that every request succeeds.
pub(crate) fn drive(server: &Server, load: Load, lasting: Duration) -> Round {
    let mut wrk = on_core(CLIENTS, "wrk");
    wrk.args(["-t1", "-c64", "-H", authorization(load.path), "-s", SCRIPT]);
    wrk.arg("-d");
    wrk.arg(format!("{}s", lasting.as_secs()));
    wrk.arg(format!("http://{}{}", server.address(), load.path));
    wrk.env("LOAD_METHOD", load.method);
    if let Some(body) = load.body {
        wrk.env("LOAD_BODY", body);
    }
    let before = server.cpu();
    let output = wrk
        .output()
        .unwrap_or_else(|error| give_up(&format!("taskset: {error}")));
    let cpu = server.cpu().saturating_sub(before);
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() || text.contains("Non-2xx") || text.contains("Socket errors") {
        let why = String::from_utf8_lossy(&output.stderr);
        give_up(&format!(
            "{} {}: wrk said {text}{why}",
            load.method, load.path
        ));
    }
    let number = |line: &str| line.split_whitespace().next()?.parse::<f64>().ok();
    let requests = text
        .lines()
        .find(|line| line.contains(" requests in "))
        .and_then(number);
    let rate = text
        .lines()
        .find_map(|line| line.strip_prefix("Requests/sec:"))
        .and_then(number);
    let Some((rate, requests)) = rate.zip(requests) else {
        give_up(&format!("wrk said {text}"));
    };
    Round {
        rate,
        cpu_us: cpu.as_secs_f64() * 1e6 / requests,
    }
}
