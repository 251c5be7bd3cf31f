//! The sessions of all pages, typed and compared.

use std::path::{Path, PathBuf};
use std::process::Command;

use release_emulator::Emulator;

use super::shell::{SessionCommand, fits, sessions, words};
use super::{Page, pages};
use crate::remote::Remote;

/// Types a command: a request, or a wait.
async fn assert_typed(main: &Remote, command: &str) -> String {
    let Some(seconds) = command.strip_prefix("sleep ") else {
        return assert_curl(main, command).await;
    };
    // The clock is moved by as much as people would wait.
    let seconds: i64 = seconds.parse().expect("a number");
    main.advance(seconds * 1_000).await;
    String::new()
}

/// Sends the request of a `curl` command, asserts that only known options are used, and returns the printed text.
async fn assert_curl(main: &Remote, command: &str) -> String {
    let mut words = words(command).into_iter();
    assert_eq!(words.next().as_deref(), Some("curl"), "{command}");
    let (mut method, mut url, mut body, mut headers) = (None, None, None, Vec::new());
    let (mut shown, mut is_body_shown) = (String::new(), true);
    while let Some(word) = words.next() {
        let mut value = || words.next().expect("a value");
        match word.as_str() {
            "-s" => {}
            "-X" => method = Some(value()),
            "-d" => body = Some(value()),
            "-o" => {
                assert_eq!(value(), "/dev/null", "{command}");
                is_body_shown = false;
            }
            "-w" | "-sw" => shown = value(),
            "-H" => {
                let header = value();
                let (name, value) = header.split_once(": ").expect("a header");
                headers.push((name.to_owned(), value.to_owned()));
            }
            other => url = Some(other.to_owned()),
        }
    }
    let url = url.expect("a url");
    let address = url
        .strip_prefix("localhost:46")
        .expect("the default address");
    let (n, path) = address.split_at(address.find('/').expect("a path"));
    let method = method.unwrap_or_else(|| if body.is_some() { "POST" } else { "GET" }.to_owned());
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let worlds = worlds(main).await;
    let world = Remote::at(&worlds[n.parse::<usize>().expect("a port")]);
    let method = method.parse().expect("a method");
    let reply = world.send(method, path, &headers, body.unwrap_or_default());
    let reply = reply.await;
    let mut text = if is_body_shown {
        reply.text()
    } else {
        String::new()
    };
    let format = shown.replace("\\n", "\n");
    match format.split_once("%header{") {
        None => text += &format,
        Some((before, rest)) => {
            let (name, after) = rest.split_once('}').expect("a name");
            text.extend([before, reply.header(name), after]);
        }
    }
    for (n, url) in self::worlds(main).await.iter().enumerate() {
        text = text.replace(url, &format!("http://127.0.0.1:46{n:02}"));
    }
    text
}

/// The URLs of the worlds. A test uses free ports; in the pages they follow each other.
async fn worlds(main: &Remote) -> Vec<String> {
    let list = main.get("/_emulator/v1/worlds").await.assert_status(200);
    let worlds = list["worlds"].as_array().expect("worlds").iter();
    worlds
        .map(|world| world["url"].as_str().expect("a url").to_owned())
        .collect()
}

#[tokio::test]
async fn every_session_prints_what_its_page_says() {
    for page in pages() {
        let typed = sessions(&page.text, "curl");
        let commands = page.text.lines().filter(|line| line.starts_with("curl "));
        let requests = typed
            .iter()
            .filter(|typed| typed.command.starts_with("curl "));
        assert_eq!(
            requests.count(),
            commands.count(),
            "{}: a command outside of a session",
            page.path
        );
        if typed.is_empty() {
            continue;
        }
        let noon = "2029-12-31T12:00:00Z";
        let emulator = Emulator::builder().freeze(noon).start().await;
        let emulator = emulator.expect("it starts");
        let main = Remote::at(emulator.url());
        for SessionCommand {
            line,
            command,
            expected,
        } in typed
        {
            let actual = assert_typed(&main, &command).await;
            assert!(
                actual.is_empty() || actual.ends_with('\n') && !actual.ends_with("\n\n"),
                "{}:{line}: the answer does not end its line, or leaves one empty\n{command}",
                page.path
            );
            assert!(
                fits(actual.trim_end_matches('\n'), &expected),
                "{}:{line}\n{command}\nprinted    {actual}\ninstead of {expected}",
                page.path
            );
        }
    }
}

/// The search path, with the binary under test first.
fn path_with_binary() -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_release-emulator"));
    let folder = binary.parent().expect("a folder").display();
    format!("{folder}:{}", std::env::var("PATH").expect("a path"))
}

/// An empty folder for a test.
pub fn empty_folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

#[test]
fn commands_around_commands_print_what_their_page_says() {
    let path = path_with_binary();
    let mut n_typed = 0;
    for page in pages() {
        for SessionCommand {
            line,
            command,
            expected,
        } in sessions(&page.text, "release-emulator")
        {
            n_typed += 1;
            let output = Command::new("sh")
                .args(["-c", &command])
                .env("PATH", &path)
                .env_remove("HUAWEICLOUD_SDK_AK")
                .env_remove("HUAWEICLOUD_SDK_SK")
                .output();
            let actual = String::from_utf8(output.expect("it runs").stdout).expect("text");
            assert!(
                fits(actual.trim_end(), &expected),
                "{}:{line}\n{command}\nprinted    {actual}\ninstead of {expected}",
                page.path
            );
        }
    }
    assert!(n_typed > 0);
}

#[test]
fn the_emulator_starts_in_the_background_as_the_page_of_ci_says() {
    let page = Page::named("ci");
    let (_, script) = page
        .text
        .split_once("```sh\nrm -f emulator.port\n")
        .expect("a script");
    let (script, _) = script.split_once("```").expect("its end");
    let folder = empty_folder("ci");
    let script = format!(
        "{script}\nrelease-emulator docs time > /dev/null && echo $RELEASE_EMULATOR_URL; kill $!"
    );
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(&folder)
        .env("PATH", path_with_binary())
        .output()
        .expect("it runs");
    let printed = String::from_utf8(output.stdout).expect("text");
    let port = std::fs::read_to_string(folder.join("emulator.port")).expect("a port");
    assert!(
        printed.ends_with(&format!("http://127.0.0.1:{port}")),
        "{printed}"
    );
}
