//! Client functions for listeners, interceptors, and catch & release.

use std::sync::Arc;

use fh_repository::notice::Notice;
use fh_repository::publication::RawUpdate;
use fh_repository::status::SessionStatus;
use fh_repository::{
    Change, Interceptor, LockPolicy, NewState, Observer, Params, ReadinessChange, Subscription,
    UsageOptions,
};

use super::Client;
use crate::changes::Changes;
use crate::delivery::{Dispatching, ManualDelivery};
use crate::watch::Watch;

/// Functions that register listeners and observers, and report events. Dropping a [`Subscription`] ends it;
/// [`Subscription::detach`] keeps it until the client has ended. By default the client calls its listeners one after the other,
/// on a thread of its own. If a call hangs, another thread calls the other listeners. At most eight threads of a client call
/// listeners. A panic in one listener does not affect the others. Events for a listener that hangs wait in a bounded queue
/// ([`ClientBuilder::event_queue`](crate::ClientBuilder::event_queue)).
impl Client {
    /// Registers a listener that is called when the value of this feature without a context, or the feature's lock, changes; see
    /// [`Context::on_change`](crate::Context::on_change).
    pub fn on_change(
        &self,
        key: &str,
        call: impl Fn(&Change) + Send + Sync + 'static,
    ) -> Subscription {
        self.shared.repository.on_change(key, None, call)
    }

    /// Returns the changes of this feature without a context as a stream; see [`Changes`].
    pub fn changes(&self, key: &str) -> Changes {
        Changes::new(&self.shared.repository, key, None)
    }

    /// Registers a listener that is called with the present readiness, and again when the readiness changes.
    pub fn on_readiness(
        &self,
        call: impl Fn(&ReadinessChange) + Send + Sync + 'static,
    ) -> Subscription {
        self.shared.repository.on_readiness(call)
    }

    /// Registers a listener that is called with the present status, and again when the connection, the problem or the readiness
    /// changes. [`Self::status`] returns more details than the listener receives.
    pub fn on_status(&self, call: impl Fn(&SessionStatus) + Send + Sync + 'static) -> Subscription {
        self.shared.repository.on_status(call)
    }

    /// Registers a listener that is called after updates that change features visibly, also after updates that catch & release
    /// holds back. A change of the version alone is not visible. The first list of features and the first list for a new
    /// context are not reported. The first list after a change of the API keys may be left out too. If an update is already
    /// held back at registration, the listener is also called for that update.
    pub fn on_new_state(&self, call: impl Fn(NewState) + Send + Sync + 'static) -> Subscription {
        self.shared.repository.on_new_state(call)
    }

    /// Registers a listener that is called with the unchanged text of updates of features from the Edge, a store or a snapshot.
    /// An update that the client could read is reported even if it changes nothing, for example because it is outdated.
    pub fn on_raw(&self, call: impl Fn(&RawUpdate) + Send + Sync + 'static) -> Subscription {
        self.shared.repository.on_raw(call)
    }

    /// Registers a listener for unusual events that do not stop the client, such as a snapshot file that was ignored. The
    /// client also logs such events.
    pub fn on_notice(&self, call: impl Fn(&Notice) + Send + Sync + 'static) -> Subscription {
        self.shared.repository.on_notice(call)
    }

    /// Returns a handle that is woken after updates of features and changes of the status. Use the handle in programs that
    /// forward the features, including updates that do not change values, such as a new version with the same value. A release
    /// of held updates wakes the handle if the served features change; a change of overrides does not wake it.
    #[must_use]
    pub fn watch(&self) -> Watch {
        Watch::new(&self.shared)
    }

    /// Registers an observer of the use of features. `options` selects the reads of which the observer is
    /// notified. [`Observer`] lists reads of which no observer is notified.
    pub fn observe(&self, observer: Arc<dyn Observer>, options: UsageOptions) -> Subscription {
        self.shared.repository.observe(observer, options)
    }

    /// Reports an event with this name and these parameters to observers, except those that get summaries. The event contains
    /// the features with their values, read without a context. A call by an observer has no effect.
    pub fn record(&self, name: &str, params: Params) {
        self.shared.repository.record(name, params, None);
    }
}

/// Functions that register interceptors, control catch & release, and return the handle for manual delivery.
impl Client {
    /// Registers an interceptor, which can override values. Overrides of the interceptors that are already
    /// registered take precedence over its overrides, which take precedence over the rules. `locks` says whether the
    /// interceptor may override locked features.
    pub fn intercept(&self, interceptor: Arc<dyn Interceptor>, locks: LockPolicy) -> Subscription {
        self.shared.repository.intercept(interceptor, locks)
    }

    /// Notifies the client that interceptors may now return other values. The client then evaluates the features of change
    /// listeners again, and calls the listeners whose values have changed.
    pub fn overrides_changed(&self) {
        self.shared.repository.overrides_changed();
    }

    /// Makes the client hold back updates from now on, until the program [releases](Self::release) the updates.
    /// The first list of features and the first list for a new context are not held back. Updates that follow a change of
    /// the API keys may be served at once too.
    pub fn catch_updates(&self) {
        self.shared.repository.catch_updates();
    }

    /// Returns true if catch & release is on; see [`Self::catch_updates`].
    #[must_use]
    pub fn is_catching(&self) -> bool {
        self.shared.repository.is_catching()
    }

    /// Returns true while catch & release holds back changes that a reader would see after a release. Ends when the last such
    /// change is released, or when an update undoes it.
    #[must_use]
    pub fn is_holding(&self) -> bool {
        self.shared.repository.is_holding()
    }

    /// Serves the features that were received last. If catch & release is on, it stays on. A closed client releases nothing.
    pub fn release(&self) {
        self.shared.repository.release();
    }

    /// Serves the last received states of these features only. All other features stay held back, and so do later updates while
    /// catch & release is on. A feature that was deleted in the meantime is removed. If the last update was evaluated for
    /// another context than the served features, or with another kind of API key, the whole update is served.
    /// Without keys, nothing is released.
    pub fn release_only<K: AsRef<str>>(&self, keys: impl IntoIterator<Item = K>) {
        self.shared.repository.release_only(keys);
    }

    /// Ends catch & release: serves the features that were received last, and serves later updates as soon as they arrive.
    pub fn stop_catching(&self) {
        self.shared.repository.stop_catching();
    }

    /// Returns the keys of the features that catch & release holds back: the features that the last update adds, removes, or
    /// changes visibly, compared with the served features. A change of the version alone is not visible. The list is empty if
    /// no visible change is held back.
    #[must_use]
    pub fn held_keys(&self) -> Vec<Box<str>> {
        self.shared.repository.held()
    }

    /// Returns the handle that delivers events to listeners. Returns `None` if the client does not use [manual
    /// delivery](crate::ClientBuilder::manual_delivery).
    #[must_use]
    pub fn manual_delivery(&self) -> Option<ManualDelivery> {
        match &self.shared.settings.given.dispatching {
            Dispatching::Manual(delivery) => Some(delivery.clone()),
            _ => None,
        }
    }
}
