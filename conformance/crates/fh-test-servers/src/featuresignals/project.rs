//! The stored flags, states and segments, and the copy of them that the server keeps in memory.

use std::sync::Arc;

use fh_test::json::Json;

/// The members of an object, by key, in their order.
pub(crate) type Entries = Vec<(String, Json)>;

/// An environment: its name, its keys, and the states of flags.
#[derive(Debug)]
pub(crate) struct EnvironmentState {
    pub(crate) slug: String,
    pub(crate) id: String,
    pub(crate) server_key: String,
    pub(crate) client_key: String,
    pub(crate) are_keys_revoked: bool,
    pub(crate) states: Entries,
    /// The ruleset that the server has loaded. It has no end of life: only a written state evicts it.
    loaded: Option<Arc<Json>>,
}

impl EnvironmentState {
    pub(crate) fn new(slug: String, id: String, server_key: String, client_key: String) -> Self {
        Self {
            slug,
            id,
            server_key,
            client_key,
            are_keys_revoked: false,
            states: Entries::new(),
            loaded: None,
        }
    }

    /// Returns true if a key is one of this environment.
    pub(crate) fn has_key(&self, key: &str) -> bool {
        !self.are_keys_revoked && (self.server_key == key || self.client_key == key)
    }

    pub(crate) fn evict(&mut self) {
        self.loaded = None;
    }

    /// Returns the ruleset, which is loaded if it is not in memory.
    pub(crate) fn ruleset(&mut self, project: &Project) -> Arc<Json> {
        let load = || {
            let parts = [
                ("flags", &project.flags),
                ("states", &self.states),
                ("segments", &project.segments),
            ];
            let parts = parts.map(|(name, entries)| (name, Json::Object(entries.clone())));
            Arc::new(Json::object(parts))
        };
        Arc::clone(self.loaded.get_or_insert_with(load))
    }
}

/// The flags and segments, which all environments share.
#[derive(Debug, Default)]
pub(crate) struct Project {
    pub(crate) flags: Entries,
    pub(crate) segments: Entries,
}

impl Project {
    /// Returns the id of a flag: its member `id`, or an id that is made of its key.
    pub(crate) fn flag_id(&self, flag_key: &str) -> String {
        let flag = find(&self.flags, flag_key);
        let given = flag.and_then(|flag| flag.get("id")).and_then(Json::text);
        given.map_or_else(|| made_id(flag_key), ToOwned::to_owned)
    }
}

pub(crate) fn find<'a>(entries: &'a Entries, key: &str) -> Option<&'a Json> {
    entries.iter().find(|(known, _)| known == key).map(|(_, value)| value)
}

/// Replaces an entry, or adds it at the end. Returns true if it existed.
pub(crate) fn put(entries: &mut Entries, key: &str, value: Json) -> bool {
    match entries.iter_mut().find(|(known, _)| known == key) {
        Some((_, old)) => {
            *old = value;
            true
        }
        None => {
            entries.push((key.to_owned(), value));
            false
        }
    }
}

/// Removes an entry. Returns true if it existed.
pub(crate) fn remove(entries: &mut Entries, key: &str) -> bool {
    let count = entries.len();
    entries.retain(|(known, _)| known != key);
    entries.len() < count
}

/// Returns an id in the form of a UUID that depends on the key alone.
fn made_id(key: &str) -> String {
    let hash = super::plain::murmur3(key.as_bytes(), 0);
    format!("00000000-0000-4000-8000-0000{hash:08x}")
}
