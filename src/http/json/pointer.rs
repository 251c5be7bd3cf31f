//! JSON pointers (RFC 6901) into values that keep their order.

use std::borrow::Cow;

use super::value::OrderedValue;

/// Returns true if a text is a JSON pointer: empty, or parts that begin with `/`, in which `~` is followed by 0 or 1.
pub fn is_pointer(text: &str) -> bool {
    let is_escaped = |part: &str| part.starts_with('0') || part.starts_with('1');
    (text.is_empty() || text.starts_with('/')) && text.split('~').skip(1).all(is_escaped)
}

/// The names and numbers in a pointer.
pub fn parts(pointer: &str) -> impl Iterator<Item = Cow<'_, str>> {
    pointer.split('/').skip(1).map(|part| {
        if part.contains('~') {
            part.replace("~1", "/").replace("~0", "~").into()
        } else {
            part.into()
        }
    })
}

/// The number of an item in an array of that length; none unless it is written as RFC 6901 demands.
pub fn index(part: &str, length: usize) -> Option<usize> {
    let is_canonical = part == "0" || !part.starts_with(['0', '+']);
    let index = part.parse().ok().filter(|_| is_canonical)?;
    (index < length).then_some(index)
}

impl OrderedValue {
    /// The part that a pointer refers to.
    pub fn pointer(&self, pointer: &str) -> Option<&Self> {
        parts(pointer).try_fold(self, |value, part| match value {
            Self::Object(fields) => fields.get(&*part),
            Self::Array(items) => items.get(index(&part, items.len())?),
            Self::Scalar(_) => None,
        })
    }

    /// The same, for a change.
    pub fn pointer_mut(&mut self, pointer: &str) -> Option<&mut Self> {
        parts(pointer).try_fold(self, |value, part| match value {
            Self::Object(fields) => fields.get_mut(&*part),
            Self::Array(items) => {
                let index = index(&part, items.len())?;
                items.get_mut(index)
            }
            Self::Scalar(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_refers_to_the_part_that_the_standard_says() {
        // Source: RFC 6901, section 5.
        let text = r#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2," ":7,"m~n":8,"~1":9}"#;
        let value: OrderedValue = serde_json::from_str(text).unwrap();
        for (pointer, found) in [
            ("", Some(text)),
            ("/foo", Some(r#"["bar","baz"]"#)),
            ("/foo/0", Some(r#""bar""#)),
            ("/", Some("0")),
            ("/a~1b", Some("1")),
            ("/c%d", Some("2")),
            ("/ ", Some("7")),
            ("/m~0n", Some("8")),
            ("/~01", Some("9")),
            ("/foo/2", None),
            ("/foo/00", None),
            ("/foo/+1", None),
            ("/foo/-", None),
            ("/foo/0/x", None),
        ] {
            let part = value
                .pointer(pointer)
                .map(|part| serde_json::to_string(part).unwrap());
            assert_eq!(part.as_deref(), found, "{pointer}");
            assert!(is_pointer(pointer));
        }
        for wrong in ["foo", "$.foo", "/a~", "/a~2"] {
            assert!(!is_pointer(wrong), "{wrong}");
        }
    }
}
