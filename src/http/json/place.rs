//! The place of a value in a document, from which its path is put together when it is asked for.

/// The place of a value.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// The whole document.
    Root,
    Field(&'a Self, &'a str),
    Item(&'a Self, usize),
}

impl Place<'_> {
    /// The JSON path; empty for the document itself.
    pub fn path(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Field(outer, name) => field_path(&outer.path(), name),
            Self::Item(outer, n) => format!("{}[{n}]", outer.path()),
        }
    }
}

/// The path of a field in the value with another path; the whole document has none.
pub fn field_path(outer: &str, name: &str) -> String {
    match outer {
        "" => name.to_owned(),
        outer => format!("{outer}.{name}"),
    }
}
