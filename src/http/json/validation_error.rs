//! Validation errors, which name the path of the value at fault. Requests and fixtures use the same words.

use std::borrow::Cow;
use std::fmt;

/// The longest value that an error repeats, in characters.
const LONGEST_VALUE: usize = 64;

/// The error of a document that does not fit into the memory.
const NO_ROOM: &str = "the memory for resources, rules or identities is full: delete something, or start with a larger --memory";

/// The error of a required field that is missing.
pub(super) const REQUIRED: &str = "is required";

/// An error in a JSON document, and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidationError {
    /// The JSON path; empty for the document itself.
    pub path: String,
    /// The error, or the expected value.
    pub message: String,
}

impl ValidationError {
    #[doc(hidden)]
    pub fn new(path: impl fmt::Display, message: impl Into<String>) -> Self {
        Self {
            path: path.to_string(),
            message: message.into(),
        }
    }

    /// The error of a value that is not as expected. A long value is cut.
    #[doc(hidden)]
    pub fn unlike(
        path: impl fmt::Display,
        expected: impl fmt::Display,
        actual: impl fmt::Display,
    ) -> Self {
        let actual = actual.to_string();
        Self::new(path, format!("{expected}, not {}", cut(&actual)))
    }

    /// The error of a document that does not fit into the memory.
    #[doc(hidden)]
    pub fn no_room() -> Self {
        Self::new("", NO_ROOM)
    }

    /// True if the document is valid, and does not fit into the memory.
    #[doc(hidden)]
    pub fn is_no_room(&self) -> bool {
        self.message == NO_ROOM
    }

    /// True if a required field is missing.
    #[doc(hidden)]
    pub fn is_missing_field(&self) -> bool {
        self.message == REQUIRED
    }

    /// The error as seen from the document around.
    #[doc(hidden)]
    pub fn nested_in(self, outer: impl fmt::Display) -> Self {
        let outer = outer.to_string();
        let path = match self.path.as_str() {
            "" => outer,
            _ if outer.is_empty() => return self,
            inner if inner.starts_with('[') => format!("{outer}{inner}"),
            inner => format!("{outer}.{inner}"),
        };
        Self { path, ..self }
    }
}

/// The beginning of a value, as long as errors repeat it.
pub(super) fn cut(value: &str) -> Cow<'_, str> {
    match value.char_indices().nth(LONGEST_VALUE) {
        Some((end, _)) => format!("{}…", &value[..end]).into(),
        None => value.into(),
    }
}

impl fmt::Display for ValidationError {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let Self { path, message } = self;
        match path.as_str() {
            "" => formatter.write_str(message),
            path => write!(formatter, "{path}: {message}"),
        }
    }
}

impl std::error::Error for ValidationError {}
