//! Listening, overriding, and holding updates back.

use std::sync::Arc;

use fh_session::{
    Change, Hub, Interceptor, LockPolicy, NewState, Notice, Observer, Params, RawUpdate,
    ReadinessChange, Status as SessionStatus, Subscription, UsageOptions,
};

use super::Client;
use crate::changes::Changes;
use crate::watch::Watch;

/// Listening. Every guard ends its subscription when it is dropped ([`Subscription::detach`] keeps it). Listeners are called on a
/// thread of the client's own, one after the other; a panic in one does not affect the others. While one of them hangs another thread calls the
/// others (up to eight threads), and its events wait in a bounded queue of its own ([`ClientBuilder::event_queue`](crate::ClientBuilder::event_queue)).
impl Client {
    /// Calls when everybody's value of a feature becomes another, or its lock flips; see [`Context::on_change`](crate::Context::on_change).
    pub fn on_change(
        &self,
        key: &str,
        call: impl Fn(&Change) + Send + Sync + 'static,
    ) -> Subscription {
        self.inner.hub.on_change(key, None, call)
    }

    /// The changes that [`Self::on_change`] tells, as a stream.
    pub fn changes(&self, key: &str) -> Changes {
        Changes::new(&self.inner.hub, key, None)
    }

    /// Calls with the present readiness, and with each change of it.
    pub fn on_readiness(
        &self,
        call: impl Fn(&ReadinessChange) + Send + Sync + 'static,
    ) -> Subscription {
        self.inner.hub.on_readiness(call)
    }

    /// Calls with the present status, and whenever connection, problem or readiness become others. [`Self::status`] says more of the present
    /// moment.
    pub fn on_status(&self, call: impl Fn(&SessionStatus) + Send + Sync + 'static) -> Subscription {
        self.inner.hub.on_status(call)
    }

    /// Calls after each update that changed something, held back or not (sdk-behaviour 2.5, 2.7).
    pub fn on_new_state(&self, call: impl Fn(NewState) + Send + Sync + 'static) -> Subscription {
        self.inner.hub.on_new_state(call)
    }

    /// Calls with each update as it was received (sdk-behaviour 2.6).
    pub fn on_raw(&self, call: impl Fn(&RawUpdate) + Send + Sync + 'static) -> Subscription {
        self.inner.hub.on_raw(call)
    }

    /// Calls with what is odd. It is logged anyway.
    pub fn on_notice(&self, call: impl Fn(&Notice) + Send + Sync + 'static) -> Subscription {
        self.inner.hub.on_notice(call)
    }

    /// Wakes whenever features or status may be other ones: for those who pass on everything, unseen changes such as versions too.
    #[must_use]
    pub fn watch(&self) -> Watch {
        Watch::new(Arc::clone(&self.inner.board))
    }

    /// Tells this observer of each use (sdk-behaviour 3).
    pub fn observe(&self, observer: Arc<dyn Observer>, options: UsageOptions) -> Subscription {
        self.inner.hub.observe(observer, options)
    }

    /// Reports something to observers, with all features as they are for nobody in particular.
    pub fn record(&self, name: &str, params: Params) {
        self.inner.hub.record(name, params, None);
    }
}

/// Overrides, and catch & release.
impl Client {
    /// Asks this interceptor before the rules, after those that are there already (sdk-behaviour 2.8).
    pub fn intercept(&self, interceptor: Arc<dyn Interceptor>, locks: LockPolicy) -> Subscription {
        self.inner.hub.intercept(interceptor, locks)
    }

    /// Interceptors may answer differently from now on: listeners look again.
    pub fn overrides_changed(&self) {
        self.inner.hub.overrides_changed();
    }

    /// Holds updates back from now on, until they are [released](Self::release) (sdk-behaviour 2.7).
    pub fn catch_updates(&self) {
        self.inner.hub.catch_updates();
    }

    /// Are updates held back?
    #[must_use]
    pub fn is_catching(&self) -> bool {
        self.inner.hub.is_catching()
    }

    /// Is something held back that a reader could see?
    #[must_use]
    pub fn is_holding(&self) -> bool {
        self.inner.hub.is_holding()
    }

    /// Serves what came last, and goes on catching.
    pub fn release(&self) {
        self.inner.hub.release();
    }

    /// Serves the last state of these features only, and goes on catching.
    pub fn release_only<K: AsRef<str>>(&self, keys: impl IntoIterator<Item = K>) {
        self.inner.hub.release_only(keys);
    }

    /// Serves what came last, and whatever comes from now on.
    pub fn stop_catching(&self) {
        self.inner.hub.stop_catching();
    }

    /// The read side by itself, for those who build on it.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.inner.hub
    }
}
