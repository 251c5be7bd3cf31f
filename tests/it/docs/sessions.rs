//! The sessions of all pages, typed and compared.

use std::path::Path;
use std::process::Command;

use release_emulator::Emulator;

use super::pages;
use super::shell::{SessionCommand, fits, sessions, words};
use crate::remote::Remote;

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
        assert_eq!(
            typed.len(),
            commands.count(),
            "{}: a command outside of a session",
            page.path
        );
        if typed.is_empty() {
            continue;
        }
        let emulator = Emulator::builder().start().await.expect("it starts");
        let main = Remote::at(emulator.url());
        for SessionCommand {
            line,
            command,
            expected,
        } in typed
        {
            let actual = assert_curl(&main, &command).await;
            assert!(
                fits(actual.trim_end_matches('\n'), &expected),
                "{}:{line}\n{command}\nprinted    {actual}\ninstead of {expected}",
                page.path
            );
        }
    }
}

#[test]
fn commands_around_commands_print_what_their_page_says() {
    let binary = Path::new(env!("CARGO_BIN_EXE_release-emulator"));
    let path = format!(
        "{}:{}",
        binary.parent().expect("a folder").display(),
        std::env::var("PATH").expect("a path")
    );
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
