//! The report as a text for people.

use std::fmt::Write;

use super::kinds::DriftKind;
use super::report::{Finding, OperationReport, Report, Verdict};

/// The report as a text.
pub fn text(report: &Report) -> String {
    let mut text = String::new();
    for operation in &report.operations {
        write_operation(operation, &mut text);
    }
    for note in &report.notes {
        let _ = writeln!(text, "note: {note}");
    }
    let summary = &report.summary;
    let _ = write!(
        text,
        "{} exchanges of {} operations: {} agree, {} differ as documented, {} drift",
        summary.exchanges, summary.operations, summary.agrees, summary.documented, summary.drifts
    );
    if summary.not_asked > 0 {
        let _ = write!(text, ", {} were not asked", summary.not_asked);
    }
    if summary.weight > 0 {
        let _ = write!(text, "; the weight of the drift is {}", summary.weight);
    }
    text
}

fn write_operation(report: &OperationReport, text: &mut String) {
    let OperationReport {
        operation,
        family,
        verdict,
        exchanges,
        evidence,
        ..
    } = report;
    let _ = write!(text, "{operation} ({family}): {}", verdict.as_str());
    match (&report.reason, verdict) {
        (Some(reason), Verdict::NotAsked) => {
            let _ = write!(text, ", {reason}");
        }
        _ => {
            let _ = write!(text, ", {}", count(*exchanges));
        }
    }
    if *verdict == Verdict::Drifts {
        let _ = write!(text, ", weight {}, {}", report.weight, evidence.as_str());
    }
    text.push('\n');
    for finding in &report.findings {
        write_finding(finding, text);
    }
}

fn write_finding(finding: &Finding, text: &mut String) {
    let _ = writeln!(text, "  {}", sentence(finding));
    if let Some(documented) = &finding.documented {
        let _ = writeln!(
            text,
            "    documented: {} ({})",
            documented.text, documented.place
        );
    } else {
        let _ = writeln!(
            text,
            "    weight {}, {}, claimed as {}, see {}",
            finding.weight,
            finding.kind.as_str(),
            finding.evidence,
            finding.place
        );
    }
    let seen = finding.seen.join(", ");
    let more = finding.exchanges.saturating_sub(finding.seen.len());
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let _ = writeln!(text, "    in {seen}{more}");
}

/// A finding in words.
pub(super) fn sentence(finding: &Finding) -> String {
    let Finding {
        field,
        recorded,
        ours,
        ..
    } = finding;
    match finding.kind {
        DriftKind::Status => format!("status: the service answers {recorded}, we answer {ours}"),
        DriftKind::Body => format!("body: the service sends {recorded}, we send {ours}"),
        DriftKind::ContentType => {
            format!("content type: the service sends {recorded}, we send {ours}")
        }
        DriftKind::HeaderMissing => format!("{field}: we do not send it"),
        DriftKind::HeaderExtra => format!("{field}: the service does not send it"),
        DriftKind::KeyMissing => {
            format!("{field}: the service sends {recorded}, we have no such key")
        }
        DriftKind::KeyExtra => format!("{field}: we send {ours}, the service has no such key"),
        DriftKind::KeyOrder => {
            format!("{field}: the service orders its keys {recorded}; we, {ours}")
        }
        DriftKind::NullOrAbsent => format!("{field}: {recorded} in the service, {ours} with us"),
        DriftKind::Type | DriftKind::NumberOrText => {
            format!("{field}: the service sends {recorded}, we send {ours}")
        }
        DriftKind::Units => format!("{field}: the service counts {recorded}, we count {ours}"),
        DriftKind::Format => format!("{field}: the service writes {recorded}, we write {ours}"),
        DriftKind::Enumeration => format!("{field}: the service says {recorded}, we say {ours}"),
        DriftKind::ErrorCode => {
            format!("{field}: the service has the code {recorded}, we have {ours}")
        }
        DriftKind::ErrorTextSimilar => {
            format!("{field}: the service says {recorded:?}, and we say much the same: {ours:?}")
        }
        DriftKind::ErrorTextDifferent => {
            format!("{field}: the service says {recorded:?}, and we say {ours:?}")
        }
        DriftKind::Paging => format!("{field}: the service has {recorded}, we have {ours}"),
    }
}

fn count(exchanges: usize) -> String {
    if exchanges == 1 {
        "1 exchange".to_owned()
    } else {
        format!("{exchanges} exchanges")
    }
}
