//! The verification of corpora: every session is replayed against a world of its own, and what differs is judged.

use std::collections::HashMap;

use super::documented::{self, Documented};
use super::kinds::{Difference, DriftKind};
use super::outcome::Outcome;
use super::replay::Replay;
use super::report::{Judged, Report, ReportBuilder, Verdict};
use crate::corpus::{Exchange, catalog};
use crate::http::evidence::RecordedDates;
use crate::world::settings::Settings;

/// A corpus with the name of its file.
pub struct Corpus {
    pub name: String,
    /// Sorted by session, and within one by time.
    pub exchanges: Vec<Exchange>,
}

/// The place of a difference: the operation, the kind, the field.
type Key = (String, DriftKind, String);

/// Compares the emulator with corpora.
pub async fn verify(corpora: &[Corpus], settings: &Settings) -> Report {
    let mut builder = ReportBuilder::default();
    for corpus in corpora {
        let sessions = corpus
            .exchanges
            .chunk_by(|one, other| one.session == other.session);
        for session in sessions {
            verify_session(&corpus.name, session, settings, &mut builder).await;
        }
    }
    let names = corpora.iter().map(|corpus| corpus.name.clone());
    builder.finish(names.collect())
}

pub(super) async fn verify_session(
    file: &str,
    session: &[Exchange],
    settings: &Settings,
    builder: &mut ReportBuilder,
) {
    let Some(mut replay) = Replay::new(settings, session) else {
        builder
            .notes
            .insert(format!("{file}: no world can be made with these settings"));
        return;
    };
    let generation = replay.settings().zadig;
    if settings.zadig.is_none()
        && let Some(generation) = generation
    {
        let note =
            format!("{file}: Zadig is of generation {generation}, as with --zadig {generation}");
        builder.notes.insert(note);
    }
    // An explanation by settings holds for all exchanges.
    let mut explained: HashMap<Key, Option<Documented>> = HashMap::new();
    for exchange in session {
        let Some(outcome) = replay.exchange(exchange).await else {
            let note = format!(
                "{file}:{}: the operation {} is not emulated",
                exchange.line, exchange.operation
            );
            builder.notes.insert(note);
            continue;
        };
        let Some(entry) = catalog::entry(&exchange.operation) else {
            continue;
        };
        let judged = judge(&replay, exchange, outcome, &mut explained).await;
        let seen = format!("{file}:{}", exchange.line);
        let judged = judged
            .into_iter()
            .map(|(difference, documented, evidence)| Judged {
                difference,
                documented,
                evidence,
                seen: seen.clone(),
            });
        builder.add(entry.operation, exchange.date(), judged.collect());
    }
}

async fn judge<'a>(
    replay: &Replay<'a>,
    exchange: &'a Exchange,
    outcome: Outcome,
    explained: &mut HashMap<Key, Option<Documented>>,
) -> Vec<(Difference, Option<Documented>, String)> {
    let Some(entry) = catalog::entry(&exchange.operation) else {
        return Vec::new();
    };
    let key = |difference: &Difference| {
        (
            exchange.operation.clone(),
            difference.kind,
            difference.field.clone(),
        )
    };
    let is_open = |difference: &Difference| {
        documented::find(entry.operation, difference).is_none()
            && !explained.contains_key(&key(difference))
    };
    if outcome.differences.iter().any(is_open) {
        for difference in &outcome.differences {
            explained.entry(key(difference)).or_insert(None);
        }
        // The same question with the same settings tells what the other worlds explain by themselves.
        let base = replay.with_settings(exchange, replay.settings()).await;
        let base = base.map_or_else(|| outcome.badness(), |base| base.badness());
        for (flag, settings) in documented::variants(replay.settings()) {
            let Some(other) = replay.with_settings(exchange, &settings).await else {
                continue;
            };
            // Settings explain a difference if the answer is nearer with them, and not only another one.
            if other.badness() >= outcome.badness().min(base) {
                continue;
            }
            for difference in &outcome.differences {
                let is_left = other
                    .differences
                    .iter()
                    .any(|left| left.kind == difference.kind && left.field == difference.field);
                // An answer of another kind has no differences in its fields.
                let is_comparable = other.status / 100 == exchange.answer.status / 100;
                let explanation = explained.entry(key(difference)).or_insert(None);
                if !is_left && is_comparable && explanation.is_none() {
                    *explanation = Some(Documented {
                        text: format!("the emulator answers so with {flag}"),
                        place: "docs/flags.md".to_owned(),
                    });
                }
            }
        }
    }
    let evidence = outcome.evidence;
    let differences = outcome.differences.into_iter();
    differences
        .map(|difference| {
            let documented = documented::find(entry.operation, &difference)
                .or_else(|| explained.get(&key(&difference)).cloned().flatten());
            (difference, documented, evidence.clone())
        })
        .collect()
}

/// The dates of the newest recordings of the operations that agree with the emulator, or differ as documented.
pub async fn proved(corpora: &[Corpus], settings: &Settings) -> RecordedDates {
    let report = verify(corpora, settings).await;
    let proved = report
        .operations
        .into_iter()
        .filter(|report| matches!(report.verdict, Verdict::Agrees | Verdict::Documented));
    proved
        .filter_map(|report| Some((report.operation.to_owned(), report.recorded?)))
        .collect()
}
