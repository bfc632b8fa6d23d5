//! The committed conversations, which the tests in TypeScript replay without any other files.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::{env, fs};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::read::GzDecoder;
use serde_json::Value;

use super::Conversation;
use super::files::{IN_A_FILE, compressed};
use super::origin::{hostile, named, recorded};
use crate::REACHED;

/// Maximum number of committed conversations.
pub const MOST: usize = 200;
/// The size limit of the committed files together, in bytes.
const MOST_BYTES: usize = 3_000_000;
/// Problems with which commands end and that no status shows, and the stages of requests and commands that time out.
const OF_COMMANDS: [&str; 3] = ["context", "superseded", "closed"];
const STAGES: [&str; 7] = ["connect", "head", "body", "firstEvent", "event", "silence", "context"];
/// The start of the names of the committed files.
const PREFIX: &str = "chosen-";

/// Writes the chosen conversations in place of the former ones.
pub fn write_chosen(folder: &Path, chosen: &[Conversation]) {
    assert!(chosen.len() <= MOST);
    fs::create_dir_all(folder).unwrap();
    for (path, _) in files(folder) {
        fs::remove_file(path).unwrap();
    }
    for (number, conversations) in chosen.chunks(IN_A_FILE as usize).enumerate() {
        let path = folder.join(format!("{PREFIX}{number:04}.jsonl.gz"));
        fs::write(path, compressed(conversations)).unwrap();
    }
    let steps: usize = chosen.iter().map(|conversation| conversation.steps.len()).sum();
    let bytes: usize = files(folder).iter().map(|(_, bytes)| bytes.len()).sum();
    println!("{} conversations, {steps} steps, {bytes} bytes", chosen.len());
    assert!(bytes <= MOST_BYTES, "{bytes} bytes");
}

/// Returns the folder of the committed files.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bindings/web/equality/data/conversations")
}

/// Returns the lines of a compressed file.
fn text(file: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

/// Returns the files of chosen conversations in a folder, in the order of their names.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().is_some_and(|it| it.to_string_lossy().starts_with(PREFIX)))
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

/// Returns the difference between two conversations: the first step that differs.
fn difference(committed: &Value, now: &Value) -> String {
    let steps = |of: &Value| of["steps"].as_array().cloned().unwrap_or_default();
    let (committed_steps, steps_now) = (steps(committed), steps(now));
    for (at, step) in committed_steps.iter().enumerate() {
        match steps_now.get(at) {
            Some(same) if same == step => {}
            Some(other) => return format!("step {at}\n  committed: {step}\n  now:       {other}"),
            None => return format!("the conversation has only {at} steps now"),
        }
    }
    format!("the settings\n  committed: {committed}\n  now:       {now}")
}

/// Returns the commands that repeat the comparison of one conversation, in Rust and then in TypeScript.
fn commands(name: &str) -> String {
    format!(
        "to repeat it, and print what the session does now:\n    \
         FH_CONVERSATION='{name}' cargo test -p fh-session --test simulation committed_conversations -- --nocapture\n\
         if the change is intended, to write the committed files again:\n    cargo xtask web conversations --commit\n\
         then, to replay it in TypeScript, in bindings/web:\n    \
         FH_CONVERSATION='{name}' npx vitest run packages/client/tests/conversations.test.ts"
    )
}

/// Prints the steps of a conversation, as they are now. Bytes become text.
fn print(conversation: &Conversation) {
    println!("conversation {:?}", conversation.name);
    for (at, step) in conversation.steps.iter().enumerate() {
        let mut input = serde_json::to_value(&step.input).unwrap();
        for member in ["bytes", "features", "feature"] {
            if let Some(Value::String(bytes)) = input.get_mut(member) {
                let decoded = BASE64_STANDARD.decode(bytes.as_bytes()).unwrap();
                *bytes = String::from_utf8_lossy(&decoded).into_owned();
            }
        }
        // The members behind the input, in the order of the files.
        let (line, taken) = (serde_json::to_string(step), serde_json::to_string(&step.input));
        let (line, taken) = (line.unwrap(), format!("{},", taken.unwrap()));
        let result = line.split_once(&taken).map_or("}", |(_, result)| result);
        println!("step {at} at {}\n  input: {input}\n  result: {{{result}", step.at);
    }
}

/// Adds the connections, the problems and the stages that a conversation shows, each with the kind of its place.
fn add_reached(conversation: &Value, reached: &mut BTreeSet<(&str, String)>) {
    let steps = conversation["steps"].as_array().unwrap().iter();
    for action in steps.filter_map(|step| step["actions"].as_array()).flatten() {
        let (status, command) = (&action["changed"], &action["problem"]);
        for (kind, name) in [
            ("status", &status["connection"]),
            ("status", &status["problem"]["code"]),
            ("stage", &status["problem"]["stage"]),
            ("command", &command["code"]),
            ("stage", &command["stage"]),
        ] {
            reached.extend(name.as_str().map(|name| (kind, name.to_string())));
        }
    }
}

/// The committed conversations are those that the session and the scripts give now. If a rule was changed on purpose, the command of the
/// message chooses and writes them again, and the session in TypeScript must follow. `FH_CONVERSATION` names the only one to compare, which
/// is printed and need not be committed.
#[test]
fn committed_conversations_are_those_of_the_tree() {
    let folder = folder();
    let hostile = hostile();
    let only = env::var("FH_CONVERSATION").ok();
    if let Some(name) = &only {
        print(&recorded(named(name, &hostile).expect("FH_CONVERSATION names a conversation")));
    }
    let (mut count, mut bytes, mut reached) = (0, 0, BTreeSet::new());
    for (path, file) in files(&folder) {
        bytes += file.len();
        for line in text(&file).lines() {
            count += 1;
            let committed: Value = serde_json::from_str(line).unwrap();
            add_reached(&committed, &mut reached);
            let name = committed["name"].as_str().unwrap();
            if only.as_ref().is_some_and(|only| only != name) {
                continue;
            }
            let Some(mut now) = named(name, &hostile).map(recorded) else {
                let again = "run `cargo xtask web conversations --commit`";
                panic!("{}: there is no conversation {name} any more: {again}", path.display())
            };
            now.steps.truncate(committed["steps"].as_array().map_or(0, Vec::len));
            if serde_json::to_string(&now).unwrap() != line {
                let now = serde_json::to_value(&now).unwrap();
                panic!("{name} differs: {}\n{}", difference(&committed, &now), commands(name));
            }
        }
    }
    assert!(bytes <= MOST_BYTES, "{bytes} bytes");
    assert!((100..=MOST).contains(&count), "{count} conversations are committed");
    let required = [("status", &REACHED[..]), ("command", &OF_COMMANDS), ("stage", &STAGES)];
    let missing: Vec<_> = required
        .into_iter()
        .flat_map(|(kind, names)| names.iter().map(move |name| (kind, (*name).to_string())))
        .filter(|each| !reached.contains(each))
        .collect();
    assert!(missing.is_empty(), "no committed conversation shows {missing:?}");
}

/// A session in TypeScript that has the bug of a mutant fails the replay of each conversation that the mutant changes.
#[cfg(mutants)]
#[test]
fn each_mutant_changes_a_committed_conversation() {
    use fh_session::mutants::switch_on;

    let hostile = hostile();
    let mut left: Vec<_> = super::choose::mutants().collect();
    let committed: String = files(&folder()).iter().map(|(_, file)| text(file)).collect();
    for line in committed.lines() {
        let committed: Value = serde_json::from_str(line).unwrap();
        let name = committed["name"].as_str().unwrap();
        let mut session = named(name, &hostile).unwrap();
        let mut conversation = session.recorded().unwrap();
        conversation.steps.truncate(committed["steps"].as_array().unwrap().len());
        left.retain(|mutant| {
            switch_on(Some(*mutant));
            let changed = super::replay::first_difference(&session, &conversation);
            switch_on(None);
            if let Some(step) = changed {
                println!("{mutant:?}: step {step} of {name}");
            }
            changed.is_none()
        });
    }
    assert!(
        left.is_empty(),
        "no committed conversation differs with {left:?}, so that a session in TypeScript may have these bugs. If \
         `cargo xtask web conversations --commit` finds none either, more scripts must be candidates"
    );
}
