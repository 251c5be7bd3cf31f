//! Decoding of bodies as Go's `encoding/json` does it, with its leniency and its error texts.
//!
//! Keys match in any case, unknown ones are ignored, null keeps a field as it is. The first value of a wrong
//! type is reported after the whole text is read, so malformed JSON is reported instead.

use std::iter::Peekable;
use std::vec::IntoIter;

use super::scan::{JsonToken, first_value, only_value};

/// A struct of the service that a JSON object is bound to.
pub trait GoStruct: Default {
    /// Its package and its name in the service's texts.
    const PACKAGE: &'static str;
    const NAME: &'static str;
    /// The keys of its fields. One that is a word of this language has the prefix `r#`.
    const KEYS: &'static [&'static str];

    /// Reads the next value into the field of a key.
    fn bind(&mut self, key: &str, values: &mut GoValues);
}

/// The type of a field.
pub trait GoField {
    /// Reads the next value into the field.
    fn bind(&mut self, values: &mut GoValues);
}

/// The package of a struct: `service`, unless it is given.
macro_rules! package {
    () => {
        "service"
    };
    ($package:literal) => {
        $package
    };
}
pub(in crate::families::zadig) use package;

/// Declares structs of the service: each field with its type, and its schema in the OpenAPI document.
macro_rules! go_structs {
    ($(
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident = $go_name:literal $(in $package:literal)? {
            $($(#[$field_attribute:meta])* $field:ident: $type:ty as $schema:ty,)*
        }
    )*) => {$(
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        #[cfg_attr(test, derive(utoipa::ToSchema))]
        $(#[$attribute])*
        $visibility struct $name {
            $($(#[$field_attribute])* #[cfg_attr(test, schema(value_type = $schema))] $visibility $field: $type,)*
        }

        impl $crate::families::zadig::go_json::decode::GoStruct for $name {
            const PACKAGE: &'static str = $crate::families::zadig::go_json::decode::package!($($package)?);
            const NAME: &'static str = $go_name;
            const KEYS: &'static [&'static str] = &[$(stringify!($field)),*];

            fn bind(&mut self, key: &str, values: &mut $crate::families::zadig::go_json::decode::GoValues) {
                match key {
                    $(stringify!($field) => {
                        $crate::families::zadig::go_json::decode::GoField::bind(&mut self.$field, values);
                    })*
                    _ => {}
                }
            }
        }
    )*};
}
pub(in crate::families::zadig) use go_structs;

/// Binds a body as the service's framework does; `None` if it is `null`. The error is the service's text. `ignored` gets
/// the path of every unknown key.
pub fn bind<T: GoStruct>(body: &[u8], ignored: impl FnMut(String)) -> Result<Option<T>, String> {
    bind_tokens(first_value(body)?, ignored)
}

/// Binds a body as `json.Unmarshal` does, which accepts nothing after the value.
pub fn unmarshal<T: GoStruct>(
    body: &[u8],
    ignored: impl FnMut(String),
) -> Result<Option<T>, String> {
    bind_tokens(only_value(body)?, ignored)
}

/// Binds the tokens of a value.
pub fn bind_tokens<T: GoStruct>(
    tokens: Vec<JsonToken>,
    ignored: impl FnMut(String),
) -> Result<Option<T>, String> {
    let mut values = GoValues {
        tokens: tokens.into_iter().peekable(),
        path: Vec::new(),
        wrong: None,
        unknown: Vec::new(),
    };
    let value = values.object();
    values.unknown.into_iter().for_each(ignored);
    match values.wrong {
        Some(wrong) => Err(wrong),
        None => Ok(value),
    }
}

/// The values of a body that are not read yet.
pub struct GoValues {
    tokens: Peekable<IntoIter<JsonToken>>,
    /// The keys down to the present place, each with the struct that it belongs to.
    path: Vec<(&'static str, &'static str)>,
    /// The text on the first value of a wrong type.
    wrong: Option<String>,
    /// The paths of unknown keys.
    unknown: Vec<String>,
}

impl GoField for String {
    fn bind(&mut self, values: &mut GoValues) {
        values.word(self, "string");
    }
}

/// Declares types of the service whose values are texts.
macro_rules! go_words {
    ($($(#[$attribute:meta])* $visibility:vis struct $name:ident = $go_name:literal;)*) => {$(
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        $(#[$attribute])*
        $visibility struct $name(pub String);

        impl $crate::families::zadig::go_json::decode::GoField for $name {
            fn bind(&mut self, values: &mut $crate::families::zadig::go_json::decode::GoValues) {
                values.word(&mut self.0, $go_name);
            }
        }
    )*};
}
pub(in crate::families::zadig) use go_words;

impl GoField for bool {
    fn bind(&mut self, values: &mut GoValues) {
        match values.next() {
            JsonToken::Bool(boolean) => *self = boolean,
            other => values.expect(&other, "bool"),
        }
    }
}

/// An `int64`.
impl GoField for i64 {
    fn bind(&mut self, values: &mut GoValues) {
        values.integer(self, "int64");
    }
}

/// An `int`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GoInt(pub i64);

impl GoField for GoInt {
    fn bind(&mut self, values: &mut GoValues) {
        values.integer(&mut self.0, "int");
    }
}

/// A `[]int`. A null among the numbers is 0.
impl GoField for Vec<i64> {
    fn bind(&mut self, values: &mut GoValues) {
        let int = |values: &mut GoValues| {
            let mut number = 0;
            values.integer(&mut number, "int");
            number
        };
        values.array(self, || "[]int".to_owned(), int);
    }
}

/// A pointer to a struct.
impl<T: GoStruct> GoField for Option<T> {
    fn bind(&mut self, values: &mut GoValues) {
        *self = values.object();
    }
}

/// A null among the strings is an empty one.
impl GoField for Vec<String> {
    fn bind(&mut self, values: &mut GoValues) {
        let string = |values: &mut GoValues| {
            let mut text = String::new();
            text.bind(values);
            text
        };
        values.array(self, || "[]string".to_owned(), string);
    }
}

/// A null among the objects is `None`.
impl<T: GoStruct> GoField for Vec<Option<T>> {
    fn bind(&mut self, values: &mut GoValues) {
        let go_type = || format!("[]*{}.{}", T::PACKAGE, T::NAME);
        values.array(self, go_type, GoValues::object);
    }
}

impl GoValues {
    /// Reads a text of the type with that name.
    pub(in crate::families::zadig) fn word(&mut self, to: &mut String, go_type: &str) {
        match self.next() {
            JsonToken::String(text) => *to = text,
            other => self.expect(&other, go_type),
        }
    }

    fn integer(&mut self, to: &mut i64, go_type: &str) {
        match self.next() {
            JsonToken::Number(text) => match text.parse() {
                Ok(number) => *to = number,
                Err(_) => self.mismatch(&format!("number {text}"), go_type),
            },
            other => self.expect(&other, go_type),
        }
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
                while self.tokens.next_if_eq(&JsonToken::End).is_none() {
                    to.push(item(self));
                }
            }
            JsonToken::Null => to.clear(),
            other => self.expect(&other, &go_type()),
        }
    }

    /// Reads an object; `None` for a null.
    fn object<T: GoStruct>(&mut self) -> Option<T> {
        let mut object = T::default();
        match self.next() {
            JsonToken::Null => return None,
            JsonToken::Object => self.fields(&mut object),
            other => self.expect(&other, &format!("{}.{}", T::PACKAGE, T::NAME)),
        }
        Some(object)
    }

    fn fields<T: GoStruct>(&mut self, object: &mut T) {
        while let JsonToken::String(key) = self.next() {
            let exact = T::KEYS.iter().find(|known| *word(known) == *key);
            let same = |known: &&&'static str| fold(word(known)) == fold(&key);
            let known = exact.or_else(|| T::KEYS.iter().find(same));
            if let Some(known) = known {
                self.path.push((T::NAME, word(known)));
                object.bind(known, self);
                self.path.pop();
            } else {
                let keys = self.path.iter().map(|(_, key)| *key).chain([&*key]);
                self.unknown.push(keys.collect::<Vec<_>>().join("."));
                let token = self.next();
                self.skip(&token);
            }
        }
    }

    /// Records that a value has the wrong type, and skips it. Null fits every type.
    fn expect(&mut self, token: &JsonToken, go_type: &str) {
        self.skip(token);
        self.expect_read(token, go_type);
    }

    /// Records that a value that is read already has the wrong type. Null fits every type.
    pub(super) fn expect_read(&mut self, first: &JsonToken, go_type: &str) {
        let value = match first {
            JsonToken::Null | JsonToken::End => return,
            JsonToken::Bool(_) => "bool",
            JsonToken::Number(_) => "number",
            JsonToken::String(_) => "string",
            JsonToken::Array => "array",
            JsonToken::Object => "object",
        };
        self.mismatch(value, go_type);
    }

    /// Records the first value of a wrong type.
    fn mismatch(&mut self, value: &str, go_type: &str) {
        self.wrong.get_or_insert_with(|| {
            let keys: Vec<_> = self.path.iter().map(|(_, key)| *key).collect();
            let into = match self.path.last() {
                Some((name, _)) => format!("Go struct field {name}.{} of", keys.join(".")),
                None => "Go value of".to_owned(),
            };
            format!("json: cannot unmarshal {value} into {into} type {go_type}")
        });
    }

    /// Skips the rest of a value whose first token is read.
    fn skip(&mut self, first: &JsonToken) {
        let mut depth = usize::from(matches!(first, JsonToken::Array | JsonToken::Object));
        while depth > 0 {
            match self.next() {
                JsonToken::Array | JsonToken::Object => depth += 1,
                JsonToken::End => depth -= 1,
                _ => {}
            }
        }
    }

    pub(super) fn next(&mut self) -> JsonToken {
        self.tokens.next().unwrap_or(JsonToken::End)
    }
}

/// A key as bodies have it.
fn word(key: &'static str) -> &'static str {
    key.strip_prefix("r#").unwrap_or(key)
}

/// A key for comparison without case, as Go folds it.
fn fold(key: &str) -> String {
    key.chars()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::any_value::AnyValue;
    use super::*;

    go_structs! {
        struct TestBody = "TestBody" {
            name: String as String,
            retry: bool as bool,
            labels: Vec<String> as Vec<String>,
            inner_items: Vec<Option<TestItem>> as Vec<TestItem>,
        }
        struct TestItem = "TestItem" {
            tag: String as String,
        }
    }

    go_structs! {
        struct TestTask = "TestTask" in "workflow" {
            task_id: i64 as i64,
            prs: Vec<i64> as Vec<i64>,
            repo: Option<TestItem> as TestItem,
            parameters: AnyValue as serde_json::Value,
            jobs: Vec<Option<TestTask>> as Vec<serde_json::Value>,
        }
    }

    #[test]
    fn numbers_pointers_and_values_of_any_type_are_bound() {
        let text = br#"{"task_id":-7,"prs":[1,null],"repo":{"tag":"t"},"parameters":{"b":[1.5,{}],"a":null},"jobs":null}"#;
        let task: TestTask = unmarshal(text, |_| {}).unwrap().unwrap();
        assert_eq!(
            (task.task_id, task.prs, task.repo.unwrap().tag),
            (-7, vec![1, 0], "t".to_owned())
        );
        assert_eq!(
            task.parameters.to_json(),
            serde_json::json!({"b": [1.5, {}], "a": null})
        );
        for (text, expected) in [
            (
                r#"{"task_id":1.5}"#,
                "number 1.5 into Go struct field TestTask.task_id of type int64",
            ),
            (
                r#"{"task_id":"1"}"#,
                "string into Go struct field TestTask.task_id of type int64",
            ),
            (
                r#"{"prs":[1e30]}"#,
                "number 1e30 into Go struct field TestTask.prs of type int",
            ),
            (
                r#"{"repo":[]}"#,
                "array into Go struct field TestTask.repo of type service.TestItem",
            ),
            (
                r#"{"jobs":{}}"#,
                "object into Go struct field TestTask.jobs of type []*workflow.TestTask",
            ),
            ("[]", "array into Go value of type workflow.TestTask"),
        ] {
            assert_eq!(
                unmarshal::<TestTask>(text.as_bytes(), |_| {}),
                Err(format!("json: cannot unmarshal {expected}")),
                "{text}"
            );
        }
    }

    fn read(text: &str) -> TestBody {
        bind(text.as_bytes(), |_| {}).expect(text).expect(text)
    }

    fn error_of(text: &str) -> String {
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
                error_of(text),
                format!("json: cannot unmarshal {expected}"),
                "{text}"
            );
        }
    }

    #[test]
    fn the_first_wrong_type_is_reported_but_broken_json_goes_before_it() {
        assert_eq!(
            error_of(r#"{"retry":1,"name":2}"#),
            "json: cannot unmarshal number into Go struct field TestBody.retry of type bool"
        );
        assert_eq!(error_of(r#"{"retry":1,"name":"#), "unexpected EOF");
    }

    #[test]
    fn invalid_utf_8_becomes_replacement_characters() {
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
