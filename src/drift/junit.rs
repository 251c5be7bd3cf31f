//! The report in the format of `JUnit`, which CI systems read: an operation is a test.

use std::fmt::Write;

use super::report::{OperationReport, Report, Verdict};
use super::text::sentence;

/// The report in XML.
pub fn junit(report: &Report) -> String {
    let summary = &report.summary;
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let _ = writeln!(
        xml,
        "<testsuites name=\"release-emulator verify\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">",
        summary.operations, summary.drifts, summary.not_asked
    );
    let mut families: Vec<&str> = report
        .operations
        .iter()
        .map(|report| report.family)
        .collect();
    families.sort_unstable();
    families.dedup();
    for family in families {
        let own: Vec<&OperationReport> = report
            .operations
            .iter()
            .filter(|report| report.family == family)
            .collect();
        let count = |verdict| {
            own.iter()
                .filter(|report| report.verdict == verdict)
                .count()
        };
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">",
            escaped(family),
            own.len(),
            count(Verdict::Drifts),
            count(Verdict::NotAsked)
        );
        for report in own {
            write_case(report, &mut xml);
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>");
    xml
}

fn write_case(report: &OperationReport, xml: &mut String) {
    let _ = write!(
        xml,
        "    <testcase classname=\"{}\" name=\"{}\"",
        escaped(report.family),
        escaped(report.operation)
    );
    match report.verdict {
        Verdict::Agrees => xml.push_str("/>\n"),
        Verdict::NotAsked => {
            let reason = report.reason.as_deref().unwrap_or("not asked");
            let _ = writeln!(
                xml,
                "><skipped message=\"{}\"/></testcase>",
                escaped(reason)
            );
        }
        Verdict::Documented | Verdict::Drifts => {
            xml.push('>');
            let lines = |is_documented: bool| {
                let findings = report.findings.iter();
                let findings =
                    findings.filter(|finding| finding.documented.is_some() == is_documented);
                let lines = findings
                    .map(|finding| format!("{} (see {})", sentence(finding), finding.place));
                lines.collect::<Vec<_>>().join("\n")
            };
            let drift = lines(false);
            if !drift.is_empty() {
                let _ = write!(
                    xml,
                    "<failure type=\"drift\" message=\"weight {}\">{}</failure>",
                    report.weight,
                    escaped(&drift)
                );
            }
            let documented = lines(true);
            if !documented.is_empty() {
                let _ = write!(xml, "<system-out>{}</system-out>", escaped(&documented));
            }
            xml.push_str("</testcase>\n");
        }
    }
}

/// A text in XML. Characters that XML cannot have are left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() && !matches!(c, '\n' | '\t') => {}
            c => escaped.push(c),
        }
    }
    escaped
}
