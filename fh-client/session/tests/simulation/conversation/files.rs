//! Files of conversations: JSON Lines, compressed, at most 100 conversations in each.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::{env, fs};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::Conversation;
use super::origin::{hostile, of_hostile, of_simulation, recorded};
use crate::setting;

/// Maximum number of conversations in a file.
pub const IN_A_FILE: u64 = 100;
/// The size limit of all files together, in bytes.
const MOST_BYTES: u64 = 60 * 1_000_000;
/// Number of conversations of the simulation in a full run. A full run must have [`EACH_KIND`] and [`EACH_MODE`].
const FULL: u64 = 10_000;
/// Minimum number of conversations with each kind of keys.
const EACH_KIND: u64 = 3_000;
/// Minimum number of conversations in each mode.
const EACH_MODE: u64 = 100;

/// The numbers of conversations and steps that were written.
#[derive(Debug, Default)]
struct Account {
    by_kind: BTreeMap<&'static str, u64>,
    by_mode: BTreeMap<&'static str, u64>,
    conversations: u64,
    steps: u64,
    bytes: u64,
}

impl Account {
    fn add(&mut self, conversation: &Conversation) {
        self.conversations += 1;
        self.steps += conversation.steps.len() as u64;
        *self.by_kind.entry(conversation.kind_of_keys()).or_default() += 1;
        *self.by_mode.entry(conversation.config.mode.name()).or_default() += 1;
    }
}

/// Compresses conversations. Equal conversations give equal bytes.
pub fn compressed(conversations: &[Conversation]) -> Vec<u8> {
    let mut file = GzEncoder::new(Vec::new(), Compression::default());
    for conversation in conversations {
        serde_json::to_writer(&mut file, conversation).expect("a form that JSON has");
        file.write_all(b"\n").expect("a buffer that grows");
    }
    file.finish().expect("a buffer that grows")
}

/// Writes the files of `count` conversations, on all cores. `conversation` makes the conversation with a number.
fn write(
    folder: &Path,
    prefix: &str,
    count: u64,
    account: &mut Account,
    conversation: impl Fn(u64) -> Conversation + Sync,
) {
    let next = AtomicU64::new(0);
    let shared = Mutex::new(account);
    let work = || {
        loop {
            let file = next.fetch_add(1, Ordering::Relaxed);
            let numbers = file * IN_A_FILE..((file + 1) * IN_A_FILE).min(count);
            if numbers.is_empty() {
                return;
            }
            let conversations: Vec<Conversation> = numbers.map(&conversation).collect();
            let bytes = compressed(&conversations);
            fs::write(folder.join(format!("{prefix}-{file:04}.jsonl.gz")), &bytes).unwrap();
            let mut account = shared.lock().unwrap();
            account.bytes += bytes.len() as u64;
            for conversation in &conversations {
                account.add(conversation);
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for outcome in threads.into_iter().map(ScopedJoinHandle::join) {
            outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
}

/// Writes the conversations into the folder that `FH_CONVERSATIONS` names.
#[test]
#[ignore = "writes files; the deep part `web: equality` of `cargo xtask prove` runs it after a change of its inputs"]
fn conversations_are_written() {
    let folder = PathBuf::from(env::var_os("FH_CONVERSATIONS").expect("FH_CONVERSATIONS"));
    fs::create_dir_all(&folder).unwrap();
    for entry in fs::read_dir(&folder).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let count = setting("FH_CONVERSATIONS_COUNT").unwrap_or(FULL);
    let mut account = Account::default();
    write(&folder, "simulation", count, &mut account, |seed| recorded(of_simulation(seed)));
    let hostile = hostile();
    write(&folder, "hostile", hostile.len() as u64, &mut account, |at| {
        recorded(of_hostile(&hostile[at as usize]))
    });
    println!("{account:#?}");
    assert!(account.bytes <= MOST_BYTES, "{} bytes", account.bytes);
    if count >= FULL {
        for (name, least, found) in
            [("keys", EACH_KIND, &account.by_kind), ("mode", EACH_MODE, &account.by_mode)]
        {
            for (each, number) in found {
                assert!(*number >= least, "only {number} conversations with {name} {each}");
            }
        }
        assert_eq!((account.by_kind.len(), account.by_mode.len()), (2, 5));
    }
}
