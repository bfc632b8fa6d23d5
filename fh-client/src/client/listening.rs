//! Listeners, interceptors, and catch & release.

use std::sync::Arc;

use fh_session::{
    Change, Interceptor, LockPolicy, NewState, Notice, Observer, Params, RawUpdate,
    ReadinessChange, Repository, SessionStatus, Subscription, UsageOptions,
};

use super::Client;
use crate::changes::Changes;
use crate::watch::Watch;

/// Listeners. Dropping the returned guard ends the subscription; [`Subscription::detach`] keeps it. Listeners are called on a
/// thread of the client's own, one after the other, and a panic in one does not affect the others. While one listener hangs,
/// another thread calls the others (up to eight threads). The events of a listener that hangs wait in a bounded queue
/// ([`ClientBuilder::event_queue`](crate::ClientBuilder::event_queue)).
impl Client {
    /// Registers a listener that is called when the value of a feature without a context changes, or its lock does; see
    /// [`Context::on_change`](crate::Context::on_change).
    pub fn on_change(
        &self,
        key: &str,
        call: impl Fn(&Change) + Send + Sync + 'static,
    ) -> Subscription {
        self.inner.repository.on_change(key, None, call)
    }

    /// Returns the changes of [`Self::on_change`] as a stream.
    pub fn changes(&self, key: &str) -> Changes {
        Changes::new(&self.inner.repository, key, None)
    }

    /// Registers a listener that is called with the present readiness, and with each change of it.
    pub fn on_readiness(
        &self,
        call: impl Fn(&ReadinessChange) + Send + Sync + 'static,
    ) -> Subscription {
        self.inner.repository.on_readiness(call)
    }

    /// Registers a listener that is called with the present status, and whenever connection, problem or readiness change.
    /// [`Self::status`] returns more details.
    pub fn on_status(&self, call: impl Fn(&SessionStatus) + Send + Sync + 'static) -> Subscription {
        self.inner.repository.on_status(call)
    }

    /// Registers a listener that is called after each update that changes something a reader can see, except the first list.
    /// Updates that are held back are included. If an update is held back at registration, the listener is called for it as well
    /// (sdk-behaviour 2.5, sdk-behaviour 2.7).
    pub fn on_new_state(&self, call: impl Fn(NewState) + Send + Sync + 'static) -> Subscription {
        self.inner.repository.on_new_state(call)
    }

    /// Registers a listener that is called with each update as it was received (sdk-behaviour 2.6).
    pub fn on_raw(&self, call: impl Fn(&RawUpdate) + Send + Sync + 'static) -> Subscription {
        self.inner.repository.on_raw(call)
    }

    /// Registers a listener for unusual events that do not stop the client. They are logged as well.
    pub fn on_notice(&self, call: impl Fn(&Notice) + Send + Sync + 'static) -> Subscription {
        self.inner.repository.on_notice(call)
    }

    /// Returns a handle that is woken whenever features or status may have changed. It serves programs that forward everything,
    /// including updates that readers cannot see, such as new versions.
    #[must_use]
    pub fn watch(&self) -> Watch {
        Watch::new(Arc::clone(&self.inner.board))
    }

    /// Registers an observer, which is notified of each use of a feature (sdk-behaviour 3).
    pub fn observe(&self, observer: Arc<dyn Observer>, options: UsageOptions) -> Subscription {
        self.inner.repository.observe(observer, options)
    }

    /// Reports a named event to observers, with the values of all features without a context.
    pub fn record(&self, name: &str, params: Params) {
        self.inner.repository.record(name, params, None);
    }
}

/// Overrides, and catch & release.
impl Client {
    /// Registers an interceptor, which is called before the rules and after the interceptors that are registered already
    /// (sdk-behaviour 2.8).
    pub fn intercept(&self, interceptor: Arc<dyn Interceptor>, locks: LockPolicy) -> Subscription {
        self.inner.repository.intercept(interceptor, locks)
    }

    /// Notifies the client that interceptors may now return other values, so that change listeners compare again.
    pub fn overrides_changed(&self) {
        self.inner.repository.overrides_changed();
    }

    /// Holds back updates from now on, until they are [released](Self::release) (sdk-behaviour 2.7).
    pub fn catch_updates(&self) {
        self.inner.repository.catch_updates();
    }

    /// Returns true if the client holds updates back.
    #[must_use]
    pub fn is_catching(&self) -> bool {
        self.inner.repository.is_catching()
    }

    /// Returns true if an update is held back that a reader could see.
    #[must_use]
    pub fn is_holding(&self) -> bool {
        self.inner.repository.is_holding()
    }

    /// Serves the last received state, and continues to hold back later updates.
    pub fn release(&self) {
        self.inner.repository.release();
    }

    /// Serves the last received state of these features only, and continues to hold back updates.
    pub fn release_only<K: AsRef<str>>(&self, keys: impl IntoIterator<Item = K>) {
        self.inner.repository.release_only(keys);
    }

    /// Serves the last received state, and all later updates at once.
    pub fn stop_catching(&self) {
        self.inner.repository.stop_catching();
    }

    /// Returns the repository: the read side of the client, for code that builds on it.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.inner.repository
    }
}
