//! Checks that the top-level modules of a library crate do not depend on each other in a circle. The search for circles also serves
//! the checks of files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::sources::{LIBRARIES, files, root, without_tests};

/// The names that each name depends on.
pub(crate) type Graph = BTreeMap<String, BTreeSet<String>>;

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Returns the first segments of the paths that follow a prefix such as `crate::`, also of those in braces.
pub(crate) fn first_segments<'a>(text: &'a str, prefix: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(prefix) {
        let is_longer = text.get(..at).is_some_and(|before| before.ends_with(is_name));
        let rest = text.get(at + prefix.len()..).unwrap_or_default();
        if is_longer {
            continue;
        }
        let Some(group) = rest.strip_prefix('{') else {
            found.push(rest.split(|c| !is_name(c)).next().unwrap());
            continue;
        };
        let (mut depth, mut start) = (0, 0);
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth > 0 => depth -= 1,
                ',' | '}' if depth == 0 => {
                    let item = group.get(start..at).unwrap().trim();
                    found.push(item.split(|c| !is_name(c)).next().unwrap());
                    start = at + 1;
                    if c == '}' {
                        break;
                    }
                }
                _ => {}
            }
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

/// Returns the path from the module in this file to the root of the crate, such as `super::` for `a.rs` and `a/mod.rs`.
fn path_to_root(file: &Path) -> String {
    let is_folder = file.file_name().is_some_and(|name| name == "mod.rs");
    "super::".repeat(file.iter().count() - usize::from(is_folder))
}

/// Returns the names that the root of a crate re-exports, each with the module that it comes from.
fn exports(lib: &str) -> BTreeMap<String, String> {
    let mut exports = BTreeMap::new();
    for statement in lib.split("use ").skip(1).filter_map(|rest| rest.split(';').next()) {
        let path = statement.trim_start_matches("crate::").trim_start_matches("self::");
        let Some((module, rest)) = path.split_once("::") else { continue };
        let (_, after) = rest.rsplit_once('{').unwrap_or(("", rest));
        for item in after.trim_end_matches('}').split(',') {
            let name = item.rsplit(" as ").next().unwrap().rsplit("::").next().unwrap().trim();
            exports.insert(name.to_string(), module.trim().to_string());
        }
    }
    exports
}

/// Returns the top-level modules that each top-level module names.
fn graph(source: &Path) -> Graph {
    let lib = fs::read_to_string(source.join("lib.rs")).unwrap();
    let exports = exports(&lib);
    let module = |path: &Path| {
        let first = path.strip_prefix(source).unwrap().iter().next().unwrap();
        Path::new(first).file_stem().unwrap().to_str().unwrap().to_string()
    };
    let paths = files(source, "rs");
    let modules: BTreeSet<String> =
        paths.iter().map(|path| module(path)).filter(|name| name != "lib").collect();
    let mut graph = Graph::new();
    for path in &paths {
        let from = module(path);
        let Some(text) = without_tests(path).filter(|_| from != "lib") else { continue };
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code: String = code.flat_map(|line| [line, "\n"]).collect();
        let named = graph.entry(from.clone()).or_default();
        let root = path_to_root(path.strip_prefix(source).unwrap());
        let segments = first_segments(&code, "crate::").into_iter();
        for segment in segments.chain(first_segments(&code, &root)) {
            let module = exports.get(segment).map_or(segment, String::as_str);
            if modules.contains(module) && module != from {
                named.insert(module.to_string());
            }
        }
    }
    graph
}

/// Returns all modules that a module names directly or through others.
fn reached(graph: &Graph, from: &str) -> BTreeSet<String> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![from.to_string()]);
    while let Some(module) = open.pop() {
        for named in graph.get(&module).into_iter().flatten() {
            if reached.insert(named.clone()) {
                open.push(named.clone());
            }
        }
    }
    reached
}

/// Returns the groups of modules that name each other, directly or through others.
fn circles(graph: &Graph) -> BTreeSet<Vec<String>> {
    let reach: BTreeMap<&String, BTreeSet<String>> =
        graph.keys().map(|module| (module, reached(graph, module))).collect();
    let circle = |module: &String| -> Vec<String> {
        let others = reach[module].iter();
        others
            .filter(|other| reach.get(other).is_some_and(|back| back.contains(module)))
            .cloned()
            .collect()
    };
    graph.keys().map(circle).filter(|circle| !circle.is_empty()).collect()
}

/// Returns a line for each dependency that is a part of a circle.
pub(crate) fn findings(place: &str, graph: &Graph) -> Vec<String> {
    let mut findings = Vec::new();
    for circle in circles(graph) {
        for name in &circle {
            for named in graph[name].iter().filter(|named| circle.contains(named)) {
                findings.push(format!("{place}: {name} names {named}"));
            }
        }
    }
    findings
}

#[test]
fn modules_form_no_circles() {
    let mut all = Vec::new();
    for library in LIBRARIES {
        let graph = graph(&root().join(library).join("src"));
        assert!(graph.values().any(|named| !named.is_empty()), "{library}: {graph:?}");
        all.extend(findings(library, &graph));
    }
    assert!(all.is_empty(), "modules that name each other in a circle:\n{}", all.join("\n"));
}

#[test]
fn circles_are_found() {
    let paths = "use crate::{a::B, c, d::{e, f}}; crate::g::h(); mycrate::z; use crate::i;";
    assert_eq!(first_segments(paths, "crate::"), ["a", "c", "d", "g", "i"]);
    for (file, path) in [("a.rs", 1), ("a/mod.rs", 1), ("a/b.rs", 2), ("a/b/mod.rs", 2)] {
        assert_eq!(path_to_root(Path::new(file)), "super::".repeat(path), "{file}");
    }
    let exports =
        exports("mod a;\npub use a::{B, C as D};\npub use self::b::E;\npub use crate::c::d::F;");
    let names: Vec<(&str, &str)> =
        exports.iter().map(|(name, module)| (name.as_str(), module.as_str())).collect();
    assert_eq!(names, [("B", "a"), ("D", "a"), ("E", "b"), ("F", "c")]);
    let of = |edges: &[(&str, &str)]| {
        let mut graph = Graph::new();
        for (from, to) in edges {
            graph.entry((*from).to_string()).or_default().insert((*to).to_string());
            graph.entry((*to).to_string()).or_default();
        }
        circles(&graph)
    };
    assert!(of(&[("a", "b"), ("b", "c"), ("a", "c")]).is_empty());
    let circle = ["a", "b", "c"].map(str::to_string).to_vec();
    assert_eq!(of(&[("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")]), [circle].into());
}
