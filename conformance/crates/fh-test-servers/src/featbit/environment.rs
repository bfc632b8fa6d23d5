//! The handle of an environment, with which a test changes flags and segments.

use std::fmt;
use std::sync::Arc;

use crate::server::locked;

use crate::featbit::entry::{Entry, EntryKind};
use crate::featbit::state::{Shared, State};

/// The error of a change that the server cannot make.
#[derive(Debug)]
#[non_exhaustive]
pub enum ChangeError {
    /// The record is no JSON object.
    Json(serde_json::Error),
    /// There is no flag of this key.
    NotFound(String),
}

impl fmt::Display for ChangeError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(to, "the record is no JSON object: {error}"),
            Self::NotFound(name) => write!(to, "there is no flag {name:?}"),
        }
    }
}

impl std::error::Error for ChangeError {}

impl From<serde_json::Error> for ChangeError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

/// An environment of a server.
#[derive(Clone, Debug)]
pub struct Environment {
    pub(crate) shared: Arc<Shared>,
    pub(crate) id: String,
}

impl Environment {
    /// Returns the id of the environment.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the secret of server-side SDKs, or an empty text once it is revoked.
    #[must_use]
    pub fn server_secret(&self) -> String {
        self.read(|state, id| state.environment(id)?.server_secret.clone())
    }

    /// Returns the secret of client-side SDKs, or an empty text once it is revoked.
    #[must_use]
    pub fn client_secret(&self) -> String {
        self.read(|state, id| state.environment(id)?.client_secret.clone())
    }

    fn read(&self, read: impl FnOnce(&mut State, &str) -> Option<String>) -> String {
        read(&mut locked(&self.shared.state), &self.id).unwrap_or_default()
    }

    /// Revokes both secrets. Open sockets stay open, as on FeatBit's server, and new ones are refused.
    pub fn revoke_secrets(&self) {
        if let Some(environment) = locked(&self.shared.state).environment(&self.id) {
            (environment.server_secret, environment.client_secret) = (None, None);
        }
    }

    /// Stores a flag with a new `updatedAt` and pushes it. All other text stays as it is written.
    ///
    /// # Errors
    /// If the text is no JSON object.
    pub fn put_flag(&self, json: &str) -> Result<(), ChangeError> {
        self.put(EntryKind::Flag, json)
    }

    /// Stores a segment with a new `updatedAt` and pushes it. All other text stays as it is written.
    ///
    /// # Errors
    /// If the text is no JSON object.
    pub fn put_segment(&self, json: &str) -> Result<(), ChangeError> {
        self.put(EntryKind::Segment, json)
    }

    fn put(&self, kind: EntryKind, json: &str) -> Result<(), ChangeError> {
        let entry = Entry::parse(json)?;
        self.change(&mut locked(&self.shared.state), kind, &entry, &[])
    }

    fn change(
        &self,
        state: &mut State,
        kind: EntryKind,
        entry: &Entry,
        changes: &[(&str, String)],
    ) -> Result<(), ChangeError> {
        let entry = state.stamped(entry, changes)?;
        state.push(&self.id, kind, &entry.text);
        if let Some(environment) = state.environment(&self.id) {
            environment.put(kind, entry);
        }
        Ok(())
    }

    /// Archives or restores a flag, and pushes it with a new `updatedAt`.
    ///
    /// # Errors
    /// If there is no flag of this key.
    pub fn archive_flag(&self, key: &str, is_archived: bool) -> Result<(), ChangeError> {
        let mut state = locked(&self.shared.state);
        let flag = state.environment(&self.id).and_then(|it| it.flag(key).cloned());
        let flag = flag.ok_or_else(|| ChangeError::NotFound(key.to_owned()))?;
        let changes = [("isArchived", is_archived.to_string())];
        self.change(&mut state, EntryKind::Flag, &flag, &changes)
    }

    /// Deletes a flag. Nothing is pushed.
    ///
    /// # Errors
    /// If there is no flag of this key.
    pub fn delete_flag(&self, key: &str) -> Result<(), ChangeError> {
        let mut state = locked(&self.shared.state);
        let is_deleted = state.environment(&self.id).is_some_and(|it| it.delete_flag(key));
        if is_deleted { Ok(()) } else { Err(ChangeError::NotFound(key.to_owned())) }
    }

    /// Replaces all records, exactly as they are written, and pushes nothing. With older ones, the server is as after a restored backup.
    ///
    /// # Errors
    /// If one of the texts is no JSON object. Then nothing is changed.
    pub fn replace_all(&self, flags: &[&str], segments: &[&str]) -> Result<(), ChangeError> {
        let entries = |texts: &[&str]| -> Result<Vec<Entry>, serde_json::Error> {
            texts.iter().map(|text| Entry::parse(text)).collect()
        };
        let (flags, segments) = (entries(flags)?, entries(segments)?);
        if let Some(environment) = locked(&self.shared.state).environment(&self.id) {
            environment.replace_all(flags, segments);
        }
        Ok(())
    }

    /// Pushes a patch with one flag, exactly as it is written, without storing it. The text may be anything.
    pub fn push_flag(&self, json: &str) {
        locked(&self.shared.state).push(&self.id, EntryKind::Flag, json);
    }

    /// Pushes a patch with one segment, exactly as it is written, without storing it. The text may be anything.
    pub fn push_segment(&self, json: &str) {
        locked(&self.shared.state).push(&self.id, EntryKind::Segment, json);
    }

    /// Sends a text message to all sockets of type `server`. The text may be anything.
    pub fn push_text(&self, text: &str) {
        locked(&self.shared.state).push_message(&self.id, text);
    }

    /// Returns the full message that a client with an empty store gets.
    #[must_use]
    pub fn full_message(&self) -> String {
        self.read(|state, id| Some(state.environment(id)?.message(0)))
    }
}
