//! The records and secrets of one environment.

use crate::featbit::entry::{Entry, EntryKind};
use crate::featbit::payload::{self, EventType};
use crate::featbit::secret::SecretKind;

#[derive(Clone, Debug)]
pub(crate) struct EnvironmentState {
    pub(crate) id: String,
    /// None once the secret is revoked.
    pub(crate) server_secret: Option<String>,
    pub(crate) client_secret: Option<String>,
    flags: Vec<Entry>,
    segments: Vec<Entry>,
}

impl EnvironmentState {
    pub(crate) fn new(id: String, server_secret: String, client_secret: String) -> Self {
        Self {
            id,
            server_secret: Some(server_secret),
            client_secret: Some(client_secret),
            flags: Vec::new(),
            segments: Vec::new(),
        }
    }

    /// Returns the type of a secret of this environment.
    pub(crate) fn kind_of(&self, secret: &str) -> Option<SecretKind> {
        if self.server_secret.as_deref() == Some(secret) {
            Some(SecretKind::Server)
        } else if self.client_secret.as_deref() == Some(secret) {
            Some(SecretKind::Client)
        } else {
            None
        }
    }

    fn entries(&mut self, kind: EntryKind) -> &mut Vec<Entry> {
        match kind {
            EntryKind::Flag => &mut self.flags,
            EntryKind::Segment => &mut self.segments,
        }
    }

    /// Stores a record in place of the one with the same id.
    pub(crate) fn put(&mut self, kind: EntryKind, entry: Entry) {
        let entries = self.entries(kind);
        match entries.iter_mut().find(|old| entry.replaces(old)) {
            Some(old) => *old = entry,
            None => entries.push(entry),
        }
    }

    pub(crate) fn flag(&self, key: &str) -> Option<&Entry> {
        self.flags.iter().find(|entry| entry.is_named(key))
    }

    /// Removes a flag. Returns false if there is none.
    pub(crate) fn delete_flag(&mut self, key: &str) -> bool {
        let before = self.flags.len();
        self.flags.retain(|entry| !entry.is_named(key));
        self.flags.len() < before
    }

    pub(crate) fn replace_all(&mut self, flags: Vec<Entry>, segments: Vec<Entry>) {
        (self.flags, self.segments) = (flags, segments);
    }

    /// Returns the latest version of all records.
    pub(crate) fn latest_version(&self) -> Option<i64> {
        self.flags.iter().chain(&self.segments).map(|entry| entry.version).max()
    }

    /// Returns the flag of the latest version.
    pub(crate) fn latest_flag(&self) -> Option<&Entry> {
        self.flags.iter().max_by_key(|entry| entry.version)
    }

    /// Returns the texts of the records that are newer than a client's timestamp. With timestamp 0, all records are sent.
    pub(crate) fn newer_than(&self, timestamp: i64) -> (EventType, Vec<&str>, Vec<&str>) {
        let event = if timestamp == 0 { EventType::Full } else { EventType::Patch };
        let newer = |entry: &&Entry| event == EventType::Full || entry.version > timestamp;
        let flags = self.flags.iter().filter(newer).map(|entry| entry.text.as_str());
        let segments = self.segments.iter().filter(newer).map(|entry| entry.text.as_str());
        (event, flags.collect(), segments.collect())
    }

    /// Returns the answer to a client's timestamp.
    pub(crate) fn message(&self, timestamp: i64) -> String {
        let (event, flags, segments) = self.newer_than(timestamp);
        payload::data_sync(event, &flags, &segments)
    }
}
