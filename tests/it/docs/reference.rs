//! The completeness of the pages: whatever a user can see or set stands in one of them.

use std::collections::BTreeSet;
use std::process::Command;

use release_emulator::internals::exec::intercept::Intercept;
use release_emulator::internals::exec::variables;
use release_emulator::internals::http::auth::Secret;
use release_emulator::internals::registry::durable::DurableWorlds;
use release_emulator::internals::storage::OpenMode;
use release_emulator::internals::{Settings, control, docs, registry};
use serde_json::{Value, json};

use super::sessions::empty_folder;
use super::{Page, pages};
use crate::common::{App, CREDENTIALS};

/// The page of the flags.
fn flags_page() -> String {
    Page::named("flags").text
}

fn help(arguments: &[&str]) -> String {
    let binary = env!("CARGO_BIN_EXE_release-emulator");
    let output = Command::new(binary).args(arguments).arg("--help").output();
    String::from_utf8(output.expect("it runs").stdout).expect("text")
}

/// The subcommands that the help lists.
fn subcommands() -> Vec<String> {
    let help = help(&[]);
    let (_, listed) = help.split_once("Commands:\n").expect("commands");
    let listed = listed.lines().take_while(|line| !line.is_empty());
    listed
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .filter(|name| name != "help")
        .collect()
}

/// The flags in a help text.
fn flags(help: &str) -> BTreeSet<String> {
    let words = help.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words
        .filter(|word| word.starts_with("--") && word.len() > 2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_flag_is_explained() {
    let text = flags_page();
    let mut known = flags(&help(&["serve"]));
    let subcommands = subcommands();
    assert!(subcommands.contains(&"exec".to_owned()), "{subcommands:?}");
    for subcommand in &subcommands {
        assert!(
            text.contains(&format!("| `{subcommand}")),
            "the command {subcommand} is not explained"
        );
        known.extend(flags(&help(&[subcommand])));
    }
    assert!(known.len() > 10, "{known:?}");
    for row in text.lines().filter_map(|line| line.strip_prefix("| `--")) {
        let (flag, _) = row.split_once('`').expect("its end");
        let (flag, _) = flag.split_once(' ').unwrap_or((flag, ""));
        assert!(known.contains(&format!("--{flag}")), "there is no --{flag}");
    }
    for flag in known {
        let is_explained = [format!("`{flag}`"), format!("`{flag} ")]
            .iter()
            .any(|word| text.contains(word));
        assert!(is_explained, "{flag} is not explained");
    }
}

#[test]
fn every_variable_is_explained_by_the_rule_or_by_name() {
    let text = flags_page();
    let help = help(&["exec"]);
    let names = help.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let names: BTreeSet<&str> = names
        .filter(|word| word.starts_with("RELEASE_EMULATOR_"))
        .collect();
    assert!(names.len() > 10, "{names:?}");
    for variable in names {
        let flag = variable.trim_start_matches("RELEASE_EMULATOR_");
        let flag = format!("`--{}`", flag.to_lowercase().replace('_', "-"));
        assert!(
            text.contains(&flag) || text.contains(variable),
            "{variable}"
        );
    }
    let exec = Page::named("exec").text;
    // With a temporary key, a command gets every variable.
    let app = App::load(&json!({"identities": {
        "users": [{"name": "ann", "domain": "acme", "projects": [{"id": "p1", "name": "north"}]}],
        "access_keys": [{"ak": "AK1", "sk": "sk1", "user": "ann", "security_token": "st1"}]}}));
    let identities = app.world.read(|tables, _| tables.shared.identities.save());
    let variables = variables(
        "http://localhost",
        &identities,
        Some(&Secret::new("hush")),
        true,
        |_| false,
    );
    assert!(variables.len() > 6, "{variables:?}");
    let intercept = Intercept::begin(Vec::new()).unwrap();
    let proxy = "127.0.0.1:1".parse().unwrap();
    let intercepted = intercept.variables(proxy, |_| None);
    for (variable, _) in variables.into_iter().chain(intercepted) {
        assert!(exec.contains(&format!("`{variable}`")), "{variable}");
    }
}

#[test]
fn every_exit_code_is_explained() {
    let commands = Page::read("src/commands/exit.rs").text;
    let text = flags_page();
    let codes = commands.lines().filter_map(|line| {
        let (_, code) = line
            .strip_prefix("pub(super) const ")?
            .split_once(": u8 = ")?;
        code.trim_end_matches(';').parse::<u8>().ok()
    });
    let codes: Vec<u8> = codes.collect();
    assert!(codes.len() >= 5, "{codes:?}");
    for code in codes.iter().chain(&[0]) {
        assert!(text.contains(&format!("\n| {code} |")), "{code}");
    }
}

#[test]
fn every_path_of_the_services_is_on_the_page_of_its_service() {
    for operation in registry::operations() {
        let path = &operation.path;
        let page = &*operation.family;
        // A large service has further pages, whose names begin with that of the first.
        let pages = docs::PAGES.iter();
        let mut own = pages.filter(|other| other.name.split('-').next() == page.split('-').next());
        let is_named = own.any(|own| own.text.contains(path.as_str()));
        let is_covered = || Page::named("coverage").text.contains(path.as_str());
        assert!(
            is_named || (page == "iam" && is_covered()),
            "{} {path} is not on the page {page}",
            operation.method
        );
    }
}

#[test]
fn every_operation_of_the_control_plane_is_explained_beside_its_list() {
    let document = control::openapi(&Settings::default(), "http://127.0.0.1:4600");
    let document: Value = serde_json::from_str(&document).expect("a document");
    let others = docs::PAGES
        .iter()
        .filter(|page| page.name != "control-plane");
    let texts: Vec<&str> = others.map(|page| page.text).collect();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for method in operations.as_object().expect("operations").keys() {
            if !path.starts_with("/_emulator")
                || !["get", "put", "post", "patch", "delete"].contains(&&**method)
            {
                continue;
            }
            let call = format!("{} {path}", method.to_uppercase());
            let is_named = texts.iter().any(|text| text.contains(&call));
            assert!(is_named, "{call} is on no page");
        }
    }
}

#[tokio::test]
async fn every_metric_is_explained() {
    let text = Page::named("events").text;
    let app = App::new();
    app.get("/v3/p1/pipeline/pipelines")
        .await
        .assert_status(200);
    // Some are those of a world on disk.
    let worlds = DurableWorlds::open(&empty_folder("metrics"), OpenMode::Use, false);
    let kept = worlds.and_then(|worlds| worlds.keep("main", &app.world));
    kept.expect("it is written");
    let metrics = app.get("/_emulator/v1/metrics").await.text();
    let mut names = BTreeSet::new();
    for line in metrics.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().expect("a name");
        let name = name
            .trim_end_matches("_bucket")
            .trim_end_matches("_sum")
            .trim_end_matches("_count");
        names.insert(name);
    }
    assert!(names.len() > 5, "{names:?}");
    for name in &names {
        assert!(text.contains(&format!("| `{name}` |")), "{name}");
    }
    for row in text
        .lines()
        .filter_map(|line| line.strip_prefix("| `release_emulator_"))
    {
        let (name, _) = row.split_once('`').expect("its end");
        let name = format!("release_emulator_{name}");
        // Counts of resources appear with the first one.
        let is_known = names.contains(&*name) || name == "release_emulator_resources";
        assert!(is_known, "there is no metric {name}");
    }
}

#[test]
fn every_event_is_explained() {
    let source = Page::read("src/http/observe/events.rs").text;
    let (_, name) = source.split_once("pub const fn name(").expect("the names");
    let (names, _) = name.split_once("\n    }\n").expect("their end");
    let text = Page::named("events").text;
    let mut n_names = 0;
    for name in names.split('"').skip(1).step_by(2) {
        n_names += 1;
        assert!(text.contains(&format!("`{name}`")), "{name}");
    }
    assert!(n_names >= 6, "{names}");
}

#[tokio::test]
async fn every_header_of_answers_is_explained() {
    let text = Page::named("control-plane").text.to_lowercase();
    let app = App::new();
    let fault = json!({"match": {"method": "DELETE"}, "do": {"status": 503}});
    app.post("/_emulator/v1/faults", fault)
        .await
        .assert_status(201);
    let login = json!({"auth": {"identity": {"methods": ["password"], "password": {"user": {
        "name": "ann", "password": "secret", "domain": {"name": "acme"}}}}}});
    let replies = [
        app.get("/v3/p1/pipeline/pipelines?limt=1").await,
        app.post("/v3/auth/tokens", login).await,
        app.delete("/v3/p1/cas/release-plans/x").await,
        app.send("GET", "/v3/p1/pipeline/pipelines", &[], "").await,
        app.send("GET", "/v1/p1/meshes", CREDENTIALS, "").await,
    ];
    let mut own = BTreeSet::new();
    for reply in &replies {
        let names = reply.headers.keys().map(|name| name.as_str().to_owned());
        own.extend(names.filter(|name| name.starts_with("x-")));
    }
    assert!(own.len() >= 5, "{own:?}");
    for name in own {
        assert!(text.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn the_readme_is_short() {
    let Page { text, .. } = Page::read("README.md");
    let n_words = text.split_whitespace().count();
    assert!(n_words <= 1_200, "{n_words} words");
}

#[test]
fn sentences_open_with_a_subject() {
    let openings = ["What ", "Who ", "That which ", "Whoever ", "Whatever "];
    for page in pages() {
        let mut is_code = false;
        for (n, line) in page.text.lines().enumerate() {
            is_code ^= line.starts_with("```");
            if is_code || line.starts_with('#') {
                continue;
            }
            let sentences = line
                .split(". ")
                .map(|sentence| sentence.trim_start_matches(['-', '|', ' ', '*']));
            for sentence in sentences {
                let found = openings
                    .iter()
                    .find(|opening| sentence.starts_with(**opening));
                assert!(found.is_none(), "{}:{}: {sentence}", page.path, n + 1);
            }
        }
    }
}
