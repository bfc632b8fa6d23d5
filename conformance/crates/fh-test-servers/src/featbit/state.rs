//! The state that all threads of one server share.

use std::sync::{Arc, Mutex};

use crate::server::{FaultPlan, Faults, Recorder};

use crate::featbit::clock::Clock;
use crate::featbit::entry::{Entry, EntryKind};
use crate::featbit::environment_state::EnvironmentState;
use crate::featbit::fault::{Fault, clock_offset_ms};
use crate::featbit::guid::Guid;
use crate::featbit::outbox::{Item, Outbox};
use crate::featbit::payload::{self, EventType};
use crate::featbit::record::Record;
use crate::featbit::script::Scripts;
use crate::featbit::secret::{self, SecretKind};
use crate::featbit::timestamp;

#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) state: Mutex<State>,
    pub(crate) recorder: Recorder<Record>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) environments: Vec<EnvironmentState>,
    pub(crate) faults: FaultPlan<Fault>,
    pub(crate) scripts: Scripts,
    pub(crate) base_clock: Clock,
    sockets: Vec<OpenSocket>,
    /// Answers that wait until the test releases them.
    pub(crate) held: Vec<(Arc<Outbox>, Item)>,
    sockets_opened: u64,
    /// The latest time that the server gave to a record.
    last_stamp: i64,
}

#[derive(Debug)]
struct OpenSocket {
    number: u64,
    environment: String,
    kind: SecretKind,
    outbox: Arc<Outbox>,
}

impl State {
    /// Returns the clock for plain requests.
    pub(crate) fn clock(&self) -> Clock {
        Clock { offset_ms: self.base_clock.offset_ms + clock_offset_ms(self.faults.armed()) }
    }

    /// Returns the clock for a socket with the given faults.
    pub(crate) fn clock_with(&self, faults: &Faults<Fault>) -> Clock {
        Clock { offset_ms: self.base_clock.offset_ms + clock_offset_ms(faults.iter()) }
    }

    /// Adds an environment whose ids and secrets are numbered, and returns its id.
    pub(crate) fn add_numbered_environment(&mut self) -> String {
        let number = self.environments.len() as u128 + 1;
        let id = Guid::numbered(0xe000 + number);
        let secret = |kind: u128| secret::encode(Guid::numbered((kind << 64) + number), id);
        let environment = EnvironmentState::new(id.to_string(), secret(1), secret(2));
        self.environments.push(environment);
        id.to_string()
    }

    pub(crate) fn environment(&mut self, id: &str) -> Option<&mut EnvironmentState> {
        self.environments.iter_mut().find(|environment| environment.id == id)
    }

    /// Returns the id of the environment and the type of a known secret.
    pub(crate) fn owner_of(&self, secret: &str) -> Option<(String, SecretKind)> {
        self.environments
            .iter()
            .find_map(|environment| Some((environment.id.clone(), environment.kind_of(secret)?)))
    }

    /// Returns a time for a changed record: the clock, but later than all records by at least 1 ms, since clients compare milliseconds.
    pub(crate) fn stamp(&mut self) -> i64 {
        let stored = self.environments.iter().filter_map(EnvironmentState::latest_version);
        let latest = stored.max().unwrap_or(0).max(self.last_stamp);
        self.last_stamp = self.base_clock.now_ms().max(latest + 1);
        self.last_stamp
    }

    /// Returns a record with the given members and a new time.
    pub(crate) fn stamped(
        &mut self,
        entry: &Entry,
        changes: &[(&str, String)],
    ) -> Result<Entry, serde_json::Error> {
        let time = format!("\"{}\"", timestamp::format(self.stamp()));
        let mut changes = changes.to_vec();
        changes.push(("updatedAt", time));
        entry.with(&changes)
    }

    /// Sends a patch with one record to the sockets of an environment. Versions are not compared.
    pub(crate) fn push(&self, environment: &str, kind: EntryKind, text: &str) {
        let message = match kind {
            EntryKind::Flag => payload::data_sync(EventType::Patch, &[text], &[]),
            EntryKind::Segment => payload::data_sync(EventType::Patch, &[], &[text]),
        };
        self.push_message(environment, &message);
    }

    /// Sends a message to the sockets of an environment that are of type `server`.
    pub(crate) fn push_message(&self, environment: &str, message: &str) {
        let is_addressed = |socket: &&OpenSocket| {
            socket.environment == environment && socket.kind == SecretKind::Server
        };
        for socket in self.sockets.iter().filter(is_addressed) {
            socket.outbox.send(Item::Message(message.to_owned()));
        }
    }

    /// Adds a socket, which gets pushes from now on, and returns its number.
    pub(crate) fn open(
        &mut self,
        environment: String,
        kind: SecretKind,
        outbox: Arc<Outbox>,
    ) -> u64 {
        self.sockets_opened += 1;
        let number = self.sockets_opened;
        self.sockets.push(OpenSocket { number, environment, kind, outbox });
        number
    }

    pub(crate) fn close(&mut self, number: u64) {
        self.sockets.retain(|socket| socket.number != number);
    }

    pub(crate) fn outboxes(&self) -> Vec<Arc<Outbox>> {
        self.sockets.iter().map(|socket| Arc::clone(&socket.outbox)).collect()
    }
}
