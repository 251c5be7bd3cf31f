//! Parameters that a query repeats. The first value of each counts, as in Go and in the gateway.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The longest name of a parameter that is repeated in a hint: a longer one may be a secret without its name.
const LONGEST_NAME: usize = 32;

/// A query without the repetitions of its parameters.
pub fn without_repetitions(query: &str) -> Cow<'_, str> {
    let pairs = pairs(query);
    if pairs.iter().all(|(_, is_repetition)| !is_repetition) {
        return query.into();
    }
    let first = pairs.iter().filter(|(_, is_repetition)| !is_repetition);
    let first: Vec<&str> = first.map(|(pair, _)| *pair).collect();
    first.join("&").into()
}

/// The value of a parameter, decoded; none if the query has no such parameter.
pub fn value_of<'a>(query: &'a str, parameter: &str) -> Option<Cow<'a, str>> {
    let mut pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pair = pairs.find(|pair| parameter_name(pair) == parameter)?;
    Some(decoded(pair.split_once('=').map_or("", |(_, value)| value)))
}

/// The pairs of a query, decoded.
pub fn decoded_pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| {
        let value = pair.split_once('=').map_or("", |(_, value)| value);
        (parameter_name(pair), decoded(value))
    })
}

/// Hints at the parameters that are repeated, each once.
pub fn repetition_hints(query: &str) -> Vec<String> {
    let mut names: Vec<Cow<str>> = Vec::new();
    for (pair, is_repetition) in pairs(query) {
        let name = parameter_name(pair);
        if is_repetition && name.len() <= LONGEST_NAME && !names.contains(&name) {
            names.push(name);
        }
    }
    let hint = |name| format!("query parameter {name} is repeated; its first value counts");
    names.into_iter().map(hint).collect()
}

/// The pairs of a query, and if each repeats the name of an earlier one.
fn pairs(query: &str) -> Vec<(&str, bool)> {
    // Most queries have few parameters, so a set would cost more than these comparisons.
    let mut pairs: Vec<(&str, bool)> = Vec::new();
    for pair in query.split('&') {
        let is_known = |(earlier, _): &(&str, bool)| {
            !earlier.is_empty() && parameter_name(earlier) == parameter_name(pair)
        };
        let is_repetition = !pair.is_empty() && pairs.iter().any(is_known);
        pairs.push((pair, is_repetition));
    }
    pairs
}

/// The name of a pair, decoded.
pub fn parameter_name(pair: &str) -> Cow<'_, str> {
    decoded(pair.split('=').next().unwrap_or_default())
}

/// A name or a value without its percent-encoding.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return text.into();
    }
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced)
        .decode_utf8_lossy()
        .into_owned()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_the_first_of_its_parameter_decoded() {
        let query = "a=1&&b&%63+d=x%2Fy+z&a=2";
        for (name, value) in [
            ("a", Some("1")),
            ("b", Some("")),
            ("c d", Some("x/y z")),
            ("e", None),
        ] {
            assert_eq!(value_of(query, name).as_deref(), value, "{name}");
        }
        assert_eq!(decoded_pairs(query).count(), 4);
    }

    #[test]
    fn the_first_of_each_parameter_is_kept_and_the_others_are_named_once() {
        for (query, kept, repeated) in [
            ("", "", &[][..]),
            ("a=1&b=2", "a=1&b=2", &[]),
            ("a=1&&b", "a=1&&b", &[]),
            ("&=", "&=", &[]),
            ("a=1&b=2&a=3&%61=4", "a=1&b=2", &["a"]),
            (
                "a&b=&b=2&a=x&c+d=1&c%20d=2",
                "a&b=&c+d=1",
                &["b", "a", "c d"],
            ),
        ] {
            assert_eq!(without_repetitions(query), kept, "{query}");
            let hint = |name| format!("query parameter {name} is repeated; its first value counts");
            let hints: Vec<String> = repeated.iter().map(hint).collect();
            assert_eq!(repetition_hints(query), hints, "{query}");
        }
    }
}
