//! The example in Rust.

use super::Page;

#[test]
fn the_example_in_rust_is_the_tested_one_of_the_crate() {
    let library = Page::read("src/lib.rs").text;
    let mut documentation = String::new();
    for line in library.lines().map_while(|line| line.strip_prefix("//!")) {
        documentation.push_str(line.strip_prefix(' ').unwrap_or(line));
        documentation.push('\n');
    }
    let example = |text: &str, fence: &str| {
        let (_, rest) = text.split_once(fence).expect("an example");
        rest.split_once("```\n").expect("its end").0.to_owned()
    };
    assert_eq!(
        example(&Page::named("testing-rust").text, "```rust\n"),
        example(&documentation, "```\n")
    );
}
