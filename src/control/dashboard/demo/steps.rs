//! The requests of the demo.

use crate::registry::fixtures::DOCUMENTED_STATE;
use crate::world::settings::Auth;

/// A request, as the script of the page sends it.
pub(super) struct Step {
    pub(super) purpose: &'static str,
    /// Method and path.
    pub(super) request: String,
    /// JSON; empty: no body.
    pub(super) body: String,
    /// The header of the credential; absent for the control plane.
    pub(super) credential: Option<&'static str>,
}

/// The project of Zadig in which versions are pushed.
pub(super) const ZADIG_PROJECT: &str = "demo-shop";

const HUAWEI: Option<&str> = Some("X-Auth-Token");
const ZADIG: Option<&str> = Some("Authorization");

/// Work takes minutes of virtual time, so that it is seen at ten times the usual speed.
const RULES: &str = r#"{"scripts":[
  {"id":"demo-fails","match":{"family":"plans","name":"autumn","step":"web"},
   "sequence":[{"outcome":"fail","message":"image shop/web:2 not found","takes_ms":60000},{"outcome":"succeed","takes_ms":60000}]},
  {"id":"demo-plans","match":{"family":"plans","scope":"demo"},"takes_ms":120000},
  {"id":"demo-compiles","match":{"family":"pipelines","scope":"demo","step":"compile"},"takes_ms":45000},
  {"id":"demo-pipelines","match":{"family":"pipelines","scope":"demo"},"takes_ms":{"min":60000,"max":180000},"seed":7},
  {"id":"demo-pushes","match":{"family":"zadig","scope":"demo-shop"},"takes_ms":{"min":60000,"max":120000},"seed":7},
  {"id":"demo-releases","match":{"family":"asm","scope":"mesh-demo","work":"create"},"takes_ms":90000}]}"#;

/// The credential that the dashboard sends if none is entered. With `--auth strict` only known ones pass.
const CREDENTIAL: &str = r#"{"identities":{
  "users":[{"name":"dashboard"}],
  "tokens":[{"token":"dashboard","user":"dashboard"}],
  "zadig_users":[{"token":"dashboard","name":"dashboard","admin":true}]}}"#;

/// Two pipelines with a gate, one of which waits at it, and two plans in three batches.
const RESOURCES: &str = r#"{"servicestage":{"projects":[{"id":"demo","pipelines":[
  {"id":"demo-checkout","name":"checkout","status":1,"pipeline_declaration":{"stages":[
    {"name":"build","tasks":[{"name":"compile"},{"name":"unit-tests"},{"name":"image"}]},
    {"name":"staging","tasks":[{"name":"roll-out"},{"name":"smoke-tests"}]},
    {"name":"production","approval_type":1,"tasks":[{"name":"canary"},{"name":"roll-out"}]}]}},
  {"id":"demo-payments","name":"payments","status":1,"pipeline_declaration":{"stages":[
    {"name":"production","approval_type":1,"tasks":[{"name":"migrate"},{"name":"roll-out"}]}]}}],
 "release_plans":[
  {"id":"demo-spring","name":"spring","status":"CREATED","components":[
    {"seq":0,"name":"db","runtime_stack":{"name":"java"}},
    {"seq":1,"name":"orders","runtime_stack":{"name":"java"}},{"seq":1,"name":"stock","runtime_stack":{"name":"java"}},
    {"seq":2,"name":"web","runtime_stack":{"name":"java"}}]},
  {"id":"demo-autumn","name":"autumn","status":"CREATED","components":[
    {"seq":0,"name":"db","runtime_stack":{"name":"java"}},
    {"seq":1,"name":"orders","runtime_stack":{"name":"java"}},
    {"seq":2,"name":"web","runtime_stack":{"name":"java"}}]}]}]}}"#;

/// The requests, in order. Names of what is created anew carry a number, so that the demo can be loaded once more.
pub(super) fn steps(n: usize, auth: Auth) -> Vec<Step> {
    let control = |purpose, request: &str, body: &str| Step {
        purpose,
        request: request.to_owned(),
        body: body.to_owned(),
        credential: None,
    };
    let call = |credential, purpose, request: String, body: String| Step {
        purpose,
        request,
        body,
        credential,
    };
    let start = |purpose, id: &str| {
        let path = format!("POST /v3/demo/pipeline/pipelines/{id}/action?action_id=start");
        call(HUAWEI, purpose, path, String::new())
    };
    let execute = |purpose, id: &str| {
        let path = format!("POST /v3/demo/cas/release-plans/{id}/execute");
        call(HUAWEI, purpose, path, String::new())
    };
    let release = format!(
        r#"{{"metadata":{{"name":"reviews-v{n}"}},"spec":{{"serviceName":"reviews-{n}","version":"v{n}","grayDeployments":[{{"template":{{"kind":"Deployment","spec":{{"template":{{"spec":{{"containers":[{{"name":"app","image":"shop/reviews:{n}"}}]}}}}}}}}}}]}}}}"#
    );
    let version = format!(
        r#"{{"project_key":"{ZADIG_PROJECT}","version_name":"v{n}","env_name":"prod","image_registry_id":"r1","yaml_datas":[{{"service_name":"cart","image_datas":[{{"container_name":"cart","image_name":"cart","image_tag":"1.{n}"}}]}},{{"service_name":"search","image_datas":[{{"container_name":"search","image_name":"search","image_tag":"2.{n}"}}]}},{{"service_name":"web","image_datas":[{{"container_name":"web","image_name":"web","image_tag":"3.{n}"}}]}}]}}"#
    );
    let credential = (auth == Auth::Strict).then(|| {
        control(
            "Let the dashboard's credential pass",
            "PATCH /_emulator/v1/state",
            CREDENTIAL,
        )
    });
    let steps = [
        control(
            "Add the documented examples",
            "PATCH /_emulator/v1/state",
            DOCUMENTED_STATE,
        ),
        control(
            "Add pipelines and plans",
            "PATCH /_emulator/v1/state",
            RESOURCES,
        ),
        control(
            "Let work take minutes, and the third batch of a plan fail once",
            "PATCH /_emulator/v1/state",
            RULES,
        ),
        control(
            "Let the clock run at 10x",
            "PUT /_emulator/v1/clock",
            r#"{"mode":"running","pace":10}"#,
        ),
        start("Start the pipeline checkout", "demo-checkout"),
        start(
            "Start the pipeline payments, which waits for an approval",
            "demo-payments",
        ),
        execute("Execute the plan spring", "demo-spring"),
        execute(
            "Execute the plan autumn, whose third batch fails",
            "demo-autumn",
        ),
        call(
            ZADIG,
            "Push a version in Zadig",
            "POST /openapi/delivery/releases/k8s".to_owned(),
            version,
        ),
        call(
            HUAWEI,
            "Create a grayscale release",
            "POST /v2/meshes/mesh-demo/namespaces/default/releases".to_owned(),
            release,
        ),
        control(
            "Give it a fifth of the traffic",
            &format!("PUT /_emulator/v1/asm/mesh-demo/default/reviews-v{n}/traffic"),
            r#"{"gray":20}"#,
        ),
    ];
    credential.into_iter().chain(steps).collect()
}
