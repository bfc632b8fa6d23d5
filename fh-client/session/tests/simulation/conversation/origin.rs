//! The origins of conversations: scripts of the simulation, and hostile input, which is the seeds of the fuzz target `session` and byte
//! strings that are drawn.

use std::fs;
use std::path::Path;

use fh_repository::time::Millis;
use fh_session::{Action, Config, Input, RequestId, RequestKind};

use super::{Conversation, Recorder};
use crate::hostile::{Player, play};
use crate::random::Random;
use crate::script::Script;

/// The start of the name of a conversation of the simulation. The seed follows.
const SIMULATION: &str = "simulation ";
/// Number of drawn byte strings.
const DRAWN: u64 = 1_000;
/// Maximum length of a drawn byte string.
const LONGEST: u64 = 600;

/// A recorded session, with what scripts need to know about it.
struct RecordedPlayer {
    session: Recorder,
    live: Option<RequestId>,
    asked: RequestKind,
}

impl Player for RecordedPlayer {
    fn tell<'a>(&mut self, now: u64, input: impl Fn() -> Input<'a>) {
        if let Input::Closed { request_id, .. } = input()
            && self.live == Some(request_id)
        {
            self.live = None;
        }
        self.session.handle(Millis::new(now), input());
        while let Some(action) = self.session.poll() {
            match action {
                Action::Send(request_id, request) => {
                    (self.live, self.asked) = (Some(request_id), request.kind);
                }
                Action::Abort(_) => self.live = None,
                _ => {}
            }
        }
    }

    fn deadline(&self) -> Option<u64> {
        self.session.deadline().map(Millis::as_u64)
    }

    fn live(&self) -> Option<RequestId> {
        self.live
    }

    fn asked(&self) -> RequestKind {
        self.asked
    }
}

/// Bytes that are played as a script.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub struct Hostile {
    /// The name of the conversation.
    name: String,
    bytes: Vec<u8>,
}

/// Returns the seeds, and the drawn byte strings.
pub fn hostile() -> Vec<Hostile> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/fuzz/seeds/session");
    let mut scripts = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let (name, bytes) = (format!("hostile seed {name}"), fs::read(entry.path()).unwrap());
        scripts.push(Hostile { name, bytes });
    }
    scripts.sort();
    for number in 0..DRAWN {
        scripts.push(Hostile { name: format!("hostile drawn {number}"), bytes: drawn(number) });
    }
    scripts
}

/// Draws a byte string. Of each byte, some values are likelier, so that sessions get past their first request.
fn drawn(number: u64) -> Vec<u8> {
    let mut random = Random::new(number);
    let length = random.between(20, LONGEST);
    (0..length)
        .map(|_| match random.below(8) {
            0 => 0,
            1..5 => random.below(24) as u8,
            _ => random.below(256) as u8,
        })
        .collect()
}

/// Plays a script, and returns its session with the record.
pub fn of_hostile(script: &Hostile) -> Recorder {
    let player = |config: Config, seed: u64| {
        let mut session = Recorder::new(config, seed);
        session.record(script.name.clone());
        RecordedPlayer { session, live: None, asked: RequestKind::Poll }
    };
    play(&script.bytes, player).session
}

/// Runs the script of the simulation with this seed, and returns its session with the record.
pub fn of_simulation(seed: u64) -> Recorder {
    let mut script = Script::new(seed, false);
    script.client.session.record(format!("{SIMULATION}{seed}"));
    if let Err(broken) = script.run() {
        panic!(
            "script {seed} violates an invariant: {broken}\nto repeat it:\n    \
             FH_SIMULATION_SEED={seed} cargo test -p fh-session --test simulation random_scripts -- --nocapture"
        );
    }
    script.client.session
}

/// Returns the session with the record of the conversation with this name; `None` if there is none.
pub fn named(name: &str, hostile: &[Hostile]) -> Option<Recorder> {
    if let Some(seed) = name.strip_prefix(SIMULATION) {
        return Some(of_simulation(seed.parse().ok()?));
    }
    hostile.iter().find(|script| script.name == name).map(of_hostile)
}

/// Returns the record of a session.
pub fn recorded(mut session: Recorder) -> Conversation {
    session.recorded().expect("a record that was begun")
}
