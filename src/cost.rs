//! The cost law: the number of resources that an operation accesses depends neither on how many are stored nor on the
//! position of a page.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

use crate::app::app;
use crate::registry::State;
use crate::registry::World;
use crate::sim::access_count;
use crate::world::settings::Settings;

const FEW: usize = 1_000;
const MANY: usize = 100_000;

/// The length of a page, and of a list that has no pages.
const PAGE: usize = 20;

/// An emulator in process that has stored many resources.
struct Full {
    app: Router,
    runtime: Runtime,
    stored: usize,
}

impl Full {
    fn new(stored: usize, state: fn(usize) -> String) -> Self {
        let state = State::from_json(&state(stored)).expect("a state");
        let settings = Settings {
            freeze: Some(1_893_456_000_000),
            step: 0,
            ..Settings::default()
        };
        let world = World::new(settings, state).expect("a consistent state");
        world.open();
        Self {
            app: app(&world),
            runtime: Builder::new_current_thread().build().expect("a runtime"),
            stored,
        }
    }

    /// Sends a request and returns the number of accesses and the answer. In the path, `{half}` stands for half the
    /// number of stored resources.
    fn send(&self, method: &str, path: &str, body: &str) -> (usize, Value) {
        let path = path.replace("{half}", &(self.stored / 2).to_string());
        let request = Request::builder()
            .method(method)
            .uri(&path)
            .header("x-auth-token", "any")
            .header("authorization", "Bearer any")
            .body(Body::from(body.to_owned()))
            .expect("a request");
        let before = access_count::so_far();
        let (status, body) = self.runtime.block_on(async {
            let response = self.app.clone().oneshot(request).await.expect("infallible");
            let status = response.status();
            (status, to_bytes(response.into_body(), usize::MAX).await)
        });
        let body = body.expect("a body");
        let text = String::from_utf8_lossy(&body);
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        let answer = serde_json::from_slice(&body).unwrap_or_default();
        (access_count::so_far() - before, answer)
    }
}

/// Asserts that the same requests cost the same, with few and with many stored resources.
fn assert_law(state: fn(usize) -> String, requests: &[(&str, &str, &str)]) {
    let (few, many) = (Full::new(FEW, state), Full::new(MANY, state));
    for (method, path, body) in requests {
        let (accesses, small) = few.send(method, path, body);
        let (accesses_of_many, large) = many.send(method, path, body);
        assert_eq!(accesses, accesses_of_many, "{method} {path}");
        assert!(accesses > 0, "{method} {path} accesses nothing");
        assert!(accesses <= 3 * PAGE, "{method} {path}: {accesses}");
        assert_eq!(small.is_null(), large.is_null(), "{method} {path}");
    }
}

/// JSON items, separated by commas.
fn items(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(",")
}

fn uuid(n: usize) -> String {
    format!("{n:08x}-0000-4000-8000-000000000000")
}

fn plans(stored: usize) -> String {
    let plans = items(stored, |n| {
        format!(
            r#"{{"id":"{}","name":"plan-{n}","status":"CREATED","components":[{{"seq":0,"name":"web",
            "component_id":"c{n}","runtime_stack":{{"name":"java"}}}}]}}"#,
            uuid(n)
        )
    });
    format!(r#"{{"servicestage":{{"projects":[{{"id":"p1","release_plans":[{plans}]}}]}}}}"#)
}

#[test]
fn release_plans_cost_the_same_however_many_there_are() {
    let plan = r#"{"name":"spring","components":[{"seq":0,"name":"web","runtime_stack":{"name":"java"}}]}"#;
    let all = "/v3/p1/cas/release-plans";
    let one = format!("{all}/{}", uuid(7));
    let requests = [
        ("GET", &*format!("{all}?limit=20"), ""),
        ("GET", &*format!("{all}?limit=20&offset={{half}}"), ""),
        (
            "GET",
            &*format!("{all}?limit=20&offset={{half}}&order=asc"),
            "",
        ),
        ("POST", all, plan),
        ("GET", &one, ""),
        ("POST", &*format!("{one}/execute"), ""),
        ("GET", &*format!("{one}/deploy-info"), ""),
        ("POST", &*format!("{one}/rollback"), ""),
        (
            "GET",
            &*format!("/_emulator/v1/resources/plans/{}/timeline", uuid(7)),
            "",
        ),
        ("DELETE", &one, ""),
    ];
    assert_law(plans, &requests);
}

fn pipelines(stored: usize) -> String {
    let pipelines = items(stored, |n| {
        format!(
            r#"{{"id":"{}","name":"shop-{n}","pipeline_declaration":{{"sources":[],
            "stages":[{{"name":"build","tasks":[{{"name":"compile"}}]}}]}}}}"#,
            uuid(n)
        )
    });
    format!(r#"{{"servicestage":{{"projects":[{{"id":"p1","pipelines":[{pipelines}]}}]}}}}"#)
}

#[test]
fn pipelines_cost_the_same_however_many_there_are() {
    let pipeline = r#"{"name":"shop","model_version":2,"config_mode":"ui",
        "stages":[{"name":"build","tasks":[{"name":"compile"}]}]}"#;
    let edited = pipeline.replace("shop", "shop-seven");
    let all = "/v3/p1/pipeline/pipelines";
    let one = format!("{all}/{}", uuid(7));
    let requests = [
        ("GET", &*format!("{all}?limit=20"), ""),
        ("GET", &*format!("{all}?limit=20&offset={{half}}"), ""),
        ("POST", all, pipeline),
        ("GET", &one, ""),
        ("PUT", &one, &edited),
        ("POST", &*format!("{one}/action?action_id=start"), ""),
        ("GET", &*format!("{one}/records"), ""),
        (
            "GET",
            &*format!("/_emulator/v1/resources/pipelines/{}/timeline", uuid(7)),
            "",
        ),
    ];
    assert_law(pipelines, &requests);
}

fn releases(stored: usize) -> String {
    let release = |n: usize| {
        format!(
            r#"{{"metadata":{{"name":"rel-{n}","uid":"{}","namespace":"default"}},"spec":{{"serviceName":"svc-{n}",
            "grayDeployments":[{{"template":{{"kind":"Deployment"}}}}]}},"status":{{"phase":"Running"}}}}"#,
            uuid(n)
        )
    };
    // The releases of a mesh are listed without pages, so the length of the list must not differ.
    let page = items(PAGE, release);
    let rest = items(stored - PAGE, |n| release(PAGE + n));
    format!(
        r#"{{"asm":{{"meshes":[{{"id":"m1","name":"one","releases":[{page}]}},
        {{"id":"m2","name":"two","releases":[{rest}]}}]}}}}"#
    )
}

#[test]
fn asm_releases_cost_the_same_however_many_there_are() {
    let release = r#"{"metadata":{"name":"ratings-v2"},"spec":{"serviceName":"ratings","grayDeployments":[{"template":
        {"kind":"Deployment","spec":{"template":{"spec":{"containers":[{"name":"app","image":"a:2"}]}}}}}]}}"#;
    let all = "/v2/meshes/m2/namespaces/default/releases";
    let one = format!("{all}/rel-77");
    let by_uid = format!("{all}/{}", uuid(78));
    let requests = [
        ("GET", "/v2/meshes/m1/releases", ""),
        ("POST", all, release),
        ("GET", &one, ""),
        ("GET", &by_uid, ""),
        ("PUT", &one, ""),
        ("DELETE", &*format!("{one}?action=cancel"), ""),
        ("GET", "/v1/p1/meshes", ""),
        ("GET", "/v1/p1/meshes/m2", ""),
    ];
    assert_law(releases, &requests);
}

fn versions(stored: usize) -> String {
    let versions = items(stored, |n| {
        format!(r#"{{"id":"{n:024x}","version_name":"v-{n}","type":"K8SYaml","status":"success"}}"#)
    });
    format!(r#"{{"zadig":{{"projects":[{{"key":"shop","versions":[{versions}]}}]}}}}"#)
}

fn tasks(stored: usize) -> String {
    let tasks = items(stored, |n| {
        let task_id = n + 1;
        format!(r#"{{"task_id":{task_id},"status":"failed","create_time":{n}}}"#)
    });
    let stages = r#"[{"name":"build","jobs":[{"name":"lint","type":"freestyle"}]}]"#;
    format!(
        r#"{{"zadig":{{"projects":[{{"key":"shop","workflows":[{{"workflow_key":"w","stages":{stages},
        "tasks":[{tasks}]}}]}}]}}}}"#
    )
}

#[test]
fn zadig_tasks_cost_the_same_however_many_there_are() {
    let task = r#"{"workflow_key":"w","project_key":"shop","inputs":[{"job_name":"lint"}]}"#;
    let custom = "/openapi/workflows/custom";
    let list = format!("{custom}/w/tasks?projectKey=shop&pageSize=20");
    let requests = [
        ("GET", &*list, ""),
        ("GET", &*format!("{list}&pageNum=25"), ""),
        ("POST", &*format!("{custom}/task"), task),
        ("GET", &*format!("{custom}/task?workflowKey=w&taskId=7"), ""),
        ("POST", &*format!("{custom}/w/task/7"), ""),
        (
            "DELETE",
            &*format!("{custom}/task?workflowKey=w&taskId=8"),
            "",
        ),
        ("GET", "/_emulator/v1/resources/zadig/w:9/timeline", ""),
    ];
    assert_law(tasks, &requests);
}

#[test]
fn zadig_versions_cost_the_same_however_many_there_are() {
    let version = r#"{"project_key":"shop","version_name":"v","env_name":"prod","image_registry_id":"r1",
        "yaml_datas":[{"service_name":"web","image_datas":[{"container_name":"web","image_name":"web","image_tag":"1"}]}]}"#;
    let all = "/openapi/delivery/releases";
    let one = format!("{all}/{:024x}?projectKey=shop", 7);
    let requests = [
        (
            "GET",
            &*format!("{all}?projectKey=shop&pageNum=1&pageSize=20"),
            "",
        ),
        (
            "GET",
            &*format!("{all}?projectKey=shop&pageNum=25&pageSize=20"),
            "",
        ),
        (
            "GET",
            "/api/aslan/delivery/releases?projectName=shop&page=1",
            "",
        ),
        ("GET", "/api/aslan/delivery/releases?page=25", ""),
        ("POST", &*format!("{all}/k8s"), version),
        ("GET", &one, ""),
        ("DELETE", &one, ""),
    ];
    assert_law(versions, &requests);
}

fn zadig_plans(stored: usize) -> String {
    let plans = items(stored, |n| {
        format!(
            r#"{{"id":"{n:024x}","name":"plan-{n}","jobs":[{{"id":"j","name":"a","type":"text"}}]}}"#
        )
    });
    format!(r#"{{"zadig":{{"generation":"v4","release_plans":[{plans}]}}}}"#)
}

#[test]
fn zadig_plans_cost_the_same_however_many_there_are() {
    let plan = r#"{"name":"p","manager":"mia"}"#;
    let edit = r#"{"name":"p","manager":"mia","jobs":[{"name":"a","type":"text","spec":{"content":"x"}}]}"#;
    let all = "/openapi/release_plan/v1";
    let one = format!("{all}/{:024x}", 7);
    let internal = format!("/api/aslan/release_plan/v1/{:024x}", 7);
    let requests = [
        ("GET", &*format!("{all}?pageNum=1&pageSize=20"), ""),
        ("GET", &*format!("{all}?pageNum=25&pageSize=20"), ""),
        ("POST", all, plan),
        ("GET", &one, ""),
        ("PATCH", &one, edit),
        ("POST", &*format!("{internal}/status/finish_planning"), ""),
        ("POST", &*format!("{internal}/status/executing"), ""),
        ("DELETE", &internal, ""),
    ];
    assert_law(zadig_plans, &requests);
}
