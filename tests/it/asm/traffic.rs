//! Cancelling and ending, and the traffic that allows it.

use serde_json::{Value, json};

use super::{ALL, ALREADY_EXISTS, INVALID_REQUEST, MESH, create, minimal_release, release, uid};
use crate::common::{App, assert_same};

async fn with_release() -> App {
    let app = App::new();
    create(&app, "reviews-gray", "reviews").await;
    app
}

fn traffic(id: &str) -> String {
    format!("/_emulator/v1/asm/{MESH}/bookinfo/{id}/traffic")
}

async fn assert_refused(app: &App, query: &str) -> Value {
    let before = app.state().await;
    let reply = app
        .delete(&format!("{}{query}", release("reviews-gray")))
        .await;
    let error = reply.assert_status(400);
    assert_eq!(error["errorCode"], INVALID_REQUEST);
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
        assert_refused(&app, "").await,
        "Invalid request. action: is required: cancel or end"
    );
    for (query, action) in [
        ("?action=", ""),
        ("?action=delete", "delete"),
        ("?action=cancel%20", "cancel "),
    ] {
        assert_eq!(
            assert_refused(&app, query).await,
            format!("Invalid request. action: must be cancel or end, not {action:?}")
        );
    }
}

#[tokio::test]
async fn the_traffic_decides_if_a_task_may_be_cancelled_or_ended() {
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
        assert_refused(&app, cancel).await,
        "Invalid request. action: cancelling needs all traffic on the original version, and 50 % is on the grayscale version"
    );
    assert_eq!(
        assert_refused(&app, end).await,
        "Invalid request. action: ending needs all traffic on the grayscale version, which has 50 %"
    );
    set(1).await;
    assert_refused(&app, cancel).await;
    set(99).await;
    assert_refused(&app, end).await;
    set(100).await;
    assert_refused(&app, cancel).await;
    app.delete(&format!("{}{end}", release("reviews-gray")))
        .await
        .assert_status(200);

    let uid = create(&app, "reviews-gray", "reviews").await;
    app.put(&traffic(&uid), json!({"gray": 0}))
        .await
        .assert_status(200);
    assert_refused(&app, end).await;
    app.delete(&format!("{}{cancel}", release(&uid)))
        .await
        .assert_status(200);
}

#[tokio::test]
async fn traffic_of_an_unknown_release_or_outside_of_0_to_100_is_a_problem() {
    let app = with_release().await;
    for (body, detail) in [
        (json!({"gray": -1}), "gray: must be from 0 to 100"),
        (json!({"gray": 101}), "gray: must be from 0 to 100"),
        (json!({"gray": 1.5}), "gray: must be "),
        (json!({}), "gray: is required"),
        (
            json!({"gray": 1, "green": 2}),
            "green: is not a known field",
        ),
    ] {
        let reply = app.put(&traffic("reviews-gray"), body).await;
        assert_eq!(reply.header("content-type"), "application/problem+json");
        let detail_sent = reply.assert_status(400)["detail"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(detail_sent.starts_with(detail), "{detail_sent}");
    }
    let reply = app.put(&traffic("nothing"), json!({"gray": 1})).await;
    assert_eq!(
        reply.assert_status(404)["detail"],
        "there is no release nothing in mesh-demo/bookinfo"
    );
}

#[tokio::test]
async fn a_service_has_one_task_and_names_are_unique() {
    let app = with_release().await;
    let before = app.state().await;
    let uid = uid(&app.get(&release("reviews-gray")).await.assert_status(200));
    for (name, service, hint) in [
        (
            "reviews-gray",
            "ratings",
            "metadata.name: \"reviews-gray\" is already used in the namespace, by the release task {uid}; cancel or end it first",
        ),
        (
            "reviews-blue",
            "reviews",
            "spec.serviceName: \"reviews\" already has a release task, {uid}; cancel or end it first",
        ),
    ] {
        let reply = app
            .post(super::RELEASES, minimal_release(name, service))
            .await;
        assert_same(
            &reply.assert_status(409),
            &json!({"errorCode": ALREADY_EXISTS, "errorMsg": "The resource already exists."}),
        );
        let hint = hint.replace("{uid}", &uid);
        assert_eq!(reply.header("x-emulator-hint"), hint);
    }
    assert_same(&app.state().await, &before);
    create(&app, "ratings-gray", "ratings").await;
}
