//! The requests by which people look at a resource and command it, as its service takes them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::Value;

/// The characters that a segment of a path or a value of a query may have as they are.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A request that commands a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandRequest {
    /// The command, as a timeline lists it.
    pub command: &'static str,
    /// The command in words, with its object if there are several.
    pub label: String,
    pub method: &'static str,
    pub path: String,
    pub body: Option<Value>,
}

/// A request that replaces what people write of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditRequest {
    /// The command, as a timeline lists it.
    pub command: &'static str,
    pub label: &'static str,
    pub method: &'static str,
    pub path: String,
    /// The JSON that leaves the resource as it is.
    pub body: String,
}

/// A request that shows a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRequest {
    /// The part that it shows.
    pub label: &'static str,
    pub path: String,
}

/// All requests about a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceControls {
    /// The header with the credential.
    pub credential: &'static str,
    pub reads: Vec<ReadRequest>,
    /// Those of the commands that its status allows. A command may have several, such as both answers to an approval, or
    /// none if it needs more than the resource tells.
    pub commands: Vec<CommandRequest>,
    /// The commands that need a body of the caller's own.
    pub edits: Vec<EditRequest>,
}

impl ResourceControls {
    pub fn new(credential: &'static str) -> Self {
        Self {
            credential,
            reads: Vec::new(),
            commands: Vec::new(),
            edits: Vec::new(),
        }
    }

    #[must_use]
    pub fn reading(mut self, label: &'static str, path: String) -> Self {
        self.reads.push(ReadRequest { label, path });
        self
    }

    /// Adds a command with a POST.
    pub fn post(
        &mut self,
        command: &'static str,
        label: impl Into<String>,
        path: String,
        body: Option<Value>,
    ) {
        self.add(command, label, "POST", path, body);
    }

    /// Adds a command whose body is to be changed by the caller. `body` leaves the resource as it is.
    pub fn edit(
        &mut self,
        command: &'static str,
        label: &'static str,
        method: &'static str,
        path: String,
        body: &impl Serialize,
    ) {
        // The fields of a body have texts as keys.
        let body = serde_json::to_string(body).unwrap_or_default();
        self.edits.push(EditRequest {
            command,
            label,
            method,
            path,
            body,
        });
    }

    pub fn add(
        &mut self,
        command: &'static str,
        label: impl Into<String>,
        method: &'static str,
        path: String,
        body: Option<Value>,
    ) {
        self.commands.push(CommandRequest {
            command,
            label: label.into(),
            method,
            path,
            body,
        });
    }
}

/// A text as a segment of a path or a value of a query.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}
