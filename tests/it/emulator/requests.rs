//! Requests that a program selects, verifies and answers by faults of its own.

use std::time::Duration;

use release_emulator::{
    Condition, Emulator, Family, Fault, PatchOperation, RequestFilter, Script, Verification,
    VerifyError,
};
use serde_json::json;

use super::{PIPELINES, noon, started};
use crate::common::assert_same;
use crate::remote::Remote;

async fn emulator() -> (Emulator, Remote) {
    let emulator = Emulator::builder().freeze(noon()).start().await.unwrap();
    let remote = Remote::at(emulator.url());
    (emulator, remote)
}

#[tokio::test]
async fn requests_are_selected_counted_and_verified_in_their_order() {
    let (emulator, remote) = emulator().await;
    started(&remote).await;
    let requests = emulator.requests();
    let filter = RequestFilter::new;
    let create = filter()
        .operation("CreatePipeline")
        .field("/name", "sh*")
        .scope("p1");
    let start = filter()
        .family(Family::Pipelines)
        .action("start")
        .query("action_id", Condition::equals("start"));

    let created = requests.matching(&create).unwrap();
    assert_eq!((created.len(), created[0].summary.id), (1, 1));
    let other = create
        .clone()
        .field("/model_version", Condition::equals(3))
        .header("accept", Condition::exists(true));
    assert_eq!(requests.matching(&other).unwrap(), []);
    let misspelt = requests
        .matching(&filter().operation("CreatePipelin"))
        .unwrap_err();
    assert_eq!(
        misspelt.to_string(),
        "operation: matches no operation, did you mean CreatePipeline?"
    );

    requests
        .verify(Verification::exactly(1, start.clone()))
        .await
        .unwrap();
    requests
        .verify(Verification::at_most(0, filter().status("4*")))
        .await
        .unwrap();
    requests
        .verify(Verification::in_order([create, start.clone()]))
        .await
        .unwrap();
    let long = Duration::from_mins(1);
    let list = filter()
        .method("GET")
        .path("*/pipelines")
        .caller("emulator")
        .evidence("*fields=*");
    let (verified, listed) = tokio::join!(
        requests.verify(Verification::at_least(1, list).within(long)),
        remote.get(PIPELINES),
    );
    verified.unwrap();
    listed.assert_status(200);

    let twice = requests
        .verify(Verification::at_least(2, start))
        .await
        .unwrap_err();
    let said = twice.to_string();
    assert!(
        said.starts_with("expected at least 2, found 1; nearest: request ")
            && said.contains(", action: wanted \"start\", got null"),
        "{said}"
    );
    let unknown = filter().unknown_route().operation("x");
    let invalid = requests.verify(Verification::exactly(0, unknown)).await;
    assert!(
        matches!(invalid, Err(VerifyError::Invalid(_))),
        "{invalid:?}"
    );
}

#[tokio::test]
async fn a_fault_answers_as_the_program_says_and_is_turned_off_and_replaced() {
    let (emulator, remote) = emulator().await;
    started(&remote).await;
    let faults = emulator.faults();
    let patched = Fault::new()
        .id("patched")
        .operation("ListPipelines")
        .when_query("limit", "5")
        .when_header("X-Auth-Token", Condition::exists(true))
        .scope("p1")
        .priority(1)
        .patch(PatchOperation::test("/0/status", 4))
        .patch(PatchOperation::replace("/0/status", 99))
        .patch(PatchOperation::add("/0/odd", json!([null])))
        .patch(PatchOperation::copy_from("/0/odd", "/0/odder"))
        .patch(PatchOperation::move_from("/0/odder", "/0/oddest"))
        .patch(PatchOperation::remove("/0/odd"))
        .reply_header("X-Trace", "abc")
        .without_reply_header("Content-Type");
    let id = faults.add(patched.clone()).unwrap();
    let listed = faults.get(&id).unwrap();
    assert_eq!((&*listed.id, listed.used), ("patched", 0));

    let path = format!("{PIPELINES}?limit=5");
    let reply = remote.get(&path).await.assert_status(200);
    assert_eq!(
        (
            &reply[0]["status"],
            &reply[0]["oddest"],
            reply[0].get("odd")
        ),
        (&json!(99), &json!([null]), None)
    );

    assert!(faults.set_enabled(&id, false) && !faults.set_enabled("x", false));
    assert_eq!(remote.get(&path).await.assert_status(200)[0]["status"], 4);
    faults
        .replace(
            &id,
            Fault::status(503)
                .action("stop")
                .reply_json(json!({"a": 1})),
        )
        .unwrap();
    assert!(faults.replace("x", Fault::status(503)).is_err());
    let stop = format!("{PIPELINES}/x/action?action_id=stop");
    let reply = remote.post(&stop, json!({})).await.assert_status(503);
    assert_same(&reply, &json!({"a": 1}));
    assert_eq!(faults.get(&id).unwrap().used, 2);
    assert!(
        faults
            .add(
                Fault::status(500)
                    .reply_text("x")
                    .when_field("name", "x")
                    .disabled()
            )
            .is_err()
    );
}

#[tokio::test]
async fn a_script_is_turned_off_and_replaced() {
    let (emulator, remote) = emulator().await;
    let scripts = emulator.scripts();
    let id = scripts
        .add(Script::fail("no").id("x").priority(-1))
        .unwrap();
    assert_eq!((&*id, scripts.get("x").unwrap().used), ("x", 0));
    assert!(scripts.set_enabled("x", false) && !scripts.set_enabled("y", true));
    started(&remote).await;
    assert_eq!(scripts.get("x").unwrap().used, 0);
    scripts.replace("x", Script::hang()).unwrap();
    assert!(scripts.replace("y", Script::hang()).is_err());
    assert!(scripts.add(Script::hang().id("x").disabled()).is_err());
}
