//! The completeness of the reference pages.

use std::process::Command;

use super::Page;

#[test]
fn every_flag_and_every_exit_code_is_explained() {
    let Page { path, text } = Page::named("flags");
    // It has the flags of `serve` too.
    let help = Command::new(env!("CARGO_BIN_EXE_release-emulator"))
        .args(["exec", "--help"])
        .output();
    let help = String::from_utf8(help.expect("it runs").stdout).expect("text");
    let flags: Vec<&str> = help
        .split_whitespace()
        .filter(|word| word.starts_with("--") && word.len() > 2)
        .collect();
    assert!(flags.len() > 10, "{flags:?}");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `--"));
    for row in rows {
        let (flag, _) = row.split_once('`').expect("its end");
        assert!(
            flags.contains(&&*format!("--{flag}")),
            "there is no --{flag}"
        );
    }
    for flag in flags {
        assert!(
            text.contains(&format!("`{flag}`")),
            "{flag} is not in {path}"
        );
    }
    for code in ["| 0 |", "| 2 |", "| 3 |", "| 4 |", "| 7 |", "| 127 |"] {
        assert!(text.contains(code), "{code}");
    }
}
