//! The JSON and YAML of all pages.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use release_emulator::internals::{Settings, State, World};
use serde_json::Value;

use super::{Page, pages};

/// The blocks of code of a page in a language.
pub fn blocks(page: &Page, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut is_wanted = false;
    for event in Parser::new(&page.text) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(found))) => {
                is_wanted = *found == *language;
                if is_wanted {
                    blocks.push(String::new());
                }
            }
            Event::End(TagEnd::CodeBlock) => is_wanted = false,
            Event::Text(text) if is_wanted => {
                if let Some(block) = blocks.last_mut() {
                    block.push_str(&text);
                }
            }
            _ => {}
        }
    }
    blocks
}

/// The documents of a block in YAML.
#[track_caller]
pub fn documents(page: &Page, block: &str) -> Vec<Value> {
    let documents = block.split("---\n").filter(|text| !text.trim().is_empty());
    let documents = documents.map(|text| {
        serde_saphyr::from_str(text)
            .unwrap_or_else(|error| panic!("{}: {error}\n{text}", page.path))
    });
    documents.collect()
}

#[test]
fn json_and_yaml_can_be_read() {
    let (mut n_json, mut n_yaml) = (0, 0);
    for page in pages() {
        for block in blocks(&page, "json") {
            n_json += 1;
            if let Err(error) = serde_json::from_str::<Value>(&block) {
                panic!("{}: {error}\n{block}", page.path);
            }
        }
        for block in blocks(&page, "yaml") {
            n_yaml += 1;
            assert!(!documents(&page, &block).is_empty(), "{}", page.path);
        }
    }
    assert!(n_json >= 3 && n_yaml >= 3, "{n_json} and {n_yaml}");
}

#[test]
fn the_fixtures_of_the_pages_are_accepted() {
    let fixtures = Page::named("fixtures");
    let mut states = Vec::new();
    for block in blocks(&fixtures, "yaml") {
        states.extend(documents(&fixtures, &block));
    }
    for page in [fixtures, Page::named("credentials")] {
        for block in blocks(&page, "json") {
            states.push(serde_json::from_str(&block).expect("JSON"));
        }
    }
    let zadig = Page::named("zadig");
    for block in blocks(&zadig, "yaml") {
        states.extend(documents(&zadig, &block));
    }
    assert_eq!(states.len(), 4);
    for state in states {
        let read = State::from_json(&state.to_string());
        let read = read.unwrap_or_else(|error| panic!("{error}\n{state}"));
        if let Err(error) = World::new(Settings::default(), read) {
            panic!("{error}\n{state}");
        }
    }
}
