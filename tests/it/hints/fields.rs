//! Misspelt fields and parameters, and words that are none of the allowed ones.

use super::*;

/// The hint about an unknown field in an accepted body.
fn ignored(place: &str, meant: &str) -> String {
    format!("unknown field {place} was ignored, did you mean {meant}?")
}

/// The hint about an unknown field in a refused body.
fn unknown(place: &str, meant: &str) -> String {
    format!("unknown field {place}, did you mean {meant}?")
}

#[tokio::test]
async fn a_misspelt_field_of_a_refused_body_is_told_with_what_it_may_have_meant() {
    let app = App::new();
    let pipeline = simple("shop");
    for (path, body, hint) in [
        (
            RELEASES.to_owned(),
            json!({"metadata": {"nmae": "reviews-v2"}}),
            ignored("metadata.nmae", "metadata.name"),
        ),
        (
            format!("/v1/{PROJECT}/meshes"),
            json!({"api_version": "v1", "kind": "Mesh"}),
            ignored("api_version", "apiVersion"),
        ),
        (
            plans(""),
            json!({"nmae": "spring", "components": []}),
            ignored("nmae", "name"),
        ),
        (
            pipelines(""),
            json!({"name": "shop", "modelVersion": 2, "config_mode": "ui"}),
            ignored("modelVersion", "model_version"),
        ),
        (
            "/v3/auth/tokens".to_owned(),
            json!({"auth": {"identty": {}}}),
            format!(
                "{}; auth.identity is required",
                ignored("auth.identty", "auth.identity")
            ),
        ),
        (
            format!("{VERSIONS}/k8s"),
            json!({"project_key": 7, "versionname": "v1"}),
            ignored("versionname", "version_name"),
        ),
        (
            "/_emulator/v1/scripts".to_owned(),
            json!({"macth": {}, "outcome": "fail"}),
            unknown("macth", "match"),
        ),
        (
            "/_emulator/v1/faults".to_owned(),
            json!({"do": {"stauts": 429}}),
            unknown("do.stauts", "do.status"),
        ),
        (
            "/_emulator/v1/clock/advance".to_owned(),
            json!({"Ms": 5}),
            unknown("Ms", "ms"),
        ),
        (
            pipelines(""),
            json!({"name": "no name!", "model_version": 2, "config_mode": "ui", "stages": pipeline["stages"],
                "fail-mode": "stop"}),
            ignored("fail-mode", "fail_mode"),
        ),
    ] {
        assert_hint(&app.post(&path, body).await, 400, &hint);
    }
}

#[tokio::test]
async fn a_misspelt_field_of_a_part_that_is_only_carried_is_told_too() {
    let app = App::new();
    let stages = json!([{"name": "build", "tasks": [{"nmae": "compile", "order-index": 1}]}]);
    let reply = app.post(&pipelines(""), pipeline("shop", stages)).await;
    let hint = format!(
        "{}; {}",
        unknown("stages[0].tasks[0].nmae", "stages[0].tasks[0].name"),
        unknown(
            "stages[0].tasks[0].order-index",
            "stages[0].tasks[0].order_index"
        )
    );
    assert_hint(&reply, 400, &hint);

    let component = json!({"seq": 0, "name": "web", "runtimeStack": {}, "labels": [{"kye": "a"}]});
    let reply = app
        .post(
            &plans(""),
            json!({"name": "spring", "components": [component]}),
        )
        .await;
    let hint = format!(
        "{}; {}",
        unknown("components[0].runtimeStack", "components[0].runtime_stack"),
        unknown("components[0].labels[0].kye", "components[0].labels[0].key")
    );
    assert_hint(&reply, 400, &hint);

    // Free-form values have no fields that could be misspelt.
    let mut body = release("no", "reviews");
    body["spec"]["grayDeployments"][0]["template"] =
        json!({"nmae": 1, "template": {"clusterid": 1}});
    assert_hint(&app.post(RELEASES, body).await, 400, "");
}

#[tokio::test]
async fn a_misspelt_field_that_was_accepted_is_told_with_what_it_may_have_meant() {
    let app = App::new();
    let mut body = simple("shop");
    body["descripton"] = json!("?");
    body["colour"] = json!("red");
    let reply = app.post(&pipelines(""), body).await;
    let hint = format!(
        "{}; unknown field colour was ignored",
        ignored("descripton", "description")
    );
    assert_hint(&reply, 200, &hint);

    let mut body = version("v1");
    body["yaml_datas"][0]["service-name"] = json!("web");
    body["yaml_datas"][0]["Service_Name"] = json!("case does not matter");
    let reply = app.post(&format!("{VERSIONS}/k8s"), body).await;
    let hint = ignored("yaml_datas.service-name", "yaml_datas.service_name");
    assert_hint(&reply, 200, &hint);
}

#[tokio::test]
async fn a_misspelt_parameter_of_a_query_is_told_with_what_it_may_have_meant() {
    let app = App::new();
    let id = create(&app, &pipelines(""), simple("shop")).await;
    let said = |name: &str, meant: &str| {
        format!("unknown query parameter {name} was ignored, did you mean {meant}?")
    };
    let post = async |path: &str| app.post(path, json!({})).await;

    let reply = post(&pipelines(&format!("/{id}/action?action-id=start"))).await;
    assert_hint(&reply, 400, &said("action-id", "action_id"));
    let reply = app.get(&pipelines("?limitt=1")).await;
    assert_hint(&reply, 200, &said("limitt", "limit"));
    let reply = app.get(&plans("?order=up&offest=1")).await;
    assert_hint(&reply, 400, &said("offest", "offset"));
    let reply = app.delete(&format!("{RELEASES}/x?actoin=end")).await;
    assert_hint(&reply, 400, &said("actoin", "action"));
    let list =
        "the query parameters projectKey, pageNum and pageSize are required and must not be 0";
    let reply = app
        .get(&format!("{VERSIONS}?project_key=demo&pageNum=1&pageSize=1"))
        .await;
    let hint = format!("{}; {list}", said("project_key", "projectKey"));
    assert_hint(&reply, 400, &hint);
    let reply = app.get("/v3/projects?perpage=1&page=1").await;
    let hint = format!(
        "{}; per_page must be given together with page",
        said("perpage", "per_page")
    );
    assert_hint(&reply, 400, &hint);
    let reply = app.get("/_emulator/v1/requests?famly=asm").await;
    assert_hint(&reply, 200, &said("famly", "family"));

    // A token may stand in the query of Zadig, and a stranger is only named.
    let path = format!("{VERSIONS}?projectKey=demo&pageNum=1&pageSize=1&token=t");
    let unknown =
        "there is no project demo; a project begins with its first version, or with fixtures";
    assert_hint(&app.send("GET", &path, &[], "").await, 200, unknown);
    let reply = app.get(&pipelines("?colour=red")).await;
    assert_hint(&reply, 200, "unknown query parameter colour was ignored");
    let reply = app
        .get(&pipelines(&format!("?{}", "0123456789abcdef".repeat(4))))
        .await;
    assert_hint(&reply, 200, "");
}

#[tokio::test]
async fn fields_are_not_looked_at_before_the_caller_is_known() {
    let app = App::new();
    let body = json!({"nmae": "spring"}).to_string();
    let reply = app.send("POST", &plans("?limitt=1"), &[], body).await;
    assert_hint(&reply, 401, "send an X-Auth-Token, or sign with AK/SK");
}

#[tokio::test]
async fn a_parameter_of_iam_is_told_with_what_it_may_be() {
    let app = App::new();
    for (query, hint) in [
        ("enabled=maybe", "enabled must be true or false"),
        ("page=0&per_page=1", "page must be a positive integer"),
        (
            "page=1&per_page=5001",
            "per_page must be an integer from 1 to 5000",
        ),
        ("per_page=1", "page must be given together with per_page"),
    ] {
        let reply = app.get(&format!("/v3/projects?{query}")).await;
        assert_hint(&reply, 400, hint);
    }
}

#[tokio::test]
async fn a_word_of_the_control_plane_is_told_with_what_it_may_have_meant() {
    let app = App::new();
    let fault = |key: &str, word: &str| json!({"match": {key: word}, "do": {"status": 500}});
    for (path, body, hint) in [
        (
            "faults",
            fault("operation", "ListPipeline"),
            "did you mean ListPipelines?",
        ),
        (
            "faults",
            fault("family", "pipeline"),
            "did you mean pipelines?",
        ),
        ("faults", fault("method", "PSOT"), "did you mean POST?"),
    ] {
        let reply = app.post(&format!("/_emulator/v1/{path}"), body).await;
        assert_hint(&reply, 400, hint);
    }
    for (state, hint) in [
        (json!({"servicestag": {}}), "did you mean servicestage?"),
        (
            json!({"zadig": {"projects": [{"key": "demo", "environment": []}]}}),
            "did you mean environments?",
        ),
    ] {
        assert_hint(&app.put("/_emulator/v1/state", state).await, 400, hint);
    }
}

#[tokio::test]
async fn a_body_of_any_size_and_depth_gets_a_hint_and_an_answer() {
    let app = App::new();
    let mut body = plan("spring");
    body["nmae"] = json!("x".repeat(300 << 10));
    body["fail_strategy"] = json!("sometimes");
    // It is too long to be read again, but the type has met the field before it came to the wrong word.
    let reply = app.post(&plans(""), body).await;
    assert_hint(&reply, 400, &ignored("nmae", "name"));

    let fields = (0..5_000).map(|n| (format!("nmae{n}"), json!(1)));
    let body: serde_json::Map<String, Value> = fields.collect();
    let reply = app.post(&plans(""), Value::Object(body)).await;
    let hint = reply.header("x-emulator-hint");
    assert!(hint.len() < 2_100 && hint.ends_with(" ..."), "{hint}");
    let deep = format!(r#"{{"nmae":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    let reply = app.send("POST", &plans(""), CREDENTIALS, deep).await;
    assert_hint(&reply, 400, &unknown("nmae", "name"));
}

#[tokio::test]
async fn a_misspelt_field_that_is_kept_is_named_too() {
    let app = App::new();
    let task = json!({"name": "roll-out", "task_type_id": {"catgory": "approval"}});
    let stages = json!([{"name": "build", "tasks": []},
        {"name": "deploy", "aproval_type": 1, "x-team": "web", "tasks": [task]}]);
    let body = json!({"name": "shop", "model_version": 2, "config_mode": "ui", "stages": stages});
    let created = app.post(&pipelines(""), body).await;
    created.assert_status(200);
    assert_eq!(
        created.header("x-emulator-hint"),
        [
            unknown("stages[1].aproval_type", "stages[1].approval_type"),
            unknown(
                "stages[1].tasks[0].task_type_id.catgory",
                "stages[1].tasks[0].task_type_id.category"
            ),
        ]
        .join("; ")
    );

    let container = json!({"name": "app", "image": "reviews:2", "imge": "reviews:2"});
    let template =
        json!({"kind": "Deployment", "spec": {"template": {"spec": {"containers": [container]}}}});
    let body = json!({"metadata": {"name": "reviews-v2"},
        "spec": {"serviceName": "reviews", "version": "v2", "grayDeployments": [{"template": template}]}});
    let created = app.post(RELEASES, body).await;
    created.assert_status(201);
    assert_eq!(
        created.header("x-emulator-hint"),
        "",
        "a template belongs to Kubernetes"
    );
}

#[tokio::test]
async fn a_misspelt_category_of_a_task_is_told_as_nobody_is_waited_for() {
    let app = App::new();
    let body = |category: &str| {
        json!({"name": format!("shop-{category}"), "model_version": 2, "config_mode": "ui", "stages": [
            {"name": "s", "tasks": [{"name": "ask", "task_type_id": {"category": category}}]}]})
    };
    let path = format!("/v3/{PROJECT}/pipeline/pipelines");
    for (category, hint) in [
        ("approval", ""),
        ("build", ""),
        (
            "aproval",
            "the task \"ask\" has the category \"aproval\" and waits for nobody; did you mean \"approval\"?",
        ),
        (
            "Approval",
            "the task \"ask\" has the category \"Approval\" and waits for nobody; did you mean \"approval\"?",
        ),
    ] {
        let reply = app.post(&path, body(category)).await;
        reply.assert_status(200);
        assert_eq!(reply.header("x-emulator-hint"), hint);
    }
}
