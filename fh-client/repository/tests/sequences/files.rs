//! Files of sequences: JSON Lines, compressed.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use fh_repository::Reason;
use fh_repository::system::System;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::choose::chosen;
use crate::{known, sequence, shown};

/// The line that writes the committed sequences again.
const COMMIT: &str = "cargo xtask web sequences --commit";

/// The committed files: the name, the number of sequences, and whether their features have rules.
const COMMITTED: [(&str, usize, bool); 2] =
    [("chosen-0000.jsonl.gz", 100, false), ("rules-0000.jsonl.gz", 40, true)];

/// All reasons for values.
const REASONS: [Reason; 9] = [
    Reason::StrategyMatch,
    Reason::Split,
    Reason::Default,
    Reason::Static,
    Reason::Intercepted,
    Reason::NotSet,
    Reason::NotFound,
    Reason::TypeMismatch,
    Reason::NotReady,
];

fn committed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../bindings/web/equality/data/sequences")
        .join(name)
}

fn lines(sequences: &[Value]) -> String {
    sequences.iter().map(|sequence| format!("{sequence}\n")).collect()
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = GzEncoder::new(Vec::new(), Compression::best());
    file.write_all(text.as_bytes()).unwrap();
    fs::write(path, file.finish().unwrap()).unwrap();
}

/// Returns the lines of a committed file.
fn text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    GzDecoder::new(fs::File::open(path)?).read_to_string(&mut text)?;
    Ok(text)
}

/// The committed sequences are those that this tree gives. `FH_SEQUENCES=commit` writes them again. `FH_SEQUENCE` names the only one to
/// compare, which is printed and need not be committed.
#[test]
fn the_committed_sequences_are_those_of_this_tree() {
    if let Ok(name) = env::var("FH_SEQUENCE") {
        print(&now(&name));
    }
    for (name, count, with_rules) in COMMITTED {
        let path = committed(name);
        if env::var("FH_SEQUENCES").as_deref() == Ok("commit") {
            write(&path, &lines(&chosen(count, with_rules)));
        } else {
            assert_eq!(
                compared(&path, with_rules),
                count,
                "{name} lacks sequences; to write them again, type:\n{COMMIT}"
            );
        }
    }
}

/// The committed sequences contain reads with each reason, and the text of each problem and of each notice.
#[test]
fn the_committed_sequences_give_each_reason() {
    let mut given = BTreeSet::new();
    for (name, ..) in COMMITTED {
        for line in text(&committed(name)).unwrap().lines() {
            let sequence: Value = serde_json::from_str(line).unwrap();
            for step in sequence["steps"].as_array().unwrap() {
                let gives = [&step["gives"]["reason"], &step["gives"]["text"]];
                given.extend(gives.iter().filter_map(|it| it.as_str()).map(ToString::to_string));
            }
        }
    }
    let problems =
        known::problems().into_iter().map(|each| each.on(System::FeatureHub).to_string());
    let notices = known::notices().into_iter().map(|(_, notice)| shown::text(&notice));
    let texts = REASONS.iter().map(|reason| reason.as_str().to_owned());
    let missing: Vec<_> =
        texts.chain(problems).chain(notices).filter(|each| !given.contains(each)).collect();
    assert!(missing.is_empty(), "no committed sequence gives {missing:?}");
}

/// Returns the sequence with this name that this tree gives.
fn now(name: &str) -> Value {
    let seed = name.strip_prefix("sequence ").and_then(|seed| seed.parse().ok());
    sequence(seed.expect("the name of a sequence, such as `sequence 17`"))
}

/// Prints the steps of a sequence and their results.
fn print(sequence: &Value) {
    println!("{}", sequence["name"].as_str().unwrap());
    for (at, step) in sequence["steps"].as_array().unwrap().iter().enumerate() {
        let mut result = step.as_object().unwrap().clone();
        let input = result.remove("step").unwrap();
        println!("step {at}\n  input: {input}\n  result: {}", Value::Object(result));
    }
}

/// Returns the commands that repeat the comparison of one sequence, in Rust and then in TypeScript.
fn commands(name: &str) -> String {
    format!(
        "to repeat it, and print what the repository does now:\n    \
         FH_SEQUENCE='{name}' cargo test -p fh-repository --test sequences the_committed_sequences -- --nocapture\n\
         if the change is intended, to write the committed files again:\n    {COMMIT}\n\
         then, to replay it in TypeScript, in bindings/web:\n    \
         FH_ENGINE=required FH_SEQUENCE='{name}' npx vitest run packages/client/tests/sequences.test.ts\n\
         The file of bindings/web/packages/client/src/repository with the name of the changed file must follow."
    )
}

/// Compares the sequences of a file with those of this tree, and returns their number.
fn compared(path: &Path, with_rules: bool) -> usize {
    let found = text(path).unwrap_or_else(|why| {
        panic!("the committed sequences cannot be read ({why}); to write them, type:\n{COMMIT}")
    });
    let only = env::var("FH_SEQUENCE").ok();
    let mut count = 0;
    for line in found.lines() {
        // The texts are not compared: the order of members depends on features of serde_json that other crates of a build may switch on.
        let old: Value = serde_json::from_str(line).unwrap();
        assert_eq!(old["hasRules"], with_rules, "{}", old["name"]);
        let name = old["name"].as_str().unwrap();
        count += 1;
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let new = now(name);
        if old == new {
            continue;
        }
        let steps = old["steps"].as_array().unwrap().iter().zip(new["steps"].as_array().unwrap());
        let at = steps.take_while(|(old, new)| old == new).count();
        panic!(
            "this tree gives another {name}, beginning with step {at}:\n{}\ninstead of\n{}\n{}",
            new["steps"][at],
            old["steps"][at],
            commands(name)
        );
    }
    count
}

/// Writes many sequences into the folder that `FH_SEQUENCES` names, for a replay beside the committed ones.
#[test]
#[ignore = "writes files; the deep part `web: equality` of `cargo xtask prove` runs it after a change of its inputs"]
fn sequences_are_written() {
    let folder = PathBuf::from(env::var("FH_SEQUENCES").expect("FH_SEQUENCES names a folder"));
    let count = env::var("FH_SEQUENCES_COUNT")
        .map_or(5_000, |count| count.parse().expect("a whole number"));
    for first in (0..count).step_by(500) {
        let sequences: Vec<Value> = (first..count.min(first + 500)).map(sequence).collect();
        write(&folder.join(format!("drawn-{:04}.jsonl.gz", first / 500)), &lines(&sequences));
    }
}

/// Mutants that no repository in TypeScript can have. They hold a lock while a listener is called, and TypeScript has no locks.
#[cfg(mutants)]
const OF_LOCKS: [&str; 2] = ["ListenersCannotSubscribe", "ListenersOfAllClientsQueue"];

/// A repository in TypeScript that has the bug of a mutant fails the replay of each sequence that the mutant changes.
#[cfg(mutants)]
#[test]
fn each_mutant_changes_a_committed_sequence() {
    use fh_repository::mutants::{Mutant, switch_on};

    let all = Mutant::ALL.iter().map(|(mutant, _)| *mutant);
    let mut left: Vec<Mutant> =
        all.filter(|mutant| !OF_LOCKS.contains(&format!("{mutant:?}").as_str())).collect();
    for line in COMMITTED.iter().map(|(name, ..)| text(&committed(name)).unwrap()) {
        for line in line.lines() {
            let old: Value = serde_json::from_str(line).unwrap();
            let name = old["name"].as_str().unwrap();
            left.retain(|mutant| {
                switch_on(Some(*mutant));
                let new = std::panic::catch_unwind(|| now(name));
                switch_on(None);
                let is_found = new.ok().as_ref() != Some(&old);
                if is_found {
                    println!("{mutant:?}: {name}");
                }
                !is_found
            });
        }
    }
    assert!(
        left.is_empty(),
        "no committed sequence differs with {left:?}; change what `draw.rs` draws, and type:\n{COMMIT}"
    );
}
