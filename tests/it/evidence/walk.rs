//! A walk over everything that is not documented: each part is used by an answer that names it, and there is an answer
//! of the same operation that does not use it.

use std::collections::{BTreeMap, BTreeSet};

use release_emulator::internals::world::identities::domain_id;
use serde_json::{Value, json};

use super::{pipelines, plans};
use crate::common::used::parts;
use crate::common::{App, PROJECT};

/// The parts that the answers of each operation used, one set an answer, as the coverage names them.
type UsedParts = BTreeMap<String, Vec<BTreeSet<String>>>;

/// The answers in the journal of an emulator.
async fn used_parts(app: &App) -> UsedParts {
    let listed = app.get("/_emulator/v1/requests").await.assert_status(200);
    assert_eq!(listed["dropped"], 0);
    let mut used = UsedParts::new();
    for request in listed["requests"].as_array().unwrap() {
        let operation = request["operation"].as_str().expect("an operation");
        let evidence = request["evidence"]
            .as_str()
            .expect("an answer of a service");
        let answers = used.entry(operation.to_owned()).or_default();
        answers.push(parts(evidence));
    }
    used
}

/// Lists with and without each parameter of paging.
async fn page(app: &App, path: &str) {
    app.get(path).await.assert_status(200);
    for parameter in ["limit=5", "offset=0", "order_by=name", "order=asc"] {
        app.get(&format!("{path}?{parameter}"))
            .await
            .assert_status(200);
    }
}

async fn walk_pipelines(app: &App) {
    page(app, &pipelines()).await;
    app.post(&pipelines(), json!({})).await.assert_status(400);
    let stage = json!({
        "name": "s", "display_name": "S", "description": "", "order_index": 1, "approval_type": 1,
        "tasks": [{"name": "t"}],
    });
    let whole = json!({
        "name": "shop", "model_version": 2, "config_mode": "ui", "fail_mode": "stop", "stages": [stage],
    });
    let created = app
        .post(&pipelines(), whole.clone())
        .await
        .assert_status(200);
    let path = format!("{}/{}", pipelines(), created["id"].as_str().unwrap());
    app.put(&path, whole).await.assert_status(200);
    let task = json!({"name": "t", "displayName": "T", "orderIndex": 1, "taskGroup": "g", "taskTypeId": {}});
    let stage = json!({"name": "s", "displayName": "S", "orderIndex": 1, "approvalType": 0, "tasks": [task]});
    let mut sibling =
        json!({"name": "mall", "model_version": 2, "config_mode": "ui", "stages": [stage]});
    app.post(&pipelines(), sibling.clone())
        .await
        .assert_status(200);
    sibling["name"] = json!("shop");
    app.put(&path, sibling).await.assert_status(200);
    app.put(&path, json!({})).await.assert_status(400);
    app.get(&path).await.assert_status(200);
    app.get(&format!("{}/unknown", pipelines()))
        .await
        .assert_status(404);

    let records = format!("{path}/records");
    page(app, &records).await;
    let act = async |action: &str, body: Value| {
        let action = format!("{path}/action?action_id={action}");
        app.post(&action, body).await.assert_status(200);
    };
    act("start", json!({})).await;
    page(app, &records).await;
    app.get(&pipelines()).await.assert_status(200);
    act("stop", json!({})).await;
    app.advance(10_000).await;
    act("continue", json!({})).await;

    let hooks = format!("{path}/hooks");
    app.get(&hooks).await.assert_status(200);
    for policy in [json!({"strategy_type": 0}), json!({"strategy_type": 7})] {
        app.post(&hooks, policy.clone()).await;
        app.put(&hooks, policy).await;
    }
    app.get(&hooks).await.assert_status(200);
}

async fn walk_plans(app: &App) {
    page(app, &plans()).await;
    app.post(&plans(), json!({})).await.assert_status(400);
    let components = json!([
        {"seq": 0, "component_id": "c1", "name": "web", "runtime_stack": {}},
        {"seq": 1, "component_id": "c2", "name": "api", "runtime_stack": {}},
    ]);
    let body = json!({"name": "weekly", "components": components});
    let created = app.post(&plans(), body.clone()).await.assert_status(200);
    let path = format!("{}/{}", plans(), created["id"].as_str().unwrap());
    app.put(&path, body).await.assert_status(200);
    app.put(&path, json!({})).await.assert_status(400);
    let look = async || {
        for shown in [plans(), path.clone(), format!("{path}/deploy-info")] {
            app.get(&shown).await.assert_status(200);
        }
    };
    look().await;
    let command = async |name: &str| {
        let command = format!("{path}/{name}");
        app.post(&command, json!({})).await.assert_status(200);
        look().await;
    };
    command("execute").await;
    command("abort").await;
    app.advance(60_000).await;
    command("execute").await;
    app.advance(60_000).await;
    look().await;
    command("rollback").await;
    // An abort cuts the components at once, so only those of a fixture show the word.
    let given =
        json!({"id": "given", "name": "given", "status": "ABORTING", "components": components});
    let state = json!({"servicestage": {"projects": [{"id": PROJECT, "release_plans": [given]}]}});
    app.patch("/_emulator/v1/state", state)
        .await
        .assert_status(204);
    let given = format!("{}/given/deploy-info", plans());
    app.get(&given).await.assert_status(200);
}

async fn walk_releases(app: &App) {
    let releases = "/v2/meshes/m1/namespaces/shop/releases";
    app.post(releases, json!({})).await.assert_status(400);
    let template = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web-v2"},
        "spec": {"template": {"spec": {"containers": [{"name": "web", "image": "web:2"}]}}}});
    let body = json!({"metadata": {"name": "web-gray"},
        "spec": {"serviceName": "web", "grayDeployments": [{"template": template}]}});
    app.get("/v2/meshes/m1/releases").await.assert_status(404);
    app.post(releases, body).await.assert_status(201);
    app.get("/v2/meshes/m1/releases").await.assert_status(200);
    let release = format!("{releases}/web-gray");
    app.get(&release).await.assert_status(200);
    app.get(&format!("{releases}/unknown"))
        .await
        .assert_status(404);
    app.put(&release, json!({})).await.assert_status(200);
    app.get("/v1/meshes").await.assert_status(200);
    app.advance(60_000).await;
    app.delete(&format!("{release}?action=end"))
        .await
        .assert_status(200);
}

async fn walk_zadig_reads(app: &App) {
    let container =
        json!({"name": "web", "image": "reg.io/ns/web:1", "image_path": {"repo": "image"}});
    let environment = |production| {
        json!({"name": "dev", "alias": "Development", "production": production,
            "services": [{"name": "web", "containers": [container]}]})
    };
    let service =
        |production| json!({"name": "web", "production": production, "containers": [container]});
    let rows = |id: u64, below: Value| {
        json!({"id": format!("{id:024x}"), "service_name": "web", "distribute_type": "chart", "chart_name": "web",
            "chart_repo_name": "c", "chart_version": "1", "service_module": "", "image": "reg.io/ns/web:1",
            "image_name": "web", "namespace": "ns", "sub_distributes": below})
    };
    let helm = json!({"version_info": {"version_name": "h", "type": "HelmChart"},
        "distribute_infos": [rows(1, json!([rows(2, json!([]))]))]});
    let k8s = json!({"version_info": {"version_name": "k"}, "deploy_infos": [{"service_name": "web",
        "service_module": "web", "image": "reg.io/ns/web:1", "image_name": "web", "registry_id": "r1"}]});
    let state = json!({"zadig": {"projects": [{"key": "shop", "environments": [environment(false), environment(true)],
        "service_templates": [service(false), service(true)], "versions": [helm, k8s],
        "registries": [{"id": "r1", "address": "reg.io"}]}]}});
    app.patch("/_emulator/v1/state", state)
        .await
        .assert_status(204);
    for path in [
        "projects/project/detail",
        "environments",
        "environments/production",
        "environments/dev",
        "environments/production/dev",
        "service/yaml/services",
        "service/yaml/production/services",
        "service/yaml/web",
        "service/yaml/production/web",
    ] {
        let path = format!("/openapi/{path}");
        app.get(&path).await.assert_status(400);
        app.get(&format!("{path}?projectKey=shop"))
            .await
            .assert_status(200);
    }
    for query in [
        "",
        "projectName=none",
        "projectName=none&page=1",
        "per_page=1",
        "verbosity=brief",
        "projectName=none&label=a",
    ] {
        app.get(&format!("/api/aslan/delivery/releases?{query}"))
            .await
            .assert_status(200);
    }
}

async fn walk_iam(app: &App) {
    let user = json!({"name": "emulator", "password": "p", "domain": {"name": "emulator"}});
    let by_id = json!({"id": "emulator", "password": "p"});
    let password = |user: &Value| json!({"methods": ["password"], "password": {"user": user}});
    let key = json!({"access": {"key": "a"}, "secret": {"key": "s"}});
    let agency = |field: &str| {
        json!({"methods": ["assume_role"],
            "assume_role": {field: "ops", "domain_name": "emulator"}})
    };
    let project = |domain: Value| json!({"project": {"name": "cn-north-4", "domain": domain}});
    let mut of_project = String::new();
    let by_account =
        json!({"name": "emulator", "password": "p", "domain": {"id": domain_id("emulator")}});
    for (identity, scope) in [
        (password(&user), json!({})),
        (password(&by_account), json!({})),
        (password(&by_id), json!({})),
        (
            json!({"methods": ["token"], "token": {"id": "t"}}),
            json!({}),
        ),
        (json!({"methods": ["hw_ak_sk"], "hw_ak_sk": key}), json!({})),
        (agency("agency_name"), json!({})),
        (agency("xrole_name"), json!({})),
        (password(&user), project(json!({"name": "emulator"}))),
        (
            password(&user),
            project(json!({"id": domain_id("emulator")})),
        ),
    ] {
        let body = json!({"auth": {"identity": identity, "scope": scope}});
        // The catalog is known less well than what the request sends.
        let path = "/v3/auth/tokens?nocatalog=true";
        app.post(path, body.clone()).await.assert_status(201);
        let issued = app.post("/v3/auth/tokens", body).await;
        issued.assert_status(201);
        let token = issued.header("x-subject-token").to_owned();
        let headers = [("x-auth-token", "t"), ("x-subject-token", &*token)];
        app.send("GET", "/v3/auth/tokens", &headers, "")
            .await
            .assert_status(200);
        of_project = token;
    }
    for token in ["t", &*of_project] {
        let headers = [("x-auth-token", token)];
        app.send("GET", "/v3/auth/catalog", &headers, "")
            .await
            .assert_status(200);
    }
    for path in ["/v3/services", "/v3/services?type=identity"] {
        app.get(path).await.assert_status(200);
    }
    for field in ["agency_name", "xrole_name"] {
        let body = json!({"auth": {"identity": agency(field)}});
        let keys = "/v3.0/OS-CREDENTIAL/securitytokens";
        app.post(keys, body).await.assert_status(201);
    }
    for path in ["/v3.0/OS-AUTH/id-token/tokens", "/v5/agencies/assume"] {
        app.post(path, json!({})).await.assert_status(501);
    }
    app.get("/v5/caller-identity").await.assert_status(501);
}

/// Uses operations by the permissions of one name and of the other.
async fn walk_permissions(app: &App) {
    let state = json!({"identities": {
        "users": [
            {"name": "old", "actions": ["servicestage:app:*"]},
            {"name": "new", "actions": ["servicestage::*", "servicestage:pipeline:*"]},
        ],
        "tokens": [{"token": "of-old", "user": "old"}, {"token": "of-new", "user": "new"}],
    }});
    app.patch("/_emulator/v1/state", state)
        .await
        .assert_status(204);
    let components = json!([{"seq": 0, "name": "web", "runtime_stack": {}}]);
    for token in ["of-old", "of-new"] {
        let send = async |method: &str, path: &str, body: Value| {
            let headers = [("x-auth-token", token)];
            app.send(method, path, &headers, body.to_string())
                .await
                .assert_status(200)
        };
        let body = json!({"name": token, "components": components});
        let created = send("POST", &plans(), body).await;
        let path = format!("{}/{}", plans(), created["id"].as_str().unwrap());
        for command in ["execute", "abort"] {
            send("POST", &format!("{path}/{command}"), json!({})).await;
        }
        app.advance(60_000).await;
        send("DELETE", &path, json!({})).await;
    }
    let records = format!("{}/unknown/records", pipelines());
    let headers = [("x-auth-token", "of-new")];
    app.send("GET", &records, &headers, "")
        .await
        .assert_status(404);
}

/// A plan of Zadig in a status, with a job in another and with everything that is not documented.
fn zadig_plan(n: usize, status: &str, job_status: &str) -> Value {
    let user = json!({"type": "group", "group_id": "g1", "group_name": "G"});
    json!({"id": format!("{n:024x}"), "status": status,
        "jobs": [{"name": "a", "type": "text", "status": job_status, "last_status": job_status}],
        "approval": {"type": "native", "start_time": 1, "end_time": 2, "workwx_approval": {},
                     "native_approval": {"approve_users": [user]}}})
}

async fn walk_zadig_plans(app: &App) {
    let (plans, internal) = ("/openapi/release_plan/v1", "/api/aslan/release_plan/v1");
    let body = json!({"name": "weekly", "manager": "mia"});
    app.post(plans, body.clone()).await.assert_status(200);
    let statuses = [
        "planning",
        "finish_planning",
        "wait_for_approval",
        "executing",
        "denied",
        "timeout",
        "success",
        "cancel",
        "wait_for_finish_planning_external_check",
        "wait_for_finish_planning_external_check_failed",
        "wait_for_execute_external_check",
        "wait_for_execute_external_check_failed",
        "wait_for_all_done_external_check",
        "wait_for_all_done_external_check_failed",
    ];
    let jobs = ["", "todo", "running", "done", "skipped", "failed"];
    let whole = statuses.iter().enumerate().map(|(n, status)| {
        let job_status = jobs[n % jobs.len()];
        zadig_plan(n, status, job_status)
    });
    let state = json!({"zadig": {"generation": "v3", "release_plans": [{"id": format!("{:024x}", 77), "jobs": [
        {"name": "a", "type": "text"}]}]}});
    app.patch("/_emulator/v1/state", state)
        .await
        .assert_status(204);
    let plain = format!("{plans}/{:024x}", 77);
    app.get(&plain).await.assert_status(200);
    app.get(&plain.replace(plans, internal))
        .await
        .assert_status(200);
    let state = json!({"zadig": {"generation": "v4", "release_plans": whole.collect::<Vec<_>>()}});
    app.patch("/_emulator/v1/state", state)
        .await
        .assert_status(204);
    for n in 0..statuses.len() {
        let shown = app.get(&format!("{plans}/{n:024x}")).await;
        let job = shown.assert_status(200)["jobs"][0]["id"].clone();
        let path = format!("{internal}/{n:024x}");
        app.get(&path).await.assert_status(200);
        app.get(&format!("{path}/job/{}", job.as_str().unwrap()))
            .await
            .assert_status(200);
    }
    app.post(plans, body.clone()).await.assert_status(200);
    app.patch(&plain, body).await.assert_status(200);
    let executed = format!("{internal}/{:024x}", 3);
    for command in ["approve", "execute", "skip", "retry"] {
        app.post(&format!("{executed}/{command}"), json!({})).await;
    }
    app.post(&format!("{executed}/status/cancel"), json!({}))
        .await
        .assert_status(200);
    app.get(&format!("{executed}/logs"))
        .await
        .assert_status(200);
    app.delete(&executed).await.assert_status(200);
}

async fn walk_workflows(app: &App) {
    let user = json!([{"type": "user", "user_id": "emulator", "user_name": "emulator"}]);
    let approval = json!({"type": "native", "native_approval": {"needed_approvers": 1, "approve_users": user}});
    let policy = json!({"policy": "manual_check", "approval_users": user});
    let job = |name: &str| json!({"name": name, "type": "freestyle"});
    let stages = json!([
        {"name": "ask", "jobs": [{"name": "ask", "type": "approval", "spec": approval}]},
        {"name": "a", "manual_exec": {"enabled": true, "manual_exec_users": user}, "jobs": [job("a")]},
        {"name": "b", "manual_exec": {"enabled": true, "manual_exec_users": user}, "jobs": [
            {"name": "b", "type": "freestyle", "error_policy": policy}]}]);
    let state = json!({"zadig": {"projects": [{"key": "shop", "workflows": [{"workflow_key": "w", "stages": stages}]}]}});
    app.patch("/_emulator/v1/state", state)
        .await
        .assert_status(204);
    app.script(json!({"match": {"family": "zadig", "step": "b"}, "outcome": "fail"}))
        .await;
    let custom = "/openapi/workflows/custom";
    let inputs = ["ask", "a", "b"].map(|job| json!({"job_name": job}));
    let body = json!({"workflow_key": "w", "project_key": "shop", "inputs": inputs});
    app.post(&format!("{custom}/task"), body)
        .await
        .assert_status(200);
    let internal = "/api/aslan/workflow/v4/workflowtask";
    let approve =
        json!({"job_name": "job-0-0-0-ask", "workflow_name": "w", "task_id": 1, "approve": true});
    app.post(&format!("{internal}/approve"), approve)
        .await
        .assert_status(200);
    let start = format!("{internal}/manualexec/workflow/w/task/1?stageName=a&projectName=shop");
    app.post(&start, json!({})).await.assert_status(200);
    app.advance(2_000).await;
    let manual = format!("{custom}/w/task/1/manual-exec?projectKey=shop");
    app.get(&manual).await.assert_status(200);
    app.post(&manual, json!({"stage_name": "b"}))
        .await
        .assert_status(200);
    app.advance(2_000).await;
    let decide = json!({"job_name": "job-2-0-0-b", "workflow_name": "w", "task_id": 1, "decision": "ignore"});
    app.post(&format!("{internal}/handle/error"), decide)
        .await
        .assert_status(200);
    app.get(&format!("{custom}/task?workflowKey=w&taskId=1"))
        .await
        .assert_status(200);
    app.get(&format!("{custom}/w/detail?projectKey=shop"))
        .await
        .assert_status(200);
    app.put(&format!("{custom}/w/task/1"), json!({"remark": "r"}))
        .await
        .assert_status(200);
    app.delete(&format!("{custom}?workflowKey=w&projectKey=shop"))
        .await
        .assert_status(200);
}

#[tokio::test]
async fn each_undocumented_part_is_named_by_an_answer_that_uses_it_and_by_no_other() {
    let app = App::new();
    walk_pipelines(&app).await;
    walk_plans(&app).await;
    walk_releases(&app).await;
    walk_zadig_reads(&app).await;
    walk_iam(&app).await;
    walk_workflows(&app).await;
    walk_permissions(&app).await;
    walk_zadig_plans(&app).await;
    let state = json!({"zadig": {"generation": "v4", "projects": [{"key": "walk", "versions": [{"version": "v1"}]}]}});
    app.patch("/_emulator/v1/state", state)
        .await
        .assert_status(204);
    let path = "/openapi/delivery/releases/detail?projectKey=walk&versionName=v1";
    app.get(path).await.assert_status(200);
    let used = used_parts(&app).await;
    let coverage = app.get("/_emulator/v1/operations").await.assert_status(200);
    let none = Vec::new();
    let (mut never, mut always) = (Vec::new(), Vec::new());
    for operation in coverage["operations"].as_array().unwrap() {
        let id = operation["id"].as_str().unwrap();
        let answers = used.get(id).unwrap_or(&none);
        let listed = operation["undocumented"].as_array().unwrap();
        for part in listed.iter().map(|part| part.as_str().unwrap()) {
            let n_used = answers.iter().filter(|used| used.contains(part)).count();
            if n_used == 0 {
                never.push(format!("{id}: {part}"));
            } else if n_used == answers.len() {
                always.push(format!("{id}: {part}"));
            }
        }
        let evidence = operation["evidence"].as_str().unwrap();
        let itself = format!("operation {id} ({evidence})");
        if evidence != "documented" && !answers.iter().any(|used| used.contains(&itself)) {
            never.push(format!("{id}: {itself}"));
        }
    }
    assert!(never.is_empty(), "no answer used {never:#?}");
    assert!(always.is_empty(), "every answer used {always:#?}");
}
