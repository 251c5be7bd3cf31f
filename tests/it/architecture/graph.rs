//! The import graph: the module tree of a crate, and every name that one of its files imports from another.
//!
//! A re-export is not an import: a name reached through one counts as an import of the file that defines it. Neither is a
//! `mod` declaration. Method calls, and therefore traits imported by a glob, cannot be resolved without types and are out
//! of scope.

use std::collections::{BTreeMap, BTreeSet};

use super::parse::{self, Import, Scope, Segments};

/// The source texts of a crate, by their path below `src`.
pub type Sources = BTreeMap<String, String>;

/// The names that a file imports from another, by importing and imported file.
pub type Edges = BTreeMap<(String, String), BTreeSet<String>>;

/// The files of a crate.
#[derive(Debug, Default)]
pub struct Graph {
    pub files: BTreeSet<String>,
    pub imports: Edges,
    /// The re-exports. Only the rules of layers consider them.
    pub reexports: Edges,
    /// The identifiers in a file's code.
    pub identifiers: BTreeMap<String, BTreeSet<String>>,
    /// The paths in a file's code that lead out of the crate, written in full.
    pub external: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    /// Reads a crate from its roots, `lib.rs` and `main.rs`. `name` is the library's name in `main.rs`.
    pub fn read(name: &str, sources: &Sources) -> Result<Self, String> {
        let mut tree = Tree {
            crate_name: name.to_owned(),
            modules: Vec::new(),
        };
        for root in ["lib.rs", "main.rs"] {
            if sources.contains_key(root) {
                tree.add_file(root, None, sources)?;
            }
        }
        let mut graph = Self::default();
        for (id, module) in tree.modules.iter().enumerate() {
            graph.add_module(&tree, id, module);
        }
        Ok(graph)
    }

    fn add_module(&mut self, tree: &Tree, id: usize, module: &Module) {
        let file = &module.file;
        self.files.insert(file.clone());
        let identifiers = self.identifiers.entry(file.clone()).or_default();
        identifiers.extend(module.scope.identifiers.iter().cloned());

        for import in &module.scope.imports {
            let targets = tree.resolve(id, &import.path);
            self.add(file, targets, import.is_reexport);
        }
        for path in &module.scope.paths {
            self.add(file, tree.resolve(id, path), false);
        }
        for path in &module.scope.quoted {
            for target in tree.resolve(id, path) {
                let Target::Module(found) = target else {
                    continue;
                };
                let name = path.last().expect("a path is not empty").clone();
                let to = tree.modules[found].file.clone();
                self.add(file, vec![Target::Item { file: to, name }], false);
            }
        }
    }

    fn add(&mut self, from: &str, targets: Vec<Target>, is_reexport: bool) {
        for target in targets {
            match target {
                Target::Item { file, name } if file != from => {
                    let edges = if is_reexport {
                        &mut self.reexports
                    } else {
                        &mut self.imports
                    };
                    let names = edges.entry((from.to_owned(), file)).or_default();
                    names.insert(name);
                }
                Target::External(path) => {
                    let paths = self.external.entry(from.to_owned()).or_default();
                    paths.insert(path.join("::"));
                }
                Target::Item { .. } | Target::Module(_) => {}
            }
        }
    }
}

/// The target of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    Module(usize),
    Item {
        file: String,
        name: String,
    },
    /// Outside the crate, or a name without a path, such as a local variable.
    External(Segments),
}

#[derive(Debug)]
struct Module {
    file: String,
    root: usize,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    scope: Scope,
}

struct Tree {
    crate_name: String,
    modules: Vec<Module>,
}

/// The imports that are being followed, as module and index, to stop at a cycle.
type Followed = BTreeSet<(usize, usize)>;

impl Tree {
    fn add_file(
        &mut self,
        file: &str,
        parent: Option<usize>,
        sources: &Sources,
    ) -> Result<usize, String> {
        let scopes = parse::scopes(&sources[file]).map_err(|error| format!("{file}: {error}"))?;
        let first = self.modules.len();
        let root = parent.map_or(first, |parent| self.modules[parent].root);
        let mut by_inline: BTreeMap<Segments, usize> = BTreeMap::new();
        let mut ids = Vec::new();
        for scope in scopes {
            let id = self.modules.len();
            let around = match scope.inline.split_last() {
                None => parent,
                Some((name, outer)) => {
                    let outer = by_inline[outer];
                    self.modules[outer].children.insert(name.clone(), id);
                    Some(outer)
                }
            };
            by_inline.insert(scope.inline.clone(), id);
            ids.push(id);
            self.modules.push(Module {
                file: file.to_owned(),
                root,
                parent: around,
                children: BTreeMap::new(),
                scope,
            });
        }
        for id in ids {
            for name in self.modules[id].scope.files.clone() {
                let mut folder = folder_of_children(file);
                for inline in &self.modules[id].scope.inline {
                    folder = format!("{folder}{inline}/");
                }
                let candidates = [
                    format!("{folder}{name}.rs"),
                    format!("{folder}{name}/mod.rs"),
                ];
                let child = candidates.iter().find(|path| sources.contains_key(*path));
                let child = child.ok_or_else(|| format!("{file}: no file for `mod {name};`"))?;
                let child = self.add_file(child, Some(id), sources)?;
                self.modules[id].children.insert(name, child);
            }
        }
        Ok(first)
    }

    fn resolve(&self, from: usize, path: &[String]) -> Vec<Target> {
        self.follow(from, path, &mut Followed::new())
    }

    fn follow(&self, from: usize, path: &[String], followed: &mut Followed) -> Vec<Target> {
        let Some((first, rest)) = path.split_first() else {
            return vec![Target::Module(from)];
        };
        let mut reached = match first.as_str() {
            "" => return vec![Target::External(rest.to_vec())],
            "Self" => return Vec::new(),
            "crate" => vec![Target::Module(self.modules[from].root)],
            "self" => vec![Target::Module(from)],
            "super" => self.parent(from),
            name => self.look_up(from, name, followed),
        };
        if reached.is_empty() {
            if *first != self.crate_name {
                return vec![Target::External(path.to_vec())];
            }
            reached = vec![Target::Module(0)];
        }
        for name in rest {
            reached = self.step(&reached, name, followed);
        }
        reached
    }

    /// One segment further.
    fn step(&self, reached: &[Target], name: &str, followed: &mut Followed) -> Vec<Target> {
        let modules = reached.iter().filter_map(|target| match target {
            Target::Module(module) => Some(*module),
            _ => None,
        });
        let mut found = Vec::new();
        let mut unknown = Vec::new();
        for module in modules {
            match name {
                "self" => found.push(Target::Module(module)),
                "super" => found.extend(self.parent(module)),
                _ => {
                    found.extend(self.look_up(module, name, followed));
                    unknown.push(Target::Item {
                        file: self.modules[module].file.clone(),
                        name: name.to_owned(),
                    });
                }
            }
        }
        if !found.is_empty() {
            return found;
        }
        // The items inside a type belong to the type.
        let mut others: Vec<Target> = reached.to_vec();
        others.retain(|target| !matches!(target, Target::Module(_)));
        for target in &mut others {
            if let Target::External(path) = target {
                path.push(name.to_owned());
            }
        }
        if others.is_empty() { unknown } else { others }
    }

    fn parent(&self, module: usize) -> Vec<Target> {
        let parent = self.modules[module].parent;
        parent.map(Target::Module).into_iter().collect()
    }

    /// The meanings of a name in a module. There may be several, such as a module and a function.
    fn look_up(&self, module: usize, name: &str, followed: &mut Followed) -> Vec<Target> {
        let Module {
            file,
            children,
            scope,
            ..
        } = &self.modules[module];
        let mut found: Vec<Target> = children
            .get(name)
            .copied()
            .map(Target::Module)
            .into_iter()
            .collect();
        if scope.defined.contains(name) {
            found.push(Target::Item {
                file: file.clone(),
                name: name.to_owned(),
            });
        }
        let is_named = |import: &Import| import.alias.as_deref() == Some(name);
        for (n, import) in scope.imports.iter().enumerate() {
            if is_named(import) && followed.insert((module, n)) {
                found.extend(self.follow(module, &import.path, followed));
                followed.remove(&(module, n));
            }
        }
        if found.is_empty() {
            for (n, import) in scope.imports.iter().enumerate() {
                if import.alias.is_none() && followed.insert((module, n)) {
                    for target in self.follow(module, &import.path, followed) {
                        if let Target::Module(other) = target {
                            found.extend(self.look_up(other, name, followed));
                        }
                    }
                    followed.remove(&(module, n));
                }
            }
        }
        found.dedup();
        found
    }
}

/// The folder below which the modules of a file lie: `a/b/` for `a/b.rs` and `a/b/mod.rs`.
fn folder_of_children(file: &str) -> String {
    let (folder, name) = file
        .rsplit_once('/')
        .map_or(("", file), |(folder, name)| (folder, name));
    let stem = name.trim_end_matches(".rs");
    let is_root = folder.is_empty() && matches!(stem, "lib" | "main");
    match (folder, stem == "mod" || is_root) {
        ("", true) => String::new(),
        ("", false) => format!("{stem}/"),
        (_, true) => format!("{folder}/"),
        (_, false) => format!("{folder}/{stem}/"),
    }
}
