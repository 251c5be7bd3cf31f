//! The state charts of the pages. Each is explored: every command is tried in every status that is reached, and time runs
//! wherever it leads on. A chart has what happened, so it holds exactly what the tables in the code allow and refuse.

mod drawing;
mod explore;
mod subject;
mod text;

use super::generated::assert_generated;
use super::{is_updating, project_file};
use explore::Chart;
use subject::Subject;

/// Asserts that the chart and the table of a page are those of the emulator, and that the drawing is; or writes them.
async fn assert_charted(subject: Subject) {
    let chart = Chart::explore(subject).await;
    let name = subject.name();
    assert_generated(
        subject.page(),
        &format!("states of {name}"),
        &text::markdown(&chart),
    );
    let path = format!("src/docs/{name}.svg");
    let drawing = drawing::svg(&chart);
    let file = project_file(&path);
    if is_updating() {
        std::fs::write(file, drawing).expect("written");
        return;
    }
    let present = std::fs::read_to_string(file).unwrap_or_default();
    assert!(
        present == drawing,
        "{path} is not as generated: run UPDATE_DOCS=1 cargo test docs"
    );
}

#[tokio::test]
async fn of_a_pipeline() {
    assert_charted(Subject::Pipeline).await;
}

#[tokio::test]
async fn of_a_release_plan() {
    assert_charted(Subject::Plan).await;
}

#[tokio::test]
async fn of_a_release() {
    assert_charted(Subject::Release).await;
}

#[tokio::test]
async fn of_a_mesh() {
    assert_charted(Subject::Mesh).await;
}

#[tokio::test]
async fn of_a_version() {
    assert_charted(Subject::Version).await;
}

#[tokio::test]
async fn of_a_workflow_task() {
    assert_charted(Subject::Task).await;
}

#[tokio::test]
async fn of_a_release_plan_of_zadig() {
    assert_charted(Subject::ReleasePlan).await;
}

#[tokio::test]
async fn of_a_token() {
    assert_charted(Subject::Token).await;
}
