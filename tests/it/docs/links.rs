//! The links of all pages.

use std::collections::BTreeSet;

use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};
use release_emulator::internals::docs::slug;

use super::{Page, pages, project_file};

/// The links of a page, and the anchors of its headings.
struct Linked {
    links: Vec<String>,
    anchors: BTreeSet<String>,
    /// References without a definition.
    broken: Vec<String>,
}

impl Linked {
    fn of(page: &Page) -> Self {
        let mut broken = Vec::new();
        let mut callback = |link: pulldown_cmark::BrokenLink| {
            // `[x]` alone may be text, such as that of an index; with a second pair of brackets it is a link.
            if link.link_type != LinkType::Shortcut {
                broken.push(link.reference.to_string());
            }
            None
        };
        let parser = Parser::new_with_broken_link_callback(
            &page.text,
            Options::ENABLE_TABLES,
            Some(&mut callback),
        );
        let (mut links, mut anchors) = (Vec::new(), BTreeSet::new());
        let mut heading: Option<String> = None;
        for event in parser {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    links.push(dest_url.into_string());
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    anchors.insert(slug(&heading.take().unwrap_or_default()));
                }
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                _ => {}
            }
        }
        Self {
            links,
            anchors,
            broken,
        }
    }
}

#[test]
fn links_lead_to_files_and_headings_that_exist() {
    let mut n_links = 0;
    for page in pages() {
        let linked = Linked::of(&page);
        assert_eq!(
            linked.broken, [""; 0],
            "{}: references without a definition",
            page.path
        );
        let (folder, _) = page.path.rsplit_once('/').unwrap_or_default();
        for link in &linked.links {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            n_links += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() {
                page.path.clone()
            } else {
                format!("{folder}/{file}")
                    .trim_start_matches('/')
                    .to_owned()
            };
            assert!(project_file(&target).exists(), "{}: {link}", page.path);
            if !anchor.is_empty() {
                let anchors = Linked::of(&Page::read(&target)).anchors;
                assert!(anchors.contains(anchor), "{}: {link}", page.path);
            }
        }
    }
    assert!(n_links > 100, "{n_links} links are found");
}

#[test]
fn every_definition_of_a_link_is_used() {
    for page in pages() {
        let links = Linked::of(&page).links;
        for line in page.text.lines() {
            let Some((label, target)) = line
                .strip_prefix('[')
                .and_then(|line| line.split_once("]: "))
            else {
                continue;
            };
            assert!(
                links.iter().any(|link| link == target),
                "{}: {label}",
                page.path
            );
        }
    }
}

#[test]
fn pages_link_only_to_pages_and_the_web() {
    for page in pages().iter().filter(|page| page.path != "README.md") {
        for link in Linked::of(page).links {
            let is_page = link.split('#').next().is_some_and(|file| {
                file.is_empty() || !file.contains('/') && file.strip_suffix(".md").is_some()
            });
            assert!(
                is_page
                    || link.starts_with("http://localhost:4600")
                    || link.starts_with("http://127.0.0.1:4600")
                    || link.starts_with("https://"),
                "{}: {link} is broken in the terminal and in the browser",
                page.path
            );
        }
    }
}

#[test]
fn blocks_of_code_have_a_known_language() {
    let known = [
        "sh",
        "json",
        "yaml",
        "toml",
        "rust",
        "python",
        "text",
        "mermaid",
        "ts",
        "js",
        "go",
        "java",
        "ini",
        "dockerfile",
        "xml",
        "kotlin",
    ];
    for page in pages() {
        for event in Parser::new(&page.text) {
            if let Event::Start(Tag::CodeBlock(kind)) = event {
                let CodeBlockKind::Fenced(language) = kind else {
                    panic!("{}: an indented block of code", page.path);
                };
                assert!(known.contains(&&*language), "{}: {language:?}", page.path);
            }
        }
    }
}
