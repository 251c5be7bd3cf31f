//! The picture of the README: a pipeline's timeline, drawn from a run of the emulator.

use std::collections::BTreeMap;
use std::fmt::Write;

use release_emulator::internals::{Settings, control};
use serde_json::{Value, json};

use super::{is_updating, project_file};
use crate::common::App;

const FILE: &str = ".github/timeline.svg";
const PIPELINES: &str = "/v3/p1/pipeline/pipelines";
const MIDNIGHT: &str = "2030-01-01T00:00:00Z";

/// The rows: the pipeline, and its steps by stage.
const ROWS: [(&str, &str); 4] = [
    ("shop", ""),
    ("compile", "build"),
    ("approval", "deploy"),
    ("roll-out", "deploy"),
];

const LEFT: f64 = 92.0;
const COLUMN: f64 = 116.0;
const TOP: f64 = 58.0;
const ROW: f64 = 40.0;
const BAR: f64 = 28.0;

const STYLE: &str = "\
text{font:12px system-ui,-apple-system,'Segoe UI',sans-serif;fill:#1f2328;text-anchor:middle}\
.row{text-anchor:end;font-weight:600}\
.call{font:600 12px ui-monospace,'SF Mono',Menlo,Consolas,monospace;fill:#0a58b5}\
.at{font-size:11px;fill:#656d76}\
.grid{stroke:#d1d9e0}\
.back{fill:#fff;stroke:#d1d9e0}\
.on{fill:#1f2328}\
.s1,.s9{fill:#eef1f4}.s4,.s14{fill:#b6d7ff}.s5{fill:#ffe3a8}.s3{fill:#ffc1bc}.s2{fill:#b4ecc0}\
@media(prefers-color-scheme:dark){\
text{fill:#d1d7e0}.call{fill:#6cb0ff}.at{fill:#9198a1}.grid{stroke:#30363d}.back{fill:#15191f;stroke:#30363d}.on{fill:#f0f3f6}\
.s1,.s9{fill:#262c34}.s4,.s14{fill:#154a8a}.s5{fill:#7a5208}.s3{fill:#8e2a24}.s2{fill:#1c6b34}}";

/// A change of a row's status: its instant, its row and the code.
struct Change {
    time: String,
    row: usize,
    code: String,
}

/// A run of the pipeline: its changes, and the commands at their instants.
struct Story {
    changes: Vec<Change>,
    commands: Vec<(String, &'static str)>,
}

/// Runs a pipeline whose roll-out fails once, and returns its story.
async fn story() -> Story {
    let app = App::new();
    app.post("/_emulator/v1/reset", json!({"to": "empty"}))
        .await;
    let clock = json!({"now": MIDNIGHT, "mode": "frozen"});
    app.put("/_emulator/v1/clock", clock)
        .await
        .assert_status(200);
    app.script(json!({"match": {"step": "roll-out"}, "outcome": "fail", "times": 1}))
        .await;
    let stages = json!([
        {"name": "build", "tasks": [{"name": "compile"}]},
        {"name": "deploy", "approval_type": 1, "tasks": [{"name": "roll-out"}]}]);
    let shop = json!({"name": "shop", "model_version": 2, "config_mode": "ui", "stages": stages});
    let created = app.post(PIPELINES, shop).await.assert_status(200);
    let id = created["id"].as_str().expect("an id").to_owned();
    let mut commands = Vec::new();
    for (command, ms) in [
        ("start", 2_000),
        ("", 3_600_000),
        ("approval", 2_000),
        ("", 600_000),
        ("retry", 2_000),
        ("", 2_000),
        ("", 0),
    ] {
        if !command.is_empty() {
            let clock = app.get("/_emulator/v1/clock").await.json();
            commands.push((clock["now"].as_str().expect("a time").to_owned(), command));
            let action = format!("{PIPELINES}/{id}/action?action_id={command}");
            let approval = json!({"task_name": "deploy", "approval_type": "agree"});
            app.post(&action, approval).await.assert_status(200);
        }
        app.advance(ms).await;
    }
    let path = format!("/_emulator/v1/resources/pipelines/{id}/timeline");
    let timeline = app.get(&path).await.assert_status(200);
    let transitions = timeline["transitions"].as_array().expect("transitions");
    let changes = transitions.iter().map(|change| {
        let text = |field: &str| change[field].as_str().unwrap_or_default().to_owned();
        let row = match &*text("step") {
            "" => 0,
            "compile" => 1,
            "deploy" => 2,
            "roll-out" => 3,
            other => panic!("an unknown step {other}"),
        };
        Change {
            time: text("time"),
            row,
            code: text("to"),
        }
    });
    Story {
        changes: changes.collect(),
        commands,
    }
}

/// The words for the codes, from the description of the API.
fn words() -> BTreeMap<String, String> {
    let document = control::openapi(&Settings::default(), "http://127.0.0.1:4600");
    let document: Value = serde_json::from_str(&document).expect("a document");
    let statuses = &document["components"]["schemas"]["PipelineStatus"];
    let codes = statuses["enum"].as_array().expect("codes").iter();
    let words = statuses["x-enum-descriptions"].as_array().expect("words");
    let words = words
        .iter()
        .map(|word| word.as_str().expect("a word").to_owned());
    codes.map(ToString::to_string).zip(words).collect()
}

fn svg(story: &Story) -> String {
    let words = words();
    let mut times: Vec<&str> = story.changes.iter().map(|change| &*change.time).collect();
    times.extend(story.commands.iter().map(|(time, _)| &**time));
    times.sort_unstable();
    times.dedup();
    let place = |time: &str| {
        let column = times
            .iter()
            .position(|known| *known == time)
            .expect("a known time");
        LEFT + 14.0 + f64::from(u32::try_from(column).expect("few")) * COLUMN
    };
    let end = place(times.last().expect("a time")) + COLUMN;
    let width = end + 16.0;
    let bottom = TOP + ROW * 4.0;
    let height = bottom + 30.0;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\">\n<title>A pipeline in virtual time</title>\n<style>{STYLE}</style>\n\
         <rect class=\"back\" x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"8\"/>\n",
        width - 1.0,
        height - 1.0
    );
    for time in &times {
        let x = place(time);
        let shown = time.trim_start_matches("2030-01-01T").trim_end_matches('Z');
        let _ = writeln!(
            text,
            "<line class=\"grid\" x1=\"{x}\" x2=\"{x}\" y1=\"{}\" y2=\"{bottom}\"/>\
             <text class=\"at\" x=\"{x}\" y=\"{}\">{shown}</text>",
            TOP - 12.0,
            bottom + 16.0
        );
    }
    for (time, command) in &story.commands {
        let x = place(time);
        let _ = writeln!(
            text,
            "<text class=\"call\" x=\"{x}\" y=\"{}\">{command}</text>",
            TOP - 20.0
        );
    }
    for (n, (name, _)) in (0_u32..).zip(ROWS) {
        let y = TOP + f64::from(n) * ROW;
        let _ = writeln!(
            text,
            "<text class=\"row\" x=\"{LEFT}\" y=\"{}\">{name}</text>",
            y + 19.0
        );
        let mut row = story
            .changes
            .iter()
            .filter(|change| change.row == n as usize)
            .peekable();
        while let Some(change) = row.next() {
            let until = row.peek().map_or(end, |next| place(&next.time));
            let (x, width) = (place(&change.time) + 1.5, until - place(&change.time) - 3.0);
            if width < 10.0 {
                continue;
            }
            let code = &change.code;
            let word = if n == 0 {
                format!("{code} {}", words[code])
            } else {
                words[code].clone()
            };
            let _ = writeln!(
                text,
                "<rect class=\"s{code}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{BAR}\" rx=\"5\"/>\
                 <text class=\"on\" x=\"{}\" y=\"{}\">{word}</text>",
                x + width / 2.0,
                y + 18.0
            );
        }
    }
    text.push_str("</svg>\n");
    text
}

#[tokio::test]
async fn the_picture_of_the_readme_is_drawn_from_a_run() {
    let drawn = svg(&story().await);
    if is_updating() {
        std::fs::write(project_file(FILE), drawn).expect("written");
        return;
    }
    let present = std::fs::read_to_string(project_file(FILE)).unwrap_or_default();
    assert!(
        present == drawn,
        "{FILE} is not as generated: run UPDATE_DOCS=1 cargo test docs"
    );
}
