//! Functions of the builder that select the threads of listeners, or register listeners before the client starts.

use std::sync::Arc;

use fh_repository::notice::Notice;
use fh_repository::publication::RawUpdate;
use fh_repository::status::SessionStatus;
use fh_repository::{Change, NewState, ReadinessChange, Repository, Subscription};

use super::ClientBuilder;
use crate::delivery::{Dispatching, ManualDelivery};

/// The choice of the threads that call listeners, and listeners that are registered before the client starts, so that they also
/// get the events of the start. These listeners stay registered until the client has ended; see the methods with the same names
/// on [`Client`](crate::Client).
impl ClientBuilder {
    /// Starts no thread for listeners and observers. No listener of this client is ever called, including those that are
    /// registered later. Observers with [`Dispatch::Inline`](crate::Dispatch::Inline) are notified on the thread of the read.
    /// Other observers get no events while they are registered. Interceptors and observers are not closed when the client ends.
    /// This setting is meant for programs with many clients that only read features or [watch](crate::Client::watch) clients.
    pub fn without_listeners(mut self) -> Self {
        self.settings.dispatching = Dispatching::Nobody;
        self
    }

    /// Starts no thread for listeners and observers. When there may be events for them, the client calls `waker`, and the
    /// program then calls [`ManualDelivery::deliver`] on a thread of its own.
    /// [`Client::manual_delivery`](crate::Client::manual_delivery) returns the [`ManualDelivery`] of the client.
    ///
    /// `waker` is called on any thread of the client, and on threads of the program that use the client. It must return soon,
    /// for example after it has notified the program's thread. It must not call [`ManualDelivery::deliver`] itself.
    /// [`Client::flush`](crate::Client::flush) and [`Client::closed`](crate::Client::closed) wait for the program to deliver
    /// the events.
    pub fn manual_delivery(mut self, waker: impl Fn() + Send + Sync + 'static) -> Self {
        self.settings.dispatching = Dispatching::Manual(ManualDelivery::new(Arc::new(waker)));
        self
    }

    /// Registers a listener that is called with the first readiness of the client, and again when the readiness changes.
    pub fn on_readiness(self, call: impl Fn(&ReadinessChange) + Send + Sync + 'static) -> Self {
        self.listener(call, |repository, call| repository.on_readiness(move |change| call(change)))
    }

    /// Registers a listener that is called with the first status, and again when the connection, the problem or the readiness
    /// changes.
    pub fn on_status(self, call: impl Fn(&SessionStatus) + Send + Sync + 'static) -> Self {
        self.listener(call, |repository, call| repository.on_status(move |status| call(status)))
    }

    /// Registers a listener for unusual events that do not stop the client, such as a snapshot file that was ignored.
    pub fn on_notice(self, call: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        self.listener(call, |repository, call| repository.on_notice(move |notice| call(notice)))
    }

    /// Registers a listener that is called with the unchanged text of updates of features; see
    /// [`Client::on_raw`](crate::Client::on_raw).
    pub fn on_raw(self, call: impl Fn(&RawUpdate) + Send + Sync + 'static) -> Self {
        self.listener(call, |repository, call| repository.on_raw(move |update| call(update)))
    }

    /// Registers a listener that is called after updates that change features visibly, also after updates that catch & release
    /// holds back. The first list of features is not reported; see [`Client::on_new_state`](crate::Client::on_new_state).
    pub fn on_new_state(self, call: impl Fn(NewState) + Send + Sync + 'static) -> Self {
        self.listener(call, |repository, call| repository.on_new_state(move |state| call(state)))
    }

    /// Registers a listener that is called when the value of this feature without a context, or the feature's lock, changes. A
    /// first value other than null counts as a change, unless it is an override of an interceptor of this builder.
    pub fn on_change(
        self,
        key: impl Into<String>,
        call: impl Fn(&Change) + Send + Sync + 'static,
    ) -> Self {
        let key = key.into();
        self.listener(call, move |repository, call| {
            repository.on_change(&key, None, move |change| call(change))
        })
    }

    /// Adds a listener. `subscribe` registers the function `call` with a client's repository, and is called for each client
    /// that this builder or one of its clones starts.
    fn listener<F: Send + Sync + 'static>(
        mut self,
        call: F,
        subscribe: impl Fn(&Repository, Arc<F>) -> Subscription + Send + Sync + 'static,
    ) -> Self {
        let call = Arc::new(call);
        let subscribe = move |repository: &Repository| subscribe(repository, Arc::clone(&call));
        self.settings.listeners.push(Arc::new(subscribe));
        self
    }
}
