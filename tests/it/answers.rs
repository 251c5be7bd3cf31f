//! Kept answers: a poll that is answered without the handler has the same answer as one that is not.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use release_emulator::internals::Settings;
use release_emulator::internals::sim::memory::{Memory, MemoryPart};
use release_emulator::internals::sim::summary::ResourcePage;
use release_emulator::{Auth, Progress, ZadigGeneration};
use serde_json::{Value, json};
use tokio::runtime::Builder;

use crate::common::{App, CREDENTIALS, Reply, cases, golden};

const PIPELINES: &str = "/v3/p1/pipeline/pipelines";
const PLANS: &str = "/v3/p1/cas/release-plans";
const RELEASES: &str = "/v2/meshes/m1/namespaces/default/releases";
const VERSIONS: &str = "/openapi/delivery/releases";

/// Two emulators with the same history, one of which keeps answers.
struct Twins {
    keeping: App,
    plain: App,
}

impl Twins {
    fn build(choose: impl Fn(&mut Settings), fixtures: &Value) -> Self {
        Self {
            keeping: App::build(&choose, fixtures),
            plain: App::build(
                |settings| {
                    choose(settings);
                    settings.answer_cache_bytes = 0;
                },
                fixtures,
            ),
        }
    }

    /// Sends a request to both, whose answers are the same to the byte, with all headers.
    async fn send(&self, method: &str, path: &str, token: &str, body: &str) -> Reply {
        let bearer = format!("Bearer {token}");
        let headers = [("x-auth-token", token), ("authorization", &*bearer)];
        let kept = self
            .keeping
            .send(method, path, &headers, body.to_owned())
            .await;
        let plain = self
            .plain
            .send(method, path, &headers, body.to_owned())
            .await;
        assert_eq!(kept.text(), plain.text(), "{method} {path}");
        assert_eq!(kept.status, plain.status, "{method} {path}");
        assert_eq!(kept.headers, plain.headers, "{method} {path}");
        kept
    }

    async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, "t", "").await
    }

    async fn advance(&self, ms: i64) -> Value {
        let body = json!({ "ms": ms }).to_string();
        let path = "/_emulator/v1/clock/advance";
        self.send("POST", path, "t", &body).await.assert_status(200)
    }

    fn kept_bytes(&self) -> usize {
        assert_eq!(self.plain.world.bytes(MemoryPart::Answers), Some(0));
        self.keeping
            .world
            .bytes(MemoryPart::Answers)
            .expect("a part of the world")
    }
}

/// An act: its kind, the resource that it means, and a number.
type Act = (u8, u8, u16);

/// Does an act with both, and returns the id of what was created.
async fn act(twins: &Twins, ids: &mut [Vec<String>; 4], (kind, which, number): Act) {
    let id = |ids: &Vec<String>| match ids.len() {
        0 => "unknown".to_owned(),
        n => ids[usize::from(which) % n].clone(),
    };
    let created = |reply: &Reply| {
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        body["id"].as_str().map(str::to_owned)
    };
    match kind {
        0 => {
            let gate = u8::from(which % 2 == 0);
            let body = json!({"name": format!("shop-{number}x"), "model_version": 2, "config_mode": "ui", "stages": [
                {"name": "build", "tasks": [{"name": "compile"}]},
                {"name": "deploy", "approval_type": gate, "tasks": [{"name": "roll-out"}]}]});
            let reply = twins.send("POST", PIPELINES, "t", &body.to_string()).await;
            ids[0].extend(created(&reply));
        }
        1 => {
            let action = ["start", "stop", "continue", "retry", "rollback"];
            let action = action[usize::from(number) % action.len()];
            let path = format!("{PIPELINES}/{}/action?action_id={action}", id(&ids[0]));
            twins.send("POST", &path, "t", "").await;
        }
        2 => {
            let path = format!("{PIPELINES}/{}/action?action_id=approval", id(&ids[0]));
            let body = r#"{"task_name":"deploy","approval_type":"agree"}"#;
            twins.send("POST", &path, "t", body).await;
        }
        3 => {
            let body = json!({"name": format!("plan-{number}x"), "components": [
                {"seq": 0, "name": "web", "runtime_stack": {"name": "java"}},
                {"seq": 1, "name": "db", "runtime_stack": {"name": "java"}}]});
            let reply = twins.send("POST", PLANS, "t", &body.to_string()).await;
            ids[1].extend(created(&reply));
        }
        4 => {
            let command = ["execute", "execute", "rollback", "abort"];
            let command = command[usize::from(number) % command.len()];
            let path = format!("{PLANS}/{}/{command}", id(&ids[1]));
            twins.send("POST", &path, "t", "").await;
        }
        5 => {
            let body = json!({"metadata": {"name": format!("task-{number}")}, "spec": {"serviceName": format!("s-{number}"),
                "version": "v2", "grayDeployments": [{"template": {"kind": "Deployment"}}]}});
            let reply = twins.send("POST", RELEASES, "t", &body.to_string()).await;
            let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
            ids[2].extend(body["metadata"]["uid"].as_str().map(str::to_owned));
        }
        6 => {
            let path = format!("{RELEASES}/{}?action=cancel", id(&ids[2]));
            twins.send("DELETE", &path, "t", "").await;
        }
        7 => {
            let image = json!({"container_name": "web", "image_name": "web", "image_tag": "1.0"});
            let body = json!({"project_key": "shop", "version_name": format!("v{number}"), "env_name": "prod",
                "image_registry_id": "r1", "yaml_datas": [{"service_name": "web", "image_datas": [image]}]});
            let path = format!("{VERSIONS}/k8s");
            twins.send("POST", &path, "t", &body.to_string()).await;
            let listed = twins
                .get(&format!("{VERSIONS}?projectKey=shop"))
                .await
                .json();
            let first = listed["releases"][0]["id"]
                .as_str()
                .or(listed[0]["id"].as_str());
            ids[3].extend(first.map(str::to_owned));
        }
        8 | 9 => {
            twins.advance(i64::from(number % 3_000)).await;
        }
        _ => poll(twins, ids, which, number).await,
    }
}

/// Asks the same several times, with the time going on in between, and another caller too.
async fn poll(twins: &Twins, ids: &[Vec<String>; 4], which: u8, number: u16) {
    let id = |ids: &Vec<String>| match ids.len() {
        0 => "unknown".to_owned(),
        n => ids[usize::from(number) % n].clone(),
    };
    let paths = [
        PIPELINES.to_owned(),
        format!("{PIPELINES}?limit=2&offset=1"),
        format!("{PIPELINES}/{}", id(&ids[0])),
        format!("{PIPELINES}/{}/records", id(&ids[0])),
        PLANS.to_owned(),
        format!("{PLANS}/{}", id(&ids[1])),
        format!("{PLANS}/{}/deploy-info", id(&ids[1])),
        "/v2/meshes/m1/releases".to_owned(),
        format!("{RELEASES}/{}", id(&ids[2])),
        format!("{VERSIONS}?projectKey=shop"),
        format!("{VERSIONS}/{}?projectKey=shop", id(&ids[3])),
    ];
    let path = &paths[usize::from(which) % paths.len()];
    for ms in [0, 0, i64::from(number % 400), 0] {
        twins.get(path).await;
        if ms > 0 {
            twins.advance(ms).await;
        }
    }
    twins.send("GET", path, "of-ann", "").await;
    twins.send("HEAD", path, "t", "").await;
}

/// A user who may list, and nothing else.
fn ann() -> Value {
    json!({"identities": {"users": [{"name": "ann", "actions": ["servicestage:*:list"]}],
        "tokens": [{"token": "of-ann", "user": "ann"}]}})
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn kept_answers_are_those_of_an_emulator_that_keeps_none(
        acts in vec((0..16_u8, any::<u8>(), any::<u16>()), 1..40),
    ) {
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let twins = Twins::build(|_| {}, &ann());
            let mut ids = Default::default();
            for one in acts {
                act(&twins, &mut ids, one).await;
            }
        });
    }
}

/// The requests that show the resources of an emulator, and lists that name none.
fn reads(app: &App) -> Vec<String> {
    app.world.read(|database, now| {
        let mut page = ResourcePage {
            limit: 1_000,
            ..Default::default()
        };
        database.list(&mut page, now);
        let resources = page.resources.iter();
        let controls = resources.flat_map(|one| database.controls(one.family, &one.id, now));
        controls
            .flat_map(|controls| controls.reads)
            .map(|read| read.path)
            .collect()
    })
}

/// Everything else that Zadig shows: a release plan with a job, and a project with environments, registries, services, and
/// two workflows.
fn shop() -> Value {
    let environment = |name: &str, production: bool| json!({"name": name, "production": production, "services": [{"name": "web"}]});
    let release_plan = json!({"id": "64f1a7cd1b7bd46ec353b50c", "jobs": [{"id": "j1", "name": "check", "type": "text"}]});
    json!({"zadig": {"release_plans": [release_plan], "projects": [{
        "key": "shop",
        "environments": [environment("dev", false), environment("prod", true)],
        "registries": [{"id": "62ce6231e0281143de477e60", "address": "https://registry.example", "namespace": "shop"}],
        "service_templates": [{"service_name": "web"}, {"service_name": "web", "production": true}],
        "workflows": [
            {"workflow_key": "hotfix", "stages": [
                {"name": "fix", "jobs": [{"name": "fix", "type": "freestyle"}, {"name": "check", "type": "freestyle"}]}]},
            {"workflow_key": "careful", "stages": [{"name": "deploy", "manual_exec": {"enabled": true},
                "jobs": [{"name": "deploy", "type": "freestyle"}]}]}]}]}})
}

/// Reads that belong to no resource, or to one that has others too.
const OTHERS: [&str; 22] = [
    "/v1/meshes",
    "/api/aslan/delivery/releases?projectName=shop",
    "/openapi/environments?projectKey=shop",
    "/openapi/environments/production?projectKey=shop",
    "/openapi/environments/dev?projectKey=shop",
    "/openapi/environments/production/prod?projectKey=shop",
    "/openapi/projects/project",
    "/openapi/projects/project/detail?projectKey=shop",
    "/openapi/service/yaml/services?projectKey=shop",
    "/openapi/service/yaml/web?projectKey=shop",
    "/openapi/service/yaml/production/services?projectKey=shop",
    "/openapi/service/yaml/production/web?projectKey=shop",
    "/openapi/system/registry",
    "/openapi/system/registry/62ce6231e0281143de477e60",
    "/openapi/workflows?projectKey=shop",
    "/openapi/workflows/custom/hotfix/detail?projectKey=shop",
    "/openapi/workflows/custom/hotfix/tasks?projectKey=shop",
    "/openapi/workflows/custom/task?workflowKey=hotfix&taskId=1",
    "/openapi/workflows/custom/careful/task/1/manual-exec?projectKey=shop",
    "/openapi/release_plan/v1?pageNum=1&pageSize=20",
    "/api/aslan/release_plan/v1/64f1a7cd1b7bd46ec353b50c",
    "/api/aslan/release_plan/v1/64f1a7cd1b7bd46ec353b50c/job/j1",
];

/// Every GET whose answers are kept is asked at two instants between which nothing is due.
#[tokio::test]
async fn no_answer_depends_on_the_instant_itself() {
    let mut asked = BTreeSet::new();
    for (generation, fixtures) in [
        (ZadigGeneration::V3, golden("../documented.json")),
        (ZadigGeneration::V4, golden("../documented_v4.json")),
    ] {
        let twins = Twins::build(|settings| settings.zadig = Some(generation), &fixtures);
        twins
            .send("PATCH", "/_emulator/v1/state", "t", &shop().to_string())
            .await
            .assert_status(204);
        let mut ids: [Vec<String>; 4] = Default::default();
        for (kind, number) in [(0, 1), (0, 2), (1, 0), (3, 1), (4, 0), (5, 1), (7, 1)] {
            act(&twins, &mut ids, (kind, 0, number)).await;
        }
        assert!(ids[..3].iter().all(|ids| !ids.is_empty()), "{ids:?}");
        for (workflow, jobs) in [
            ("hotfix", vec!["fix", "check"]),
            ("careful", vec!["deploy"]),
        ] {
            let inputs: Value = jobs
                .iter()
                .map(|job| json!({"job_name": job, "job_type": "freestyle"}))
                .collect();
            let body = json!({"workflow_key": workflow, "project_key": "shop", "inputs": inputs});
            let path = "/openapi/workflows/custom/task";
            let created = twins.send("POST", path, "t", &body.to_string()).await;
            created.assert_status(200);
        }
        let plan = r#"{"name":"spring","manager":"demo"}"#;
        twins
            .send("POST", "/openapi/release_plan/v1", "t", plan)
            .await
            .assert_status(200);
        twins.advance(150).await;
        let mut paths = reads(&twins.keeping);
        paths.extend(OTHERS.map(str::to_owned));
        paths.push(format!("{PIPELINES}/{}/hooks", ids[0][0]));
        let mut earlier = Vec::new();
        for path in &paths {
            twins.get(path).await;
            earlier.push(twins.get(path).await);
        }
        assert!(twins.kept_bytes() > 0);
        // The clock of a test moves by a command, which ends what is kept; a running one does not.
        assert_eq!(twins.advance(800).await["transitions"], json!([]));
        for (path, earlier) in paths.iter().zip(earlier) {
            let later = twins.get(path).await;
            assert_eq!(
                (later.status, later.text()),
                (earlier.status, earlier.text()),
                "{path}"
            );
        }
        let journal = twins
            .keeping
            .get("/_emulator/v1/requests?method=GET&status=200&limit=1000");
        let journal = journal.await.json();
        for entry in journal["requests"].as_array().unwrap() {
            asked.extend(entry["operation"].as_str().map(str::to_owned));
        }
    }
    let operations = App::new().get("/_emulator/v1/operations").await.json();
    let operations = operations["operations"].as_array().expect("a list").iter();
    let missing: Vec<_> = operations
        .filter(|one| one["method"] == "GET" && one["family"] != "iam")
        .filter_map(|one| one["id"].as_str())
        .filter(|id| !asked.contains(*id))
        .collect();
    assert!(missing.is_empty(), "never asked: {missing:?}");
}

#[tokio::test]
async fn polls_are_recorded_counted_and_checked_one_by_one() {
    let app = App::build(|settings| settings.auth = Auth::Strict, &ann());
    let ann = [("x-auth-token", "of-ann")];
    let list = || app.send("GET", PIPELINES, &ann, "");
    let mut request_ids = BTreeSet::new();
    for _ in 0..4 {
        let reply = list().await;
        reply.assert_status(200);
        request_ids.insert(reply.header("x-request-id").to_owned());
    }
    assert_eq!(request_ids.len(), 4);
    assert!(app.world.bytes(MemoryPart::Answers) > Some(0));
    let journal = app.get("/_emulator/v1/requests").await.json();
    assert_eq!(journal["requests"].as_array().unwrap().len(), 4);
    let metrics = app.get("/_emulator/v1/metrics").await.text();
    let counted = metrics
        .lines()
        .find(|line| line.contains("ListPipelines") && line.contains("_requests_total"));
    assert!(
        counted.is_some_and(|line| line.ends_with(" 4")),
        "{counted:?}"
    );

    // A fault hits it, a stranger is refused, and so is a token that is revoked.
    let fault = json!({"match": {"operation": "ListPipelines"}, "do": {"status": 503}, "times": 1});
    app.post("/_emulator/v1/faults", fault)
        .await
        .assert_status(201);
    assert_eq!(list().await.status, 503);
    list().await.assert_status(200);
    assert_eq!(
        app.send("GET", PIPELINES, &[("x-auth-token", "x")], "")
            .await
            .status,
        401
    );
    let revoked = json!({"identities": {"tokens": [{"token": "of-ann", "user": "ann", "expires_at": "2020-01-01T00:00:00Z"}]}});
    app.patch("/_emulator/v1/state", revoked)
        .await
        .assert_status(204);
    assert_eq!(list().await.status, 401);
}

#[tokio::test]
async fn what_is_kept_is_limited_and_given_back() {
    let memory = Memory::default();
    let app = App::with(|settings| {
        settings.memory = memory.clone();
        settings.answer_cache_bytes = 3_000;
    });
    let ask = async |path: &str| {
        for _ in 0..2 {
            app.get(path).await.assert_status(200);
        }
        app.world.bytes(MemoryPart::Answers).unwrap()
    };
    let one = ask(PIPELINES).await;
    assert!(one > 0);
    for n in 0..20 {
        let kept = ask(&format!("{PIPELINES}?offset={n}")).await;
        assert!((one..=3_000).contains(&kept), "{kept}");
    }
    assert_eq!(
        memory.used(MemoryPart::Answers),
        app.world.bytes(MemoryPart::Answers).unwrap()
    );
    drop(app);
    assert_eq!(memory.used(MemoryPart::Answers), 0);

    for choose in [
        (|settings| settings.answer_cache_bytes = 0) as fn(&mut Settings),
        |settings| settings.progress = Progress::Reads,
    ] {
        let app = App::with(choose);
        for _ in 0..3 {
            app.send("GET", PIPELINES, CREDENTIALS, "")
                .await
                .assert_status(200);
        }
        assert_eq!(app.world.bytes(MemoryPart::Answers), Some(0));
    }
}

#[tokio::test]
async fn each_answer_to_a_misspelt_query_has_its_hint() {
    let twins = Twins::build(|_| {}, &json!({}));
    for _ in 0..4 {
        let reply = twins.get(&format!("{PLANS}?limt=5")).await;
        let hint = reply.header("x-emulator-hint");
        assert!(hint.contains("limt"), "{hint}");
    }
    assert!(twins.kept_bytes() > 0);
}
