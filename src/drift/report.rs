//! The report on a comparison: a verdict for each operation, with the differences that led to it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::documented::Documented;
use super::kinds::{Difference, DriftKind};
use super::places;
use crate::http::Operation;
use crate::http::evidence::Evidence;

/// The most lines of a corpus that a finding names.
const MOST_LINES: usize = 5;

/// The verdict on an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, strum::IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every recorded answer is as ours.
    #[strum(serialize = "agrees")]
    Agrees,
    /// The emulator is known to differ in this way.
    #[strum(serialize = "differs as documented")]
    Documented,
    /// The emulator differs, and nothing says so.
    #[strum(serialize = "drifts")]
    Drifts,
    /// The service was not asked.
    #[strum(serialize = "not asked")]
    NotAsked,
}

impl Verdict {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A difference in the answers of an operation.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    pub kind: DriftKind,
    /// `status`, `header …`, or the path of a field.
    pub field: String,
    pub weight: u32,
    /// The side of the service, in words.
    pub recorded: String,
    /// Our side, in words.
    pub ours: String,
    /// The evidence that the emulator claims for this part of the answer.
    pub evidence: String,
    /// The file and the line of ours to look at.
    pub place: String,
    /// The documentation of the difference; absent: it is drift.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documented: Option<Documented>,
    /// The number of exchanges that have it.
    pub exchanges: usize,
    /// The first of them, as a file and a line.
    pub seen: Vec<String>,
}

/// The verdict on an operation.
#[derive(Clone, Debug, Serialize)]
pub struct OperationReport {
    pub operation: &'static str,
    pub family: &'static str,
    pub verdict: Verdict,
    /// The reason that the service was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The number of exchanges that were compared.
    pub exchanges: usize,
    /// The weights of its drift together.
    pub weight: u32,
    pub evidence: Evidence,
    /// The date of the newest exchange.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<String>,
    /// The file and the line of the handler.
    pub place: &'static str,
    pub findings: Vec<Finding>,
}

/// The numbers of operations with each verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub operations: usize,
    pub exchanges: usize,
    pub agrees: usize,
    pub documented: usize,
    pub drifts: usize,
    #[serde(rename = "not-asked")]
    pub not_asked: usize,
    /// The weights of all drift together.
    pub weight: u32,
}

/// The report on a comparison.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub emulator: &'static str,
    pub corpora: Vec<String>,
    pub summary: Summary,
    pub operations: Vec<OperationReport>,
    /// Remarks on the corpora.
    pub notes: Vec<String>,
}

impl Report {
    /// True if anything differs that is not documented.
    pub const fn has_drift(&self) -> bool {
        self.summary.drifts > 0
    }
}

/// A difference of an exchange, as it was judged.
pub(super) struct Judged {
    pub difference: Difference,
    pub documented: Option<Documented>,
    /// The evidence that our answer claimed.
    pub evidence: String,
    /// The file and the line of the exchange.
    pub seen: String,
}

/// Collects what was found.
#[derive(Default)]
pub(super) struct ReportBuilder {
    operations: BTreeMap<&'static str, OperationReport>,
    pub notes: BTreeSet<String>,
}

impl ReportBuilder {
    fn operation(&mut self, operation: &'static Operation) -> &mut OperationReport {
        let id = operation.id.as_str();
        self.operations
            .entry(id)
            .or_insert_with(|| OperationReport {
                operation: id,
                family: &operation.family,
                verdict: Verdict::NotAsked,
                reason: None,
                exchanges: 0,
                weight: 0,
                evidence: operation.evidence,
                recorded: None,
                place: places::of_operation(id).unwrap_or_default(),
                findings: Vec::new(),
            })
    }

    /// Notes that a service was not asked for an operation.
    pub(super) fn not_asked(&mut self, operation: &'static Operation, reason: &str) {
        let report = self.operation(operation);
        if report.exchanges == 0 {
            report.reason = Some(reason.to_owned());
        }
    }

    /// Adds an exchange.
    pub(super) fn add(&mut self, operation: &'static Operation, date: &str, judged: Vec<Judged>) {
        let report = self.operation(operation);
        report.exchanges += 1;
        report.reason = None;
        if report.recorded.as_deref().is_none_or(|known| known < date) {
            report.recorded = Some(date.to_owned());
        }
        for judged in judged {
            let Judged {
                difference,
                documented,
                evidence,
                seen,
            } = judged;
            let known = report
                .findings
                .iter_mut()
                .find(|known| known.kind == difference.kind && known.field == difference.field);
            if let Some(known) = known {
                known.exchanges += 1;
                // A difference that is drift once is drift.
                if documented.is_none() {
                    known.documented = None;
                }
                if known.seen.len() < MOST_LINES {
                    known.seen.push(seen);
                }
                continue;
            }
            let schema = difference.schema.and_then(places::of_schema);
            report.findings.push(Finding {
                weight: difference.kind.weight(),
                evidence: evidence_of(operation, &difference, &evidence),
                place: schema.unwrap_or(report.place).to_owned(),
                kind: difference.kind,
                field: difference.field,
                recorded: difference.recorded,
                ours: difference.ours,
                documented,
                exchanges: 1,
                seen: vec![seen],
            });
        }
    }

    /// The report.
    pub(super) fn finish(self, corpora: Vec<String>) -> Report {
        let mut summary = Summary::default();
        let mut operations: Vec<OperationReport> = self.operations.into_values().collect();
        for report in &mut operations {
            let drift = report
                .findings
                .iter()
                .filter(|finding| finding.documented.is_none());
            report.weight = drift.map(|finding| finding.weight).sum();
            report.verdict = if report.exchanges == 0 {
                Verdict::NotAsked
            } else if report.weight > 0 {
                Verdict::Drifts
            } else if report.findings.is_empty() {
                Verdict::Agrees
            } else {
                Verdict::Documented
            };
            report.findings.sort_by_key(|finding| {
                (
                    finding.documented.is_some(),
                    std::cmp::Reverse(finding.weight),
                )
            });
            summary.operations += 1;
            summary.exchanges += report.exchanges;
            summary.weight += report.weight;
            match report.verdict {
                Verdict::Agrees => summary.agrees += 1,
                Verdict::Documented => summary.documented += 1,
                Verdict::Drifts => summary.drifts += 1,
                Verdict::NotAsked => summary.not_asked += 1,
            }
        }
        // The worst first.
        operations.sort_by_key(|report| {
            (
                std::cmp::Reverse(report.weight),
                report.family,
                report.operation,
            )
        });
        Report {
            emulator: env!("CARGO_PKG_VERSION"),
            corpora,
            summary,
            operations,
            notes: self.notes.into_iter().collect(),
        }
    }
}

/// The evidence for the part of an answer in which it differs: of the field, if it is known less well than the operation,
/// of an error, or of the operation.
fn evidence_of(operation: &Operation, difference: &Difference, answer: &str) -> String {
    let field = difference.field.replace("[]", "");
    let sides = [&difference.recorded, &difference.ours];
    let of_field = operation.undocumented.iter().find(|part| {
        let named = part
            .strip_prefix("field ")
            .and_then(|part| part.split(' ').next());
        // A word of a field counts if it is one of those that differ.
        named.is_some_and(|named| match named.split_once('=') {
            Some((named, word)) => named == field && sides.iter().any(|side| *side == word),
            None => named == field || field.starts_with(&format!("{named}.")),
        })
    });
    if let Some(part) = of_field {
        return part.clone();
    }
    if answer.is_empty() {
        operation.evidence.as_str().to_owned()
    } else {
        answer.to_owned()
    }
}
