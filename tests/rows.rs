//! The check that the answers of the tests have used every row of evidence: every operation, every undocumented part, every
//! error.
//!
//! Cargo runs this after the target `it`, which notes the rows in a file. It needs no library, so it is quickly built.

use std::collections::BTreeSet;
use std::process::ExitCode;

/// The notes of the target `it`.
const NOTES: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/evidence.txt");

/// Rows that no answer can use, with the reasons.
const EXCEPTIONS: [(&str, &str); 0] = [];

#[expect(clippy::print_stdout, reason = "this is the report")]
fn main() -> ExitCode {
    if std::env::args()
        .skip(1)
        .any(|argument| argument == "--list")
    {
        return ExitCode::SUCCESS;
    }
    let Ok(notes) = std::fs::read_to_string(NOTES) else {
        println!("\nevidence: not checked, since the target `it` has not run");
        return ExitCode::SUCCESS;
    };
    let noted = |label: &str| -> BTreeSet<&str> {
        let lines = notes.lines();
        lines.filter_map(|line| line.strip_prefix(label)).collect()
    };
    let is_option = |argument: &String| argument.starts_with('-');
    if !noted("filter ").is_empty()
        || !std::env::args()
            .skip(1)
            .all(|argument| is_option(&argument))
    {
        println!("\nevidence: not checked, since the tests were filtered");
        return ExitCode::SUCCESS;
    }
    let rows = noted("row ");
    let used = noted("used ");
    let unused: Vec<&str> = rows.difference(&used).copied().collect();
    let n_used = rows.len() - unused.len();
    println!(
        "\nevidence: the answers of the tests used {n_used} of {} rows",
        rows.len()
    );
    let mut is_wrong = false;
    for row in &unused {
        let reason = EXCEPTIONS.iter().find(|(known, _)| known == row);
        is_wrong |= reason.is_none();
        let reason = reason.map_or("add a test with such an answer", |(_, reason)| reason);
        println!("  never used: {row}: {reason}");
    }
    for (row, _) in EXCEPTIONS {
        if !unused.contains(&row) {
            is_wrong = true;
            println!("  used, or no row: {row}: it is no exception");
        }
    }
    if is_wrong {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
