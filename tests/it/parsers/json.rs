//! The strict JSON reader, compared with that of serde.

use proptest::prelude::*;
use release_emulator::internals::http::json::read;
use strict_json::Value;

use super::Edits;
use crate::common::cases;

/// The depth beyond which a body is refused.
const MAX_DEPTH: usize = 128;

const BODY: &str = r#"{"name":"shop","model_version":2,"config_mode":"ui","é\u0041":[-1.5e-3,0,null,true,{"a":{}}],
    "stages":[{"name":"s","tasks":[{"name":"t","order":18446744073709551615}]}]}"#;

const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    ",",
    ":",
    "null",
    "1e400",
    "-",
    "\\u",
    "\\ud800",
    "\\",
    "NaN",
    "\u{feff}",
    "//",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
];

/// The levels of a text, as far as brackets outside of strings tell.
fn depth(text: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut is_in_text, mut is_escaped) = (false, false);
    for byte in text {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_in_text => is_escaped = true,
            b'"' => is_in_text = !is_in_text,
            b'[' | b'{' if !is_in_text => depth += 1,
            b']' | b'}' if !is_in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

proptest! {
    #![proptest_config(cases(4_000))]

    #[test]
    fn what_serde_reads_is_read_and_nothing_else(edits in Edits::any(WORDS)) {
        let body = edits.apply(BODY.as_bytes());

        let ours = read::<Value>(&body, &mut |_| {});

        match strict_json::from_slice::<Value>(&body) {
            Ok(value) => {
                let is_deep = depth(&body) >= MAX_DEPTH;
                prop_assert!(is_deep || ours.as_ref().ok() == Some(&value), "{:?}", ours);
            }
            Err(_) => prop_assert!(ours.is_err(), "{:?}", ours),
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused_in_words(body in proptest::collection::vec(any::<u8>(), 0..64)) {
        if let Err(error) = read::<Value>(&body, &mut |_| {}) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
