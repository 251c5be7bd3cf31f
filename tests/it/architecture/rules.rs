//! The rules as functions from a graph to its violations, one line each.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::cycles;
use super::graph::{Edges, Graph};

/// A folder's imports: the folders it imports from.
pub type FolderEdges = BTreeMap<String, BTreeSet<String>>;

/// The names in a file, by file.
pub type Named = BTreeMap<String, Vec<String>>;

/// The folder that a file belongs to: the first part of its path, two parts for a family, and its own
/// name for a file at the top.
pub fn folder(file: &str) -> String {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    let n_parts = if path.starts_with("families/") { 2 } else { 1 };
    let parts: Vec<&str> = path.split('/').take(n_parts).collect();
    parts.join("/")
}

/// An edge as text: `a.rs -> b.rs (Name, Name)`.
pub fn edge((from, to): &(String, String), names: &BTreeSet<String>) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    format!("{from} -> {to} ({})", names.join(", "))
}

/// Files that import each other in a cycle.
pub fn circles(graph: &Graph) -> Vec<String> {
    describe_circles(&graph.imports, "files")
}

fn describe_circles(edges: &Edges, nodes: &str) -> Vec<String> {
    let describe = |component: BTreeSet<String>| {
        let shortest = cycles::shortest_cycle(edges, &component);
        let mut text = format!(
            "{} {nodes} import each other in a circle; a shortest one is {} -> {}",
            component.len(),
            shortest.join(" -> "),
            shortest.first().map_or("", String::as_str),
        );
        for (key, names) in edges {
            if component.contains(&key.0) && component.contains(&key.1) {
                let _ = write!(text, "\n    {}", edge(key, names));
            }
        }
        text
    };
    let components = cycles::components(edges);
    components.into_iter().map(describe).collect()
}

/// Imports and re-exports from a file that `from` selects to one that `to` selects.
pub fn forbidden(
    graph: &Graph,
    from: impl Fn(&str) -> bool,
    to: impl Fn(&str) -> bool,
) -> Vec<String> {
    let all = graph.imports.iter().chain(&graph.reexports);
    all.filter(|((importing, imported), _)| from(importing) && to(imported))
        .map(|(key, names)| edge(key, names))
        .collect()
}

/// Imports and re-exports of a layer's files from a folder that is not below it.
pub fn out_of_layer(graph: &Graph, layer: &str, below: &[&str]) -> Vec<String> {
    let is_below = |file: &str| folder(file) == layer || below.contains(&folder(file).as_str());
    forbidden(graph, |file| folder(file) == layer, |file| !is_below(file))
}

/// Imports and re-exports from one family to another, except those that `shared` allows.
pub fn between_families(graph: &Graph, shared: &[(&str, &[&str])]) -> Vec<String> {
    let is_allowed = |from: &str, to: &str| {
        let users = shared.iter().find(|(family, _)| *family == to);
        from == to || users.is_some_and(|(_, users)| users.contains(&from))
    };
    let all = graph.imports.iter().chain(&graph.reexports);
    all.map(|(key, names)| (folder(&key.0), folder(&key.1), key, names))
        .filter(|(from, to, ..)| from.starts_with("families/") && to.starts_with("families/"))
        .filter(|(from, to, ..)| !is_allowed(from, to))
        .map(|(_, _, key, names)| edge(key, names))
        .collect()
}

/// The files whose code has one of the identifiers, with those.
pub fn naming(graph: &Graph, words: &[&str]) -> Named {
    let mut named = Named::new();
    for (file, identifiers) in &graph.identifiers {
        for word in words.iter().filter(|word| identifiers.contains(**word)) {
            named
                .entry(file.clone())
                .or_default()
                .push((*word).to_owned());
        }
    }
    named
}

/// The files with a path out of the crate that ends like one of these, with the paths.
pub fn calling(graph: &Graph, ends: &[&str]) -> Named {
    let mut named = Named::new();
    for (file, paths) in &graph.external {
        for path in paths {
            let is_end = |end: &&str| path == *end || path.ends_with(&format!("::{end}"));
            if ends.iter().any(is_end) {
                named.entry(file.clone()).or_default().push(path.clone());
            }
        }
    }
    named
}

/// The files among them that `concerned` selects.
pub fn among(named: &Named, concerned: impl Fn(&str) -> bool) -> Vec<String> {
    let concerned = named.iter().filter(|(file, _)| concerned(file));
    concerned
        .map(|(file, what)| format!("{file} names {}", what.join(", ")))
        .collect()
}

/// Files that use a name without being allowed to, and files that are allowed to but do not.
pub fn only_in(named: &Named, allowed: &[&str]) -> Vec<String> {
    let mut offences = among(named, |file| !allowed.contains(&file));
    let stale = allowed.iter().filter(|file| !named.contains_key(**file));
    offences.extend(stale.map(|file| format!("the list of allowed files is stale: {file}")));
    offences
}

/// Folders of a rule that have no file.
pub fn missing_folders(graph: &Graph, folders: &[&str]) -> Vec<String> {
    let is_missing = |folder: &&&str| {
        let inside = format!("{folder}/");
        !graph.files.iter().any(|file| file.starts_with(&inside))
    };
    let missing = folders.iter().filter(is_missing);
    missing
        .map(|folder| format!("a rule is stale: {folder}/ holds no file"))
        .collect()
}

/// Folders that import each other in a cycle.
pub fn folder_circles(graph: &Graph) -> Vec<String> {
    let mut edges = Edges::new();
    for (key, names) in &graph.imports {
        let key = (folder(&key.0), folder(&key.1));
        if key.0 != key.1 {
            edges.entry(key).or_default().extend(names.iter().cloned());
        }
    }
    describe_circles(&edges, "folders")
}

/// The folders' edges, measured.
pub fn folder_edges(edges: &Edges) -> FolderEdges {
    let mut folders = FolderEdges::new();
    for (from, to) in edges.keys() {
        let (from, to) = (folder(from), folder(to));
        if from != to {
            folders.entry(from).or_default().insert(to);
        }
    }
    folders
}

/// The folders' edges as the crate docs have them: a block fenced as `text` whose lines are
/// `folder -> folder, folder`.
pub fn documented_edges(docs: &str) -> FolderEdges {
    let lines = docs.lines().filter_map(|line| line.strip_prefix("//!"));
    let mut edges = FolderEdges::new();
    let mut is_fenced = false;
    for line in lines {
        let line = line.trim();
        if line.starts_with("```") {
            is_fenced = !is_fenced && line == "```text";
        } else if is_fenced && let Some((from, to)) = line.split_once(" -> ") {
            let to = to.split(',').map(|folder| folder.trim().to_owned());
            edges.entry(from.trim().to_owned()).or_default().extend(to);
        }
    }
    edges
}

/// Folders' edges in the format of the crate docs.
pub fn listed(edges: &FolderEdges) -> String {
    let line = |(from, to): (&String, &BTreeSet<String>)| {
        let to: Vec<&str> = to.iter().map(String::as_str).collect();
        format!("//! {from} -> {}\n", to.join(", "))
    };
    edges.iter().map(line).collect()
}

/// The differences between the measured and the documented edges of folders.
pub fn undocumented(graph: &Graph, docs: &str) -> Vec<String> {
    let measured = folder_edges(&graph.imports);
    let documented = documented_edges(docs);
    let has = |edges: &FolderEdges, from: &str, to: &str| {
        edges.get(from).is_some_and(|all| all.contains(to))
    };
    let mut offences = Vec::new();
    for (key, names) in &graph.imports {
        let (from, to) = (folder(&key.0), folder(&key.1));
        if from != to && !has(&documented, &from, &to) {
            offences.push(format!(
                "not in the crate docs: {from} -> {to}: {}",
                edge(key, names)
            ));
        }
    }
    for (from, all) in &documented {
        for to in all.iter().filter(|to| !has(&measured, from, to)) {
            offences.push(format!(
                "in the crate docs, but no longer so: {from} -> {to}"
            ));
        }
    }
    offences
}
