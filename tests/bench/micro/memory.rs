//! The cost of requests that read and change the memory, and of its export.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use release_emulator::ZadigGeneration;
use release_emulator::internals::{Settings, State, World, app};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

use crate::suite::Suite;

const PLANS: &str = "/v3/p1/cas/release-plans";
const PIPELINES: &str = "/v3/p1/pipeline/pipelines";
const RELEASES: &str = "/v2/meshes/m1/namespaces/default/releases";
const VERSION_LIST: &str =
    "/openapi/delivery/releases?token=any&projectKey=demo&pageNum=1&pageSize=20";
const VERSIONS: &str = "/openapi/delivery/releases/k8s?token=any";

/// An emulator in process, with the runtime of its client.
struct Bench {
    world: World,
    app: Router,
    runtime: Runtime,
}

impl Bench {
    /// An emulator with some plans.
    fn with_plans(plans: usize) -> Self {
        let plan = |n: usize| {
            json!({"id": format!("{n:08x}-0000-4000-8000-000000000000"), "name": format!("plan-{n:06}"),
                "action": "create", "status": "SUCCESS", "creator": "emulator",
                "create_time": 1_893_456_000_000_i64, "execute_time": 1_893_456_000_000_i64})
        };
        let plans: Vec<_> = (0..plans).map(plan).collect();
        let state = json!({"servicestage": {"projects": [{"id": "p1", "release_plans": plans}]}});
        let state = State::from_json(&state.to_string()).expect("a state");
        let settings = Settings {
            step: 0,
            ..Settings::default()
        };
        Self::with_settings(settings, state)
    }

    fn with_settings(settings: Settings, state: State) -> Self {
        let world = World::new(settings, state).expect("a consistent state");
        Self {
            app: app(&world),
            world,
            runtime: Builder::new_current_thread().build().expect("a runtime"),
        }
    }

    fn request(method: &str, path: &str, body: String) -> Request<Body> {
        let request = Request::builder().method(method).uri(path);
        let request = request
            .header("x-auth-token", "any")
            .header("content-length", body.len());
        request.body(Body::from(body)).expect("a request")
    }

    /// The body of the response. Panics unless the request succeeds.
    fn answer(&self, request: Request<Body>) -> Vec<u8> {
        self.runtime.block_on(async {
            let response = self.app.clone().oneshot(request).await.expect("infallible");
            assert!(response.status().is_success());
            to_bytes(response.into_body(), usize::MAX)
                .await
                .expect("a body")
                .into()
        })
    }
}

pub(crate) fn lists(suite: &mut Suite) {
    let bench = Bench::with_plans(1_000);
    for (rows, path) in [(20, format!("{PLANS}?limit=20")), (1_000, PLANS.to_owned())] {
        suite.run_with(
            &format!("list of {rows} plans"),
            || Bench::request("GET", &path, String::new()),
            |request| bench.answer(request),
        );
    }
}

/// The same list of versions in both generations of Zadig.
pub(crate) fn version_lists(suite: &mut Suite) {
    for (generation, body) in [
        (ZadigGeneration::V3, version as fn(usize) -> String),
        (ZadigGeneration::V4, version_v4),
    ] {
        let bench = Bench::with_settings(
            Settings {
                zadig: Some(generation),
                ..Settings::default()
            },
            State::default(),
        );
        for n in 0..20 {
            bench.answer(Bench::request("POST", VERSIONS, body(n)));
        }
        suite.run_with(
            &format!("list of 20 versions of Zadig {generation}"),
            || Bench::request("GET", VERSION_LIST, String::new()),
            |request| bench.answer(request),
        );
    }
}

pub(crate) fn creations(suite: &mut Suite) {
    let bench = Bench::with_plans(0);
    let mut create = |name: &str, path: &str, body: fn(usize) -> String| {
        let mut n = 0;
        let request = || {
            n += 1;
            Bench::request("POST", path, body(n))
        };
        suite.run_with(&format!("create {name}"), request, |request| {
            bench.answer(request)
        });
    };
    create("a plan", PLANS, plan);
    create("a pipeline", PIPELINES, pipeline);
    create("a release", RELEASES, release);
    create("a version", VERSIONS, version);
}

fn plan(n: usize) -> String {
    let components = json!([{"seq": 0, "name": "web", "runtime_stack": {"name": "java"}}]);
    json!({"name": format!("plan-{n}"), "components": components}).to_string()
}

fn pipeline(n: usize) -> String {
    let stages = json!([{"name": "build", "tasks": [{"name": "compile"}]}]);
    json!({"name": format!("shop-{n}"), "model_version": 2, "config_mode": "ui", "stages": stages})
        .to_string()
}

fn release(n: usize) -> String {
    let containers = json!([{"name": "app", "image": "shop/ratings:2"}]);
    let workload =
        json!({"kind": "Deployment", "spec": {"template": {"spec": {"containers": containers}}}});
    let spec = json!({"serviceName": format!("ratings-{n}"), "version": "v2",
        "grayDeployments": [{"template": workload}]});
    json!({"metadata": {"name": format!("ratings-{n}")}, "spec": spec}).to_string()
}

fn version_v4(n: usize) -> String {
    let images = json!([{"container_name": "web", "target_image": "r/web:2.0", "target_image_tag": "2.0",
        "push_image": true}]);
    json!({"project_key": "demo", "version_name": format!("v{n}"), "source": "from_env", "env_name": "prod",
        "image_registry_id": "r1", "services": [{"service_name": "web", "images": images}]})
    .to_string()
}

fn version(n: usize) -> String {
    let images = json!([{"container_name": "web", "image_name": "web", "image_tag": "2.0"}]);
    json!({"project_key": "demo", "version_name": format!("v{n}"), "env_name": "prod",
        "image_registry_id": "62ce6231e0281143de477e60",
        "yaml_datas": [{"service_name": "web", "image_datas": images}]})
    .to_string()
}

pub(crate) fn actions(suite: &mut Suite) {
    let bench = Bench::with_plans(0);
    let created = bench.answer(Bench::request("POST", PIPELINES, pipeline(0)));
    let created: serde_json::Value = serde_json::from_slice(&created).expect("JSON");
    let id = created["id"].as_str().expect("an id");
    let path = format!("{PIPELINES}/{id}/action?action_id=start");
    suite.run_with(
        "action: start a pipeline",
        || Bench::request("POST", &path, String::new()),
        |request| bench.answer(request),
    );
}

pub(crate) fn export(suite: &mut Suite) {
    let bench = Bench::with_plans(10_000);
    suite.run("export of 10,000 plans", || {
        serde_json::to_vec(&bench.world.export()).expect("it can be written")
    });
}

/// The image of a world, as it is stored, and a world made of it.
pub(crate) fn image(suite: &mut Suite) {
    let bench = Bench::with_plans(10_000);
    let image = bench.world.image();
    suite.run("image of 10,000 plans", || bench.world.image());
    suite.run("world from an image of 10,000 plans", || {
        World::from_image(Settings::default(), State::default(), &image).expect("an image")
    });
}
