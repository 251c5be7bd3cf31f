//! Cancelling and ending, and the traffic that allows it.

use serde_json::{Value, json};

use super::{ALL, MESH, create, order, release, uid};
use crate::common::{App, assert_same};

async fn with_release() -> App {
    let app = App::new();
    create(&app, "reviews-gray", "reviews").await;
    app
}

fn traffic(id: &str) -> String {
    format!("/_emulator/v1/asm/{MESH}/bookinfo/{id}/traffic")
}

async fn refused(app: &App, query: &str) -> Value {
    let before = app.state().await;
    let reply = app
        .delete(&format!("{}{query}", release("reviews-gray")))
        .await;
    let error = reply.assert_status(400);
    assert_eq!(error["errorCode"], "ASM.01010001");
    assert_same(&app.state().await, &before);
    error["errorMsg"].clone()
}

#[tokio::test]
async fn a_task_is_cancelled_or_ended_and_its_name_is_free_again() {
    let app = with_release().await;
    for action in ["cancel", "end", "finish", "CANCEL", "End"] {
        let reply = app
            .delete(&format!("{}?action={action}", release("reviews-gray")))
            .await;
        assert_eq!(
            (reply.status, reply.text()),
            (200, String::new()),
            "{action}"
        );

        app.get(&release("reviews-gray")).await.assert_status(404);
        assert_eq!(app.get(ALL).await.assert_status(200)["items"], json!([]));
        create(&app, "reviews-gray", "reviews").await;
    }
}

#[tokio::test]
async fn an_action_that_is_missing_or_unknown_is_refused() {
    let app = with_release().await;
    assert_eq!(
        refused(&app, "").await,
        "Invalid request. action: is required: cancel or end"
    );
    for query in ["?action=", "?action=delete", "?action=cancel%20"] {
        assert_eq!(
            refused(&app, query).await,
            "Invalid request. action: must be cancel or end"
        );
    }
    let twice = refused(&app, "?action=end&action=end").await;
    assert!(twice.as_str().unwrap().contains("action"), "{twice}");
}

#[tokio::test]
async fn traffic_decides_which_ending_is_allowed() {
    let app = with_release().await;
    let set = async |gray: u8| {
        let answer = app
            .put(&traffic("reviews-gray"), json!({"gray": gray}))
            .await
            .assert_status(200);
        assert_same(&answer, &json!({"gray": gray}));
    };
    let cancel = "?action=cancel";
    let end = "?action=end";

    set(50).await;
    assert_eq!(
        refused(&app, cancel).await,
        "Invalid request. action: cancelling needs all traffic on the original version, and 50 % is on the grayscale version"
    );
    assert_eq!(
        refused(&app, end).await,
        "Invalid request. action: ending needs all traffic on the grayscale version, which has 50 %"
    );
    set(1).await;
    refused(&app, cancel).await;
    set(99).await;
    refused(&app, end).await;
    set(100).await;
    refused(&app, cancel).await;
    app.delete(&format!("{}{end}", release("reviews-gray")))
        .await
        .assert_status(200);

    let uid = create(&app, "reviews-gray", "reviews").await;
    app.put(&traffic(&uid), json!({"gray": 0}))
        .await
        .assert_status(200);
    refused(&app, end).await;
    app.delete(&format!("{}{cancel}", release(&uid)))
        .await
        .assert_status(200);
}

#[tokio::test]
async fn traffic_of_nothing_or_of_no_percentage_is_a_problem() {
    let app = with_release().await;
    for (body, detail) in [
        (json!({"gray": -1}), "gray: must be from 0 to 100"),
        (json!({"gray": 101}), "gray: must be from 0 to 100"),
        (json!({"gray": 1.5}), "gray: invalid type"),
        (json!({}), "missing field `gray`"),
        (json!({"gray": 1, "green": 2}), "green: unknown field"),
    ] {
        let reply = app.put(&traffic("reviews-gray"), body).await;
        assert_eq!(reply.header("content-type"), "application/problem+json");
        let said = reply.assert_status(400)["detail"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(said.starts_with(detail), "{said}");
    }
    let reply = app.put(&traffic("nothing"), json!({"gray": 1})).await;
    assert_eq!(
        reply.assert_status(404)["detail"],
        "there is no release nothing in mesh-demo/bookinfo"
    );
}

#[tokio::test]
async fn one_service_has_one_task_and_a_name_is_given_once() {
    let app = with_release().await;
    let before = app.state().await;
    let uid = uid(&app.get(&release("reviews-gray")).await.assert_status(200));
    for (name, service, hint) in [
        (
            "reviews-gray",
            "ratings",
            "the namespace has a release task reviews-gray already, {uid}; cancel or end it first",
        ),
        (
            "reviews-blue",
            "reviews",
            "the service reviews has a release task already, {uid}; cancel or end it first",
        ),
    ] {
        let reply = app.post(super::RELEASES, order(name, service)).await;
        assert_same(
            &reply.assert_status(409),
            &json!({"errorCode": "ASM.01010003", "errorMsg": "The resource already exists."}),
        );
        let hint = hint.replace("{uid}", &uid);
        assert_eq!(reply.header("x-emulator-hint"), hint);
    }
    assert_same(&app.state().await, &before);
    create(&app, "ratings-gray", "ratings").await;
}
