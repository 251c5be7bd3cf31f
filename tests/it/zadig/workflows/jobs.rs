//! The types of jobs.

use serde_json::json;

use super::*;
use release_emulator::ZadigGeneration;

/// Runs one job of a type, and returns its job tasks at the end.
async fn jobs(kind: &str, spec: Value, parameters: Value) -> Vec<Value> {
    let app = App::build(
        |settings| settings.zadig = Some(ZadigGeneration::V4),
        &json!({"zadig": {"projects": [{"key": "shop", "workflows": [{"workflow_key": "w", "stages": [
            {"name": "s", "jobs": [{"name": "a", "type": kind, "spec": spec}]}]}]}]}}),
    );
    app.run(
        "w",
        json!([{"job_name": "a", "job_type": kind, "parameters": parameters}]),
    )
    .await
    .assert_status(200);
    app.advance(60_000).await;
    let task = app.task("w", 1).await;
    task["stages"][0]["jobs"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_build_has_a_part_for_each_service_and_an_image_once_it_has_passed() {
    let app = App::load(&shop());
    app.run("build-deploy", whole()).await.assert_status(200);
    let build = async || app.task("build-deploy", 1).await["stages"][0]["jobs"][0].clone();
    assert_eq!(build().await["spec"]["image"], "");
    app.advance(2_000).await;
    let build = build().await;
    assert_eq!(
        build["spec"],
        json!({"repos": [{"branch": "main", "codehost_name": "", "prs": [], "repo_name": "web", "repo_namespace": ""}],
            "image": "registry.example/shop/web:20260101120000-1-main", "package": "", "service_name": "web",
            "service_module": "web", "envs": []})
    );
    assert_eq!(
        (
            &build["name"],
            &build["key"],
            &build["display_name"],
            &build["job_info"]
        ),
        (
            &json!("job-0-0-0-build"),
            &json!("build.web.web"),
            &json!("build-web-web"),
            &json!({"job_name": "build", "service_module": "web", "service_name": "web"})
        )
    );
    let task = app.task("build-deploy", 1).await;
    let names: Vec<_> = task["stages"][0]["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    let names: Vec<_> = names
        .iter()
        .map(|job| job["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["job-0-0-0-build", "job-0-0-1-build", "job-0-1-0-lint"]
    );
    let lint = &task["stages"][0]["jobs"][2]["spec"]["envs"][0];
    assert_eq!(
        (&lint["key"], &lint["value"]),
        (&json!("LEVEL"), &json!("high"))
    );
}

#[tokio::test]
async fn a_deployment_takes_the_services_of_its_build() {
    let app = App::load(&shop());
    app.run("build-deploy", whole()).await.assert_status(200);
    let task = app.task("build-deploy", 1).await;
    let deploys = task["stages"][2]["jobs"].as_array().unwrap();
    assert_eq!(deploys.len(), 2);
    assert_eq!(deploys[0]["name"], "job-2-0-0-deploy");
    let spec = &deploys[1]["spec"];
    assert_eq!(
        (&spec["env"], &spec["service_and_images"]),
        (
            &json!("dev"),
            &json!([{"service_name": "api", "service_module": "api",
                "image": "registry.example/shop/api:20260101120000-1-main"}])
        )
    );
}

#[tokio::test]
async fn a_deployment_without_an_environment_keeps_that_of_the_workflow() {
    let service = json!({"service_list": [{"service_name": "web", "service_module": "web", "image_name": "i:1"}]});
    let deploys = jobs("zadig-deploy", json!({"env": "dev"}), service).await;
    assert_eq!(
        deploys[0]["spec"],
        json!({"env": "dev", "env_alias": "", "production": false, "service_type": "k8s",
            "deploy_contents": ["image"], "skip_check_run_status": false, "is_import_to_deploy": false,
            "service_and_images": [{"service_name": "web", "service_module": "web", "image": "i:1"}],
            "yaml_content": "", "user_supplied_value": "", "variable_kvs": [], "origin_revision": 0,
            "value_merge_strategy": ""})
    );
}

#[tokio::test]
async fn workloads_tests_and_plugins_have_their_parts() {
    let target = json!({"target_list": [{"workload_type": "Deployment", "workload_name": "web",
        "container_name": "main", "image_name": "i:2"}]});
    let deploys = jobs("custom-deploy", json!({"namespace": "ns"}), target).await;
    assert_eq!(
        (
            &deploys[0]["key"],
            &deploys[0]["spec"]["target"],
            &deploys[0]["spec"]["namespace"]
        ),
        (
            &json!("a.Deployment.web.main"),
            &json!("Deployment/web/main"),
            &json!("ns")
        )
    );
    let tests = json!({"testing_list": [{"testing_name": "smoke"}, {"testing_name": "load"}]});
    let tests = jobs("zadig-test", json!({}), tests).await;
    assert_eq!(
        (
            tests.len(),
            &tests[1]["spec"]["test_name"],
            &tests[1]["key"]
        ),
        (2, &json!("load"), &json!("a.load"))
    );
    let spec = json!({"plugin": {"name": "mail", "image": "mail:1", "inputs": [{"name": "to", "value": "ann"}]}});
    let plugin = jobs(
        "plugin",
        spec,
        json!({"kv": [{"key": "to", "value": "bob"}]}),
    )
    .await;
    assert_eq!(
        (&plugin[0]["spec"]["name"], &plugin[0]["spec"]["inputs"]),
        (&json!("mail"), &json!([{"name": "to", "value": "bob"}]))
    );
}

#[tokio::test]
async fn a_type_that_is_not_modelled_is_carried_and_takes_one_step() {
    let spec = json!({"z": [1, {"b": null}], "a": "x"});
    let scans = jobs("zadig-scanning", spec.clone(), json!({"anything": 1})).await;
    assert_eq!(scans.len(), 1);
    assert_eq!(scans[0]["spec"], spec);
    assert_eq!(
        (&scans[0]["status"], &scans[0]["cost_seconds"]),
        (&json!("passed"), &json!(2))
    );
}

#[tokio::test]
async fn settings_and_inputs_get_the_values_of_variables() {
    let app = App::build(
        |settings| settings.references = release_emulator::References::Checked,
        &json!({"zadig": {"projects": [{"key": "shop", "environments": [{"name": "dev"}], "workflows": [{
            "workflow_key": "w", "params": [
                {"name": "version", "type": "string", "value": "1"},
                {"name": "env", "type": "choice", "value": "", "choice_option": ["dev", "prod"]}],
            "stages": [{"name": "s", "jobs": [
                {"name": "a", "type": "freestyle", "spec": {"envs": [
                    {"key": "VERSION", "value": "v{{.workflow.params.version}}-{{.workflow.params.none}}"}]}},
                {"name": "b", "type": "sql", "spec": {"sql": "{{.workflow.params.version}}"}},
                {"name": "c", "type": "zadig-deploy"}]}]}]}]}}),
    );
    let body = json!({"workflow_key": "w", "project_key": "shop",
        "parameters": [{"name": "version", "value": "2 \"x\""}, {"name": "env", "value": "dev"}],
        "inputs": [
            {"job_name": "a", "parameters": {"kv": [{"key": "ENV", "value": "{{.workflow.params.env}}"}]}},
            {"job_name": "b"},
            {"job_name": "c", "parameters": {"env_name": "{{.workflow.params.env}}", "service_list": [
                {"service_name": "web", "service_module": "web", "image_name": "web:{{.workflow.params.version}}"}]}}]});
    app.post(TASK, body).await.assert_status(200);
    let task = app.task("w", 1).await;
    let specs = task["stages"][0]["jobs"].as_array().unwrap().iter();
    let specs: Vec<_> = specs.map(|job| &job["spec"]).collect();
    let values = [0, 1].map(|n| specs[0]["envs"][n]["value"].clone());
    assert_eq!(values, [json!("v2 \"x\"-"), json!("dev")]);
    assert_eq!(specs[1], &json!({"sql": "2 \"x\""}));
    assert_eq!(specs[2]["env"], "dev");
    assert_eq!(specs[2]["service_and_images"][0]["image"], "web:2 \"x\"");
    // The workflow keeps the names.
    let detail = "/openapi/workflows/custom/w/detail?projectKey=shop";
    let detail = app.get(detail).await.assert_status(200);
    assert_eq!(
        detail["stages"][0]["jobs"][1]["spec"],
        json!({"sql": "{{.workflow.params.version}}"})
    );
}

#[tokio::test]
async fn a_workflow_that_is_made_up_has_the_variables_of_the_request() {
    let app = App::load(&shop());
    let body = json!({"workflow_key": "new", "project_key": "shop", "parameters": [{"name": "env", "value": "dev"}],
        "inputs": [{"job_name": "deploy", "job_type": "zadig-deploy", "parameters": {
            "env_name": "{{.workflow.params.env}}", "service_list": [{"service_name": "web", "service_module": "web"}]}}]});
    app.post(TASK, body).await.assert_status(200);
    let task = app.task("new", 1).await;
    assert_eq!(task["stages"][0]["jobs"][0]["spec"]["env"], "dev");
}
