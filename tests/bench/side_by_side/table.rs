//! The table of results, in Markdown.

use std::fmt::Display;
use std::io::Write;

/// Prints the head of the table.
pub(crate) fn head() {
    line("| quantity | emulator | beside it | ratio | must | aim |\n|---|---|---|---|---|---|");
}

/// Prints a row: the measurement, the comparison, the ratio, its limit and its goal.
pub(crate) fn row(
    what: &str,
    own: impl Display,
    beside: impl Display,
    ratio: f64,
    [must, aim]: [&str; 2],
) {
    line(&format!(
        "| {what} | {own} | {beside} | {ratio:.2} | {must} | {aim} |"
    ));
}

fn line(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("somebody reads");
}

/// The median, or the higher of two middle values.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
