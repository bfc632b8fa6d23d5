//! Checks the imports between the crate of the protocol and the crate of the repository: they share a few modules of types.

use std::fs;

use crate::rust_paths::Source;
use crate::sources::{files, name, root};

/// The modules of `fh-repository` whose types a session produces and readers see.
const SHARED: [&str; 9] = [
    "notice",
    "problem",
    "publication",
    "readiness",
    "rules",
    "source",
    "status",
    "system",
    "time",
];

const PAGE: &str = "docs/adr/0028-repository-crate.md";

/// Returns the items that a source imports from `fh_repository` and that are none of the shared modules. An empty one stands for the whole
/// crate.
fn not_shared(source: &str) -> Vec<String> {
    // A path from the outermost names on is one of another crate, too.
    let source = source.replace("::fh_repository", " fh_repository");
    let paths = Source::read("", &source).paths.into_iter();
    let of_repository = paths.filter(|path| path.segments[0] == "fh_repository");
    let items = of_repository.map(|path| path.segments.get(1).cloned().unwrap_or_default());
    let outside = items.filter(|item| !SHARED.contains(&item.as_str()));
    outside.map(|item| format!("fh_repository::{item}")).collect()
}

/// Returns a line for each import of a file of `fh-session` that breaks the rules.
fn findings(file: &str, text: &str) -> Vec<String> {
    let line = |item| {
        format!(
            "{file} imports {item}. Of fh-repository, fh-session imports only the modules {SHARED:?}. \
             Move a type that both crates need to one of these modules, and let fh-client join the rest ({PAGE})."
        )
    };
    not_shared(text).into_iter().map(line).collect()
}

/// `fh-repository` imports nothing of `fh-session`, because its manifest does not name it (a test in `xtask/src/crates.rs`).
#[test]
fn session_and_repository_share_only_modules_of_types() {
    let mut all = Vec::new();
    let mut imports = 0;
    for path in files(&root().join("fh-client/session"), "rs") {
        let text = fs::read_to_string(&path).unwrap();
        imports += text.matches("use fh_repository::").count();
        all.extend(findings(&name(&path), &text));
    }
    assert!(imports > 20, "{imports}");
    assert!(all.is_empty(), "{}", all.join("\n"));
}

/// A `clippy.toml` in a crate replaces the one in the root.
#[test]
fn crates_without_io_forbid_the_same_types_and_repeat_the_settings_of_the_root() {
    let read = |file: &str| fs::read_to_string(root().join(file)).unwrap();
    let forbidden = read("fh-eval/clippy.toml");
    for line in read("clippy.toml").lines() {
        assert!(forbidden.lines().any(|other| other == line), "fh-eval/clippy.toml lacks `{line}`");
    }
    for file in ["fh-client/repository/clippy.toml", "fh-client/session/clippy.toml"] {
        assert!(read(file) == forbidden, "{file} differs from fh-eval/clippy.toml: copy that file");
    }
}

#[test]
fn forbidden_imports_are_found() {
    for allowed in [
        "use fh_repository::time::Millis;",
        "use fh_repository::{problem::{Problem, Stage}, status};\nuse fh_session::Session;",
        "/// use fh_repository::Repository;",
        "fn a() -> fh_repository::time::Millis { crate::b() }",
    ] {
        assert!(findings("fh-client/session/src/a.rs", allowed).is_empty(), "{allowed}");
    }
    for (forbidden, count) in [
        ("use fh_repository::Repository;", 1),
        ("use fh_repository::{\n    time::Millis, Repository,\n    baggage::Flags,\n};", 2),
        ("use fh_repository::{problem::{Problem, Stage}, Repository};", 1),
        ("use fh_repository::*;", 1),
        ("use ::fh_repository::Repository;", 1),
        ("use fh_repository as repository;", 1),
        ("use fh_repository::{self as repository};", 1),
        ("fn a(b: &fh_repository::Repository) {}", 1),
    ] {
        assert_eq!(findings("fh-client/session/src/a.rs", forbidden).len(), count, "{forbidden}");
    }
}
