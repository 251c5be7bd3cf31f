//! Every operation by its documentation: what it takes, what it answers, what it refuses in which words.

mod action;
mod arguments;
mod create;
mod edit;
mod read;
mod refusals;
mod stages;

use serde_json::{Value, json};

use crate::common::{App, CREDENTIALS, Reply, assert_same};

/// A pipeline that nobody has made.
const NOBODY: &str = "4105b37a-947e-4aca-90d8-cec7c04c6f38";

/// The service's reason for refusing a request: the text that follows `parameter invalid: `.
#[track_caller]
fn assert_refused(reply: &Reply) -> String {
    let body = reply.assert_status(400);
    let keys: Vec<&String> = body.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["error_code", "error_msg"]);
    assert_eq!(body["error_code"], "SVCSTG.00100400");
    let text = body["error_msg"].as_str().expect("a text");
    let wrong = text.strip_prefix("parameter invalid: ");
    wrong.expect(text).to_owned()
}

/// Checks the answer for what is not there, or not in this project.
#[track_caller]
fn assert_not_found(reply: &Reply) {
    let expected =
        json!({"error_code": "SVCSTG.00100433", "error_msg": "application release not found"});
    assert_same(&reply.assert_status(404), &expected);
}

/// The keys of an object in the order of the answer.
#[track_caller]
fn keys(object: &Value) -> Vec<&str> {
    let object = object.as_object().expect("an object");
    object.keys().map(String::as_str).collect()
}

/// A body with one key put in place of what was there, or added.
fn with(body: &Value, key: &str, value: Value) -> Value {
    let mut body = body.clone();
    body[key] = value;
    body
}

/// A body without a key.
fn without(body: &Value, key: &str) -> Value {
    let mut body = body.clone();
    body.as_object_mut().expect("an object").shift_remove(key);
    body
}

/// Sends a text as it is.
async fn send(app: &App, method: &str, path: &str, text: &str) -> Reply {
    app.send(method, path, CREDENTIALS, text.to_owned()).await
}
