//! The committed conversations, which the tests in TypeScript replay without any other files.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde_json::Value;

use super::Conversation;
use super::files::{IN_A_FILE, compressed};
use super::origin::{hostile, named};

/// Maximum number of committed conversations.
pub const MOST: usize = 200;
/// The size limit of the committed files together, in bytes.
const MOST_BYTES: usize = 3_000_000;
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

/// The committed conversations are those that the session and the scripts give now. If a rule was changed on purpose, the command of the
/// message chooses and writes them again, and the session in TypeScript must follow.
#[test]
fn committed_conversations_are_those_of_the_tree() {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../bindings/web/equality/data/conversations");
    let hostile = hostile();
    let (mut count, mut bytes) = (0, 0);
    for (path, file) in files(&folder) {
        bytes += file.len();
        let mut text = String::new();
        GzDecoder::new(file.as_slice()).read_to_string(&mut text).unwrap();
        for line in text.lines() {
            count += 1;
            let committed: Value = serde_json::from_str(line).unwrap();
            let name = committed["name"].as_str().unwrap();
            let again = "run `cargo xtask web conversations --commit` if the change is intended";
            let Some(mut now) = named(name, &hostile) else {
                panic!("{}: there is no conversation {name} any more: {again}", path.display())
            };
            now.steps.truncate(committed["steps"].as_array().map_or(0, Vec::len));
            if serde_json::to_string(&now).unwrap() != line {
                let now = serde_json::to_value(&now).unwrap();
                panic!("{name} differs: {}\n{again}", difference(&committed, &now));
            }
        }
    }
    assert!(bytes <= MOST_BYTES, "{bytes} bytes");
    assert!((100..=MOST).contains(&count), "{count} conversations are committed");
}
