//! The list and the detail.

use super::*;
use crate::common::{assert_same, golden};

/// The keys of an object, in order.
fn keys(value: &Value) -> Vec<&str> {
    let keys = value.as_object().expect("an object").keys();
    keys.map(String::as_str).collect()
}

#[tokio::test]
async fn the_documented_plans_are_shown_as_they_are_documented() {
    let (list, detail) = (
        golden("zadig_release_plans.json"),
        golden("zadig_release_plan.json"),
    );
    for generation in ["v3", "v4"] {
        let app = App::load(&json!({"zadig": {
            "generation": generation, "release_plans": [detail, list["list"][0]]}}));
        let listed = app.get(&format!("{PLANS}?pageNum=1&pageSize=1")).await;
        let listed = listed.assert_status(200);
        assert_same(&listed["list"], &list["list"]);
        assert_eq!(listed["total"], 2);

        let id = detail["id"].as_str().unwrap();
        let mut shown = app.shown(id).await;
        let object = shown.as_object_mut().unwrap();
        // The document leaves these out.
        assert_eq!(
            object.shift_remove("jira_sprint_association"),
            Some(Value::Null)
        );
        if generation == "v4" {
            for key in [
                "approver_id",
                "finish_planning_time",
                "instance_code",
                "hook_settings",
                "wait_for_finish_planning_external_check_time",
                "wait_for_approve_external_check_time",
                "wait_for_execute_external_check_time",
                "wait_for_all_done_external_check_time",
                "external_check_failed_reason",
                "callback_description",
            ] {
                object.shift_remove(key).expect(key);
            }
        }
        let native = &mut shown["approval"]["native_approval"];
        let native = native.as_object_mut().unwrap();
        assert_eq!(native.shift_remove("flat_approve_users"), Some(json!([])));
        let user = native["approve_users"][0].as_object_mut().unwrap();
        assert_eq!(user.shift_remove("type"), Some(json!("")));
        assert_same(&shown, &detail);
    }
}

#[tokio::test]
async fn each_generation_has_its_keys_in_their_order() {
    let first = [
        "id",
        "index",
        "name",
        "manager",
        "manager_id",
        "start_time",
        "end_time",
        "schedule_execute_time",
        "description",
        "created_by",
        "create_time",
        "updated_by",
        "update_time",
        "jira_sprint_association",
        "jobs",
        "status",
        "planning_time",
        "approval_time",
        "executing_time",
        "success_time",
    ];
    let app = v3(&json!([{"id": "64f1a7cd1b7bd46ec353b50c"}]));
    assert_eq!(keys(&app.shown("64f1a7cd1b7bd46ec353b50c").await), first);

    let app = v4();
    let id = app.create_plan(plan("weekly")).await;
    let shown = app.shown(&id).await;
    let mut second = first.to_vec();
    second.insert(5, "approver_id");
    let at = second.iter().position(|key| *key == "approval_time");
    second.insert(at.unwrap(), "finish_planning_time");
    second.extend([
        "instance_code",
        "hook_settings",
        "wait_for_finish_planning_external_check_time",
        "wait_for_approve_external_check_time",
        "wait_for_execute_external_check_time",
        "wait_for_all_done_external_check_time",
        "external_check_failed_reason",
        "callback_description",
    ]);
    assert_eq!(keys(&shown), second);
    assert_eq!(shown["hook_settings"], Value::Null);
}

#[tokio::test]
async fn the_list_has_the_highest_number_first_and_a_negative_number_asks_for_all() {
    let app = v4();
    for name in ["a", "b", "c"] {
        app.create_plan(plan(name)).await;
    }
    for (query, expected) in [
        ("pageNum=1&pageSize=2", "3c 2b"),
        ("pageNum=2&pageSize=2", "1a"),
        ("pageNum=3&pageSize=2", ""),
        ("pageNum=-1&pageSize=2", "3c 2b 1a"),
        ("pageNum=5&pageSize=-2", "3c 2b 1a"),
    ] {
        let listed = app
            .get(&format!("{PLANS}?{query}"))
            .await
            .assert_status(200);
        let plans = listed["list"].as_array().unwrap();
        let names: Vec<_> = plans
            .iter()
            .map(|plan| format!("{}{}", plan["index"], plan["name"].as_str().unwrap()))
            .collect();
        assert_eq!(names.join(" "), expected, "{query}");
        assert_eq!(listed["total"], 3, "{query}");
    }
    let refused = app.get(&format!("{PLANS}?pageNum=1&pageSize=0")).await;
    refused.assert_reply(400, &bad_request("Key: 'OpenAPIListReleasePlanOption.PageSize' Error:Field validation for 'PageSize' failed on the 'required' tag"));
    let refused = app
        .get(&format!("{PLANS}?pageNum=3&pageSize=4611686018427387904"))
        .await;
    refused.assert_reply(
        500,
        r#"{"code":500,"description":"ListReleasePlans: (Location51024) BSON field 'skip' value must be \u003e= 0","message":"Internal Error: "}"#,
    );
}

#[tokio::test]
async fn an_id_that_no_plan_has_is_a_500_with_the_text_of_the_database() {
    let app = v4();
    let id = app.create_plan(plan("weekly")).await;
    app.get(&format!("{PLANS}/{}", id.to_uppercase()))
        .await
        .assert_status(200);
    for (id, text) in [
        ("64f1a7cd1b7bd46ec353b50c", "mongo: no documents in result"),
        ("weekly", "the provided hex string is not a valid ObjectID"),
        (
            "64f1a7cd1b7bd46ec353b50x",
            "encoding/hex: invalid byte: U+0078 'x'",
        ),
    ] {
        let refused = app.get(&format!("{PLANS}/{id}")).await;
        refused.assert_reply(500, &internal(text));
    }
    let hint = app.get(&format!("{PLANS}/weekly")).await;
    assert_eq!(
        hint.header("x-emulator-hint"),
        format!("weekly is the name of the release plan with the id {id}")
    );
}

#[tokio::test]
async fn the_pages_of_the_service_show_a_plan_and_its_jobs() {
    let app = v4();
    let id = app
        .plan_with_jobs(plan("weekly"), json!([text_job("a"), text_job("b")]))
        .await;
    let shown = app.shown(&id).await;
    let read = async |token: &str, path: &str| {
        app.as_user(token, "GET", &format!("{INTERNAL}/{path}"), Value::Null)
            .await
    };
    assert_same(&read("mia", &id).await.assert_status(200), &shown);
    let job = &shown["jobs"][1];
    let path = format!("{id}/job/{}", job["id"].as_str().unwrap());
    assert_same(&read("mia", &path).await.assert_status(200), job);
    for path in [&id, &path] {
        read("guest", path).await.assert_reply(403, "");
    }
    let unknown = read("mia", &format!("{id}/job/none")).await;
    unknown.assert_reply(500, &internal("job none not found"));
    assert!(
        unknown
            .header("x-emulator-hint")
            .starts_with("the jobs of the plan are ")
    );
    for (path, text) in [
        ("64f1a7cd1b7bd46ec353b50c", "mongo: no documents in result"),
        (
            "64f1a7cd1b7bd46ec353b50c/job/x",
            "get plan: mongo: no documents in result",
        ),
    ] {
        read("mia", path).await.assert_reply(500, &internal(text));
    }
}

#[tokio::test]
async fn other_methods_and_slashes_are_answered_by_the_router() {
    let app = v4();
    let id = app.create_plan(plan("weekly")).await;
    for (method, path, text) in [
        ("PUT", PLANS.to_owned(), "Method not allowed: PUT "),
        (
            "DELETE",
            format!("{PLANS}/{id}"),
            "Method not allowed: DELETE ",
        ),
        (
            "GET",
            format!("{INTERNAL}/{id}/approve"),
            "Method not allowed: GET ",
        ),
    ] {
        let refused = app.as_user("root", method, &path, Value::Null).await;
        refused.assert_reply(405, &format!("{text}{path}"));
    }
    for (method, path, status) in [
        ("GET", format!("{PLANS}/"), 301),
        ("POST", format!("{PLANS}/"), 307),
        ("GET", format!("{PLANS}/{id}/"), 301),
        ("PATCH", format!("{PLANS}/{id}/"), 307),
        ("PUT", format!("{PLANS}/{id}/"), 404),
    ] {
        let reply = app.as_user("root", method, &path, Value::Null).await;
        assert_eq!(reply.status, status, "{method} {path}");
    }
    let refused = app.send("GET", PLANS, &[("authorization", "")], "").await;
    assert_eq!(refused.status, 401);
}

#[tokio::test]
async fn faults_find_plans_by_their_scope() {
    let app = v4();
    let fault = json!({"match": {"scope": "release_plan"}, "do": {"status": 503}, "times": 1});
    app.post("/_emulator/v1/faults", fault)
        .await
        .assert_status(201);
    let listed = format!("{PLANS}?pageNum=1&pageSize=1");
    assert_eq!(app.get(&listed).await.status, 503);
    assert_eq!(app.get(&listed).await.status, 200);
    let requests = app.get("/_emulator/v1/requests").await.assert_status(200);
    assert_eq!(requests["requests"][0]["scope"], "release_plan");
}
