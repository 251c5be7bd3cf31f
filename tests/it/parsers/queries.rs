//! Queries, compared with a reading that goes byte by byte.

use proptest::prelude::*;
use release_emulator::internals::http::query::{decoded_pairs, value_of, without_repetitions};

use crate::common::cases;

/// A name or a value, decoded byte by byte.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let digit = |n: usize| bytes.get(n).and_then(|byte| char::from(*byte).to_digit(16));
    let (mut out, mut n) = (Vec::new(), 0);
    while n < bytes.len() {
        let byte = bytes[n];
        match (byte, digit(n + 1), digit(n + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap());
                n += 2;
            }
            (b'+', ..) => out.push(b' '),
            _ => out.push(byte),
        }
        n += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

proptest! {
    #![proptest_config(cases(4_000))]

    #[test]
    fn a_query_is_read_as_byte_by_byte(query in "([ab]|%61|%[0-9a-fA-F]{0,2}|[=&+%]|é|%C3%A9|%ff){0,24}") {
        let expected = pairs(&query);
        let ours: Vec<_> = decoded_pairs(&query)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        prop_assert_eq!(&ours, &expected);

        let kept = without_repetitions(&query);
        prop_assert_eq!(&without_repetitions(&kept), &kept);
        for (name, _) in &expected {
            let first = expected.iter().find(|(known, _)| known == name);
            let first = first.map(|(_, value)| value.as_str());
            let ours = value_of(&query, name);
            prop_assert_eq!(ours.as_deref(), first);
            let ours = value_of(&kept, name);
            prop_assert_eq!(ours.as_deref(), first);
            let n_kept = pairs(&kept).iter().filter(|(known, _)| known == name).count();
            prop_assert_eq!(n_kept, 1);
        }
    }
}
