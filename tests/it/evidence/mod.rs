//! The evidence that each answer tells, in its header and in the journal.

mod errors;
mod walk;

use release_emulator::internals::registry;
use release_emulator::internals::world::settings::PipelinesList;
use serde_json::{Value, json};

use crate::common::{App, CREDENTIALS, PROJECT, Reply};

const EVIDENCE: &str = "x-emulator-evidence";

fn pipelines() -> String {
    format!("/v3/{PROJECT}/pipeline/pipelines")
}

fn plans() -> String {
    format!("/v3/{PROJECT}/cas/release-plans")
}

#[track_caller]
fn assert_evidence(reply: &Reply, expected: &str) {
    let status = reply.status;
    assert_eq!(
        reply.header(EVIDENCE),
        expected,
        "{} {status}",
        reply.request
    );
}

async fn create_pipeline(app: &App) -> String {
    let body = json!({
        "name": "shop", "model_version": 2, "config_mode": "ui",
        "stages": [{"name": "build", "tasks": [{"name": "compile"}]}],
    });
    let reply = app.post(&pipelines(), body).await;
    assert_evidence(
        &reply,
        "inferred; operation=CreatePipeline; fields=*; parameters=stages.tasks",
    );
    reply.assert_status(200)["id"].as_str().unwrap().to_owned()
}

async fn create_plan(app: &App) -> String {
    let components = json!([{"seq": 0, "name": "web", "runtime_stack": {"name": "Docker"}}]);
    let body = json!({"name": "weekly", "components": components});
    let created = app.post(&plans(), body).await.assert_status(200);
    created["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_list_is_documented_until_it_shows_an_inferred_field() {
    let app = App::new();
    assert_evidence(&app.get(&pipelines()).await, "documented");
    let id = create_pipeline(&app).await;
    assert_evidence(&app.get(&pipelines()).await, "documented");
    let action = format!("{}/{id}/action?action_id=start", pipelines());
    assert_evidence(&app.post(&action, json!({})).await, "documented");
    assert_evidence(&app.get(&pipelines()).await, "inferred; fields=extend_info");
}

#[tokio::test]
async fn a_list_that_is_an_object_shows_the_same_guesses() {
    let app = App::with(|settings| settings.pipelines_list = PipelinesList::Object);
    let id = create_pipeline(&app).await;
    assert_evidence(&app.get(&pipelines()).await, "documented");
    let action = format!("{}/{id}/action?action_id=start", pipelines());
    app.post(&action, json!({})).await.assert_status(200);
    assert_evidence(
        &app.get(&pipelines()).await,
        "inferred; fields=pipelines.extend_info",
    );
}

#[tokio::test]
async fn every_answer_of_a_service_tells_its_evidence() {
    let app = App::new();
    let operations = registry::operations().map(|operation| operation.path.replace(['{', '}'], ""));
    let others = ["/nothing", "/openapi/nothing", "/v3/p1", "/v3//p1", "//"];
    for path in operations.chain(others.map(str::to_owned)) {
        for method in [
            "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW",
        ] {
            for headers in [CREDENTIALS, &[]] {
                for body in ["", "{}", "["] {
                    let reply = app.send(method, &path, headers, body).await;
                    let evidence = reply.header(EVIDENCE);
                    assert!(!evidence.is_empty(), "{method} {path} {}", reply.status);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_parameter_of_the_query_counts_when_it_is_sent() {
    let app = App::new();
    assert_evidence(
        &app.get(&format!("{}?limit=5&order=asc", pipelines())).await,
        "inferred; parameters=limit,order",
    );
    assert_evidence(
        &app.get(&format!("{}?limit=900", plans())).await,
        "inferred; parameters=limit",
    );
    assert_evidence(
        &app.get(&format!("{}?color=red", plans())).await,
        "documented",
    );
}

#[tokio::test]
async fn an_inferred_word_makes_its_field_inferred() {
    let app = App::new();
    let id = create_plan(&app).await;
    assert_evidence(&app.get(&plans()).await, "documented");
    app.post(&format!("{}/{id}/execute", plans()), json!({}))
        .await
        .assert_status(200);
    let running = "inferred; fields=release_plans.status; values=RUNNING";
    assert_evidence(&app.get(&plans()).await, running);
    assert_evidence(
        &app.get(&format!("{}/{id}", plans())).await,
        "inferred; fields=status; values=RUNNING",
    );
    app.advance(10_000).await;
    assert_evidence(&app.get(&plans()).await, "documented");
}

#[tokio::test]
async fn a_field_of_a_request_counts_when_it_is_sent() {
    let app = App::new();
    let id = create_pipeline(&app).await;
    let edit = |more: Value| {
        let mut body = json!({"name": "shop", "model_version": 2, "config_mode": "template",
            "sources": [{"template_source": {"storage": "obs", "url": "u"}}]});
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        body
    };
    let path = format!("{}/{id}", pipelines());
    assert_evidence(&app.put(&path, edit(json!({}))).await, "inferred; fields=*");
    assert_evidence(
        &app.put(&path, edit(json!({"fail_mode": "continue"}))).await,
        "inferred; fields=*; parameters=fail_mode",
    );
    assert_evidence(
        &app.put(&path, edit(json!({"fail_mode": null}))).await,
        "inferred; fields=*",
    );
}

#[tokio::test]
async fn a_refusal_has_the_evidence_of_its_row() {
    let app = App::new();
    let id = create_pipeline(&app).await;
    let detail = format!("{}/{id}", pipelines());

    let no_credential = app.send("GET", &detail, &[], "").await;
    no_credential.assert_status(401);
    assert_evidence(&no_credential, "documented");

    let unknown_path = app.get("/v3/nothing/here").await;
    unknown_path.assert_status(404);
    assert_evidence(&unknown_path, "documented");

    let unknown_method = app.delete(&detail).await;
    unknown_method.assert_status(405);
    assert_evidence(&unknown_method, "inferred; error=APIGW.0101");

    let unknown_id = app.get(&format!("{}/nothing", pipelines())).await;
    unknown_id.assert_status(404);
    assert_evidence(&unknown_id, "documented");

    let invalid = app.put(&detail, json!({"name": "x"})).await;
    invalid.assert_status(400);
    assert_evidence(&invalid, "documented");

    let stop = format!("{detail}/action?action_id=stop");
    let wrong_status = app.post(&stop, json!({})).await;
    wrong_status.assert_status(400);
    assert_evidence(&wrong_status, "inferred; error=SVCSTG.00100400");
}

#[tokio::test]
async fn a_refusal_is_a_guess_where_the_state_forbids_what_the_request_says_well() {
    let app = App::new();
    let action = format!("{}/{}/action", pipelines(), create_pipeline(&app).await);
    let refused = async |query: &str, body: Value| {
        let reply = app.post(&format!("{action}?action_id={query}"), body).await;
        reply.assert_status(400);
        reply
    };
    let guess = "inferred; error=SVCSTG.00100400";
    assert_evidence(&refused("stop", json!({})).await, guess);
    for (stage, task) in [("none", "compile"), ("build", "none")] {
        let selected = json!({"selected_tasks": [{"stage_name": stage, "tasks": [task]}]});
        assert_evidence(&refused("start", selected).await, "documented");
    }
    let twice = json!({"name": "shop", "model_version": 2, "config_mode": "template",
        "sources": [{"template_source": {"storage": "obs", "url": "u"}}]});
    let taken = app.post(&pipelines(), twice).await;
    taken.assert_status(400);
    assert_evidence(
        &taken,
        "inferred; operation=CreatePipeline; error=SVCSTG.00100400",
    );
}

#[tokio::test]
async fn a_field_in_the_spelling_of_the_sibling_api_is_named_as_it_was_sent() {
    let app = App::new();
    let task = json!({"name": "compile", "taskGroup": "g"});
    let body = json!({"name": "shop", "model_version": 2, "config_mode": "ui",
        "stages": [{"name": "build", "approvalType": 1, "tasks": [task]}]});
    let created = app.post(&pipelines(), body.clone()).await;
    assert_evidence(
        &created,
        "inferred; operation=CreatePipeline; fields=*; \
         parameters=stages.approvalType,stages.tasks,stages.tasks.taskGroup",
    );
    assert_eq!(created.header("x-emulator-hint"), "");

    let mut wrong = body;
    wrong["model_version"] = json!(1);
    let refused = app.post(&pipelines(), wrong).await;
    refused.assert_status(400);
    assert_eq!(refused.header("x-emulator-hint"), "");
}

#[tokio::test]
async fn logins_and_fields_that_only_clients_know_are_observed() {
    let app = App::new();
    let login = async |identity: Value, scope: Value| {
        let mut body = json!({"auth": {"identity": identity}});
        if !scope.is_null() {
            body["auth"]["scope"] = scope;
        }
        let reply = app.post("/v3/auth/tokens", body).await;
        reply.assert_status(201);
        reply
    };
    let user = json!({"name": "ann", "password": "p", "domain": {"name": "emulator"}});
    let password = json!({"methods": ["password"], "password": {"user": user}});
    assert_evidence(&login(password.clone(), Value::Null).await, "documented");
    for (method, value) in [
        ("token", json!({"id": "t"})),
        (
            "hw_ak_sk",
            json!({"access": {"key": "a"}, "secret": {"key": "s"}}),
        ),
    ] {
        assert_evidence(
            &login(json!({"methods": [method], method: value}), Value::Null).await,
            &format!(
                "observed; fields=token.methods; parameters=auth.identity.methods; values={method}"
            ),
        );
    }
    let scope = json!({"project": {"name": "cn-north-4", "domain": {"name": "emulator"}}});
    let scoped = login(password, scope).await;
    assert_evidence(
        &scoped,
        "inferred; fields=token.catalog.name,token.catalog.type; values=asm,servicestage",
    );
    assert_eq!(scoped.header("x-emulator-hint"), "");
    let journal = app.get("/_emulator/v1/requests?evidence=observed*").await;
    assert_eq!(journal.assert_status(200)["total"], 2);
}

#[tokio::test]
async fn an_answer_beside_the_documented_paths_tells_its_evidence_too() {
    let app = App::new();
    assert_evidence(&app.get("/v3/").await, "documented");
    let redirect = app.get("/openapi/delivery/releases/").await;
    assert_eq!(redirect.status, 301);
    assert_evidence(&redirect, "observed; fields=Location");
}

#[tokio::test]
async fn a_parameter_counts_with_escapes_in_its_name_too() {
    let app = App::new();
    let path = format!("{}?%6cimit=5", pipelines());
    assert_evidence(&app.get(&path).await, "inferred; parameters=limit");
}

#[tokio::test]
async fn the_list_of_operations_has_the_errors_too() {
    let app = App::new();
    let coverage = app.get("/_emulator/v1/operations").await.assert_status(200);
    let errors = coverage["errors"].as_array().unwrap();
    let unknown = json!({"status": 404, "code": "ASM.01010002", "text": "Resource not found.", "evidence": "documented"});
    assert!(errors.contains(&unknown), "{errors:?}");
}

#[tokio::test]
async fn a_permission_counts_if_the_caller_is_limited_to_some() {
    let app = App::load(&json!({"identities": {
        "users": [
            {"name": "ann", "actions": ["servicestage:app:create"]},
            {"name": "bob", "actions": ["servicestage::createReleasePlan"]},
            {"name": "root"},
        ],
        "tokens": [{"token": "of-ann", "user": "ann"}, {"token": "of-bob", "user": "bob"},
            {"token": "of-root", "user": "root"}],
    }}));
    for (user, expected) in [
        ("ann", "inferred; permission=servicestage:app:create"),
        ("bob", "documented"),
        ("root", "documented"),
    ] {
        let id = create_plan(&app).await;
        let execute = format!("{}/{id}/execute", plans());
        let token = format!("of-{user}");
        let reply = app
            .send("POST", &execute, &[("x-auth-token", &token)], "")
            .await;
        reply.assert_status(200);
        assert_evidence(&reply, expected);
        app.advance(60_000).await;
        app.delete(&format!("{}/{id}", plans()))
            .await
            .assert_status(200);
    }
}

#[tokio::test]
async fn zadig_words_its_refusals_as_its_source_does() {
    let app = App::new();
    let unknown = app
        .get("/openapi/delivery/releases/65f0?projectKey=demo")
        .await;
    unknown.assert_status(500);
    assert_evidence(&unknown, "observed; error=Internal Server Error");
}

#[tokio::test]
async fn an_injected_answer_is_neither_documented_nor_a_guess() {
    let app = App::new();
    let add = async |effect: Value| {
        let fault = json!({"match": {"operation": "ListPipelines"}, "do": effect, "times": 1});
        let added = app
            .post("/_emulator/v1/faults", fault)
            .await
            .assert_status(201);
        added["id"].as_str().unwrap().to_owned()
    };
    for effect in [
        json!({"status": 418}),
        json!({"status": 503}),
        json!({"garbage": true}),
    ] {
        let id = add(effect).await;
        let reply = app.get(&pipelines()).await;
        assert_evidence(&reply, &format!("injected; fault={id}"));
    }
    add(json!({"delay_ms": 1})).await;
    assert_evidence(&app.get(&pipelines()).await, "documented");
}

#[tokio::test]
async fn the_emulator_itself_tells_no_evidence() {
    let app = App::new();
    assert_evidence(&app.get("/_emulator/v1/clock").await, "");
    assert_evidence(&app.get("/_emulator/v1/nothing").await, "");
}

#[tokio::test]
async fn the_journal_keeps_the_evidence_and_requests_are_matched_by_it() {
    let app = App::new();
    create_pipeline(&app).await;
    app.get(&pipelines()).await;
    let listed = app.get("/_emulator/v1/requests").await.assert_status(200);
    let evidence: Vec<&str> = listed["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|request| request["evidence"].as_str().unwrap())
        .collect();
    assert!(evidence[0].starts_with("inferred; operation=CreatePipeline"));
    assert_eq!(evidence[1], "documented");

    let guesses = app.get("/_emulator/v1/requests?evidence=inferred*").await;
    assert_eq!(guesses.assert_status(200)["total"], 1);
    let verify = json!({"match": {"evidence": "inferred*"}, "exactly": 0});
    let verified = app.post("/_emulator/v1/requests/verify", verify).await;
    verified.assert_status(409);
}
