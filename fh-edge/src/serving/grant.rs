//! What keys open: the accounts of one environment, ready to be asked (edge-protocol 1.4, 1.5).

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use fh_client::KeyKind;
use uuid::Uuid;

use super::view::{Detail, ViewKey};
use crate::state::{Account, Permission, Permissions};

/// What one key may do in one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) account: Arc<str>,
    pub(crate) permissions: Permissions,
    /// Which view it sees: a position in [`Grants::views`].
    pub(crate) view: usize,
}

/// All keys of one environment. `Debug` does not show them.
#[derive(Default, PartialEq)]
pub(crate) struct Grants {
    by_secret: HashMap<Box<str>, Grant>,
    views: Vec<ViewKey>,
}

impl Grants {
    /// Those that accounts have in an environment.
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
                let kind = if secret.is_client_evaluated() {
                    KeyKind::ClientEvaluated
                } else {
                    KeyKind::ServerEvaluated
                };
                let key = ViewKey { kind, detail, filters: account.filters.clone() };
                let view = grants.view(key);
                let grant = Grant { account: Arc::clone(&account.name), permissions, view };
                grants.by_secret.insert(secret.expose().into(), grant);
            }
        }
        grants
    }

    fn view(&mut self, key: ViewKey) -> usize {
        if let Some(known) = self.views.iter().position(|view| *view == key) {
            return known;
        }
        self.views.push(key);
        self.views.len() - 1
    }

    /// What this secret opens.
    pub(crate) fn get(&self, secret: &str) -> Option<&Grant> {
        self.by_secret.get(secret)
    }

    /// The views that there are.
    pub(crate) fn views(&self) -> &[ViewKey] {
        &self.views
    }
}

impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.by_secret.values()).finish()
    }
}
