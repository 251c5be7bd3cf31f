//! Secrets that no corpus has, wherever they were sent and whoever repeats them.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use proptest::collection::vec;
use proptest::prelude::*;
use release_emulator::internals::corpus::{RawAnswer, RawExchange, Redactor, Session};
use serde_json::{Value, json};

use super::session::raw_request;
use crate::common::{NOON, cases};

const PROJECT: &str = "0605767aee00d2562f3cc0123456789a";

/// A text of which every byte is percent-encoded.
fn all_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        encoded.extend(["%", &format!("{byte:02X}")]);
    }
    encoded
}

/// An exchange in which a secret is in one of the places that a request has, and the answer repeats it in another.
fn exchange(sent: usize, repeated: usize, secret: &str) -> RawExchange {
    let encoded = all_encoded(secret);
    let mut path = format!("/v3/{PROJECT}/pipeline/pipelines");
    let mut headers = vec![
        ("x-auth-token", "any"),
        ("content-type", "application/json"),
    ];
    let mut body = json!({"name": "shop", "model_version": 2, "config_mode": "ui", "stages": [
        {"name": "build", "tasks": [{"name": "compile"}]}]});
    let task = &mut body["stages"][0]["tasks"][0];
    match sent % 16 {
        0 => headers[0].1 = secret,
        1 => headers.push(("authorization", secret)),
        2 => headers.push(("x-note", secret)),
        3 => headers.push(("cookie", secret)),
        4 => path = format!("/v3/{encoded}/pipeline/pipelines"),
        5 => path.extend(["?limit=", &encoded]),
        6 => path.extend(["?", &encoded, "=1"]),
        7 => path.extend(["?access_token=", &encoded]),
        8 => body["name"] = json!(secret),
        9 => body["description"] = json!(format!("with {secret} in it")),
        10 => body["config_mode"] = json!(secret),
        11 => task[secret] = json!(1),
        12 => task["env"] = json!([{"name": "A", "value": secret}]),
        13 => task["password"] = json!({"of": [secret]}),
        14 => {
            task["template_source"] = json!(format!(
                "https://u:{secret}@git.example/a.git?token={secret}"
            ));
        }
        _ => {
            body["sources"] =
                json!([{"http_headers": {"Authorization": format!("Bearer {secret}")}}]);
        }
    }
    let mut answer =
        json!({"id": "4105b37a-947e-4aca-90d8-cec7c04c6f38", "name": "shop", "status": 1});
    let mut status = 200;
    let mut own = HeaderMap::new();
    let mut add = |name: &'static str| {
        if let Ok(value) = HeaderValue::from_str(secret) {
            own.insert(HeaderName::from_static(name), value);
        }
    };
    match repeated % 12 {
        0 => {
            status = 400;
            answer = json!({"error_code": "SVCSTG.00100400", "error_msg": format!("the name {secret} is taken: \"{secret}\"")});
        }
        1 => {
            status = 400;
            answer = json!({"error_code": secret, "error_msg": encoded});
        }
        2 => answer["status"] = json!(secret),
        3 => answer[secret] = json!(1),
        4 => answer["extra"] = json!({"deep": [{"er": secret}]}),
        5 => add("x-subject-token"),
        6 => add("set-cookie"),
        7 => add("location"),
        8 => add("x-unknown"),
        9 => answer["config_mode"] = json!(secret),
        10 => {
            answer["pipeline_declaration"] =
                json!({"stages": [{secret: {"name": secret, "type": secret}}]});
        }
        _ => answer = json!(secret),
    }
    let body = body.to_string();
    let answer: Bytes = answer.to_string().into();
    RawExchange {
        at: NOON,
        took: 1,
        upstream: format!("https://{PROJECT}.example"),
        request: raw_request("POST", &path, &headers, &body),
        answer: RawAnswer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: own,
            length: answer.len() as u64,
            body: answer,
        },
    }
}

/// The lines that a recorder writes of exchanges.
fn written(exchanges: &[RawExchange]) -> String {
    let mut redactor = Redactor::new(Session::new(NOON));
    let lines = exchanges
        .iter()
        .filter_map(|exchange| redactor.redact(exchange));
    let lines = lines.map(|redacted| redacted.line().unwrap());
    lines.map(|line| String::from_utf8(line).unwrap()).collect()
}

/// A secret with at least a digit, and with the signs that tokens have.
fn secret() -> impl Strategy<Value = String> {
    "[A-Za-z]{4,12}[0-9]{1,3}[A-Za-z0-9_.~-]{4,20}"
}

/// True if the text shows a secret: as it is, or in lower case, or its longer parts.
fn shows(text: &str, secret: &str) -> bool {
    let text = text.to_lowercase();
    let secret = secret.to_lowercase();
    let parts = secret
        .split(['.', '~', '-', '_'])
        .filter(|part| part.len() >= 6);
    text.contains(&secret) || parts.into_iter().any(|part| text.contains(part))
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn no_secret_is_written_wherever_it_is_sent_and_repeated(
        secret in secret(),
        places in vec((0..16_usize, 0..12_usize), 1..8),
    ) {
        let exchanges: Vec<RawExchange> = places
            .iter()
            .map(|(sent, repeated)| exchange(*sent, *repeated, &secret))
            .collect();
        let written = written(&exchanges);
        prop_assert!(written.lines().count() == exchanges.len());
        prop_assert!(!shows(&written, &secret), "{secret}\n{written}");
    }

    #[test]
    fn a_secret_of_plain_words_is_not_repeated(sent in 0..16_usize) {
        let secret = "pipeline release plan";
        // In these it is a part of a longer text.
        prop_assume!(![9, 14, 15].contains(&sent));
        let written = written(&[exchange(sent, 0, secret)]);
        prop_assert!(!written.contains(secret), "{written}");
    }
}

#[test]
fn names_and_addresses_are_written_nowhere() {
    let body = json!({"name": "acme-shop", "description": "for acme", "model_version": 2, "config_mode": "ui",
        "stages": [{"name": "acme-build", "tasks": [{"name": "acme-task", "host": "10.1.2.3"}]}]});
    let message = json!({"error_code": "SVCSTG.00100400", "error_msg": "acme-shop of 10.1.2.3 is not for acme"});
    let answer: Bytes = message.to_string().into();
    let headers = [
        ("host", "servicestage.acme.example"),
        ("x-auth-token", "any"),
    ];
    let exchange = RawExchange {
        at: NOON,
        took: 1,
        upstream: "https://servicestage.acme.example".to_owned(),
        request: raw_request(
            "POST",
            "/v3/acme-project/pipeline/pipelines",
            &headers,
            &body.to_string(),
        ),
        answer: RawAnswer {
            status: StatusCode::BAD_REQUEST,
            headers: HeaderMap::new(),
            length: answer.len() as u64,
            body: answer,
        },
    };
    let written = written(&[exchange]);
    for name in ["acme", "10.1.2.3", "servicestage.acme"] {
        assert!(!written.contains(name), "{name}\n{written}");
    }
    let line: Value = serde_json::from_str(&written).unwrap();
    // The words about them are left.
    let message = line["response"]["body"]["error_msg"]["text"]
        .as_str()
        .unwrap();
    assert!(message.contains("is not"), "{message}");
    assert_eq!(line["request"]["body"]["config_mode"], "ui");
}

#[test]
fn the_same_name_has_the_same_stand_in_within_a_session_only() {
    let names = |redactor: &mut Redactor| {
        let redacted = redactor.redact(&exchange(8, 5, "acme-shop-1")).unwrap();
        let line: Value =
            serde_json::from_str(&String::from_utf8(redacted.line().unwrap()).unwrap()).unwrap();
        line["request"]["body"]["name"].clone()
    };
    let mut redactor = Redactor::new(Session::new(NOON));
    let first = names(&mut redactor);
    assert_eq!(first, names(&mut redactor));
}
