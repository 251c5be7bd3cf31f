//! Stories of versions, with exact times.

use serde_json::{Value, json};

use super::*;

fn retry(name: &str) -> Value {
    json!({"project_key": "demo", "version_name": name, "retry": true})
}

fn failing_push(step: &str, message: &str) -> Value {
    json!({
        "match": {"family": "zadig", "scope": "demo", "step": step},
        "outcome": "fail", "message": message, "times": 1
    })
}

#[tokio::test]
async fn a_version_of_three_pushed_images_succeeds_after_three_steps() {
    let app = App::new();
    app.create_k8s(k8s("v1")).await.assert_reply(200, SUCCESS);

    for (ms, status, count, upload) in [
        (0, "creating", "0/3", "waiting"),
        (1_999, "creating", "0/3", "waiting"),
        (1, "creating", "1/3", "waiting"),
        (2_000, "creating", "2/3", "waiting"),
        (1_999, "creating", "2/3", "waiting"),
        (1, "success", "3/3", "success"),
        (86_400_000, "success", "3/3", "success"),
    ] {
        app.advance(ms).await;
        assert_eq!(
            app.progress("v1").await,
            progress(status, count, upload, ""),
            "after {ms} ms"
        );
    }
}

#[tokio::test]
async fn each_push_and_the_version_have_transitions() {
    let app = App::new();
    app.create_k8s(k8s("v1")).await.assert_reply(200, SUCCESS);

    let transitions = app.advance(10_000).await;

    let lines: Vec<_> = transitions
        .iter()
        .map(|change| {
            assert_eq!(
                (&change["family"], &change["scope"]),
                (&json!("zadig"), &json!("demo"))
            );
            assert_eq!(change["name"], "v1");
            format!(
                "{} {} {} {}",
                &change["time"].as_str().unwrap()[17..],
                change["step"].as_str().unwrap_or("-"),
                change["from"].as_str().unwrap(),
                change["to"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            "02Z image1 running passed",
            "02Z image2 waiting running",
            "04Z image2 running passed",
            "04Z image4 waiting running",
            "06Z - creating success",
            "06Z image4 running passed",
        ]
    );
}

#[tokio::test]
async fn a_version_without_pushes_succeeds_at_once() {
    let app = App::new();
    app.create_k8s(json!({"project_key": "demo", "version_name": "v1"}))
        .await
        .assert_reply(200, SUCCESS);
    assert_eq!(
        app.progress("v1").await,
        progress("success", "0/0", "success", "")
    );

    let mut body = k8s("v2");
    for pointer in [
        "/yaml_datas/0/image_datas/0",
        "/yaml_datas/0/image_datas/1",
        "/yaml_datas/1/image_datas/1",
    ] {
        body = but(body, &format!("{pointer}/disable_image_dist"), json!(true));
    }
    // Nothing is pushed, so no registry is needed.
    let body = but(body, "/image_registry_id", json!(""));
    app.create_k8s(body).await.assert_reply(200, SUCCESS);
    assert_eq!(
        app.progress("v2").await,
        progress("success", "0/0", "success", "")
    );
    assert_eq!(
        app.detail("v2").await["deploy_infos"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
}

#[tokio::test]
async fn steps_of_no_length_succeed_at_once() {
    let app = App::with(|settings| settings.step = 0);
    app.create_k8s(k8s("v1")).await.assert_reply(200, SUCCESS);
    assert_eq!(
        app.progress("v1").await,
        progress("success", "3/3", "success", "")
    );
}

#[tokio::test]
async fn a_failed_push_ends_a_k8s_version_without_a_text_and_a_retry_pushes_the_rest() {
    let app = App::new();
    app.script(failing_push("image2", "no space left")).await;
    app.create_k8s(k8s("v1")).await.assert_reply(200, SUCCESS);

    app.advance(3_999).await;
    assert_eq!(
        app.progress("v1").await,
        progress("creating", "1/3", "waiting", "")
    );
    app.advance(1).await;
    assert_eq!(
        app.progress("v1").await,
        progress("failed", "1/3", "failed", "")
    );
    app.advance(60_000).await;
    assert_eq!(
        app.progress("v1").await,
        progress("failed", "1/3", "failed", "")
    );
    let before = app.detail("v1").await;

    app.create_k8s(retry("v1")).await.assert_reply(200, SUCCESS);
    assert_eq!(
        app.progress("v1").await,
        progress("retrying", "1/3", "waiting", "")
    );
    let again = app.create_k8s(retry("v1")).await;
    again.assert_reply(
        500,
        &refused("v1", true, "can't reCreate version with status:retrying"),
    );
    app.advance(2_000).await;
    assert_eq!(
        app.progress("v1").await,
        progress("retrying", "2/3", "waiting", "")
    );
    app.advance(2_000).await;
    assert_eq!(
        app.progress("v1").await,
        progress("success", "3/3", "success", "")
    );

    let after = app.detail("v1").await;
    assert_eq!(after["deploy_infos"], before["deploy_infos"]);
    assert_eq!(
        after["version_info"]["create_time"], before["version_info"]["create_time"],
        "a retry does not change when it was created"
    );
}

#[tokio::test]
async fn a_retry_may_fail_again() {
    let app = App::new();
    app.script(json!({
        "match": {"family": "zadig", "name": "v1", "step": "image2"}, "outcome": "fail", "takes_ms": 500, "times": 2
    }))
    .await;
    app.create_k8s(k8s("v1")).await.assert_reply(200, SUCCESS);
    app.advance(2_500).await;
    app.create_k8s(retry("v1")).await.assert_reply(200, SUCCESS);
    app.advance(499).await;
    assert_eq!(
        app.progress("v1").await,
        progress("retrying", "1/3", "waiting", "")
    );
    app.advance(1).await;
    assert_eq!(
        app.progress("v1").await,
        progress("failed", "1/3", "failed", "")
    );
}

#[tokio::test]
async fn a_retry_uses_only_project_and_name() {
    let app = App::new();
    app.script(failing_push("image1", "")).await;
    app.create_k8s(k8s("v1")).await.assert_reply(200, SUCCESS);
    app.advance(2_000).await;
    let body = but(k8s("v1"), "/retry", json!(true));
    let body = but(body, "/desc", json!("something else"));
    let body = but(body, "/labels", json!(["c"]));
    app.create_k8s(body).await.assert_reply(200, SUCCESS);
    let info = app.detail("v1").await["version_info"].clone();
    assert_eq!(
        (&info["description"], &info["labels"]),
        (&json!("labore id amet"), &json!(["a", "b"]))
    );
}

#[tokio::test]
async fn a_failed_helm_version_names_the_image() {
    let app = App::new();
    app.script(failing_push("image2", "no space left")).await;
    app.create_helm(helm("v1")).await.assert_reply(200, SUCCESS);
    assert_eq!(
        app.progress("v1").await,
        progress("creating", "0/2", "waiting", "")
    );
    app.advance(2_000).await;
    assert_eq!(
        app.progress("v1").await,
        progress("creating", "1/2", "waiting", "")
    );
    app.advance(2_000).await;
    let error = "1 error occurred:\n\t* failed to build image distribute for service: chart2, status: failed, \
                 err: no space left \n\n";
    assert_eq!(
        app.progress("v1").await,
        progress("failed", "1/2", "failed", error)
    );

    // The charts are there, so the service makes no new task, and finds the failed one.
    for _ in 0..2 {
        app.create_helm(retry("v1"))
            .await
            .assert_reply(200, SUCCESS);
        assert_eq!(
            app.progress("v1").await,
            progress("failed", "1/2", "failed", error)
        );
        app.advance(60_000).await;
    }
    let rows = &app.detail("v1").await["distribute_infos"];
    assert_eq!(rows[1]["sub_distributes"][0]["service_name"], "chart2");
}

#[tokio::test]
async fn a_chart_that_cannot_be_packaged_fails_the_creation() {
    let app = App::new();
    app.script(failing_push("chart1", "connection refused"))
        .await;
    app.script(failing_push("chart2", "no such host")).await;
    let error = "2 errors occurred:\n\t* failed to push chart: chart1-1.76.tgz: connection refused\n\t\
                 * failed to push chart: chart2-1.77.tgz: no such host\n\n";

    let reply = app.create_helm(helm("v1")).await;

    reply.assert_reply(500, &refused("v1", false, error));
    assert_eq!(
        app.progress("v1").await,
        progress("failed", "0/0", "failed", error)
    );
    assert_eq!(app.detail("v1").await["distribute_infos"], json!([]));

    app.advance(5_000).await;
    app.create_helm(retry("v1"))
        .await
        .assert_reply(200, SUCCESS);
    assert_eq!(
        app.progress("v1").await,
        progress("retrying", "0/2", "waiting", "")
    );
    app.advance(4_000).await;
    assert_eq!(
        app.progress("v1").await,
        progress("success", "2/2", "success", "")
    );
    let detail = app.detail("v1").await;
    let created = detail["version_info"]["create_time"].as_i64().unwrap();
    assert_eq!(detail["distribute_infos"][0]["create_time"], created + 5);
}

/// Version `v1` after an hour, in which the push of its second image has not ended.
async fn given_up(kind: &str, push: Value) -> App {
    let app = App::new();
    app.script(push).await;
    let body = if kind == "k8s" { k8s("v1") } else { helm("v1") };
    app.post(&format!("{RELEASES}/{kind}"), body)
        .await
        .assert_reply(200, SUCCESS);
    let total = if kind == "k8s" { 3 } else { 2 };
    let count = format!("1/{total}");
    app.advance(3_599_999).await;
    assert_eq!(
        app.progress("v1").await,
        progress("creating", &count, "waiting", "")
    );
    app.advance(1).await;
    assert_eq!(
        app.progress("v1").await,
        progress("failed", &count, "failed", "timeout")
    );
    app
}

fn second_push(outcome: &Value) -> Value {
    let mut script = json!({"match": {"family": "zadig", "step": "image2"}, "times": 1});
    script
        .as_object_mut()
        .unwrap()
        .extend(outcome.as_object().unwrap().clone());
    script
}

#[tokio::test]
async fn a_k8s_version_that_the_service_gave_up_on_is_retried_once_its_push_has_failed() {
    let app = given_up(
        "k8s",
        second_push(&json!({"outcome": "fail", "takes_ms": 3_700_000})),
    )
    .await;
    // Another version of the project has the next task.
    app.script(second_push(&json!({"outcome": "hang"}))).await;
    app.create_k8s(but(k8s("v2"), "/version_name", json!("v2")))
        .await
        .assert_reply(200, SUCCESS);
    let refusal = |version: &str, task: u32| {
        let cause = format!(
            "failed to retry workflow task, workflowName: zadig-delivery-demo, taskID: {task}, err: 工作流任务状态无法重试"
        );
        refused(version, true, &cause)
    };
    let reply = app.create_k8s(retry("v1")).await;
    reply.assert_reply(500, &refusal("v1", 1));
    assert!(
        reply
            .header("x-emulator-hint")
            .contains("DELETE the version")
    );
    app.advance(102_000).await;
    app.create_k8s(retry("v1")).await.assert_reply(200, SUCCESS);
    app.advance(4_000).await;
    assert_eq!(
        app.progress("v1").await,
        progress("success", "3/3", "success", "")
    );
    app.advance(3_600_000).await;
    let reply = app.create_k8s(retry("v2")).await;
    reply.assert_reply(500, &refusal("v2", 2));
}

#[tokio::test]
async fn a_helm_version_that_the_service_gave_up_on_goes_on_with_its_retry() {
    let app = given_up(
        "helm",
        second_push(&json!({"outcome": "succeed", "takes_ms": 5_400_000})),
    )
    .await;
    app.create_helm(retry("v1"))
        .await
        .assert_reply(200, SUCCESS);
    for (ms, status, count, upload) in [
        (0, "retrying", "1/2", "waiting"),
        (1_801_999, "retrying", "1/2", "waiting"),
        (1, "success", "2/2", "success"),
    ] {
        app.advance(ms).await;
        assert_eq!(
            app.progress("v1").await,
            progress(status, count, upload, "")
        );
    }
}

#[tokio::test]
async fn a_chart_that_is_requested_twice_never_succeeds() {
    let app = App::new();
    let twice = but(helm("v1"), "/chart_datas/1/service_name", json!("chart1"));
    app.create_helm(twice).await.assert_reply(200, SUCCESS);
    assert_eq!(app.progress("v1").await.0, "creating");
    app.advance(4_000).await;
    for _ in 0..2 {
        assert_eq!(
            app.progress("v1").await,
            progress("failed", "1/1", "failed", "")
        );
        let state = app.state().await;
        app.put("/_emulator/v1/state", state)
            .await
            .assert_status(204);
        app.create_helm(retry("v1"))
            .await
            .assert_reply(200, SUCCESS);
    }
}

#[tokio::test]
async fn pushes_that_end_just_within_the_hour_succeed() {
    let app = App::new();
    app.script(json!({
        "match": {"family": "zadig"}, "outcome": "succeed", "takes_ms": 1_200_000
    }))
    .await;
    app.create_k8s(k8s("v1")).await.assert_reply(200, SUCCESS);
    app.advance(3_600_000).await;
    assert_eq!(
        app.progress("v1").await,
        progress("success", "3/3", "success", "")
    );
}

#[tokio::test]
async fn a_version_can_be_deleted_while_it_is_pushed() {
    let app = App::new();
    app.create_k8s(k8s("v1")).await.assert_reply(200, SUCCESS);
    app.advance(2_000).await;
    let id = app.id("v1").await;
    app.delete(&format!("{RELEASES}/{id}?projectKey=demo"))
        .await
        .assert_reply(200, SUCCESS);
    assert_eq!(app.advance(60_000).await, Vec::<Value>::new());
    assert_eq!(app.list().await["total"], 0);
}

#[tokio::test]
async fn a_failed_version_of_a_fixture_is_retried_from_its_progress() {
    let row = |container: &str| json!({"service_name": "s", "service_module": container, "image_name": container});
    let given_progress =
        json!({"success_count": 1, "total_count": 3, "upload_status": "failed", "error": "x"});
    let app = App::load(
        &json!({"zadig": {"projects": [{"key": "demo", "versions": [{
        "version_info": {"version_name": "v1", "status": "failed", "progress": given_progress},
        "deploy_infos": [row("a"), row("b"), row("c")]
    }, {"version_name": "v2", "status": "failed"}]}]}}),
    );
    assert_eq!(
        app.progress("v1").await,
        progress("failed", "1/3", "failed", "x")
    );
    app.advance(60_000).await;
    assert_eq!(
        app.progress("v1").await,
        progress("failed", "1/3", "failed", "x")
    );

    app.create_k8s(retry("v1")).await.assert_reply(200, SUCCESS);
    assert_eq!(
        app.progress("v1").await,
        progress("retrying", "1/3", "waiting", "")
    );
    app.advance(4_000).await;
    assert_eq!(
        app.progress("v1").await,
        progress("success", "3/3", "success", "")
    );

    let nothing = refused("v2", true, "no workflow task found for version: v2");
    app.create_k8s(retry("v2"))
        .await
        .assert_reply(500, &nothing);
}
