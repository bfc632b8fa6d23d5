//! The public items of the Rust crate `fh-client`, for the tables of the bindings.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::{Ident, ImplItem, Item, TraitItem, Type, UseTree, Visibility};

use crate::sources::{files, root, without_tests};

/// Returns the words of a text, as programs name things.
pub(crate) fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter(|word| !word.is_empty()).map(str::to_string).collect()
}

/// The public names of a module's files: what they export, and the members of their types.
#[derive(Default)]
struct Names {
    exported: BTreeSet<String>,
    /// Types with the names of their members, also of types that are not exported.
    members: Vec<(String, String)>,
}

impl Names {
    /// Adds what a file declares. Only the file of the module itself exports names.
    fn add(&mut self, file: &syn::File, is_module: bool, reads: &[String]) {
        for item in &file.items {
            let (visibility, name) = match item {
                Item::Use(used) => {
                    let mut names = BTreeSet::new();
                    leaves(&used.tree, &mut names);
                    self.exported
                        .extend(names.into_iter().filter(|_| is_module && is_public(&used.vis)));
                    continue;
                }
                Item::Struct(of) if is_public(&of.vis) => {
                    let fields = of.fields.iter().filter(|field| is_public(&field.vis));
                    self.add_members(&of.ident, fields.filter_map(|field| field.ident.as_ref()));
                    (&of.vis, &of.ident)
                }
                Item::Enum(of) if is_public(&of.vis) => {
                    self.add_members(&of.ident, of.variants.iter().map(|variant| &variant.ident));
                    (&of.vis, &of.ident)
                }
                Item::Trait(of) => {
                    let functions = of.items.iter().filter_map(|item| match item {
                        TraitItem::Fn(function) => Some(&function.sig.ident),
                        _ => None,
                    });
                    self.add_members(&of.ident, functions);
                    (&of.vis, &of.ident)
                }
                Item::Impl(of) => {
                    let members = of.items.iter().filter_map(|item| match item {
                        ImplItem::Fn(function) => Some((&function.vis, &function.sig.ident)),
                        ImplItem::Const(constant) => Some((&constant.vis, &constant.ident)),
                        _ => None,
                    });
                    let members = members.filter(|(visibility, _)| is_public(visibility));
                    if let (None, Type::Path(of)) = (&of.trait_, &*of.self_ty) {
                        let name = &of.path.segments.last().unwrap().ident;
                        self.add_members(name, members.map(|(_, name)| name));
                    }
                    continue;
                }
                Item::Macro(of) if of.mac.path.is_ident("reads") => {
                    let name =
                        of.mac.tokens.to_string().split(',').next().unwrap().trim().to_string();
                    self.members.extend(reads.iter().map(|read| (name.clone(), read.clone())));
                    continue;
                }
                Item::Type(of) => (&of.vis, &of.ident),
                Item::Const(of) => (&of.vis, &of.ident),
                Item::Fn(of) => (&of.vis, &of.sig.ident),
                _ => continue,
            };
            self.exported.extend((is_module && is_public(visibility)).then(|| name.to_string()));
        }
    }

    fn add_members<'a>(&mut self, of: &Ident, names: impl Iterator<Item = &'a Ident>) {
        self.members.extend(names.map(|name| (of.to_string(), name.to_string())));
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Adds the names that a `use` brings in.
fn leaves(tree: &UseTree, found: &mut BTreeSet<String>) {
    match tree {
        UseTree::Path(path) => leaves(&path.tree, found),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, found)),
        UseTree::Name(name) => drop(found.insert(name.ident.to_string())),
        UseTree::Rename(name) => drop(found.insert(name.rename.to_string())),
        UseTree::Glob(_) => {}
    }
}

/// Returns the paths of the public items of `fh-client`, without the crate's name and without implementations of traits. Of an item of
/// another crate, the list has the name only.
pub(crate) fn items() -> BTreeSet<String> {
    let folder = root().join("fh-client/src");
    let texts: Vec<(PathBuf, String)> = files(&folder, "rs")
        .into_iter()
        .filter_map(|path| {
            Some((path.strip_prefix(&folder).unwrap().into(), without_tests(&path)?))
        })
        .collect();
    let lib = texts.iter().find(|(file, _)| file == Path::new("lib.rs")).unwrap();
    let lib = syn::parse_file(&lib.1).unwrap();
    let public = lib.items.iter().filter_map(|item| match item {
        // The hidden module serves tests and other crates of the project.
        Item::Mod(module) if is_public(&module.vis) && module.ident != "internal" => {
            Some(module.ident.to_string())
        }
        _ => None,
    });
    let mut modules: BTreeMap<String, Names> =
        public.chain([String::new()]).map(|name| (name, Names::default())).collect();
    let reads = fs::read_to_string(folder.join("reads.rs")).unwrap();
    let reads = reads.split(" pub fn ").skip(1).map(|rest| words(rest).swap_remove(0));
    let reads: Vec<String> = reads.collect();
    for (file, text) in &texts {
        let top = Path::new(file.iter().next().unwrap()).file_stem().unwrap().to_str().unwrap();
        let module = if modules.contains_key(top) { top } else { "" };
        let depth = file.iter().count();
        let is_module = match module {
            "" => file == Path::new("lib.rs"),
            _ => depth == 1 || depth == 2 && file.ends_with("mod.rs"),
        };
        modules.get_mut(module).unwrap().add(&syn::parse_file(text).unwrap(), is_module, &reads);
    }
    let mut found = BTreeSet::new();
    for (module, names) in modules {
        let path = |name: &str| {
            if module.is_empty() { name.to_string() } else { format!("{module}::{name}") }
        };
        found.extend((!module.is_empty()).then(|| module.clone()));
        found.extend(names.exported.iter().map(|name| path(name)));
        let members = names.members.iter().filter(|(of, _)| names.exported.contains(of));
        found.extend(members.map(|(of, member)| path(&format!("{of}::{member}"))));
    }
    found
}

/// The items that a table names: a path, or `path::*` for an item and all within it.
#[derive(Default)]
pub(crate) struct ListedItems(BTreeSet<String>);

impl ListedItems {
    /// Adds the items that a cell of the table names.
    pub(crate) fn add<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        self.0.extend(names.filter(|name| *name != "fh-client").map(str::to_string));
    }

    /// Fails if a name is no item of `fh-client`.
    pub(crate) fn check(&self, items: &BTreeSet<String>) {
        for name in &self.0 {
            let path = name.trim_end_matches("::*");
            assert!(items.contains(path), "fh-client has no {path}");
        }
    }

    /// Returns true if the table names the item, or an item around it.
    pub(crate) fn contains(&self, path: &str) -> bool {
        let is_within = |name: &String| {
            let folder = name.strip_suffix("::*");
            folder.is_some_and(|folder| path == folder || path.starts_with(&format!("{folder}::")))
        };
        self.0.contains(path) || self.0.iter().any(is_within) || self.has_read(path)
    }

    /// Returns true for a read of a type whose reads with a default have the same form as those of `Client`, which the table names.
    fn has_read(&self, path: &str) -> bool {
        let of_client = path.split_once("::").map(|(_, read)| format!("Client::{read}"));
        let types = ["Context", "Feature", "Snapshot"];
        types.iter().any(|name| path.starts_with(&format!("{name}::")))
            && of_client.is_some_and(|read| self.0.contains(&read))
    }
}
