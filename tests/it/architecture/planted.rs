//! Tests of the rules, on small crates that break or keep them.

use super::graph::{Graph, Sources};
use super::rules;

#[track_caller]
fn read(files: &[(&str, &str)]) -> Graph {
    let files = files
        .iter()
        .map(|(file, text)| ((*file).to_owned(), (*text).to_owned()));
    let sources: Sources = files.collect();
    Graph::read("planted", &sources).expect("a module tree")
}

/// A crate of two modules.
#[track_caller]
fn two(a: &str, b: &str) -> Graph {
    read(&[("lib.rs", "mod a; mod b;"), ("a.rs", a), ("b.rs", b)])
}

fn edges(graph: &Graph) -> Vec<String> {
    let edges = graph.imports.iter();
    edges.map(|(key, names)| rules::edge(key, names)).collect()
}

#[test]
fn two_files_in_a_circle_are_found_with_the_names_that_make_it() {
    let graph = two(
        "use crate::b::{B, Other as Renamed}; pub struct A;",
        "use super::a::A; pub struct B; pub struct Other;",
    );

    let found = rules::circles(&graph);

    let wanted = "2 files import each other in a circle; a shortest one is a.rs -> b.rs -> a.rs
    a.rs -> b.rs (B, Other)
    b.rs -> a.rs (A)";
    assert_eq!(found, [wanted]);
}

#[test]
fn a_circle_by_way_of_a_reexport_is_found_in_the_files_that_define() {
    let graph = read(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::Inner; pub struct A;"),
        ("b/mod.rs", "mod hidden; pub use hidden::*;"),
        (
            "b/hidden.rs",
            "mod deep; pub(super) use deep::{Deep as Inner};",
        ),
        ("b/hidden/deep.rs", "pub struct Deep(crate::a::A);"),
    ]);

    let wanted =
        "2 files import each other in a circle; a shortest one is a.rs -> b/hidden/deep.rs -> a.rs
    a.rs -> b/hidden/deep.rs (Deep)
    b/hidden/deep.rs -> a.rs (A)";
    assert_eq!(rules::circles(&graph), [wanted]);
}

#[test]
fn a_circle_of_paths_without_use_is_found() {
    let graph = two(
        "pub fn a() { match crate::b::kind() { super::b::Kind::One => {} } }",
        "pub enum Kind { One } pub fn kind() -> Kind { crate::a::a(); Kind::One }",
    );

    assert_eq!(
        edges(&graph),
        ["a.rs -> b.rs (Kind, kind)", "b.rs -> a.rs (a)"]
    );
    assert_eq!(rules::circles(&graph).len(), 1);
}

#[test]
fn a_circle_by_way_of_tokens_is_found() {
    let graph = two(
        "macro_rules! make { ($($name:ident),*) => { $crate::b::listed!($($name),*) } } pub(crate) use make;",
        "#[derive(crate::a::make)] #[other::path(post, body = crate::a::Body)]
         pub fn b() { vec![super::a::one(2)]; list!(use crate::a::{Two, deep::Three}); }",
    );

    assert_eq!(
        edges(&graph),
        [
            "a.rs -> b.rs (listed)",
            "b.rs -> a.rs (Body, Two, deep, make, one)"
        ]
    );
}

#[test]
fn a_path_in_the_text_of_an_attribute_is_found() {
    let graph = two(
        "pub fn read() {}",
        r#"use crate::a; #[serde(rename = "a")] struct B { #[serde(with = "a")] one: u8 }
           #[serde(rename = "a")] struct C { #[serde(deserialize_with = "crate::a::read")] one: u8 }"#,
    );

    assert_eq!(edges(&graph), ["b.rs -> a.rs (a, read)"]);
}

#[test]
fn a_parent_that_uses_its_child_and_is_used_by_it_is_a_circle() {
    let graph = read(&[
        ("lib.rs", "mod a;"),
        (
            "a/mod.rs",
            "mod child; pub struct A; pub fn f() { child::g() }",
        ),
        ("a/child.rs", "use super::A; pub fn g() {}"),
    ]);

    assert_eq!(
        edges(&graph),
        ["a/child.rs -> a/mod.rs (A)", "a/mod.rs -> a/child.rs (g)"]
    );
}

#[test]
fn a_reexport_or_a_declaration_makes_no_circle() {
    let graph = read(&[
        ("lib.rs", "mod a; pub use a::A; pub use a::child::Child;"),
        (
            "a/mod.rs",
            "pub mod child; pub(crate) use child::Child; pub struct A;",
        ),
        (
            "a/child.rs",
            "use super::A; use crate::A as Same; pub struct Child;",
        ),
    ]);

    assert_eq!(edges(&graph), ["a/child.rs -> a/mod.rs (A)"]);
    assert_eq!(rules::circles(&graph), [] as [&str; 0]);
}

#[test]
fn a_reexport_that_its_file_also_uses_is_an_import() {
    let graph = read(&[
        ("lib.rs", "mod a;"),
        (
            "a/mod.rs",
            "mod child; pub use child::Child; pub fn f(_: Child) {}",
        ),
        ("a/child.rs", "pub struct Child;"),
    ]);

    assert_eq!(edges(&graph), ["a/mod.rs -> a/child.rs (Child)"]);
}

#[test]
fn tests_are_not_counted() {
    let graph = two(
        "use crate::b::B;
         #[cfg(test)] use crate::b::C;
         #[cfg(all(test, unix))] fn c() { crate::b::c() }
         impl A { #[cfg(test)] fn d() { crate::b::d() } }
         #[cfg(test)] mod tests { use super::super::b::E; #[test] fn f() { tokio::spawn() } }",
        "#[cfg(test)] mod no_such_file; #[test] fn t() { crate::a::t() } pub struct B;",
    );

    assert_eq!(edges(&graph), ["a.rs -> b.rs (B)"]);
    assert!(rules::naming(&graph, &["spawn"]).is_empty());
}

#[test]
fn inline_modules_globs_and_the_binary_are_followed() {
    let graph = read(&[
        ("lib.rs", "pub mod a; pub mod b;"),
        (
            "a.rs",
            "pub mod inner { use super::super::b::*; pub fn f(_: One) {} pub mod file; }",
        ),
        ("a/inner/file.rs", "pub struct File;"),
        ("b.rs", "pub struct One; pub struct Two;"),
        (
            "main.rs",
            "use planted::a::inner::file; fn main() { file::File; planted::b::Two; }",
        ),
    ]);

    assert_eq!(
        edges(&graph),
        [
            "a.rs -> b.rs (One)",
            "main.rs -> a/inner/file.rs (File)",
            "main.rs -> b.rs (Two)"
        ]
    );
}

#[test]
fn a_family_that_names_another_is_found() {
    let graph = read(&[
        ("lib.rs", "mod families;"),
        (
            "families/mod.rs",
            "pub mod asm; pub mod huawei; pub mod zadig;",
        ),
        (
            "families/asm/mod.rs",
            "use crate::families::huawei::Gateway; pub struct Asm;",
        ),
        (
            "families/huawei.rs",
            "pub struct Gateway; fn f(_: super::zadig::Zadig) {}",
        ),
        (
            "families/zadig/mod.rs",
            "pub struct Zadig; pub use crate::families::asm::Asm; use super::huawei::Gateway;",
        ),
    ]);

    let shared: [(&str, &[&str]); 1] = [("families/huawei", &["families/asm"])];
    assert_eq!(
        rules::between_families(&graph, &shared),
        [
            "families/huawei.rs -> families/zadig/mod.rs (Zadig)",
            "families/zadig/mod.rs -> families/huawei.rs (Gateway)",
            "families/zadig/mod.rs -> families/asm/mod.rs (Asm)",
        ]
    );
}

#[test]
fn a_kernel_that_names_axum_or_a_higher_layer_is_found() {
    let graph = read(&[
        ("lib.rs", "mod http; mod sim;"),
        (
            "http.rs",
            "pub struct Router(axum::Router); pub use crate::sim::clock::Now;",
        ),
        (
            "sim/mod.rs",
            "pub mod clock; pub mod ids; pub mod store; pub use crate::http::Router;",
        ),
        (
            "sim/clock.rs",
            "pub struct Now; fn f() { log!(axum::http::StatusCode::OK) }",
        ),
        (
            "sim/ids.rs",
            "use ::axum as web; /// axum\nfn f() -> &'static str { \"axum\" }",
        ),
        (
            "sim/store.rs",
            "//! axum\n// tokio\nfn f() -> &'static str { \"axum\" }",
        ),
    ]);

    let named = rules::naming(&graph, &["axum", "StatusCode"]);
    assert_eq!(
        rules::among(&named, |file| file.starts_with("sim/")),
        [
            "sim/clock.rs names axum, StatusCode",
            "sim/ids.rs names axum"
        ]
    );
    assert_eq!(
        rules::out_of_layer(&graph, "sim", &[]),
        ["sim/mod.rs -> http.rs (Router)"]
    );
    assert_eq!(
        rules::out_of_layer(&graph, "http", &["sim"]),
        [] as [&str; 0]
    );
}

#[test]
fn a_reading_of_the_clock_is_found_under_another_name_and_a_stale_list_too() {
    let graph = two(
        "use std::time::Instant as Moment; fn f() { Moment::now(); }",
        "struct Instant; impl Instant { fn now() {} } fn f() { Instant::now() }",
    );

    let calling = rules::calling(&graph, &["Instant::now"]);
    assert_eq!(
        rules::only_in(&calling, &["b.rs"]),
        [
            "a.rs names std::time::Instant::now",
            "the list of allowed files is stale: b.rs"
        ]
    );
    assert_eq!(
        rules::missing_folders(&graph, &["sim"]),
        ["a rule is stale: sim/ holds no file"]
    );
}

#[test]
fn folder_edges_that_differ_from_the_crate_docs_are_found() {
    let docs = "//! Prose -> prose.\n//! ```text\n//! a -> b, c\n//! ```\nmod a; mod b;";
    let graph = two("use crate::b::B;", "pub struct B; use crate::a::A;");

    assert_eq!(
        rules::undocumented(&graph, docs),
        [
            "not in the crate docs: b -> a: b.rs -> a.rs (A)",
            "in the crate docs, but no longer so: a -> c"
        ]
    );
    let wanted = "2 folders import each other in a circle; a shortest one is a -> b -> a
    a -> b (B)
    b -> a (A)";
    assert_eq!(rules::folder_circles(&graph), [wanted]);
    assert_eq!(rules::folder("families/asm/wire.rs"), "families/asm");
    assert_eq!(rules::folder("families/mod.rs"), "families");
    assert_eq!(rules::folder("world/mod.rs"), "world");
    assert_eq!(rules::folder("cli.rs"), "cli");
}

#[test]
fn a_module_without_a_file_is_told() {
    let sources = Sources::from([("lib.rs".to_owned(), "mod gone;".to_owned())]);

    let error = Graph::read("planted", &sources).expect_err("no file");

    assert_eq!(error, "lib.rs: no file for `mod gone;`");
}
