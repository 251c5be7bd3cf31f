//! A long mixed load that deletes the resources it creates: memory must not grow.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use release_emulator::internals::sim::clock::Stopwatch;

use super::client::Connection;
use super::give_up;
use super::server::Server;

/// Number of concurrent clients.
const CLIENTS: usize = 4;

/// Interval between samples of memory.
const LOOK: Duration = Duration::from_secs(10);

/// The result of a soak, in bytes.
pub(crate) struct Soaked {
    /// Number of requests.
    pub(crate) requests: u64,
    /// Resident memory after the first minute.
    pub(crate) first: u64,
    /// The maximum and the minimum from then on.
    pub(crate) most: u64,
    pub(crate) least: u64,
    /// Requests the journal had dropped by the end.
    pub(crate) dropped: u64,
}

/// Soaks an emulator for that long, which must be more than a minute.
pub(crate) fn soak(lasting: Duration) -> Soaked {
    let minute = Duration::from_mins(1);
    if lasting <= minute {
        give_up("a soak takes more than a minute");
    }
    let server = Server::emulator(&["--step", "0s"]);
    let (is_over, requests) = (AtomicBool::new(false), AtomicU64::new(0));
    let begin = Stopwatch::start();
    let (mut first, mut most, mut least) = (0, 0, u64::MAX);
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
        while begin.elapsed() < lasting {
            thread::sleep(LOOK);
            let memory = server.memory();
            if begin.elapsed() < minute {
                first = memory;
                continue;
            }
            (most, least) = (most.max(memory), least.min(memory));
        }
        is_over.store(true, Ordering::Relaxed);
    });
    let journal = server
        .connect()
        .done("GET", "/_emulator/v1/requests?limit=1", "")
        .json();
    Soaked {
        requests: requests.into_inner(),
        first,
        most,
        least,
        dropped: journal["dropped"].as_u64().expect("a count"),
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
