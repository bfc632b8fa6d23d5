//! Checks that the files of the Python package do not import each other in a circle.
//!
//! Imports inside of functions count, and so do those for type checkers (`if TYPE_CHECKING:`): a reader follows both. An import of a
//! package's name leads to the file `__init__.py` of that package, also if that file has imported the name. An import of a module does
//! not lead to the packages around it, although Python runs them first: each file of a package would be in a circle with the package.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::circles::{Graph, findings};
use crate::python_imports::{Import, imports};
use crate::sources::{files, root};

/// The folder that holds the package.
const FOLDER: &str = "bindings/python/python";

/// The module that is written in Rust.
const NATIVE: &str = "_native";

/// The sources of a package, by their files.
type Sources = BTreeMap<String, String>;

/// Returns the parts of a module's name, such as `a`, `b` for `a/b.py` and `a/b/__init__.py`.
fn module_of(file: &str) -> Vec<String> {
    let path = file.trim_end_matches(".py").trim_end_matches("/__init__");
    path.split('/').map(str::to_string).collect()
}

/// Returns the files that an import in a file leads to.
fn named(import: &Import, file: &str, by_module: &BTreeMap<Vec<String>, String>) -> Vec<String> {
    let mut base = Vec::new();
    if import.dots > 0 {
        base = module_of(file);
        let parents = import.dots - usize::from(file.ends_with("/__init__.py"));
        base.truncate(base.len().checked_sub(parents).unwrap());
    }
    base.extend(import.module.iter().cloned());
    let of_package = by_module.get(&base);
    if import.names.is_empty() {
        return of_package.into_iter().cloned().collect();
    }
    let of_name = |name: &String| {
        let module = [base.as_slice(), std::slice::from_ref(name)].concat();
        by_module.get(&module).or(of_package.filter(|_| name != NATIVE)).cloned()
    };
    import.names.iter().filter_map(of_name).collect()
}

/// Returns the files that each file imports.
fn graph(sources: &Sources) -> Graph {
    let by_module = sources.keys().map(|file| (module_of(file), file.clone())).collect();
    let of = |(file, text): (&String, &String)| {
        let named = imports(text).into_iter().flat_map(|import| named(&import, file, &by_module));
        (file.clone(), named.filter(|other| other != file).collect::<BTreeSet<String>>())
    };
    sources.iter().map(of).collect()
}

#[test]
fn files_of_the_python_package_form_no_circles() {
    let folder = root().join(FOLDER);
    let name =
        |path: &std::path::Path| path.strip_prefix(&folder).unwrap().to_str().unwrap().to_string();
    let paths = files(&folder, "py");
    let sources = paths.iter().map(|path| (name(path), fs::read_to_string(path).unwrap()));
    let graph = graph(&sources.collect());
    let imports: usize = graph.values().map(BTreeSet::len).sum();
    assert!(imports > 20, "{graph:?}");
    let found = findings(FOLDER, &graph);
    assert!(
        found.is_empty(),
        "files that import each other in a circle: move what both need into a file of its own:\n{}",
        found.join("\n")
    );
}

#[test]
fn circles_of_imports_are_found() {
    let circles_of = |sources: &[(&str, &str)]| {
        let sources = sources.iter().map(|(file, text)| (file.to_string(), text.to_string()));
        findings("x", &graph(&sources.collect()))
    };
    let none: [&str; 0] = [];
    let both = ["x: p/a.py names p/b.py", "x: p/b.py names p/a.py"];
    for (a, b) in [
        ("from .b import B", "from .a import A"),
        ("from . import b", "from p.a import A"),
        ("import p.b as c", "from p import (\n    a,\n)"),
        ("from .b import B", "def f():\n    from .a import A"),
        ("from .b import *", "if TYPE_CHECKING:\n    from .a import A"),
    ] {
        let sources = [("p/__init__.py", "from .a import A"), ("p/a.py", a), ("p/b.py", b)];
        assert_eq!(circles_of(&sources), both, "{a} {b}");
    }
    for (a, b) in [
        ("from .b import B", "\"\"\"\nfrom .a import A\n\"\"\""),
        ("from .b import B", "import a\nfrom q.a import A\nfrom ._native import A"),
        ("from .b import B", "from . import _native"),
    ] {
        let sources = [("p/__init__.py", "from .a import A"), ("p/a.py", a), ("p/b.py", b)];
        assert_eq!(circles_of(&sources), none, "{a} {b}");
    }
    // A name that the package itself has leads to the package.
    let package = ("p/q/__init__.py", "from ..a import A\nfrom .b import B");
    let found = circles_of(&[package, ("p/a.py", ""), ("p/q/b.py", "from . import A")]);
    assert_eq!(found, ["x: p/q/__init__.py names p/q/b.py", "x: p/q/b.py names p/q/__init__.py"]);
    assert_eq!(circles_of(&[package, ("p/a.py", ""), ("p/q/b.py", "from ..a import A")]), none);
}
