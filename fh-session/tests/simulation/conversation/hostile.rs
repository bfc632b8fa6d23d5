//! Conversations of hostile input: the seeds of the fuzz target `session`, and byte strings that are drawn.

use std::fs;
use std::path::Path;

use fh_repository::time::Millis;
use fh_session::{Action, Config, Input, RequestId, RequestKind};

use super::{Conversation, Recorder};
use crate::hostile::{Player, play};
use crate::random::Random;

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

/// The scripts of hostile input, with their names.
pub fn scripts() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/session");
    let mut scripts = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        scripts.push((format!("hostile seed {name}"), fs::read(entry.path()).unwrap()));
    }
    scripts.sort();
    for number in 0..DRAWN {
        scripts.push((format!("hostile drawn {number}"), drawn(number)));
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

/// Returns the conversation of a script.
pub fn of_hostile(name: String, script: &[u8]) -> Conversation {
    let player = |config: Config, seed: u64| {
        let mut session = Recorder::new(config, seed);
        session.record(name);
        RecordedPlayer { session, live: None, asked: RequestKind::Poll }
    };
    let mut played = play(script, player);
    played.session.recorded().expect("a record that was begun")
}
