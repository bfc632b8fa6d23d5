//! Checks that the engine knows no dialect: a file of `fh-eval` outside of the folder of a dialect imports none.

use crate::circles::Graph;
use crate::circles_of_files::Crate;
use crate::sources::root;

/// The folders of the dialects, and the files that re-export their items.
const DIALECTS: [&str; 3] = ["featurehub/", "featbit/", "featuresignals/"];
const EXPORTS: [&str; 2] = ["lib.rs", "internal.rs"];

fn is_of_dialect(file: &str) -> bool {
    DIALECTS.iter().any(|folder| file.starts_with(folder))
}

/// Returns a line for each import of a dialect by a file of the engine.
fn findings(graph: &Graph) -> Vec<String> {
    let of_engine =
        graph.iter().filter(|(file, _)| !is_of_dialect(file) && !EXPORTS.contains(&file.as_str()));
    let named = of_engine.flat_map(|(file, named)| named.iter().map(move |named| (file, named)));
    let of_dialects = named.filter(|(_, named)| is_of_dialect(named));
    of_dialects.map(|(file, named)| format!("fh-eval/src/{file} imports {named}")).collect()
}

#[test]
fn the_engine_imports_no_dialect() {
    let graph = Crate::read(&root().join("fh-eval/src")).graph();
    let of_dialects = graph.keys().filter(|file| is_of_dialect(file)).count();
    assert!(of_dialects > 20, "{of_dialects}");
    let findings = findings(&graph);
    assert!(
        findings.is_empty(),
        "Move what belongs to one dialect into its folder, as an `impl` block if a type of the engine needs it:\n{}",
        findings.join("\n")
    );
}

#[test]
fn imports_of_dialects_are_found() {
    let mut sources = Crate::default();
    for (file, text) in [
        ("lib.rs", "mod featbit; pub use featbit::User;"),
        ("internal.rs", "pub use crate::featbit::flag::compile;"),
        ("featbit/mod.rs", "mod flag; pub use flag::User; use crate::predicate::Run;"),
        ("featbit/flag.rs", "pub struct User; fn a() { crate::featurehub::b() }"),
        ("featurehub/mod.rs", "pub fn b() {}"),
        ("predicate.rs", "pub struct Run;"),
        ("evaluate.rs", "use crate::predicate::Run; fn a() { crate::featurehub::b() }"),
        ("ruleset.rs", "use crate::User;"),
    ] {
        sources.add(file, text);
    }
    assert_eq!(
        findings(&sources.graph()),
        [
            "fh-eval/src/evaluate.rs imports featurehub/mod.rs",
            "fh-eval/src/ruleset.rs imports featbit/flag.rs",
        ]
    );
}
