//! Files as scopes: the names that a module defines and imports, and the paths in its code.
//!
//! Items under `#[cfg(test)]` or `#[test]` are skipped. Paths are also read from the tokens of macros and attributes, and
//! from the texts of serde's attributes.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, Meta, Path, UseTree, Visibility};

/// A path as its segments. The first is empty in a path that begins with `::`.
pub type Segments = Vec<String>;

/// One name that a `use` brings into scope.
#[derive(Clone, Debug)]
pub struct Import {
    /// The path to it; to the module or enum for a glob.
    pub path: Segments,
    /// Its name here; absent for a glob.
    pub alias: Option<String>,
    /// True for a re-export (`pub use`).
    pub is_reexport: bool,
}

/// A module of a file: the file's own, or an inline one.
#[derive(Debug, Default)]
pub struct Scope {
    /// The names of the inline modules around it, from the file's own module down.
    pub inline: Segments,
    /// Modules that are files of their own.
    pub files: Vec<String>,
    pub defined: BTreeSet<String>,
    pub imports: Vec<Import>,
    /// Paths in code, single names among them.
    pub paths: BTreeSet<Segments>,
    /// Paths in the text of attributes, which may name a module as such.
    pub quoted: BTreeSet<Segments>,
    /// Every identifier in code.
    pub identifiers: BTreeSet<String>,
}

/// The scopes of a file; its own module is the first.
pub fn scopes(text: &str) -> syn::Result<Vec<Scope>> {
    let file = syn::parse_file(text)?;
    let mut reader = Reader {
        scopes: vec![Scope::default()],
        current: 0,
    };
    reader.visit_file(&file);
    Ok(reader.scopes)
}

struct Reader {
    scopes: Vec<Scope>,
    current: usize,
}

impl Reader {
    fn scope(&mut self) -> &mut Scope {
        &mut self.scopes[self.current]
    }

    fn add_path(&mut self, path: Segments) {
        self.scope().paths.insert(path);
    }

    fn use_tree(&mut self, tree: &UseTree, prefix: &Segments, is_reexport: bool) {
        let joined = |name: String| {
            let mut path = prefix.clone();
            if name != "self" || path.is_empty() {
                path.push(name);
            }
            path
        };
        let (path, alias) = match tree {
            UseTree::Path(path) => {
                let prefix = joined(path.ident.to_string());
                return self.use_tree(&path.tree, &prefix, is_reexport);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.use_tree(tree, prefix, is_reexport);
                }
                return;
            }
            UseTree::Name(name) => {
                let path = joined(name.ident.to_string());
                let alias = path.last().cloned();
                (path, alias)
            }
            UseTree::Rename(rename) => {
                let alias = rename.rename.to_string();
                (joined(rename.ident.to_string()), Some(alias))
            }
            UseTree::Glob(_) => (prefix.clone(), None),
        };
        self.scope().imports.push(Import {
            path,
            alias,
            is_reexport,
        });
    }

    /// Reads the paths in tokens. `prefix` is the path before a group of names, as in `crate::sim::{…}`.
    fn tokens(&mut self, stream: TokenStream, prefix: &Segments) {
        let trees: Vec<TokenTree> = stream.into_iter().collect();
        let is_punct = |i: usize, wanted: char| matches!(trees.get(i), Some(TokenTree::Punct(punct)) if punct.as_char() == wanted);
        let is_colons = |i: usize| is_punct(i, ':') && is_punct(i + 1, ':');
        let mut i = 0;
        while i < trees.len() {
            match &trees[i] {
                TokenTree::Group(group) => self.tokens(group.stream(), &Vec::new()),
                TokenTree::Ident(ident) => {
                    let first = ident.to_string();
                    self.scope().identifiers.insert(first.clone());
                    let follows = |wanted: char| i > 0 && is_punct(i - 1, wanted);
                    // A field, a method, a lifetime or a parameter of a macro is no path.
                    let is_path =
                        !follows('.') && !follows('\'') && (!follows('$') || first == "crate");
                    let mut path = prefix.clone();
                    if follows(':') && i > 1 && is_punct(i - 2, ':') && prefix.is_empty() {
                        path.push(String::new());
                    }
                    path.push(first);
                    while is_colons(i + 1) {
                        match trees.get(i + 3) {
                            Some(TokenTree::Ident(ident)) => {
                                self.scope().identifiers.insert(ident.to_string());
                                path.push(ident.to_string());
                                i += 3;
                            }
                            Some(TokenTree::Group(group))
                                if group.delimiter() == Delimiter::Brace =>
                            {
                                self.tokens(group.stream(), &path);
                                i += 3;
                            }
                            _ => break,
                        }
                    }
                    if is_path {
                        self.add_path(path);
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            i += 1;
        }
    }

    /// Reads the paths that serde takes as text, such as `with = "…"`.
    fn quoted(&mut self, stream: TokenStream) {
        const KEYS: [&str; 9] = [
            "with",
            "serialize_with",
            "deserialize_with",
            "default",
            "skip_serializing_if",
            "from",
            "try_from",
            "into",
            "remote",
        ];
        let trees: Vec<TokenTree> = stream.into_iter().collect();
        for three in trees.windows(3) {
            let [
                TokenTree::Ident(key),
                TokenTree::Punct(_),
                TokenTree::Literal(text),
            ] = three
            else {
                continue;
            };
            let text = text.to_string();
            if KEYS.contains(&key.to_string().as_str())
                && let Ok(path) = syn::parse_str::<Path>(text.trim_matches('"'))
            {
                self.visit_path(&path);
                self.scope().quoted.insert(segments(&path));
            }
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, name) = head(item);
        if is_test(attributes) {
            return;
        }
        if let Some(name) = name {
            self.scope().defined.insert(name);
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        for attribute in &module.attrs {
            self.visit_attribute(attribute);
        }
        let name = module.ident.to_string();
        let Some((_, items)) = &module.content else {
            self.scope().files.push(name);
            return;
        };
        let mut inline = self.scope().inline.clone();
        inline.push(name);
        let around = self.current;
        self.current = self.scopes.len();
        self.scopes.push(Scope {
            inline,
            ..Scope::default()
        });
        for item in items {
            self.visit_item(item);
        }
        self.current = around;
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let is_reexport = match &item.vis {
            Visibility::Inherited => false,
            Visibility::Restricted(restricted) => !restricted.path.is_ident("self"),
            Visibility::Public(_) => true,
        };
        let start = item.leading_colon.as_ref().map(|_| String::new());
        self.use_tree(&item.tree, &start.into_iter().collect(), is_reexport);
        // For the identifiers.
        visit::visit_item_use(self, item);
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        let attributes = match item {
            syn::ImplItem::Const(item) => &item.attrs,
            syn::ImplItem::Fn(item) => &item.attrs,
            syn::ImplItem::Type(item) => &item.attrs,
            _ => return visit::visit_impl_item(self, item),
        };
        if !is_test(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if !is_test(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_field_value(&mut self, field: &'ast syn::FieldValue) {
        if !is_test(&field.attrs) {
            visit::visit_field_value(self, field);
        }
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if !is_test(&local.attrs) {
            visit::visit_local(self, local);
        }
    }

    fn visit_expr_block(&mut self, block: &'ast syn::ExprBlock) {
        if !is_test(&block.attrs) {
            visit::visit_expr_block(self, block);
        }
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if !is_test(&call.attrs) {
            visit::visit_expr_call(self, call);
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        self.add_path(segments(path));
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.tokens(mac.tokens.clone(), &Vec::new());
        visit::visit_macro(self, mac);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone(), &Vec::new());
            if list.path.is_ident("serde") {
                self.quoted(list.tokens.clone());
            }
        }
        visit::visit_attribute(self, attribute);
    }

    fn visit_ident(&mut self, ident: &'ast proc_macro2::Ident) {
        self.scope().identifiers.insert(ident.to_string());
    }
}

fn segments(path: &Path) -> Segments {
    let start = path.leading_colon.as_ref().map(|_| String::new());
    let rest = path
        .segments
        .iter()
        .map(|segment| segment.ident.to_string());
    start.into_iter().chain(rest).collect()
}

/// An item's attributes and name.
fn head(item: &Item) -> (&[Attribute], Option<String>) {
    let (attributes, ident) = match item {
        Item::Const(item) => (&item.attrs, Some(&item.ident)),
        Item::Enum(item) => (&item.attrs, Some(&item.ident)),
        Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
        Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
        Item::Static(item) => (&item.attrs, Some(&item.ident)),
        Item::Struct(item) => (&item.attrs, Some(&item.ident)),
        Item::Trait(item) => (&item.attrs, Some(&item.ident)),
        Item::Type(item) => (&item.attrs, Some(&item.ident)),
        Item::Union(item) => (&item.attrs, Some(&item.ident)),
        // Modules and imports are read apart from the names that a scope defines.
        Item::Mod(item) => (&item.attrs, None),
        Item::Use(item) => (&item.attrs, None),
        Item::Impl(item) => (&item.attrs, None),
        _ => return (&[], None),
    };
    (attributes, ident.map(ToString::to_string))
}

/// True if `#[test]`, `#[cfg(test)]` or `#[cfg(all(test, …))]` is on an item.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string().replace(' ', "");
            condition == "test" || condition.starts_with("all(test,")
        }
        _ => false,
    })
}
