//! Texts that are generated from the command line: shell completions and man pages.

use std::io;
use std::path::Path;

use clap_complete::Shell;
use clap_mangen::Man;

use super::commands::command;

const NAME: &str = "release-emulator";

/// The completions of a shell.
pub fn completions(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(), NAME, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// The man page of the program.
///
/// # Panics
/// Never: memory can be written to.
pub fn man_page() -> String {
    let mut page = Vec::new();
    Man::new(command())
        .render(&mut page)
        .expect("memory can be written to");
    String::from_utf8_lossy(&page).into_owned()
}

/// Writes the man page of the program and one for each of its commands into a folder, which is made if need be.
///
/// # Errors
/// If a page cannot be written.
pub fn write_man_pages(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    clap_mangen::generate_to(command(), folder)
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn each_shell_completes_commands_and_flags() {
        for shell in Shell::value_variants() {
            let script = completions(*shell);
            for word in ["exec", "openapi", "fixtures", "pipelines-list"] {
                assert!(script.contains(word), "{shell}: {word}");
            }
        }
    }

    #[test]
    fn each_command_has_a_man_page() {
        let folder = std::env::temp_dir().join(format!("release-emulator-{}", std::process::id()));
        write_man_pages(&folder).unwrap();
        let page = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        assert!(page("release-emulator.1").contains("exec"));
        assert!(page("release-emulator-exec.1").contains("fail\\-on"));
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(man_page().starts_with(".ie"), "troff");
    }
}
