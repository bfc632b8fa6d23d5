//! Listeners from the start on.

use std::sync::Arc;

use fh_session::{
    Change, Hub, NewState, Notice, RawUpdate, ReadinessChange, Status as SessionStatus,
    Subscription,
};

use super::{ClientBuilder, Dispatching};

/// Listeners that miss nothing, since they are there before the client starts. They stay as long as it does; see the methods of the
/// same names of [`Client`](crate::Client).
impl ClientBuilder {
    /// Makes no thread for listeners and observers, so none of them is ever called, whoever adds them, now or later: for programs
    /// that have many clients and only read them, or [watch](crate::Client::watch) them.
    pub fn without_listeners(mut self) -> Self {
        self.dispatching = Dispatching::Nobody;
        self
    }

    /// Calls with each readiness, the first one included.
    pub fn on_readiness(self, call: impl Fn(&ReadinessChange) + Send + Sync + 'static) -> Self {
        let call = Arc::new(call);
        self.listener(move |hub| {
            let call = Arc::clone(&call);
            hub.on_readiness(move |change| call(change))
        })
    }

    /// Calls with each connection, problem and readiness, the first status included.
    pub fn on_status(self, call: impl Fn(&SessionStatus) + Send + Sync + 'static) -> Self {
        let call = Arc::new(call);
        self.listener(move |hub| {
            let call = Arc::clone(&call);
            hub.on_status(move |status| call(status))
        })
    }

    /// Calls with what is odd: a snapshot file that was not used, for example.
    pub fn on_notice(self, call: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        let call = Arc::new(call);
        self.listener(move |hub| {
            let call = Arc::clone(&call);
            hub.on_notice(move |notice| call(notice))
        })
    }

    /// Calls with each update as it was received.
    pub fn on_raw(self, call: impl Fn(&RawUpdate) + Send + Sync + 'static) -> Self {
        let call = Arc::new(call);
        self.listener(move |hub| {
            let call = Arc::clone(&call);
            hub.on_raw(move |update| call(update))
        })
    }

    /// Calls after each update that changed something.
    pub fn on_new_state(self, call: impl Fn(NewState) + Send + Sync + 'static) -> Self {
        let call = Arc::new(call);
        self.listener(move |hub| {
            let call = Arc::clone(&call);
            hub.on_new_state(move |state| call(state))
        })
    }

    /// Calls when everybody's value of a feature becomes another, the first one (from none) included.
    pub fn on_change(
        self,
        key: impl Into<String>,
        call: impl Fn(&Change) + Send + Sync + 'static,
    ) -> Self {
        let (key, call) = (key.into(), Arc::new(call));
        self.listener(move |hub| {
            let call = Arc::clone(&call);
            hub.on_change(&key, None, move |change| call(change))
        })
    }

    fn listener(
        mut self,
        subscribe: impl Fn(&Hub) -> Subscription + Send + Sync + 'static,
    ) -> Self {
        self.listeners.push(Arc::new(subscribe));
        self
    }
}
