//! The README is checked: its sessions are typed, its coverage table is generated.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use release_emulator::Emulator;
use release_emulator::internals::http::Evidence;
use release_emulator::internals::registry;

use crate::remote::Remote;

fn readme() -> String {
    std::fs::read_to_string(path()).expect("a README")
}

fn path() -> String {
    format!("{}/README.md", env!("CARGO_MANIFEST_DIR"))
}

/// A command of a session, with the line it begins at and what it is to print.
struct Typed {
    line: usize,
    command: String,
    expected: String,
}

/// The sessions: the shell blocks that begin with a program. What a command prints stands behind `# `.
fn sessions(program: &str) -> Vec<Vec<Typed>> {
    let text = readme();
    let mut lines = text.lines().enumerate().peekable();
    let mut sessions = Vec::new();
    while let Some((_, line)) = lines.next() {
        if line != "```sh"
            || !lines
                .peek()
                .is_some_and(|(_, next)| next.starts_with(program))
        {
            continue;
        }
        let mut session: Vec<Typed> = Vec::new();
        for (n, line) in lines.by_ref() {
            match session.last_mut() {
                _ if line == "```" => break,
                Some(last) if is_open(&last.command) => {
                    let so_far = last.command.trim_end_matches('\\').to_owned();
                    last.command = format!("{so_far}\n{line}");
                }
                Some(last) if line.starts_with("# ") => last.expected.push_str(&line[2..]),
                _ => session.push(Typed {
                    line: n + 1,
                    command: line.to_owned(),
                    expected: String::new(),
                }),
            }
        }
        sessions.push(session);
    }
    sessions
}

/// True if a shell would wait for more: inside quotes, or after a backslash.
fn is_open(command: &str) -> bool {
    command.ends_with('\\') || command.matches('\'').count() % 2 == 1
}

/// Splits a command as a shell does: at blanks outside quotes.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in command.chars() {
        match (c, quote) {
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, Some(open)) if c == open => quote = None,
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Sends the request of a `curl` command, asserts that only known options are used, and returns the printed text.
async fn assert_curl(main: &Remote, command: &str) -> String {
    let mut words = words(command).into_iter();
    assert_eq!(words.next().as_deref(), Some("curl"), "{command}");
    let (mut method, mut url, mut body, mut headers) = (None, None, None, Vec::new());
    let mut shown = None;
    while let Some(word) = words.next() {
        let mut value = || words.next().expect("a value");
        match word.as_str() {
            "-s" => {}
            "-X" => method = Some(value()),
            "-d" => body = Some(value()),
            "-o" => assert_eq!(value(), "/dev/null", "{command}"),
            "-w" => shown = Some(value()),
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
    let mut text = match shown {
        None => reply.text(),
        Some(format) => {
            let name = format.strip_prefix("%header{");
            let name = name.and_then(|rest| rest.strip_suffix("}\\n"));
            reply.header(name.expect("one header")).to_owned()
        }
    };
    for (n, url) in self::worlds(main).await.iter().enumerate() {
        text = text.replace(url, &format!("http://127.0.0.1:46{n:02}"));
    }
    text
}

/// The URLs of the worlds. A test uses free ports; in the README they follow each other.
async fn worlds(main: &Remote) -> Vec<String> {
    let list = main.get("/_emulator/v1/worlds").await.assert_status(200);
    let worlds = list["worlds"].as_array().expect("worlds").iter();
    worlds
        .map(|world| world["url"].as_str().expect("a url").to_owned())
        .collect()
}

/// True if a text is as expected; `…` stands for anything.
fn fits(actual: &str, expected: &str) -> bool {
    let parts: Vec<&str> = expected.split('…').collect();
    let [first, middle @ .., last] = &parts[..] else {
        return actual == expected;
    };
    let Some(mut rest) = actual.strip_prefix(first) else {
        return false;
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[tokio::test]
async fn every_session_prints_what_the_readme_says() {
    let emulator = Emulator::builder().start().await.expect("it starts");
    let main = Remote::at(emulator.url());
    let typed: Vec<Typed> = sessions("curl").into_iter().flatten().collect();
    let text = readme();
    let commands = text.lines().filter(|line| line.starts_with("curl "));
    assert_eq!(typed.len(), commands.count(), "none stands elsewhere");
    for Typed {
        line,
        command,
        expected,
    } in typed
    {
        let actual = assert_curl(&main, &command).await;
        assert!(
            fits(&actual, &expected),
            "README.md:{line}\n{command}\nprinted    {actual}\ninstead of {expected}"
        );
    }
}

#[test]
fn commands_around_commands_print_what_the_readme_says() {
    let binary = Path::new(env!("CARGO_BIN_EXE_release-emulator"));
    let path = format!(
        "{}:{}",
        binary.parent().expect("a folder").display(),
        std::env::var("PATH").expect("a path")
    );
    let sessions = sessions("release-emulator");
    assert!(!sessions.is_empty());
    for Typed {
        line,
        command,
        expected,
    } in sessions.into_iter().flatten()
    {
        let output = Command::new("sh")
            .args(["-c", &command])
            .env("PATH", &path)
            .env_remove("HUAWEICLOUD_SDK_AK")
            .env_remove("HUAWEICLOUD_SDK_SK")
            .output();
        let actual = String::from_utf8(output.expect("it runs").stdout).expect("text");
        assert!(
            fits(actual.trim_end(), &expected),
            "README.md:{line}\n{command}\nprinted    {actual}\ninstead of {expected}"
        );
    }
}

#[test]
fn the_example_in_rust_is_the_tested_one_of_the_crate() {
    let library = concat!(env!("CARGO_MANIFEST_DIR"), "/src/lib.rs");
    let library = std::fs::read_to_string(library).expect("a text");
    let mut documentation = String::new();
    for line in library.lines().map_while(|line| line.strip_prefix("//!")) {
        documentation.push_str(line.strip_prefix(' ').unwrap_or(line));
        documentation.push('\n');
    }
    let example = |text: &str, fence: &str| {
        let (_, rest) = text.split_once(fence).expect("an example");
        rest.split_once("```\n").expect("its end").0.to_owned()
    };
    assert_eq!(
        example(&readme(), "```rust\n"),
        example(&documentation, "```\n")
    );
}

const BEGIN: &str = "<!-- coverage: made by `UPDATE_README=1 cargo test readme` -->\n";
const END: &str = "<!-- end of coverage -->\n";

/// The coverage tables, from the same data as `GET /_emulator/v1/operations`.
fn coverage() -> String {
    let mut table = String::from(
        "| operation | request | evidence | undocumented parts | source | differences |\n|---|---|---|---|---|---|\n",
    );
    for operation in registry::operations() {
        let differences = if operation.differences.is_empty() {
            "none known"
        } else {
            &operation.differences
        };
        let _ = writeln!(
            table,
            "| {} | `{} {}` | {} | {} | {} | {} |",
            operation.id,
            operation.method,
            operation.path,
            operation.evidence.as_str(),
            operation.undocumented.join(", ").replace(" (inferred)", ""),
            operation.source,
            differences.replace('|', "\\|").replace('<', "&lt;")
        );
    }
    table.push_str(
        "\nRefusals that are not documented, or not in every case; their texts may end with a detail:\n\n\
         | status | code | text | evidence |\n|---|---|---|---|\n",
    );
    for row in registry::error_rows() {
        if row.evidence != Evidence::Documented {
            let (status, code, text) = (row.status, row.code, row.text);
            let evidence = row.evidence.as_str();
            let _ = writeln!(table, "| {status} | {code} | {text} | {evidence} |");
        }
    }
    table
}

#[test]
fn the_coverage_table_is_that_of_the_operations() {
    let text = readme();
    let (before, rest) = text.split_once(BEGIN).expect("the table's beginning");
    let (table, after) = rest.split_once(END).expect("the table's end");
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(path(), format!("{before}{BEGIN}{}{END}{after}", coverage()))
            .expect("written");
        return;
    }
    assert_eq!(table, coverage(), "run UPDATE_README=1 cargo test readme");
}

#[test]
fn every_flag_and_every_exit_code_is_explained() {
    let text = readme();
    // It has the flags of `serve` too.
    let help = Command::new(env!("CARGO_BIN_EXE_release-emulator"))
        .args(["exec", "--help"])
        .output();
    let help = String::from_utf8(help.expect("it runs").stdout).expect("text");
    let flags: Vec<&str> = help
        .split_whitespace()
        .filter(|word| word.starts_with("--") && word.len() > 2)
        .collect();
    assert!(flags.len() > 10, "{flags:?}");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `--"));
    for row in rows {
        let (flag, _) = row.split_once('`').expect("its end");
        assert!(
            flags.contains(&&*format!("--{flag}")),
            "there is no --{flag}"
        );
    }
    for flag in flags {
        assert!(
            text.contains(&format!("`{flag}`")),
            "{flag} is not in README.md"
        );
    }
    for code in ["| 0 |", "| 2 |", "| 3 |", "| 4 |", "| 7 |", "| 127 |"] {
        assert!(text.contains(code), "{code}");
    }
}
