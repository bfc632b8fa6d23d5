//! The clients that the runner has created, by their names.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fh_client::{Client, Readiness, Subscription};

use super::counting_transport::SentRequests;
use super::failure::{Outcome, adapter};

/// A client and the listeners and interceptors that the runner has added to it.
pub(super) struct AdapterClient {
    pub(super) name: String,
    pub(super) client: Client,
    pub(super) sent: SentRequests,
    /// True once a usage listener was added. Each read of the runner then must be one use of the feature.
    pub(super) reports_usage: AtomicBool,
    pub(super) listeners: Subscriptions,
    pub(super) interceptors: Subscriptions,
}

impl AdapterClient {
    pub(super) fn new(name: String, client: Client, sent: SentRequests) -> Self {
        Self {
            name,
            client,
            sent,
            reports_usage: AtomicBool::new(false),
            listeners: Subscriptions::default(),
            interceptors: Subscriptions::default(),
        }
    }
}

/// Subscriptions by the runner's names.
#[derive(Default)]
pub(super) struct Subscriptions(Mutex<HashMap<String, Subscription>>);

impl Subscriptions {
    /// Adds the subscription that `subscribe` returns. A subscription of the same name ends. The lock is held meanwhile, so that a
    /// listener that is called at once can remove itself.
    pub(super) fn add(&self, name: &str, subscribe: impl FnOnce() -> Subscription) {
        let mut subscriptions = self.lock();
        let former = subscriptions.insert(name.to_owned(), subscribe());
        drop(subscriptions);
        drop(former);
    }

    /// Ends the subscription of this name, if there is one.
    pub(super) fn remove(&self, name: &str) {
        // The subscription is dropped without the lock, because its end may call an observer.
        let removed = self.lock().remove(name);
        drop(removed);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Subscription>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All clients. Closed clients stay, because reads go on, until another client takes their name.
#[derive(Default)]
pub(super) struct Clients {
    by_name: HashMap<String, Arc<AdapterClient>>,
}

impl Clients {
    /// Checks that a new client may have this name.
    ///
    /// # Errors
    /// If a client that is not closed has the name.
    pub(super) fn check_free(&self, name: &str) -> Outcome<()> {
        match self.by_name.get(name) {
            Some(other) if other.client.readiness() != Readiness::Closed => {
                Err(adapter(format_args!("the client {name:?} exists and is not closed")))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn add(&mut self, client: Arc<AdapterClient>) {
        self.by_name.insert(client.name.clone(), client);
    }

    /// Returns the client of this name.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn get(&self, name: &str) -> Outcome<&Arc<AdapterClient>> {
        self.by_name.get(name).ok_or_else(|| adapter(format_args!("there is no client {name:?}")))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<AdapterClient>> {
        self.by_name.values()
    }
}
