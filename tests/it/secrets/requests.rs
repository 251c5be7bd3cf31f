//! Requests with secrets in every place that may hold one, and their expected statuses.

use super::{PROJECT, STATE, TOKENS, UNMISTAKABLE, VERSIONS, broken, identities, rows};
use crate::signatures::{Signed, sha256};

/// A request with its expected status, which shows that it reaches its target.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    pub(super) status: u16,
}

impl Sent {
    pub(super) fn new(method: &str, target: &str, headers: &[(&str, &str)], status: u16) -> Self {
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

/// Logins by other methods: the status, and the identity; `…` stands for Kim's password.
const IDENTITIES: &str = r#"
    201 {"methods": ["token"], "token": {"id": "hush-token"}}
    401 {"methods": ["token"], "token": {"id": "hush-of-nobody"}}
    401 {"methods": ["token"], "token": {"id": "hush-expired"}}
    400 {"methods": ["token"], "token": "hush-text"}
    400 {"methods": ["token"], "token": {"id": ["hush-list"]}}
    400 {"methods": ["token"], "token": {"id": 481516234208}}
    201 {"methods": ["hw_ak_sk"], "hw_ak_sk": {"access": {"key": "AKANN"}, "secret": {"key": "hush-sk"}}}
    401 {"methods": ["hw_ak_sk"], "hw_ak_sk": {"access": {"key": "AKANN"}, "secret": {"key": "hush-wrong"}}}
    401 {"methods": ["hw_ak_sk"], "hw_ak_sk": {"access": {"key": "AKTEMP"}, "secret": {"key": "hush-sk-temporary"}}}
    400 {"methods": ["hw_ak_sk"], "hw_ak_sk": {"access": {"key": "AKANN"}, "secret": "hush-text"}}
    400 {"methods": ["hw_ak_sk"], "hw_ak_sk": {"access": {"key": "AKANN"}, "secret": {"key": 481516234208}}}
    401 {"methods": ["password"], …}
    401 {"methods": ["password", "totp"], …, "totp": {"user": {"id": "x", "passcode": "hush-code"}}}
    400 {"methods": ["password", "totp"], …, "totp": {"user": {"id": "x", "passcode": ["hush-code"]}}}
    400 {"methods": ["password", "totp"], …, "totp": "hush-text"}
"#;

/// Requests for temporary access keys: the status, and the identity.
const KEYS: &str = r#"
    201 {"methods": ["token"]}
    201 {"methods": ["token"], "token": {"id": "hush-beside", "duration_seconds": 900}}
    400 {"methods": ["token"], "token": {"id": ["hush-list"]}}
    400 {"methods": ["token"], "token": {"id": "hush-beside", "duration_seconds": 1}}
    404 {"methods": ["assume_role"], "assume_role": {"agency_name": "ops", "domain_name": "acme"}, "token": {"id": "hush"}}
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
    let kim = r#""password": {"user": {"name": "kim", "password": "hush-of-kim", "domain": {"name": "acme"}}}"#;
    let identities = rows(IDENTITIES).map(|(status, identity)| {
        let identity = identity.replace('…', kim);
        (status, format!(r#"{{"auth":{{"identity":{identity}}}}}"#))
    });
    let whole = rows(LOGINS).map(|(status, body)| (status, body.to_owned()));
    let all = of_users
        .chain(identities)
        .chain(whole)
        .chain([("401", foreign)]);
    all.map(|(status, body)| {
        Sent::new("POST", TOKENS, &headers, status.parse().unwrap()).with_body(&body)
    })
    .collect()
}

/// Requests for temporary access keys.
fn temporary_keys() -> Vec<Sent> {
    let headers = [("x-auth-token", "hush-token"), ("cookie", "hush-cookie")];
    let all = rows(KEYS).map(|(status, identity)| {
        let body = format!(r#"{{"auth":{{"identity":{identity}}}}}"#);
        let path = "/v3.0/OS-CREDENTIAL/securitytokens";
        Sent::new("POST", path, &headers, status.parse().unwrap()).with_body(&body)
    });
    all.collect()
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

/// All of them, in the order in which they are to be sent.
pub(super) fn all() -> impl Iterator<Item = Sent> {
    with_tokens()
        .into_iter()
        .chain(with_signatures())
        .chain(temporary_keys())
        .chain(logins())
        .chain(about_tokens())
        .chain(to_zadig())
        .chain(to_the_memory())
}
