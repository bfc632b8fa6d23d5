//! `cargo xtask weigh`: the size of a commit by kinds of files, for the order of a change that removes text.

use std::collections::BTreeMap;

use crate::shell::Run;
use crate::temporary_folder::TemporaryFolder;

/// The kinds, with the patterns of their files: the start of a path, `/a folder/`, `*the end of a name`, or a name. The first that fits counts.
const KINDS: [(&str, &str); 8] = [
    ("lock files", "Cargo.lock package-lock.json Package.resolved"),
    ("documents", "*.md"),
    (
        "records",
        "conformance/data/ conformance/recorded/ conformance/fuzz/seeds/ /sequences/ /conversations/ /generated/ *.png api.txt typedoc.undocumented.json",
    ),
    ("benches", "benches/"),
    ("suite", "conformance/"),
    ("tools", "xtask/ /mutants/ /bindgen/ /packaging/ /wheels/ /bench/ /conformance/ /equality/"),
    ("tests", "/tests/ /Tests/ /test/ tests.rs *.test.ts *.test.tsx *Test.kt *Test.java"),
    (
        "examples, settings",
        "/examples/ *.toml *.json *.yml *.yaml *.ini *.kts *.xml *.cjs *.mjs .gitignore LICENSE Containerfile",
    ),
];
const LANGUAGES: [&str; 5] = ["rs", "ts", "py", "kt", "swift"];

fn kind(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let fits = |pattern: &str| match (pattern.strip_prefix('*'), pattern.ends_with('/')) {
        (Some(end), _) => name.ends_with(end),
        (None, true) if pattern.starts_with('/') => format!("/{path}").contains(pattern),
        (None, true) => path.starts_with(pattern),
        (None, false) => name == pattern,
    };
    let found = KINDS.iter().find(|(_, patterns)| patterns.split(' ').any(fits));
    found.map_or("shipped", |(kind, _)| *kind)
}

/// Lines, bytes, words, and files.
type Size = [usize; 4];

fn add(to: &mut Size, text: &str, bytes: usize, files: usize) {
    let lines = text.matches('\n').count();
    let sizes = [lines, bytes, text.split_ascii_whitespace().count(), files];
    to.iter_mut().zip(sizes).for_each(|(to, size)| *to += size);
}

/// Prints the size of a commit, by default of HEAD. Unit tests in shipped files count as tests.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let commit = arguments.first().map_or("HEAD", String::as_str);
    let folder = TemporaryFolder::create("fh-weigh")?;
    let archive = folder.path().join("commit.tar").display().to_string();
    Run::new("git archive --output").args(&[archive.clone(), commit.to_string()]).output()?;
    Run::new("tar -xf").args(&[archive]).in_folder(folder.path()).output()?;
    let listed = Run::new("git ls-tree -r --name-only").args(&[commit.to_string()]).output()?;
    let (mut kinds, mut languages) = (BTreeMap::<_, Size>::new(), BTreeMap::<_, Size>::new());
    let (mut rust, mut long) = (Vec::new(), 0);
    for path in listed.lines() {
        let bytes =
            std::fs::read(folder.path().join(path)).map_err(|why| format!("{path}: {why}"))?;
        let text = str::from_utf8(&bytes).unwrap_or_default();
        let (kind, end) = (kind(path), path.rsplit('.').next().unwrap_or_default());
        let tests = text.find("\nmod tests {\n").filter(|_| kind == "shipped");
        let (code, tests) = text.split_at(tests.unwrap_or(text.len()));
        add(kinds.entry(kind).or_default(), code, bytes.len() - tests.len(), 1);
        add(kinds.entry("tests").or_default(), tests, tests.len(), 0);
        if LANGUAGES.contains(&end) {
            add(languages.entry(end.to_string()).or_default(), text, text.len(), 1);
            let lines = text.matches('\n').count();
            long += usize::from(lines > 500);
            rust.extend((end == "rs").then_some(lines));
        }
    }
    println!("{:20}{:>9}{:>11}{:>9}{:>7}", "kind", "lines", "bytes", "words", "files");
    for (kind, [lines, bytes, words, files]) in kinds {
        println!("{kind:20}{lines:9}{bytes:11}{words:9}{files:7}");
    }
    for (language, [lines, bytes, ..]) in languages {
        println!("{language}: {:.1} bytes a line", bytes as f64 / lines as f64);
    }
    rust.sort_unstable();
    let median = rust.get(rust.len() / 2).copied().unwrap_or_default();
    println!("{long} source files over 500 lines; median of Rust {median} lines");
    Ok(())
}
