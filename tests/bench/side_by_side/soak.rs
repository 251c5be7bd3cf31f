//! A long mixed load that deletes the resources it creates, with hostile clients beside it: neither memory nor latency
//! may grow.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use release_emulator::internals::sim::clock::Stopwatch;

use super::client::{Connection, Request};
use super::give_up;
use super::hostile;
use super::server::Server;

/// Number of concurrent clients.
const CLIENTS: usize = 4;

/// Interval between samples of memory and of latency.
const LOOK: Duration = Duration::from_millis(20);

/// A part of a soak of which the figures are compared.
const PART: Duration = Duration::from_mins(1);

/// The result of a soak.
pub(crate) struct Soaked {
    /// Number of requests, without those of hostile clients.
    pub(crate) requests: u64,
    /// One after the other, the first of which warms up.
    pub(crate) minutes: Vec<Minute>,
    /// Requests the journal had dropped by the end.
    pub(crate) dropped: u64,
}

/// The figures of a minute.
pub(crate) struct Minute {
    /// The most resident memory in bytes.
    pub(crate) memory: u64,
    /// The latency of a list that 99 of 100 requests undercut.
    pub(crate) p99: Duration,
}

/// Soaks an emulator for that long, which must be at least three minutes.
pub(crate) fn soak(lasting: Duration) -> Soaked {
    if lasting < 3 * PART {
        give_up("a soak takes at least three minutes");
    }
    let server = Server::emulator(&["--step", "0s"]);
    let (is_over, requests) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut minutes = Vec::new();
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (server, is_over, requests) = (&server, &is_over, &requests);
            scope.spawn(move || {
                let mut connection = server.connect();
                let pipeline = pipeline(&mut connection, client);
                let mut n = 0;
                while !is_over.load(Ordering::Relaxed) {
                    let asked = a_round(&mut connection, client, n, &pipeline);
                    requests.fetch_add(asked, Ordering::Relaxed);
                    n += 1;
                }
            });
        }
        for client in hostile::CLIENTS {
            let (address, is_over) = (server.address(), &is_over);
            scope.spawn(move || client(address, is_over));
        }
        let begin = Stopwatch::start();
        while begin.elapsed() < lasting {
            minutes.push(look(&server));
        }
        is_over.store(true, Ordering::Relaxed);
    });
    let journal = server
        .connect()
        .done("GET", "/_emulator/v1/requests?limit=1", "")
        .json();
    Soaked {
        requests: requests.into_inner(),
        minutes,
        dropped: journal["dropped"].as_u64().expect("a count"),
    }
}

/// Measures for a minute.
fn look(server: &Server) -> Minute {
    let list = Request::get("/v3/soak/pipeline/pipelines?limit=20");
    let mut connection = server.connect();
    let (mut memory, mut took) = (0, Vec::new());
    let begin = Stopwatch::start();
    while begin.elapsed() < PART {
        let asked = Stopwatch::start();
        connection.ask(&list);
        took.push(asked.elapsed());
        memory = memory.max(server.memory());
        thread::sleep(LOOK);
    }
    took.sort_unstable();
    Minute {
        memory,
        p99: took[took.len() * 99 / 100],
    }
}

fn pipeline(connection: &mut Connection, client: usize) -> String {
    let body = format!(
        r#"{{"name":"soak-{client}","model_version":2,"config_mode":"ui",
            "stages":[{{"name":"build","tasks":[{{"name":"compile"}}]}}]}}"#
    );
    let created = connection
        .done("POST", "/v3/soak/pipeline/pipelines", &body)
        .json();
    text(&created["id"])
}

/// Creates, reads, changes and deletes a resource of each family. Returns the number of requests.
fn a_round(connection: &mut Connection, client: usize, n: u64, pipeline: &str) -> u64 {
    let mut asked = 0;
    let mut ask = |method: &str, path: &str, body: &str| {
        asked += 1;
        connection.done(method, path, body)
    };
    let name = format!("soak-{client}-{n}");

    let plans = "/v3/soak/cas/release-plans";
    let plan = format!(
        r#"{{"name":"{name}","components":[{{"seq":0,"name":"web","runtime_stack":{{"name":"java"}}}}]}}"#
    );
    let plan = format!("{plans}/{}", text(&ask("POST", plans, &plan).json()["id"]));
    ask("POST", &format!("{plan}/execute"), "");
    ask("GET", &plan, "");
    ask("GET", &format!("{plans}?limit=20"), "");
    ask("DELETE", &plan, "");

    let mesh = format!("/v2/meshes/soak-{client}");
    let releases = format!("{mesh}/namespaces/default/releases");
    let release = format!(
        r#"{{"metadata":{{"name":"{name}"}},"spec":{{"serviceName":"reviews","grayDeployments":[{{"template":
            {{"kind":"Deployment","spec":{{"template":{{"spec":{{"containers":
            [{{"name":"app","image":"shop/reviews:{n}"}}]}}}}}}}}}}]}}}}"#
    );
    ask("POST", &releases, &release);
    ask("GET", &format!("{releases}/{name}"), "");
    ask("GET", &format!("{mesh}/releases"), "");
    ask("DELETE", &format!("{releases}/{name}?action=cancel"), "");

    let action = format!("/v3/soak/pipeline/pipelines/{pipeline}/action?action_id=start");
    ask("POST", &action, "");
    ask("GET", "/v3/soak/pipeline/pipelines?limit=20", "");

    let project = format!("soak-{client}");
    let versions = "/openapi/delivery/releases";
    let version = format!(
        r#"{{"project_key":"{project}","version_name":"{name}","env_name":"prod","image_registry_id":"r1",
            "yaml_datas":[{{"service_name":"web","image_datas":[{{"container_name":"web","image_name":"web",
            "image_tag":"1.0"}}]}}]}}"#
    );
    ask("POST", &format!("{versions}/k8s"), &version);
    let list = format!("{versions}?projectKey={project}&pageNum=1&pageSize=20");
    let id = text(&ask("GET", &list, "").json()["list"][0]["id"]);
    ask("GET", &format!("{versions}/{id}?projectKey={project}"), "");
    ask(
        "DELETE",
        &format!("{versions}/{id}?projectKey={project}"),
        "",
    );
    asked
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().expect("a text").to_owned()
}
