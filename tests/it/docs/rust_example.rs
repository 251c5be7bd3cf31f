//! The example in Rust.

use super::Page;

#[test]
fn the_example_in_rust_is_a_file_of_tests_that_run() {
    let page = Page::named("testing-rust").text;
    let (_, rest) = page.split_once("```rust\n").expect("an example");
    let (example, _) = rest.split_once("```\n").expect("its end");
    let tested = Page::read("tests/it/emulator/shop.rs").text;
    let (_, tested) = tested.split_once("\n\n").expect("a module doc");
    assert_eq!(example, tested);
}
