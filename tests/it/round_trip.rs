//! The export of whatever accepted commands bring about, at any instant, can be put back, and is the same then.

use axum::body::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use release_emulator::internals::world::settings::{Auth, Fidelity};
use release_emulator::internals::{Settings, State, World};
use serde_json::{Value, json};

use crate::common::{App, CREDENTIALS, NOON, PROJECT, cases};

/// The years 0 to 9999.
const FIRST: i64 = -62_167_219_200_000;
const LAST: i64 = 253_402_300_799_999;

/// Ten years: the longest advance.
const LONGEST_WAIT: i64 = 3_652 * 86_400_000;

/// A command, before the ids are known that it is about.
#[derive(Clone, Debug)]
struct Step {
    command: Command,
    /// Chooses among the resources, and among the variants of the command.
    which: Index,
    variant: Index,
    /// The time before it.
    wait: i64,
}

#[derive(Clone, Copy, Debug)]
enum Command {
    CreatePipeline,
    EditPipeline,
    Act,
    Hooks,
    CreatePlan,
    EditPlan,
    OperatePlan,
    CreateMesh,
    CreateRelease,
    UpdateRelease,
    CreateVersion,
    RetryVersion,
    LogIn,
    TemporaryKey,
    Script,
    Delete,
    Patch,
}

const COMMANDS: [Command; 17] = [
    Command::CreatePipeline,
    Command::EditPipeline,
    Command::Act,
    Command::Hooks,
    Command::CreatePlan,
    Command::EditPlan,
    Command::OperatePlan,
    Command::CreateMesh,
    Command::CreateRelease,
    Command::UpdateRelease,
    Command::CreateVersion,
    Command::RetryVersion,
    Command::LogIn,
    Command::TemporaryKey,
    Command::Script,
    Command::Delete,
    Command::Patch,
];

/// A world and what happens in it.
#[derive(Clone, Debug)]
struct History {
    settings: Settings,
    fixtures: Value,
    steps: Vec<Step>,
}

fn instants() -> impl Strategy<Value = i64> {
    let ends = select(vec![
        FIRST,
        FIRST + 1,
        -1_000,
        -999,
        -1,
        0,
        1,
        999,
        LAST - 1_500,
        LAST,
    ]);
    prop_oneof![2 => ends, 2 => FIRST..=LAST, 1 => -100_000_000_000..100_000_000_000_i64, 1 => Just(NOON)]
}

fn histories() -> impl Strategy<Value = History> {
    let wait = prop_oneof![
        4 => 0..5_000_i64,
        1 => Just(0),
        1 => select(vec![86_400_000, 40 * 366 * 86_400_000, i64::MAX]),
    ];
    let step = (
        select(COMMANDS.to_vec()),
        any::<Index>(),
        any::<Index>(),
        wait,
    );
    let steps = step.prop_map(|(command, which, variant, wait)| Step {
        command,
        which,
        variant,
        wait,
    });
    let settings = (
        any::<bool>(),
        any::<bool>(),
        select(vec![0, 1, 2_000, 86_400_000]),
    );
    (instants(), settings, select(counters()), vec(steps, 1..40)).prop_map(
        |(begin, (is_strict, is_real, step), counters, steps)| History {
            settings: Settings {
                auth: if is_strict { Auth::Strict } else { Auth::Shape },
                fidelity: if is_real {
                    Fidelity::Strict
                } else {
                    Fidelity::Documented
                },
                step,
                freeze: Some(begin),
                ..Settings::default()
            },
            fixtures: fixtures(&counters),
            steps,
        },
    )
}

/// Counters at their beginning and near their ends.
fn counters() -> Vec<Value> {
    vec![
        json!({}),
        json!({"next_execution_id": i64::MAX - 2}),
        json!({"next_execution_id": i64::MIN}),
        json!({"ids_drawn": u64::MAX}),
        json!({"ids_drawn": u64::MAX - 3, "next_execution_id": i64::MAX}),
    ]
}

/// Users, and a pipeline whose counters are where those of the world are.
fn fixtures(counters: &Value) -> Value {
    let last = counters["next_execution_id"]
        .as_i64()
        .is_some_and(|next| next > 0);
    let version = if last { i64::MAX - 1 } else { 1 };
    let executed = if last { u64::MAX - 1 } else { 0 };
    let stages = json!([{"name": "s", "tasks": [{"name": "t"}]}]);
    json!({
        "emulator": counters,
        "servicestage": {"projects": [{"id": PROJECT, "pipelines": [{"id": "old", "name": "old-one", "version": version,
            "pipeline_declaration": {"stages": stages}, "emulator": {"executed": executed, "executions": []}}]}]},
        "identities": {
            "users": [{"name": "ann", "password": "of-ann", "projects": [{"id": PROJECT, "name": "cn-north-4"}]}],
            "tokens": [{"token": "t", "user": "ann"}],
            "access_keys": [{"ak": "AK", "sk": "sk", "user": "ann"}],
            "zadig_users": [{"name": "zoe", "token": "t", "admin": true}],
        },
    })
}

/// The texts under a key anywhere below lists at a path of a state, such as the ids of all pipelines.
fn ids(state: &Value, outer: &[&str], inner: &str, key: &[&str]) -> Vec<String> {
    let mut scope = state;
    for name in outer {
        scope = &scope[*name];
    }
    let scopes = scope.as_array().into_iter().flatten();
    let items = scopes.flat_map(|scope| scope[inner].as_array().into_iter().flatten());
    items
        .filter_map(|item| {
            let mut value = item;
            for name in key {
                value = &value[*name];
            }
            value.as_str().map(str::to_owned)
        })
        .collect()
}

fn pick(list: &[String], which: Index) -> &str {
    if list.is_empty() {
        "none"
    } else {
        which.get::<String>(list)
    }
}

impl Step {
    /// Carries the command out. It may be refused.
    #[expect(clippy::too_many_lines, reason = "an arm for each command")]
    async fn apply(&self, app: &App, n: usize) {
        let left = LAST - app.world.clock().now;
        let wait = self.wait.min(left).min(LONGEST_WAIT);
        app.post("/_emulator/v1/clock/advance", json!({ "ms": wait }))
            .await;
        let state = app.state().await;
        let (which, variant) = (self.which, self.variant);
        let projects = ["servicestage", "projects"];
        let pipelines = ids(&state, &projects, "pipelines", &["id"]);
        let plans = ids(&state, &projects, "release_plans", &["id"]);
        let pipeline = format!(
            "/v3/{PROJECT}/pipeline/pipelines/{}",
            pick(&pipelines, which)
        );
        let plan = format!("/v3/{PROJECT}/cas/release-plans/{}", pick(&plans, which));
        let meshes: Vec<String> = state["asm"]["meshes"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|mesh| mesh["id"].as_str().map(str::to_owned))
            .collect();
        let mesh = pick(&meshes, which);
        let releases = ids(&state, &["asm", "meshes"], "releases", &["metadata", "uid"]);
        let release = format!(
            "/v2/meshes/{mesh}/namespaces/n/releases/{}",
            pick(&releases, variant)
        );
        let versions = ids(
            &state,
            &["zadig", "projects"],
            "versions",
            &["version_info", "id"],
        );
        let names = ids(
            &state,
            &["zadig", "projects"],
            "versions",
            &["version_info", "version_name"],
        );
        let stages = match variant.index(4) {
            0 => json!([{"name": "s", "tasks": [{"name": "t"}]}]),
            1 => json!([{"name": "s", "tasks": [{"name": "t"}, {"name": "t2", "task_group": "a"}]},
                {"name": "g", "approval_type": 1, "tasks": []}, {"name": "s", "tasks": [{"name": "t"}]}]),
            2 => json!([]),
            _ => json!([{"name": "a", "approval_type": 1, "tasks": [{"name": "a"}]}]),
        };
        let definition = |name: &str| json!({"name": name, "model_version": 2, "config_mode": "ui", "stages": stages});
        match self.command {
            Command::CreatePipeline => {
                let path = format!("/v3/{PROJECT}/pipeline/pipelines");
                drop(app.post(&path, definition(&format!("pipeline-{n}"))).await);
            }
            Command::EditPipeline => {
                drop(app.put(&pipeline, definition(&format!("edited-{n}"))).await);
            }
            Command::Act => {
                let actions = [
                    "start", "start", "stop", "continue", "retry", "rollback", "approval",
                ];
                let action = variant.get(&actions);
                let body = match *action {
                    "approval" => json!({"task_name": "g", "approval_type": "agree"}),
                    _ => json!({}),
                };
                drop(
                    app.post(&format!("{pipeline}/action?action_id={action}"), body)
                        .await,
                );
            }
            Command::Hooks => {
                let schedules = [
                    "0 0 0 1 1 ?",
                    "0 0 0 1 * ?",
                    "0 0 12 29 2 ? 2028",
                    "0 0 0 30 2 ?",
                ];
                let hook = json!({"schedule": variant.get(&schedules), "timezone_operator": "-", "timezone_hour": 14});
                let body = json!({"strategy_type": which.index(2), "hooks": [hook]});
                drop(app.post(&format!("{pipeline}/hooks"), body).await);
            }
            Command::CreatePlan => {
                let path = format!("/v3/{PROJECT}/cas/release-plans");
                drop(
                    app.post(&path, plan_body(&format!("plan-{n}"), variant))
                        .await,
                );
            }
            Command::EditPlan => drop(
                app.put(&plan, plan_body(&format!("plan-e{n}"), variant))
                    .await,
            ),
            Command::OperatePlan => {
                let command = variant.get(&["execute", "execute", "abort", "rollback"]);
                drop(
                    app.send("POST", &format!("{plan}/{command}"), CREDENTIALS, "")
                        .await,
                );
            }
            Command::CreateMesh => {
                let body = crate::asm::minimal_mesh(&format!("mesh-{n}"));
                drop(app.post(&format!("/v1/{PROJECT}/meshes"), body).await);
            }
            Command::CreateRelease => {
                let path = format!("/v2/meshes/{mesh}/namespaces/n/releases");
                let gray =
                    json!([{"template": {"kind": "Deployment", "spec": {"replicas": 1.50}}}]);
                let body = json!({"metadata": {"name": format!("gray-{n}")},
                    "spec": {"serviceName": "reviews", "grayDeployments": gray}});
                drop(app.post(&path, body).await);
            }
            Command::UpdateRelease => {
                let body = json!({"spec": {"version": format!("v{n}")}});
                drop(app.put(&release, body).await);
            }
            Command::CreateVersion => {
                // Both services use the same image, and the same name twice.
                let image = json!({"container_name": "c", "image_name": "same", "image_tag": "1"});
                let service =
                    |name: &str| json!({"service_name": name, "image_datas": [image, image]});
                let body = json!({"project_key": "demo", "version_name": format!("v{n}"), "env_name": "dev",
                    "image_registry_id": "r", "yaml_datas": [service("one"), service("two")]});
                drop(app.post("/openapi/delivery/releases/k8s", body).await);
            }
            Command::RetryVersion => {
                let body = json!({"project_key": "demo", "version_name": pick(&names, which), "retry": true});
                drop(app.post("/openapi/delivery/releases/k8s", body).await);
            }
            Command::LogIn => {
                let user =
                    json!({"name": "ann", "password": "of-ann", "domain": {"name": "emulator"}});
                let body = json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}});
                drop(app.post("/v3/auth/tokens", body).await);
            }
            Command::TemporaryKey => {
                let token = json!({"duration_seconds": 900 + 60 * variant.index(1_000)});
                let body = json!({"auth": {"identity": {"methods": ["token"], "token": token}}});
                drop(app.post("/v3.0/OS-CREDENTIAL/securitytokens", body).await);
            }
            Command::Script => {
                let script = match variant.index(3) {
                    0 => json!({"match": {}, "outcome": "fail", "message": "no", "times": 1}),
                    1 => json!({"match": {}, "outcome": "hang", "times": 1}),
                    _ => json!({"match": {}, "takes_ms": 315_360_000_000_i64, "times": 2}),
                };
                drop(app.post("/_emulator/v1/scripts", script).await);
            }
            Command::Delete => {
                let path = match variant.index(4) {
                    0 => pipeline,
                    1 => plan,
                    2 => format!("/v1/{PROJECT}/meshes/{mesh}"),
                    _ => format!(
                        "/openapi/delivery/releases/{}?projectKey=demo",
                        pick(&versions, which)
                    ),
                };
                drop(app.delete(&path).await);
            }
            Command::Patch => {
                let patch = match variant.index(3) {
                    0 => json!({"emulator": {"next_execution_id": i64::MAX}}),
                    1 => json!({"emulator": {"ids_drawn": u64::MAX}}),
                    _ => json!({"servicestage": {"projects": [{"id": PROJECT, "pipelines":
                        [{"id": "l1", "name": "shop-a", "version": i64::MAX}]}]}}),
                };
                app.patch("/_emulator/v1/state", patch)
                    .await
                    .assert_status(204);
            }
        }
    }
}

fn plan_body(name: &str, variant: Index) -> Value {
    let component = |name: &str, seq: usize| json!({"name": name, "seq": seq, "component_id": name, "runtime_stack": {"name": "java"}});
    let components = [component("web", 0), component("db", variant.index(2))];
    json!({"name": name, "components": components})
}

/// The state, byte for byte.
async fn export(app: &App) -> Bytes {
    let reply = app.get("/_emulator/v1/state").await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body
}

async fn assert_restorable(app: &App, history: &History) -> Result<(), TestCaseError> {
    let exported = export(app).await;
    let now = app.world.clock().now;
    let put = app
        .send("PUT", "/_emulator/v1/state", CREDENTIALS, exported.clone())
        .await;
    prop_assert_eq!(
        put.status,
        204,
        "{}: {}",
        put.text(),
        String::from_utf8_lossy(&exported)
    );
    prop_assert_eq!(
        text(&export(app).await),
        text(&exported),
        "in the same world"
    );

    let state = State::from_json(&text(&exported)).expect("a state");
    let settings = Settings {
        freeze: Some(now),
        ..history.settings.clone()
    };
    let other = World::new(settings, state);
    let other = other.map_err(|error| TestCaseError::fail(format!("in a new world: {error}")))?;
    let other = App::of(other);
    prop_assert_eq!(
        text(&export(&other).await),
        text(&exported),
        "in a new world"
    );
    Ok(())
}

fn text(bytes: &Bytes) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn every_export_can_be_put_back_and_is_the_same_then(history in histories()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let app = App::build(|settings| *settings = history.settings.clone(), &history.fixtures);
            assert_restorable(&app, &history).await?;
            for (n, step) in history.steps.iter().enumerate() {
                step.apply(&app, n).await;
            }
            assert_restorable(&app, &history).await
        })?;
    }
}
