//! The list: its rows, their order, and pages of it.

use serde_json::{Value, json};

use super::{body, create, five, path};
use crate::common::{App, NOON, PROJECT, assert_same};

/// Plans by name and instants, in the order they are loaded.
fn plans(plans: &[(&str, i64, i64)]) -> App {
    let plan = |(name, created, modified): &(&str, i64, i64)| json!({"id": format!("id-{name}"), "name": name, "create_time": created, "modify_time": modified});
    let plans: Vec<_> = plans.iter().map(plan).collect();
    App::load(&json!({"servicestage": {"projects": [{"id": PROJECT, "release_plans": plans}]}}))
}

/// The names that a query lists, and the count.
async fn listed(app: &App, query: &str) -> (Vec<String>, u64) {
    let list = app.get(&path(query)).await.assert_status(200);
    let name = |row: &Value| row["name"].as_str().expect("a name").to_owned();
    let names = list["release_plans"]
        .as_array()
        .expect("rows")
        .iter()
        .map(name);
    (names.collect(), list["count"].as_u64().expect("a number"))
}

#[tokio::test]
async fn a_project_without_plans_lists_none() {
    let reply = App::new().get(&path("")).await;

    assert_eq!(reply.text(), r#"{"count":0,"release_plans":[]}"#);
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("x-emulator-evidence"), "documented");
}

#[tokio::test]
async fn a_row_has_the_seven_documented_keys() {
    let app = App::new();
    let id = create(&app, body("release-a", &five())).await;
    app.advance(247).await;
    app.post(&path(&format!("/{id}/execute")), Value::Null)
        .await
        .assert_status(200);

    assert_same(
        &app.get(&path("")).await.assert_status(200),
        &json!({
            "count": 1,
            "release_plans": [{
                "name": "release-a",
                "id": id,
                "action": "create",
                "create_time": NOON,
                "status": "RUNNING",
                "creator": "emulator",
                "execute_time": NOON + 247,
            }],
        }),
    );
    app.advance(6_000).await;
    let list = app.get(&path("")).await.assert_status(200);
    assert_eq!(list["release_plans"][0]["status"], "SUCCESS");
}

#[tokio::test]
async fn each_project_has_its_own_list() {
    let app = App::new();
    create(&app, body("release-a", &five())).await;

    let other = app.get("/v3/another/cas/release-plans").await;

    assert_eq!(other.text(), r#"{"count":0,"release_plans":[]}"#);
}

#[tokio::test]
async fn the_newest_comes_first_also_among_equal_times() {
    let app = plans(&[("b1", 5, 0), ("b2", 5, 0), ("a1", 9, 0), ("b3", 5, 0)]);
    create(&app, body("n1", &five())).await;
    create(&app, body("n2", &five())).await;

    assert_eq!(
        listed(&app, "").await,
        (
            ["n2", "n1", "a1", "b3", "b2", "b1"]
                .map(str::to_owned)
                .to_vec(),
            6
        )
    );
    let (mut oldest_first, _) = listed(&app, "?order=asc").await;
    oldest_first.reverse();
    assert_eq!(oldest_first, listed(&app, "").await.0);
}

#[tokio::test]
async fn rows_are_ordered_as_asked() {
    let app = plans(&[
        ("bb", 10, 70),
        ("cc", 20, 0),
        ("aa", 30, 50),
        ("dd", 40, 50),
    ]);
    for (query, names) in [
        ("", ["dd", "aa", "cc", "bb"]),
        ("?order_by=create_time", ["dd", "aa", "cc", "bb"]),
        ("?order_by=create_time&order=asc", ["bb", "cc", "aa", "dd"]),
        ("?order_by=name", ["dd", "cc", "bb", "aa"]),
        ("?order_by=name&order=desc", ["dd", "cc", "bb", "aa"]),
        ("?order_by=name&order=asc", ["aa", "bb", "cc", "dd"]),
        ("?order_by=update_time", ["bb", "dd", "aa", "cc"]),
        ("?order_by=update_time&order=asc", ["cc", "aa", "dd", "bb"]),
        ("?order_by=&order=&limit=&offset=", ["dd", "aa", "cc", "bb"]),
        ("?marker=x", ["dd", "aa", "cc", "bb"]),
    ] {
        assert_eq!(listed(&app, query).await.0, names, "{query}");
    }
}

#[tokio::test]
async fn a_page_is_cut_out_and_the_count_is_the_total() {
    let names: Vec<_> = (0..105).map(|n| format!("p{n:03}")).collect();
    let rows: Vec<_> = names.iter().map(|name| (name.as_str(), 1, 0)).collect();
    let app = plans(&rows);
    let newest_first: Vec<_> = names.iter().rev().cloned().collect();
    for (query, range) in [
        ("", 0..105),
        ("?limit=100", 0..100),
        ("?limit=0", 0..0),
        ("?limit=3", 0..3),
        ("?limit=3&offset=1", 1..4),
        ("?offset=100", 100..105),
        ("?limit=10&offset=100", 100..105),
        ("?offset=105", 105..105),
        ("?offset=1000000", 105..105),
    ] {
        assert_eq!(
            listed(&app, query).await,
            (newest_first[range].to_vec(), 105),
            "{query}"
        );
    }
}

#[tokio::test]
async fn without_a_limit_at_most_a_thousand_rows_come() {
    let names: Vec<_> = (0..1_001).map(|n| format!("p{n:04}")).collect();
    let rows: Vec<_> = names.iter().map(|name| (name.as_str(), 1, 0)).collect();
    let app = plans(&rows);

    let (names, count) = listed(&app, "").await;

    assert_eq!(
        (names.len(), names[0].as_str(), count),
        (1_000, "p1000", 1_001)
    );
}

#[tokio::test]
async fn bad_parameters_are_refused_by_name() {
    let app = App::new();
    for (query, why) in [
        ("?limit=101", "limit: must be 0 to 100, not 101"),
        ("?limit=-1", "limit: \"-1\" is not a non-negative integer"),
        ("?limit=x", "limit: \"x\" is not a non-negative integer"),
        ("?limit=1.5", "limit: \"1.5\" is not a non-negative integer"),
        ("?offset=-1", "offset: \"-1\" is not a non-negative integer"),
        ("?offset=x", "offset: \"x\" is not a non-negative integer"),
        (
            "?offset=9223372036854775808",
            "offset: \"9223372036854775808\" is not a non-negative integer",
        ),
        (
            "?order_by=status",
            "order_by: must be create_time, name or update_time, not \"status\"",
        ),
        ("?order=up", "order: must be desc or asc, not \"up\""),
    ] {
        let error = app.get(&path(query)).await.assert_status(400);
        assert_same(
            &error,
            &json!({"error_code": "SVCSTG.00100400", "error_msg": format!("parameter invalid: {why}")}),
        );
    }
}
