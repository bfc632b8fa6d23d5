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

/// Functions that register listeners. Dropping the returned guard ends the subscription; [`Subscription::detach`] keeps the
/// subscription until the client is closed. By default the client calls its listeners one after the other, on a thread of its
/// own. A panic in one listener does not affect the others. While one listener hangs, another thread calls the other
/// listeners, up to eight threads per client. The events of a listener that hangs wait in a bounded queue
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

    /// Returns the changes of this feature without a context as a stream. The stream reports the same changes as
    /// [`Self::on_change`].
    pub fn changes(&self, key: &str) -> Changes {
        Changes::new(&self.shared.repository, key, None)
    }

    /// Registers a listener that is called with the present readiness, and again whenever the readiness changes.
    pub fn on_readiness(
        &self,
        call: impl Fn(&ReadinessChange) + Send + Sync + 'static,
    ) -> Subscription {
        self.shared.repository.on_readiness(call)
    }

    /// Registers a listener that is called with the present status, and again whenever the connection, the problem or the
    /// readiness changes. [`Self::status`] returns more details than the listener receives.
    pub fn on_status(&self, call: impl Fn(&SessionStatus) + Send + Sync + 'static) -> Subscription {
        self.shared.repository.on_status(call)
    }

    /// Registers a listener that is called after each update that can change the result of a read, except the first list of
    /// features of the client or of a new context. Updates that catch & release holds back are included. If an update is
    /// already held back at registration, the listener is also called for that update (sdk-behaviour 2.5, sdk-behaviour 2.7).
    pub fn on_new_state(&self, call: impl Fn(NewState) + Send + Sync + 'static) -> Subscription {
        self.shared.repository.on_new_state(call)
    }

    /// Registers a listener that is called with the unchanged text of each update of features that the client accepts, from
    /// the Edge, a store or a snapshot (sdk-behaviour 2.6).
    pub fn on_raw(&self, call: impl Fn(&RawUpdate) + Send + Sync + 'static) -> Subscription {
        self.shared.repository.on_raw(call)
    }

    /// Registers a listener for unusual events that do not stop the client, such as a snapshot file that was ignored. The
    /// client also logs these events, except those about interceptors.
    pub fn on_notice(&self, call: impl Fn(&Notice) + Send + Sync + 'static) -> Subscription {
        self.shared.repository.on_notice(call)
    }

    /// Returns a handle that is woken after each update of features and each change of the status. Use the handle in programs
    /// that forward all updates, including updates that reads do not show, such as a new version with the same value. A
    /// release of held updates wakes the handle too; a change of overrides does not.
    #[must_use]
    pub fn watch(&self) -> Watch {
        Watch::new(&self.shared)
    }

    /// Registers an observer, which is notified of reads of features (sdk-behaviour 3). `options` selects these reads.
    /// [`Observer`] lists the reads of which no observer is notified.
    pub fn observe(&self, observer: Arc<dyn Observer>, options: UsageOptions) -> Subscription {
        self.shared.repository.observe(observer, options)
    }

    /// Reports an event with this name and these parameters to observers. The event contains the values of all features, read
    /// without a context.
    pub fn record(&self, name: &str, params: Params) {
        self.shared.repository.record(name, params, None);
    }
}

/// Functions that register interceptors, control catch & release, and return the handle for manual delivery.
impl Client {
    /// Registers an interceptor, which can override values. The interceptor is called after the interceptors that are already
    /// registered, and before the rules are evaluated (sdk-behaviour 2.8). `locks` says whether the interceptor may override
    /// locked features.
    pub fn intercept(&self, interceptor: Arc<dyn Interceptor>, locks: LockPolicy) -> Subscription {
        self.shared.repository.intercept(interceptor, locks)
    }

    /// Notifies the client that interceptors may now return other values. The client then evaluates the features of change
    /// listeners again, and calls the listeners whose values have changed.
    pub fn overrides_changed(&self) {
        self.shared.repository.overrides_changed();
    }

    /// Makes the client hold back updates from now on, until the program [releases](Self::release) the updates (sdk-behaviour
    /// 2.7). The first list of features, and the first list for a new context, are not held back.
    pub fn catch_updates(&self) {
        self.shared.repository.catch_updates();
    }

    /// Returns true if catch & release is on; see [`Self::catch_updates`].
    #[must_use]
    pub fn is_catching(&self) -> bool {
        self.shared.repository.is_catching()
    }

    /// Returns true while catch & release holds back updates of which at least one could change the result of a read.
    #[must_use]
    pub fn is_holding(&self) -> bool {
        self.shared.repository.is_holding()
    }

    /// Serves the features that were received last. If catch & release is on, it stays on.
    pub fn release(&self) {
        self.shared.repository.release();
    }

    /// Serves the last received states of these features only. All other features, and later updates, stay held back. A
    /// feature that was deleted in the meantime is removed. If the last update was evaluated for another context than the
    /// served features, the whole update is served.
    pub fn release_only<K: AsRef<str>>(&self, keys: impl IntoIterator<Item = K>) {
        self.shared.repository.release_only(keys);
    }

    /// Ends catch & release: serves the features that were received last, and serves later updates as soon as they arrive.
    pub fn stop_catching(&self) {
        self.shared.repository.stop_catching();
    }

    /// Returns the keys of the features that catch & release holds back: the features that the last update adds, removes, or
    /// changes in more than their version. The list is empty if no update is held back.
    #[must_use]
    pub fn held_keys(&self) -> Vec<Box<str>> {
        self.shared.repository.held()
    }

    /// Returns the handle that delivers events to listeners. Returns `None` if the client was not built with
    /// [`ClientBuilder::manual_delivery`](crate::ClientBuilder::manual_delivery).
    #[must_use]
    pub fn manual_delivery(&self) -> Option<ManualDelivery> {
        match &self.shared.settings.given.dispatching {
            Dispatching::Manual(delivery) => Some(delivery.clone()),
            _ => None,
        }
    }
}
