//! Reading operations: the list, the detail, the records.

use serde_json::{Value, json};

use release_emulator::internals::world::settings::PipelinesList;

use super::{assert_refused, keys};
use crate::common::{App, NOON, assert_same};
use crate::pipelines::status::RELEASING;
use crate::pipelines::{TestPipeline, body, pipelines, three_stages};

/// Four pipelines; the third and the fourth of one instant, the first edited last.
async fn four(app: &App) -> Vec<TestPipeline<'_>> {
    let mut made = Vec::new();
    for (name, pause) in [("bb", 1_000), ("dd", 1_000), ("aa", 0), ("cc", 5_000)] {
        made.push(TestPipeline::create(app, body(name, three_stages())).await);
        app.advance(pause).await;
    }
    app.put(&made[0].path(), body("bb", three_stages()))
        .await
        .assert_status(200);
    made
}

fn names(rows: &Value) -> String {
    let names: Vec<&str> = rows
        .as_array()
        .expect("an array")
        .iter()
        .map(|row| row["name"].as_str().expect("a name"))
        .collect();
    names.join(" ")
}

#[tokio::test]
async fn a_fresh_row_has_the_fourteen_keys_of_the_documented_example() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-gn7mre", three_stages())).await;

    let rows = app.get(&pipelines()).await.assert_status(200);

    let expected = json!([{
        "id": pipeline.id, "name": "release-gn7mre", "description": "",
        "create_time": NOON, "update_time": NOON, "version": 1, "config_mode": "ui",
        "creator": "emulator", "model_version": 2, "status": 1, "last_trigger_at": 0,
        "enterprise_project_id": "0", "enterprise_project": null, "extend_info": null
    }]);
    assert_same(&rows, &expected);
    let documented = crate::common::golden("servicestage_pipelines.json");
    assert_eq!(keys(&rows[0]), keys(&documented[0]));
}

#[tokio::test]
async fn the_list_can_be_wrapped_as_the_documented_table_says() {
    let bare = App::new();
    assert_same(&bare.get(&pipelines()).await.assert_status(200), &json!([]));

    let app = App::with(|settings| settings.pipelines_list = PipelinesList::Object);
    assert_same(
        &app.get(&pipelines()).await.assert_status(200),
        &json!({"pipelines": []}),
    );
    let pipeline = TestPipeline::create(&app, body("release-a", three_stages())).await;
    let list = app.get(&pipelines()).await.assert_status(200);
    assert_eq!(keys(&list), ["pipelines"]);
    assert_eq!(list["pipelines"][0]["id"], pipeline.id.as_str());
}

#[tokio::test]
async fn the_newest_comes_first_also_among_equal_times() {
    let app = App::new();
    four(&app).await;

    assert_eq!(
        names(&app.get(&pipelines()).await.assert_status(200)),
        "cc aa dd bb"
    );
}

#[tokio::test]
async fn the_list_is_ordered_and_paged_as_asked() {
    let app = App::new();
    four(&app).await;
    for (query, expected) in [
        ("limit=2", "cc aa"),
        ("limit=2&offset=1", "aa dd"),
        ("limit=100&offset=3", "bb"),
        ("limit=0", ""),
        ("offset=4", ""),
        ("offset=99999999999", ""),
        ("limit=&offset=&order_by=&order=", "cc aa dd bb"),
        ("order=desc", "cc aa dd bb"),
        ("order=asc", "bb dd aa cc"),
        ("order_by=create_time&order=asc&limit=3", "bb dd aa"),
        ("order_by=name", "dd cc bb aa"),
        ("order_by=name&order=asc", "aa bb cc dd"),
        ("order_by=name&order=asc&limit=2&offset=1", "bb cc"),
        ("order_by=update_time", "bb cc aa dd"),
        ("order_by=update_time&order=asc", "dd aa cc bb"),
        ("status=1", "cc aa dd bb"),
    ] {
        let rows = app
            .get(&format!("{}?{query}", pipelines()))
            .await
            .assert_status(200);
        assert_eq!(names(&rows), expected, "{query}");
    }
}

#[tokio::test]
async fn a_bad_paging_parameter_is_refused_by_name() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", three_stages())).await;
    for path in [pipelines(), format!("{}/records", pipeline.path())] {
        for (query, expected) in [
            ("limit=101", "limit: must be 0 to 100, not 101"),
            ("limit=-1", "limit: \"-1\" is not a non-negative integer"),
            ("limit=x", "limit: \"x\" is not a non-negative integer"),
            ("limit=1.5", "limit: \"1.5\" is not a non-negative integer"),
            ("offset=-1", "offset: \"-1\" is not a non-negative integer"),
            (
                "order_by=status",
                "order_by: must be create_time, name or update_time, not \"status\"",
            ),
            ("order=up", "order: must be desc or asc, not \"up\""),
            ("order=DESC", "order: must be desc or asc, not \"DESC\""),
        ] {
            let reply = app.get(&format!("{path}?{query}")).await;
            assert_eq!(assert_refused(&reply), expected, "{path}?{query}");
        }
    }
}

#[tokio::test]
async fn each_project_has_a_list_of_its_own() {
    let app = App::new();
    TestPipeline::create(&app, body("release-a", three_stages())).await;

    let another = app
        .get("/v3/another/pipeline/pipelines")
        .await
        .assert_status(200);

    assert_same(&another, &json!([]));
}

#[tokio::test]
async fn without_a_limit_at_most_a_thousand_rows_come() {
    let rows: Vec<Value> = (0..1_001)
        .map(|n| json!({"id": format!("p{n}"), "name": format!("r{n}")}))
        .collect();
    let app = App::load(
        &json!({"servicestage": {"projects": [{"id": crate::common::PROJECT, "pipelines": rows}]}}),
    );

    let all = app.get(&pipelines()).await.assert_status(200);
    assert_eq!(all.as_array().unwrap().len(), 1_000);
    assert_eq!(all[0]["name"], "r1000");
    let rest = app
        .get(&format!("{}?offset=1000", pipelines()))
        .await
        .assert_status(200);
    assert_eq!(names(&rest), "r0");
}

#[tokio::test]
async fn the_detail_has_the_documented_keys_then_those_of_the_list() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", three_stages())).await;

    let detail = app.get(&pipeline.path()).await.assert_status(200);

    assert_eq!(
        keys(&detail),
        [
            "name",
            "description",
            "model_version",
            "config_mode",
            "id",
            "fail_mode",
            "enterprise_project_id",
            "pipeline_declaration",
            "status",
            "version",
            "creator",
            "create_time",
            "update_time",
            "last_trigger_at"
        ]
    );
    assert_eq!(keys(&detail["pipeline_declaration"]), ["sources", "stages"]);
}

#[tokio::test]
async fn list_and_detail_show_a_run_at_once() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", three_stages())).await;
    app.advance(1_000).await;

    pipeline.assert_accepts("start", json!({})).await;

    let detail = app.get(&pipeline.path()).await.assert_status(200);
    let row = pipeline.row().await;
    for shown in [&detail, &row] {
        assert_eq!(shown["status"], RELEASING);
        assert_eq!(shown["last_trigger_at"], NOON + 1_000);
        assert_eq!(
            shown["update_time"], NOON,
            "a run is no change of the definition"
        );
    }
    assert_eq!(row["extend_info"]["latest_pipeline_state"]["id"], 286_541);
}

#[tokio::test]
async fn before_the_first_run_there_are_no_records() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", three_stages())).await;

    assert_same(
        &pipeline.records().await,
        &json!({"count": 0, "records": []}),
    );
}

#[tokio::test]
async fn records_are_paged_and_count_is_their_number_before_that() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", json!([three_stages()[0]]))).await;
    for _ in 0..4 {
        pipeline.assert_accepts("start", json!({})).await;
        app.advance(3_000).await;
    }
    for (query, expected) in [
        ("", vec![4, 3, 2, 1]),
        ("limit=2", vec![4, 3]),
        ("limit=2&offset=3", vec![1]),
        ("limit=0", vec![]),
        ("offset=4", vec![]),
        ("order=asc&limit=2", vec![1, 2]),
        ("order_by=update_time&order=asc", vec![1, 2, 3, 4]),
        ("order_by=create_time", vec![4, 3, 2, 1]),
    ] {
        let reply = app
            .get(&format!("{}/records?{query}", pipeline.path()))
            .await
            .assert_status(200);
        assert_eq!(keys(&reply), ["count", "records"]);
        assert_eq!(reply["count"], 4, "{query}");
        let ids: Vec<i64> = reply["records"]
            .as_array()
            .unwrap()
            .iter()
            .map(|run| run["id"].as_i64().unwrap() - 286_540)
            .collect();
        assert_eq!(ids, expected, "{query}");
    }
}

#[tokio::test]
async fn a_record_has_the_keys_of_the_sibling_api_and_its_end() {
    let app = App::new();
    let pipeline = TestPipeline::create(&app, body("release-a", three_stages())).await;
    pipeline.assert_accepts("start", json!({})).await;

    let expected = json!({"count": 1, "records": [{
        "id": 286_541, "pipeline_id": pipeline.id, "version": 1, "trigger": "emulator", "trigger_type": 0,
        "trigger_at": NOON, "status": 4, "end_at": 0
    }]});
    assert_same(&pipeline.records().await, &expected);
}

#[tokio::test]
async fn executions_are_numbered_over_all_pipelines() {
    let app = App::new();
    let first = TestPipeline::create(&app, body("release-a", three_stages())).await;
    let second = TestPipeline::create(&app, body("release-b", three_stages())).await;
    let mut ids = Vec::new();
    for pipeline in [&first, &second] {
        let answer = pipeline.act("start", json!({})).await.assert_status(200);
        ids.push(answer["id"].as_i64().unwrap());
    }

    assert_eq!(ids, [286_541, 286_542]);
}
