//! Checks that the files of crates, and the top-level modules of libraries, do not depend on each other in a circle.
//!
//! A file depends on another one if its code names a path into the module of that file. The declaration of a module, `mod a;`, is no
//! dependency. A name that a module re-exports with `pub use` leads to the file that the re-export names. A name that a module
//! imports for itself leads to that module, and so does each name that it re-exports with `*`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::circles::{Graph, findings};
use crate::rust_paths::{Binding, NamedPath, Source, child};
use crate::sources::{LIBRARIES, files, root, without_tests};

/// The folders of the checked sources.
const FOLDERS: [&str; 20] = [
    "bindings/bindgen/src",
    "bindings/kotlin/src",
    "bindings/python/arrow/src",
    "bindings/python/src",
    "bindings/shared/src",
    "bindings/swift/src",
    "bindings/web/engine/src",
    "fh-client/files/src",
    "fh-client/integrations/openfeature/src",
    "fh-client/integrations/opentelemetry/src",
    "fh-client/integrations/redis/src",
    "fh-client/integrations/segment/src",
    "fh-client/repository/src",
    "fh-client/session/src",
    "fh-client/src",
    "fh-eval/src",
    "server/cli/src",
    "server/edge/src",
    "server/listen/src",
    "xtask/src",
];

/// The most re-exports between a path and the item that it names. Re-exports that name each other have no end.
const MOST_EXPORTS: usize = 16;

/// The sources of a crate.
#[derive(Default)]
pub(crate) struct Crate {
    /// The source of each file, by the path of the file below the root of the sources.
    sources: BTreeMap<String, Source>,
    /// The file of each module. Modules that are written inside of a file are modules of that file.
    files: BTreeMap<String, String>,
}

/// Returns the module of a file, such as `a::b` for `a/b.rs` and `a/b/mod.rs`.
fn module_of(file: &str) -> String {
    let path = file.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" || path == "main" { String::new() } else { path.replace('/', "::") }
}

impl Crate {
    pub(crate) fn add(&mut self, file: &str, text: &str) {
        let module = module_of(file);
        let source = Source::read(&module, text);
        for module in source.modules.iter().chain([&module]) {
            self.files.insert(module.clone(), file.to_string());
        }
        self.sources.insert(file.to_string(), source);
    }

    /// Reads the sources below a folder, without tests.
    pub(crate) fn read(folder: &Path) -> Self {
        let mut found = Self::default();
        for path in files(folder, "rs") {
            let file = path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/");
            if let Some(text) = without_tests(&path) {
                found.add(&file, &text);
            }
        }
        found
    }

    /// Returns the module that a path leads to, or `None` if the path leads out of the crate. `exports` is the number of imports and
    /// re-exports that led to the path.
    fn resolve(&self, path: &NamedPath, exports: usize) -> Option<String> {
        let NamedPath { scope, segments } = path;
        let (first, mut rest) = segments.split_first().filter(|_| exports < MOST_EXPORTS)?;
        let mut module = match first.as_str() {
            "crate" => String::new(),
            "self" => scope.clone(),
            "super" => parent(scope),
            name if self.files.contains_key(&child(scope, name)) => child(scope, name),
            name => return self.resolve(&self.target(scope, name, rest, |_| true)?, exports + 1),
        };
        while let Some((name, after)) = rest.split_first() {
            let inner = child(&module, name);
            module = match name.as_str() {
                "super" => parent(&module),
                "self" => module,
                _ if self.files.contains_key(&inner) => inner,
                name => {
                    let target = self.target(&module, name, after, |binding| binding.is_public);
                    let exported = target.and_then(|path| self.resolve(&path, exports + 1));
                    return exported.or(Some(module));
                }
            };
            rest = after;
        }
        Some(module)
    }

    /// Returns the path that a name stands for, followed by the rest of a path, if a `use` of the module brings the name in.
    fn target(
        &self,
        module: &str,
        name: &str,
        rest: &[String],
        is_visible: impl Fn(&Binding) -> bool,
    ) -> Option<NamedPath> {
        let source = &self.sources[self.files.get(module)?];
        let binding = source.bindings.get(&(module.to_string(), name.to_string()))?;
        let segments = binding.target.iter().chain(rest).cloned().collect();
        is_visible(binding).then(|| NamedPath { scope: module.to_string(), segments })
    }

    /// Returns the top-level module that a path leads to by its own names and the re-exports of the root.
    fn module(&self, path: &NamedPath) -> Option<String> {
        let (first, rest) = path.segments.split_first()?;
        let outer = match first.as_str() {
            "crate" => String::new(),
            "super" => parent(&path.scope),
            _ => return None,
        };
        let supers = rest.iter().take_while(|name| *name == "super").count();
        let outer = (0..supers).fold(outer, |outer, _| parent(&outer));
        let name = rest.get(supers).filter(|_| outer.is_empty())?;
        let export = self.target("", name, &[], |_| true);
        let module = match export {
            Some(target) if !self.files.contains_key(name) => {
                target.segments.into_iter().find(|name| name != "crate" && name != "self")?
            }
            _ => name.clone(),
        };
        self.files.contains_key(&module).then_some(module)
    }

    /// Returns the top-level modules that each top-level module depends on.
    fn modules(&self) -> Graph {
        let mut graph = Graph::new();
        for (file, source) in self.sources.iter().filter(|(file, _)| *file != "lib.rs") {
            let from = file.split(['/', '.']).next().unwrap_or_default().to_string();
            let named = source.paths.iter().filter_map(|path| self.module(path));
            let named: BTreeSet<String> = named.filter(|module| *module != from).collect();
            graph.entry(from).or_default().extend(named);
        }
        graph
    }

    /// Returns the files that each file depends on.
    pub(crate) fn graph(&self) -> Graph {
        let of = |(file, source): (&String, &Source)| {
            let named = source.paths.iter().filter_map(|path| self.resolve(path, 0));
            let named = named.filter_map(|module| self.files.get(&module).cloned());
            (file.clone(), named.filter(|other| other != file).collect::<BTreeSet<String>>())
        };
        self.sources.iter().map(of).collect()
    }
}

fn parent(module: &str) -> String {
    module.rsplit_once("::").map_or_else(String::new, |(parent, _)| parent.to_string())
}

#[test]
fn modules_of_libraries_form_no_circles() {
    let mut all = Vec::new();
    for library in LIBRARIES {
        let graph = Crate::read(&root().join(library).join("src")).modules();
        assert!(graph.values().any(|named| !named.is_empty()), "{library}: {graph:?}");
        all.extend(findings(library, &graph));
    }
    assert!(all.is_empty(), "modules that name each other in a circle:\n{}", all.join("\n"));
}

#[test]
fn files_form_no_circles() {
    let (mut all, mut dependencies) = (Vec::new(), 0);
    for folder in FOLDERS {
        let graph = Crate::read(&root().join(folder)).graph();
        dependencies += graph.values().map(BTreeSet::len).sum::<usize>();
        all.extend(findings(folder, &graph));
    }
    assert!(dependencies > 20, "{dependencies} in {FOLDERS:?}");
    assert!(
        all.is_empty(),
        "files that name each other in a circle: move what both need into a file of its own:\n{}",
        all.join("\n")
    );
}

/// Returns the dependencies of a crate that are parts of circles.
fn circles_of(sources: &[(&str, &str)]) -> Vec<String> {
    let mut found = Crate::default();
    for (file, text) in sources {
        found.add(file, text);
    }
    findings("x", &found.graph())
}

#[test]
fn circles_of_files_are_found() {
    let both = ["x: a.rs names b.rs", "x: b.rs names a.rs"];
    let child = ["x: a.rs names a/b.rs", "x: a/b.rs names a.rs"];
    let none: [&str; 0] = [];
    let lib = ("lib.rs", "mod a; mod b; pub use b::B;");
    for (a, b) in [
        ("use crate::b::B;", "use crate::a;"),
        ("fn a() { crate::b::c(); }", "use super::a::{self, A};"),
        ("use crate::B;", "fn b() { super::a::A::new() }"),
        ("mod c { use super::super::b::B; }", "use crate::a::{self, A};"),
        ("macro_rules! a { () => { $crate::b::B } }", "fn b() { write!(c, \"{}\", crate::a::A) }"),
    ] {
        assert_eq!(circles_of(&[lib, ("a.rs", a), ("b.rs", b)]), both, "{a} {b}");
    }
    for (a, b) in [
        ("use crate::b::B;", "// use crate::a::A;"),
        ("use crate::b::B;", "use a2::a::A; fn b() { let a = c.a::<D>(); }"),
        ("use ::b::B;", "use crate::a::A;"),
    ] {
        assert_eq!(circles_of(&[lib, ("a.rs", a), ("b.rs", b)]), none, "{a} {b}");
    }
    for (a, b) in [
        ("mod b; use b::B;", "use super::A;"),
        ("mod b; pub(crate) use self::b::B;", "fn b() { super::a() }"),
        ("mod b; fn a() { b::b() }", "use crate::a::*;"),
        // The parent imports this name for itself.
        ("mod b; use b::B; use std::fmt;", "use super::fmt;"),
    ] {
        assert_eq!(circles_of(&[("a.rs", a), ("a/b.rs", b)]), child, "{a} {b}");
    }
    // A re-export leads to the file with the item, also by way of another name.
    let re_exports = "mod b; mod c; pub(crate) use self::b::B as D; pub use c::*;";
    for c in ["use super::D;", "use crate::a::{D, D as E};"] {
        let sources = [("a/mod.rs", re_exports), ("a/b.rs", ""), ("a/c.rs", c)];
        assert_eq!(circles_of(&sources), none, "{c}");
    }
    // A module that is only declared is no dependency, and a circle may be longer than two files.
    assert_eq!(circles_of(&[("a.rs", "mod b;"), ("a/b.rs", "use super::A;")]), none);
    let three = [("a.rs", "crate::b::B"), ("b.rs", "crate::c::C"), ("c.rs", "use crate::a::A;")];
    assert_eq!(circles_of(&three).len(), 3);
    let mut modules = Crate::default();
    for (file, text) in [
        lib,
        ("a/mod.rs", "use crate::b; fn c() { crate::a::d::e() }"),
        ("a/d/mod.rs", "use super::super::B;"),
        ("b/mod.rs", "mod f { use super::super::a::D; }"),
        ("b/g.rs", "use super::super::a::D; use std::a;"),
    ] {
        modules.add(file, text);
    }
    assert_eq!(findings("x", &modules.modules()), ["x: a names b", "x: b names a"]);
    assert_eq!(["lib.rs", "main.rs"].map(module_of), ["", ""]);
    assert_eq!(["a.rs", "a/mod.rs", "a/b.rs"].map(module_of), ["a", "a", "a::b"]);
}
