//! Secrets are visible nowhere: not in logs, responses, hints, debug output, or errors of a failed start.
//!
//! Every secret of these tests contains the word `hush`, which nothing else does, or is collected on issue.

mod answers;
mod debug;
mod property;
mod requests;

use serde_json::{Value, json};

use crate::common::PROJECT;
use crate::process::{assert_start_fails, command, scratch};

/// The text that every secret contains.
const HUSH: &str = "hush";

/// An invalid signature, and a number in place of a password.
const UNMISTAKABLE: [&str; 2] = [
    "5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2",
    "481516234208",
];

const TOKENS: &str = "/v3/auth/tokens";
const VERSIONS: &str = "/openapi/delivery/releases";
const STATE: &str = "/_emulator/v1/state";

fn identities() -> Value {
    let north = json!({"id": PROJECT, "name": "cn-north-4"});
    json!({"identities": {
        "users": [
            {"name": "ann", "password": "hush-password", "domain": "acme", "projects": [north]},
            {"name": "eve", "password": "hush-of-eve", "domain": "acme", "projects": [north], "actions": []},
            {"name": "kim", "password": "hush-of-kim", "totp_secret": "hushhush", "domain": "acme"}
        ],
        "access_keys": [
            {"ak": "AKANN", "sk": "hush-sk", "user": "ann"},
            {"ak": "AKTEMP", "sk": "hush-sk-temporary", "user": "ann", "security_token": "hush-session"}
        ],
        "tokens": [
            {"token": "hush-token", "user": "ann"},
            {"token": "hush-token-of-eve", "user": "eve"},
            {"token": "hush-expired", "user": "ann", "expires_at": "2020-01-01T00:00:00Z"}
        ],
        "zadig_users": [{"token": "hush-zadig", "name": "rita", "projects": {"shop": ["get_delivery"]}}]
    }})
}

/// Invalid identities that contain secrets: the place that the error names, and the entries of the list.
const BROKEN: &str = r#"
    users[0]                        "hush-user"
    users[0]                        ["ann", "hush-array"]
    users[0].password               {"name": "ann", "password": 481516234208}
    users[0].password               {"name": "ann", "password": 481516234208.5}
    users[0].password               {"name": "ann", "password": ["hush-list"]}
    users[0].password               {"name": "ann", "password": {"value": "hush"}}
    users[0].totp_secret            {"name": "ann", "totp_secret": "hush-189"}
    users[0].totp_secret            {"name": "ann", "totp_secret": ["hush"]}
    access_keys[0]                  "hush-key"
    access_keys[0]                  ["AK", "hush-sk", "ann"]
    access_keys[0].sk               {"ak": "AK", "user": "ann", "sk": 481516234208}
    access_keys[0].sk               {"ak": "AK", "user": "ann", "sk": ["hush-sk"]}
    access_keys[0].sk               {"ak": "AK", "user": "ann", "sk": {"sk": "hush-sk"}}
    access_keys[0].security_token   {"ak": "AK", "user": "ann", "sk": "hush-sk", "security_token": ["hush"]}
    access_keys[0].user             {"ak": "AK", "user": "joe", "sk": "hush-sk"}
    access_keys[0].expires_at       {"ak": "AK", "user": "ann", "sk": "hush-sk", "expires_at": "noon"}
    access_keys[0].emulator         {"ak": "AK", "user": "ann", "sk": "hush-sk", "emulator": "hush"}
    tokens[0]                       "hush-token"
    tokens[0]                       "hush\", expected nothing but `hush`, expected"
    tokens[0]                       ["hush-token", "ann"]
    tokens[0].token                 {"token": 481516234208, "user": "ann"}
    tokens[0].token                 {"token": ["hush-token"], "user": "ann"}
    tokens[0].token                 {"token": {"value": "hush\", expected"}, "user": "ann"}
    tokens[0].user                  {"token": "hush-token", "user": "joe"}
    tokens[0].expires_at            {"token": "hush-token", "user": "ann", "expires_at": "noon"}
    tokens[0].expires_at            {"token": "hush-token", "user": "ann", "expires_at": ["hush"]}
    tokens[0].emulator              {"token": "hush-token", "user": "ann", "emulator": "hush-token"}
    tokens[1]                       {"token": "hush-twice", "user": "ann"}, {"token": "hush-twice", "user": "ann"}
    zadig_users[0]                  "hush-zadig"
    zadig_users[0].token            {"token": ["hush-zadig"], "name": "rita"}
    zadig_users[0].projects.shop    {"token": "hush-zadig", "name": "rita", "projects": {"shop": ["all"]}}
    zadig_users[1]                  {"token": "hush-twice", "name": "rita"}, {"token": "hush-twice", "name": "rob"}
"#;

/// The rows of a table: a first word, and the rest of its line.
fn rows(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = table.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| {
        let (word, rest) = line.split_once(' ').expect(line);
        (word, rest.trim())
    })
}

/// Invalid states, each with the place that the error names.
fn broken() -> Vec<(String, String)> {
    let whole = [
        ("", r#""hush-all""#),
        ("", r#"["hush-all"]"#),
        (".users", r#"{"users":"hush"}"#),
    ];
    let whole = whole.map(|(place, identities)| {
        let state = format!(r#"{{"identities":{identities}}}"#);
        (state, format!("identities{place}"))
    });
    let listed = rows(BROKEN).map(|(place, items)| {
        let list = place.split('[').next().expect("a list");
        let ann = if list == "users" {
            ""
        } else {
            r#""users":[{"name":"ann"}],"#
        };
        let state = format!(r#"{{"identities":{{{ann}"{list}":[{items}]}}}}"#);
        (state, format!("identities.{place}"))
    });
    whole.into_iter().chain(listed).collect()
}

/// Asserts that a text contains no secret, neither one of these tests nor a collected one.
#[track_caller]
fn assert_quiet(text: &str, collected: &[String], of: &dyn std::fmt::Debug) {
    let constant = [HUSH, "hüsh"].into_iter().chain(UNMISTAKABLE);
    for secret in constant.chain(collected.iter().map(String::as_str)) {
        let found = text.to_lowercase().find(secret);
        assert!(found.is_none(), "{secret} is seen in {text}\nof {of:?}");
    }
}

#[test]
fn a_start_with_broken_identities_names_the_place_and_not_the_value() {
    let folder = scratch("broken");
    let mut files = Vec::new();
    for (n, (state, place)) in broken().into_iter().enumerate() {
        files.push((format!("{n}.json"), state.clone(), place.clone()));
        files.push((format!("{n}.yaml"), state, place));
    }
    for (name, text, place) in [
        (
            "cut.json",
            r#"{"identities":{"tokens":[{"token":"hush"#,
            "are invalid: ",
        ),
        (
            "block.yaml",
            "identities:\n  tokens:\n  - hush-token\n",
            "identities.tokens[0]",
        ),
        (
            "quote.yaml",
            "identities:\n  tokens:\n  - token: \"hush-token\n",
            "are invalid: ",
        ),
        (
            "colon.yaml",
            "identities:\n  tokens:\n  - token: hush: token\n",
            "are invalid: ",
        ),
        (
            "tab.yaml",
            "identities:\n  tokens:\n  - token: hush\n\tuser: ann\n",
            "are invalid: ",
        ),
        (
            "tag.yaml",
            "identities:\n  users:\n  - {name: a, password: !!int hush}\n",
            "are invalid: ",
        ),
        (
            "binary.yaml",
            "identities:\n  users:\n  - {name: a, password: !!binary hush}\n",
            "are invalid: ",
        ),
        (
            "escape.yaml",
            "identities:\n  users:\n  - {name: a, password: \"hush\\q\"}\n",
            "are invalid: ",
        ),
    ] {
        files.push((name.to_owned(), text.to_owned(), place.to_owned()));
    }
    for (name, text, place) in files {
        let file = folder.join(name);
        std::fs::write(&file, &text).unwrap();
        let arguments = [
            "--listen",
            "127.0.0.1:0",
            "--log-level",
            "trace",
            "--fixtures",
        ];

        let (code, said) = assert_start_fails(command(&arguments).arg(&file));

        assert_eq!(code, 4, "{text}: {said}");
        assert!(said.contains(&place), "{text}: {said}");
        assert_quiet(&said, &[], &text);
    }
}

#[test]
fn two_conflicting_files_are_refused_without_secrets() {
    let folder = scratch("together");
    let state = identities().to_string();
    let (one, other) = (folder.join("one.json"), folder.join("other.json"));
    std::fs::write(&one, &state).unwrap();
    let broken = json!({"identities": {"tokens": [{"token": "hush-other", "user": "joe"}]}});
    std::fs::write(&other, broken.to_string()).unwrap();
    let mut command = command(&["--listen", "127.0.0.1:0"]);
    for file in [&one, &other] {
        command.arg("--fixtures").arg(file);
    }

    let (code, said) = assert_start_fails(&mut command);

    assert_eq!(code, 4);
    assert!(said.contains("identities.tokens[0].user"), "{said}");
    assert_quiet(&said, &[], &"two files");
}
