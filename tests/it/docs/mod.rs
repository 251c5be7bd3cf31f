//! The checks of the README and of the pages in `src/docs`: sessions are typed, tables are generated, nothing is left out.

mod blocks;
mod charts;
mod containers;
mod generated;
mod links;
mod picture;
mod reference;
mod rust_example;
mod served;
mod sessions;
mod shell;

use std::path::{Path, PathBuf};

/// A file of the documentation.
struct Page {
    /// The path from the top of the project.
    path: String,
    text: String,
}

impl Page {
    fn read(path: &str) -> Self {
        let text = std::fs::read_to_string(project_file(path));
        Self {
            path: path.to_owned(),
            text: text.unwrap_or_else(|error| panic!("{path}: {error}")),
        }
    }

    /// A page by its name.
    fn named(name: &str) -> Self {
        Self::read(&format!("src/docs/{name}.md"))
    }

    fn write(&self, text: &str) {
        std::fs::write(project_file(&self.path), text)
            .unwrap_or_else(|error| panic!("{}: {error}", self.path));
    }
}

/// A file by its path from the top of the project.
fn project_file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The README and all pages.
fn pages() -> Vec<Page> {
    let entries = std::fs::read_dir(project_file("src/docs")).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = names
        .map(|name| name.into_string().expect("unicode"))
        .filter_map(|name| Some(name.strip_suffix(".md")?.to_owned()))
        .collect();
    names.sort();
    let mut pages = vec![Page::read("README.md")];
    pages.extend(names.iter().map(|name| Page::named(name)));
    assert!(pages.len() > 10, "the pages are found");
    pages
}

/// True if generated parts are to be written and not compared.
fn is_updating() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some()
}
