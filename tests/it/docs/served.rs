//! The pages as they are printed and served.

use std::process::{Command, Output, Stdio};

use release_emulator::Emulator;
use release_emulator::internals::docs;
use serde_json::json;

use super::pages;
use crate::common::{App, Reply};
use crate::remote::Remote;

fn print(arguments: &[&str]) -> Output {
    let binary = env!("CARGO_BIN_EXE_release-emulator");
    let output = Command::new(binary).arg("docs").args(arguments).output();
    output.expect("it runs")
}

#[track_caller]
fn printed(arguments: &[&str]) -> String {
    let output = print(arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn every_page_is_listed_once_with_a_title_and_a_summary() {
    let mut names: Vec<String> = docs::PAGES
        .iter()
        .map(|page| format!("src/docs/{}.md", page.name))
        .collect();
    names.push("README.md".to_owned());
    names.sort();
    let mut files: Vec<String> = pages().into_iter().map(|page| page.path).collect();
    files.sort();
    assert_eq!(names, files);
    for page in docs::PAGES {
        assert!(page.text.starts_with("# "), "{}", page.name);
        let summary = page.summary();
        assert!(
            summary.ends_with('.') && (20..200).contains(&summary.len()) && !summary.contains('['),
            "{}: {summary}",
            page.name
        );
    }
}

#[test]
fn docs_without_a_page_lists_all() {
    let list = printed(&[]);
    for page in docs::PAGES {
        let line = list.lines().find(|line| {
            let mut words = line.split_whitespace();
            words.next() == Some(page.name)
        });
        let line = line.unwrap_or_else(|| panic!("{} is not in\n{list}", page.name));
        assert!(line.ends_with(page.title()), "{line}");
    }
}

#[test]
fn docs_prints_a_page_or_all_of_them() {
    let time = docs::find("time").expect("a page").text;
    assert_eq!(printed(&["time"]), time);
    assert_eq!(printed(&["time.md"]), time);
    let all = printed(&["--all"]);
    for page in docs::PAGES {
        assert!(all.contains(page.text), "{}", page.name);
    }
    let llms = printed(&["llms"]);
    assert_eq!(llms, docs::llms("http://127.0.0.1:4600"));
}

#[test]
fn docs_of_an_unknown_page_names_the_nearest() {
    for (name, near) in [
        ("tiem", "time"),
        ("python", "testing-python"),
        ("pipeline", "pipelines"),
    ] {
        let output = print(&[name]);
        assert_eq!(output.status.code(), Some(2));
        let text = String::from_utf8(output.stderr).expect("text");
        assert!(
            text.contains(&format!("there is no page {name}, did you mean {near}?")),
            "{text}"
        );
    }
}

async fn get(path: &str, accept: &str) -> Reply {
    let app = App::new();
    app.send("GET", path, &[("accept", accept)], "").await
}

#[tokio::test]
async fn every_page_is_served_as_html_that_loads_nothing_foreign() {
    let app = App::new();
    for page in docs::PAGES {
        let path = format!("/_emulator/docs/{}", page.name);
        let reply = app.get(&path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
        let policy = reply.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        let text = reply.text();
        assert!(text.contains("<meta name=\"viewport\""), "{path}");
        // A browser asks for /favicon.ico otherwise, which is no page of ours.
        assert!(
            text.contains("<link rel=\"icon\" href=\"data:")
                && policy.contains("img-src 'self' data:"),
            "{path}"
        );
        assert!(
            !text.contains("<script") && !text.contains("style=\""),
            "{path}"
        );
        for source in text.split("src=\"").skip(1) {
            let (source, _) = source.split_once('"').expect("an end");
            let reply = app.get(source).await;
            assert_eq!(reply.status, 200, "{path}: {source}");
        }
    }
}

#[tokio::test]
async fn links_of_served_pages_lead_to_pages_and_their_headings() {
    let app = App::new();
    for page in docs::PAGES {
        let path = format!("/_emulator/docs/{}", page.name);
        let text = app.get(&path).await.text();
        for link in text.split("<a href=\"").skip(1) {
            let (link, _) = link.split_once('"').expect("an end");
            if link.contains("://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let file = if file.is_empty() { &path } else { file };
            let reply = app.get(file).await;
            assert_eq!(reply.status, 200, "{path}: {link}");
            let id = format!(" id=\"{anchor}\"");
            assert!(
                anchor.is_empty() || reply.text().contains(&id),
                "{path}: {link}"
            );
        }
    }
}

#[tokio::test]
async fn the_index_is_at_the_folder_and_heads_have_no_body() {
    let app = App::new();
    let index = app.get("/_emulator/docs/").await.text();
    assert_eq!(app.get("/_emulator/docs/index").await.text(), index);
    assert_eq!(app.get("/_emulator/docs").await.text(), index);
    for path in [
        "/_emulator/docs/",
        "/_emulator/docs/time",
        "/_emulator/docs/time.md",
        "/llms.txt",
    ] {
        let head = app.send("HEAD", path, &[], "").await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
    }
}

#[tokio::test]
async fn a_page_is_served_as_it_is_written_too() {
    let reply = get("/_emulator/docs/time.md", "*/*").await;
    assert_eq!(reply.header("content-type"), "text/markdown; charset=utf-8");
    assert_eq!(reply.text(), docs::find("time").expect("a page").text);
}

#[tokio::test]
async fn an_unknown_page_is_404_with_the_nearest() {
    let reply = get("/_emulator/docs/tiem", "text/html,*/*").await;
    assert_eq!(reply.status, 404);
    let link = "<a href=\"/_emulator/docs/time\">time</a>";
    assert!(reply.text().contains(link), "{}", reply.text());
    let injected = get("/_emulator/docs/%3Cb%3E", "text/html").await;
    assert!(injected.text().contains("&lt;b&gt;"), "{}", injected.text());
    for path in ["/_emulator/docs/tiem", "/_emulator/docs/tiem.md"] {
        let reply = get(path, "*/*").await;
        assert_eq!(reply.header("content-type"), "application/problem+json");
        let problem = reply.assert_status(404);
        assert_eq!(
            problem["detail"],
            "there is no page tiem, did you mean time?"
        );
    }
}

#[tokio::test]
async fn llms_txt_links_every_page_at_the_host_that_was_asked() {
    let app = App::new();
    let reply = app
        .send("GET", "/llms.txt", &[("host", "emulator.internal:81")], "")
        .await;
    let text = reply.text();
    assert!(text.starts_with("# release-emulator\n\n> "), "{text}");
    for page in docs::PAGES {
        let (title, name) = (page.title(), page.name);
        let link = format!(
            "- [{title}](http://emulator.internal:81/_emulator/docs/{name}.md): {}",
            page.summary()
        );
        assert!(text.contains(&link), "{link}");
    }
    let journal = app.get("/_emulator/v1/requests").await.json();
    assert_eq!(journal["total"], 0, "pages are not recorded");
}

#[tokio::test]
async fn every_world_serves_the_pages() {
    let emulator = Emulator::builder().start().await.expect("it starts");
    let world = Remote::at(emulator.url()).open(json!({})).await;
    for path in ["/_emulator/docs/", "/_emulator/docs/time", "/llms.txt"] {
        assert_eq!(world.get(path).await.status, 200, "{path}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let binary = env!("CARGO_BIN_EXE_release-emulator");
    let mut child = Command::new(binary)
        .args(["docs", "--all"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    // The pages do not fit into a pipe, so they cannot all be written.
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
}

#[test]
fn a_terminal_gets_the_tables_of_the_states_without_the_sources_of_the_charts() {
    let page = docs::find("pipelines").expect("a page");
    let text = printed(&["pipelines"]);
    for absent in ["<!--", "```mermaid", "stateDiagram", "\n\n\n"] {
        assert!(!text.contains(absent), "{absent}");
    }
    let kept = |line: &&str| line.starts_with('|') || line.starts_with('#');
    let lines = text.lines().filter(kept);
    assert!(lines.eq(page.text.lines().filter(kept)));
    assert!(text.contains("\n```sh\ncurl"), "sessions stay");
}
