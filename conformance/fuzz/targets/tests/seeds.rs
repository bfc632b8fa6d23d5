//! Runs each fuzz target on its seeds, so that an ordinary test finds a bug that fuzzing has found before.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use fh_fuzz_targets::{
    address, cluster, columns, context, date, edge, evaluate, featbit, featbit_messages,
    featuresignals, featuresignals_answers, number, pattern, payload, re2, session, sse, state,
    version,
};

type Target = fn(&[u8]);

/// The targets, with the conversion of bytes to the input of each.
const TARGETS: [(&str, Target); 19] = [
    ("address", |bytes| address::run(text(bytes))),
    ("cluster", |bytes| cluster::run(text(bytes))),
    ("columns", columns::run),
    ("context", |bytes| context::run(text(bytes))),
    ("date", |bytes| date::run(text(bytes))),
    ("edge", edge::run),
    ("evaluate", evaluate::run),
    ("featbit", featbit::run),
    ("featbit_messages", featbit_messages::run),
    ("featuresignals", featuresignals::run),
    ("featuresignals_answers", featuresignals_answers::run),
    ("number", |bytes| number::run(texts(bytes))),
    ("pattern", |bytes| pattern::run(texts(bytes))),
    ("payload", payload::run),
    ("re2", |bytes| re2::run(texts(bytes))),
    ("session", session::run),
    ("sse", sse::run),
    ("state", state::run),
    ("version", |bytes| version::run(texts(bytes))),
];

/// The targets that have no seeds.
const WITHOUT_SEEDS: [&str; 1] = ["columns"];

/// Returns the text that libfuzzer-sys passes to a target: the bytes before the first one that is not UTF-8.
fn text(bytes: &[u8]) -> &str {
    bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid())
}

/// Returns the two texts that libfuzzer-sys passes to a target. The last byte gives the length of the first text.
fn texts(bytes: &[u8]) -> (&str, &str) {
    // The length of a longer input has more than one byte.
    assert!(bytes.len() <= 256, "a seed for two texts has at most 256 bytes");
    let Some((last, rest)) = bytes.split_last() else { return ("", "") };
    let first = text(&rest[..usize::from(*last) % (rest.len() + 1)]);
    (first, text(&rest[first.len()..]))
}

/// Returns the paths in a folder in the order of their names.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn stem(path: &Path) -> &str {
    path.file_stem().unwrap().to_str().unwrap()
}

/// Runs a target on an input, and returns false if it panics. Each input gets a thread of its own, so that a panic leaves no state to
/// the next input. The name of the thread is part of the panic's message.
fn passes(name: &str, target: Target, input: Vec<u8>) -> bool {
    let thread = thread::Builder::new().name(name.to_string());
    thread.spawn(move || target(&input)).unwrap().join().is_ok()
}

// One test for all, since the Edge's memory is measured in the whole process.
#[test]
fn targets_pass_on_their_seeds() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let seeds = fuzz.join("seeds");
    let names = TARGETS.map(|(name, _)| name);
    let programs = entries(&fuzz.join("fuzz_targets"));
    let programs: Vec<&str> = programs.iter().map(|path| stem(path)).collect();
    assert_eq!(
        programs, names,
        "the programs in conformance/fuzz/fuzz_targets, and the targets of this test"
    );
    for folder in entries(&seeds) {
        assert!(names.contains(&stem(&folder)), "{} belongs to no target", folder.display());
    }
    let mut failed = Vec::new();
    for (target, run) in TARGETS {
        // libFuzzer begins with this input.
        let mut inputs = vec![(format!("{target}, empty input"), Vec::new())];
        let folder = seeds.join(target);
        let files = if folder.exists() { entries(&folder) } else { Vec::new() };
        let has_seeds = !WITHOUT_SEEDS.contains(&target);
        assert_eq!(!files.is_empty(), has_seeds, "{target} has {} seeds", files.len());
        inputs.extend(files.iter().map(|file| {
            let name = file.file_name().unwrap().to_str().unwrap();
            (format!("conformance/fuzz/seeds/{target}/{name}"), fs::read(file).unwrap())
        }));
        failed.extend(
            inputs
                .into_iter()
                .filter_map(|(name, input)| (!passes(&name, run, input)).then_some(name)),
        );
    }
    assert!(failed.is_empty(), "targets panicked on {failed:#?}");
}
