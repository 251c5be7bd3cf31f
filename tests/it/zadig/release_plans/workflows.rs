//! Plans with workflows, whose tasks they start.

use super::*;

/// A workflow of two jobs, one after the other.
fn workflow() -> Value {
    json!({"workflow_key": "deploy", "workflow_name": "Deploy", "params": [
            {"name": "version", "type": "string", "value": "1"},
            {"name": "level", "type": "choice", "choice_option": ["low", "high"], "value": "low"}],
        "stages": [{"name": "build", "jobs": [{"name": "build", "type": "freestyle"}, {"name": "lint", "type": "freestyle"}]},
                   {"name": "ship", "jobs": [{"name": "ship", "type": "freestyle"}]}]})
}

fn project() -> Value {
    json!([{"key": "shop", "workflows": [workflow()]}])
}

fn shop() -> App {
    App::load(&with_users(
        &json!({"generation": "v4", "projects": project()}),
    ))
}

/// A workflow of which two jobs run.
fn workflow_job(name: &str) -> Value {
    json!({"name": name, "type": "workflow", "spec": {"workflow_key": "deploy", "project_key": "shop", "remark": "r",
        "parameters": [{"name": "version", "value": "2"}],
        "inputs": [{"job_name": "build", "job_type": "freestyle"}, {"job_name": "ship", "job_type": "freestyle"}]}})
}

/// Lets the job of a workflow fail once.
async fn let_fail(app: &App, step: &str) {
    app.script(
        json!({"match": {"family": "zadig", "scope": "shop", "step": step},
        "outcome": "fail", "message": "no disk", "times": 1}),
    )
    .await;
}

async fn executed(app: &App, plan: Value, jobs: Value) -> String {
    let id = app.plan_with_jobs(plan, jobs).await;
    app.go(&id, &["finish_planning", "executing"]).await;
    id
}

impl App {
    async fn execute(&self, id: &str, n: usize) {
        self.job_command("mia", "execute", id, n)
            .await
            .assert_reply(200, SUCCESS);
    }

    async fn workflow_task(&self, task_id: i64) -> Value {
        let path = format!("/openapi/workflows/custom/task?taskId={task_id}&workflowKey=deploy");
        self.get(&path).await.assert_status(200)
    }

    /// The number and the status of a job's task, as the plan shows them.
    async fn job_task(&self, id: &str, n: usize) -> String {
        let spec = self.shown(id).await["jobs"][n]["spec"].clone();
        format!("{} {}", spec["task_id"], spec["status"].as_str().unwrap())
    }
}

#[tokio::test]
async fn a_workflow_keeps_its_inputs_and_skips_the_jobs_without() {
    let app = shop();
    let id = app
        .plan_with_jobs(plan("weekly"), json!([workflow_job("roll out")]))
        .await;
    let spec = app.shown(&id).await["jobs"][0]["spec"].clone();
    let workflow = &spec["workflow"];
    assert_eq!(
        spec.as_object().unwrap().len(),
        1,
        "it has no task yet: {spec}"
    );
    assert_eq!(workflow["workflow_key"], "deploy");
    assert_eq!(workflow["params"][0]["value"], "2");
    let skipped =
        |stage: usize, job: usize| workflow["stages"][stage]["jobs"][job]["skipped"].clone();
    assert_eq!(
        [skipped(0, 0), skipped(0, 1), skipped(1, 0)],
        [false, true, false]
    );
}

#[tokio::test]
async fn a_task_starts_with_its_job_and_ends_it() {
    let app = shop();
    let id = executed(
        &app,
        plan("weekly"),
        json!([text_job("a"), workflow_job("roll out")]),
    )
    .await;
    app.advance(1_000).await;
    app.execute(&id, 1).await;
    assert_eq!(app.statuses(&id).await, "executing [todo, running]");
    assert_eq!(app.job_task(&id, 1).await, "1 prepare");
    let task = app.workflow_task(1).await;
    assert_eq!(
        (
            &task["status"],
            &task["task_creator"],
            &task["params"][0]["value"]
        ),
        (&json!("running"), &json!("Mia"), &json!("2"))
    );
    assert_eq!(
        task["release_plan"],
        json!({"id": id, "name": "weekly", "index": 1})
    );
    let shown = app.shown(&id).await;
    assert_eq!(shown["jobs"][1]["executed_by"], "Mia");
    assert_eq!(shown["jobs"][1]["executed_time"], NOON_SECONDS + 1);
    app.job_command("mia", "execute", &id, 1)
        .await
        .assert_reply(
            500,
            &internal("execute: job roll out status running can't execute"),
        );
    app.job_command("mia", "skip", &id, 1).await.assert_reply(
        500,
        &internal("skip: job roll out status running can't skip"),
    );

    // Two jobs, of two seconds each.
    app.advance(3_999).await;
    assert_eq!(app.statuses(&id).await, "executing [todo, running]");
    let transitions = app.advance(1).await;
    let of_plan: Vec<_> = transitions
        .iter()
        .filter(|change| change["scope"] == "release_plan")
        .map(|change| (change["step"].clone(), change["to"].clone()))
        .collect();
    assert_eq!(of_plan, [(json!("roll out"), json!("done"))]);
    assert_eq!(app.statuses(&id).await, "executing [todo, done]");
    assert_eq!(app.job_task(&id, 1).await, "1 passed");
    app.execute(&id, 0).await;
    assert_eq!(app.statuses(&id).await, "success [done, done]");
}

#[tokio::test]
async fn a_plan_with_two_approvers_a_text_and_a_workflow_that_fails_and_is_retried_within_its_window()
 {
    let app = shop();
    let mut body = plan("weekly");
    body["approval"] = approval(2);
    body["start_time"] = json!(NOON_SECONDS + 10);
    body["end_time"] = json!(NOON_SECONDS + 60);
    let id = app
        .plan_with_jobs(body, json!([text_job("a"), workflow_job("roll out")]))
        .await;
    let_fail(&app, "ship").await;
    app.go(&id, &["finish_planning", "wait_for_approval"]).await;
    for user in ["ben", "ann"] {
        app.approve(user, &id, true)
            .await
            .assert_reply(200, SUCCESS);
    }
    app.advance(9_000).await;
    let outside = internal("plan is not in the release time range");
    app.job_command("mia", "execute", &id, 1)
        .await
        .assert_reply(500, &outside);
    app.advance(1_000).await;
    app.execute(&id, 0).await;
    app.execute(&id, 1).await;
    app.advance(2_000).await;
    assert_eq!(app.statuses(&id).await, "executing [done, running]");
    app.advance(2_000).await;
    // A plan succeeds although its last job failed.
    assert_eq!(app.statuses(&id).await, "success [done, failed]");
    assert_eq!(app.job_task(&id, 1).await, "1 failed");
    assert_eq!(app.shown(&id).await["success_time"], NOON_SECONDS + 14);

    app.advance(6_000).await;
    app.as_user(
        "guest",
        "POST",
        &format!("{INTERNAL}/{id}/retry"),
        json!({"id": app.shown(&id).await["jobs"][1]["id"], "type": "workflow"}),
    )
    .await
    .assert_reply(
        500,
        &internal("execute: user Guest is not the manager of the plan weekly"),
    );
    app.job_command("mia", "retry", &id, 1)
        .await
        .assert_reply(200, SUCCESS);
    assert_eq!(app.statuses(&id).await, "executing [done, running]");
    assert_eq!(app.job_task(&id, 1).await, "1 prepare");
    assert_eq!(app.shown(&id).await["success_time"], 0);
    app.job_command("mia", "retry", &id, 1).await.assert_reply(
        500,
        &internal("execute: job roll out status running can't retry"),
    );
    app.advance(1_999).await;
    assert_eq!(app.statuses(&id).await, "executing [done, running]");
    app.advance(1).await;
    assert_eq!(app.statuses(&id).await, "success [done, done]");
    assert_eq!(app.shown(&id).await["success_time"], NOON_SECONDS + 22);
    assert_eq!(app.workflow_task(1).await["is_restart"], true);
    app.advance(100_000).await;
    assert_eq!(app.statuses(&id).await, "success [done, done]");
}

#[tokio::test]
async fn the_same_story_in_v3() {
    let id = "64f1a7cd1b7bd46ec353b50c";
    let mut approved = approval(2);
    approved["status"] = json!("");
    let app = App::load(&with_users(
        &json!({"generation": "v3", "projects": project(), "release_plans": [{
        "id": id, "name": "weekly", "manager": "mia", "manager_id": "u-mia", "approval": approved,
        "start_time": NOON_SECONDS + 10, "end_time": NOON_SECONDS + 60, "jobs": [text_job("a"), workflow_job("roll out")]}]}),
    ));
    let_fail(&app, "ship").await;
    app.change_status("mia", id, "executing")
        .await
        .assert_reply(500, &internal("approval status is , can not execute"));
    app.go(id, &["wait_for_approval"]).await;
    for user in ["ben", "ann"] {
        app.approve(user, id, true).await.assert_reply(200, SUCCESS);
    }
    assert_eq!(app.statuses(id).await, "executing [todo, todo]");
    let shown = app.shown(id).await;
    for key in ["approval_time", "executing_time"] {
        assert_eq!(shown[key], NOON_SECONDS, "{key}");
    }
    app.advance(9_999).await;
    let outside = internal("plan is not in the release time range");
    app.job_command("mia", "execute", id, 1)
        .await
        .assert_reply(500, &outside);
    app.advance(1).await;
    app.execute(id, 1).await;
    app.advance(4_000).await;
    assert_eq!(app.statuses(id).await, "executing [todo, failed]");
    // Without a retry, the execution of a failed job starts another task.
    app.execute(id, 1).await;
    assert_eq!(app.job_task(id, 1).await, "2 prepare");
    assert_eq!(
        app.workflow_task(2).await.get("release_plan"),
        None,
        "only v4 shows it"
    );
    app.advance(4_000).await;
    assert_eq!(app.statuses(id).await, "executing [todo, done]");
    app.go(id, &["planning", "executing"]).await;
    assert_eq!(app.statuses(id).await, "executing [todo, done]");
    app.advance(42_999).await;
    assert_eq!(app.statuses(id).await, "executing [todo, done]");
    app.advance(1).await;
    assert_eq!(app.statuses(id).await, "timeout [todo, done]");
}

#[tokio::test]
async fn a_running_job_stays_so_when_the_window_ends_before_its_task() {
    let app = shop();
    let mut body = plan("weekly");
    body["end_time"] = json!(NOON_SECONDS + 2);
    let id = executed(&app, body, json!([workflow_job("roll out")])).await;
    app.execute(&id, 0).await;
    app.advance(3_000).await;
    assert_eq!(app.statuses(&id).await, "timeout [running]");
    app.advance(60_000).await;
    assert_eq!(app.workflow_task(1).await["status"], "passed");
    assert_eq!(app.statuses(&id).await, "timeout [running]");
}

#[tokio::test]
async fn workflows_start_by_themselves_at_the_scheduled_instant() {
    let app = shop();
    let mut body = plan("weekly");
    body["schedule_execute_time"] = json!(NOON_SECONDS + 30);
    let jobs = json!([workflow_job("first"), text_job("a"), workflow_job("second")]);
    let id = executed(&app, body.clone(), jobs.clone()).await;
    let late = {
        body["schedule_execute_time"] = json!(NOON_SECONDS - 1);
        executed(&app, body, jobs).await
    };
    app.advance(29_999).await;
    assert_eq!(app.statuses(&id).await, "executing [todo, todo, todo]");
    let transitions = app.advance(1).await;
    let of_plan: Vec<_> = transitions
        .iter()
        .filter(|change| change["scope"] == "release_plan")
        .map(|change| {
            (
                change["step"].clone(),
                change["to"].clone(),
                change["cause"].clone(),
            )
        })
        .collect();
    let started = |name: &str| (json!(name), json!("running"), json!("schedule"));
    assert_eq!(of_plan, [started("first"), started("second")]);
    assert_eq!(
        app.statuses(&id).await,
        "executing [running, todo, running]"
    );
    assert_eq!(app.shown(&id).await["jobs"][0]["executed_by"], "系统");
    assert_eq!(app.workflow_task(1).await["task_creator"], "系统");
    app.advance(4_000).await;
    assert_eq!(app.statuses(&id).await, "executing [done, todo, done]");
    assert_eq!(app.statuses(&late).await, "executing [todo, todo, todo]");
}

#[tokio::test]
async fn a_task_in_the_queue_ends_its_job_when_its_turn_has_come() {
    let app = shop();
    let jobs = json!([workflow_job("a"), workflow_job("b"), workflow_job("c")]);
    let id = executed(&app, plan("weekly"), jobs).await;
    for n in 0..3 {
        app.execute(&id, n).await;
    }
    // Two tasks run at once.
    assert_eq!(app.workflow_task(3).await["status"], "waiting");
    let timeline = app.timeline(&id).await;
    assert_eq!(timeline["next"]["time"], "2026-01-01T12:00:04Z");
    app.advance(4_000).await;
    assert_eq!(app.statuses(&id).await, "executing [done, done, running]");
    let timeline = app.timeline(&id).await;
    assert_eq!(
        timeline["next"],
        json!({"time": "2026-01-01T12:00:08Z", "to": "success"})
    );
    let reached = app
        .post(
            "/_emulator/v1/clock/advance",
            json!({"until": {"family": "zadig", "id": id, "status": "success"}}),
        )
        .await;
    assert_eq!(reached.assert_status(200)["now"], "2026-01-01T12:00:08Z");
    assert_eq!(app.statuses(&id).await, "success [done, done, done]");
}

#[tokio::test]
async fn what_happens_to_a_task_happens_to_its_job() {
    let app = shop();
    let jobs = json!([workflow_job("a"), text_job("b"), workflow_job("c")]);
    let id = executed(&app, plan("weekly"), jobs).await;
    app.execute(&id, 0).await;
    app.execute(&id, 2).await;
    app.advance(1_000).await;
    let path = "/openapi/workflows/custom/task?taskId=1&workflowKey=deploy";
    app.delete(path).await.assert_reply(200, SUCCESS);
    assert_eq!(app.statuses(&id).await, "executing [failed, todo, running]");
    assert_eq!(app.job_task(&id, 0).await, "1 cancelled");
    // A job that has failed does not follow its task any more.
    app.advance(1_000).await;
    app.post(
        "/openapi/workflows/custom/deploy/task/1?projectKey=shop",
        json!({}),
    )
    .await
    .assert_reply(200, SUCCESS);
    app.advance(60_000).await;
    assert_eq!(app.statuses(&id).await, "executing [failed, todo, done]");

    app.go(&id, &["planning", "finish_planning", "executing"])
        .await;
    app.execute(&id, 0).await;
    app.delete("/openapi/workflows/custom?workflowKey=deploy&projectKey=shop")
        .await
        .assert_reply(200, SUCCESS);
    app.advance(60_000).await;
    assert_eq!(
        app.statuses(&id).await,
        "executing [running, todo, todo]",
        "the end of a task that is gone is never noted"
    );
}

#[tokio::test]
async fn tasks_are_cancelled_when_v4_goes_back_to_planning() {
    for is_strict in [false, true] {
        let app = App::build(
            |settings| {
                if is_strict {
                    settings.fidelity = release_emulator::Fidelity::Strict;
                }
            },
            &with_users(&json!({"generation": "v4", "projects": project()})),
        );
        let jobs = json!([workflow_job("a"), text_job("b")]);
        let id = executed(&app, plan("weekly"), jobs).await;
        app.execute(&id, 0).await;
        app.go(&id, &["planning"]).await;
        assert_eq!(app.workflow_task(1).await["status"], "cancelled");
        assert_eq!(app.statuses(&id).await, "planning [todo, todo]");
        assert_eq!(app.shown(&id).await["jobs"][0]["spec"].get("task_id"), None);

        app.go(&id, &["finish_planning", "executing"]).await;
        app.execute(&id, 0).await;
        app.advance(60_000).await;
        assert_eq!(app.statuses(&id).await, "executing [done, todo]");
        let reply = app.change_status("mia", &id, "planning").await;
        if is_strict {
            reply.assert_reply(500, &internal("failed cancel workflow task, workflow: deploy, taskID: 2, err: 取消工作流任务失败: task: deploy:2 is passed, cannot cancel"));
            assert_eq!(app.statuses(&id).await, "executing [done, todo]");
        } else {
            reply.assert_reply(200, SUCCESS);
            assert_eq!(app.workflow_task(2).await["status"], "passed");
        }
    }
}

#[tokio::test]
async fn workflows_are_checked_when_the_plan_is_edited_and_when_they_start() {
    let app = App::build(
        |settings| settings.references = release_emulator::References::Checked,
        &with_users(&json!({"generation": "v4", "projects": project()})),
    );
    let id = app.create_plan(plan("weekly")).await;
    let edit = async |spec: Value| {
        let job = json!([{"name": "w", "type": "workflow", "spec": spec}]);
        app.edit_plan(&id, with_jobs(plan("weekly"), job)).await
    };
    edit(json!({"workflow_key": "deploy", "inputs": [{"job_name": 7}]}))
        .await
        .assert_reply(500, &internal("invalid spec: unmarshal task error: json: cannot unmarshal number into Go struct field CreateCustomTaskJobInput.inputs.job_name of type string"));
    edit(json!({"workflow_key": "deploy", "parameters": [{"name": "x"}]}))
        .await
        .assert_reply(
            500,
            &internal("update workflow param error: param x not found"),
        );
    edit(json!({"workflow_key": "deploy", "parameters": [{"name": "level", "value": "x"}]}))
        .await
        .assert_reply(
            500,
            &internal("update workflow param error: invalid choice value x for param level"),
        );
    edit(json!({"workflow_key": "deploy", "inputs": [null]}))
        .await
        .assert_reply(500, "");

    // The inputs may be empty, but then nothing runs.
    edit(json!({"workflow_key": "deploy"}))
        .await
        .assert_reply(200, SUCCESS);
    app.go(&id, &["finish_planning", "executing"]).await;
    app.job_command("mia", "execute", &id, 0)
        .await
        .assert_reply(500, &internal("execute: failed to create workflow task deploy: 创建工作流任务失败: no stage found in workflow task: deploy,taskID: 1"));
    assert_eq!(app.statuses(&id).await, "executing [todo]");
    app.job_command("mia", "retry", &id, 0)
        .await
        .assert_reply(500, &internal("execute: workflow task not found"));
}

#[tokio::test]
async fn an_unknown_workflow_is_made_up_unless_references_are_checked() {
    let app = v4();
    let id = executed(&app, plan("weekly"), json!([workflow_job("roll out")])).await;
    app.execute(&id, 0).await;
    app.advance(4_000).await;
    assert_eq!(app.statuses(&id).await, "success [done]");
}

#[tokio::test]
async fn an_export_of_running_tasks_restores_itself() {
    let app = shop();
    let jobs = json!([workflow_job("a"), workflow_job("b"), workflow_job("c")]);
    let id = executed(&app, plan("weekly"), jobs).await;
    for n in 0..3 {
        app.execute(&id, n).await;
    }
    app.advance(3_000).await;
    let state = app.state().await;
    app.put("/_emulator/v1/state", state.clone())
        .await
        .assert_status(204);
    crate::common::assert_same(&app.state().await["zadig"], &state["zadig"]);
    app.advance(1_000).await;
    assert_eq!(app.statuses(&id).await, "executing [done, done, running]");
    app.advance(4_000).await;
    assert_eq!(app.statuses(&id).await, "success [done, done, done]");
}

#[tokio::test]
async fn reads_move_the_tasks_of_a_plan() {
    let app = App::build(
        |settings| settings.progress = release_emulator::Progress::Reads,
        &with_users(&json!({"generation": "v4", "projects": project()})),
    );
    let id = app
        .plan_with_jobs(plan("weekly"), json!([workflow_job("roll out")]))
        .await;
    app.go(&id, &["finish_planning", "executing"]).await;
    app.execute(&id, 0).await;
    assert_eq!(app.statuses(&id).await, "executing [running]");
    assert_eq!(app.statuses(&id).await, "success [done]");
}

#[tokio::test]
async fn a_task_of_the_fixtures_belongs_to_the_plan_that_names_it() {
    let id = "64f1a7cd1b7bd46ec353b50c";
    let mut project = project();
    project[0]["workflows"][0]["tasks"] = json!([{
        "task_id": 3, "status": "failed", "stages": [{"jobs": [{}]}]}]);
    let key = project[0]["workflows"][0]["workflow_key"].clone();
    let jobs = json!([{"name": "w", "type": "workflow", "status": "failed",
        "spec": {"task_id": 3, "workflow_key": key}}]);
    let app = App::build(
        |settings| settings.progress = release_emulator::Progress::Reads,
        &with_users(
            &json!({"generation": "v4", "projects": project, "release_plans": [
            {"id": id, "name": "weekly", "manager_id": "u-mia", "status": "executing", "jobs": jobs}]}),
        ),
    );
    let job = app.shown(id).await["jobs"][0]["id"].clone();
    app.command("mia", "retry", id, json!({"id": job, "type": "workflow"}))
        .await
        .assert_reply(200, SUCCESS);
    assert_eq!(app.statuses(id).await, "executing [running]");
    assert_eq!(
        app.statuses(id).await,
        "success [done]",
        "it hears of the end"
    );
}

#[tokio::test]
async fn a_pasted_workflow_runs_the_jobs_that_are_not_skipped() {
    let mut pasted = workflow();
    pasted["stages"][0]["jobs"][1]["skipped"] = json!(true);
    let id = "64f1a7cd1b7bd46ec353b50c";
    let app = App::load(&with_users(
        &json!({"generation": "v3", "projects": project(), "release_plans": [{
        "id": id, "manager_id": "u-mia", "jobs": [
            {"name": "w", "type": "workflow", "spec": {"workflow": pasted}},
            {"name": "x", "type": "workflow", "spec": {"workflow_key": "deploy"}}]}]}),
    ));
    app.go(id, &["executing"]).await;
    app.execute(id, 0).await;
    app.execute(id, 1).await;
    let jobs = |task: Value| {
        let stages = task["stages"].as_array().unwrap().clone();
        let jobs = stages
            .iter()
            .map(|stage| stage["jobs"].as_array().unwrap().len());
        jobs.sum::<usize>()
    };
    assert_eq!(jobs(app.workflow_task(1).await), 2);
    assert_eq!(
        jobs(app.workflow_task(2).await),
        3,
        "without inputs all jobs run"
    );
}
