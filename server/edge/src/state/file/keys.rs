//! Reads the API keys of accounts. Each key must be of the right kind, and unique.

use super::part::{Part, Reading};
use crate::state::ServiceKey;
use crate::state::unique::Uniques;

/// The side that evaluates features for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    /// The client evaluates the features.
    Client,
    /// The Edge evaluates the features.
    Server,
}

impl KeyKind {
    /// Returns the reason why a key is not of this kind, or `None` if the key is of this kind.
    pub(super) fn objection(self, key: &ServiceKey) -> Option<&'static str> {
        match (self, key.is_client_evaluated()) {
            (Self::Client, false) => {
                Some("a client key contains a `*`; a key without a `*` is a serverKey")
            }
            (Self::Server, true) => {
                Some("a server key contains no `*`; a key with a `*` is a clientKey")
            }
            _ => None,
        }
    }
}

/// The API keys that were recorded so far, of all accounts of a document and of the accounts that the options add.
#[derive(Default)]
pub(super) struct Keys {
    uniques: Uniques,
}

impl Keys {
    /// Reads one key or a list of keys, which must be of the kind `kind`. A key that is not valid, is of the other kind or is already
    /// recorded is left out, and an error is added.
    pub(super) fn read(
        &mut self,
        reading: &mut Reading<'_>,
        part: Option<Part>,
        kind: KeyKind,
    ) -> Vec<ServiceKey> {
        let parts = part.map(|part| reading.one_or_several(&part)).unwrap_or_default();
        parts.iter().filter_map(|part| self.read_one(reading, part, kind)).collect()
    }

    fn read_one(
        &mut self,
        reading: &mut Reading<'_>,
        part: &Part,
        kind: KeyKind,
    ) -> Option<ServiceKey> {
        let text = reading.text(part, "a key")?;
        let key = reading.options.complete(text).map_err(|error| error.to_string());
        let key = key.and_then(|text| match text.contains('/') {
            true => Err("an API key is environment/key: in a state file, write only the part after the last /"
                .to_owned()),
            false => ServiceKey::new(&text).map_err(str::to_owned),
        });
        let key = key.and_then(|key| match kind.objection(&key) {
            Some(objection) => Err(objection.to_owned()),
            None => self.take(&key, &part.path.to_string()).map(|()| key),
        });
        key.map_err(|what| reading.error(part, what)).ok()
    }

    /// Records a key as used. `user` is the path or the account of the key. The error for a second use of the key names this `user`.
    ///
    /// # Errors
    /// If the key is already used, returns a text that names the earlier `user`.
    pub(super) fn take(&mut self, key: &ServiceKey, user: &str) -> Result<(), String> {
        self.uniques.key(key, user)
    }
}
