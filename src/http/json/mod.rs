//! A strict JSON reader, whose errors name the path of the value at fault.

pub(super) mod fast_writer;
pub mod strict;
pub mod value;

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use fast_writer::RAW_JSON;

/// How deep a body may nest. Parts that are only carried would otherwise have no limit at all.
const MAX_DEPTH: usize = 128;

/// Reads a body; `ignored` hears the path of every field the type does not know.
///
/// The error is one line: the JSON path, unless it is the root, then what is wrong.
pub fn read<T: DeserializeOwned>(
    text: &[u8],
    mut ignored: impl FnMut(String),
) -> Result<T, String> {
    if nests_deeper(text, MAX_DEPTH) {
        return Err(format!("the body nests deeper than {MAX_DEPTH} levels"));
    }
    let mut json = serde_json::Deserializer::from_slice(text);
    let mut callback = |path: serde_ignored::Path| ignored(path_string(&path));
    let tracked = serde_ignored::Deserializer::new(&mut json, &mut callback);
    strict::deserialize(tracked)
        .and_then(|value| json.end().map(|()| value))
        .map_err(|error| with_path(&place::<T>(text), &error.to_string()))
}

/// The JSON path of what cannot be read as a `T`. To keep track of it costs more than to read, so only what could
/// not be read is read once more with it.
fn place<T: DeserializeOwned>(text: &[u8]) -> String {
    let mut json = serde_json::Deserializer::from_slice(text);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
    let _: Result<T, _> = strict::deserialize(tracked);
    track.path().to_string()
}

/// What does not fit in a document, and where. Requests and fixtures are refused with the same words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", with_path(path, expected))]
pub struct ValidationError {
    /// The JSON path; empty: the document itself.
    pub path: String,
    /// What is wrong there, or was expected.
    pub expected: String,
}

impl ValidationError {
    /// Something that does not fit at `path`.
    pub fn new(path: impl Into<String>, expected: impl Into<String>) -> Self {
        let path = path.into();
        let path = if matches!(path.as_str(), "." | "?") {
            String::new()
        } else {
            path
        };
        Self {
            path,
            expected: expected.into(),
        }
    }

    /// Refuses a part that is kept verbatim and is there, but is no object.
    pub fn unless_object(path: impl fmt::Display, part: Option<&RawJson>) -> Result<(), Self> {
        match part {
            Some(part) if !part.is_object() => Err(Self::new(path.to_string(), "an object")),
            _ => Ok(()),
        }
    }

    /// The same, seen from further out.
    #[must_use]
    pub fn nested_in(self, outer: impl fmt::Display) -> Self {
        let path = match self.path.as_str() {
            "" => outer.to_string(),
            inner if inner.starts_with('[') => format!("{outer}{inner}"),
            inner => format!("{outer}.{inner}"),
        };
        Self { path, ..self }
    }

    /// The same without a line and column, which would mislead where they are not those of the document.
    #[must_use]
    pub fn without_position(self) -> Self {
        match self.expected.rsplit_once(" at line ") {
            Some((expected, _)) => Self {
                expected: expected.to_owned(),
                ..self
            },
            None => self,
        }
    }
}

/// Reads a part that is kept verbatim as a type of one's own, to look at what is understood of it. Fields
/// the type does not know are carried, so nobody hears of them. Paths count from the part.
pub fn read_part<T: DeserializeOwned>(part: &RawJson) -> Result<T, ValidationError> {
    part.read().map_err(|error| {
        let path = place::<T>(part.text().as_bytes());
        ValidationError::new(path, error.to_string()).without_position()
    })
}

/// Puts the path before the text. The paths of the root and of broken JSON say nothing.
#[must_use]
pub fn with_path(path: &str, error: &str) -> String {
    if matches!(path, "" | "." | "?") {
        error.to_owned()
    } else {
        format!("{path}: {error}")
    }
}

/// For `deserialize_with`: a field for which null says as little as its absence.
pub fn default_if_null<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// The JSON path of a field that nobody knew.
pub fn path_string(path: &serde_ignored::Path) -> String {
    use serde_ignored::Path as P;
    match path {
        P::Root => String::new(),
        P::Seq { parent, index } => format!("{}[{index}]", path_string(parent)),
        P::Map { parent, key } => match path_string(parent) {
            outer if outer.is_empty() => key.clone(),
            outer => format!("{outer}.{key}"),
        },
        P::Some { parent } | P::NewtypeStruct { parent } | P::NewtypeVariant { parent } => {
            path_string(parent)
        }
    }
}

/// Whether a text nests deeper than `most` levels, brackets in strings aside.
fn nests_deeper(text: &[u8], most: usize) -> bool {
    // Hardly any text has as many brackets, and to count them takes next to no time.
    let is_opening = |byte: &&u8| matches!(byte, b'[' | b'{');
    text.iter().filter(is_opening).count() > most && depth(text) > most
}

/// How deep a text nests, brackets in strings aside.
fn depth(text: &[u8]) -> usize {
    let (mut deepest, mut now, mut in_string, mut escaped) = (0, 0_usize, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                now += 1;
                deepest = deepest.max(now);
            }
            b']' | b'}' if !in_string => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// A part of a document that is carried, not understood: byte for byte, white space between tokens aside.
///
/// Numbers keep their spelling and objects their order and repeated keys.
#[derive(Clone, Debug)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// The JSON text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.get()
    }

    /// Whether it is an object.
    #[must_use]
    pub fn is_object(&self) -> bool {
        self.text().starts_with('{')
    }

    /// Whether it is an array.
    #[must_use]
    pub fn is_array(&self) -> bool {
        self.text().starts_with('[')
    }

    /// A list of nothing.
    ///
    /// # Panics
    /// Never: it is JSON.
    #[must_use]
    pub fn empty_list() -> Self {
        Self(RawValue::from_string("[]".to_owned()).expect("it is JSON"))
    }

    /// Reads it as a type of one's own.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        let mut json = serde_json::Deserializer::from_str(self.text());
        let value = strict::deserialize(&mut json)?;
        json.end().map(|()| value)
    }

    /// Makes one of anything that can be written.
    ///
    /// # Panics
    /// If the value has keys that are no strings.
    #[must_use]
    pub fn of(value: &impl Serialize) -> Self {
        Self(serde_json::value::to_raw_value(value).expect("keys are strings"))
    }
}

impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for RawJson {}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(RAW_JSON, &self.0)
    }
}

impl<'de> Deserialize<'de> for RawJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        match compact(raw.get()) {
            None => Ok(Self(raw)),
            Some(text) => RawValue::from_string(text)
                .map(Self)
                .map_err(serde::de::Error::custom),
        }
    }
}

impl utoipa::PartialSchema for RawJson {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::SchemaType::AnyValue)
            .description(Some("Any JSON, kept as it is"))
            .into()
    }
}

impl utoipa::ToSchema for RawJson {
    // The name in the published document.
    fn name() -> std::borrow::Cow<'static, str> {
        "Verbatim".into()
    }
}

/// The text without white space between tokens, if it has any.
fn compact(text: &str) -> Option<String> {
    // No other character of JSON is as low as white space.
    let lowest = text.bytes().fold(u8::MAX, u8::min);
    if lowest > b' ' {
        return None;
    }
    let mut compact = String::with_capacity(text.len());
    let (mut begin, mut in_string, mut escaped) = (0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if !in_string && byte <= b' ' => {
                compact.push_str(&text[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    compact.push_str(&text[begin..]);
    (begin > 0).then_some(compact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Outer {
        #[serde(default)]
        items: Vec<Item>,
    }

    #[derive(Debug, Deserialize)]
    struct Item {
        name: String,
        #[serde(default)]
        rest: Option<RawJson>,
    }

    #[derive(Deserialize)]
    struct Optional {
        #[serde(rename = "outer")]
        _outer: Option<Outer>,
    }

    fn fails(text: &str) -> String {
        read::<Outer>(text.as_bytes(), |_| {}).unwrap_err()
    }

    #[test]
    fn an_error_says_where() {
        let wrong = fails(r#"{"items":[{"name":"a"},{"name":7}]}"#);
        assert!(
            wrong.starts_with("items[1].name: invalid type: integer `7`, expected a string"),
            "{wrong}"
        );
        assert!(
            fails("[1").starts_with("invalid type: sequence, expected an object"),
            "{}",
            fails("[1")
        );
        let array = fails(r#"{"items":[["a"]]}"#);
        assert!(
            array.starts_with("items[0]: invalid type: sequence, expected an object"),
            "{array}"
        );
        assert!(fails("{} x").starts_with("trailing characters"));
        assert!(fails("{").starts_with("EOF"));
    }

    #[test]
    fn unknown_fields_are_heard_of_with_their_path() {
        let mut heard = Vec::new();
        read::<Outer>(br#"{"items":[{"name":"a","nmae":1}],"x":{}}"#, |path| {
            heard.push(path);
        })
        .unwrap();
        assert_eq!(heard, ["items[0].nmae", "x"]);

        read::<Optional>(br#"{"outer":{"x":1}}"#, |path| heard.push(path)).unwrap();
        assert_eq!(heard.last().unwrap(), "outer.x");
    }

    #[test]
    fn a_verbatim_part_loses_only_white_space() {
        let text = br#"{"items":[{"name":"a","rest":{ "b\" " : 1.50,  "a":[10000000000000000000000, 1e2], "a": null }}]}"#;
        let outer: Outer = read(text, |_| {}).unwrap();
        let rest = outer.items[0].rest.clone().unwrap();
        assert_eq!(outer.items[0].name, "a");
        assert_eq!(
            rest.text(),
            r#"{"b\" ":1.50,"a":[10000000000000000000000,1e2],"a":null}"#
        );
    }

    #[test]
    fn a_part_is_read_with_its_place_in_the_body() {
        let part: RawJson = serde_json::from_str(r#"[{"name":"a","x":1},{}]"#).unwrap();
        let wrong = read_part::<Vec<Item>>(&part)
            .unwrap_err()
            .nested_in("stages");
        assert_eq!(wrong.to_string(), "stages[1]: missing field `name`");
    }

    #[test]
    fn depth_is_bounded_even_in_fields_nobody_reads() {
        let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(200), "]".repeat(200));
        assert_eq!(fails(&deep), "the body nests deeper than 128 levels");
    }
}
