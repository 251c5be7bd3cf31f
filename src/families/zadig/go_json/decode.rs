//! Bodies as the service binds them: Go's `encoding/json`, with its leniency and its error texts.
//!
//! Keys match whatever their case, unknown ones are ignored, null leaves a field as it is. The first value of
//! a wrong type is reported after the whole text was read, so broken JSON goes before it.

use std::borrow::Cow;

use super::scan::first_value;

/// A struct of the service that a JSON object is bound to.
pub trait GoStruct: Default {
    /// Its name in the service's texts.
    const NAME: &'static str;
    /// The keys of its fields.
    const KEYS: &'static [&'static str];

    /// Reads the field of that key.
    fn bind(&mut self, key: &str, value: &mut GoValue);
}

/// Binds a body, to nothing if it is `null`; the error is the service's text. `ignored` hears the place of every
/// key that no field has.
pub fn bind<T: GoStruct>(body: &[u8], ignored: impl FnMut(String)) -> Result<Option<T>, String> {
    let text = first_value(body)?;
    // The service reads what is no UTF-8 as replacement characters.
    let text = String::from_utf8_lossy(text);
    let mut reading = Reading::default();
    let mut value = GoValue {
        rest: &text,
        reading: &mut reading,
    };
    let value = value.object();
    reading.unknown.into_iter().for_each(ignored);
    match reading.wrong {
        Some(wrong) => Err(wrong),
        None => Ok(value),
    }
}

/// What is known while a text is read.
#[derive(Default)]
struct Reading {
    /// The keys down to the present place.
    keys: Vec<&'static str>,
    /// The struct that the last of them belongs to.
    inside: Option<&'static str>,
    /// The first value of a wrong type.
    wrong: Option<String>,
    unknown: Vec<String>,
}

/// A value that is to be read. The text is known to be JSON.
pub struct GoValue<'t, 'r> {
    rest: &'t str,
    reading: &'r mut Reading,
}

impl<'t> GoValue<'t, '_> {
    /// Reads a text.
    pub fn string(&mut self, to: &mut String) {
        match self.next() {
            JsonToken::String(text) => *to = unquote(text).into_owned(),
            other => self.expect(&other, "string"),
        }
    }

    /// Reads a truth value.
    pub fn boolean(&mut self, to: &mut bool) {
        match self.next() {
            JsonToken::Bool(value) => *to = value,
            other => self.expect(&other, "bool"),
        }
    }

    /// Reads an array of texts; a null among them is an empty one.
    pub fn strings(&mut self, to: &mut Vec<String>) {
        self.array(
            to,
            || "[]string".to_owned(),
            |value| {
                let mut text = String::new();
                value.string(&mut text);
                text
            },
        );
    }

    /// Reads an array of objects, with nothing for a null.
    pub fn objects<T: GoStruct>(&mut self, to: &mut Vec<Option<T>>) {
        self.array(to, || format!("[]*service.{}", T::NAME), Self::object);
    }

    fn array<T>(
        &mut self,
        to: &mut Vec<T>,
        go_type: impl Fn() -> String,
        item: impl Fn(&mut Self) -> T,
    ) {
        match self.next() {
            JsonToken::Array => {
                to.clear();
                while !self.ends(']') {
                    to.push(item(self));
                    self.ends(',');
                }
            }
            JsonToken::Null => to.clear(),
            other => self.expect(&other, &go_type()),
        }
    }

    /// Reads an object, or nothing for a null.
    pub fn object<T: GoStruct>(&mut self) -> Option<T> {
        let mut object = T::default();
        match self.next() {
            JsonToken::Null => return None,
            JsonToken::Object => self.fields(&mut object),
            other => self.expect(&other, &format!("service.{}", T::NAME)),
        }
        Some(object)
    }

    fn fields<T: GoStruct>(&mut self, object: &mut T) {
        while !self.ends('}') {
            let JsonToken::String(key) = self.next() else {
                return;
            };
            let key = unquote(key);
            self.ends(':');
            let known = T::KEYS.iter().find(|known| ***known == *key);
            let known = known.or_else(|| T::KEYS.iter().find(|known| fold(known) == fold(&key)));
            if let Some(known) = known {
                let outer = self.reading.inside.replace(T::NAME);
                self.reading.keys.push(known);
                object.bind(known, self);
                self.reading.keys.pop();
                self.reading.inside = outer;
            } else {
                let mut place = self.reading.keys.join(".");
                if !place.is_empty() {
                    place.push('.');
                }
                self.reading.unknown.push(place + &key);
                let token = self.next();
                self.skip(&token);
            }
            self.ends(',');
        }
    }

    /// Notes that a value is of the wrong type, and passes it. Null fits everywhere.
    fn expect(&mut self, token: &JsonToken, go_type: &str) {
        let value = match token {
            JsonToken::Null => return,
            JsonToken::Bool(_) => "bool",
            JsonToken::Number => "number",
            JsonToken::String(_) => "string",
            JsonToken::Array => "array",
            JsonToken::Object => "object",
        };
        self.skip(token);
        let reading = &mut *self.reading;
        reading.wrong.get_or_insert_with(|| {
            let into = match reading.inside {
                Some(name) => format!("Go struct field {name}.{} of", reading.keys.join(".")),
                None => "Go value of".to_owned(),
            };
            format!("json: cannot unmarshal {value} into {into} type {go_type}")
        });
    }

    /// Passes what an opening bracket opened.
    fn skip(&mut self, token: &JsonToken) {
        let mut depth = usize::from(matches!(token, JsonToken::Array | JsonToken::Object));
        while depth > 0 {
            if self.ends(']') || self.ends('}') {
                depth -= 1;
            } else if !(self.ends(',') || self.ends(':')) {
                depth += usize::from(matches!(self.next(), JsonToken::Array | JsonToken::Object));
            }
        }
    }

    /// True if that character comes next, which is passed then. So is the end of the text.
    fn ends(&mut self, with: char) -> bool {
        self.rest = self.rest.trim_ascii_start();
        match self.rest.strip_prefix(with) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => self.rest.is_empty(),
        }
    }

    fn next(&mut self) -> JsonToken<'t> {
        let text = self.rest.trim_ascii_start();
        let (token, length) = match text.as_bytes().first() {
            Some(b'{') => (JsonToken::Object, 1),
            Some(b'[') => (JsonToken::Array, 1),
            Some(b'"') => {
                let length = string_length(text);
                (JsonToken::String(&text[1..length - 1]), length)
            }
            Some(b't') => (JsonToken::Bool(true), 4),
            Some(b'f') => (JsonToken::Bool(false), 5),
            Some(b'n') | None => (JsonToken::Null, text.len().min(4)),
            Some(_) => {
                let number = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
                let rest = text.trim_start_matches(number);
                (JsonToken::Number, text.len() - rest.len())
            }
        };
        self.rest = &text[length..];
        token
    }
}

enum JsonToken<'t> {
    Null,
    Bool(bool),
    Number,
    /// Between its quotes.
    String(&'t str),
    Array,
    Object,
}

/// The length of the string that the text begins with, quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Reads the escapes of a string. Half of a surrogate pair is a replacement character.
fn unquote(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let c = if c == '\\' {
            match chars.next() {
                Some('u') => {
                    let (digits, rest) = chars.as_str().split_at(4);
                    chars = rest.chars();
                    units.push(u16::from_str_radix(digits, 16).unwrap_or(0xfffd));
                    continue;
                }
                Some('b') => '\x08',
                Some('f') => '\x0c',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some(c) => c,
                None => break,
            }
        } else {
            c
        };
        units.extend(c.encode_utf16(&mut [0; 2]).iter());
    }
    Cow::Owned(String::from_utf16_lossy(&units))
}

/// A key as it is compared where case does not matter.
fn fold(key: &str) -> String {
    key.chars()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Default, PartialEq, Eq)]
    struct TestBody {
        name: String,
        retry: bool,
        labels: Vec<String>,
        inner_items: Vec<Option<TestItem>>,
    }

    #[derive(Debug, Default, PartialEq, Eq)]
    struct TestItem {
        tag: String,
    }

    impl GoStruct for TestBody {
        const NAME: &'static str = "TestBody";
        const KEYS: &'static [&'static str] = &["name", "retry", "labels", "inner_items"];

        fn bind(&mut self, key: &str, value: &mut GoValue) {
            match key {
                "name" => value.string(&mut self.name),
                "retry" => value.boolean(&mut self.retry),
                "labels" => value.strings(&mut self.labels),
                _ => value.objects(&mut self.inner_items),
            }
        }
    }

    impl GoStruct for TestItem {
        const NAME: &'static str = "TestItem";
        const KEYS: &'static [&'static str] = &["tag"];

        fn bind(&mut self, _: &str, value: &mut GoValue) {
            value.string(&mut self.tag);
        }
    }

    fn read(text: &str) -> TestBody {
        bind(text.as_bytes(), |_| {}).expect(text).expect(text)
    }

    fn fails(text: &str) -> String {
        bind::<TestBody>(text.as_bytes(), |_| {}).expect_err(text)
    }

    #[test]
    fn fields_of_every_type_are_bound() {
        let text = r#" {"name":"a\"\u00e9\ud83d\ude00\n","retry":true,"labels":["x",null,"y"],
            "inner_items":[{"tag":"t"},null,{}]} trailing garbage"#;
        let tag = |tag: &str| {
            Some(TestItem {
                tag: tag.to_owned(),
            })
        };
        let expected = TestBody {
            name: "a\"é😀\n".to_owned(),
            retry: true,
            labels: vec!["x".to_owned(), String::new(), "y".to_owned()],
            inner_items: vec![tag("t"), None, tag("")],
        };
        assert_eq!(read(text), expected);
    }

    #[test]
    fn keys_match_in_any_case_and_an_exact_one_goes_first() {
        assert_eq!(read(r#"{"NAME":"a","ReTry":true}"#).name, "a");
        assert_eq!(read(r#"{"inner_item\u017f":[null]}"#).inner_items, [None]);
        assert_eq!(read(r#"{"name":"a","Name":"b"}"#).name, "b");
    }

    #[test]
    fn null_leaves_a_field_as_it_is() {
        assert_eq!(
            read(r#"{"name":null,"retry":null,"labels":null,"inner_items":null}"#),
            TestBody::default()
        );
        assert_eq!(read(r#"{"name":"a","name":null}"#).name, "a");
        assert_eq!(bind::<TestBody>(b" null ", |_| {}), Ok(None));
    }

    #[test]
    fn unknown_keys_are_ignored_and_named() {
        let text = br#"{"x":{"name":[1,{"y":"]}"}]},"inner_items":[{"z":"\"}"}],"name":"a"}"#;
        let mut unknown = Vec::new();
        let bound = bind::<TestBody>(text, |place| unknown.push(place)).unwrap();
        assert_eq!(unknown, ["x", "inner_items.z"]);
        assert_eq!(bound.unwrap().name, "a");
    }

    #[test]
    fn a_wrong_type_is_named_with_struct_field_and_go_type() {
        for (text, expected) in [
            (
                r#"{"retry":"yes"}"#,
                "string into Go struct field TestBody.retry of type bool",
            ),
            (
                r#"{"Retry":1}"#,
                "number into Go struct field TestBody.retry of type bool",
            ),
            (
                r#"{"name":{}}"#,
                "object into Go struct field TestBody.name of type string",
            ),
            (
                r#"{"name":[[1]]}"#,
                "array into Go struct field TestBody.name of type string",
            ),
            (
                r#"{"labels":"x"}"#,
                "string into Go struct field TestBody.labels of type []string",
            ),
            (
                r#"{"labels":[true]}"#,
                "bool into Go struct field TestBody.labels of type string",
            ),
            (
                r#"{"inner_items":{}}"#,
                "object into Go struct field TestBody.inner_items of type []*service.TestItem",
            ),
            (
                r#"{"inner_items":[7]}"#,
                "number into Go struct field TestBody.inner_items of type service.TestItem",
            ),
            (
                r#"{"inner_items":[{"tag":1.5}]}"#,
                "number into Go struct field TestItem.inner_items.tag of type string",
            ),
            ("[]", "array into Go value of type service.TestBody"),
            ("\"x\"", "string into Go value of type service.TestBody"),
            ("1 2", "number into Go value of type service.TestBody"),
        ] {
            assert_eq!(
                fails(text),
                format!("json: cannot unmarshal {expected}"),
                "{text}"
            );
        }
    }

    #[test]
    fn the_first_wrong_type_is_reported_but_broken_json_goes_before_it() {
        assert_eq!(
            fails(r#"{"retry":1,"name":2}"#),
            "json: cannot unmarshal number into Go struct field TestBody.retry of type bool"
        );
        assert_eq!(fails(r#"{"retry":1,"name":"#), "unexpected EOF");
    }

    #[test]
    fn what_is_no_utf_8_becomes_replacement_characters() {
        assert_eq!(
            bind::<TestBody>(b"{\"name\":\"\xff\\ud800\"}", |_| {})
                .unwrap()
                .unwrap()
                .name,
            "\u{fffd}\u{fffd}"
        );
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = bind::<TestBody>(&body, |_| {});
        }

        #[test]
        fn no_json_makes_it_panic(
            text in r#"(\{("(name|retry|labels|inner_items|x)":([\[{]{0,3}("(\\"|\\u[dD][8-9a-c]00|é|.){0,3}"|1e5|null|true|-0\.1)?[\]}]{0,3}),?){0,4}\})"#
        ) {
            let _ = bind::<TestBody>(text.as_bytes(), |_| {});
        }
    }
}
