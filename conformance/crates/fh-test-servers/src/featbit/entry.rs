//! A stored flag or segment: its text, and the members that the server itself reads.

use serde_json::value::RawValue;

use crate::featbit::json_text::Members;
use crate::featbit::timestamp;

/// The two kinds of records that an environment has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryKind {
    Flag,
    Segment,
}

/// One flag or segment.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The member `id`, by which a changed record replaces the stored one.
    id: Option<String>,
    /// The member `key`. It names a flag for callers.
    key: Option<String>,
    /// The member `updatedAt` in milliseconds, which is compared with the timestamp of a client. 0 if the record has none.
    pub(crate) version: i64,
    pub(crate) text: String,
}

impl Entry {
    /// Reads a record.
    pub(crate) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let members = Members::parse(text)?;
        let version = members.string("updatedAt").and_then(|text| timestamp::parse(&text));
        Ok(Self {
            id: members.string("id"),
            key: members.string("key"),
            version: version.unwrap_or(0),
            text: text.to_owned(),
        })
    }

    /// Returns the record with other members. The texts of all other members stay as they are.
    pub(crate) fn with(&self, changes: &[(&str, String)]) -> Result<Self, serde_json::Error> {
        let mut members = Members::parse(&self.text)?;
        for (name, value) in changes {
            members.set(name, RawValue::from_string(value.clone())?);
        }
        Self::parse(&members.to_text())
    }

    /// Returns true if a caller means this record: by the id of a segment, or by the key or id of a flag.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.key.as_deref() == Some(name) || self.id.as_deref() == Some(name)
    }

    /// Returns true if this record replaces the other one: they have the same id, or the same key where one has no id.
    pub(crate) fn replaces(&self, other: &Self) -> bool {
        match (&self.id, &other.id) {
            (Some(mine), Some(theirs)) => mine == theirs,
            _ => self.key.is_some() && self.key == other.key,
        }
    }
}
