//! Creations and edits.

use super::*;
use crate::common::{assert_same, golden};
use release_emulator::{Fidelity, References};

#[tokio::test]
async fn a_plan_begins_in_planning_without_jobs() {
    let app = v4();
    let mut body = plan("weekly");
    body["description"] = json!("<p>d</p>");
    body["start_time"] = json!(5);
    body["end_time"] = json!(7);
    body["schedule_execute_time"] = json!(6);
    let id = app.create_plan(body).await;
    assert_eq!(id.len(), 24);
    let shown = app.shown(&id).await;
    for (key, expected) in [
        ("index", json!(1)),
        ("name", json!("weekly")),
        ("manager", json!("mia")),
        ("manager_id", json!("u-mia")),
        ("start_time", json!(5)),
        ("end_time", json!(7)),
        ("schedule_execute_time", json!(6)),
        ("description", json!("<p>d</p>")),
        ("created_by", json!("Mia")),
        ("updated_by", json!("Mia")),
        ("create_time", json!(NOON_SECONDS)),
        ("update_time", json!(NOON_SECONDS)),
        ("jobs", json!([])),
        ("status", json!("planning")),
        ("planning_time", json!(0)),
    ] {
        assert_eq!(shown[key], expected, "{key}");
    }
    assert_eq!(shown.get("approval"), None);
}

#[tokio::test]
async fn the_documented_request_is_accepted_and_shown_as_it_was_sent() {
    let request = golden("zadig_release_plan_request.json");
    let app = v4();
    let created = app.as_user("root", "POST", PLANS, request.clone()).await;
    let created = created.assert_status(200);
    assert_eq!(created.as_object().unwrap().len(), 1, "{created}");
    let shown = app.shown(created["id"].as_str().unwrap()).await;
    for key in ["name", "manager", "start_time", "end_time", "description"] {
        assert_eq!(shown[key], request[key], "{key}");
    }
    let mut approval = shown["approval"].clone();
    let native = approval["native_approval"].as_object_mut().unwrap();
    assert_eq!(native.shift_remove("flat_approve_users"), Some(json!([])));
    let user = native["approve_users"][0].as_object_mut().unwrap();
    assert_eq!(user.shift_remove("type"), Some(json!("")));
    assert_same(&approval, &request["approval"]);
}

#[tokio::test]
async fn parameters_beside_the_jobs_of_an_edit_are_ignored() {
    let app = v4();
    let id = app.create_plan(plan("weekly")).await;
    // The document has them there.
    let edit = json!({"name": "Test-Plan-1", "manager": "mia", "manager_identity_type": "system",
        "jobs": [{"name": "Text-1", "type": "text", "spec": {"content": "Hello, World 1.", "remark": "abc"}}],
        "parameters": [{"name": 7}]});
    app.edit_plan(&id, edit).await.assert_reply(200, SUCCESS);
    let shown = app.shown(&id).await;
    assert_eq!(shown["name"], "Test-Plan-1");
    assert_eq!(
        shown["jobs"][0]["spec"],
        json!({"content": "Hello, World 1.", "remark": "abc"})
    );
}

#[tokio::test]
async fn v3_answers_a_message_and_numbers_go_on_after_a_deletion() {
    let app = v3(&json!([{"id": "64f1a7cd1b7bd46ec353b50c", "index": 21, "name": "old"}]));
    let created = app.as_user("mia", "POST", PLANS, plan("new")).await;
    created.assert_reply(200, SUCCESS);
    let listed = app.get(&format!("{PLANS}?pageNum=1&pageSize=9")).await;
    let newest = listed.assert_status(200)["list"][0].clone();
    assert_eq!(newest["index"], 22);
    let path = format!("{INTERNAL}/{}", newest["id"].as_str().unwrap());
    app.as_user("guest", "DELETE", &path, Value::Null)
        .await
        .assert_reply(403, "");
    app.as_user("mia", "DELETE", &path, Value::Null)
        .await
        .assert_reply(200, SUCCESS);
    app.as_user("mia", "DELETE", &path, Value::Null)
        .await
        .assert_reply(500, &internal("get plan: mongo: no documents in result"));
    let state = app.state().await;
    assert_eq!(state["zadig"]["last_release_plan"], 22);
    app.put("/_emulator/v1/state", state)
        .await
        .assert_status(204);
    app.as_user("mia", "POST", PLANS, plan("newer"))
        .await
        .assert_reply(200, SUCCESS);
    let listed = app.get(&format!("{PLANS}?pageNum=1&pageSize=9")).await;
    assert_eq!(listed.assert_status(200)["list"][0]["index"], 23);
}

/// A way to break the body of a plan, with the text that refuses it.
type Broken = (fn(&mut Value), &'static str);

/// In the order in which they are checked.
const BROKEN: [Broken; 6] = [
    (
        |body| body["name"] = json!(""),
        "Required parameters are missing",
    ),
    (
        |body| body["start_time"] = json!(8),
        "lint release time range error: start time should not be greater than end time",
    ),
    (
        |body| body["schedule_execute_time"] = json!(9),
        "lint schedule execute time error: schedule execute time should be in the range of start time and end time",
    ),
    (
        |body| body["manager"] = json!("nobody"),
        "User nobody not found",
    ),
    (
        |body| body["approval"]["native_approval"]["needed_approvers"] = json!(3),
        "lintApproval error: all approve users should not less than needed approvers",
    ),
    (|_| {}, ""),
];

fn checked() -> App {
    App::build(
        |settings| settings.references = References::Checked,
        &with_users(&json!({"generation": "v4"})),
    )
}

#[tokio::test]
async fn a_creation_is_checked_in_this_order() {
    let app = checked();
    for first in 0..BROKEN.len() {
        let mut body = plan("weekly");
        body["start_time"] = json!(5);
        body["end_time"] = json!(7);
        body["approval"] = approval(2);
        for (break_it, _) in BROKEN[first..].iter().rev() {
            break_it(&mut body);
        }
        let reply = app.as_user("mia", "POST", PLANS, body).await;
        match BROKEN[first].1 {
            "" => reply.assert_status(200),
            text => {
                reply.assert_reply(500, &internal(text));
                Value::Null
            }
        };
    }
}

#[tokio::test]
async fn an_edit_is_checked_in_this_order() {
    let app = checked();
    let id = app.create_plan(plan("weekly")).await;
    let text = "get release plan error: mongo: no documents in result";
    app.edit_plan("64f1a7cd1b7bd46ec353b50c", json!({}))
        .await
        .assert_reply(500, &internal(text));
    app.edit_plan(&id, json!({}))
        .await
        .assert_reply(500, &internal("Required parameters are missing"));
    let invalid = json!([{"name": "a", "type": "text", "spec": {"content": 7}}]);
    for first in 1..BROKEN.len() {
        let mut body = with_jobs(plan("weekly"), invalid.clone());
        body["start_time"] = json!(5);
        body["end_time"] = json!(7);
        body["approval"] = approval(2);
        for (break_it, _) in BROKEN[first..].iter().rev() {
            break_it(&mut body);
        }
        let text = match BROKEN[first].1 {
            "" => {
                "invalid spec: unmarshal task error: json: cannot unmarshal number into Go struct field OpenAPITextReleaseJobSpec.content of type string"
            }
            text => text,
        };
        app.edit_plan(&id, body)
            .await
            .assert_reply(500, &internal(text));
    }
    let unknown = json!([{"name": "w", "type": "workflow", "spec": {"workflow_key": "none"}}]);
    let refused = app.edit_plan(&id, with_jobs(plan("weekly"), unknown)).await;
    refused.assert_reply(400, r#"{"code":6542,"description":"mongo: no documents in result","extra":{},"message":"查询workflow失败","type":"error"}"#);
    assert_eq!(
        app.statuses(&id).await,
        "planning []",
        "a refused edit changes nothing"
    );
}

#[tokio::test]
async fn a_plan_cannot_be_edited_while_it_waits_or_is_executed_or_after_its_success() {
    let app = v4();
    let mut body = plan("weekly");
    body["approval"] = approval(1);
    let id = app.plan_with_jobs(body, json!([text_job("a")])).await;
    let text = "release plan status is success, executing or wait for approve, can't update";
    let refused = async |status: &str| {
        app.edit_plan(&id, plan("other"))
            .await
            .assert_reply(500, &internal(text));
        assert_eq!(app.statuses(&id).await, status);
    };
    app.go(&id, &["finish_planning", "wait_for_approval"]).await;
    refused("wait_for_approval []").await;
    app.approve("ann", &id, true)
        .await
        .assert_reply(200, SUCCESS);
    refused("executing [todo]").await;
    app.job_command("mia", "skip", &id, 0)
        .await
        .assert_reply(200, SUCCESS);
    refused("success [skipped]").await;
}

#[tokio::test]
async fn an_edit_replaces_everything_and_goes_back_to_planning() {
    let app = v4();
    let mut body = plan("weekly");
    body["description"] = json!("d");
    body["approval"] = approval(1);
    let jobs = json!([
        text_job("a"),
        {"name": "odd", "type": "other", "spec": 7},
        {"name": "empty", "type": "text"},
    ]);
    let id = app.plan_with_jobs(body, jobs).await;
    let first = app.shown(&id).await;
    assert_eq!(app.statuses(&id).await, "planning [, ]");
    assert_eq!(
        first["jobs"][0]["spec"],
        json!({"content": "do a", "remark": ""})
    );
    assert_eq!(
        first["jobs"][1]["spec"],
        json!({"content": "", "remark": ""})
    );
    assert_eq!(first["jobs"][0]["id"].as_str().unwrap().len(), 36);
    assert_eq!(first["approval"]["enabled"], true);

    app.go(&id, &["finish_planning"]).await;
    app.advance(5_000).await;
    let edit = with_jobs(plan("renamed"), json!([text_job("a")]));
    app.as_user("root", "PATCH", &format!("{PLANS}/{id}"), edit)
        .await
        .assert_reply(200, SUCCESS);
    let second = app.shown(&id).await;
    assert_eq!(app.statuses(&id).await, "planning []");
    for (key, expected) in [
        ("name", json!("renamed")),
        ("description", json!("")),
        ("updated_by", json!("root")),
        ("update_time", json!(NOON_SECONDS + 5)),
        ("created_by", json!("Mia")),
        ("create_time", json!(NOON_SECONDS)),
    ] {
        assert_eq!(second[key], expected, "{key}");
    }
    assert_eq!(second.get("approval"), None);
    assert_ne!(second["jobs"][0]["id"], first["jobs"][0]["id"]);
}

#[tokio::test]
async fn bodies_are_bound_as_go_does_it_and_permissions_go_first() {
    let app = v4();
    let id = app.create_plan(plan("weekly")).await;
    let path = format!("{PLANS}/{id}");
    for (method, path) in [("POST", PLANS), ("PATCH", &*path)] {
        let refused = app.as_user("guest", method, path, json!(7)).await;
        refused.assert_reply(403, "");
        let refused = app.as_user("mia", method, path, json!([null])).await;
        let name = if method == "POST" {
            "OpenAPICreateReleasePlanArgs"
        } else {
            "OpenAPIUpdateReleasePlanWithJobsArgs"
        };
        let array = "json: cannot unmarshal array into Go value of type service";
        refused.assert_reply(400, &bad_request(&format!("{array}.{name}")));
        for (body, text) in [
            (
                json!({"approval": "x"}),
                format!("string into Go struct field {name}.approval of type models.Approval"),
            ),
            (
                json!({"approval": {"enabled": 1}}),
                "number into Go struct field Approval.approval.enabled of type bool".to_owned(),
            ),
            (
                json!({"start_time": 1.5}),
                format!("number 1.5 into Go struct field {name}.start_time of type int64"),
            ),
            (
                json!({"approval": {"native_approval": {"timeout": "x"}}}),
                "string into Go struct field NativeApproval.approval.native_approval.timeout of type int".to_owned(),
            ),
            (
                json!({"approval": {"native_approval": {"approve_users": [{"type": 1}]}}}),
                "number into Go struct field User.approval.native_approval.approve_users.type of type string".to_owned(),
            ),
            (
                json!({"name": "n", "manager": "mia", "approval": {"lark_approval": 7}}),
                "number into Go struct field Approval.approval.lark_approval of type models.LarkApproval".to_owned(),
            ),
        ] {
            let refused = app.as_user("mia", method, path, body).await;
            let text = format!("json: cannot unmarshal {text}");
            refused.assert_reply(400, &bad_request(&text));
        }
        let bearer = ("authorization", "Bearer mia");
        app.send(method, path, &[bearer], "null")
            .await
            .assert_reply(500, "");
        app.send(method, path, &[bearer], "")
            .await
            .assert_reply(400, &bad_request("EOF"));
        let null_user = json!({"name": "n", "manager": "mia",
            "approval": {"native_approval": {"approve_users": [null]}}});
        app.as_user("mia", method, path, null_user)
            .await
            .assert_reply(500, "");
    }
    app.edit_plan(&id, json!({"name": "n", "manager": "mia", "jobs": [null]}))
        .await
        .assert_reply(500, "");
}

#[tokio::test]
async fn a_manager_is_found_by_account_and_identity_type() {
    let app = v4();
    let mut body = plan("weekly");
    body["manager"] = json!("Guest");
    let lenient = app.create_plan(body.clone()).await;
    assert_eq!(app.shown(&lenient).await["manager_id"], "Guest");
    body["manager_identity_type"] = json!("ldap");
    let known = app.create_plan(body).await;
    assert_eq!(app.shown(&known).await["manager_id"], "u-guest");

    let twice = App::load(
        &json!({"zadig": {"generation": "v4"}, "identities": {"zadig_users": [
        {"token": "a", "name": "twin", "admin": true}, {"token": "b", "name": "twin"}]}}),
    );
    let refused = twice
        .as_user("a", "POST", PLANS, json!({"name": "n", "manager": "twin"}))
        .await;
    refused.assert_reply(500, &internal("User twin search failed"));
}

#[tokio::test]
async fn an_approval_is_checked_if_it_is_enabled() {
    let app = v4();
    let users = |ids: &[&str]| -> Value {
        let users = ids.iter();
        users
            .map(|id| json!({"id": id, "name": format!("user {id}")}))
            .collect()
    };
    let nodes = |nodes: Value| json!({"approval_nodes": nodes});
    let node = |ids: &[&str]| json!({"type": "AND", "approve_users": users(ids)});
    let odd = json!({"type": "XOR", "approve_users": users(&["a"])});
    for (kind, key, value, text) in [
        ("native", "x", json!(1), "approval not found"),
        ("lark", "x", json!(1), "approval not found"),
        (
            "lark",
            "lark_approval",
            nodes(json!([])),
            "num of approval-node is 0",
        ),
        (
            "lark_intl",
            "lark_approval",
            nodes(json!([node(&[])])),
            "num of approval-node 0 approver is 0",
        ),
        (
            "lark",
            "lark_approval",
            nodes(json!([node(&["a"]), odd])),
            "approval-node 1 type should be AND or OR",
        ),
        (
            "dingtalk",
            "dingtalk_approval",
            nodes(json!(vec![node(&["a"]); 21])),
            "num of approval-node should not exceed 20",
        ),
        (
            "dingtalk",
            "dingtalk_approval",
            nodes(json!([node(&["a"]), node(&["b", "a"])])),
            "Duplicate approvers user a should not appear in a complete approval process",
        ),
        (
            "workwx",
            "workwx_approval",
            nodes(json!([{"type": 1, "users": []}])),
            "num of approval-node 0 approver is 0",
        ),
        ("pigeon", "x", json!(1), "invalid approval type pigeon"),
    ] {
        let mut body = plan("weekly");
        body["approval"] = json!({"enabled": true, "type": kind, key: value});
        let refused = app.as_user("mia", "POST", PLANS, body.clone()).await;
        refused.assert_reply(500, &internal(&format!("lintApproval error: {text}")));
        body["approval"]["enabled"] = json!(false);
        app.as_user("mia", "POST", PLANS, body)
            .await
            .assert_status(200);
    }
    let mut body = plan("weekly");
    body["approval"] = json!({"enabled": true, "type": "workwx",
        "workwx_approval": nodes(json!([{"type": 1, "users": users(&["a"])}]))});
    let id = app.create_plan(body.clone()).await;
    assert_eq!(
        app.shown(&id).await["approval"]["workwx_approval"],
        body["approval"]["workwx_approval"]
    );
}

#[tokio::test]
async fn v3_refuses_what_only_v4_has_and_names_the_flag() {
    let old = json!([{"id": "64f1a7cd1b7bd46ec353b50c", "name": "old"}]);
    let fixtures = with_users(&json!({"generation": "v3", "release_plans": old}));
    let documented = App::load(&fixtures);
    let strict = App::build(|settings| settings.fidelity = Fidelity::Strict, &fixtures);
    let path = format!("{PLANS}/64f1a7cd1b7bd46ec353b50c");
    let retry = format!("{INTERNAL}/64f1a7cd1b7bd46ec353b50c/retry");
    let mut scheduled = plan("new");
    scheduled["schedule_execute_time"] = json!(7);
    let flag = "start with --zadig v4";

    for (method, path, body, text, strictly, strict_text) in [
        (
            "PATCH",
            &*path,
            plan("x"),
            "PATCH of a release plan is not part of Zadig v3",
            405,
            format!("Method not allowed: PATCH {path}"),
        ),
        (
            "POST",
            &*retry,
            json!({}),
            "the retry of a job of a release plan is not part of Zadig v3",
            404,
            format!("Invalid path: {retry}"),
        ),
        (
            "POST",
            PLANS,
            scheduled,
            "schedule_execute_time is not part of Zadig v3",
            200,
            SUCCESS.to_owned(),
        ),
    ] {
        let refused = documented.as_user("mia", method, path, body.clone()).await;
        refused.assert_reply(400, &bad_request(text));
        assert!(refused.header("x-emulator-hint").ends_with(flag), "{text}");
        let refused = strict.as_user("mia", method, path, body).await;
        refused.assert_reply(strictly, &strict_text);
        assert!(refused.header("x-emulator-hint").ends_with(flag), "{text}");
    }
    let listed = strict.get(&format!("{PLANS}?pageNum=1&pageSize=1")).await;
    let newest = listed.assert_status(200)["list"][0]["id"].clone();
    let shown = strict.shown(newest.as_str().unwrap()).await;
    assert_eq!(shown["schedule_execute_time"], 0, "v3.4.1 does not read it");
}
