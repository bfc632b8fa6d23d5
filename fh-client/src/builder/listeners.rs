//! Listeners that are registered before the client starts.

use std::sync::Arc;

use fh_session::{
    Change, NewState, Notice, RawUpdate, ReadinessChange, Repository, SessionStatus, Subscription,
};

use super::{ClientBuilder, Dispatching};

/// Listeners that are registered before the client starts, so that they miss no event. They stay as long as the client; see the
/// methods of the same names of [`Client`](crate::Client).
impl ClientBuilder {
    /// Starts no thread for listeners and observers, so that none of them is ever called, including those registered later. This
    /// serves programs with many clients that only read them or [watch](crate::Client::watch) them.
    pub fn without_listeners(mut self) -> Self {
        self.dispatching = Dispatching::Nobody;
        self
    }

    /// Registers a listener that is called with the first readiness and with each change of it.
    pub fn on_readiness(self, call: impl Fn(&ReadinessChange) + Send + Sync + 'static) -> Self {
        let call = Arc::new(call);
        self.listener(move |repository| {
            let call = Arc::clone(&call);
            repository.on_readiness(move |change| call(change))
        })
    }

    /// Registers a listener that is called with the first status, and whenever connection, problem or readiness change.
    pub fn on_status(self, call: impl Fn(&SessionStatus) + Send + Sync + 'static) -> Self {
        let call = Arc::new(call);
        self.listener(move |repository| {
            let call = Arc::clone(&call);
            repository.on_status(move |status| call(status))
        })
    }

    /// Registers a listener for unusual events that do not stop the client, such as a snapshot file that was ignored.
    pub fn on_notice(self, call: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        let call = Arc::new(call);
        self.listener(move |repository| {
            let call = Arc::clone(&call);
            repository.on_notice(move |notice| call(notice))
        })
    }

    /// Registers a listener that is called with each update as it was received.
    pub fn on_raw(self, call: impl Fn(&RawUpdate) + Send + Sync + 'static) -> Self {
        let call = Arc::new(call);
        self.listener(move |repository| {
            let call = Arc::clone(&call);
            repository.on_raw(move |update| call(update))
        })
    }

    /// Registers a listener that is called after each update that changes something a reader can see, except the first list.
    /// Updates that are held back are included.
    pub fn on_new_state(self, call: impl Fn(NewState) + Send + Sync + 'static) -> Self {
        let call = Arc::new(call);
        self.listener(move |repository| {
            let call = Arc::clone(&call);
            repository.on_new_state(move |state| call(state))
        })
    }

    /// Registers a listener that is called when the value of a feature without a context changes. The first value, which replaces
    /// none, counts as a change.
    pub fn on_change(
        self,
        key: impl Into<String>,
        call: impl Fn(&Change) + Send + Sync + 'static,
    ) -> Self {
        let (key, call) = (key.into(), Arc::new(call));
        self.listener(move |repository| {
            let call = Arc::clone(&call);
            repository.on_change(&key, None, move |change| call(change))
        })
    }

    fn listener(
        mut self,
        subscribe: impl Fn(&Repository) -> Subscription + Send + Sync + 'static,
    ) -> Self {
        self.listeners.push(Arc::new(subscribe));
        self
    }
}
