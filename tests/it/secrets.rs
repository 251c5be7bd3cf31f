//! Secrets are nowhere to be seen: not in the log, not in answers and their hints, not in what is printed of a
//! value for debugging, not in why a start fails.
//!
//! Every secret here holds the word `hush`, which nothing else does, or is collected where it comes about.

use std::io::{Read, Write};
use std::net::TcpStream;

use axum::http::{HeaderMap, HeaderValue};
use release_emulator::State;
use release_emulator::api::iam::request::{Asked, TokenRequest};
use release_emulator::api::identities::Directory;
use release_emulator::http::auth::verify::Key;
use release_emulator::http::auth::{Secret, huawei, zadig};
use serde_json::{Value, json};

use crate::common::PROJECT;
use crate::process::{Process, Scratch, command, fails, scratch};
use crate::signatures::{DATE, Signed, sha256};

/// What every secret holds.
const HUSH: &str = "hush";

/// A signature that is none, and the number that stands for a password where a text should.
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
            {"name": "eve", "password": "hush-of-eve", "domain": "acme", "projects": [north], "actions": []}
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

/// What does not fit where something secret is: the place that is to be named, and what stands in that list of
/// the identities.
const BROKEN: &str = r#"
    users[0]                        "hush-user"
    users[0]                        ["ann", "hush-array"]
    users[0].password               {"name": "ann", "password": 481516234208}
    users[0].password               {"name": "ann", "password": 481516234208.5}
    users[0].password               {"name": "ann", "password": ["hush-list"]}
    users[0].password               {"name": "ann", "password": {"value": "hush"}}
    access_keys[0]                  "hush-key"
    access_keys[0]                  ["AK", "hush-sk", "ann"]
    access_keys[0].sk               {"ak": "AK", "user": "ann", "sk": 481516234208}
    access_keys[0].sk               {"ak": "AK", "user": "ann", "sk": ["hush-sk"]}
    access_keys[0].sk               {"ak": "AK", "user": "ann", "sk": {"sk": "hush-sk"}}
    access_keys[0].security_token   {"ak": "AK", "user": "ann", "sk": "hush-sk", "security_token": ["hush"]}
    access_keys[0].user             {"ak": "AK", "user": "joe", "sk": "hush-sk"}
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

/// States that do not fit, each with the place that is to be named.
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

/// A request, and the status it is to be answered with: that it gets where it is meant to.
#[derive(Debug)]
struct Sent {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
    status: u16,
}

impl Sent {
    fn new(method: &str, target: &str, headers: &[(&str, &str)], status: u16) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: headers.iter().map(owned).collect(),
            body: String::new(),
            status,
        }
    }

    fn with_body(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self
    }

    /// A signed request with that `Authorization`.
    fn signed(signed: &Signed, authorization: &str, status: u16) -> Self {
        let mut sent = Self::new(&signed.method, &signed.target(), &[], status);
        sent.headers.clone_from(&signed.headers);
        sent.headers
            .push(("authorization".to_owned(), authorization.to_owned()));
        sent
    }
}

/// A list in every service of Huawei.
fn lists() -> [String; 5] {
    [
        format!("/v1/{PROJECT}/meshes"),
        format!("/v3/{PROJECT}/cas/release-plans"),
        format!("/v3/{PROJECT}/pipeline/pipelines"),
        "/v3/projects".to_owned(),
        "/v2/meshes/m1/releases".to_owned(),
    ]
}

fn with_tokens() -> Vec<Sent> {
    let mut all = Vec::new();
    for list in lists() {
        let found = if list.starts_with("/v2") { 404 } else { 200 };
        for (token, status) in [
            ("hush-token", found),
            ("hush-of-nobody", 401),
            ("hush-expired", 401),
            ("hush-token-of-eve", 403),
            ("hüsh-no-ascii", 401),
        ] {
            let query = format!("{list}?token=hush-in-the-query");
            all.push(Sent::new("GET", &list, &[("x-auth-token", token)], status));
            all.push(Sent::new("GET", &query, &[("x-auth-token", token)], status));
        }
        let bearer = [("authorization", "Bearer hush-bearer")];
        all.push(Sent::new("GET", &list, &bearer, 401));
        let header = [("x-auth-token", "hush-token")];
        all.push(Sent::new("TRACE", &list, &header, 405));
        all.push(Sent::new("GET", &format!("{list}/"), &header, 404));
    }
    let header = [("x-auth-token", "hush-token")];
    let pipelines = &lists()[2];
    all.push(Sent::new("POST", pipelines, &header, 400).with_body(r#"{"name":7}"#));
    all.push(Sent::new("POST", pipelines, &header, 400).with_body("{"));
    all.push(Sent::new("GET", "/_emulator/v1/nope", &header, 404));
    all
}

fn with_signatures() -> Vec<Sent> {
    let mut all = Vec::new();
    for list in &lists()[..4] {
        let signed = Signed::new("GET", list, "")
            .with("x-security-token", "hush-session")
            .with("x-auth-token", "hush-beside")
            .with("x-subject-token", "hush-subject")
            .with("cookie", "hush-cookie");
        let mut asked = signed.clone();
        asked.query = [
            ("limit", "1"),
            ("token", "hush-query"),
            ("Password", "hush-query"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .to_vec();
        let (ak, sk) = ("AKTEMP", "hush-sk-temporary");
        let another_method = asked.canonical(&sha256(b"")).replacen("GET", "PUT", 1);
        let none = |ak: &str, names: &str| {
            let code = UNMISTAKABLE[0];
            format!("SDK-HMAC-SHA256 Access={ak}, SignedHeaders={names}, Signature={code}")
        };
        all.push(Sent::signed(&asked, &asked.authorization(ak, sk), 200));
        for authorization in [
            asked.authorization(ak, "hush-wrong-sk"),
            asked.authorization_over(ak, sk, &another_method),
            none(ak, &asked.names()),
            none(ak, "authorization;x-sdk-date"),
            none(ak, "cookie"),
            none(ak, "x-sdk-date;x-hidden"),
            none("AKANN", &asked.names()),
            none("AKNOBODY", &asked.names()),
            none(ak, "host").replace(UNMISTAKABLE[0], "hush-no-digits"),
            none(ak, "host").replace("SDK-HMAC-SHA256", "V11-HMAC-SHA256"),
            none(ak, "host").replace("SDK-HMAC-SHA256", "SDK-SM2-SM3"),
            "SDK-HMAC-SHA256 hush-no-form".to_owned(),
        ] {
            all.push(Sent::signed(&asked, &authorization, 401));
        }
        // Without a query there is but one way of spelling it.
        let wrong = signed.authorization(ak, "hush-wrong-sk");
        all.push(Sent::signed(&signed, &wrong, 401));
        for changed in [
            signed
                .clone()
                .with("x-security-token", "hush-of-another-key"),
            signed.clone().with("x-security-token", ""),
            signed.clone().with("x-sdk-date", "20200102T030405Z"),
            signed.with("x-sdk-date", "never"),
        ] {
            let authorization = changed.authorization(ak, sk);
            all.push(Sent::signed(&changed, &authorization, 401));
        }
    }
    all
}

/// Logins: the status, and the user; `…` stands for the account.
const USERS: &str = r#"
    201 {"name": "ann", "password": "hush-password", …}
    401 {"name": "ann", "password": "hush-wrong", …}
    401 {"name": "joe", "password": "hush-password", …}
    401 {"id": "none", "password": "hush-password"}
    401 {"name": "ann", "password": "hush-password", "domain": {"name": "x"}}
    400 {"name": "ann", "password": "hush-password"}
    400 {"name": "ann", "passwort": "hush-misspelt", …}
    400 {"name": "ann", "password": 481516234208, …}
    400 {"name": "ann", "password": ["hush-list"], …}
    400 {"name": "ann", "password": {"value": "hush"}, …}
    400 {"name": ["hush-name"], "password": "hush-password", …}
    400 {"name": "ann", "password": "hush-password", "domain": "hush-domain"}
    400 {"name": "ann", "password": "hush-password", "domain": {"name": ["hush"]}}
    400 {"id": {"password": "hush"}, "password": "hush-password"}
    400 "hush-user"
    400 ["ann", "hush-array"]
"#;

/// Logins that are wrong as a whole.
const LOGINS: &str = r#"
    400 {"auth":{"identity":{"password":{"user":{"password":"hush
    400 [{"password":"hush"}]
    400 {"auth":["hush"]}
    400 {"auth":{"identity":[["password"],"hush"]}}
    400 {"auth":{"identity":{"methods":[{"password":"hush"}]}}}
    400 {"auth":{"identity":{"password":"hush"}}}
    400 {"auth":{"identity":{"password":["hush"]}}}
"#;

/// The body of a login of that user, with a scope.
fn login(user: &str, scope: &str) -> String {
    let user = user.replace('…', r#""domain": {"name": "acme"}"#);
    format!(
        r#"{{"auth":{{"identity":{{"methods":["password"],"password":{{"user":{user}}}}},"scope":{scope}}}}}"#
    )
}

fn logins() -> Vec<Sent> {
    let headers = [("x-auth-token", "hush-beside"), ("cookie", "hush-cookie")];
    let foreign = login(
        r#"{"name":"ann","password":"hush-password",…}"#,
        r#"{"project":{"id":"x"}}"#,
    );
    let of_users = rows(USERS).map(|(status, user)| (status, login(user, "null")));
    let whole = rows(LOGINS).map(|(status, body)| (status, body.to_owned()));
    let all = of_users.chain(whole).chain([("401", foreign)]);
    all.map(|(status, body)| {
        Sent::new("POST", TOKENS, &headers, status.parse().unwrap()).with_body(&body)
    })
    .collect()
}

/// Looks at tokens, and revocations.
fn about_tokens() -> Vec<Sent> {
    let mut all = Vec::new();
    for (by, subject, status) in [
        ("hush-token", "hush-token", 200),
        ("hush-token", "hush-token-of-eve", 200),
        ("hush-token-of-eve", "hush-token", 403),
        ("hush-token", "hush-of-nobody", 404),
        ("hush-token", "hush-expired", 404),
        ("hush-token", "hüsh-no-ascii", 400),
        ("hush-expired", "hush-token", 401),
    ] {
        let headers = [("x-auth-token", by), ("x-subject-token", subject)];
        all.push(Sent::new("GET", TOKENS, &headers, status));
        if status != 200 && subject != "hush-expired" {
            all.push(Sent::new("DELETE", TOKENS, &headers, status));
        }
    }
    all
}

/// Requests of a user who may look into one project: method, status, path, and after a space the body.
const VERSION_REQUESTS: &str = r#"
    GET|400|delivery/releases {}
    GET|500|delivery/releases/66287b110b8b8a631910f5ae?projectKey=shop {}
    GET|403|delivery/releases/66287b110b8b8a631910f5ae?projectKey=other {}
    DELETE|403|delivery/releases/66287b110b8b8a631910f5ae?projectKey=shop {}
    POST|403|delivery/releases/k8s {"project_key":"shop"}
    POST|400|delivery/releases/k8s {"project_key":7}
    POST|400|delivery/releases/helm {
    GET|301|delivery/releases/ {}
    PUT|405|delivery/releases {}
    GET|404|nope {}
"#;

fn to_zadig() -> Vec<Sent> {
    let list = format!("{VERSIONS}?projectKey=shop&pageNum=1&pageSize=9");
    let by_header = [("authorization", "Bearer hush-zadig")];
    let mut all = vec![
        Sent::new("GET", &list, &by_header, 200),
        Sent::new("GET", &format!("{list}&token=hush-zadig"), &[], 200),
        Sent::new("GET", &format!("{list}&token=hush-of-nobody"), &[], 401),
        Sent::new(
            "GET",
            &format!("{list}&token=hush-of-nobody"),
            &by_header,
            401,
        ),
    ];
    for wrong in [
        "Bearer hush-of-nobody",
        "hush-raw",
        "Bearer  hush",
        "Bearer of hush",
    ] {
        let headers = [("authorization", wrong)];
        all.push(Sent::new("GET", &list, &headers, 401));
        all.push(Sent::new(
            "GET",
            &format!("{list}&token=hush-beside"),
            &headers,
            401,
        ));
    }
    for (request, body) in rows(VERSION_REQUESTS) {
        let [method, status, path] = request.split('|').collect::<Vec<_>>()[..] else {
            panic!("{request}");
        };
        let (path, status) = (format!("/openapi/{path}"), status.parse().unwrap());
        let joint = if path.contains('?') { '&' } else { '?' };
        let by_query = format!("{path}{joint}token=hush-zadig");
        all.push(Sent::new(method, &path, &by_header, status).with_body(body));
        all.push(Sent::new(method, &by_query, &[], status).with_body(body));
    }
    all
}

fn to_the_memory() -> Vec<Sent> {
    let mut all = Vec::new();
    for (state, _) in broken() {
        for method in ["PUT", "PATCH"] {
            all.push(Sent::new(method, STATE, &[], 400).with_body(&state));
        }
    }
    let cut = r#"{"identities":{"tokens":[{"token":"hush-cut"#;
    all.push(Sent::new("PUT", STATE, &[], 400).with_body(cut));
    all.push(Sent::new("PATCH", STATE, &[], 204).with_body(&identities().to_string()));
    all.push(Sent::new("GET", STATE, &[], 200));
    all
}

#[derive(Debug)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// All of it but the headers that are there to show a token.
    fn shown(&self) -> String {
        let headers = self
            .headers
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "x-subject-token" | "location"));
        format!("{:?} {}", headers.collect::<Vec<_>>(), self.body)
    }
}

/// A started binary that tells everything in its log.
struct Emulator {
    process: Process,
    folder: Scratch,
}

impl Emulator {
    fn start(format: &str) -> Self {
        let folder = scratch(&format!("quiet-{format}"));
        let (fixtures, log) = (folder.join("fixtures.json"), folder.join("log"));
        std::fs::write(&fixtures, identities().to_string()).unwrap();
        // Time stands where the signatures were made.
        let mut command = command(&[
            "--listen",
            "127.0.0.1:0",
            "--fixtures",
            fixtures.to_str().unwrap(),
        ]);
        command
            .args(["--auth", "strict", "--fidelity", "strict"])
            .args(["--freeze", "2026-01-02T03:04:05Z"])
            .args(["--log-level", "trace", "--log", format])
            .stderr(std::fs::File::create(&log).unwrap());
        let process = Process::spawn(&mut command);
        Self { process, folder }
    }

    fn answer(&self, sent: &Sent) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.process.port())).unwrap();
        let mut bytes = Vec::new();
        write!(bytes, "{} {} HTTP/1.1\r\n", sent.method, sent.target).unwrap();
        if !sent.headers.iter().any(|(name, _)| name == "host") {
            bytes.extend(b"host: x\r\n");
        }
        for (name, value) in &sent.headers {
            write!(bytes, "{name}: {value}\r\n").unwrap();
        }
        let length = sent.body.len();
        write!(
            bytes,
            "connection: close\r\ncontent-length: {length}\r\n\r\n{}",
            sent.body
        )
        .unwrap();
        stream.write_all(&bytes).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect(&answer);
        let mut lines = head.lines();
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1))
            .expect(head);
        let headers = lines.filter_map(|line| line.split_once(": "));
        Answer {
            status: status.parse().expect(head),
            headers: headers
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect(),
            body: body.to_owned(),
        }
    }

    /// Stops it; answers the whole log.
    fn stop(mut self) -> String {
        self.process.signal("-TERM");
        self.process.child.wait().unwrap();
        std::fs::read_to_string(self.folder.join("log")).unwrap()
    }
}

/// Asserts that a text holds no secret: neither a word of these tests nor one of the collected ones.
#[track_caller]
fn assert_quiet(text: &str, collected: &[String], of: &dyn std::fmt::Debug) {
    let constant = [HUSH, "hüsh"].into_iter().chain(UNMISTAKABLE);
    for secret in constant.chain(collected.iter().map(String::as_str)) {
        let found = text.to_lowercase().find(secret);
        assert!(found.is_none(), "{secret} is seen in {text}\nof {of:?}");
    }
}

/// Sends everything to a new emulator; answers its log and the secrets that came about on the way. Answers are
/// checked at once.
fn talk(format: &str) -> (String, Vec<String>) {
    let emulator = Emulator::start(format);
    let mut collected = Vec::new();
    let mut hints = String::new();
    let all = with_tokens()
        .into_iter()
        .chain(with_signatures())
        .chain(logins())
        .chain(about_tokens())
        .chain(to_zadig())
        .chain(to_the_memory());
    for sent in all {
        let authorization = sent
            .headers
            .iter()
            .find(|(name, _)| name == "authorization");
        if let Some((_, code)) = authorization.and_then(|(_, said)| said.split_once("Signature=")) {
            collected.push(code.to_owned());
        }
        let answer = emulator.answer(&sent);
        if sent.method == "POST" && !answer.header("x-subject-token").is_empty() {
            collected.push(answer.header("x-subject-token").to_owned());
        }

        assert_eq!(answer.status, sent.status, "{sent:?} {answer:?}");
        // An export is there to show them, and a list of projects repeats its own address, query and all.
        let shows = sent.target == STATE || sent.target.starts_with("/v3/projects?");
        if answer.status >= 400 || !shows {
            assert_quiet(&answer.shown(), &collected, &sent);
        }
        hints.push_str(answer.header("x-emulator-hint"));
    }
    let issued = collected.last().expect("a login has succeeded").clone();
    let (by, subject) = (("x-auth-token", &*issued), ("x-subject-token", &*issued));
    for (method, status) in [("GET", 200), ("DELETE", 204), ("GET", 401)] {
        let sent = Sent::new(method, TOKENS, &[by, subject], status);
        let answer = emulator.answer(&sent);
        assert_eq!(answer.status, status, "{sent:?} {answer:?}");
        assert_quiet(&answer.shown(), &collected, &sent);
    }
    // What is masked was there to be seen.
    for masked in [
        "the client signed another method",
        "the secret key is another one",
        "x-security-token:***",
        "x-auth-token:***",
        "token=***",
    ] {
        assert!(hints.contains(masked), "{masked}");
    }
    (emulator.stop(), collected)
}

#[test]
fn neither_answers_nor_a_log_for_people_tell_a_secret() {
    let (log, collected) = talk("text");

    assert_quiet(&log, &collected, &"the log");
    assert!(log.contains("was refused: ") && log.contains("DELETE /v3/auth/tokens answered 204"));
}

#[test]
fn neither_answers_nor_a_log_for_machines_tell_a_secret() {
    let (log, collected) = talk("json");

    assert_quiet(&log, &collected, &"the log");
    let lines = log.lines().map(serde_json::from_str::<Value>);
    let levels: Vec<_> = lines
        .map(|line| line.expect("JSON")["level"].clone())
        .collect();
    assert!(levels.contains(&json!("DEBUG")) && levels.contains(&json!("INFO")));
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
            "fit: ",
        ),
        (
            "block.yaml",
            "identities:\n  tokens:\n  - hush-token\n",
            "identities.tokens[0]",
        ),
        (
            "quote.yaml",
            "identities:\n  tokens:\n  - token: \"hush-token\n",
            "fit: ",
        ),
        (
            "colon.yaml",
            "identities:\n  tokens:\n  - token: hush: token\n",
            "fit: ",
        ),
        (
            "tab.yaml",
            "identities:\n  tokens:\n  - token: hush\n\tuser: ann\n",
            "fit: ",
        ),
        (
            "tag.yaml",
            "identities:\n  users:\n  - {name: a, password: !!int hush}\n",
            "fit: ",
        ),
        (
            "binary.yaml",
            "identities:\n  users:\n  - {name: a, password: !!binary hush}\n",
            "fit: ",
        ),
        (
            "escape.yaml",
            "identities:\n  users:\n  - {name: a, password: \"hush\\q\"}\n",
            "fit: ",
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

        let (code, said) = fails(command(&arguments).arg(&file));

        assert_eq!(code, 4, "{text}: {said}");
        assert!(said.contains(&place), "{text}: {said}");
        assert_quiet(&said, &[], &text);
    }
}

#[test]
fn two_files_that_do_not_fit_together_keep_quiet_too() {
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

    let (code, said) = fails(&mut command);

    assert_eq!(code, 4);
    assert!(said.contains("identities.tokens[0].user"), "{said}");
    assert_quiet(&said, &[], &"two files");
}

/// Asserts that nothing secret is in what is printed of a value for debugging.
#[track_caller]
fn assert_masked(value: &dyn std::fmt::Debug) {
    let text = format!("{value:?} {value:#?}");
    assert_quiet(&text, &[], &"");
    assert!(text.contains("***"), "{text}");
}

#[test]
fn nothing_secret_is_printed_of_identities_for_debugging() {
    let state = State::from_json(&identities().to_string()).unwrap();
    assert_masked(&state);
    assert_masked(&state.identities);
    let lists = &state.identities;
    assert_masked(&lists.users);
    assert_masked(&lists.access_keys);
    assert_masked(&lists.tokens);
    assert_masked(&lists.zadig_users);
    assert_masked(&Secret::of("hush"));

    let directory = Directory::load(state.identities.clone());

    assert_masked(&directory);
    assert_masked(&directory.by_key("AKTEMP").unwrap());
    assert_masked(&directory.token("hush-token", 0));
    assert_masked(&directory.zadig_user("hush-zadig"));
    let temporary = &state.identities.access_keys[1];
    assert_masked(&Key {
        sk: &temporary.sk,
        session: temporary.security_token.as_ref(),
    });
}

#[test]
fn nothing_secret_is_printed_of_credentials_for_debugging() {
    let headers = |all: &[(&'static str, &str)]| -> HeaderMap {
        let pairs = all.iter().map(|(name, value)| {
            let value = HeaderValue::from_str(value).unwrap();
            (axum::http::HeaderName::from_static(name), value)
        });
        pairs.collect()
    };
    let token = headers(&[("x-auth-token", "hush-token")]);
    assert_masked(&huawei(&token));
    let bearer = headers(&[("authorization", "Bearer hush-zadig")]);
    assert_masked(&zadig(&bearer, Some("hush-query")));

    let signed = format!(
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date, Signature={}",
        UNMISTAKABLE[0]
    );
    for authorization in [
        &*signed,
        "SDK-HMAC-SHA256 Access=AK, Signature=hush",
        "SDK-HMAC-SHA256 hush",
    ] {
        let read = headers(&[("authorization", authorization), ("x-auth-token", "hush")]);
        assert_quiet(&format!("{:?}", huawei(&read)), &[], &authorization);
    }
    let raw = headers(&[("authorization", "hush-raw")]);
    assert_quiet(&format!("{:?}", zadig(&raw, Some("hush"))), &[], &"");
}

#[test]
fn nothing_secret_is_printed_of_a_login_for_debugging() {
    let user = json!({"name": "ann", "password": "hush-password", "domain": {"name": "acme"}});
    let body = json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}});

    let request: TokenRequest = serde_json::from_value(body.clone()).unwrap();
    let asked = Asked::read(body.to_string().as_bytes(), |_| {}).unwrap();

    assert_masked(&request);
    assert_masked(&asked);
    assert_eq!(
        DATE, "20260102T030405Z",
        "what the emulator above is frozen at"
    );
}
