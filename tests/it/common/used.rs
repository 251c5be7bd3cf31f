//! The rows of evidence that the answers of the tests use: operations, undocumented parts, errors.
//!
//! Each answer is noted in a file below the target directory. When all tests have passed, the target `rows` compares it
//! with all rows that there are.

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::Write;
use std::sync::{LazyLock, Mutex};

use axum::http::StatusCode;
use release_emulator::internals::http::Evidence;
use release_emulator::internals::http::evidence::error_row::ErrorRow;
use release_emulator::internals::registry;
use serde_json::Value;

use super::Reply;

const EVIDENCE: &str = "x-emulator-evidence";

/// The notes of this process.
static NOTES: LazyLock<Mutex<Notes>> = LazyLock::new(|| Mutex::new(Notes::begin()));

/// The errors of all families.
pub static ERROR_ROWS: LazyLock<Vec<ErrorRow>> = LazyLock::new(registry::error_rows);

/// The file, and the rows in it that were used.
struct Notes {
    file: File,
    used: HashSet<String>,
}

impl Notes {
    /// Begins the file with all rows, and with the arguments of the process that may leave tests out.
    fn begin() -> Self {
        let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/evidence.txt");
        let mut file = File::create(path).expect("a file");
        let mut lines = Vec::new();
        let whole = [
            "-q",
            "--quiet",
            "--nocapture",
            "--no-capture",
            "--show-output",
        ];
        for argument in std::env::args().skip(1) {
            if !whole.contains(&&*argument) {
                lines.push(format!("filter {argument}\n"));
            }
        }
        lines.extend(rows().iter().map(|row| format!("row {row}\n")));
        file.write_all(lines.concat().as_bytes())
            .expect("it is written");
        Self {
            file,
            used: HashSet::new(),
        }
    }

    fn add(&mut self, row: String) {
        if !self.used.contains(&row) {
            writeln!(self.file, "used {row}").expect("it is written");
            self.used.insert(row);
        }
    }
}

/// The names of all rows.
fn rows() -> Vec<String> {
    let mut rows = Vec::new();
    for operation in registry::operations() {
        rows.push(operation.id.clone());
        let parts = operation.undocumented.iter();
        rows.extend(parts.map(|part| format!("{}: {part}", operation.id)));
    }
    rows.extend(ERROR_ROWS.iter().map(error_name));
    rows
}

/// The name of an error, such as `error 404 APIGW.0101 The API does not exist (documented)`.
pub fn error_name(row: &ErrorRow) -> String {
    let ErrorRow {
        status,
        code,
        text,
        evidence,
    } = row;
    format!("error {status} {code} {text} ({})", evidence.as_str())
}

/// Notes the rows that an answer used.
pub fn note(reply: &Reply) {
    let mut used: Vec<String> = error_row(reply).iter().map(error_name).collect();
    if let Some(operation) = operation(&reply.request) {
        // An operation that is not emulated answers 501.
        if reply.status < 400 || reply.status == 501 {
            used.push(operation.clone());
        }
        let parts = parts(reply.header(EVIDENCE)).into_iter();
        used.extend(parts.map(|part| format!("{operation}: {part}")));
    }
    if !used.is_empty() {
        // Another test may have failed.
        let mut notes = NOTES
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        for row in used {
            notes.add(row);
        }
    }
}

/// The id of the operation of a request like `GET /v3/projects?name=a`.
fn operation(request: &str) -> Option<String> {
    let (method, target) = request.split_once(' ')?;
    let path = target.split('?').next()?;
    let method = if method == "HEAD" { "GET" } else { method };
    let is_variable = |segment: &str| segment.starts_with('{');
    let fits = |template: &str| {
        template.split('/').count() == path.split('/').count()
            && template
                .split('/')
                .zip(path.split('/'))
                .all(|(known, sent)| known == sent || is_variable(known) && !sent.is_empty())
    };
    let all = registry::operations().filter(|known| known.method == method && fits(&known.path));
    let closest = all.min_by_key(|known| {
        known
            .path
            .split('/')
            .filter(|part| is_variable(part))
            .count()
    });
    closest.map(|known| known.id.clone())
}

/// The undocumented parts that a header names: `inferred; fields=status; values=RUNNING` has the part
/// `field status=RUNNING (inferred)`.
pub fn parts(evidence: &str) -> BTreeSet<String> {
    let (level, rest) = evidence.split_once("; ").unwrap_or((evidence, ""));
    let listed = |label: &str| {
        let found = rest.split("; ").find_map(|part| part.strip_prefix(label));
        found.into_iter().flat_map(|names| names.split(','))
    };
    let mut parts = BTreeSet::new();
    for operation in listed("operation=") {
        parts.insert(format!("operation {operation} ({level})"));
    }
    for permission in listed("permission=") {
        parts.insert(format!("permission {permission} ({level})"));
    }
    for (label, kind) in [("fields=", "field"), ("parameters=", "parameter")] {
        for path in listed(label) {
            parts.insert(format!("{kind} {path} ({level})"));
            for word in listed("values=") {
                parts.insert(format!("{kind} {path}={word} ({level})"));
            }
        }
    }
    parts
}

/// The row that words an answer, if it is an error. Of rows that differ in their evidence alone it is the one of which the
/// header tells; for an injected answer the first.
pub fn error_row(reply: &Reply) -> Option<ErrorRow> {
    if reply.status < 400 {
        return None;
    }
    let (code, text) = words(reply);
    let header = reply.header(EVIDENCE);
    let level = header.split(';').next().unwrap_or_default();
    let names_error = header.contains("; error=");
    let fits = |row: &&ErrorRow| {
        let level_of_row = row.evidence.as_str();
        row.status == reply.status
            && row.code == code
            && (!code.is_empty() || is_text(row.text, &text))
            && match level {
                "injected" => true,
                _ if names_error => level_of_row == level,
                "documented" => row.evidence == Evidence::Documented,
                // A weaker part hides a stronger row.
                _ => level_of_row != level && row.evidence != Evidence::Inferred,
            }
    };
    ERROR_ROWS.iter().find(fits).copied()
}

/// The code and the text of an error. Those of Zadig have no code, and the words of their status stand for the text.
fn words(reply: &Reply) -> (String, String) {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let code = body["error_code"].as_str().or(body["errorCode"].as_str());
    let status = StatusCode::from_u16(reply.status).ok();
    let reason = status.and_then(|status| status.canonical_reason());
    let text = body["error"]["message"].as_str().or(reason);
    (
        code.unwrap_or_default().to_owned(),
        text.unwrap_or_default().to_owned(),
    )
}

/// True if a text is that of a row, in which `%(…)s` stands for anything.
fn is_text(row: &str, text: &str) -> bool {
    let (before, after) = row.split_once("%(").map_or((row, ""), |(before, rest)| {
        (before, rest.split_once(")s").map_or("", |(_, after)| after))
    });
    text.starts_with(before) && text.ends_with(after)
}
