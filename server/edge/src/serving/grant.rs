//! The keys of an environment and their rights, which are collected from the accounts of a state or made for the keys of a relay.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use super::view_key::{Detail, EvaluatedBy, ViewKey};
use crate::state::{Account, Permission, Permissions};

/// The rights of one key in one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) account: Arc<str>,
    pub(crate) permissions: Permissions,
    /// The position of the key's view in [`Grants::views`].
    pub(crate) view: usize,
}

/// The keys of one environment with their grants; in a relay, the keys of one cell. `Debug` does not show the keys.
#[derive(Default, PartialEq)]
pub(crate) struct Grants {
    by_secret: HashMap<Box<str>, Grant>,
    views: Vec<ViewKey>,
}

impl Grants {
    /// Collects the keys that these accounts have in an environment. An account without any permission in the environment is left out.
    pub(crate) fn of(environment: Uuid, accounts: &[Account]) -> Self {
        let mut grants = Self::default();
        for account in accounts {
            let permissions = account.permissions.get(&environment).copied().unwrap_or_default();
            if permissions.is_empty() {
                continue;
            }
            let detail = if permissions.has(Permission::ExtendedData) {
                Detail::Extended
            } else {
                Detail::Plain
            };
            for secret in account.client_keys.iter().chain(&account.server_keys) {
                let evaluated_by = if secret.is_client_evaluated() {
                    EvaluatedBy::Reader
                } else {
                    EvaluatedBy::Here
                };
                let key = ViewKey { evaluated_by, detail, filters: account.filters.clone() };
                grants.add(secret.expose(), &account.name, permissions, key);
            }
        }
        grants
    }

    /// Returns the grants of a relay's cell with one key, and the grant of that key. The grant has the permissions `READ` and
    /// `EXTENDED_DATA`.
    pub(crate) fn relayed(secret: &str, account: &Arc<str>, by: EvaluatedBy) -> (Self, Grant) {
        let mut grants = Self::default();
        let grant = grants.add_relayed(secret, account, by);
        (grants, grant)
    }

    /// Adds a further key to the grants of a relay's cell, and returns the grant of that key.
    pub(crate) fn add_relayed(
        &mut self,
        secret: &str,
        account: &Arc<str>,
        by: EvaluatedBy,
    ) -> Grant {
        // The upstream Edge has already left out the data that the key of its request may not see. Every relayed key has the permission
        // `EXTENDED_DATA` from the start, so that no stream has to be notified of a change of permissions later.
        let permissions = [Permission::Read, Permission::ExtendedData].into_iter().collect();
        let key = ViewKey { evaluated_by: by, detail: Detail::Extended, filters: BTreeSet::new() };
        self.add(secret, account, permissions, key)
    }

    fn add(
        &mut self,
        secret: &str,
        account: &Arc<str>,
        permissions: Permissions,
        key: ViewKey,
    ) -> Grant {
        let view = self.view(key);
        let grant = Grant { account: Arc::clone(account), permissions, view };
        self.by_secret.insert(secret.into(), grant.clone());
        grant
    }

    fn view(&mut self, key: ViewKey) -> usize {
        if let Some(known) = self.views.iter().position(|view| *view == key) {
            return known;
        }
        self.views.push(key);
        self.views.len() - 1
    }

    /// Returns a copy of these grants in which every grant has the account name `account`.
    pub(crate) fn renamed(&self, account: &Arc<str>) -> Self {
        let mut by_secret = self.by_secret.clone();
        by_secret.values_mut().for_each(|grant| grant.account = Arc::clone(account));
        Self { by_secret, views: self.views.clone() }
    }

    /// Returns the grant of a key, or `None` if the key has no rights in the environment.
    pub(crate) fn get(&self, secret: &str) -> Option<&Grant> {
        self.by_secret.get(secret)
    }

    /// Returns all keys that have rights in the environment.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.by_secret.keys().map(AsRef::as_ref)
    }

    /// Returns true if `other` contains all keys of these grants.
    pub(crate) fn are_all_in(&self, other: &Self) -> bool {
        self.secrets().all(|secret| other.get(secret).is_some())
    }

    /// Returns true if no key has rights in the environment.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_secret.is_empty()
    }

    /// Returns the views of all keys, without duplicates.
    pub(crate) fn views(&self) -> &[ViewKey] {
        &self.views
    }
}

impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.by_secret.values()).finish()
    }
}
