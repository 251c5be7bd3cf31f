//! What no client should send.

use serde_json::{Value, json};

use crate::random::Random;
use crate::step::Step;

/// Values of the wrong type, or out of all bounds.
fn odd_value(random: &mut Random) -> Value {
    let odd = [
        json!(null),
        json!(-1),
        json!(0),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1.5),
        json!(1e300),
        json!(true),
        json!(""),
        json!("\u{0}"),
        json!("😀\u{202e}é\u{feff}"),
        json!("a".repeat(300)),
        json!([]),
        json!([[[[[[[[[]]]]]]]]]),
        json!({}),
        json!({"": {"": null}}),
        json!("<script>alert(1)</script>"),
        json!("%00%2f../.."),
    ];
    random.pick(&odd).clone()
}

/// Puts an odd value somewhere into a body.
fn spoil(random: &mut Random, value: &mut Value) {
    let n_inner = match value {
        Value::Array(items) => items.len(),
        Value::Object(fields) => fields.len(),
        _ => 0,
    };
    if n_inner == 0 || random.percent(15) {
        *value = odd_value(random);
        return;
    }
    let n = random.below(n_inner);
    let inner = match value {
        Value::Array(items) => items.get_mut(n),
        Value::Object(fields) if random.percent(15) => {
            fields.insert("unknown_field".to_owned(), odd_value(random));
            None
        }
        Value::Object(fields) => fields.values_mut().nth(n),
        _ => None,
    };
    if let Some(inner) = inner {
        spoil(random, inner);
    }
}

/// A body that is wrong: in its values, or as text.
pub(super) fn body(random: &mut Random, mut value: Value) -> Vec<u8> {
    if random.percent(60) {
        spoil(random, &mut value);
        return value.to_string().into_bytes();
    }
    let text = value.to_string();
    let middle = text.len() / 2;
    let middle = (middle..=text.len()).find(|at| text.is_char_boundary(*at));
    let half = &text[..middle.unwrap_or_default()];
    let bytes = match random.below(12) {
        0 => half.to_owned(),
        1 => format!("{text}{text}"),
        2 => format!("\u{feff}{text}"),
        // The keys once more.
        3 => match (text.strip_prefix('{'), text.strip_suffix('}')) {
            (Some(inner), Some(first)) if inner.len() > 1 => format!("{first},{inner}"),
            _ => text,
        },
        4 => text.replace(':', ":1e400,\"x\":"),
        5 => text.replace('"', "'"),
        6 => format!("{}{text}{}", "[".repeat(200), "]".repeat(200)),
        7 => format!("{text},"),
        8 => return [text.as_bytes(), b"\xff\xfe"].concat(),
        9 => return [&b"\x1f\x8b\x08\x00"[..], text.as_bytes()].concat(),
        10 => String::new(),
        _ => text.replacen('{', "{\"\\ud800\":1,", 1),
    };
    bytes.into_bytes()
}

/// A header that is odd, or out of place.
pub(super) fn header(random: &mut Random) -> (String, String) {
    let odd = [
        ("content-encoding", "gzip"),
        ("content-encoding", "br"),
        ("content-type", "text/plain"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("content-type", "application/json; charset=latin1"),
        ("accept", "text/html"),
        ("accept", "application/xml;q=0"),
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("referer", "https://evil.example/?token=x"),
        ("host", "evil.example"),
        ("host", "[::1"),
        ("x-auth-token", ""),
        (
            "authorization",
            "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host, Signature=0",
        ),
        ("authorization", "Basic ZGVtbzpkZW1v"),
        ("x-project-id", "p2"),
        ("x-language", "xx-yy"),
        ("x-http-method-override", "DELETE"),
        ("expect", "200-ok"),
        ("if-none-match", "*"),
        ("range", "bytes=0-1"),
        ("x-subject-token", "x"),
        ("last-event-id", "18446744073709551616"),
        ("cookie", "a=b; c"),
        ("x-request-id", "mine"),
        ("x-odd", "\u{e9}\u{ff}"),
        ("content-length", "1"),
        ("transfer-encoding", "identity"),
    ];
    let (name, value) = *random.pick(&odd);
    if random.percent(10) {
        return ("x-long".to_owned(), "a".repeat(5_000));
    }
    (name.to_owned(), value.to_owned())
}

/// A path and query that are wrong.
pub(super) fn target(random: &mut Random, target: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    match random.below(14) {
        0 => format!("{path}/?{query}"),
        1 => format!("/{path}?{query}"),
        2 => format!("{path}%00?{query}"),
        3 => format!("{path}%2f..%2f?{query}"),
        4 => format!("{path}%zz?{query}"),
        5 => format!("{path}%ff%fe?{query}"),
        6 => format!("{path}?{query}&{query}"),
        7 => format!("{path}?{query}&limit=-1&offset=99999999999999999999"),
        8 => format!("{path}?{query}&limit=+1&offset=%30&order=DESC"),
        9 => format!("{path}?{query}&%=%zz&=&&a"),
        10 => format!("{}/{}", path, "x".repeat(400)),
        11 => format!("{path}?limit={}", "9".repeat(50)),
        12 => path.to_uppercase(),
        _ => "/nowhere/at/all".to_owned(),
    }
}

/// A request whose head is no HTTP, for a socket.
pub(super) fn head(random: &mut Random, step: &mut Step) {
    match random.below(6) {
        0 => "GET\tX".clone_into(&mut step.method),
        1 => step.target = format!("{} a b", step.target),
        2 => step
            .headers
            .push(("no\u{e9}name".to_owned(), "x".to_owned())),
        3 => step
            .headers
            .push(("content-length".to_owned(), "1, 2".to_owned())),
        4 => step.target = format!("http://127.0.0.1{}", step.target),
        _ => step.headers.push(("x".to_owned(), "a\u{1}b".to_owned())),
    }
}
