//! The reading of corpora.

use std::path::Path;

use super::exchange::Exchange;
use super::redact::FORMAT;

/// The reason that a corpus cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    #[error("cannot read the corpus {file}: {cause}")]
    Unreadable { file: String, cause: std::io::Error },
    #[error("the corpus {file} is invalid: line {line}: {why}")]
    Invalid {
        file: String,
        line: usize,
        why: String,
    },
    #[error("the corpus {file} is empty")]
    Empty { file: String },
}

/// Reads a file. Notes tell of lines that were left out because a recorder was killed within them.
pub fn read_file(path: &Path, notes: &mut Vec<String>) -> Result<Vec<Exchange>, CorpusError> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|cause| CorpusError::Unreadable {
        file: file.clone(),
        cause,
    })?;
    read_lines(&file, &text, notes)
}

/// Reads the text of a file, an exchange a line, in the order of their beginnings.
pub fn read_lines(
    file: &str,
    text: &str,
    notes: &mut Vec<String>,
) -> Result<Vec<Exchange>, CorpusError> {
    let mut exchanges = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let number = n + 1;
        let invalid = |why: String| CorpusError::Invalid {
            file: file.to_owned(),
            line: number,
            why,
        };
        if line.trim().is_empty() {
            continue;
        }
        let mut exchange: Exchange = match serde_json::from_str(line) {
            Ok(exchange) => exchange,
            Err(error) if error.is_eof() => {
                notes.push(format!("{file}:{number} is cut and was left out"));
                continue;
            }
            Err(error) => return Err(invalid(error.to_string())),
        };
        let format = exchange.versions.format;
        if format > FORMAT {
            return Err(invalid(format!(
                "its format is {format}, and this version reads up to {FORMAT}"
            )));
        }
        exchange.line = number;
        exchanges.push(exchange);
    }
    // Lines are in the order in which the answers ended. A session that was appended comes after the one before.
    let mut sessions: Vec<String> = Vec::new();
    for exchange in &exchanges {
        if !sessions.contains(&exchange.session) {
            sessions.push(exchange.session.clone());
        }
    }
    let place = |exchange: &Exchange| sessions.iter().position(|known| *known == exchange.session);
    exchanges.sort_by_key(|exchange| (place(exchange), exchange.at_ms, exchange.n));
    Ok(exchanges)
}
