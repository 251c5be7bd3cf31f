//! Fixtures from HAR files and corpora.

use std::path::{Path, PathBuf};

use super::catalog;
use super::exchange::Exchange;
use super::har::{Har, HarExchange};
use super::materialize::value;
use super::read::{CorpusError, read_lines};
use super::redact::split_target;
use super::resources::{Harvest, SeenAnswer};
use crate::http::query::value_of;
use crate::world::settings::{Settings, ZadigGeneration};

/// Fixtures, and what could not be made one.
pub struct Imported {
    /// A state document.
    pub fixtures: String,
    /// The parts that could not be used, a line each.
    pub unusable: Vec<String>,
}

/// Makes fixtures of what files show.
pub fn import_files(
    files: &[PathBuf],
    zadig: Option<ZadigGeneration>,
) -> Result<Imported, CorpusError> {
    let mut import = Import::default();
    for file in files {
        import.file(file)?;
    }
    Ok(import.finish(zadig))
}

#[derive(Default)]
struct Import {
    harvest: Harvest,
    unusable: Vec<String>,
}

impl Import {
    fn file(&mut self, path: &Path) -> Result<(), CorpusError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|cause| CorpusError::Unreadable {
            file: file.clone(),
            cause,
        })?;
        if let Some(har) = Har::read(&text) {
            for (n, exchange) in har.exchanges().enumerate() {
                self.of_har(&format!("{file}: entry {}", n + 1), &exchange);
            }
            return Ok(());
        }
        let exchanges = read_lines(&file, &text, &mut self.unusable)?;
        if exchanges.is_empty() {
            return Err(CorpusError::Empty { file });
        }
        for exchange in &exchanges {
            self.of_corpus(&format!("{file}:{}", exchange.line), exchange);
        }
        Ok(())
    }

    fn of_har(&mut self, place: &str, exchange: &HarExchange) {
        let (path, query) = split_target(&exchange.target);
        let mut leave_out = |why: &str| self.unusable.push(format!("{place}: {why}"));
        let Some(found) = catalog::find(&exchange.method, path) else {
            return leave_out("it belongs to no emulated operation");
        };
        let operation = &found.entry.operation.id;
        if !(200..300).contains(&exchange.status) {
            return leave_out(&format!(
                "{operation} was answered with {}",
                exchange.status
            ));
        }
        let Some(body) = &exchange.body else {
            return leave_out(&format!("the answer of {operation} has no JSON"));
        };
        let parameter = |name: &str| {
            let mut path = found.parameters.iter();
            let in_path = path
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.clone());
            in_path.or_else(|| value_of(query, name).map(std::borrow::Cow::into_owned))
        };
        let seen = SeenAnswer {
            operation,
            parameter: &parameter,
            body,
        };
        if !self.harvest.add(&seen) {
            leave_out(&format!(
                "{operation} shows no resource that a fixture can have"
            ));
        }
    }

    fn of_corpus(&mut self, place: &str, exchange: &Exchange) {
        let operation = &exchange.operation;
        let mut leave_out = |why: &str| self.unusable.push(format!("{place}: {operation} {why}"));
        if !exchange.is_success() {
            return leave_out(&format!("was answered with {}", exchange.answer.status));
        }
        let Some(recorded) = &exchange.answer.body else {
            return leave_out("has no body");
        };
        let body = value(recorded, &str::to_owned);
        let parameter = |name: &str| exchange.request.parameter(name).map(str::to_owned);
        let seen = SeenAnswer {
            operation,
            parameter: &parameter,
            body: &body,
        };
        if !self.harvest.add(&seen) {
            leave_out("shows no resource that a fixture can have");
        }
    }

    fn finish(mut self, zadig: Option<ZadigGeneration>) -> Imported {
        let settings = Settings {
            zadig,
            journal_bytes: 0,
            history_bytes: 0,
            ..Settings::default()
        };
        let (_, document) = self.harvest.state(&settings);
        self.unusable.append(&mut self.harvest.unusable);
        Imported {
            fixtures: serde_json::to_string_pretty(&document).unwrap_or_default(),
            unusable: self.unusable,
        }
    }
}
